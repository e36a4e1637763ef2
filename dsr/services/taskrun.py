"""Working on tasks: who does what, what a failure leads to, and what staff decide about one that is stuck."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import F, Q
from django.utils.translation import gettext as _

from dsr.connectors import Code, ConnectorError, PermanentFailure, Refused, TemporaryFailure
from dsr.errors import NotFound, WrongState
from dsr.lifecycle import State
from dsr.logs import get_logger, places
from dsr.models import ConnectorKind, SubjectRequest, Task, TaskKind, TaskResult, TaskState
from dsr.services import acting, correction, recipients, restriction, taskpaper
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import closing, doing, kept, rechecks
from dsr.services.search import LADDER, LEASE
from dsr.services.taskwork import BackToReview, Came, Claim, begin_anew, finish, note_trouble, off_the_desk, stick
from dsr.services.threads import checked_text

log = get_logger(__name__)
_SYSTEM = Caller.system()

_BY_OWNER = frozenset({TaskKind.RESTRICT, TaskKind.UNRESTRICT})
"""What the owner of a system is asked to do where its program cannot: nobody's data is used on for want of a flag."""

HANDLERS: dict[TaskKind, Callable[[Task, Claim, datetime], Came]] = {
    TaskKind.ERASE: doing.erase,
    TaskKind.CORRECT: correction.correct,
    TaskKind.ANNOTATE: correction.annotate,
    TaskKind.RESTRICT: restriction.restrict,
    TaskKind.UNRESTRICT: restriction.unrestrict,
    TaskKind.TELL: recipients.tell,
    TaskKind.RECHECK: rechecks.look,
}


def run_task(task_id: UUID, *, at: datetime) -> bool:
    """Work on one task if it is free and due. Returns whether it was taken."""
    lease = uuid4()
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at)
    taken = Task.objects.filter(free, pk=task_id, state=TaskState.WAITING, due_at__lte=at)
    if not taken.update(lease=lease, claimed_until=at + LEASE, attempts=F("attempts") + 1):
        return False
    task = Task.objects.select_related("system__data_key", "request__submission__data_key").get(pk=task_id)
    claim = Claim(task, lease, at)
    if (
        task.attempts > len(LADDER) + 2
    ):  # worker after worker died on it: a try that gets anywhere starts the count anew
        _record_failure(task, lease, Code.WORKER_LOST, at, final=True)
        return True
    try:
        _work(task, lease, claim, at)
    except BackToReview as back:
        _bring_back(task, lease, back, claim.now())
    except TemporaryFailure as failure:
        _record_failure(task, lease, failure.code, claim.now(), retry_after=failure.retry_after or 0)
    except Refused as refused:
        _record_failure(task, lease, refused.code, claim.now(), final=True)
    except PermanentFailure as failure:
        if failure.code == Code.CALLED_OFF:
            _bring_back(task, lease, BackToReview(str(failure.code)), claim.now())
        elif failure.code == Code.UNABLE and task.kind in _BY_OWNER:
            _hand_over(task, lease, claim.now())
        else:
            _record_failure(task, lease, failure.code, claim.now(), final=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, it climbs the ladder until a person sees it
        log.error("task failed", task=str(task.pk), error=type(error).__name__, where=places(error.__traceback__))
        _record_failure(task, lease, Code.FAULT, claim.now())
    return True


def _work(task: Task, lease: UUID, claim: Claim, at: datetime) -> None:
    if not restriction.knows(task):
        _record(task, lease, restriction.unknown(), claim.now())
    elif task.system.connector == ConnectorKind.MANUAL and task.kind != TaskKind.RECHECK:
        _hand_over(task, lease, claim.now())
    else:
        _record(task, lease, HANDLERS[TaskKind(task.kind)](task, claim, at), claim.now())


def _ours(case: Case, task: Task, lease: UUID) -> Task | None:
    found = Task.objects.select_related("system").filter(pk=task.pk, lease=lease, state=TaskState.WAITING).first()
    if found is not None:
        found.request = case.request(task.request_id)
    return found


def _record(task: Task, lease: UUID, came: Came, at: datetime) -> None:
    with holding(submission_id=task.request.submission_id) as case:
        current = _ours(case, task, lease)
        if current is None:
            return
        current.lease = current.claimed_until = None
        current.started_at = current.started_at or at
        if came.stuck:
            current.lines = came.lines
            stick(case, current, came.stuck, at)
            if came.then is not None:
                came.then(case, current, at)
            return
        if came.result is None:
            current.seal("cursor", came.cursor)
            # A forgotten case gets no name again: what is late asks by itself, and is not woken.
            current.known_as = came.known_as if case.submission.purged_at is None else ""
            current.lines = came.lines or current.lines
            current.due_at, current.attempts = at + timedelta(seconds=came.again_after), 1
            current.save()
            return
        current.lines, current.code = came.lines, came.code
        finish(case, current, came.result, at=at)
        if came.then is not None:
            came.then(case, current, at)
        off_the_desk(case, current.request)
        acting.end_if_over(case, current.request, at)


def _hand_over(task: Task, lease: UUID, at: datetime) -> None:
    """Send the owner the worksheet for this task."""
    with holding(submission_id=task.request.submission_id) as case:
        current = _ours(case, task, lease)
        if current is None:
            return
        current.system = task.system
        current.lease = current.claimed_until = None
        current.started_at, current.state, current.code = at, TaskState.WITH_OWNER, ""
        current.save()
        try:
            taskpaper.send(case, current, at=at)
        except (ConnectorError, ValueError):
            stick(case, current, Code.BAD_CONFIG, at)


def _record_failure(
    task: Task, lease: UUID, code: str, at: datetime, *, final: bool = False, retry_after: float = 0
) -> None:
    with holding(submission_id=task.request.submission_id) as case:
        current = _ours(case, task, lease)
        if current is None:
            return
        current.lease = current.claimed_until = None
        current.started_at = current.started_at or at
        if final or current.attempts > len(LADDER):
            stick(case, current, code, at)
            return
        current.code = str(code)
        current.due_at = at + max(LADDER[current.attempts - 1], timedelta(seconds=retry_after))
        current.save()
        note_trouble(case, current, at)


def _bring_back(task: Task, lease: UUID, back: BackToReview, at: datetime) -> None:
    with holding(submission_id=task.request.submission_id) as case:
        current = _ours(case, task, lease)
        if current is None:
            return
        request = case.request(task.request_id)
        current.lease = current.claimed_until = None
        if request.state == State.CLOSED:  # it comes after the end, so there is no approval to take back
            _enter_part(case, current, back, at)
            stick(case, current, back.code, at)
            return
        closing.enter_gone(request, current.system, back.gone, at)
        current.state, current.cursor_sealed, current.started_at = TaskState.CALLED_OFF, None, at
        current.known_as = ""
        current.save()
        if request.state == State.FULFILLING:
            acting.bring_back(case, request, back.code, by=_SYSTEM, at=at)


def _enter_part(case: Case, task: Task, back: BackToReview, at: datetime) -> None:
    """Enter what has gone of a task that stops after the end; from now on it is about what is left."""
    if not any(back.gone.values()):
        return
    request = case.request(task.request_id)
    if task.late:
        kept.gone_in_part(case, request, task.system, back.left, at)
    else:
        closing.enter_gone(request, task.system, back.gone, at)
    task.lines = back.left


def retry(request_id: UUID, task_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Have a system try its part once more. Raises NotFound, NotAllowed, WrongState."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        task = _stuck(request, task_id)
        case.move(request, "retry_task", by=by, at=at, data={"system": task.system.key, "task": str(task.kind)})
        begin_anew(task, at)
        off_the_desk(case, request)
        ring(Bell.WORK, str(case.submission.pk))
    return request


def accept_failure(
    request_id: UUID, task_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Go on without one system's part, which the ledger and the letter to the person say.

    An owner who does not answer need not be waited for, either.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        task = _stuck(request, task_id, TaskState.STUCK, TaskState.WITH_OWNER)
        case.move(request, "accept_failure", by=by, at=at, data={"system": task.system.key, "task": str(task.kind)})
        task.seal("note", checked_text(reason, "reason"))
        task.decided_by = by.user
        came_back = task.kind == TaskKind.RECHECK
        finish(case, task, TaskResult.DISMISSED if came_back else TaskResult.LEFT_OUT, at=at, by=by)
        if task.kind == TaskKind.UNRESTRICT:
            restriction.lifted(case, task, at)  # somebody saw to it, or decided that nobody need: it must not last
        if not came_back:
            closing.note_failure(case, task, at)
        off_the_desk(case, request)
        acting.end_if_over(case, request, at)
    return request


def erase_again(
    request_id: UUID, task_id: UUID, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Have what a later look found in a system erased again. Raises NotFound, NotAllowed, WrongState."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        task = _stuck(request, task_id)
        if task.kind != TaskKind.RECHECK:
            raise WrongState(_("Nothing was found again by this task. Have it tried again instead."), code="not-again")
        case.move(request, "erase_again", by=by, at=at, data={"system": task.system.key})
        task.decided_by = by.user
        rechecks.erase_again(case, task, at=at)
        finish(case, task, TaskResult.DONE, at=at, by=by)
    return request


def _stuck(request: SubjectRequest, task_id: UUID, *states: TaskState) -> Task:
    task = request.tasks.select_related("system__data_key").filter(pk=task_id).first()
    if task is None:
        raise NotFound(_("There is no such task."))
    if task.state not in (states or (TaskState.STUCK,)):
        raise WrongState(_("This task does not wait for a decision."), code="task-not-stuck")
    task.request = request
    return task
