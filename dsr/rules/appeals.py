"""The time for deciding an appeal to the organisation itself. It has an extension of its own, and nothing stops it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dsr.deadlines import Period, Reckoning, Roll, Unit, WorkCalendar, chosen, reckon
from dsr.rules.happened import ClockEvent, EventKind, appealed
from dsr.rules.schema.periods import ClockRule
from dsr.rules.schema.regime import Regime


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal that was made: by when it has to be decided, and how that stands.

    ``first`` is the period as it comes, ``longest`` the one that can be told instead. ``told`` is the extension, if one
    was told, and ``decided`` says whether the appeal has been decided since.
    """

    rule: ClockRule
    start: date
    first: Reckoning
    longest: Reckoning | None
    told: ClockEvent | None
    decided: bool

    @property
    def counted(self) -> Reckoning:
        """The time there is, put off or not."""
        if self.told is None or self.longest is None:
            return self.first
        if self.told.until is None:
            return self.longest
        days = chosen(self.first.due + timedelta(days=1), self.told.until, self.rule.source)
        return Reckoning(self.told.until, (*self.first.segments, *days), self.first.certain)


def appeal(regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar) -> Appeal | None:
    """The last appeal among ``events``; None where there was none or the law sets no time for it."""
    made, since = appealed(events)
    rule = regime.clock_rule("decide_appeal", right)
    if made is None or rule is None:
        return None
    return Appeal(
        rule=rule,
        start=made.on,
        first=reckon(made.on, rule.period, working, rule.source),
        longest=_longest(rule, made.on, working),
        told=next((event for event in since if event.kind is EventKind.EXTENDED), None),
        decided=any(event.kind is EventKind.DECIDED for event in since),
    )


def _longest(rule: ClockRule, start: date, working: WorkCalendar) -> Reckoning | None:
    """Both periods in one go, or one after the other where they are counted in different units."""
    if rule.longer is None:
        return None
    n, unit, roll = rule.longer.n, Unit(rule.longer.unit), Roll(rule.roll)
    if unit is rule.period.unit:
        return reckon(start, Period(rule.n + n, unit, rule.inclusive, roll), working, rule.source)
    first = reckon(start, Period(rule.n, rule.period.unit, rule.inclusive), working, rule.source)
    then = reckon(first.due, Period(n, unit, roll=roll), working, rule.source)
    return Reckoning(then.due, (*first.segments, *then.segments[1:]), first.certain and then.certain)
