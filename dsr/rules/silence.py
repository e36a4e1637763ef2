"""When silence after a notice comes to count as approval, and until when: pure, with the reason for every day.

Only a notice that reached somebody starts anything, so one that came back is none. Whatever is answered comes before
silence, whenever it comes: an opt-out within the wait or after it, and one from before the notice. Both are for those
who keep the choices; here are the days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from dsr.deadlines import Period, Reason, Segment, Unit, WorkCalendar, add_months, reckon
from dsr.rules.problems import NotInRules
from dsr.rules.schema.periods import NoticeRule

Medium = Literal["email", "post"]
MEDIA: tuple[Medium, ...] = get_args(Medium)
_ONE_DAY = timedelta(days=1)
# The wait is in calendar days, so no holiday matters.
_NO_HOLIDAYS = WorkCalendar("", "", "UTC", date.min, date.max)


@dataclass(frozen=True, slots=True)
class Silence:
    """What follows from silence after one notice.

    ``runs_out`` is the last day of the wait and ``first_use`` the first on which silence is an approval. It is one up
    to ``next_notice_due``, the last day to send the notice again. ``segments`` cover every day from sending to
    ``runs_out``.
    """

    sent: date
    medium: Medium
    runs_out: date
    first_use: date
    next_notice_due: date
    segments: tuple[Segment, ...]
    source: str
    confidence: str

    def approves(self, on: date) -> bool:
        """Whether silence is an approval on ``on``; a repetition that is late leaves none."""
        return self.first_use <= on <= self.next_notice_due

    def as_dict(self) -> dict[str, object]:
        """For programs: ISO days, the reasons, and where they stand."""
        return {
            "sent": self.sent.isoformat(),
            "medium": self.medium,
            "runs_out": self.runs_out.isoformat(),
            "first_use": self.first_use.isoformat(),
            "next_notice_due": self.next_notice_due.isoformat(),
            "segments": [segment.as_dict() for segment in self.segments],
            "source": self.source,
            "confidence": self.confidence,
        }


def silence_after(rule: NoticeRule, sent: date, medium: Medium) -> Silence:
    """What follows from silence after a notice that was sent on ``sent``, a day in the sender's own time zone.

    Raises NotInRules for a medium by which such a notice cannot be given.
    """
    started = _starts(rule, sent, medium)
    counted = reckon(started, Period(rule.wait_days, Unit.DAY), _NO_HOLIDAYS, rule.source)
    segments = counted.segments
    if started > sent:
        args = {"n": (started - sent).days}
        segments = (Segment(sent, started - _ONE_DAY, False, Reason.IN_THE_POST, rule.source, args), *segments)
    return Silence(
        sent=sent,
        medium=medium,
        runs_out=counted.due,
        first_use=counted.due + _ONE_DAY,
        next_notice_due=add_months(sent, rule.again_months),
        segments=segments,
        source=rule.source,
        confidence=rule.confidence,
    )


def _starts(rule: NoticeRule, sent: date, medium: Medium) -> date:
    """The day from which the wait is counted, itself not in it."""
    waits = {row.medium: row.starts_after_days for row in rule.media}
    if medium not in waits:
        raise NotInRules(f"a notice cannot be given by {medium!r}; known are {', '.join(sorted(waits))}")
    return sent + timedelta(days=waits[medium])
