"""Date arithmetic on arguments: it never asks what time it is and knows no law.

A period is counted from the day of an event. Every result comes with its segments: unbroken runs of days from the
event to the due date, each marked as counting or not, with the reason and the source of the rule. Together they
cover every day exactly once, so "why this date?" can be answered without computing anything again.
"""

import calendar as _months
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from dsr.reasons import DaysOff, Reason, sentence

__all__ = [
    "DaysOff",
    "Period",
    "Reason",
    "Reckoning",
    "Roll",
    "Segment",
    "Span",
    "Unit",
    "WorkCalendar",
    "add_business_days",
    "add_months",
    "business_days_before",
    "chosen",
    "day_ends",
    "due_date",
    "local_date",
    "next_working_day",
    "reckon",
]

_ONE_DAY = timedelta(days=1)


class Unit(StrEnum):
    """What is counted. Months are calendar months; business days belong to a named calendar."""

    DAY = "day"
    BUSINESS_DAY = "business_day"
    MONTH = "month"


class Roll(StrEnum):
    """What happens when the last day is not a working day."""

    NONE = "none"
    NEXT = "next"


@dataclass(frozen=True, slots=True, eq=False)
class WorkCalendar:
    """The working days of one place.

    ``weekend`` holds ``date.weekday()`` numbers, ``holidays`` names by day, ``worked`` the days of a weekend on which
    people work all the same, and ``first``/``last`` say for which days all of this is known. Outside them only weekends
    are left out, which hardly ever makes a date later than it should be. ``yearly`` says that the place announces its
    days one year at a time.
    """

    id: str
    title: str
    zone: str
    first: date
    last: date
    weekend: frozenset[int] = frozenset({5, 6})
    holidays: Mapping[date, str] = field(default_factory=dict)
    worked: frozenset[date] = frozenset()
    yearly: bool = False

    def is_working(self, day: date) -> bool:
        """Whether people work there on that day."""
        return day in self.worked or (day.weekday() not in self.weekend and day not in self.holidays)

    def days_off(self, days: Iterable[date]) -> DaysOff:
        """``days`` with the names of the holidays among them, for the sentence that says why they do not count."""
        return DaysOff(tuple((day, self.holidays.get(day, "")) for day in days))

    def knows(self, day: date) -> bool:
        """Whether the holidays of that day's year are in the table."""
        return self.first <= day <= self.last

    def without_holidays(self) -> "WorkCalendar":
        """The same week with the smallest possible set of holidays: none."""
        return _without_holidays(self)


@lru_cache(maxsize=256)
def _without_holidays(calendar: WorkCalendar) -> WorkCalendar:
    return replace(calendar, first=date.min, last=date.max, holidays={})


@dataclass(frozen=True, slots=True)
class Period:
    """How long something may take.

    ``inclusive`` makes the day of the event day one instead of day zero. ``n`` of nought means "at once": the period
    ends on the day of the event.
    """

    n: int
    unit: Unit
    inclusive: bool = False
    roll: Roll = Roll.NONE

    def __post_init__(self) -> None:
        if self.n < 0 or (self.inclusive and self.n == 0):
            raise ValueError(f"a period cannot be {self.n} {self.unit}s long")


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which a clock stood still, both ends included, with the reason and the source that allows it.

    ``asked`` is the day on which it was stopped, where that is not the first that is left out: what was asked before
    the period ran out stops it even where the day of the question itself still counts.
    """

    start: date
    end: date
    reason: Reason
    source: str
    asked: date | None = None

    @property
    def days(self) -> int:
        """How many days it covers."""
        return (self.end - self.start).days + 1

    def comes_after(self, last: date) -> bool:
        """Whether the period was over when the clock was stopped, so that nothing can be gained any more."""
        return (self.asked or self.start) > last


@dataclass(frozen=True, slots=True)
class Segment:
    """An unbroken run of days, both ends included, that counts towards a period or does not."""

    start: date
    end: date
    counts: bool
    reason: Reason
    source: str
    args: Mapping[str, object] = field(default_factory=dict)

    @property
    def because(self) -> str:
        """The reason as a sentence in the active language."""
        return sentence(self.reason, self.args)

    def as_dict(self) -> dict[str, object]:
        """For programs: ISO days, whether they count, the sentence and the source."""
        return {
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "counts": self.counts,
            "because": self.because,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A due date with its reasons. ``certain`` is false where a holiday table did not reach far enough."""

    due: date
    segments: tuple[Segment, ...]
    certain: bool = True


def local_date(at: datetime, zone: str) -> date:
    """The calendar day that ``at`` (aware) falls on in ``zone``. Raises ValueError for a naive instant."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(ZoneInfo(zone)).date()


def day_ends(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which ``day`` is over in ``zone``: what is done before it was done in time."""
    return datetime.combine(day + _ONE_DAY, time.min, ZoneInfo(zone)).astimezone(UTC)


def add_months(day: date, n: int) -> date:
    """The day with the same number ``n`` calendar months on, or the last day of that month if it has no such day."""
    years, month = divmod(day.month - 1 + n, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, _months.monthrange(year, month)[1]))


def next_working_day(day: date, calendar: WorkCalendar) -> date:
    """``day`` itself if it is a working day, otherwise the first one after it."""
    while not calendar.is_working(day):
        day += _ONE_DAY
    return day


def add_business_days(day: date, n: int, calendar: WorkCalendar) -> date:
    """The ``n``-th working day after ``day``."""
    while n > 0:
        day += _ONE_DAY
        n -= calendar.is_working(day)
    return day


def business_days_before(day: date, n: int, calendar: WorkCalendar) -> date:
    """The ``n``-th working day before ``day``; what a warning so many days ahead is set to."""
    while n > 0:
        day -= _ONE_DAY
        n -= calendar.is_working(day)
    return day


def due_date(start: date, period: Period, calendar: WorkCalendar, still: Sequence[Span] = ()) -> date:
    """The last day of ``period`` counted from an event on ``start``, without the reasons. See ``reckon``."""
    return _rolled(_unrolled(start, period, calendar, still), period, calendar)


def reckon(start: date, period: Period, calendar: WorkCalendar, source: str, still: Sequence[Span] = ()) -> Reckoning:
    """The last day of ``period`` counted from an event on ``start``, day by day, with the reasons.

    ``source`` is the citation that every segment carries. The calendar matters for business days and for rolling.
    ``still`` holds the days on which the clock stood still, in order and without overlap, none before ``start``. What
    was stopped after the last counted day is left out: a period that has run out gains nothing any more, not even
    while it waits for the next working day. A first day that stood still is left out like any other, although it would
    not have counted either: the period then ends as many days later as the clock stood still.
    """
    end = _unrolled(start, period, calendar, still)
    due = _rolled(end, period, calendar)
    segments = tuple(_segments(start, end, due, period, calendar, source, still))
    asked_the_table = period.unit is Unit.BUSINESS_DAY or period.roll is Roll.NEXT
    return Reckoning(due, segments, not asked_the_table or (calendar.knows(start) and calendar.knows(due)))


def _rolled(end: date, period: Period, calendar: WorkCalendar) -> date:
    return next_working_day(end, calendar) if period.n and period.roll is Roll.NEXT else end


def _unrolled(start: date, period: Period, calendar: WorkCalendar, still: Sequence[Span] = ()) -> date:
    if period.n == 0:
        return start
    if period.unit is Unit.BUSINESS_DAY:
        return _nth_working_day(start - _ONE_DAY * period.inclusive, period.n, calendar, still)
    if period.unit is Unit.DAY:
        end = start + timedelta(days=period.n - period.inclusive)
    else:
        end = add_months(start, period.n)
        # "Beginning with" a day, a month ends on the eve of the same number, except where that number does not exist.
        end -= _ONE_DAY * (period.inclusive and end.day == start.day)
    for span in still:
        if span.comes_after(end):
            break
        end += timedelta(days=span.days)
    return end


def _nth_working_day(day: date, n: int, calendar: WorkCalendar, still: Sequence[Span]) -> date:
    if not still:
        return add_business_days(day, n, calendar)
    while n > 0:
        day += _ONE_DAY
        n -= calendar.is_working(day) and not _within(day, still)
    for span in still:  # stopped on the last day, with nothing left to count when it went on
        if span.start > day and not span.comes_after(day):
            day = next_working_day(span.end, calendar)
    return day


def _within(day: date, spans: Iterable[Span]) -> Span | None:
    return next((span for span in spans if span.start <= day <= span.end), None)


def _segments(
    start: date, end: date, due: date, period: Period, calendar: WorkCalendar, source: str, still: Sequence[Span]
) -> Iterator[Segment]:
    if period.n == 0:
        yield Segment(start, start, True, Reason.AT_ONCE, source)
        return
    first = start if period.inclusive else start + _ONE_DAY
    if not period.inclusive and not _within(start, still):
        yield Segment(start, start, False, Reason.EVENT_DAY, source)
    elif not period.inclusive:
        first = start
    if period.unit is Unit.BUSINESS_DAY:
        yield from _working_runs(first, due, period.n, calendar, source, still)
        return
    if period.inclusive and start < end and not _within(start, still):
        yield Segment(start, start, True, Reason.EVENT_DAY_COUNTS, source)
        first = start + _ONE_DAY
    yield from _calendar_runs(first, end, period, source, still, start)
    if end != due:
        off = calendar.days_off(end + _ONE_DAY * n for n in range((due - end).days))
        args = {"day": end, "names": off}
        yield Segment(end + _ONE_DAY, due, False, Reason.ROLLED, source, args)


def _calendar_runs(
    first: date, end: date, period: Period, source: str, still: Sequence[Span], start: date
) -> Iterator[Segment]:
    """Runs of days or of a month, broken by the days on which the clock stood still."""
    stops = [span for span in still if not span.comes_after(end)]
    in_days = period.unit is Unit.DAY
    if not stops:
        whole = Reason.DAYS if in_days else Reason.MONTHS_WITH_THE_FIRST if period.inclusive else Reason.MONTHS
        if not in_days and add_months(start, period.n).day != start.day:
            whole = Reason.MONTH_IS_SHORTER
        yield Segment(first, end, True, whole, source, {"n": period.n})
        return
    begun = period.inclusive and first > start  # day one has been said
    day, left = first, (end - first).days + 1 - sum(span.days for span in stops)
    for span in stops:
        if day < span.start:
            run = (span.start - day).days
            if day != first:
                yield Segment(day, span.start - _ONE_DAY, True, Reason.GOES_ON, source, {"n": left})
            elif in_days:
                args: dict[str, object] = {"n": run + begun, "total": period.n}
                yield Segment(day, span.start - _ONE_DAY, True, Reason.DAYS_BEGUN, source, args)
            else:
                yield Segment(day, span.start - _ONE_DAY, True, Reason.MONTHS_BEGUN, source, {"n": period.n})
            left -= run
        yield Segment(max(day, span.start), span.end, False, span.reason, span.source)
        day = span.end + _ONE_DAY
    if day <= end:
        yield Segment(day, end, True, Reason.GOES_ON, source, {"n": left})


def chosen(first: date, end: date, source: str, still: Sequence[Span] = ()) -> Iterator[Segment]:
    """The days from ``first`` to a day that was chosen and told, broken by those on which the clock stood still."""
    day = first
    for span in still:
        start, last = max(span.start, day), min(span.end, end)
        if start > last:
            continue
        if day < start:
            yield Segment(day, start - _ONE_DAY, True, Reason.CHOSEN, source)
        yield Segment(start, last, False, span.reason, span.source)
        day = last + _ONE_DAY
    if day <= end:
        yield Segment(day, end, True, Reason.CHOSEN, source)


def _working_runs(
    first: date, due: date, total: int, calendar: WorkCalendar, source: str, still: Sequence[Span]
) -> Iterator[Segment]:
    """Alternating runs of working and other days from ``first`` to ``due``, broken where the clock stood still."""

    def kind(day: date) -> Span | bool:
        return (_within(day, still) if still else None) or calendar.is_working(day)

    counted, days = 0, (first + timedelta(days=n) for n in range((due - first).days + 1))
    for what, same in groupby(days, kind):
        run = list(same)
        if isinstance(what, Span):
            yield Segment(run[0], run[-1], False, what.reason, what.source)
        elif what:
            args: dict[str, object] = {"first": counted + 1, "last": counted + len(run), "total": total}
            counted += len(run)
            reason = Reason.BUSINESS_DAYS if len(run) > 1 else Reason.BUSINESS_DAY
            yield Segment(run[0], run[-1], True, reason, source, args)
        else:
            names = calendar.days_off(run)
            yield Segment(run[0], run[-1], False, Reason.NOT_WORKING, source, {"names": names})
