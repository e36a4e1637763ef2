"""What laws say about a choice that takes effect at once: by when at the latest, and how long nobody asks again.

A choice is in effect here as soon as it is recorded. The dates are what a law would still have allowed, and are shown
beside that, as people are entitled to know them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from dsr import rules
from dsr.deadlines import add_months, local_date
from dsr.rules import Regime
from dsr.rules.schema.duties import RepeatRule
from dsr.rules.schema.periods import ClockRule


@dataclass(frozen=True, slots=True)
class Limit:
    """The last day on which one law would let a choice take effect, with the rule that says so."""

    law: Regime
    rule: ClockRule
    due: date


@dataclass(frozen=True, slots=True)
class Quiet:
    """The first day on which somebody may be asked to think again, with the law and the rule that say so."""

    law: Regime
    rule: RepeatRule
    until: date


def latest(right: str, at: datetime) -> list[Limit]:
    """Return the day that each law gives for a choice made now, where it says when one must take effect; soonest first.

    Where nobody says where they live every law may be theirs.
    """
    return sorted(_limits(right, at), key=lambda each: (each.due, each.law.id))


def _limits(right: str, at: datetime) -> Iterator[Limit]:
    pack = rules.pack()
    notice = pack.notice_in_force(at.date())
    for law in _laws(right, at.date()):
        rule = law.answer_rule(right)
        if rule.kind == "effect":
            received = rules.ClockEvent.at(rules.EventKind.RECEIVED, at, notice.seat_for(law.id).zone)
            clocks = rules.clocks(law, right, [received], calendar=pack.calendar_for(notice, law))
            yield from (Limit(law, rule, clock.promised) for clock in clocks if clock.kind.answers)


def quiet(right: str, at: datetime) -> Quiet | None:
    """Return until when nobody who has just chosen is asked to choose otherwise; the longest that any law says."""
    notice = rules.pack().notice_in_force(at.date())
    found = [
        Quiet(law, rule, add_months(local_date(at, notice.seat_for(law.id).zone), rule.months))
        for law in _laws(right, at.date())
        for rule in law.repeats
        if right in rule.rights
    ]
    return max(found, key=lambda each: each.until, default=None)


def _laws(right: str, on: date) -> list[Regime]:
    pack = rules.pack()
    return [
        law
        for law in pack.regimes
        if law.switched_on
        and law.organisation in (None, pack.organisation)
        and law.window.covers(on)
        and law.knows(right, on)
    ]
