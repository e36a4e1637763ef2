"""How long work takes here, measured, and from that by when work on a request must start to be in time."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeAlias
from uuid import UUID

from django.core.cache import cache

from dsr.lifecycle import State
from dsr.models import Pace, Stage, Step, StepResult, StepState, SubjectRequest
from dsr.rights import SPECS, Right

Paces: TypeAlias = Mapping[tuple[str, str], int]
"""Seconds that a stage of a right takes."""

UNMEASURED: Mapping[Stage, timedelta] = {
    Stage.SEARCHING: timedelta(days=3),
    Stage.REVIEWING: timedelta(days=2),
    Stage.APPROVING: timedelta(days=1),
    Stage.BUILDING: timedelta(hours=1),
}
"""What is taken where nothing was measured yet.

The owner of a system has to find time within the week, an analyst within two days and an approver by the next. Better
too long than too short: a request that seems pressing and is not costs less than the other way about.
"""
MEASURED_OVER = timedelta(days=90)
"""What was answered longer ago says little about how things go now."""
_MOST = 500
"""The latest answers of a right suffice, so that what measuring costs does not grow with the table."""
_ENOUGH = 20
"""Below as many, one odd request would set the pace."""
_KEY, _KEPT, _REMEMBERED = "pace", 50, 10
"""Seconds that figures stay in the cache, and that a process remembers them: asking costs a tenth of filing."""


def start_by(request: SubjectRequest, paces: Paces) -> datetime:
    """Return when work on a request must start at the latest: its date less the work that is left."""
    if request.right == Right.CHILD_ACCOUNT or request.submission.sheltered:
        return request.received_at  # at once: nothing comes before a child
    left = (paces.get((request.right, str(stage)), UNMEASURED[stage].total_seconds()) for stage in remaining(request))
    return request.due_at - timedelta(seconds=sum(left))


def remaining(request: SubjectRequest) -> tuple[Stage, ...]:
    """Return the stages that still lie before a request."""
    state = State(request.state)
    if state in (State.READY, State.CLOSED):
        return ()
    if state is State.FULFILLING or not (request.spec.searches or request.spec.judges):
        return (Stage.BUILDING,)
    if request.proposal:
        return (Stage.APPROVING, Stage.BUILDING)
    if request.searched_at is not None or request.spec.judges:
        return (Stage.REVIEWING, Stage.APPROVING, Stage.BUILDING)
    return (Stage.SEARCHING, Stage.REVIEWING, Stage.APPROVING, Stage.BUILDING)


def known() -> Paces:
    """Return what was measured, at most a minute old: one statement at the most."""
    found = at_hand()
    if found is None:
        found = {
            (right, stage): seconds for right, stage, seconds in Pace.objects.values_list("right", "stage", "seconds")
        }
        _keep(found)
    return found


def at_hand() -> Paces | None:
    """Return what was measured if that needs no statement; None otherwise."""
    if monotonic() < _Memory.until:
        return _Memory.found
    try:
        found: Paces | None = cache.get(_KEY)
    except Exception:  # noqa: BLE001 - whatever ails the cache, work goes on without it
        found = None
    _remember(found)
    return found


class _Memory:
    found: Paces | None = None
    until = 0.0


def _remember(found: Paces | None) -> None:
    _Memory.found, _Memory.until = found, monotonic() + _REMEMBERED


def forget() -> None:
    """Have the next one who asks look into the cache."""
    _Memory.until = 0.0


def _keep(found: Paces) -> None:
    _remember(found)
    with suppress(Exception):
        cache.set(_KEY, found, _KEPT)


def measure(at: datetime) -> int:
    """Measure what was answered lately, and keep it. Returns how many figures are different."""
    old = {(row.right, row.stage): row for row in Pace.objects.all()}
    fresh, changed = [], []
    for right in Right:
        for stage, times in _times(right, at).items():
            if len(times) < _ENOUGH:
                continue
            row = old.get((str(right), str(stage)))
            seconds = four_of_five(times)
            if row is None:
                fresh.append(Pace(right=right, stage=stage, seconds=seconds, n=len(times), measured_at=at))
            elif (row.seconds, row.n) != (seconds, len(times)):
                row.seconds, row.n, row.measured_at = seconds, len(times), at
                changed.append(row)
    Pace.objects.bulk_create(fresh)
    Pace.objects.bulk_update(changed, ("seconds", "n", "measured_at"))
    return len(fresh) + len(changed)


def four_of_five(times: Iterable[timedelta]) -> int:
    """Return the whole seconds within which four of five were done."""
    ordered = sorted(times)
    place = -(-len(ordered) * 4 // 5) - 1
    return max(int(ordered[place].total_seconds()), 0)


def _times(right: Right, at: datetime) -> dict[Stage, list[timedelta]]:
    """Return how long each stage took, for the latest requests that were answered."""
    answered = SubjectRequest.objects.filter(right=right, ready_at__gte=at - MEASURED_OVER, ready_at__lte=at)
    stamps = list(
        answered.order_by("-ready_at").values_list(
            "pk", "received_at", "searched_at", "prepared_at", "approved_at", "ready_at"
        )[:_MOST]
    )
    found: dict[Stage, list[timedelta]] = {stage: [] for stage in Stage}
    for _pk, received, searched, prepared, approved, ready in stamps:
        begun = approved if SPECS[right].searches else received
        spans = {
            Stage.REVIEWING: (searched, prepared),
            Stage.APPROVING: (prepared, approved),
            Stage.BUILDING: (begun, ready),
        }
        for stage, (start, end) in spans.items():
            if start and end and end >= start:
                found[stage].append(end - start)
    if SPECS[right].searches:
        found[Stage.SEARCHING] = _searching([row[0] for row in stamps])
    return found


def _searching(request_ids: list[UUID]) -> list[timedelta]:
    """Return how long the slowest system took: they are asked side by side, so a search takes as long as that one."""
    steps = Step.objects.filter(
        request_id__in=request_ids, state=StepState.DONE, result__in=(StepResult.FOUND, StepResult.NOTHING_HELD)
    )
    by_system: dict[UUID, list[timedelta]] = {}
    for system, started, finished in steps.order_by().values_list("system_id", "started_at", "finished_at"):
        if finished is not None and finished >= started:
            by_system.setdefault(system, []).append(finished - started)
    measured = [times for times in by_system.values() if len(times) >= _ENOUGH]
    return max(measured, key=four_of_five, default=[])
