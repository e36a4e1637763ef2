"""Every move x state x actor x right, generated from the lifecycle table, on requests that were lived through."""

# ruff: noqa: PT017 - which error it is, if any, is the result of the test

from collections.abc import Callable
from datetime import timedelta

import pytest

from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.lifecycle import (
    ACTED,
    ANSWERED,
    BY_VERB,
    CHILD,
    CHOSEN,
    COMPLAINTS,
    HANDED,
    IDENTIFIED,
    JUDGED,
    MOVES,
    SEARCHED,
    Actor,
    State,
)
from dsr.models import Found, SubjectRequest, Window
from dsr.policies import Caller, can_make, check_can_make
from dsr.rights import OFFERED, SPECS, Right
from dsr.services import (
    proving,
    review,
    sheltering,
    stopping,
)
from dsr.services._moves import open_moves
from dsr.services.choices import desk
from tests import builders, organisation, reviews
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
    return builders.again(builders.approved(right, at=clock.tick()))


def _ready(right: Right, clock: Clock) -> SubjectRequest:
    request = _answered(right, clock)
    drain(clock.tick())
    return builders.again(request)


def _chosen(right: Right, clock: Clock) -> SubjectRequest:
    organisation.mailers(clock())
    return _filed(right, clock)


def _withdrawn(right: Right, clock: Clock) -> SubjectRequest:
    request = _filed(right, clock)
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    return builders.again(request)


def _objected(right: Right, clock: Clock) -> SubjectRequest:
    return builders.objected(at=clock())


def _minded(right: Right, clock: Clock) -> SubjectRequest:
    request = _filed(right, clock)
    drain(clock.tick())
    for window in Window.objects.filter(done_at=None):
        desk.report(window.system_id, [window.pk], clock())
    return builders.again(request)


def _dealt_with(right: Right, clock: Clock) -> SubjectRequest:
    request = _filed(right, clock)
    sheltering.find_account(request.pk, by=builders.hal(), at=clock.tick())
    drain(clock.tick())
    nobody = sheltering.Assessment(Found.NOBODY, "Nothing is held.")
    sheltering.assess(request.pk, nobody, by=builders.hal(), at=clock.tick())
    clock.now += timedelta(hours=49)
    drain(clock.now)
    return builders.again(request)


LIVED: dict[tuple[Right, State], Callable[[Right, Clock], SubjectRequest]] = {
    **{(right, State.VERIFYING): _filed for right in SEARCHED},
    **{(right, State.IN_REVIEW): lambda right, clock: builders.in_review(right, at=clock()) for right in SEARCHED},
    **{(right, State.FULFILLING): _answered for right in SEARCHED},
    (Right.BE_INFORMED, State.FULFILLING): _filed,
    **{(right, State.READY): _ready for right in HANDED},
    **{(right, State.CLOSED): _withdrawn for right in ANSWERED & OFFERED - CHILD},
    **{(right, State.CLOSED): _dealt_with for right in CHILD},
    **{(right, State.FULFILLING): _chosen for right in CHOSEN & OFFERED - {Right.CPNI_OPT_OUT}},
    **{(right, State.CLOSED): _minded for right in CHOSEN & OFFERED},
    **{(right, State.VERIFYING): _filed for right in JUDGED & IDENTIFIED & OFFERED},
    (Right.OBJECTION, State.FULFILLING): _objected,
    **{
        (right, State.IN_REVIEW): lambda right, clock: builders.in_review(right, at=clock())
        for right in JUDGED & OFFERED
    },
    (Right.AUTOMATED_DECISION_REVIEW, State.FULFILLING): lambda right, clock: reviews.changed(clock()),
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
    lasting = {(right, state) for right in OFFERED for state in State} - {(right, State.RECEIVED) for right in Right}
    impossible = {(Right.BE_INFORMED, State.VERIFYING), (Right.BE_INFORMED, State.IN_REVIEW)}
    impossible |= {(right, State.READY) for right in ACTED | CHOSEN | JUDGED}
    impossible |= {(right, State.VERIFYING) for right in JUDGED - IDENTIFIED}
    impossible |= {(right, State.FULFILLING) for right in COMPLAINTS}
    impossible |= {(right, state) for right in CHOSEN for state in (State.VERIFYING, State.IN_REVIEW)}
    impossible |= {(Right.CPNI_OPT_OUT, State.FULFILLING)}
    impossible |= {(right, State.FULFILLING) for right in CHILD}  # what is done stands in the case of the account

    assert set(LIVED) == lasting - impossible


@pytest.mark.parametrize(("right", "state"), sorted(LIVED), ids=lambda value: str(value))
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
                own = ("own-case", "four-eyes", "not-checker", "stronger-proof", "not-investigator", "concerns-you")
                assert actor not in move.actors or error.code in own, (move.verb, actor)
            except WrongState as error:
                assert actor in move.actors, (move.verb, actor)
                assert not in_table or move.needs, (move.verb, actor, error.code)
                assert error.sentence
            except Incomplete:
                assert move.inputs
            else:
                assert actor in move.actors, (move.verb, actor)
                assert in_table, (move.verb, actor)


@pytest.mark.parametrize(("right", "state"), sorted(LIVED), ids=lambda value: str(value))
def test_open_moves_gives_a_sentence_for_what_is_not_possible(right, state, clock, systems):
    request = LIVED[right, state](right, clock)

    for caller in _callers().values():
        for move in open_moves(request, caller, clock.now):
            assert move.title
            assert move.allowed == (not move.because), move.verb


@pytest.mark.parametrize(("right", "state"), sorted(LIVED), ids=lambda value: str(value))
def test_every_open_request_has_an_owner_a_date_and_a_way_on(right, state, clock, systems):
    request = LIVED[right, state](right, clock)
    everybody = Caller(frozenset(Actor), "test", builders.staff("vera"))

    if state != State.CLOSED:
        assert request.turn != "nobody"
        assert any(move.allowed for move in open_moves(request, everybody, clock.now))


# --- Who is asking: what stands beside the state ---------------------------------------------------------------------

IN_DOUBT = ("ask_more", "check_identity", "check_mandate", "end_unproved", "hold", "lift_hold", "stop", "resume",
            "note_unasked", "revoke_mandate")  # fmt: skip
"""Steps of staff about who is asking, or for whom."""
MARKS = [frozenset(marks) for marks in ((), ("doubted",), ("held",), ("stopped",), ("held", "stopped"))]


def _marked(state: State, marks: frozenset[str], clock: Clock) -> SubjectRequest:
    """A request in a state, with a doubt on record, held or stopped, each by whoever does such a thing."""
    request = _filed(Right.ACCESS, clock) if state == State.VERIFYING else builders.in_review(at=clock.tick())
    if "doubted" in marks:
        proving.ask_more(request.pk, "other", "It does not fit.", by=builders.hal(), at=clock.tick())
    if "doubted" in marks and state != State.VERIFYING:
        builders.prove(request.submission, clock.tick())
        drain(clock.tick())
    if state != State.VERIFYING:
        review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    if state == State.READY:
        review.approve(request.pk, by=builders.vera(), at=clock.tick())
        drain(clock.tick())
    if "held" in marks:
        stopping.hold(request.pk, "Look first.", by=builders.hal(), at=clock.tick())
    if "stopped" in marks:
        stopping.stop_for(request.pk, "She rang.", by=builders.hal(), at=clock.tick())
    return builders.again(request)


@pytest.mark.parametrize("marks", MARKS, ids=lambda marks: "-".join(sorted(marks)) or "plain")
@pytest.mark.parametrize("state", [State.VERIFYING, State.IN_REVIEW, State.READY])
def test_steps_are_open_by_what_is_on_record_about_who_asks(state, marks, clock, systems):
    if state == State.READY and "held" in marks:
        marks = marks - {"held"}  # a release that was made is not held any more, only stopped
    request = _marked(state, marks, clock)
    assert request.state == state
    at = clock.now + timedelta(minutes=1)
    chief = Caller.of_user(builders.staff("vera", "check_identity"), "admin")

    found = {verb for verb in (*IN_DOUBT, "approve", "confirm_identity") if can_make(request, verb, chief, at)}

    expected = {"note_unasked"}
    expected |= {"end_unproved"} if marks & {"doubted", "stopped"} else set()
    expected |= {"resume"} if "stopped" in marks else {"stop"}
    expected |= {"lift_hold"} if marks == {"held"} else set()
    expected |= {"hold"}
    expected |= {"check_identity", "ask_more"} if state == State.VERIFYING else set()
    expected |= {"approve"} if state == State.IN_REVIEW and not marks & {"held", "stopped"} else set()
    assert found == expected
    assert not can_make(request, "confirm_identity", Caller.system(), at) or "stopped" not in marks


@pytest.mark.parametrize("verb", IN_DOUBT)
def test_step_about_who_asks_is_nobodys_in_a_case_about_themselves(verb):
    assert "not_own_case" in BY_VERB[verb].needs


@pytest.mark.parametrize("verb", ["check_identity", "check_mandate"])
def test_result_of_a_check_is_for_those_who_check(verb):
    assert "may_check_identity" in BY_VERB[verb].needs


@pytest.mark.parametrize("verb", ["end_unproved", "lift_hold", "resume"])
def test_step_that_hands_over_or_ends_is_an_approvers(verb, clock, systems):
    request = _marked(State.VERIFYING, frozenset({"held", "stopped"}), clock)

    with pytest.raises(NotAllowed):
        check_can_make(request, BY_VERB[verb], builders.hal(), clock.now)
    assert BY_VERB[verb].actors == {Actor.APPROVER}


def test_whoever_prepared_does_not_approve_after_a_hold_either(clock, systems):
    request = builders.in_review(at=clock.tick())
    review.prepare(request.pk, by=builders.vera(), at=clock.tick())
    stopping.hold(request.pk, "Look first.", by=builders.vera(), at=clock.tick())
    stopping.lift_hold(request.pk, "Fine.", by=builders.vera(), at=clock.tick())

    with pytest.raises(NotAllowed) as refused:
        review.approve(request.pk, by=builders.vera(), at=clock.tick())

    assert refused.value.code == "four-eyes"
