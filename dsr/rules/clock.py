"""``due = f(events, rule)``: the clocks of one request under one regime, with the reason for every day.

Pure: the same events and the same regime give the same clocks, whenever and wherever it is asked. What a law forbids
changes no date here: ``dsr.rules.guards`` says what that is, and why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dsr.deadlines import Period, Reason, Reckoning, Segment, Unit, WorkCalendar, due_date, reckon
from dsr.rules import guards
from dsr.rules.guards import named
from dsr.rules.happened import ClockEvent, EventKind, in_order, last
from dsr.rules.schema.periods import ANSWERS, ClockRule, ExtensionRule
from dsr.rules.schema.regime import Regime
from dsr.rules.standing import first_period, stand, strictest, whole_period
from dsr.rules.words import PauseEvent

__all__ = ["Clock", "ClockEvent", "ClockKind", "EventKind", "clocks", "extended", "named"]

_ONE_DAY = timedelta(days=1)


class ClockKind(StrEnum):
    """What has to be done by the date, by us or, for the last three, by others."""

    ACKNOWLEDGE = "acknowledge"
    RESPOND = "respond"
    EFFECT = "effect"
    NOTICE = "notice"
    """Tell the person that the answer will be late."""
    REFUSE = "refuse"
    EXTENDED = "extended"
    DECIDE_APPEAL = "decide_appeal"
    FEE_REPLY = "fee_reply"
    """The person says whether the fee is accepted."""
    COMPLAIN = "complain"
    """The person takes the decision further."""

    @property
    def answers(self) -> bool:
        """Whether this is the date of the answer itself, or of the effect of a choice."""
        return self.value in ANSWERS


@dataclass(frozen=True, slots=True)
class Clock:
    """One date by which something must be done.

    ``due`` is the last lawful day, counted with the named calendar. ``safe`` is the earlier day that the strictest
    reading gives, where the law leaves a doubt; ``promised`` is what the person is told. ``rule`` names the row,
    ``source`` and ``confidence`` come from it, ``policy`` marks a date that no law sets, and ``certain`` is false
    where the holiday table did not reach far enough. ``waits_for`` names the open question that keeps the clock still:
    the date is then the earliest that it can be. ``longest`` is the date that putting it off once would give.
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
    waits_for: PauseEvent | None = None
    longest: date | None = None

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
            "longest": self.longest and self.longest.isoformat(),
            "rule": self.rule,
            "source": self.source,
            "confidence": self.confidence,
            "policy": self.policy,
            "certain": self.certain,
            "waits_for": self.waits_for,
            "segments": [segment.as_dict() for segment in self.segments],
        }


def clocks(
    regime: Regime,
    right: str,
    events: Sequence[ClockEvent],
    *,
    calendar: WorkCalendar | None = None,
    as_of: date | None = None,
) -> tuple[Clock, ...]:
    """Every clock that runs for ``right``: acknowledge first, where there is one, then the answer, then the rest.

    ``events`` hold exactly one receipt; what the law forbids among them is passed over. ``calendar`` replaces the
    regime's own where the organisation sits elsewhere. ``as_of`` is the day it is looked at: a question that is open
    then is taken as answered on that day, and an answer that is missed by then as refused where the law says so.
    Raises ValueError without a receipt and NotInRules for a right that the regime does not know.
    """
    counted = _Counted(regime, right, events, calendar or regime.working, as_of)
    return tuple(counted.clocks())


def extended(
    regime: Regime, right: str, events: Sequence[ClockEvent], *, calendar: WorkCalendar | None = None
) -> Clock | None:
    """The latest date that an extension could reach; None where this law allows none for ``right`` or sets no length.

    The first period and the extension are counted in one go from receipt, so that a short month or a holiday at the
    end of the first does not add to the second.
    """
    return _Counted(regime, right, events, calendar or regime.working, None).extended()


class _Counted:
    """The clocks of one request under one regime."""

    def __init__(
        self, regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar, as_of: date | None
    ) -> None:
        self.regime, self.right, self.working, self.as_of = regime, right, working, as_of
        self.rule, self.longer = regime.answer_rule(right), regime.extension_for(right)
        self.events = list(events)
        if len(events) > 1:
            self.events, _out = guards.allowed(regime, right, in_order(events), working)
        self.standing = stand(regime, right, self.events, as_of)
        self.put_off = last(self.events, EventKind.EXTENDED)

    def clocks(self) -> Iterator[Clock]:
        """Each clock in the order in which it is shown."""
        if rule := self.regime.clock_rule("acknowledge", self.right):
            yield self._plain(rule, ClockKind.ACKNOWLEDGE, self.standing.received)
        answer = self._answer()
        yield answer
        if self.longer and self.put_off is None:
            yield self._first(self.longer, "extension", ClockKind.NOTICE, self.rule)
        if rule := self.regime.clock_rule("refuse", self.right):
            yield self._first(rule, rule.id, ClockKind.REFUSE, rule)
        yield from self._afterwards(answer)

    def extended(self) -> Clock | None:
        """How far the answer can be put off; None where it cannot, or to any day that is told in time."""
        if self.longer is None or self.longer.n is None:
            return None
        counted = whole_period(self.rule, self.longer, self.standing, self.working)
        return self._made(ClockKind.EXTENDED, self.longer, "extension", counted)

    def _answer(self) -> Clock:
        """When the answer is due, put off or not."""
        kind = ClockKind(self.rule.kind)
        if self.put_off is None or self.longer is None:
            return self._first(self.rule, self.rule.id, kind, self.rule)
        if self.put_off.until is None:
            counted = whole_period(self.rule, self.longer, self.standing, self.working)
            firm = whole_period(self.rule, self.longer, self.standing, self.working, firm=True).due
            return self._made(kind, self.longer, "extension", counted, firm)
        first = first_period(self.rule, self.standing, self.working)
        chosen = Segment(first.due + _ONE_DAY, self.put_off.until, True, Reason.CHOSEN, self.longer.source)
        counted = Reckoning(self.put_off.until, (*first.segments, chosen), first.certain)
        return self._made(kind, self.longer, "extension", counted)

    def _afterwards(self, answer: Clock) -> Iterator[Clock]:
        """What runs for others, and for us once somebody has appealed."""
        told, paid = last(self.events, EventKind.FEE_TOLD), last(self.events, EventKind.FEE_PAID)
        if told and not paid and (rule := self.regime.clock_rule("fee_reply", self.right)):
            yield self._plain(rule, ClockKind.FEE_REPLY, told.on)
        since = self._decided(answer)
        if since and (rule := self.regime.clock_rule("complain", self.right)):
            yield self._plain(rule, ClockKind.COMPLAIN, since)
        appealed = last(self.events, EventKind.APPEALED)
        if appealed and (rule := self.regime.clock_rule("decide_appeal", self.right)):
            yield self._plain(rule, ClockKind.DECIDE_APPEAL, appealed.on)

    def _decided(self, answer: Clock) -> date | None:
        """The day of the decision, or the day from which silence counts as a refusal."""
        if decided := last(self.events, EventKind.DECIDED):
            return decided.on
        deemed = self.regime.missed is not None and self.regime.missed.deemed_refusal
        return answer.due if deemed and self.as_of and self.as_of > answer.due else None

    def _plain(self, rule: ClockRule, kind: ClockKind, start: date) -> Clock:
        """A clock that nothing stops."""
        counted = reckon(start, rule.period, self.working, rule.source)
        longest = None
        if rule.longer:
            longest = due_date(counted.due, Period(rule.longer.n, Unit(rule.longer.unit)), self.working)
        return self._made(
            kind, rule, rule.id, counted, strictest(rule, start, counted.due, self.working), longest=longest
        )

    def _first(self, rule: ClockRule | ExtensionRule, rule_id: str, kind: ClockKind, counts: ClockRule) -> Clock:
        """A clock of ours over the first period, which begins and stands still as the law says."""
        counted = first_period(counts, self.standing, self.working)
        safe = strictest(counts, self.standing.began, counted.due, self.working, self.standing.firm)
        return self._made(kind, rule, rule_id, counted, safe)

    def _made(
        self,
        kind: ClockKind,
        rule: ClockRule | ExtensionRule,
        rule_id: str,
        counted: Reckoning,
        safe: date | None = None,
        *,
        longest: date | None = None,
    ) -> Clock:
        held = kind in (ClockKind.RESPOND, ClockKind.NOTICE, ClockKind.REFUSE)
        return Clock(
            kind,
            self.regime.id,
            self.right,
            counted.due,
            safe if safe is not None and safe < counted.due else None,
            counted.segments,
            named(self.regime, rule_id),
            rule.source,
            rule.confidence,
            rule.policy,
            counted.certain,
            self.standing.waits_for if held else None,
            longest,
        )
