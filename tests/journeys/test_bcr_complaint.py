"""A complaint about the corporate rules: who sent the data is named, and so are its own authority and court."""

from datetime import date

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import Deadline, DeadlineKind, SubjectRequest
from dsr.rights import Right
from dsr.services import telling
from dsr.services.complaints import appeals
from tests import builders, contesting
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.admin import desk as console
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import WEB, Desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]
SAID = "My data was passed on in America without anybody telling me."
EXPORTER = "Recourse Telecom Ireland Limited"
NEAREST = "supervisory authority of the country where the company is that sent the data"
FURTHER = "court with jurisdiction over the company that sent the data"
FOUND = {
    "point": "Data was passed on in America.",
    "verdict": "justified",
    "facts": "The receipt of the American company names a third one that has signed nothing.",
    "measure": "The corporate rules bind whoever gets data from a company of the group.",
    "reason": "An American company of ours passed your address on to one that had not yet agreed to our rules.",
}
ANSWER = "The company that got your address has deleted it, and nothing more goes there before it has signed."


def _looked_into(road: str, request: SubjectRequest) -> None:
    """Hal looks into it, asks the company that sent the data, and proposes an answer; Vera gives it."""
    desk = Desk(road)
    desk.move("hal", request, "take_complaint")
    desk.move("hal", request, "enquire", whom=EXPORTER, text="To whom did your importer pass these data on?")
    desk.move("hal", request, "note_reply", enquiry=1, text="To one that has not signed.")
    desk.move("hal", request, "add_finding", **FOUND)
    desk.move("hal", request, "promise", text="Nothing goes there unsigned.", owner="hal", due_on="2099-12-31")
    desk.move("hal", request, "propose_answer", text=ANSWER)
    desk.move("vera", request, "answer_complaint")


def _told(request: SubjectRequest, clock: Clock) -> str:
    """What the letter says once it went out, and what must not be in it."""
    drain(clock.tick())
    told = " ".join(builders.sent_text(request.submission, "complaint_answered").split())
    assert builders.again(request).outcome == Outcome.JUSTIFIED
    assert FOUND["facts"] not in told
    assert told.index(NEAREST) < told.index(FURTHER)
    for said in (request.submission.reference, FOUND["reason"], ANSWER, "Nothing goes there unsigned.", NEAREST):
        assert said in told, said
    assert "JAMS" not in told  # the ladder of another framework
    return told


def _acknowledged(request: SubjectRequest) -> None:
    """It asks nobody who they are, is confirmed with its day, and has that day on the desk."""
    assert (request.state, request.right) == (State.IN_REVIEW, Right.BCR_COMPLAINT)
    assert not builders.letters_to(request.submission, "confirm_address")
    [letter] = builders.letters_to(request.submission, "received")
    assert letter.due_on == request.due_on
    assert Deadline.objects.filter(request=request, kind=DeadlineKind.RESPOND, done_at=None).exists()


def test_by_the_form(visitor: Visitor, clock: Clock) -> None:
    def say(page: Visitor) -> None:
        page.fill("What went wrong?", SAID).fill("Which company sent the data out of Europe? (optional)", EXPORTER)

    request = roads.by_web(visitor, Right.BCR_COMPLAINT, clock, answers=say)
    _acknowledged(request)
    sheet = console.text(console.signed_in("vera").get(console.sheet(request)))
    assert "The company that sent the data" in sheet

    _looked_into(WEB, request)
    _told(request, clock)

    seen = visitor.open(telling.tracker_link(builders.again(request).submission, clock.tick())).text
    assert "You are right" in seen
    assert FOUND["reason"] in seen
    assert NEAREST in seen
    assert FOUND["facts"] not in seen


def test_by_the_api(clock: Clock) -> None:
    request = roads.by_api(Right.BCR_COMPLAINT, details={"complaint": SAID, "exporter": EXPORTER})
    _acknowledged(request)
    assert request.open_json("details")["exporter"] == EXPORTER

    _looked_into(roads.API, request)
    _told(request, clock)

    shown = api.vera().get(f"/requests/{request.pk}/complaint").json
    assert [row["id"] for row in shown["routes"]] == ["bcr_authority", "bcr_court"]
    assert [row["open"] for row in shown["routes"]] == [True, True]
    assert EXPORTER not in str(shown)  # masked, unless a reason for looking is given


@pytest.mark.parametrize("decision", [Outcome.UPHELD, Outcome.OVERTURNED])
def test_answer_that_does_not_agree_can_be_appealed_against(decision: Outcome, visitor: Visitor, clock: Clock) -> None:
    request = contesting.answered(
        contesting.complained(clock(), Right.BCR_COMPLAINT), clock.tick(), contesting.finding(verdict="not_justified")
    )
    visitor.open(telling.tracker_link(request.submission, clock.tick(minutes=5)))
    visitor.follow("Appeal (Complain about data sent out of Europe)").fill("What do you think is wrong?", SAID).press(
        "Appeal"
    )

    appeal = request.contested.get()
    appeals.propose(appeal.pk, str(decision), contesting.WHY, by=builders.hal(), at=clock.tick())
    appeals.decide(appeal.pk, by=contesting.olga(), at=clock.tick())
    drain(clock.tick())

    told = " ".join(builders.sent_text(appeal.submission, "appeal_decided").split())
    assert NEAREST in told
    assert "JAMS" not in told
    assert builders.again(request).state == (State.CLOSED if decision == Outcome.UPHELD else State.IN_REVIEW)
    assert appeal.due_on > date(2026, 3, 5)
