"""What the systems say of a person while somebody waits: how they reach them, and whether an answer is right.

Nothing is locked or held open meanwhile: call from outside any transaction. Each system has the seconds that its own
configuration allows a question (`question_seconds`), and one that cannot be asked never looks like one that said no.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from dsr.connectors import (
    Code,
    Connector,
    ConnectorError,
    Fact,
    Identifiers,
    PermanentFailure,
    Standing,
    TemporaryFailure,
    open_connector,
)
from dsr.logs import get_logger
from dsr.models import ConnectorKind, System
from notifications import sealing

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Merged:
    """What all systems together say of how somebody is reached. For our eyes only: it names a person's addresses."""

    people: int = 0
    """The most people that any one system takes the identifiers for: 0, 1, or 2 for several. A system that finds
    several adds nothing but to whom it would matter, in `to_warn`."""
    on_file: Mapping[str, list[str]] = field(default_factory=dict)
    """`email`, `phone` to everything that any system has on file for the one person, each once. Vouches."""
    to_warn: Mapping[str, list[str]] = field(default_factory=dict)
    """The same for everybody that any system finds. Vouches for nothing: only to write to them that somebody asks."""
    changed: Mapping[str, date] = field(default_factory=dict)
    """`email`, `phone`, `address`, `password` to the day of the latest change that any system knows of."""
    failed: tuple[str, ...] = ()
    """Keys of systems that could not be asked. What they have on file is missing here."""
    passing: tuple[str, ...] = ()
    """Those of them that may answer if asked again."""
    retry_after: float | None = None
    """Seconds that one of the passing asked us to wait, the longest."""
    by_system: Mapping[str, Standing] = field(default_factory=dict)
    """What each system that was asked said, by its key."""


def standing_of(who: Identifiers, *, key: str, at: datetime) -> Merged:
    """Ask every active automatic system how it reaches the person of these identifiers, and since when.

    Whoever wants to know whether an address is on file must leave that address out of `who`: an address is always on
    file for itself. A change that a system dates after `at` counts as of that day. Systems that know nobody by these
    kinds of identifier have nothing to say and have not failed. Raises nothing of theirs: see `failed`.
    """
    said: dict[str, Standing] = {}
    failures: dict[str, ConnectorError] = {}
    for system in _systems():
        try:
            said[system.key] = _connector(system).standing(who, key=key)
        except ConnectorError as failure:
            if failure.code != Code.NO_IDENTIFIER:
                failures[system.key] = failure
                _note(system, failure)
    return _merged(said, failures, at.date())


def facts_on_offer(*, key: str) -> list[tuple[str, Fact]]:
    """Return every fact that an active automatic system can compare an answer with, as system's key and fact.

    In the order of the systems' keys; one that cannot say just now is left out. `key` is for symmetry with the other
    questions and tells nobody apart.
    """
    found: list[tuple[str, Fact]] = []
    for system in _systems():
        try:
            found += [(system.key, fact) for fact in _connector(system).facts()]
        except ConnectorError as failure:
            _note(system, failure)
    return found


def knows(who: Identifiers, system_key: str, fact: str, answer: str, *, key: str) -> bool:
    """Tell whether an answer to a fact, by its name, is right for the one person of these identifiers in one system.

    No, too, where the system finds nobody, or several people, or knows nobody by these kinds of identifier. Raises
    `TemporaryFailure` where it may answer later, `PermanentFailure` where it cannot be asked: neither is an answer, and
    neither must count against the person.
    """
    system = next((one for one in _systems(key=system_key)), None)
    if system is None:
        raise PermanentFailure(Code.UNKNOWN_FACT)
    try:
        return _connector(system).knows(who, fact, answer, key=key)
    except ConnectorError as failure:
        if failure.code == Code.NO_IDENTIFIER:
            return False
        _note(system, failure)
        raise


def _systems(**only: str) -> Sequence[System]:
    # Read to the end before the first system is asked, so that no cursor of ours waits for one.
    chosen = System.objects.filter(active=True, **only).exclude(connector=ConnectorKind.MANUAL)
    return list(chosen.select_related("data_key").order_by("key"))


def _connector(system: System) -> Connector:
    try:
        return open_connector(system.connector, system.open_json("config"))
    except (sealing.SealBroken, ValueError):
        failure = PermanentFailure(Code.BAD_CONFIG)
    raise failure


def _note(system: System, failure: ConnectorError) -> None:
    log.warning("system not asked", system=system.key, code=str(failure.code))


def _merged(said: Mapping[str, Standing], failures: Mapping[str, ConnectorError], today: date) -> Merged:
    passing = {name: failure for name, failure in failures.items() if isinstance(failure, TemporaryFailure)}
    return Merged(
        people=max((standing.people for standing in said.values()), default=0),
        on_file=_together(standing.on_file for standing in said.values()),
        to_warn=_together(standing.to_warn for standing in said.values()),
        changed=dict(_latest(said.values(), today)),
        failed=tuple(failures),
        passing=tuple(passing),
        retry_after=max((failure.retry_after for failure in passing.values() if failure.retry_after), default=None),
        by_system=said,
    )


def _together(said: Iterable[Mapping[str, list[str]]]) -> dict[str, list[str]]:
    """Return what is on file, each once: two spellings of a mail address that differ in capitals are one."""
    found: dict[str, dict[str, str]] = {}
    for channels in said:
        for kind, values in channels.items():
            for value in values:
                found.setdefault(kind, {}).setdefault(value.casefold(), value)
    return {kind: list(values.values()) for kind, values in found.items()}


def _latest(said: Iterable[Standing], today: date) -> Iterator[tuple[str, date]]:
    days: dict[str, list[date]] = {}
    for standing in said:
        for what, day in standing.changed.items():
            days.setdefault(what, []).append(min(day, today))
    yield from ((what, max(found)) for what, found in days.items())
