"""What is handed over: information, a copy, a portable copy; from filing to the letter, by web and by program."""

import json
from typing import Any

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import SubjectRequest
from dsr.rights import Right
from dsr.services import telling
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import ROADS, WEB, Desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]


def _told(request: SubjectRequest, kind: str) -> str:
    return builders.sent_text(request.submission, kind)


def _asked(road: str, right: Right, visitor: Visitor, clock: Clock, **where: Any) -> SubjectRequest:
    return roads.by_web(visitor, right, clock, **where) if road == WEB else roads.by_api(right, **where)


@pytest.mark.parametrize("road", ROADS)
def test_be_informed(road: str, visitor: Visitor, clock: Clock) -> None:
    request = _asked(road, Right.BE_INFORMED, visitor, clock)
    drain(clock.tick())
    ready = builders.again(request)
    told = _told(request, "answer_ready")

    assert ready.state == State.READY
    assert request.submission.reference in told
    assert all(way in told for way in telling.remedies(request.submission))
    drain(clock.tick(days=60))
    assert builders.again(request).outcome == Outcome.FULFILLED


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
def test_copy(road: str, right: Right, visitor: Visitor, clock: Clock) -> None:
    request = roads.proved(_asked(road, right, visitor, clock), clock)

    ready = Desk(road).approve(request, clock)
    told = _told(request, "answer_ready")
    package = builders.opened(ready, clock.tick())

    assert ready.state == State.READY
    assert "The answer to your request" in told or "part of what you asked" in told
    assert "If you do not agree with the answer, you can complain" in told
    texts = [package.read(name).decode() for name in package.namelist() if name.endswith((".json", ".csv"))]
    assert any("Ada Lovelace" in text for text in texts)
    assert all("Max Stranger" not in text for text in texts)
    assert builders.again(request).outcome in (Outcome.FULFILLED, Outcome.PARTLY_FULFILLED)
    assert api.audrey().get(f"/requests/{request.pk}/ledger").json["results"]
    drain(clock.tick())


@pytest.mark.parametrize("road", ROADS)
def test_refused_wholly(road: str, visitor: Visitor, clock: Clock) -> None:
    request = roads.proved(_asked(road, Right.ACCESS, visitor, clock), clock)
    at_desk = Desk(road)
    at_desk.move("hal", request, "propose_refusal", ground="third_party_rights", reason="Only Max is in it.")
    proof = {"proof_kind": "record", "proof_place": "Ticket 7", "proof_author": "Hal", "proof_on": "2026-03-01"}
    at_desk.move("hal", request, "argue_refusal", **proof)

    at_desk.move("vera", request, "refuse")

    letter = roads.letter(request, "refused")
    assert builders.again(request).outcome == Outcome.REFUSED
    assert (letter.reason, letter.late) == ("Only Max is in it.", False)
    assert letter.law.startswith("General Data Protection Regulation, Art 15(4)")
    assert letter.remedies


@pytest.mark.parametrize("road", ROADS)
def test_brazilian_rights_run_by_their_own_clock_and_need_no_login(road: str, visitor: Visitor, clock: Clock) -> None:
    """R17: the rights of Article 18 LGPD, within fifteen days, by mail control alone."""
    request = _asked(road, Right.ACCESS, visitor, clock, country="BR")
    builders.confirm(request.submission, clock.tick())
    drain(clock.tick())

    ready = Desk(road).approve(builders.again(request), clock)

    clocks = json.dumps(api.hal().get(f"/requests/{request.pk}/clock").json)
    assert (ready.regime, ready.state) == ("br_lgpd", State.READY)
    assert (ready.due_on - request.received_at.date()).days <= 15
    assert "br_lgpd" in clocks
    assert "ANPD" in _told(request, "answer_ready")
