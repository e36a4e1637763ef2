"""The retention schedule at the console: every row, what a change would do, and two people for each."""

import pytest
from django.utils.translation import gettext_lazy

from dsr.models import RetentionChange
from dsr.rights import Right
from dsr.rules.words import BASES, RETENTION_EVENTS
from dsr.services import schedule
from tests import builders, estate
from tests.interfaces.admin.desk import colleague, signed_in, text

SCHEDULE = "/admin/dsr/retentionchange/"
ROW = f"{SCHEDULE}rows/fraud_signals/"
LONGER = {
    "event": "flagged",
    "floor": "P30M",
    "ceiling": "P36M",
    "ground": "security_fraud_prevention",
    "reason": "Why.",
}


@pytest.fixture
def vera(db):
    return signed_in("vera")


@pytest.fixture
def dora(db):
    return signed_in("dora")


def test_change_shows_what_it_would_do_and_takes_two_people(vera, dora, tmp_path, clock):
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    request = builders.in_review(Right.DELETION, at=clock(), country="US", region="CA")

    tried = vera.post(ROW, {**LONGER, "try": "1"})
    assert "1 decision since" in text(tried)
    assert request.submission.reference in text(tried)
    assert not RetentionChange.objects.exists()

    assert vera.post(ROW, LONGER).status_code == 302
    change = RetentionChange.objects.get()
    page, publish = f"{SCHEDULE}{change.pk}/change/", f"{SCHEDULE}{change.pk}/decide/publish/"
    assert "You proposed this change, so somebody else must decide on it." in text(vera.get(page))
    assert publish not in text(vera.get(page))
    vera.post(publish)
    assert schedule.current().rule("fraud_signals").floor == "P24M"
    dora.post(publish)

    assert schedule.current().rule("fraud_signals").floor == "P30M"
    change.refresh_from_db()
    assert (change.state, change.number, change.decided_by) == ("published", 1, colleague("dora"))
    listed = text(vera.get(SCHEDULE))
    assert "no. 1, vera" in listed
    assert "invoices_six_years" in listed


def test_row_that_makes_no_sense_is_refused_beside_its_field(vera):
    answer = vera.post(ROW, {**LONGER, "floor": "two years"})

    assert answer.status_code == 422
    assert "floor" in answer.context["form"].errors
    assert not RetentionChange.objects.exists()


@pytest.mark.parametrize("name", ["hal", "sam", "audrey"])
def test_schedule_is_for_those_who_keep_it(name, db):
    client = signed_in(name)

    assert client.get(SCHEDULE).status_code == 403
    assert client.post(ROW, LONGER).status_code == 403
    assert not RetentionChange.objects.exists()


def test_categories_events_and_grounds_are_named_by_their_titles(vera, dora, tmp_path, clock):
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    builders.in_review(Right.DELETION, at=clock(), country="US", region="CA")

    assert vera.post(ROW, LONGER).status_code == 302
    pages = [vera.get(SCHEDULE), vera.get(ROW), dora.get(f"{SCHEDULE}{RetentionChange.objects.get().pk}/change/")]

    for page in map(text, pages):
        assert "We need it against fraud and for security" in page
        assert "the warning was raised" in page
        assert "Signs of Fraud and Abuse" in page
        assert "kept: security_fraud_prevention" not in page
    assert "<td>fraud_signals</td>" not in text(pages[0])


def test_what_periods_count_from_is_told_in_the_language_of_the_reader():
    words = gettext_lazy("the warning was raised")

    assert all(isinstance(word, type(words)) for word in [*RETENTION_EVENTS.values(), *BASES.values()])
