"""The dates of a request: worked out from what happened and the pinned rule, kept as rows, and explained."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from dsr.deadlines import day_ends, local_date
from dsr.models import Deadline, DeadlineKind, Event, SubjectRequest, Submission
from dsr.rules import Clock, ClockEvent, ClockKind, EventKind, clocks, pack

_EVENT_KINDS = {"file": EventKind.RECEIVED}
"""Verbs of the history that a clock counts from. Pauses and extensions bring more of them."""
_KINDS = {
    ClockKind.ACKNOWLEDGE: DeadlineKind.ACKNOWLEDGE,
    ClockKind.RESPOND: DeadlineKind.RESPOND,
    ClockKind.EFFECT: DeadlineKind.RESPOND,
}


@dataclass(frozen=True, slots=True)
class Due:
    """When a request is due: the day in the controller's zone and its last instant, and the law that governs."""

    on: date
    at: datetime
    regime: str


def compute(submission: Submission, right: str, events: Iterable[tuple[EventKind, datetime]]) -> list[Clock]:
    """Return every clock of every law that applies, from what happened. Pure but for the rule files.

    A law that does not know the right has no clock for it; where none of them does, the organisation's own policy
    applies.
    """
    rules = pack()
    received = local_date(submission.received_at, submission.zone)
    notice = rules.notice(submission.notice_id, submission.notice_version)
    counted = [ClockEvent.at(kind, at, submission.zone) for kind, at in events]
    regimes = [regime for name in submission.regimes if (regime := rules.regime(name, received)).knows(right, received)]
    return [
        clock
        for regime in regimes or rules.regimes_for(right, submission.country, submission.region, received)
        for clock in clocks(regime, right, counted, calendar=rules.calendar_for(notice, regime))
    ]


def governing(found: Iterable[Clock], zone: str) -> Due:
    """Return the earliest answer that any law demands."""
    first = min((clock for clock in found if clock.kind.answers), key=lambda clock: clock.promised)
    return Due(first.promised, day_ends(first.promised, zone), first.regime)


def deadlines(request: SubjectRequest, found: Iterable[Clock], zone: str) -> list[Deadline]:
    """Return unsaved rows for the dates that the clocks give."""
    return [
        Deadline(
            submission=request.submission,
            request=request,
            kind=_KINDS[clock.kind],
            due_at=day_ends(clock.promised, zone),
            regime=clock.regime,
            rule=clock.rule,
        )
        for clock in found
        if clock.kind in _KINDS
    ]


def lapse(submission: Submission, request: SubjectRequest, started: datetime) -> list[Deadline]:
    """Return unsaved rows: when we warn, and when we stop waiting for the identity."""
    ends = started + timedelta(days=settings.LAPSE_AFTER_DAYS)
    warns = ends - timedelta(days=settings.LAPSE_WARNING_DAYS)
    return [
        Deadline(submission=submission, request=request, kind=DeadlineKind.LAPSE_WARNING, due_at=warns),
        Deadline(submission=submission, request=request, kind=DeadlineKind.LAPSE, due_at=ends),
    ]


def build_now(request: SubjectRequest, at: datetime) -> Deadline:
    """Return an unsaved row that has the answer built at once."""
    return Deadline(submission=request.submission, request=request, kind=DeadlineKind.BUILD, due_at=at)


def build_soon(request: SubjectRequest, at: datetime) -> None:
    """Have the answer built: a new row, or the earlier one set back when the answer is built anew.

    Inside the transaction that holds the submission, so nobody else does it meanwhile.
    """
    fresh = build_now(request, at)
    earlier = Deadline.objects.filter(request=request, kind=fresh.kind, regime="", ordinal=0)
    if not earlier.update(due_at=at, done_at=None, claimed_until=None, attempts=0):
        fresh.save(force_insert=True)


def counted(request: SubjectRequest, history: Iterable[Event] | None = None) -> list[tuple[int, EventKind, datetime]]:
    """Return what happened to a request and counts for its clocks: place in the history, kind and instant.

    ``history`` holds the events of the submission, in order, where the caller has read them already.
    """
    if history is None:
        rows = Event.objects.filter(submission_id=request.submission_id, verb__in=_EVENT_KINDS)
        history = rows.order_by("seq").only("seq", "verb", "at", "request_id")
    return [
        (event.seq, _EVENT_KINDS[event.verb], event.at)
        for event in history
        if event.verb in _EVENT_KINDS and event.request_id in (None, request.pk)
    ]


def explain(request: SubjectRequest, history: Iterable[Event] | None = None) -> list[Clock]:
    """Return every clock of a request, recomputed from its history: why each date is what it is."""
    return compute(request.submission, request.right, [(kind, at) for _seq, kind, at in counted(request, history)])
