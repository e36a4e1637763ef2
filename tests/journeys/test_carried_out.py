"""What is done in the systems: correcting, erasing, restricting; from filing to the letter, by web and by program."""

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import LedgerOutcome, SubjectRequest
from dsr.rights import Right
from dsr.services import telling
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import ROADS, WEB, Answers, Desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]
ANSWERS: dict[Right, Answers] = {
    Right.CORRECTION: lambda page: page.fill("What is wrong?", "My name").fill("What should it say?", "Augusta King"),
    Right.DELETION: lambda page: page.choose("Yes, I know what this means, and I want it"),
    Right.RESTRICTION: lambda page: page.choose("There is an objection to the use, and it is not decided yet"),
}
DETAILS = {
    Right.CORRECTION: {"wrong_1": "My name", "right_1": "Augusta King"},
    Right.DELETION: {"consequences": "yes"},
    Right.RESTRICTION: {"restriction_ground": "objection_pending"},
}
DONE = {
    Right.CORRECTION: LedgerOutcome.CORRECTED,
    Right.DELETION: LedgerOutcome.ERASED,
    Right.RESTRICTION: LedgerOutcome.RESTRICTED,
}


def _before_the_desk(road: str, request: SubjectRequest, visitor: Visitor, clock: Clock) -> None:
    """What has to come first: a second word on an erasure, a decision on what is said to be wrong."""
    if request.right == Right.DELETION and road == WEB:
        visitor.open(telling.tracker_link(request.submission, clock()))
        visitor.follow("See what would be deleted, and confirm").press("Yes, delete my data")
    elif request.right == Right.DELETION:
        assert api.sam().move(request.pk, "confirm_erasure", {"how": "phone"}).status == 200
    elif request.right == Right.CORRECTION:
        given = {"item": 1, "decision": "correct", "places": ["desk.customers.name"]}
        Desk(road).move("hal", request, "decide_item", **given)


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("right", [Right.CORRECTION, Right.DELETION, Right.RESTRICTION])
def test_carried_out(road: str, right: Right, visitor: Visitor, clock: Clock) -> None:
    if road == WEB:
        filed = roads.by_web(visitor, right, clock, answers=ANSWERS[right])
    else:
        filed = roads.by_api(right, details=DETAILS[right])
    builders.confirm(filed.submission, clock.tick())
    if builders.again(filed).state == State.VERIFYING:
        builders.prove(filed.submission, clock.tick())
    drain(clock.tick())
    request = builders.again(filed)
    _before_the_desk(road, request, visitor, clock)
    drain(clock.tick())

    Desk(road).approve(request, clock)
    drain(clock.tick(days=4))
    drain(clock.tick())

    ended = builders.again(request)
    told = builders.sent_text(request.submission, "carried_out")
    assert (ended.state, ended.outcome) == (State.CLOSED, Outcome.FULFILLED)
    assert {line.outcome for line in request.ledger.all()} <= {DONE[right], LedgerOutcome.NOTHING_HELD}
    assert request.ledger.filter(outcome=DONE[right]).exists()
    assert "We have done what you asked" in told
    assert request.submission.reference in told
    assert "If you do not agree, you can complain" in told
    assert request.certificates.exists()
