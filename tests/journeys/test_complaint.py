"""A complaint: made without any proof, looked into by one, answered by another, with the next step named."""

from datetime import date

import pytest
from django.utils import timezone

from dsr.lifecycle import Outcome, State
from dsr.models import OutsideReference
from dsr.rights import Right
from dsr.services.complaints import routes
from tests import builders, contesting
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import ROADS, WEB, Desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]
SAID = "You wrote to me although I had asked you not to."


@pytest.mark.parametrize("road", ROADS)
def test_complaint(road: str, visitor: Visitor, clock: Clock) -> None:
    if road == WEB:
        said = lambda page: page.fill("What went wrong?", SAID)  # noqa: E731
        request = roads.by_web(visitor, Right.COMPLAINT, clock, answers=said)
    else:
        request = roads.by_api(Right.COMPLAINT, details={"complaint": SAID})
    assert request.state == State.IN_REVIEW
    assert builders.letters_to(request.submission, "received")

    desk, found = Desk(road), contesting.finding()
    desk.move("hal", request, "take_complaint")
    desk.move("hal", request, "enquire", whom="The mail team", text="Which list was used in May?")
    desk.move("hal", request, "note_reply", enquiry=1, text="That of March.")
    parts = {name: getattr(found, name) for name in ("point", "verdict", "facts", "measure", "reason")}
    desk.move("hal", request, "add_finding", **parts)
    desk.move("hal", request, "promise", text="The list is checked daily.", owner="hal", due_on="2099-12-31")
    desk.move("hal", request, "news", text="We have asked the mail team.")
    desk.move("hal", request, "propose_answer", text=contesting.ANSWER)
    desk.move("vera", request, "answer_complaint")

    drain(clock.tick())

    ended = builders.again(request)
    told = builders.sent_text(request.submission, "complaint_answered")
    assert (ended.state, ended.outcome) == (State.CLOSED, Outcome.JUSTIFIED)
    assert request.submission.reference in told
    assert contesting.ANSWER in " ".join(told.split())
    assert "The list is checked daily." in told
    assert "JAMS" in " ".join(told.split())
    desk.move("hal", request, "keep_promise", remedy=1)

    today = timezone.now().date().isoformat()
    desk.move("hal", request, "note_outside", body="jams", received_on=today, owner="hal", due_on="2099-12-31")
    desk.move("hal", request, "redate_outside", outside=1, due_on="2099-06-30", reason="It wrote again.")
    assert "jams" not in {route.id for route in routes.left(request, routes.outside(request))}
    desk.move("hal", request, "end_outside", outside=1, result="settled", ended_on=today, text="She has our apology.")
    outside = OutsideReference.objects.get()
    assert (outside.due_on, outside.set_by, outside.result) == (date(2099, 6, 30), "letter", "settled")
