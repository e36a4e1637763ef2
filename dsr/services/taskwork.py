"""What tasks have in common: making one, claiming it, writing down how far it is, ending it, calling it off.

A task is claimed in one transaction, worked on outside any, and recorded in another, as steps are. How far a system
is, and what it said it would keep, is written down before it is told to go on, so whoever takes over ends the same.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from dsr.connectors import Code, PermanentFailure
from dsr.lifecycle import TURN_OF, Outcome, State
from dsr.models import OVER, SubjectRequest, Task, TaskKind, TaskResult, TaskState
from dsr.rights import Right
from dsr.services._moves import Caller, Case
from dsr.services.doorbell import Bell, ring
from dsr.services.search import LEASE
from notifications.ids import uuid7
from notifications.models import DataKey

_SYSTEM = Caller.system()


@dataclass(frozen=True, slots=True)
class Came:
    """What a try at a task came to. With a ``cursor`` it is not over, and goes on after some seconds."""

    result: TaskResult | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    code: str = ""
    cursor: str = ""
    again_after: float = 0
    known_as: str = ""
    """By what a system that reports by itself names what is under way."""
    stuck: str = ""
    """Why a person has to decide, where there is neither a result nor a way on."""
    then: Callable[[Case, Task, datetime], None] | None = None
    """What else is recorded in the transaction in which the task ends."""


def goes_on(task: Task, cursor: str, again_after: float, known_as: str = "") -> Came:
    """Return that a system is not done yet and is asked again later; ``cursor`` is the system's own."""
    held = task.open_json("cursor")
    return Came(cursor=json.dumps({**held, "cursor": cursor}), again_after=max(again_after, 1.0), known_as=known_as)


class BackToReview(Exception):
    """What was approved may no longer be carried out as it was: people look at it again. ``code`` says why.

    ``left`` are the lines of what is still there; each says how many records have ``gone``.
    """

    def __init__(self, code: str, left: Sequence[dict[str, Any]] = ()) -> None:
        self.code, self.left = code, list(left)
        super().__init__(code)

    @property
    def gone(self) -> dict[str, int]:
        """Return what is erased already, in numbers of records by category."""
        found: dict[str, int] = {}
        for line in self.left:
            found[line["category"]] = found.get(line["category"], 0) + int(line["gone"])
        return found


class Claim:
    """The right to work on one task for a while, and the means to write down how far it is."""

    def __init__(self, task: Task, lease: UUID, at: datetime) -> None:
        self.task, self._lease, self._at, self._started = task, lease, at, monotonic()

    def now(self) -> datetime:
        """Return the time, counted from when the work began."""
        return self._at + timedelta(seconds=monotonic() - self._started)

    def still(self) -> bool:
        """Renew the lease. False when somebody else works on the task now, it was called off, or is doubted."""
        rows = Task.objects.filter(pk=self.task.pk, lease=self._lease, state=TaskState.WAITING)
        doubted = Q(submission__stopped_at__isnull=False) | Q(submission__held_until__gt=self.now())
        # What is objected to is paused while it is in review; anything else comes back to review to be left alone.
        back = (
            Q(state=State.IN_REVIEW) & ~Q(right=Right.OBJECTION)
            | Q(outcome__in=(Outcome.WITHDRAWN, Outcome.MISUNDERSTOOD))
            | Q(doubted, state=State.FULFILLING)
        )
        unwanted = SubjectRequest.objects.filter(back, pk=self.task.request_id)
        return not unwanted.exists() and bool(rows.update(claimed_until=self.now() + LEASE))

    def check(self) -> None:
        """Ask right before something is done whether it is still wanted. Raises PermanentFailure(called_off)."""
        if not self.still():
            raise PermanentFailure(Code.CALLED_OFF)

    def note(self, lines: list[dict[str, Any]], cursor: Mapping[str, Any]) -> bool:
        """Write down what is going to be done before it is. False when the task is somebody else's by now."""
        self.task.lines = lines
        self.task.seal_json("cursor", cursor)
        rows = Task.objects.filter(pk=self.task.pk, lease=self._lease, state=TaskState.WAITING)
        return bool(rows.update(lines=lines, cursor_sealed=self.task.cursor_sealed))


def key_of(task: Task, verb: str) -> str:
    """Return the key of one call: the same however often workers die on it, another when staff have it tried anew.

    A service that remembers keys would give the answer to the earlier call again.
    """
    again = task.open_json("cursor").get("again", 0)
    return f"{task.pk}:{verb}:{again}" if again else f"{task.pk}:{verb}"


def about(task: Task) -> dict[str, list[str]]:
    """Return by what the person of a task is known in any system: a hold may be about any of it."""
    changes = task.open_json("changes")
    return dict(changes.get("about") or changes.get("who", {}))


def begin_anew(task: Task, at: datetime) -> None:
    """Have a task tried anew, inside the caller's transaction. What was written down about it stays.

    How far the system was is of no use to it any more: the job that failed would be asked for again and again.
    """
    held = task.open_json("cursor")
    task.seal_json("cursor", {**held, "cursor": "", "again": held.get("again", 0) + 1})
    task.state, task.code, task.attempts, task.due_at = TaskState.WAITING, "", 0, at
    task.save()


def make(
    case: Case,
    request: SubjectRequest,
    system_id: UUID,
    kind: TaskKind,
    *,
    at: datetime,
    due_at: datetime | None = None,
    terms: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    late: bool = False,
) -> Task:
    """Add a task for one system, inside the caller's transaction; a further one of its kind gets the next number."""
    earlier = Task.objects.filter(request=request, system_id=system_id, kind=kind).count()
    task = Task(
        id=uuid7(at),
        request=request,
        system_id=system_id,
        kind=kind,
        ordinal=earlier,
        terms=dict(terms or {}),
        due_at=due_at or at,
        made_at=at,
        late=late,
    )
    if late:
        task.data_key = DataKey.new(at)
        task.data_key.save(force_insert=True)
    task.seal_json("changes", changes or {})
    task.save(force_insert=True)
    ring(Bell.WORK, str(case.submission.pk))
    return task


def due_tasks(at: datetime, limit: int, submission_id: UUID | None = None) -> list[UUID]:
    """Return the tasks that may be worked on now, longest waiting first."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at)
    tasks = Task.objects.filter(free, state=TaskState.WAITING, due_at__lte=at)
    if submission_id is not None:
        tasks = tasks.filter(request__submission_id=submission_id)
    return list(tasks.order_by("due_at", "id").values_list("id", flat=True)[:limit])


def finish(case: Case, task: Task, result: TaskResult, *, at: datetime, by: Caller = _SYSTEM) -> None:
    """Record what one system's part came to, inside the caller's transaction."""
    task.state, task.result, task.finished_at = TaskState.DONE, result, at
    task.lease = task.claimed_until = task.cursor_sealed = None
    task.known_as = ""
    if task.data_key is not None:
        task.data_key.forget(at)
    task.save()
    data = {"system": task.system.key, "task": str(task.kind), "result": str(result), "code": task.code}
    case.record("task_done", by=by, at=at, request=case.request(task.request_id), data=data)


def stick(case: Case, task: Task, code: str, at: datetime) -> None:
    """Have a person decide on a task that does not go on by itself, inside the caller's transaction."""
    task.state, task.code = TaskState.STUCK, str(code)
    task.save()
    note_trouble(case, task, at)


def note_trouble(case: Case, task: Task, at: datetime) -> None:
    """Record that a try failed, and put it in front of staff where nobody tries again by itself."""
    stuck = task.state == TaskState.STUCK
    data = {
        "system": task.system.key,
        "task": str(task.kind),
        "code": task.code,
        "attempt": task.attempts,
        "stuck": stuck,
    }
    request = case.request(task.request_id)
    case.record("task_failed", by=_SYSTEM, at=at, request=request, data=data)
    if stuck:
        case.needs_staff(request)


def off_the_desk(case: Case, request: SubjectRequest) -> None:
    """Say whose turn it is, once no task of a request needs a decision any more, inside the caller's transaction."""
    turn = str(TURN_OF[State(request.state)])
    if request.turn != turn and not request.tasks.filter(state=TaskState.STUCK).exists():
        request.turn = turn
        case.touch(request)


def call_off(request: SubjectRequest) -> None:
    """Call off what no system has finished, inside the caller's transaction.

    An erasure of which it is written down what goes may have been done: whoever works on it, or takes it over from
    somebody who died, goes no further, but finds out and records what is gone.
    """
    open_now = Task.objects.filter(request=request).exclude(state__in=OVER)
    begun = Q(kind=TaskKind.ERASE, state=TaskState.WAITING, cursor_sealed__isnull=False)
    open_now.filter(begun).update(due_at=F("made_at"))
    open_now.exclude(begun).update(state=TaskState.CALLED_OFF, lease=None, claimed_until=None, known_as="")
