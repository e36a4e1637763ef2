"""Every move x state x actor x right, generated from the lifecycle table, on requests that were lived through."""

# ruff: noqa: PT017 - which error it is, if any, is the result of the test

from collections.abc import Callable
from datetime import timedelta

import pytest

from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.lifecycle import MOVES, Actor, State
from dsr.models import SubjectRequest
from dsr.policies import Caller, check_can_make
from dsr.rights import SPECS, Right
from dsr.services import review
from dsr.services._moves import open_moves
from tests import builders
from tests.clock import Clock
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def _filed(right: Right, clock: Clock) -> SubjectRequest:
    return builders.only(builders.file(right, at=clock()).submission)


def _answered(right: Right, clock: Clock) -> SubjectRequest:
    if not SPECS[right].searches:
        request = _filed(right, clock)
        drain(clock.tick())
        return builders.again(request)
    request = builders.in_review(right, at=clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    return builders.again(request)


def _ready(right: Right, clock: Clock) -> SubjectRequest:
    request = _answered(right, clock)
    drain(clock.tick())
    return builders.again(request)


def _withdrawn(right: Right, clock: Clock) -> SubjectRequest:
    request = _filed(right, clock)
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    return builders.again(request)


LIVED: dict[tuple[Right, State], Callable[[Right, Clock], SubjectRequest]] = {
    **{(right, State.VERIFYING): _filed for right in (Right.ACCESS, Right.PORTABILITY)},
    **{
        (right, State.IN_REVIEW): lambda right, clock: builders.in_review(right, at=clock())
        for right in (Right.ACCESS, Right.PORTABILITY)
    },
    **{(right, State.FULFILLING): _answered for right in (Right.ACCESS, Right.PORTABILITY)},
    (Right.BE_INFORMED, State.FULFILLING): _filed,
    **{(right, State.READY): _ready for right in Right},
    **{(right, State.CLOSED): _withdrawn for right in Right},
}


def _callers() -> dict[Actor, Caller]:
    return {
        Actor.PERSON: Caller.person(),
        Actor.SYSTEM: Caller.system(),
        Actor.SUPPORT: builders.sam(),
        Actor.ANALYST: builders.hal(),
        Actor.APPROVER: Caller.of_user(builders.staff("vera"), "admin", only=(Actor.APPROVER,)),
    }


def test_every_state_that_lasts_is_in_the_matrix():
    lasting = {(right, state) for right in Right for state in State} - {(right, State.RECEIVED) for right in Right}
    impossible = {(Right.BE_INFORMED, State.VERIFYING), (Right.BE_INFORMED, State.IN_REVIEW)}

    assert set(LIVED) == lasting - impossible


@pytest.mark.parametrize(("right", "state"), LIVED, ids=lambda value: str(value))
def test_a_move_is_open_only_where_the_table_has_it(right, state, clock, systems):
    request = LIVED[right, state](right, clock)
    assert request.state == state
    at = clock.now + timedelta(minutes=1)

    for move in MOVES:
        for actor, caller in _callers().items():
            in_table = right in move.rights and state in move.sources
            try:
                check_can_make(request, move, caller, at)
            except NotAllowed as error:
                assert actor not in move.actors or error.code in ("own-case", "four-eyes"), (move.verb, actor)
            except WrongState as error:
                assert actor in move.actors, (move.verb, actor)
                assert not in_table or move.needs, (move.verb, actor, error.code)
                assert error.sentence
            except Incomplete:
                assert move.inputs
            else:
                assert actor in move.actors, (move.verb, actor)
                assert in_table, (move.verb, actor)


@pytest.mark.parametrize(("right", "state"), LIVED, ids=lambda value: str(value))
def test_open_moves_gives_a_sentence_for_what_is_not_possible(right, state, clock, systems):
    request = LIVED[right, state](right, clock)

    for caller in _callers().values():
        for move in open_moves(request, caller, clock.now):
            assert move.title
            assert move.allowed == (not move.because), move.verb


@pytest.mark.parametrize(("right", "state"), LIVED, ids=lambda value: str(value))
def test_every_open_request_has_an_owner_a_date_and_a_way_on(right, state, clock, systems):
    request = LIVED[right, state](right, clock)
    everybody = Caller(frozenset(Actor), "test", builders.staff("vera"))

    if state != State.CLOSED:
        assert request.turn != "nobody"
        assert any(move.allowed for move in open_moves(request, everybody, clock.now))
