"""What laws say about a choice that takes effect at once: by when at the latest, and how long nobody asks again.

A choice is in effect here as soon as it is recorded. The dates are what a law would still have allowed, and are shown
beside that, as people are entitled to know them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dsr import rules
from dsr.deadlines import Segment, add_months, day_ends, local_date
from dsr.rules import Clock, Regime, RulePack
from dsr.rules.schema.duties import RepeatRule
from dsr.rules.schema.periods import ClockRule

MARKETING = "marketing_opt_out"


@dataclass(frozen=True, slots=True)
class Limit:
    """The last day on which one law would let a choice take effect, with the rule that says so and how it was counted.

    ``before`` is the instant at which it is too late: the end of that day where the organisation sits.
    """

    law: Regime
    rule: ClockRule
    clock: Clock
    before: datetime

    @property
    def due(self) -> date:
        """The last day."""
        return self.clock.promised

    @property
    def at_once(self) -> bool:
        """Whether the law gives no time at all."""
        return self.rule.n == 0

    @property
    def why(self) -> tuple[Segment, ...]:
        """Each span of days with what it counts for, because of what, and by what source."""
        return self.clock.segments

    def as_dict(self, language: str | None = None) -> dict[str, Any]:
        """For programs; dates are ISO 8601."""
        return {
            "law": self.law.id,
            "title": self.law.wording("title", language),
            "due": self.due.isoformat(),
            "at_once": self.at_once,
            "source": self.rule.source,
            "confidence": self.rule.confidence,
            "policy": self.rule.policy,
            "segments": [segment.as_dict() for segment in self.why],
        }


@dataclass(frozen=True, slots=True)
class Quiet:
    """The first day on which somebody may be asked to think again, with the law and the rule that say so."""

    law: Regime
    rule: RepeatRule
    until: date


def limits(
    received: datetime, country: str = "", region: str = "", channel: str = "", *, right: str = MARKETING
) -> list[Limit]:
    """Return the last day that each law which says when a choice must take effect gives for it; soonest first.

    Where nobody says where somebody lives every law may be theirs, and without a channel it may be about any. The terms
    of services that the organisation uses stand among them.
    """
    pack = rules.pack()
    return sorted(
        _limits(pack, right, received, _laws_for(pack, right, country, region, received.date()), channel),
        key=lambda each: (each.due, each.rule.n, each.law.id),
    )


def governing(found: Iterable[Limit]) -> Limit | None:
    """Return the earliest; None where no law says when a choice must take effect."""
    return min(found, key=lambda each: (each.due, each.rule.n, each.law.id), default=None)


def latest(right: str, at: datetime) -> list[Limit]:
    """Return the day that each law gives for a choice made now, wherever somebody lives; soonest first."""
    return limits(at, right=right)


def _limits(pack: RulePack, right: str, at: datetime, laws: Iterable[Regime], channel: str) -> Iterator[Limit]:
    notice = pack.notice_then(at.date())
    for law in laws:
        rule = law.answer_rule(right)
        if rule.kind == "effect" and law.known_right(right).reaches(channel):
            zone = notice.seat_for(law.id).zone
            received = rules.ClockEvent.at(rules.EventKind.RECEIVED, at, zone)
            clocks = rules.clocks(law, right, [received], calendar=pack.calendar_for(notice, law))
            yield from (Limit(law, rule, each, day_ends(each.promised, zone)) for each in clocks if each.kind.answers)


def quiet(right: str, at: datetime) -> Quiet | None:
    """Return until when nobody who has just chosen is asked to choose otherwise; the longest that any law says."""
    pack = rules.pack()
    notice = pack.notice_then(at.date())
    found = [
        Quiet(law, rule, add_months(local_date(at, notice.seat_for(law.id).zone), rule.months))
        for law in _laws(pack, right, at.date())
        for rule in law.repeats
        if right in rule.rights
    ]
    return max(found, key=lambda each: each.until, default=None)


def _laws_for(pack: RulePack, right: str, country: str, region: str, on: date) -> list[Regime]:
    every = _laws(pack, right, on)
    if not country:
        return every
    theirs = {law.id for law in pack.regimes_for(right, country, region, on)}
    return [law for law in every if law.id in theirs or law.proposal.nobody]


def _laws(pack: RulePack, right: str, on: date) -> list[Regime]:
    return [
        law
        for law in pack.regimes
        if law.switched_on
        and law.organisation in (None, pack.organisation)
        and law.window.covers(on)
        and law.knows(right, on)
    ]
