"""The worked cases beside each regime: a regime whose cases do not come out as written is not loaded."""

from collections.abc import Iterator, Sequence

from dsr.rules.clock import Clock, ClockEvent, ClockKind, EventKind, clocks, extended
from dsr.rules.guards import allowed
from dsr.rules.happened import check, in_order, seen
from dsr.rules.problems import Problem
from dsr.rules.schema.regime import Regime, Vector

_WHERE_GIVEN = ("refuse", "decide_appeal", "complain", "fee_reply")
"""Dates that a case need not name."""


def failures(regime: Regime, vectors: Sequence[Vector], file: str) -> Iterator[Problem]:
    """Cases that come out differently, and clocks that no case tries."""
    tried: set[str] = set()
    for index, vector in enumerate(vectors):
        key = f"vectors[{index}]"
        if not regime.window.covers(vector.received):
            yield Problem(file, f"{key}.received", f"{vector.received} is outside the window of the regime")
        elif not regime.knows(vector.right, vector.received):
            yield Problem(file, f"{key}.right", f"the regime does not know {vector.right!r} on {vector.received}")
        else:
            yield from _differences(regime, vector, key, file)
            tried.update(_tried(regime, vector))
    for rule in regime.clocks:
        if rule.id not in tried:
            yield Problem(file, "vectors", f"no case tries the clock {rule.id!r}")


def _differences(regime: Regime, vector: Vector, key: str, file: str) -> Iterator[Problem]:
    try:
        found = list(_compare(regime, vector))
    except ValueError as error:
        yield Problem(file, f"{key}.events", str(error))
        return
    for name, said, given in found:
        if said != given:
            yield Problem(file, f"{key}.{name}", f"{vector.case}: says {said}, the rule gives {given}")


def _compare(regime: Regime, vector: Vector) -> Iterator[tuple[str, object, object]]:
    """What the case says of each date, and what the rule gives. A safe date left out means that there is no doubt."""
    events = events_of(vector)
    check(events)
    shown = clocks(regime, vector.right, events, as_of=vector.as_of)
    found: dict[ClockKind, Clock] = {clock.kind: clock for clock in shown}
    acknowledge = found.get(ClockKind.ACKNOWLEDGE)
    answer = next(clock for clock in found.values() if clock.kind.answers)
    longest = extended(regime, vector.right, events, as_of=vector.as_of)
    yield "acknowledge", vector.acknowledge, acknowledge and acknowledge.due
    yield "respond", vector.respond, answer.due
    yield "extended", vector.extended, longest and longest.due
    yield "safe", vector.safe, answer.safe
    for name in _WHERE_GIVEN:
        said = getattr(vector, name)
        given = found.get(ClockKind(name))
        if said is not None:
            yield name, said, given and given.due
    if vector.forbidden is not None:
        _kept, out = allowed(regime, vector.right, in_order(seen(events, vector.as_of)), regime.working)
        yield "forbidden", list(vector.forbidden), [ban.verb for ban in out]


def _tried(regime: Regime, vector: Vector) -> Iterator[str]:
    """The clocks whose dates a case names."""
    for rule in regime.clock_rules(vector.right):
        if rule.kind not in _WHERE_GIVEN or getattr(vector, rule.kind) is not None:
            yield rule.id


def events_of(vector: Vector) -> tuple[ClockEvent, ...]:
    """What happened in a case, receipt first."""
    later = (ClockEvent(EventKind(event.kind), event.on, event.until) for event in vector.events)
    return (ClockEvent(EventKind.RECEIVED, vector.received), *later)
