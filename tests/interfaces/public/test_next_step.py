"""The next step after an answered complaint, on the tracker."""

import re

import pytest

from dsr.services import telling
from tests import builders, contesting

pytestmark = pytest.mark.django_db(transaction=True)


def test_body_that_is_called_what_it_is_for_is_named_once(visitor, clock):
    request = contesting.answered(contesting.complained(clock()), clock.tick(), contesting.finding())

    visitor.open(telling.tracker_link(builders.again(request).submission, clock()))

    assert "If you do not agree, your next step" in visitor.text
    lines = [
        " ".join(each.split()) for each in re.findall(r"<li>(.*?)</li>", visitor.response.content.decode(), re.DOTALL)
    ]
    named = [re.sub(r"<[^>]*>", "", line).split(": ") for line in lines if ": " in line]
    assert len(named) > 3
    assert [parts for parts in named if parts[0] == parts[1]] == []
