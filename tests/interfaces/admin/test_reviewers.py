"""The console's page of who may review, with the figures; and the record of a review on the worksheet."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dsr.models import Reviewer
from dsr.services.reviews import concluding, working
from tests import builders, reviews
from tests.interfaces.admin import desk
from tests.interfaces.admin.desk import move, sheet, signed_in, text

pytestmark = pytest.mark.django_db
LIST = "/admin/dsr/reviewer/"


def form(user, **changes):
    """What the form of a new reviewer sends."""
    given = {"user": user.pk, "active": "on", "trained_on": "2026-01-10", "kinds": ["account_suspension"]}
    return {**given, "line": "privacy", "reports_to": "", "systems": "billing\n\naccounts", **changes}


def test_officer_enters_a_reviewer_and_cannot_enter_herself():
    dora, hal = signed_in("dora"), desk.colleague("hal")

    made = dora.post(f"{LIST}add/", form(hal))
    own = dora.post(f"{LIST}add/", form(desk.colleague("dora")), follow=True)

    assert made.status_code == 302
    row = Reviewer.objects.get()
    assert (row.user, row.kinds, row.systems) == (hal, ["account_suspension"], ["billing", "accounts"])
    assert "Somebody else has to enter you" in text(own)
    assert f"{LIST}" in text(dora.get("/admin/"))


@pytest.mark.parametrize(("name", "status"), [("audrey", 200), ("vera", 200), ("hal", 403), ("sam", 403)])
def test_page_is_for_those_who_answer_for_it(name, status):
    assert signed_in(name).get(LIST).status_code == status


def test_page_shows_an_alarm_for_a_streak(settings):
    settings.REVIEW_STREAK_ALARM = 1
    at, rita = timezone.now() - timedelta(hours=2), reviews.reviewer()
    request = reviews.worked(at, rita)
    concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=at)

    said = text(signed_in("audrey").get(LIST))

    assert "1: look closer" in said
    assert "fewer than 5" in said


def test_material_is_shown_to_the_reviewer_alone_and_only_after_it_is_on_record():
    at = timezone.now() - timedelta(hours=1)
    request = reviews.filed(at)
    working.link(request.pk, reviews.decision(at).pk, by=builders.hal(), at=at)
    desk.colleague("vera")
    vera, hal = signed_in("vera"), signed_in("hal")
    reviews.reviewer("vera")

    assert move(vera, request, "take_review").status_code == 302
    before = text(vera.get(sheet(request)))
    move(vera, request, "open_material", material="inputs")
    after, others = text(vera.get(sheet(request))), text(hal.get(sheet(request)))

    assert "night_calls: 3" not in before
    assert "You have not opened what went into the decision." in before
    assert "night_calls: 3" in after
    assert "night_calls: 3" not in others


def test_somebody_who_may_not_review_reads_why():
    at = timezone.now() - timedelta(hours=1)
    request = reviews.filed(at)
    working.link(request.pk, reviews.decision(at).pk, by=builders.hal(), at=at)

    said = text(signed_in("hal").get(sheet(request)))

    assert "You are not among those who review automated decisions." in said
