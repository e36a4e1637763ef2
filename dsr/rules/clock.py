"""``due = f(events, rule)``: the clocks of one request under one regime, with the reason for every day.

Pure: the same events and the same regime give the same clocks, whenever and wherever it is asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from dsr.deadlines import Period, Reckoning, Roll, Segment, Unit, WorkCalendar, due_date, local_date, reckon
from dsr.rules.schema.regime import ClockRule, Regime


class EventKind(StrEnum):
    """What can happen to a request that a clock may care about."""

    RECEIVED = "received"
    IDENTITY_ASKED = "identity_asked"
    IDENTITY_GIVEN = "identity_given"
    CLARIFICATION_ASKED = "clarification_asked"
    CLARIFICATION_GIVEN = "clarification_given"
    FEE_TOLD = "fee_told"
    FEE_PAID = "fee_paid"
    EXTENDED = "extended"


SUPPORTED = frozenset({EventKind.RECEIVED})
"""The events that move a date today; ``unsupported`` names the others so that nobody believes they did."""


class ClockKind(StrEnum):
    """What has to be done by the date."""

    ACKNOWLEDGE = "acknowledge"
    RESPOND = "respond"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something that happened, on a day in the controller's own time zone."""

    kind: EventKind
    on: date

    @classmethod
    def at(cls, kind: EventKind, instant: datetime, zone: str) -> "ClockEvent":
        """An event at an aware instant, seen from ``zone``."""
        return cls(kind, local_date(instant, zone))


@dataclass(frozen=True, slots=True)
class Clock:
    """One date by which something must be done.

    ``due`` is the last lawful day, counted with the named calendar. ``safe`` is the earlier day that the strictest
    reading gives, where the law leaves a doubt; ``promised`` is what the person is told. ``rule`` names the row,
    ``source`` and ``confidence`` come from it, ``policy`` marks a date that no law sets, and ``certain`` is false
    where the holiday table did not reach far enough.
    """

    kind: ClockKind
    regime: str
    right: str
    due: date
    safe: date | None
    segments: tuple[Segment, ...]
    rule: str
    source: str
    confidence: str
    policy: bool
    certain: bool = True

    @property
    def promised(self) -> date:
        """The day to tell the person: the safe one where there is a doubt."""
        return self.safe or self.due

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        return {
            "kind": self.kind.value,
            "due": self.due.isoformat(),
            "safe": self.promised.isoformat(),
            "rule": self.rule,
            "source": self.source,
            "confidence": self.confidence,
            "policy": self.policy,
            "certain": self.certain,
            "segments": [segment.as_dict() for segment in self.segments],
        }


def clocks(
    regime: Regime, right: str, events: Sequence[ClockEvent], *, calendar: WorkCalendar | None = None
) -> tuple[Clock, ...]:
    """The clocks that run for ``right``: acknowledge, where there is one, then respond.

    ``events`` hold exactly one receipt. ``calendar`` replaces the regime's own where the organisation sits elsewhere.
    Raises ValueError without a receipt and NotInRules for a right that the regime does not know.
    """
    received = receipt(events)
    working = calendar or regime.working
    return tuple(_clock(regime, right, rule, received, working) for rule in regime.clock_rules(right))


def extended(
    regime: Regime, right: str, events: Sequence[ClockEvent], *, calendar: WorkCalendar | None = None
) -> Clock | None:
    """The latest date that an extension could reach; None where this law allows none for ``right``.

    The first period and the extension are counted in one go from receipt, so that a short month or a holiday at the
    end of the first does not add to the second.
    """
    rule = regime.extension_for(right)
    if rule is None:
        return None
    received = receipt(events)
    first = regime.clock_rules(right)[-1]
    working = calendar or regime.working
    if first.unit == rule.unit:
        whole = Period(first.n + rule.n, Unit(rule.unit), first.inclusive, Roll(first.roll))
        counted = reckon(received, whole, working, rule.source)
    else:
        counted = _after(
            received, first, Period(rule.n, Unit(rule.unit), False, Roll(first.roll)), working, rule.source
        )
    due = counted.due
    if rule.max_total_days is not None:
        due = min(due, received + timedelta(days=rule.max_total_days))
    return Clock(
        ClockKind.EXTENDED,
        regime.id,
        right,
        due,
        None,
        counted.segments,
        _name(regime, "extension"),
        rule.source,
        rule.confidence,
        rule.policy,
        counted.certain,
    )


def unsupported(events: Iterable[ClockEvent]) -> tuple[ClockEvent, ...]:
    """The events that no clock takes into account yet."""
    return tuple(event for event in events if event.kind not in SUPPORTED)


def receipt(events: Iterable[ClockEvent]) -> date:
    """The day of receipt. Raises ValueError unless there is exactly one."""
    days = [event.on for event in events if event.kind is EventKind.RECEIVED]
    if len(days) != 1:
        raise ValueError(f"a request is received once; these events hold {len(days)} receipts")
    return days[0]


def _clock(regime: Regime, right: str, rule: ClockRule, received: date, working: WorkCalendar) -> Clock:
    counted = reckon(received, rule.period, working, rule.source)
    safe = _safe(rule, received, counted.due, working)
    return Clock(
        ClockKind(rule.kind),
        regime.id,
        right,
        counted.due,
        safe if safe != counted.due else None,
        counted.segments,
        _name(regime, rule.id),
        rule.source,
        rule.confidence,
        rule.policy,
        counted.certain,
    )


def _safe(rule: ClockRule, received: date, due: date, working: WorkCalendar) -> date:
    """The due date on the strictest reading of the rule."""
    match rule.safe:
        case "no_holidays":
            return due_date(received, rule.period, working.without_holidays())
        case "day_before":
            return due - timedelta(days=1)
        case _:
            return due


def _after(received: date, first: ClockRule, more: Period, working: WorkCalendar, source: str) -> Reckoning:
    begun = reckon(received, first.period, working, first.source)
    then = reckon(begun.due, more, working, source)
    return Reckoning(then.due, (*begun.segments, *then.segments[1:]), begun.certain and then.certain)


def _name(regime: Regime, rule_id: str) -> str:
    """A rule by regime, window and id: what a stored date is pinned to."""
    return f"{regime.id}/{regime.window.opens.isoformat()}/{rule_id}"
