"""An appeal: made on the tracker or through support, decided by two who had no part in it, told, and followed."""

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import Review
from dsr.services import telling
from dsr.services.reviews import working
from tests import builders, contesting, reviews
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.admin import desk
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


def test_review_is_reviewed_a_second_time_before_it_can_be_appealed_against(visitor: Visitor, clock: Clock) -> None:
    rita, ralf = reviews.reviewer("rita"), reviews.reviewer("ralf")
    request = reviews.upheld(reviews.taken(clock(), rita), rita, clock.tick())
    visitor.open(telling.tracker_link(request.submission, clock.tick()))
    assert "You can appeal to us until" not in visitor.text
    early = api.sam().move(request.pk, "appeal", {"text": WHY})
    assert (early.status, early.code) == (409, "review-again-first")

    visitor.press("Have somebody else look at it")
    working.take(request.pk, by=ralf, at=clock.tick())
    reviews.upheld(request, ralf, clock.tick())
    visitor.open(telling.tracker_link(request.submission, clock.tick()))
    assert "Have somebody else look at it" not in visitor.text
    visitor.follow("Appeal (Have a decision by a machine reviewed by a human)")
    visitor.fill("What do you think is wrong?", WHY).press("Appeal")
    appeal = builders.again(request.contested.get())
    Desk(WEB).move("ivy", appeal, "propose_ruling", decision="overturned", text=contesting.WHY)
    Desk(WEB).move("vera", appeal, "decide_appeal")
    drain(clock.tick())

    assert builders.again(request).state == State.IN_REVIEW
    assert "Your request is open again" in " ".join(builders.sent_text(appeal.submission, "appeal_decided").split())
    visitor.open(telling.tracker_link(request.submission, clock.tick()))
    assert "The review after your appeal, step by step" in visitor.text
    third, browser = reviews.reviewer("dora"), desk.signed_in("dora")
    working.take(request.pk, by=third, at=clock.tick())
    working.open_material(request.pk, "representations", by=third, at=clock.tick())
    assert WHY in desk.text(browser.get(desk.sheet(request)))
    assert Review.objects.filter(request=request).count() == 3
