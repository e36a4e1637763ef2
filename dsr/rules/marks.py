"""When somebody looks whether an answer will be in time: pure, from the dates of a request and a calendar.

The first two marks are parts of the whole time, so they fall on an instant. The next two are counted back in business
days and fall on the beginning of a day. The last is the end of the promised day. A mark that lies before the request
was there, as of a short period or of one that came in late, is passed over by whoever asks for the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from dsr.deadlines import WorkCalendar, add_business_days, business_days_before, day_ends

WORD_EVERY = 5
"""Business days after which somebody whose answer is late hears from us again."""
_A_DAY = timedelta(days=1)


class Mark(StrEnum):
    """How far the time for an answer has run when staff are warned."""

    HALF = "half"
    THREE_QUARTERS = "three_quarters"
    FIVE_DAYS = "five_days"
    TWO_DAYS = "two_days"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Look:
    """One mark and its instant."""

    mark: Mark
    at: datetime


def looks(received: datetime, due_on: date, zone: str, calendar: WorkCalendar) -> tuple[Look, ...]:
    """Every mark of a request, in order of time; of several at once the most pressing is last."""
    due_at = day_ends(due_on, zone)
    whole = due_at - received
    found = [
        Look(Mark.HALF, received + whole / 2),
        Look(Mark.THREE_QUARTERS, received + whole * 3 / 4),
        Look(Mark.FIVE_DAYS, day_begins(business_days_before(due_on, 5, calendar), zone)),
        Look(Mark.TWO_DAYS, day_begins(business_days_before(due_on, 2, calendar), zone)),
    ]
    # Where less than nothing is left, as of what is told on a day before its own, nothing comes after the date itself.
    return (*sorted((each for each in found if each.at < due_at), key=lambda each: each.at), Look(Mark.MISSED, due_at))


def following(found: Sequence[Look], at: datetime) -> Look:
    """The first mark after an instant; the date itself where that is past as well."""
    return next((each for each in found if each.at > at), found[-1])


def reached(found: Sequence[Look], at: datetime) -> Look | None:
    """The last mark that has come; None before the first."""
    return next((each for each in reversed(found) if each.at <= at), None)


def next_word(due_on: date, today: date, calendar: WorkCalendar) -> date:
    """By when somebody whose answer is late hears from us again: every five business days from the day after.

    It follows from the dates alone, so the letter and the page name the same day whenever either is written.
    """
    day = due_on + _A_DAY
    while day <= today:
        day = add_business_days(day, WORD_EVERY, calendar)
    return day


def day_begins(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which ``day`` begins in ``zone``."""
    return day_ends(day - _A_DAY, zone)
