"""The dates of a request as rows: worked out from what happened and the pinned rule, kept, and worked out anew."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings

from dsr import demands, reckoning
from dsr.deadlines import day_ends
from dsr.models import Deadline, DeadlineKind, Event, SubjectRequest, Submission
from dsr.reckoning import Due
from dsr.rules import Clock, ClockKind, marks

_KINDS = {
    ClockKind.ACKNOWLEDGE: DeadlineKind.ACKNOWLEDGE,
    ClockKind.RESPOND: DeadlineKind.RESPOND,
    ClockKind.EFFECT: DeadlineKind.RESPOND,
    ClockKind.FEE_REPLY: DeadlineKind.FEE_REPLY,
}
_A_DAY = timedelta(days=1)
NEXT_WORD = "next_word"
"""What a watch waits for once the date is missed; before, it is a mark."""


def deadlines(request: SubjectRequest, found: Iterable[Clock], zone: str) -> list[Deadline]:
    """Return unsaved rows for the dates that the clocks give."""
    return [
        Deadline(
            submission=request.submission,
            request=request,
            kind=_KINDS[clock.kind],
            due_at=_due_at(clock, zone),
            regime=clock.regime,
            rule=clock.rule,
        )
        for clock in found
        if clock.kind in _KINDS
    ]


def _due_at(clock: Clock, zone: str) -> datetime:
    """When the date of a clock is over; for what we send by ourselves, when its last day begins."""
    ends = day_ends(clock.promised, zone)
    return ends - _A_DAY if clock.kind is ClockKind.ACKNOWLEDGE else ends


def stamp(request: SubjectRequest, due: Due) -> bool:
    """Put the governing date on a request. Returns whether anything is different."""
    before = (request.due_on, request.due_at, request.regime, request.last_on, request.waits_for)
    request.due_on, request.due_at, request.regime = due.on, due.at, due.regime
    request.last_on, request.waits_for = due.last_on, due.waits_for
    return before != (due.on, due.at, due.regime, due.last_on, due.waits_for)


def recount(request: SubjectRequest, at: datetime, history: Iterable[Event], *, rows_too: bool = False) -> bool:
    """Work the dates of a request out anew and set its open rows. Returns whether the request is different.

    ``history`` ends with what has just happened. Rows are left alone where that moves no date, unless ``rows_too``.
    Where other rules stand in for those that cannot be read, so is the date on the request: it was promised.
    Inside the transaction that holds the submission, which saves the request.
    """
    zone = request.submission.zone
    events = [each.event for each in reckoning.happened(request, history)]
    found = reckoning.reckon_of(request, events)
    earlier = [] if rows_too else reckoning.reckon_of(request, events[:-1] or events)
    if _dates(found) != _dates(earlier):
        _set_rows(request, deadlines(request, found, zone), at)
    elif reckoning.stands_in(request.submission):
        return False
    different = stamp(request, reckoning.governing(found, zone))
    if different:
        watch_anew(request, at)
    return different


def _dates(found: Iterable[Clock]) -> set[tuple[str, str, date, str]]:
    return {(clock.kind, clock.regime, clock.promised, clock.rule) for clock in found if clock.kind in _KINDS}


def _set_rows(request: SubjectRequest, wanted: Iterable[Deadline], at: datetime) -> None:
    """Bring the rows of the clocks in line: set what is open, add what is missing, end what no law asks any more."""
    kinds = set(_KINDS.values())
    rows = Deadline.objects.filter(request=request, kind__in=kinds, ordinal=0)
    present = {(row.kind, row.regime): row for row in rows}
    fresh, changed = [], []
    for row in wanted:
        old = present.pop((str(row.kind), row.regime), None)
        if old is None:
            fresh.append(row)
        elif (old.due_at, old.rule) != (row.due_at, row.rule) and (old.done_at is None or old.kind != "acknowledge"):
            old.due_at, old.rule, old.done_at, old.claimed_until = row.due_at, row.rule, None, None
            changed.append(old)
    over = [row.pk for row in present.values() if row.done_at is None]
    if fresh:
        Deadline.objects.bulk_create(fresh)
    if changed:
        Deadline.objects.bulk_update(changed, ("due_at", "rule", "done_at", "claimed_until"))
    if over:
        Deadline.objects.filter(pk__in=over).update(done_at=at)


def waiting_ends(request: SubjectRequest, started: datetime) -> datetime:
    """Return when we stop waiting for the identity.

    A law that names its days is taken at its word. Where the clock runs on, it is before the answer is due, so that
    the answer is in time; a law that lets a request be denied gives the person all of that time (11 CCR 7021(b)).
    """
    end = demands.end_of(request)
    ends = started + timedelta(days=end.closes_after or settings.LAPSE_AFTER_DAYS)
    last = request.due_at - _A_DAY
    if request.waits_for or last <= started + _A_DAY:
        return ends
    return last if end.word == "denied" else min(ends, last)


LAPSES = (DeadlineKind.LAPSE_WARNING, DeadlineKind.LAPSE)


def lapse(submission: Submission, request: SubjectRequest, started: datetime) -> list[Deadline]:
    """Return unsaved rows: when we warn, and when we stop waiting for the identity."""
    ends = waiting_ends(request, started)
    warns = max(started + _A_DAY, ends - timedelta(days=settings.LAPSE_WARNING_DAYS))
    return [
        Deadline(submission=submission, request=request, kind=DeadlineKind.LAPSE_WARNING, due_at=warns),
        Deadline(submission=submission, request=request, kind=DeadlineKind.LAPSE, due_at=ends),
    ]


def watch(request: SubjectRequest, at: datetime) -> Deadline:
    """Return an unsaved row for the next time that somebody looks whether the answer will be in time."""
    look = marks.following(reckoning.looks(request), at)
    return Deadline(
        submission=request.submission, request=request, kind=DeadlineKind.WATCH, due_at=look.at, rule=str(look.mark)
    )


def watch_anew(request: SubjectRequest, at: datetime) -> None:
    """Set the row that watches a request to the dates as they are now.

    One that stands at the next word about a missed date stays there, or the miss would be told of once more.
    """
    fresh = watch(request, at)
    rows = Deadline.objects.filter(request=request, kind=DeadlineKind.WATCH, regime="", ordinal=0)
    if fresh.due_at <= at and rows.filter(done_at=None, rule=NEXT_WORD).exists():
        return
    set_back = {"due_at": fresh.due_at, "rule": fresh.rule, "done_at": None, "claimed_until": None, "attempts": 0}
    if not rows.update(**set_back):
        fresh.save(force_insert=True)


def build_now(request: SubjectRequest, at: datetime) -> Deadline:
    """Return an unsaved row that has the answer built at once."""
    return Deadline(submission=request.submission, request=request, kind=DeadlineKind.BUILD, due_at=at)


def look_now(submission: Submission, at: datetime) -> bool:
    """Have the systems asked anew who is known; False where no date was ever set for it."""
    rows = Deadline.objects.filter(submission=submission, kind=DeadlineKind.LOOK)
    return bool(rows.update(due_at=at, done_at=None, claimed_until=None, attempts=0))


def look_at_evidence(submission: Submission, due_at: datetime) -> None:
    """Have the sweep look then which documents of a submission go; there is one such date for each."""
    date = Deadline.objects.filter(submission=submission, kind=DeadlineKind.EVIDENCE)
    if not date.update(due_at=due_at, done_at=None, claimed_until=None, attempts=0):
        Deadline.objects.create(submission=submission, kind=DeadlineKind.EVIDENCE, due_at=due_at)


def run_on(request: SubjectRequest, ended_at: datetime | None, at: datetime) -> None:
    """Have the dates hold again that ended only because the request did, and watch them."""
    ended = Deadline.objects.filter(request=request, kind__in=set(_KINDS.values()), done_at=ended_at)
    ended.update(done_at=None, claimed_until=None, attempts=0)
    watch_anew(request, at)


def still_open(deadline: Deadline) -> bool:
    """Whether nobody has met a deadline yet. To be asked while the submission is held."""
    return Deadline.objects.filter(pk=deadline.pk, done_at__isnull=True).exists()


def set_back(request: SubjectRequest, kind: DeadlineKind, due_at: datetime) -> None:
    """Have one kind of thing happen at an instant: a new row, or the earlier one set to it."""
    rows = Deadline.objects.filter(request=request, kind=kind, regime="", ordinal=0)
    if not rows.update(due_at=due_at, done_at=None, claimed_until=None, attempts=0):
        Deadline.objects.create(submission=request.submission, request=request, kind=kind, due_at=due_at)


def build_soon(request: SubjectRequest, at: datetime) -> None:
    """Have the answer built: a new row, or the earlier one set back when the answer is built anew.

    Inside the transaction that holds the submission, so nobody else does it meanwhile.
    """
    set_back(request, DeadlineKind.BUILD, at)
