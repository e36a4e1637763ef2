"""When a clock began, on which days it stood still, and how far that takes its date."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dsr.deadlines import Period, Reason, Reckoning, Roll, Segment, Span, Unit, WorkCalendar, due_date, reckon
from dsr.rules.happened import ClockEvent, EventKind, Question, last, questions, receipt
from dsr.rules.schema.periods import ClockRule, ExtensionRule
from dsr.rules.schema.regime import Regime
from dsr.rules.words import PauseEvent

_ONE_DAY = timedelta(days=1)
_NOT_BEGUN: dict[PauseEvent, Reason] = {
    "identity": Reason.NOT_BEGUN_IDENTITY,
    "clarification": Reason.PAUSED_CLARIFICATION,
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


def stand(regime: Regime, right: str, events: Sequence[ClockEvent], as_of: date | None = None) -> Standing:
    """How the clock of ``right`` stands after ``events``, all of which the law allows.

    A question that is open on ``as_of`` is taken as answered then; without a day to look from, it moves nothing yet.
    """
    received = receipt(events)
    if len(events) == 1:
        return Standing(received, received)
    put = [_closed(question, as_of) for question in questions(events)]
    began, source, what = received, "", None
    tolls, firm = list[Span](), list[Span]()
    for question in put:
        rule = regime.pause_for(question.what, right)
        if rule is None or question.given is None:
            continue
        if rule.mode == "start_later" and question.given > began:
            began, source, what = question.given, rule.source, question.what
        elif rule.mode == "exclude_inclusive":
            firm.append(Span(question.asked, question.given, _PAUSED[question.what], rule.source))
        elif rule.mode == "toll" and question.given > question.asked:
            tolls.append(Span(question.asked + _ONE_DAY, question.given, _PAUSED[question.what], rule.source))
    before = (Segment(received, began - _ONE_DAY, False, _NOT_BEGUN[what], source),) if what else ()
    return Standing(
        received=received,
        began=began,
        before=before,
        still=_joined([*firm, *tolls], began),
        firm=_joined(firm, began),
        waits_for=_waits_for(regime, right, questions(events)),
    )


def first_period(rule: ClockRule, standing: Standing, working: WorkCalendar, *, firm: bool = False) -> Reckoning:
    """The first period as the named calendar gives it, with every day from receipt on.

    ``firm`` counts the days too on which the clock stood still by guidance only.
    """
    still = standing.firm if firm else standing.still
    counted = reckon(standing.began, rule.period, working, rule.source, still)
    return Reckoning(counted.due, (*standing.before, *counted.segments), counted.certain)


def whole_period(
    first: ClockRule, rule: ExtensionRule, standing: Standing, working: WorkCalendar, *, firm: bool = False
) -> Reckoning:
    """The first period and the extension counted in one go; ``firm`` counts what only guidance lets stand still.

    Raises ValueError for an extension of no set length.
    """
    if rule.n is None:
        raise ValueError("this law sets no length for an extension")
    still = standing.firm if firm else standing.still
    roll = Roll(first.roll)
    if first.unit == rule.unit:
        period = Period(first.n + rule.n, Unit(rule.unit), first.inclusive, roll)
        counted = reckon(standing.began, period, working, rule.source, still)
    else:
        begun = reckon(standing.began, first.period, working, first.source, still)
        then = reckon(begun.due, Period(rule.n, Unit(rule.unit), False, roll), working, rule.source)
        counted = Reckoning(then.due, (*begun.segments, *then.segments[1:]), begun.certain and then.certain)
    due, segments = counted.due, counted.segments
    if rule.max_total_days is not None and not still:
        due = min(due, standing.began + timedelta(days=rule.max_total_days))
    return Reckoning(due, (*standing.before, *segments), counted.certain)


def strictest(rule: ClockRule, start: date, due: date, working: WorkCalendar, firm: Sequence[Span] = ()) -> date:
    """The due date on the strictest reading: of the holidays, of the last day, and of what stops the clock."""
    days = working.without_holidays() if rule.safe == "no_holidays" else working
    strict = min(due, due_date(start, rule.period, days, firm))
    return strict - _ONE_DAY if rule.safe == "day_before" else strict


def answer_due(regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar) -> date:
    """The last lawful day of the answer after ``events``, all of which the law allows, put off or not."""
    rule, standing = regime.answer_rule(right), stand(regime, right, events)
    longer, put_off = regime.extension_for(right), last(events, EventKind.EXTENDED)
    if longer is None or put_off is None:
        return first_period(rule, standing, working).due
    return put_off.until or whole_period(rule, longer, standing, working).due


def _closed(question: Question, as_of: date | None) -> Question:
    if question.given is None and as_of is not None and as_of >= question.asked:
        return Question(question.what, question.asked, as_of)
    return question


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
            yield Span(start, span.end, span.reason, span.source)
            free = span.end + _ONE_DAY
