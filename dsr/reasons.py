"""Why a run of days counts or does not, in sentences that every face of the service shows alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


class Reason(StrEnum):
    """Why a run of days counts or does not; the sentences are in ``SENTENCES``."""

    EVENT_DAY = "event_day"
    EVENT_DAY_COUNTS = "event_day_counts"
    AT_ONCE = "at_once"
    DAYS = "days"
    DAYS_BEGUN = "days_begun"
    BUSINESS_DAY = "business_day"
    BUSINESS_DAYS = "business_days"
    NOT_WORKING = "not_working"
    MONTHS = "months"
    MONTHS_WITH_THE_FIRST = "months_with_the_first"
    MONTHS_BEGUN = "months_begun"
    MONTH_IS_SHORTER = "month_is_shorter"
    ROLLED = "rolled"
    NOT_BEGUN_IDENTITY = "not_begun_identity"
    NOT_BEGUN_CLARIFICATION = "not_begun_clarification"
    NOT_BEGUN_FEE = "not_begun_fee"
    IN_THE_POST = "in_the_post"
    PAUSED_IDENTITY = "paused_identity"
    PAUSED_CLARIFICATION = "paused_clarification"
    PAUSED_FEE = "paused_fee"
    GOES_ON = "goes_on"
    CHOSEN = "chosen"


SENTENCES: Mapping[Reason, str | Promise] = {
    Reason.EVENT_DAY: _("The day of the event itself is not counted."),
    Reason.EVENT_DAY_COUNTS: _("The day of the event is day one."),
    Reason.AT_ONCE: _("This takes effect on the day itself."),
    Reason.DAYS: ngettext_lazy("%(n)d calendar day.", "%(n)d calendar days, weekends and holidays included.", "n"),
    Reason.DAYS_BEGUN: ngettext_lazy(
        "The first day of %(total)d calendar days.", "The first %(n)d of %(total)d calendar days.", "n"
    ),
    Reason.BUSINESS_DAY: _("Business day %(first)d of %(total)d."),
    Reason.BUSINESS_DAYS: _("Business days %(first)d to %(last)d of %(total)d."),
    Reason.NOT_WORKING: _("Not business days: %(names)s."),
    Reason.MONTHS: ngettext_lazy(
        "%(n)d calendar month, to the day with the same number.",
        "%(n)d calendar months, to the day with the same number.",
        "n",
    ),
    Reason.MONTHS_WITH_THE_FIRST: ngettext_lazy(
        "%(n)d calendar month that begins with that day.",
        "%(n)d calendar months that begin with that day.",
        "n",
    ),
    Reason.MONTHS_BEGUN: ngettext_lazy(
        "The first days of %(n)d calendar month.",
        "The first days of %(n)d calendar months.",
        "n",
    ),
    Reason.MONTH_IS_SHORTER: ngettext_lazy(
        "%(n)d calendar month; the last month has no such day, so its last day takes its place.",
        "%(n)d calendar months; the last month has no such day, so its last day takes its place.",
        "n",
    ),
    Reason.NOT_BEGUN_IDENTITY: _("The period had not begun: we were waiting for proof of identity."),
    Reason.NOT_BEGUN_CLARIFICATION: _("The period had not begun: we were waiting for an answer to our question."),
    Reason.NOT_BEGUN_FEE: _("The period had not begun: we were waiting to hear about the fee."),
    Reason.IN_THE_POST: ngettext_lazy(
        "On its way: what is sent like this counts from %(n)d day after it was sent.",
        "On its way: what is sent like this counts from %(n)d days after it was sent.",
        "n",
    ),
    Reason.PAUSED_IDENTITY: _("The clock stood still: we were waiting for proof of identity."),
    Reason.PAUSED_CLARIFICATION: _("The clock stood still: we were waiting for an answer to our question."),
    Reason.PAUSED_FEE: _("The clock stood still: we were waiting to hear about the fee."),
    Reason.GOES_ON: ngettext_lazy(
        "The clock runs again, for the %(n)d day that was left.",
        "The clock runs again, for the %(n)d days that were left.",
        "n",
    ),
    Reason.CHOSEN: _("The answer was put off to this day, which is within what the law allows."),
    Reason.ROLLED: _("The period would end on %(day)s. It ends on the next working day instead; left out: %(names)s."),
}


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days on which nobody works, each with the name of its holiday, or none for a day of the weekend."""

    days: tuple[tuple[date, str], ...]

    def __str__(self) -> str:
        return ", ".join(name or str(dateformat.format(day, "l")) for day, name in self.days)


def sentence(reason: Reason, args: Mapping[str, object]) -> str:
    """The reason as a sentence in the active language; days in ``args`` are written out."""
    told = {name: _long(value) if isinstance(value, date) else value for name, value in args.items()}
    return str(SENTENCES[reason] % told) if told else str(SENTENCES[reason])


def _long(day: date) -> str:
    return str(dateformat.format(day, "l j F Y"))
