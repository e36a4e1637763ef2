"""``due = f(events, rule)``: the clocks of one request under one regime, with the reason for every day.

Pure: the same events and the same regime give the same clocks, whenever and wherever it is asked. What a law forbids
changes no date here: ``dsr.rules.guards`` says what that is, and why.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dsr.deadlines import Reckoning, Segment, WorkCalendar, due_date, reckon
from dsr.rules import guards
from dsr.rules.appeals import appeal
from dsr.rules.guards import named
from dsr.rules.happened import (
    ClockEvent,
    EventKind,
    answered,
    extensions,
    in_order,
    last,
    questions,
    receipt,
    seen,
)
from dsr.rules.schema.periods import ANSWERS, ClockRule, ExtensionRule
from dsr.rules.schema.regime import Regime
from dsr.rules.standing import (
    Reading,
    answer_period,
    first_period,
    stand,
    strict_reading,
    strictly,
    whole_period,
)
from dsr.rules.words import PauseEvent

__all__ = ["Clock", "ClockEvent", "ClockKind", "EventKind", "clocks", "extended", "named"]


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
    regime's own where the organisation sits elsewhere. ``as_of`` is the day it is looked at: what came later has not
    happened yet, a question that is open then is taken as answered on that day, and an answer that is missed by then
    as refused where the law says so.
    Raises ValueError without a receipt and NotInRules for a right that the regime does not know.
    """
    working = calendar or regime.working
    if len(events) == 1 and not (as_of and regime.missed and regime.missed.deemed_refusal):
        return _fresh(regime, right, events, working)
    return tuple(_Counted(regime, right, events, working, as_of).clocks())


def extended(
    regime: Regime,
    right: str,
    events: Sequence[ClockEvent],
    *,
    calendar: WorkCalendar | None = None,
    as_of: date | None = None,
) -> Clock | None:
    """The latest date that an extension could reach; None where this law allows none for ``right`` or sets no length.

    The first period and the extension are counted in one go from receipt, so that a short month or a holiday at the
    end of the first does not add to the second.
    """
    return _Counted(regime, right, events, calendar or regime.working, as_of).extended()


_known: dict[tuple[int, str, date, int], tuple[Regime, WorkCalendar, tuple[Clock, ...]]] = {}
"""The clocks of requests that have only come in, by law, right, day and calendar. Most requests of a day share them."""
_MOST_KNOWN = 16_384
"""About 40 MB, if a process ever meets that many; those of one day under every law are a few hundred."""


def _fresh(regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar) -> tuple[Clock, ...]:
    """The clocks of a request to which nothing has happened but its receipt, worked out once for each day.

    The laws and calendars are kept beside them, so that no other can ever come to have the same identity.
    """
    key = (id(regime), right, receipt(events), id(working))
    known = _known.get(key)
    if known is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        known = _known[key] = (regime, working, tuple(_Counted(regime, right, events, working, None).clocks()))
    return known[2]


class _Counted:
    """The clocks of one request under one regime."""

    def __init__(
        self, regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar, as_of: date | None
    ) -> None:
        self.regime, self.right, self.working, self.as_of = regime, right, working, as_of
        self.rule, self.longer = regime.answer_rule(right), regime.extension_for(right)
        self.happened = self.events = in_order(seen(events, as_of))
        if len(events) > 1:
            self.events, _out = guards.allowed(regime, right, self.happened, working)
        self.standing = stand(regime, right, self.events, as_of)
        self.put_off = bool(extensions(self.events))
        self.lawful, self.firm = Reading(working), Reading(working, firm=True)

    def clocks(self) -> Iterator[Clock]:
        """Each clock in the order in which it is shown."""
        if rule := self.regime.clock_rule("acknowledge", self.right):
            yield self._plain(rule, ClockKind.ACKNOWLEDGE, self.standing.received)
        answer = self._answer()
        yield answer
        if self.longer and not self.put_off:
            # What only guidance lets stand still gives no more time to tell that the answer will be late.
            yield self._first(self.longer, "extension", ClockKind.NOTICE, self.rule, self.firm)
        if rule := self.regime.clock_rule("refuse", self.right):
            yield self._first(rule, rule.id, ClockKind.REFUSE, rule, self.lawful)
        yield from self._afterwards(answer)

    def extended(self) -> Clock | None:
        """How far the answer can be put off; None where it cannot, or to any day that is told in time."""
        longer = self.longer
        if longer is None or longer.n is None:
            return None

        def count(reading: Reading) -> Reckoning:
            return whole_period(self.rule, longer, self.standing, reading, longer.times)

        counted = count(self.lawful)
        return self._made(ClockKind.EXTENDED, longer, "extension", counted, self._safe(self.rule, count, counted))

    def _answer(self) -> Clock:
        """When the answer is due, put off or not."""

        def count(reading: Reading) -> Reckoning:
            return answer_period(self.regime, self.right, self.events, self.standing, reading)

        kind, counted = ClockKind(self.rule.kind), count(self.lawful)
        if self.longer is None or not self.put_off:
            return self._made(kind, self.rule, self.rule.id, counted, self._safe(self.rule, count, counted))
        if extensions(self.events)[-1].until is not None:  # told as it is, so there is no doubt left but the guidance
            return self._made(kind, self.longer, "extension", counted, count(self.firm).due)
        return self._made(kind, self.longer, "extension", counted, self._safe(self.rule, count, counted))

    def _afterwards(self, answer: Clock) -> Iterator[Clock]:
        """What runs for others, and for us once somebody has appealed."""
        told = next((q.asked for q in questions(self.happened) if q.what == "fee" and q.given is None), None)
        if told and (rule := self.regime.clock_rule("fee_reply", self.right)):
            yield self._plain(rule, ClockKind.FEE_REPLY, told)
        if rule := self.regime.clock_rule("complain", self.right):
            yield from self._complain(rule, answer)
        if made := appeal(self.regime, self.right, self.events, self.working):
            safe = None if made.told else strictly(made.rule, self._strict(made.rule, made.start), made.first.due)
            longest = made.longest.due if made.longest else None
            yield self._made(ClockKind.DECIDE_APPEAL, made.rule, made.rule.id, made.counted, safe, longest=longest)

    def _complain(self, rule: ClockRule, answer: Clock) -> Iterator[Clock]:
        """Until when the decision can be taken further, or the silence that the law takes for one.

        A decision that comes after silence has become a refusal may not open the time anew: the strictest reading
        counts from the silence.
        """
        decided, over = last(self.events, EventKind.DECIDED), answered(self.events) or self.as_of
        deemed = self.regime.missed is not None and self.regime.missed.deemed_refusal
        silent = answer.due if deemed and over and over > answer.due else None
        since = decided.on if decided else silent
        if since is None:
            return
        on_appeal = last(self.events, EventKind.APPEALED) is not None
        first = since if silent is None or on_appeal else min(since, silent)
        counted = reckon(since, rule.period, self.working, rule.source)
        safe = strictly(rule, self._strict(rule, first), counted.due)
        yield self._made(ClockKind.COMPLAIN, rule, rule.id, counted, safe)

    def _plain(self, rule: ClockRule, kind: ClockKind, start: date) -> Clock:
        """A clock that nothing stops."""
        counted = reckon(start, rule.period, self.working, rule.source)
        safe = strictly(rule, self._strict(rule, start), counted.due)
        return self._made(kind, rule, rule.id, counted, safe)

    def _strict(self, rule: ClockRule, start: date) -> date:
        if rule.safe is None:
            return due_date(start, rule.period, self.working)
        return strict_reading(rule, self.working).count(start, rule.period, rule.source, ()).due

    def _first(
        self, rule: ClockRule | ExtensionRule, rule_id: str, kind: ClockKind, counts: ClockRule, reading: Reading
    ) -> Clock:
        """A clock of ours over the first period, which begins and stands still as the law says."""

        def count(reading: Reading) -> Reckoning:
            return first_period(counts, self.standing, reading)

        counted = count(reading)
        return self._made(kind, rule, rule_id, counted, self._safe(counts, count, counted))

    def _safe(self, rule: ClockRule, count: Callable[[Reading], Reckoning], counted: Reckoning) -> date:
        if rule.safe is None and self.standing.still == self.standing.firm:
            return counted.due
        strict = count(strict_reading(rule, self.working)).due
        return max(strictly(rule, strict, counted.due), self.standing.began)

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
        held = kind in (ClockKind.RESPOND, ClockKind.EFFECT, ClockKind.NOTICE, ClockKind.REFUSE)
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
