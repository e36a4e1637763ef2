"""What the pages about proof cost: the same however much is claimed."""

import pytest

from dsr.models import Submission
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.public.asking import STRANGER, door
from tests.statements import counted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", ["/verify/choose/", "/verify/facts/"])
def test_pages_about_proof_cost_the_same_however_much_is_claimed(visitor, clock, tmp_path, path):
    organisation.console(tmp_path, clock())
    costs = []
    for claims in (1, 5, 5):
        accounts = tuple(f"X-{number}" for number in range(claims))
        filed = builders.file(at=clock.tick(), email=STRANGER, identifiers={"account": accounts})
        builders.confirm(filed.submission, clock())
        drain(clock())
        address = door(Submission.objects.get(pk=filed.submission.pk), clock(), path)
        with counted() as statements:
            visitor.open(address)
        costs.append(len(statements))

    assert len(set(costs[1:])) == 1, costs
    assert max(costs) <= min(costs) + 1
    assert max(costs) <= 16, statements
