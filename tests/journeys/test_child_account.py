"""Somebody reports a child's account: by the form and by the API, from the filing to the letter that says nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsr.models import AgeFinding, SubjectRequest, Submission
from dsr.rights import Right
from dsr.services import history, telling
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import API, WEB, Desk
from tests.services.test_sheltering import held

pytestmark = pytest.mark.django_db(transaction=True)
DETAILS = {"reporter": "other", "childs_account": builders.MAX, "childs_why": "He told me that he is eleven."}


def _part(right: Right) -> SubjectRequest:
    shelter = Submission.objects.get(sheltered=True)
    return builders.again(shelter.requests.get(right=right))


def _dealt_with(request: SubjectRequest, road: str, clock: Clock) -> None:
    """The desk finds a child; the account is shut, then erased; the hour of the answer comes."""
    desk = Desk(road)
    desk.move("hal", request, "find_account", **({"account": ""} if road == WEB else {}))
    drain(clock.tick())
    given: dict[str, Any] = {"finding": "child", "reason": "The file has a date of birth.", "signs": ["birth_date"]}
    desk.move("hal", request, "assess_age", **given, **({"tell_account": "on"} if road == WEB else {}))
    [told] = builders.letters_to(Submission.objects.get(sheltered=True), "account_shut")
    assert told.reference != request.submission.reference
    drain(clock.tick())
    assert _part(Right.RESTRICTION).outcome == "fulfilled"
    desk.move("vera", _part(Right.DELETION), "approve")
    drain(clock.tick())
    drain(clock.tick())
    clock.now += timedelta(hours=48)


def _ended(request: SubjectRequest, tmp_path: Path, clock: Clock) -> None:
    assert builders.MAX not in held(tmp_path / "desk.sqlite3")
    assert _part(Right.DELETION).outcome == "fulfilled"
    assert builders.again(request).outcome == "fulfilled"
    for each in Submission.objects.all():
        assert history.verify(each.reference).whole


def test_by_the_form(clock: Clock, systems: Any, visitor: Visitor, tmp_path: Path) -> None:
    def say(page: Visitor) -> None:
        page.choose("Somebody else").fill("Which account is it about?", builders.MAX)
        page.fill("Why do you think that it is a child's?", DETAILS["childs_why"])

    request = roads.by_web(visitor, Right.CHILD_ACCOUNT, clock, answers=say)
    assert request.state == "in_review"
    assert [letter.kind for letter in builders.letters_to(request.submission)] == ["received"]
    tracker = telling.tracker_link(request.submission, clock())
    before = visitor.open(tracker).text
    _dealt_with(request, WEB, clock)
    drain_but_read = visitor.open(tracker).text
    assert "dealt with" not in drain_but_read
    drain(clock.now)

    _ended(request, tmp_path, clock)
    after = visitor.open(tracker).text
    assert "dealt with" in after
    for word in ("erased", "shut", "restrict", "found", builders.MAX):
        assert (word in after) == (word in before), word


def test_by_the_api(clock: Clock, systems: Any, tmp_path: Path) -> None:
    request = roads.by_api(Right.CHILD_ACCOUNT, details=DETAILS)
    sam, hal = api.sam(), api.hal()
    before = sam.get(f"/requests/{request.pk}").json
    _dealt_with(request, API, clock)
    between = sam.get(f"/requests/{request.pk}").json
    shelter = Submission.objects.get(sheltered=True)

    assert before == between
    assert sam.get(f"/requests/{request.pk}/account").status == 403
    seen = hal.get(f"/requests/{request.pk}/account").json
    assert (seen["finding"], seen["under"]) == ("child", 16)
    for path in (f"/submissions/{shelter.pk}", *(f"/requests/{each}" for each in seen["requests"])):
        assert sam.get(path).status == 404
        assert hal.get(path).status == 200
    assert sam.get("/submissions", reference=shelter.reference).json["results"] == []
    listed = sam.get("/requests", state="all", q=builders.MAX).json["results"]
    assert [row["id"] for row in listed] in ([], [str(request.pk)])
    drain(clock.now)

    _ended(request, tmp_path, clock)
    verbs = [event["verb"] for event in sam.get(f"/requests/{request.pk}/history").json["results"]]
    assert set(verbs) <= {"file", "take_in", "acknowledge", "settle"}
    assert AgeFinding.objects.get().final_at is not None
