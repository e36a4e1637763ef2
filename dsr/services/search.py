"""Searching real systems: one step per system, leased, resumable, each attempt recorded.

A step is claimed in one transaction, worked on outside any, and recorded in another. Whoever loses the lease meanwhile
throws its own result away, so a step counts once however often it is started.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q

from dsr import connectors
from dsr.connectors import base
from dsr.models import (
    Attempt,
    ConnectorKind,
    Step,
    StepResult,
    StepState,
    SubjectRequest,
    System,
)
from dsr.packaging import parcel
from dsr.services import worksheets
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.steps import finish_search, finish_step, identifiers_for, step_of
from dsr.services.storage import vault
from notifications.ids import uuid7

LADDER = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""Pauses between tries after a temporary failure. When they are used up, a person decides."""
LEASE = timedelta(minutes=5)
_RENEW_AFTER = 60.0
_SYSTEM = Caller.system()


class _LeaseLost(Exception):
    """Somebody else works on this step now."""


def begin(case: Case, request: SubjectRequest, *, by: Caller, at: datetime) -> None:
    """Start the search of every active system, inside the caller's transaction. An earlier search is done anew."""
    case.move(request, "search", by=by, at=at)
    earlier = {step.system_id: step for step in request.steps.all()}
    fresh: list[Step] = []
    again: list[Step] = []
    for system in System.objects.filter(active=True).select_related("data_key"):
        step = earlier.get(system.pk) or Step(id=uuid7(at), request=request, system=system)
        step.system = system
        _reset(step, at)
        (again if system.pk in earlier else fresh).append(step)
    Step.objects.bulk_create(fresh)
    if again:
        Step.objects.bulk_update(again, _RESET)
    for step in fresh + again:
        if step.state == StepState.WITH_OWNER:
            worksheets.send(step, at=at)
    if not fresh + again:
        finish_search(case, request, at)


_RESET = (
    "state", "result", "code", "counts", "parcel", "reason_sealed", "due_at", "claimed_until", "lease", "attempts",
    "reminders", "started_at", "finished_at", "decided_by",
)  # fmt: skip


def _reset(step: Step, at: datetime) -> None:
    manual = step.system.connector == ConnectorKind.MANUAL
    step.state = StepState.WITH_OWNER if manual else StepState.WAITING
    step.result, step.code, step.parcel, step.counts = "", "", "", {}
    step.reason_sealed = step.claimed_until = step.lease = step.finished_at = step.decided_by = None
    step.attempts = step.reminders = 0
    step.due_at = step.started_at = at


def run_step(step_id: UUID, *, at: datetime) -> bool:
    """Work on one step if it is free and due. Returns whether it was taken."""
    if (lease := _claim(step_id, at)) is None:
        return False
    step = Step.objects.select_related("system__data_key", "request__submission__data_key").get(pk=step_id)
    started = monotonic()
    name = f"parcels/{step.pk}/{lease}"
    try:
        info = _collect(step, lease, name, at, started)
    except _LeaseLost:
        vault().delete(name)
        return True
    except base.TemporaryFailure as failure:
        _record_failure(step, lease, failure.code, at, retry_after=failure.retry_after or 0)
    except base.ConnectorError as failure:
        _record_failure(step, lease, failure.code, at, final=True)
    else:
        if not _record_success(step, lease, name, info, at + timedelta(seconds=monotonic() - started)):
            vault().delete(name)
    return True


def _claim(step_id: UUID, at: datetime) -> UUID | None:
    """Take the lease by one conditional update; the attempt is on record before the work starts."""
    lease = uuid4()
    with transaction.atomic():
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at)
        taken = Step.objects.filter(free, pk=step_id, state=StepState.WAITING, due_at__lte=at).update(
            lease=lease, claimed_until=at + LEASE, attempts=F("attempts") + 1
        )
        if not taken:
            return None
        earlier = Attempt.objects.filter(step_id=step_id).count()
        Attempt.objects.create(step_id=step_id, number=earlier + 1, lease=lease, started_at=at)
    return lease


def _collect(step: Step, lease: UUID, name: str, at: datetime, started: float) -> parcel.ParcelInfo:
    submission, system = step.request.submission, step.system
    connector = connectors.open_connector(system.connector, system.open_json("config"))
    found = connector.collect(identifiers_for(step), key=f"{step.pk}:{step.started_at:%Y%m%d%H%M%S}")
    pieces = _kept_alive(found, step.pk, lease, at, started)
    return parcel.write(pieces, vault(), name, submission.data_key.key_bytes(), datasets=connector.describe())


def _kept_alive(
    pieces: Iterator[base.Piece], step_id: UUID, lease: UUID, at: datetime, started: float
) -> Iterator[base.Piece]:
    """Pass the pieces on, renewing the lease now and then. Raises _LeaseLost when it is somebody else's."""
    renewed = started
    for piece in pieces:
        if monotonic() - renewed > _RENEW_AFTER:
            renewed = monotonic()
            until = at + timedelta(seconds=renewed - started) + LEASE
            if not Step.objects.filter(pk=step_id, lease=lease).update(claimed_until=until):
                raise _LeaseLost
        yield piece


def _ours(step: Step, lease: UUID) -> Step | None:
    return Step.objects.filter(pk=step.pk, lease=lease, state=StepState.WAITING).first()


def _record_success(step: Step, lease: UUID, name: str, info: parcel.ParcelInfo, at: datetime) -> bool:
    with holding(submission_id=step.request.submission_id) as case:
        if _ours(step, lease) is None:
            return False
        found = any(info.counts.values())
        finish_step(
            case,
            step,
            StepResult.FOUND if found else StepResult.NOTHING_HELD,
            at=at,
            counts=dict(info.counts),
            parcel_name=name if found else "",
        )
        Attempt.objects.filter(lease=lease).update(ended_at=at, result=step.result)
    if not found:
        vault().delete(name)
    return True


def _record_failure(
    step: Step, lease: UUID, code: str, at: datetime, *, final: bool = False, retry_after: float = 0
) -> None:
    with holding(submission_id=step.request.submission_id) as case:
        current = _ours(step, lease)
        if current is None:
            return
        over = final or current.attempts > len(LADDER)
        current.code = code
        current.state = StepState.STUCK if over else StepState.WAITING
        if not over:
            current.due_at = at + max(LADDER[current.attempts - 1], timedelta(seconds=retry_after))
        current.lease = current.claimed_until = None
        current.save(update_fields=["code", "state", "due_at", "lease", "claimed_until"])
        Attempt.objects.filter(lease=lease).update(
            ended_at=at, result="failed" if final else "failed_temporary", code=code
        )
        request = case.request(step.request_id)
        data = {"system": step.system.key, "code": code, "attempt": current.attempts, "stuck": over}
        case.record("system_failed", by=_SYSTEM, at=at, request=request, data=data)
        if over:
            case.needs_staff(request)


def retry(request_id: UUID, step_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Ask a system again that failed or was left out. Raises NotFound, NotAllowed, WrongState."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        step = step_of(request, step_id)
        case.move(request, "retry_system", by=by, at=at, data={"system": step.system.key})
        _reset(step, at)
        step.save()
        if step.state == StepState.WITH_OWNER:
            worksheets.send(step, at=at)
        ring(Bell.WORK, str(request.submission_id))
    return request


def go_without(
    request_id: UUID, step_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Decide to answer without a system. The person is told which one and that it could not be searched."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        step = step_of(request, step_id)
        case.move(request, "go_without", by=by, at=at, data={"system": step.system.key})
        step.seal("reason", reason)
        step.decided_by = by.user
        finish_step(case, step, StepResult.LEFT_OUT, at=at, by=by, code=step.code)
    return request


def due_steps(at: datetime, limit: int, submission_id: UUID | None = None) -> list[UUID]:
    """Return the steps that may be worked on now, longest waiting first."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at)
    steps = Step.objects.filter(free, state=StepState.WAITING, due_at__lte=at)
    if submission_id is not None:
        steps = steps.filter(request__submission_id=submission_id)
    return list(steps.order_by("due_at", "id").values_list("id", flat=True)[:limit])
