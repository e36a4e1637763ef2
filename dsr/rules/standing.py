"""When a clock began, on which days it stood still, and how far that takes its date."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dsr.deadlines import (
    Period,
    Reason,
    Reckoning,
    Roll,
    Segment,
    Span,
    Unit,
    WorkCalendar,
    chosen,
    due_date,
    reckon,
)
from dsr.rules.happened import ClockEvent, Question, ended, extensions, questions, receipt
from dsr.rules.schema.periods import ClockRule, ExtensionRule
from dsr.rules.schema.regime import Regime
from dsr.rules.words import PauseEvent

_ONE_DAY = timedelta(days=1)
_NOT_BEGUN: dict[PauseEvent, Reason] = {
    "identity": Reason.NOT_BEGUN_IDENTITY,
    "clarification": Reason.NOT_BEGUN_CLARIFICATION,
    "fee": Reason.NOT_BEGUN_FEE,
}
_PAUSED: dict[PauseEvent, Reason] = {
    "identity": Reason.PAUSED_IDENTITY,
    "clarification": Reason.PAUSED_CLARIFICATION,
    "fee": Reason.PAUSED_FEE,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How the clock of an answer stands.

    ``began`` is the day that it is counted from, ``before`` the days up to it. ``still`` holds the days on which it
    stood still, ``firm`` those of them for which the law itself says so. ``waits_for`` is the open question that keeps
    it from running.
    """

    received: date
    began: date
    before: tuple[Segment, ...] = ()
    still: tuple[Span, ...] = ()
    firm: tuple[Span, ...] = ()
    waits_for: PauseEvent | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How the figures are read: with whose days off, and how strictly.

    ``firm`` counts the days too on which the clock stood still by guidance only. Without ``rolls`` the period ends
    on its last counted day, even where nobody works then. Without ``says_why`` there are no segments, which is cheaper.
    """

    working: WorkCalendar
    firm: bool = False
    rolls: bool = True
    says_why: bool = True

    def of(self, period: Period) -> Period:
        """The period as it is read here."""
        return period if self.rolls or period.roll is Roll.NONE else replace(period, roll=Roll.NONE)

    def count(self, start: date, period: Period, source: str, still: Sequence[Span]) -> Reckoning:
        """The last day of a period from ``start``."""
        if self.says_why:
            return reckon(start, self.of(period), self.working, source, still)
        return Reckoning(due_date(start, self.of(period), self.working, still), ())


def stand(regime: Regime, right: str, events: Sequence[ClockEvent], as_of: date | None = None) -> Standing:
    """How the clock of ``right`` stands after ``events``, all of which the law allows.

    A question that is open on ``as_of`` is taken as answered then, and one that is open when the request is decided as
    answered by that; without either it moves nothing yet.
    """
    received = receipt(events)
    if len(events) == 1:
        return Standing(received, received)
    over = ended(events)
    waits, tolls, firm = list[tuple[date, PauseEvent, str]](), list[Span](), list[Span]()
    put = questions(events)
    for question in put:
        rule = regime.pause_for(question.what, right)
        given = _answered(question, over or as_of, over)
        if rule is None or given is None:
            continue
        asked = question.asked
        if rule.mode == "start_later":
            waits.append((given, question.what, rule.source))
        elif rule.mode == "exclude_inclusive" and asked:
            firm.append(Span(asked, given, _PAUSED[question.what], rule.source))
        elif rule.mode == "toll" and asked and given > asked:
            tolls.append(Span(asked + _ONE_DAY, given, _PAUSED[question.what], rule.source, asked))
    began = max([received, *(given for given, _what, _source in waits)])
    return Standing(
        received=received,
        began=began,
        before=tuple(_before(received, sorted(waits))),
        still=_joined([*firm, *tolls], began),
        firm=_joined(firm, began),
        waits_for=None if over else _waits_for(regime, right, put),
    )


def first_period(rule: ClockRule, standing: Standing, reading: Reading) -> Reckoning:
    """The first period, with every day from receipt on."""
    still = standing.firm if reading.firm else standing.still
    return _whole(standing, reading.count(standing.began, rule.period, rule.source, still))


def whole_period(
    first: ClockRule, longer: ExtensionRule, standing: Standing, reading: Reading, times: int = 1
) -> Reckoning:
    """The first period and ``times`` extensions, counted in one go from the beginning, within the cap of the law.

    What stood still is left out of the cap as it is of the period. Raises ValueError for an extension of no set length.
    """
    if longer.n is None:
        raise ValueError("this law sets no length for an extension")
    still = standing.firm if reading.firm else standing.still
    unit, more, roll = Unit(longer.unit), longer.n * times, Roll(first.roll)
    if first.unit == longer.unit:
        counted = reading.count(
            standing.began, Period(first.n + more, unit, first.inclusive, roll), longer.source, still
        )
    else:
        counted = _chained(first, Period(more, unit, roll=roll), longer.source, standing.began, reading, still)
    if longer.max_total_days is not None:
        most = Period(longer.max_total_days, Unit.DAY, first.inclusive)
        counted = min(counted, reading.count(standing.began, most, longer.source, still), key=lambda found: found.due)
    return _whole(standing, counted)


def answer_period(
    regime: Regime, right: str, events: Sequence[ClockEvent], standing: Standing, reading: Reading
) -> Reckoning:
    """The time for the answer after ``events``, all of which the law allows, put off or not."""
    rule, longer, put_off = regime.answer_rule(right), regime.extension_for(right), extensions(events)
    if longer is None or not put_off:
        return first_period(rule, standing, reading)
    told = put_off[-1]
    if told.until is None:
        return whole_period(rule, longer, standing, reading, len(put_off))
    earlier = [event for event in events if event is not told]
    return _chosen(
        told, told.until, longer, answer_period(regime, right, earlier, standing, reading), standing, reading
    )


def answer_due(
    regime: Regime,
    right: str,
    events: Sequence[ClockEvent],
    working: WorkCalendar,
    as_of: date | None = None,
    *,
    firm: bool = False,
    rolls: bool = True,
) -> date:
    """The last day for the answer after ``events``, all of which the law allows, as it looks on ``as_of``."""
    reading = Reading(working, firm, rolls, says_why=False)
    return answer_period(regime, right, events, stand(regime, right, events, as_of), reading).due


def strict_reading(rule: ClockRule, working: WorkCalendar) -> Reading:
    """How ``rule`` is read where every doubt is decided against us, but for the day that ``strictly`` takes off."""
    days = working.without_holidays() if rule.safe == "no_holidays" else working
    return Reading(days, firm=True, says_why=False)


def strictly(rule: ClockRule, strict: date, due: date) -> date:
    """The day to promise, from the one that the strict reading gives."""
    return min(due, strict - _ONE_DAY if rule.safe == "day_before" else strict)


def _answered(question: Question, otherwise: date | None, over: date | None) -> date | None:
    """When a question was answered; one that is open on the day given is taken as answered then."""
    if question.given is not None:
        return min(question.given, over) if over else question.given
    return otherwise if otherwise and question.asked and otherwise >= question.asked else None


def _whole(standing: Standing, counted: Reckoning) -> Reckoning:
    """With the days from receipt to the beginning."""
    return replace(counted, segments=(*standing.before, *counted.segments)) if standing.before else counted


def _chained(
    first: ClockRule, then: Period, source: str, began: date, reading: Reading, still: Sequence[Span]
) -> Reckoning:
    """An extension in another unit, from the last counted day of the first period: no day off comes in between."""
    unrolled = replace(reading, rolls=False)
    begun = unrolled.count(began, first.period, first.source, still)
    later = [replace(span, start=max(span.start, begun.due)) for span in still if span.end > begun.due]
    more = reading.count(begun.due, then, source, later)
    return Reckoning(more.due, (*begun.segments, *more.segments[1:]), begun.certain and more.certain)


def _chosen(
    told: ClockEvent, until: date, longer: ExtensionRule, first: Reckoning, standing: Standing, reading: Reading
) -> Reckoning:
    """The day that an extension told, as many days later as the clock stood still after it had been told."""
    still = standing.firm if reading.firm else standing.still
    end = until
    for span in still:
        if span.end > told.on and not span.comes_after(end):
            end += span.end - max(span.start - _ONE_DAY, told.on)
    if end <= first.due:
        return first
    days = chosen(first.due + _ONE_DAY, end, longer.source, still) if reading.says_why else ()
    return Reckoning(end, (*first.segments, *days), first.certain)


def _before(received: date, waits: Iterable[tuple[date, PauseEvent, str]]) -> Iterator[Segment]:
    """The days from receipt to the beginning, each for what was waited for first."""
    day = received
    for given, what, source in waits:
        if given > day:
            yield Segment(day, given - _ONE_DAY, False, _NOT_BEGUN[what], source)
            day = given


def _waits_for(regime: Regime, right: str, put: Iterable[Question]) -> PauseEvent | None:
    """The open question that keeps the clock from running."""
    for question in put:
        rule = regime.pause_for(question.what, right)
        if question.given is None and rule is not None and rule.mode != "none":
            return question.what
    return None


def _joined(spans: Iterable[Span], began: date) -> tuple[Span, ...]:
    """The spans in order, cut so that no day is in two of them or before the beginning."""
    return tuple(_cut(sorted(spans, key=lambda span: (span.start, span.end)), began))


def _cut(spans: Iterable[Span], began: date) -> Iterator[Span]:
    free = began
    for span in spans:
        start = max(span.start, free)
        if start <= span.end:
            yield replace(span, start=start, asked=span.asked or span.start)
            free = span.end + _ONE_DAY
