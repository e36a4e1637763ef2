"""Searching real systems: one step per system, leased, resumable, each attempt recorded.

A step is claimed in one transaction, worked on outside any, and recorded in another. Whoever loses the lease meanwhile
throws its own result away, so a step counts once however often it is started.
"""

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Max, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from dsr import connectors
from dsr.connectors import base
from dsr.errors import WrongState
from dsr.logs import get_logger, places
from dsr.models import (
    Attempt,
    ConnectorKind,
    Role,
    Step,
    StepResult,
    StepState,
    SubjectRequest,
    System,
)
from dsr.packaging import parcel
from dsr.rights import Look
from dsr.services import worksheets
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import plan
from dsr.services.identifiers import PROVED_KINDS, claimed_kinds, identifiers_for
from dsr.services.steps import finish_search, finish_step, step_of
from dsr.services.storage import vault
from notifications import rows, sealing
from notifications.ids import uuid7
from notifications.reads import Prepared

log = get_logger(__name__)
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
_STEP = Prepared(
    lambda pk: Step.objects.select_related("system__data_key", "request__submission__data_key").filter(pk=pk).order_by()
)
_EARLIER = Prepared(lambda pk: Step.objects.filter(request_id=pk).order_by())
_SYSTEMS = Prepared(lambda: System.objects.filter(active=True, role=Role.OWN).select_related("data_key"))


class _LeaseLost(Exception):
    """Somebody else works on this step now."""


def begin(case: Case, request: SubjectRequest, *, by: Caller, at: datetime) -> None:
    """Start the search of every active system, inside the caller's transaction. An earlier search is done anew."""
    case.move(request, "search", by=by, at=at)
    earlier = {step.system_id: step for step in _EARLIER.rows(request.pk)}
    systems = _SYSTEMS.rows()
    steps = [earlier.get(system.pk) or Step(id=uuid7(at), system=system) for system in systems]
    for step, system in zip(steps, systems, strict=True):
        step.request, step.system = request, system
        _reset(step, at)
    gone = [step for key, step in earlier.items() if key not in {system.pk for system in systems}]
    for step in gone:
        # Switched off since: what it found then is not found again, and the answer must not say that it was.
        _reset(step, at)
        step.state, step.result, step.code, step.finished_at = StepState.DONE, StepResult.LEFT_OUT, "inactive", at
    rows.write(new=[step for step in steps if step.system_id not in earlier])
    if earlier:
        Step.objects.bulk_update([*(step for step in steps if step.system_id in earlier), *gone], _RESET)
    for step in steps:
        if step.state == StepState.WITH_OWNER:
            _ask_owner(case, request, step, at)
    if not steps:
        finish_search(case, request, at)


def _ask_owner(case: Case, request: SubjectRequest, step: Step, at: datetime) -> None:
    """Send the worksheet. One that cannot be sent waits for staff; it must not keep the person from going on."""
    try:
        worksheets.send(step, at=at)
    except (base.ConnectorError, sealing.SealBroken, ValueError):
        step.state, step.code = StepState.STUCK, base.Code.BAD_CONFIG
        step.save(update_fields=["state", "code"])
        _record_trouble(case, request, step, at)


_RESET = (
    "state", "result", "code", "counts", "plan", "parcel", "reason_sealed", "due_at", "claimed_until", "lease",
    "attempts", "reminders", "started_at", "finished_at", "decided_by",
)  # fmt: skip


def _reset(step: Step, at: datetime) -> None:
    # An owner who knows people by something else than what was proved is asked once other systems have told it.
    manual = step.system.connector == ConnectorKind.MANUAL and step.request.spec.look is Look.COLLECT
    at_once = manual and PROVED_KINDS & set(step.system.identifiers)
    step.state = StepState.WITH_OWNER if at_once else StepState.WAITING
    _drop_later(step.parcel)
    step.result, step.code, step.parcel, step.counts, step.plan = "", "", "", {}, []
    step.reason_sealed = step.claimed_until = step.lease = step.finished_at = step.decided_by = None
    step.attempts = step.reminders = 0
    step.due_at = step.started_at = at


def run_step(step_id: UUID, *, at: datetime) -> bool:
    """Work on one step if it is free and due. Returns whether it was taken."""
    if (lease := _claim(step_id, at)) is None:
        return False
    [step] = _STEP.rows(step_id)
    if step.attempts > len(LADDER) + 1:
        _record_failure(step, lease, base.Code.WORKER_LOST, at, final=True)
        return True
    try:
        _work(step, lease, at, monotonic())
    except _LeaseLost:
        pass
    except base.TemporaryFailure as failure:
        _record_failure(step, lease, failure.code, at, retry_after=failure.retry_after or 0)
    except base.ConnectorError as failure:
        if failure.code == base.Code.NO_IDENTIFIER and not claimed_kinds(step):
            _record_unknown(step, lease, at)
        else:
            _record_failure(step, lease, failure.code, at, final=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, it climbs the ladder until a person sees it
        log.error("search failed", step=str(step.pk), error=type(error).__name__, where=places(error.__traceback__))
        _record_failure(step, lease, base.Code.FAULT, at)
    return True


def _work(step: Step, lease: UUID, at: datetime, started: float) -> None:
    """Look at one system and record what it holds, as the right needs it, or ask its owner to."""
    look = step.request.spec.look
    if look is not Look.COLLECT:
        _count(step, lease, look, at, started)
        return
    if step.system.connector == ConnectorKind.MANUAL:
        who = identifiers_for(step)
        base.usable(who, frozenset(step.system.identifiers))
        _hand_over(step, lease, at + timedelta(seconds=monotonic() - started))
        return
    name = f"parcels/{step.pk}/{lease}"
    info = _collect(step, lease, name, at, started)
    kept = False
    try:
        kept = _record_success(step, lease, name, info, at + timedelta(seconds=monotonic() - started))
    finally:
        if not kept:
            vault().delete(name)


def _count(step: Step, lease: UUID, look: Look, at: datetime, started: float) -> None:
    """Count what a system holds, and what would become of it; its owner is asked once, when it is carried out."""
    lines: plan.Lines = []
    by_hand = step.system.connector == ConnectorKind.MANUAL
    if not by_hand:
        who = identifiers_for(step)
        try:
            if look is Look.PREVIEW:
                lines = plan.look(step, who, at)
                counts = plan.counts(lines)
            else:
                connector = connectors.open_connector(step.system.connector, step.system.open_json("config"))
                counts = dict(connector.locate(who, key=f"{step.pk}:count").counts)
        except base.PermanentFailure as failure:
            if failure.code != base.Code.UNABLE:
                raise
            by_hand = True  # it cannot be looked at, which must not look as if nothing were held
    if by_hand:
        result, counts = StepResult.BY_HAND, {}
    else:
        result = StepResult.FOUND if any(counts.values()) else StepResult.NOTHING_HELD
    now = at + timedelta(seconds=monotonic() - started)
    with holding(submission_id=step.request.submission_id) as case:
        if not _still_ours(step, lease):
            return
        finish_step(case, step, result, at=now, counts=counts, plan=lines)
        Attempt.objects.filter(lease=lease).update(ended_at=now, result=step.result)


def _hand_over(step: Step, lease: UUID, at: datetime) -> None:
    """Send the owner the worksheet, now that it is known whom to look for."""
    with holding(submission_id=step.request.submission_id) as case:
        current = _ours(step, lease)
        if current is None:
            return
        current.request, current.system = case.request(step.request_id), step.system
        current.state, current.lease, current.claimed_until = StepState.WITH_OWNER, None, None
        current.save(update_fields=["state", "lease", "claimed_until"])
        Attempt.objects.filter(lease=lease).update(ended_at=at, result="sent")
        _ask_owner(case, current.request, current, at)


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
        earlier = Attempt.objects.filter(step_id=step_id).order_by().values("step_id")
        number = Coalesce(Subquery(earlier.annotate(last=Max("number")).values("last")), 0) + 1
        Attempt.objects.create(step_id=step_id, number=number, lease=lease, started_at=at)
    return lease


def _collect(step: Step, lease: UUID, name: str, at: datetime, started: float) -> parcel.ParcelInfo:
    submission, system = step.request.submission, step.system
    connector = connectors.open_connector(system.connector, system.open_json("config"))
    found = connector.collect(identifiers_for(step), key=f"{step.pk}:{step.started_at:%Y%m%d%H%M%S}")
    pieces = _kept_alive(found, step.pk, lease, at, started)
    try:
        return parcel.write(pieces, vault(), name, submission.data_key.key_bytes(), datasets=connector.describe())
    finally:
        # Whoever stops half-way must not leave a connection open until somebody collects the garbage.
        if isinstance(found, Generator):
            found.close()


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
    return Step.objects.filter(pk=step.pk, lease=lease, state=StepState.WAITING).order_by().first()


def _still_ours(step: Step, lease: UUID) -> bool:
    return Step.objects.filter(pk=step.pk, lease=lease, state=StepState.WAITING).exists()


def _record_success(step: Step, lease: UUID, name: str, info: parcel.ParcelInfo, at: datetime) -> bool:
    """Record what was found. False when the parcel is not needed: nothing is in it, or somebody else was faster."""
    with holding(submission_id=step.request.submission_id) as case:
        if not _still_ours(step, lease):
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
    return found


def _record_unknown(step: Step, lease: UUID, at: datetime) -> None:
    """Nothing that this system knows people by is on file for this person anywhere, nor was it claimed: nothing held.

    Where the person did claim something of that kind it was not proved, so a member of staff decides instead.
    """
    with holding(submission_id=step.request.submission_id) as case:
        if not _still_ours(step, lease):
            return
        finish_step(case, step, StepResult.NOTHING_HELD, at=at, code=base.Code.NO_IDENTIFIER)
        Attempt.objects.filter(lease=lease).update(ended_at=at, result=step.result, code=step.code)


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
        _record_trouble(case, case.request(step.request_id), current, at)


def _record_trouble(case: Case, request: SubjectRequest, step: Step, at: datetime) -> None:
    stuck = step.state == StepState.STUCK
    data = {"system": step.system.key, "code": str(step.code), "attempt": step.attempts, "stuck": stuck}
    case.record("system_failed", by=_SYSTEM, at=at, request=request, data=data)
    if stuck:
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
            _ask_owner(case, request, step, at)
        ring(Bell.WORK, str(request.submission_id))
    return request


def _drop_later(name: str) -> None:
    """Delete a parcel that no row names any more, once that is certain."""
    if name:
        transaction.on_commit(lambda: vault().delete(name), robust=True)


def go_without(
    request_id: UUID, step_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Decide to answer without a system. The person is told which one and that it could not be searched.

    Raises WrongState for a system that has answered: what it found can be held back on a ground, not lost.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        step = step_of(request, step_id)
        case.move(request, "go_without", by=by, at=at, data={"system": step.system.key})
        if step.state == StepState.DONE:
            raise WrongState(_("This system has answered. Hold back what must not be given."), code="system-answered")
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
