"""One system's part in an erasure under many hands: done once, and told however it ends."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Event, HoldState, Kept, LegalHold, SubjectRequest, Task, TaskState
from dsr.policies import Caller
from dsr.services import acting, history, holds, taskrun
from dsr.services.erasure import kept
from tests import builders, estate
from tests import outpost as outposts
from tests.clock import Clock
from tests.drain import drain
from tests.outpost import LINGER, Outpost, outpost
from tests.together import kinds, together

__all__ = ["outpost"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def begun(clock: Clock, outpost: Outpost) -> SubjectRequest:
    """A deletion that is being carried out; its one system has not been told anything."""
    outposts.enter(outpost, clock(), abilities=["erase"])
    request = estate.approved(clock())
    assert request.act_at is not None
    acting.start(Deadline.objects.get(request=request, kind=DeadlineKind.ACT), request.act_at)
    clock.now = request.act_at
    return builders.again(request)


def _erasures(outpost: Outpost) -> int:
    return len([call for call in outpost.holdings.told if call["verb"] == "erase"])


def test_task_taken_by_many_workers_is_done_by_one(begun: SubjectRequest, outpost: Outpost, clock: Clock) -> None:
    task, at = Task.objects.get(), clock.tick()

    results = together([lambda: taskrun.run_task(task.pk, at=at)] * 5)

    assert (results.count(True), results.count(False)) == (1, 4), results
    assert _erasures(outpost) == 1
    assert Event.objects.filter(verb="task_done").count() == 1
    assert builders.again(begun).state == State.CLOSED
    assert history.verify().whole


def _hold(at: datetime) -> LegalHold:
    """A hold that two people set while a system erases."""
    dora, vera = (Caller.of_user(builders.staff(name, "set_holds"), "admin") for name in ("dora", "vera"))
    people = {"email": [builders.ADA]}
    wanted = holds.Wanted("legal_hold", "Ada against us", dora.user_id, at.date().replace(month=6), people)
    hold = holds.propose(wanted, by=dora, at=at)
    return holds.confirm(hold.pk, by=vera, at=at)


def test_hold_confirmed_while_a_task_ends_comes_too_late_and_the_truth_is_told(
    begun: SubjectRequest, outpost: Outpost, clock: Clock
) -> None:
    results = _meanwhile(outpost, clock, lambda at: _hold(at))

    assert kinds(results) == {"bool": 1, "LegalHold": 1}, results
    assert (builders.again(begun).state, builders.again(begun).outcome) == (State.CLOSED, "fulfilled")
    assert {outcome for _, outcome in estate.lines(begun)} == {"erased"}
    assert LegalHold.objects.get().state == HoldState.IN_FORCE


def test_request_brought_back_while_a_task_ends_has_what_is_gone_in_its_ledger(
    begun: SubjectRequest, outpost: Outpost, clock: Clock
) -> None:
    hal = builders.hal()

    results = _meanwhile(outpost, clock, lambda at: acting.halt(begun.pk, "Not yet.", by=hal, at=at))

    assert kinds(results) == {"bool": 1, "SubjectRequest": 1}, results
    assert builders.again(begun).state == State.IN_REVIEW
    assert {outcome for _, outcome in estate.lines(begun)} == {"erased"}
    assert Task.objects.get().state == TaskState.DONE
    assert history.verify().whole


def _meanwhile(outpost: Outpost, clock: Clock, act: Callable[[datetime], Any], task: Task | None = None) -> list[Any]:
    """Have somebody act between the erasure in the system and its record."""
    outpost.holdings.orders = [LINGER]
    task, at = task or Task.objects.get(), clock.tick()

    def other() -> Any:
        assert outpost.going.wait(timeout=20)
        try:
            return act(at)
        finally:
            outpost.released.set()

    return together([lambda: taskrun.run_task(task.pk, at=at), other])


def test_hold_lifted_while_a_system_looks_again_lets_go_at_once(outpost: Outpost, clock: Clock) -> None:
    outposts.enter(outpost, clock(), abilities=["erase"])
    hold = _hold(clock())
    dora, vera = (Caller.of_user(builders.staff(name, "set_holds"), "admin") for name in ("dora", "vera"))
    holds.propose_lifting(hold.pk, "Settled.", by=dora, at=clock())
    request = estate.approved(clock())
    drain(clock.tick(days=5))
    Kept.objects.update(check_at=clock())
    kept.look(Deadline.objects.get(request=request, kind=DeadlineKind.KEPT), clock())
    task = Task.objects.get(late=True)

    results = _meanwhile(outpost, clock, lambda at: holds.lift(hold.pk, by=vera, at=at), task)
    drain(clock.tick(minutes=1))

    assert kinds(results) == {"bool": 1, "LegalHold": 1}, results
    assert builders.ADA not in outpost.rows
    assert not Kept.objects.filter(ended_at=None).exists()
