"""Filings as far as their clocks need them, however many there are: a batch at a time, three statements for each.

No personal value is read, and no more than a batch is ever held.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from dsr.lifecycle import State
from dsr.models import Event, SubjectRequest, Submission
from dsr.reckoning import KINDS

BATCH = 500
ANSWERED = (State.READY, State.CLOSED)
_SUBMISSION = (
    *("id", "reference", "received_at", "country", "region", "zone"),
    *("notice_id", "notice_version", "rules_version", "regimes"),
)
_REQUEST = ("id", "submission_id", "right", "state", "regime", "due_on", "about_id")
_EVENT = ("id", "submission_id", "request_id", "seq", "verb", "at", "data")


@dataclass(frozen=True, slots=True)
class Filed:
    """One submission, its requests, and of its history what clocks count, oldest first."""

    submission: Submission
    requests: tuple[SubjectRequest, ...]
    history: tuple[Event, ...]


def since(received: datetime | None) -> QuerySet[Submission]:
    """What came in at an instant or later; everything where none is given."""
    found = Submission.objects.all()
    return found if received is None else found.filter(received_at__gte=received)


def unanswered(found: QuerySet[Submission]) -> QuerySet[Submission]:
    """Of these, what holds a request that still waits for its answer."""
    waiting = SubjectRequest.objects.filter(submission=OuterRef("pk")).exclude(state__in=ANSWERED)
    return found.filter(Exists(waiting))


def stream(found: QuerySet[Submission], *, batch: int = BATCH) -> Iterator[Filed]:
    """Yield submissions with what their clocks need, in the order in which they came in.

    Each batch begins where the last one ended, so that no cursor is held open and each may be changed meanwhile.
    """
    rows = found.order_by("received_at", "id").only(*_SUBMISSION)
    after = Q()
    while page := list(rows.filter(after)[:batch]):
        yield from _filled(page)
        at = page[-1].received_at
        after = Q(received_at__gte=at) & (Q(received_at__gt=at) | Q(id__gt=page[-1].pk))


def _filled(page: Collection[Submission]) -> Iterator[Filed]:
    keys = [submission.pk for submission in page]
    requests: dict[UUID, list[SubjectRequest]] = defaultdict(list)
    for request in SubjectRequest.objects.filter(submission_id__in=keys).order_by("id").only(*_REQUEST):
        requests[request.submission_id].append(request)
    history: dict[UUID, list[Event]] = defaultdict(list)
    events = Event.objects.filter(submission_id__in=keys, verb__in=KINDS)
    for event in events.order_by("submission_id", "seq").only(*_EVENT):
        history[event.submission_id].append(event)
    for submission in page:
        own = {request.pk: request for request in requests[submission.pk]}
        for request in own.values():
            request.submission = submission
            if request.about_id in own:
                request.about = own[request.about_id]
        yield Filed(submission, tuple(requests[submission.pk]), tuple(history[submission.pk]))
