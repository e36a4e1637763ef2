"""The worked cases beside each regime: a regime whose cases do not come out as written is not loaded."""

from collections.abc import Iterator, Sequence

from dsr.rules.clock import Clock, ClockEvent, ClockKind, EventKind, clocks, extended
from dsr.rules.problems import Problem
from dsr.rules.schema.regime import Regime, Vector


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
            yield from (
                Problem(file, f"{key}.{name}", f"{vector.case}: says {said}, the rule gives {found}")
                for name, said, found in _compare(regime, vector)
                if said != found
            )
            tried.update(rule.id for rule in regime.clock_rules(vector.right))
    for rule in regime.clocks:
        if rule.id not in tried:
            yield Problem(file, "vectors", f"no case tries the clock {rule.id!r}")


def _compare(regime: Regime, vector: Vector) -> Iterator[tuple[str, object, object]]:
    """What the case says of each date, and what the rule gives. A safe date left out means that there is no doubt."""
    events = (ClockEvent(EventKind.RECEIVED, vector.received),)
    found: dict[ClockKind, Clock] = {clock.kind: clock for clock in clocks(regime, vector.right, events)}
    acknowledge = found.get(ClockKind.ACKNOWLEDGE)
    longest = extended(regime, vector.right, events)
    yield "acknowledge", vector.acknowledge, acknowledge and acknowledge.due
    yield "respond", vector.respond, found[ClockKind.RESPOND].due
    yield "extended", vector.extended, longest and longest.due
    yield "safe", vector.safe, found[ClockKind.RESPOND].safe
