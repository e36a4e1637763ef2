"""Workers that die at a chosen point of a task, as under SIGKILL: nothing catches it, nothing is put in order.

A point lies before and after everything that another worker could find half done: each call of the connector that looks
or acts, each time it asks whether it is still wanted, each of its requests, each write of the task.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from dsr.connectors import Connector, open_connector
from dsr.connectors.http_call import Caller
from dsr.connectors.rest import Session
from dsr.models import Deadline, DeadlineKind, Task, TaskKind, TaskState
from dsr.services import acting, correction, recipients, restriction, taskrun
from dsr.services._moves import holding
from dsr.services.erasure import doing, kept
from dsr.services.taskwork import Claim

_CALLS = frozenset({"preview", "erase", "suppress", "correct", "annotate", "restrict"})
_SECOND = timedelta(seconds=1)
_ROUNDS = 300
_WHEN = ("due_at", "claimed_until")
_BEGUN = {DeadlineKind.ACT: acting.start, DeadlineKind.KEPT: kept.look}


class Killed(BaseException):
    """SIGKILL: production code does not catch this, so it does not learn of it."""


class Points:
    """The points that the tasks of one kind in one system pass, and at which of them the worker dies."""

    def __init__(self, system: str, kind: TaskKind) -> None:
        self._system, self._kind = system, kind
        self.passed: list[str] = []
        self._deadly: int | None = None
        self._watching = False

    def begin(self, deadly: int | None) -> None:
        """Count anew, and die at the point of a number; None: never."""
        self.passed, self._deadly, self._watching = [], deadly, False

    def __call__(self, name: str) -> None:
        """Pass a point."""
        if not self._watching:
            return
        self.passed.append(name)
        if len(self.passed) - 1 == self._deadly:
            self._watching = False
            raise Killed(name)

    def watch(self, task: Task | None) -> None:
        """Watch a task if it is one of those; none any more without one."""
        self._watching = task is not None and (task.system.key, task.kind) == (self._system, self._kind)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Put a point before and after each call."""

        def called(*args: Any, **more: Any) -> Any:
            self(f"before {name}")
            came = call(*args, **more)
            self(f"after {name}")
            return came

        return called


class _Connector:
    """A connector whose calls are points."""

    def __init__(self, connector: Connector, points: Points) -> None:
        self._connector, self._points = connector, points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connector, name)
        return self._points.around(name, found) if name in _CALLS else found


def install(monkeypatch: pytest.MonkeyPatch, points: Points) -> None:
    """Have workers pass the points."""
    run_task = taskrun.run_task

    def run(*args: Any, **more: Any) -> bool:
        try:
            return run_task(*args, **more)
        finally:
            points.watch(None)

    @contextmanager
    def held(**key: Any) -> Iterator[Any]:
        with holding(**key) as case:
            yield case
            points("before the commit")
        points("after the commit")

    monkeypatch.setattr(taskrun, "run_task", run)
    monkeypatch.setattr(taskrun, "holding", held)
    for kind, handler in taskrun.HANDLERS.items():
        monkeypatch.setitem(taskrun.HANDLERS, kind, _claimed(handler, points))
    for module in (doing, correction, restriction, recipients):
        monkeypatch.setattr(module, "open_connector", lambda *args: _Connector(open_connector(*args), points))
    for owner, name in ((Claim, "note"), (Claim, "still"), (Session, "call"), (Caller, "whole")):
        monkeypatch.setattr(owner, name, points.around(name, getattr(owner, name)))


def _claimed(handler: Callable[..., Any], points: Points) -> Callable[..., Any]:
    def handle(task: Task, claim: Claim, at: datetime) -> Any:
        points.watch(task)
        points("claimed")
        return handler(task, claim, at)

    return handle


@contextmanager
def undone() -> Iterator[None]:
    """Undo everything that was written in the block, as the database of a test is undone after it."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # what must be the outermost block may be in this one
    with block:
        yield
        transaction.set_rollback(True)


def begin(at: datetime) -> None:
    """Have the tasks made whose time has come."""
    for deadline in Deadline.objects.filter(kind__in=_BEGUN, due_at__lte=at, done_at=None):
        _BEGUN[DeadlineKind(deadline.kind)](deadline, at)
    assert Task.objects.filter(state=TaskState.WAITING).exists()


def carry_on(at: datetime) -> datetime:
    """Have every task worked on when its time has come, until none waits. Return when that was.

    Whoever takes over from a worker that died comes when its lease is over.
    """
    for _round in range(_ROUNDS):
        waiting = Task.objects.filter(state=TaskState.WAITING)
        times = [(max(due, claimed or due), pk) for pk, due, claimed in waiting.values_list("pk", *_WHEN)]
        if not times:
            return at
        due, pk = min(times)
        at = max(at, due) + _SECOND
        with suppress(Killed):
            taskrun.run_task(pk, at=at)
    raise AssertionError("never comes to an end")
