"""What automatic searches and worksheets have in common: who is looked for, and what a finished step leads to."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from dsr.errors import NotFound
from dsr.lifecycle import Turn
from dsr.models import (
    Deadline,
    DeadlineKind,
    Step,
    StepResult,
    StepState,
    SubjectRequest,
    WorksheetFile,
)
from dsr.rights import Right
from dsr.services import clocks
from dsr.services._moves import Caller, Case
from dsr.services.storage import vault
from notifications import rows

_SYSTEM = Caller.system()


def step_of(request: SubjectRequest, step_id: UUID) -> Step:
    """Return a step of a request. Raises NotFound for any other."""
    step = request.steps.filter(pk=step_id).select_related("system__data_key").first()
    if step is None:
        raise NotFound(_("There is no such step."))
    step.request = request
    return step


def destroy_later(request: SubjectRequest, at: datetime) -> None:
    """Have what was found destroyed on schedule where no package was made of it, inside the caller's transaction."""
    dates = Deadline.objects.filter(request=request, kind=DeadlineKind.DESTROY)
    if request.steps.exists() and not dates.filter(done_at=None).exists():
        due = at + timedelta(days=settings.ANSWER_KEPT_DAYS)
        dates.create(
            submission=request.submission,
            request=request,
            kind=DeadlineKind.DESTROY,
            ordinal=dates.count(),
            due_at=due,
        )


def let_go(request: SubjectRequest) -> None:
    """Point no more to what was found and handed in, inside the caller's transaction. The files go with ``files``."""
    request.steps.exclude(parcel="").update(parcel="")
    WorksheetFile.objects.filter(step__request=request).delete()


def files(request: SubjectRequest) -> list[str]:
    """Return what lies in the vault of what was found and handed in, whether a row points to it or not."""
    steps = request.steps.values_list("pk", flat=True)
    places = [f"{kind}/{step}/" for step in steps for kind in ("parcels", "worksheets")]
    return [name for place in places for name in vault().list_prefix(place)]


_FINISHED = (
    "state", "result", "finished_at", "counts", "plan", "parcel", "code", "lease", "claimed_until",
    "reason_sealed", "decided_by",
)  # fmt: skip


def finish_step(
    case: Case,
    step: Step,
    result: StepResult,
    *,
    at: datetime,
    by: Caller = _SYSTEM,
    counts: Mapping[str, int] | None = None,
    plan: Iterable[Mapping[str, Any]] = (),
    parcel_name: str = "",
    code: str = "",
) -> None:
    """Record what one system's part came to, and the end of the search when it was the last one."""
    step.state, step.result, step.finished_at = StepState.DONE, result, at
    step.counts, step.parcel, step.code = dict(counts or {}), parcel_name, code
    step.plan = [dict(line) for line in plan]
    step.lease = step.claimed_until = None
    rows.write(changed=[(step, _FINISHED)])
    request = case.request(step.request_id)
    data = {"system": step.system.key, "result": str(result), "counts": step.counts}
    case.record("system_answered", by=by, at=at, request=request, data=data)
    finish_search(case, request, at)


def finish_search(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Note that the search is over, if it is, and release plain cases where the organisation has a standing rule."""
    if not case.try_move(request, "found", by=_SYSTEM, at=at):
        return
    if request.right == Right.DELETION and request.confirmed_at is None:
        request.turn = str(Turn.PERSON)  # nothing goes on before the person says that this is wanted
    release_plain(case, request, at)


def release_plain(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Release a plain case where the organisation has a standing rule for its right."""
    if request.right in settings.AUTO_APPROVE and case.try_move(request, "approve_by_rule", by=_SYSTEM, at=at):
        clocks.build_soon(request, at)
