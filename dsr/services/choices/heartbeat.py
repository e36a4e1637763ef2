"""The heartbeat: invented people choose by the public paths, and later looks tell whether it was taken.

Each test choice is a row, which is the queue: due to be made, then due to be looked after until every marketing system
shows that it leaves the invented person out. What does not answer, or has not taken it in time, opens an incident. All
calls happen outside any transaction. 47 CFR 64.2009(f)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from dsr.choices.cpni import Because
from dsr.choices.marketing import Purpose, Scope
from dsr.connectors import Code, ConnectorError, open_connector
from dsr.connectors.browsing import Unanswered
from dsr.logs import get_logger, places
from dsr.models import (
    ConnectorKind,
    IncidentKind,
    Mechanism,
    Probe,
    ProbeResult,
    ProbeStage,
    Suppression,
    System,
    Window,
)
from dsr.services import systems
from dsr.services.choices import asking, cpni, deciding, incidents, invented, walks, windows
from notifications import sealing

log = get_logger(__name__)

TAKEN_WITHIN = timedelta(minutes=45)
"""How long after a test choice every system must have taken it, so that people know within the hour."""
AGAIN_AFTER = timedelta(minutes=2)
"""A path that did not answer is tried once more after this, so that a restart alarms nobody."""
LOOK_AFTER = timedelta(minutes=1)
LOOK_AGAIN = timedelta(minutes=5)
BELIEVED = timedelta(minutes=10)
"""For so long a system that says it has done it need not show so yet."""
CLAIM = timedelta(minutes=5)
START_WITHIN = 30.0
"""Seconds after the beginning of a round during which another test choice is taken up."""
KEPT = timedelta(days=30)
_CPNI_USE = "new_services"
_BATCH = 20

TAKEN, BY_ITS_WORD, WAITING, NOT_TAKEN = "taken", "by_its_word", "waiting", "not_taken"
"""How a system stands to a test choice. Of one that cannot tell, its word has to do."""
_FINE = frozenset({TAKEN, BY_ITS_WORD})


def run(at: datetime, limit: int = _BATCH) -> int:
    """Begin the test choices that are due and take up those that wait. Returns how many it took up."""
    _begin(at)
    started, done = monotonic(), 0
    for probe in _claim(at, limit):
        passed = monotonic() - started
        if passed > START_WITHIN:
            Probe.objects.filter(pk=probe.pk).update(claimed_until=None)
            continue
        _take_up(probe, at + timedelta(seconds=int(passed)))
        done += 1
    return done


def run_now(at: datetime) -> list[Probe]:
    """Make a test choice by each path at once, whatever the schedule says, tell the systems and look once.

    Returns them as they stand afterwards; what is not settled is taken up again by `run`.
    """
    made = [_row(path, at, f"{path}:now:{at.isoformat()}") for path in walks.paths(at)]
    for probe in made:
        probe.claimed_until = at + CLAIM
    Probe.objects.bulk_create(made, ignore_conflicts=True)
    started = monotonic()
    for probe in made:
        _take_up(probe, at)
    # The pages look at the clock: what they took is due by now, and was not when this began.
    now = at + timedelta(seconds=monotonic() - started)
    windows.run_due(now)
    for probe in made:
        if probe.stage == ProbeStage.LOOKING:
            _take_up(probe, now)
    return made


def tidy(at: datetime) -> int:
    """Forget test choices that are long over, and what they left among the choices. Returns how many."""
    old = list(Probe.objects.filter(ended_at__lt=at - KEPT).values_list("pk", flat=True)[:500])
    invented.forget(at - KEPT)
    Probe.objects.filter(pk__in=old).delete()
    return len(old)


# --- Beginning -------------------------------------------------------------------------------------------------------


def _begin(at: datetime) -> None:
    """Have a test choice by each path in each interval: of two that begin it at once, one does."""
    if not settings.HEARTBEAT_MINUTES:
        return
    slot = int(at.timestamp()) // (settings.HEARTBEAT_MINUTES * 60)
    rows = {row.pk: row for row in (_row(path, at, f"{path}:{slot}") for path in walks.paths(at))}
    there = set(Probe.objects.filter(pk__in=rows).values_list("pk", flat=True))
    missing = [row for pk, row in rows.items() if pk not in there]
    if missing:
        Probe.objects.bulk_create(missing, ignore_conflicts=True)


def _row(path: Mechanism, at: datetime, which: str) -> Probe:
    # Its number makes the name of the invented person: keyed, so that nobody can choose for them beforehand.
    digest = sealing.secret_digest("probe", which).rpartition(":")[2]
    return Probe(id=UUID(hex=digest[:32]), path=path, made_at=at, due_at=at)


def _claim(at: datetime, limit: int) -> list[Probe]:
    """Take what is due. Of two that take the same at once, one gets it; until its claim is over nobody else does."""
    free = Q(ended_at=None, due_at__lte=at) & (Q(claimed_until=None) | Q(claimed_until__lte=at))
    waiting = Probe.objects.filter(free).order_by("due_at", "id")[:limit]
    return [probe for probe in waiting if Probe.objects.filter(free, pk=probe.pk).update(claimed_until=at + CLAIM)]


def _take_up(probe: Probe, at: datetime) -> None:
    try:
        if probe.stage == ProbeStage.SENDING:
            _send(probe, at)
        else:
            _look(probe, at)
    except Exception as error:  # noqa: BLE001 - whatever it is, the row stays and is taken up again
        log.error("heartbeat failed", id=probe.pk, error=type(error).__name__, where=places(error.__traceback__))
        _put(probe, due_at=at + AGAIN_AFTER)


def _put(probe: Probe, **values: object) -> None:
    """Write down how far a test choice is, and let go of it."""
    for name, value in values.items():
        setattr(probe, name, value)
    Probe.objects.filter(pk=probe.pk, ended_at=None).update(claimed_until=None, **values)


def _end(probe: Probe, result: ProbeResult, at: datetime, **more: object) -> None:
    _put(probe, stage=ProbeStage.ENDED, result=result, ended_at=at, **more)


# --- Choosing --------------------------------------------------------------------------------------------------------


def _send(probe: Probe, at: datetime) -> None:
    """Make the choice by its path."""
    path = Mechanism(probe.path)
    try:
        walks.WALKS[path](walks.visitor(), probe)
    except Unanswered as failure:
        if not probe.code:
            _put(probe, code=failure.code, due_at=at + AGAIN_AFTER)
            return
        incidents.open_or_add(IncidentKind.HEARTBEAT, None, path, at, code=failure.code)
        _end(probe, ProbeResult.NOT_ANSWERED, at, code=failure.code)
    else:
        _put(probe, stage=ProbeStage.LOOKING, sent_at=at, code="", due_at=at + LOOK_AFTER)


# --- Looking ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """How each system that takes part stands to a test choice, and by which code one failed that was asked."""

    states: dict[System, str] = field(default_factory=dict)
    codes: dict[System, str] = field(default_factory=dict)

    def among(self, states: Iterable[str]) -> list[System]:
        """Return the systems that stand in one of some ways."""
        return [system for system, state in self.states.items() if state in states]


def _look(probe: Probe, at: datetime) -> None:
    """See whether the choice stands here, and in each system; end the test choice where that is settled."""
    path, sent = Mechanism(probe.path), probe.sent_at or probe.made_at
    if not _stands(probe, at):
        incidents.open_or_add(IncidentKind.HEARTBEAT, None, path, at, code="not_standing")
        _end(probe, ProbeResult.NOT_TAKEN, at, code="not_standing")
        return
    found = _systems(probe, sent, at) if path not in incidents.CPNI else _Found()
    over = at >= sent + TAKEN_WITHIN
    _recovered(path, found.among({TAKEN}), at)
    late = found.among({NOT_TAKEN, *({WAITING} if over else ())})
    for system in late:
        code = found.codes.get(system, NOT_TAKEN)
        incidents.open_or_add(IncidentKind.HEARTBEAT, system, Mechanism.SYSTEM, at, code=code, path=str(path))
    told = {system.key: NOT_TAKEN if system in late else state for system, state in found.states.items()}
    if set(told.values()) <= _FINE:
        _end(probe, ProbeResult.TAKEN, at, systems=told)
    elif not found.among({WAITING}) or over:
        _end(probe, ProbeResult.NOT_TAKEN, at, systems=told, code=NOT_TAKEN)
    else:
        _put(probe, systems=told, due_at=min(at + LOOK_AGAIN, sent + TAKEN_WITHIN))


def _stands(probe: Probe, at: datetime) -> bool:
    """Whether our own check minds the choice."""
    if probe.path in incidents.CPNI:
        answer = cpni.ask(invented.account(probe), _CPNI_USE, moment=at + LOOK_AFTER)
        return answer.standing.because == Because.OPTED_OUT
    marks = deciding.digests(_who(probe))
    return asking.check(marks, asking.Use(Purpose.MARKETING, Scope()), at).because == asking.Because.STOPPED


def _who(probe: Probe) -> dict[str, list[str]]:
    return {"email": [invented.email(probe)]}


def _systems(probe: Probe, sent: datetime, at: datetime) -> _Found:
    """Ask each system that is told by a machine whether it leaves the invented person out."""
    windows = _windows(probe)
    found = _Found()
    for system in systems.taking(Purpose.MARKETING):
        if system.connector == ConnectorKind.MANUAL or "email" not in system.identifiers:
            continue
        window = windows.get(system.pk)
        try:
            connector = open_connector(system.connector, system.open_json("config"))
            words = window.words if window else [str(Purpose.MARKETING)]
            shown = connector.suppressed(_who(probe), words, key=f"probe:{probe.pk.hex}:{int(at.timestamp())}")
        except ConnectorError as failure:
            found.states[system], found.codes[system] = WAITING, str(failure.code)
        else:
            found.states[system] = _state(shown, window, sent, at)
    return found


def _windows(probe: Probe) -> Mapping[UUID, Window]:
    stands = Suppression.objects.filter(digest__in=deciding.digests(_who(probe)), choice__isnull=False)
    rows = Window.objects.filter(choice__in=stands.values("choice"))
    return {row.system_id: row for row in rows}


def _state(shown: bool | None, window: Window | None, sent: datetime, at: datetime) -> str:
    if shown:
        return TAKEN
    confirmed = window is not None and window.done_at is not None
    if shown is None:
        return BY_ITS_WORD if confirmed else WAITING
    says_so = confirmed or (window is not None and window.code == Code.NOTHING_CHANGED)
    return NOT_TAKEN if says_so and at >= sent + BELIEVED else WAITING


def _recovered(path: Mechanism, taken: Iterable[System], at: datetime) -> None:
    """Note on open incidents that what they are about works again."""
    failing = set(incidents.failing(IncidentKind.HEARTBEAT))
    if (None, path) in failing:
        incidents.recovered(IncidentKind.HEARTBEAT, None, path, at)
    for system in taken:
        if (system.pk, Mechanism.SYSTEM) in failing:
            incidents.recovered(IncidentKind.HEARTBEAT, system, Mechanism.SYSTEM, at, path=str(path))
