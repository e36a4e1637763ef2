"""An appeal: made on the tracker or through support, decided by two who had no part in it, told, and followed."""

import pytest

from dsr.lifecycle import Outcome, State
from dsr.services import telling
from tests import builders, contesting
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys.roads import ROADS, WEB, Desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]
WHY = "My own messages were left out of what I asked for."


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("decision", [Outcome.UPHELD, Outcome.PARTLY_OVERTURNED, Outcome.OVERTURNED])
def test_appeal(road: str, decision: Outcome, visitor: Visitor, clock: Clock) -> None:
    parent = contesting.refused(clock())
    if road == WEB:
        visitor.open(telling.tracker_link(parent.submission, clock.tick()))
        assert "You can appeal to us until" in visitor.text
        visitor.follow("Appeal (Get a copy of your data)").fill("What do you think is wrong?", WHY).press("Appeal")
        assert "Your appeal is with us" in visitor.text
    else:
        assert api.sam().move(parent.pk, "appeal", {"text": WHY}).status == 200
    appeal = builders.again(parent.contested.get())
    assert builders.letters_to(appeal.submission, "received")[-1].due_on == appeal.due_on

    Desk(road).move("ivy", appeal, "propose_ruling", decision=str(decision), text=contesting.WHY)
    Desk(road).move("vera", appeal, "decide_appeal")

    drain(clock.tick())

    told = " ".join(builders.sent_text(appeal.submission, "appeal_decided").split())
    assert builders.again(appeal).outcome == decision
    assert contesting.WHY in told
    assert parent.submission.reference in told
    assert builders.again(parent).state == (State.CLOSED if decision == Outcome.UPHELD else State.IN_REVIEW)
    assert ("Your request is open again" in told) == (decision != Outcome.UPHELD)
