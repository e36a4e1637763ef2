"""The ledger of CPNI choices in the console: read by those who prove things, changed by nobody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dsr.choices.cpni import Kind
from dsr.models import CpniEntry
from dsr.services.choices import cpni
from tests.interfaces.admin.desk import signed_in
from tests.statements import counted

pytestmark = pytest.mark.django_db
LIST = "/admin/dsr/cpnientry/"


@pytest.fixture(autouse=True)
def lines() -> None:
    """Two accounts, of which one limited the use for one kind of service."""
    at = timezone.now() - timedelta(days=1)
    for account, kind, services in (("AC-1", Kind.LIMIT, ("voip",)), ("AC-2", Kind.OPT_OUT, ())):
        line = cpni.Line(account=account, kind=kind, at=at, channel="phone", services=services, evidence=f"t:{account}")
        cpni.enter(line, by="1", at=timezone.now())


@pytest.mark.parametrize(("name", "sees"), [("audrey", True), ("dora", True), ("hal", False), ("sam", False)])
def test_those_who_prove_things_read_the_ledger(name: str, sees: bool) -> None:
    client = signed_in(name)

    assert client.get(LIST).status_code == (200 if sees else 403)
    assert (LIST in client.get("/admin/").content.decode()) is sees


def test_account_is_found_by_its_whole_number_and_shown_in_words() -> None:
    found = signed_in("audrey").get(LIST, {"q": " ac-1"}).content.decode()

    assert "t:AC-1" in found
    assert "t:AC-2" not in found
    assert ("limited" in found, "voip" in found, "not shown" in found) == (True, True, True)


def test_nobody_changes_a_line() -> None:
    line, client = CpniEntry.objects.earliest("pk"), signed_in("audrey")

    assert client.get(f"{LIST}{line.pk}/change/").status_code == 200
    assert [client.post(f"{LIST}{line.pk}/{act}/").status_code for act in ("change", "delete")] == [403, 403]
    assert client.post(f"{LIST}add/").status_code == 403


def test_list_costs_the_same_however_long_it_is() -> None:
    client = signed_in("audrey")
    client.get(LIST)
    with counted() as few:
        client.get(LIST)
    for _ in range(10):
        cpni.enter(
            cpni.Line(account="AC-3", kind=Kind.OPT_OUT, at=timezone.now(), channel="web"), by="", at=timezone.now()
        )
    with counted() as many:
        client.get(LIST)

    assert len(few) == len(many)
