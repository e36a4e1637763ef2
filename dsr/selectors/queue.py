"""The review queue: what waits, for whom and until when, and how one request is found again.

Every count is capped, so that what it costs follows from the cap and not from the size of the table.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from dsr import ids
from dsr.lifecycle import State, Turn
from dsr.models import (
    ChangeState,
    HoldState,
    LegalHold,
    OutsideReference,
    RetentionChange,
    Signal,
    Step,
    StepState,
    SubjectRequest,
    Submission,
    Task,
    TaskKind,
    TaskState,
)
from notifications import sealing
from notifications.models import TROUBLE, Message

CAP = 1000
"""Where a count stops: "1000 or more" is all that anybody needs to know."""
SOON = timedelta(days=7)
ANSWERED = (str(State.READY), str(State.CLOSED))
_MOST_FOUND = 200
_COLUMNS = ("email", "phone", "account")
_FINGERPRINT = re.compile(r"[A-Za-z0-9]{1,16}:[0-9a-f]{64}")
_PHONE = re.compile(r"\+?[\d\s().\-/]{6,25}")
_LOOK_ALIKES = str.maketrans("ZSGB", "2568")
"""Symbols that no reference holds, and the only one of ours that each could be meant for."""

Requests = QuerySet[SubjectRequest]
Holds = QuerySet[LegalHold]


def rows() -> Requests:
    """Return requests as the queue shows them, without what is sealed: first what must be started first.

    Not what is due first: a search that takes a week is more pressing than an approval that is due the day before.
    """
    return (
        SubjectRequest.objects.select_related("submission", "assignee")
        .only(
            "id", "right", "state", "outcome", "turn", "regime", "due_at", "due_on", "slack_at", "ready_at",
            "closed_at", "proposal", "question_at", "waits_for", "submission__reference", "submission__zone",
            "submission__stopped_at", "submission__held_until",
            "assignee__username", "assignee__first_name", "assignee__last_name",
        )
        .order_by("slack_at", "id")
    )  # fmt: skip


def keys(requests: Requests) -> list[UUID]:
    """Return the primary keys of a page. Without the joins that its rows need, any plan for it is a cheap one."""
    return list(requests.values_list("pk", flat=True))


def page(request_ids: Sequence[UUID]) -> list[SubjectRequest]:
    """Return the rows of a page, in the order of their keys, each with the day on which an outside body is answered."""
    outside = OutsideReference.objects.filter(request=OuterRef("pk"), ended_on=None, due_on__isnull=False)
    first = Subquery(outside.order_by("due_on").values("due_on")[:1])
    found = {row.pk: row for row in rows().filter(pk__in=request_ids).annotate(outside_on=first).order_by()}
    return [found[pk] for pk in request_ids if pk in found]


def still_open(requests: Requests) -> Requests:
    """Narrow down to what is not closed."""
    return requests.exclude(state=str(State.CLOSED))


def unanswered(requests: Requests) -> Requests:
    """Narrow down to what still has to be answered. An answer that waits to be collected has been given."""
    return still_open(requests).exclude(state=str(State.READY))


def is_overdue(request: SubjectRequest, at: datetime) -> bool:
    """Say whether a request should have been answered by now. While its clock stands still it need not."""
    return request.state not in ANSWERED and not request.waits_for and request.due_at <= at


def overdue(requests: Requests, at: datetime) -> Requests:
    """Narrow down to what should have been answered by now."""
    return unanswered(requests).filter(due_at__lte=at, waits_for="")


def due_soon(requests: Requests, at: datetime) -> Requests:
    """Narrow down to what falls due within a week."""
    return unanswered(requests).filter(due_at__gt=at, due_at__lt=at + SOON)


def standing_still(requests: Requests) -> Requests:
    """Narrow down to what waits for an answer that keeps the governing clock from running."""
    return unanswered(requests).exclude(waits_for="")


def waiting_for(requests: Requests, turn: Turn) -> Requests:
    """Narrow down to what waits for somebody."""
    return still_open(requests).filter(turn=str(turn))


def of(requests: Requests, user_id: int | None) -> Requests:
    """Narrow down to what one colleague has, or, with None, what nobody has."""
    return still_open(requests).filter(assignee_id=user_id)


def waiting_for_check(requests: Requests) -> Requests:
    """Narrow down to what waits for somebody who checks who is asking, or whether they may ask for another."""
    return requests.filter(state=str(State.VERIFYING), turn=str(Turn.STAFF))


def stopped(requests: Requests) -> Requests:
    """Narrow down to what somebody on file has stopped."""
    return still_open(requests).filter(submission__stopped_at__isnull=False)


def held(requests: Requests, at: datetime) -> Requests:
    """Narrow down to what may not be handed over yet."""
    return still_open(requests).filter(submission__held_until__gt=at)


def with_signals(requests: Requests) -> Requests:
    """Narrow down to what has a signal that nobody has looked into."""
    # Looked up for each open request, so that it follows what is open and not how many signals there ever were.
    seen = Signal.objects.filter(submission=OuterRef("submission"), cleared_at=None)
    return still_open(requests).filter(Exists(seen))


def with_stuck_system(requests: Requests) -> Requests:
    """Narrow down to what a system keeps from going on until somebody decides, after the end of a request, too."""
    steps = Step.objects.filter(state=StepState.STUCK).order_by().values("request_id")
    tasks = Task.objects.filter(state=TaskState.STUCK).order_by().values("request_id")
    # After the end no list of open requests shows that the owner of a system has not answered in time.
    ended = Q(request__state=str(State.CLOSED), request__turn=str(Turn.STAFF))
    silent = Task.objects.filter(ended, state=TaskState.WITH_OWNER).order_by().values("request_id")
    return requests.filter(pk__in=steps.union(tasks, silent))


def at_outside_body(requests: Requests) -> Requests:
    """Narrow down to complaints that an outside body has, after our own answer, too."""
    return requests.filter(pk__in=OutsideReference.objects.filter(ended_on=None).values("request_id"))


def with_reappeared(requests: Requests) -> Requests:
    """Narrow down to closed ones of which something that was erased is there again."""
    again = Task.objects.filter(state=TaskState.STUCK, kind=TaskKind.RECHECK).order_by().values("request_id")
    return requests.filter(pk__in=again)


def holds_for_second(holds: Holds) -> Holds:
    """Narrow down to legal holds that wait for a second person: to be confirmed, or to be lifted."""
    lifting = Q(state=HoldState.IN_FORCE, lifting_by__isnull=False)
    return holds.filter(Q(state=HoldState.PROPOSED) | lifting)


def holds_to_review(holds: Holds, at: datetime) -> Holds:
    """Narrow down to legal holds whose day to be looked at has come."""
    return holds.filter(state__in=(HoldState.PROPOSED, HoldState.IN_FORCE), review_on__lte=at.date())


def count(queryset: QuerySet[Any]) -> int:
    """Count up to the cap and one more, which stands for "more"."""
    return queryset.order_by().values("pk")[: CAP + 1].count()


@dataclass(frozen=True, slots=True)
class Searched:
    """How far the systems have come with one request; ``stuck`` where one of them needs a decision."""

    answered: int = 0
    asked: int = 0
    stuck: int = 0


def searched(request_ids: Iterable[UUID]) -> dict[UUID, Searched]:
    """Return how far the search has come, and whether carrying it out is stuck, for many requests in two statements."""
    keys_here = list(request_ids)
    counted = (
        Step.objects.filter(request_id__in=keys_here)
        .order_by()
        .values_list("request_id")
        .annotate(
            answered=Count("pk", filter=Q(state=StepState.DONE)),
            asked=Count("pk"),
            stuck=Count("pk", filter=Q(state=StepState.STUCK)),
        )
    )
    found = {pk: Searched(answered, asked, stuck) for pk, answered, asked, stuck in counted}
    tasks = Task.objects.filter(request_id__in=keys_here, state=TaskState.STUCK).order_by()
    for pk in set(tasks.values_list("request_id", flat=True)):
        found[pk] = replace(found.get(pk, Searched()), stuck=1)
    return found


@dataclass(frozen=True, slots=True)
class Figures:
    """What a member of staff sees first: how much of what waits. Each stops at ``CAP + 1``."""

    mine: int
    unassigned: int
    overdue: int
    due_soon: int
    waiting_for_person: int
    stuck: int
    reappeared: int
    failed_mail: int


def figures(user_id: int | None, at: datetime) -> Figures:
    """Count what waits, in one statement each."""
    requests = SubjectRequest.objects.all()
    return Figures(
        mine=count(of(requests, user_id)),
        unassigned=count(waiting_for(of(requests, None), Turn.STAFF)),
        overdue=count(overdue(requests, at)),
        due_soon=count(due_soon(requests, at)),
        waiting_for_person=count(waiting_for(requests, Turn.PERSON)),
        stuck=count(with_stuck_system(requests)),
        reappeared=count(with_reappeared(requests)),
        failed_mail=count(Message.objects.filter(state__in=TROUBLE, noted_at=None)),
    )


@dataclass(frozen=True, slots=True)
class Guarded:
    """What waits for those who set legal holds and keep the retention schedule."""

    second: int
    review: int
    changes: int


def guarded(at: datetime) -> Guarded:
    """Count what waits beside requests, in one statement each."""
    holds = LegalHold.objects.all()
    return Guarded(
        second=count(holds_for_second(holds)),
        review=count(holds_to_review(holds, at)),
        changes=count(RetentionChange.objects.filter(state=ChangeState.PROPOSED)),
    )


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for: a reference, or fingerprints by the column they are kept in. Nothing personal."""

    reference: str = ""
    fingerprints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.reference or self.fingerprints)

    def as_text(self) -> str:
        """Write it so that it may stand in an address: fingerprints are keyed, so nobody can guess them back."""
        return ";".join(f"{column}={','.join(prints)}" for column, prints in self.fingerprints.items())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what ``as_text`` wrote. Anything else is nothing."""
        found: dict[str, tuple[str, ...]] = {}
        for part in text.split(";")[: len(_COLUMNS)]:
            column, _, listed = part.partition("=")
            prints = tuple(each for each in listed.split(",")[:16] if _FINGERPRINT.fullmatch(each))
            if column in _COLUMNS and prints:
                found[column] = prints
        return cls(fingerprints=found)


def seek(text: str) -> Sought:
    """Work out from its shape what a text can be: a reference, or exactly one person's address, number or account.

    Case, spaces and dashes in a reference do not matter, nor does a Z typed for a 2, an S for a 5, a G for a 6 or a B
    for an 8. An address, number or account must be given whole; there is no search by part of one.
    """
    text = text.strip()
    reference = cleaned_reference(text)
    if reference:
        return Sought(reference=reference)
    if not text:
        return Sought()
    if "@" in text:
        kinds: tuple[str, ...] = ("email",)
    elif _PHONE.fullmatch(text):
        kinds = ("phone", "account")
    else:
        kinds = ("account",)
    return Sought(fingerprints={kind: tuple(sealing.fingerprints(kind, text)) for kind in kinds})


def cleaned_reference(text: str) -> str:
    """Return a reference in its canonical form, or "" when the text is none."""
    for attempt in (text, text.upper().translate(_LOOK_ALIKES)):
        if ids.is_reference(attempt):
            return ids.clean_reference(attempt)
    return ""


def found(requests: Requests, sought: Sought) -> Requests:
    """Narrow down to what is sought. The submissions are resolved first, so that no plan walks the queue for them."""
    if sought.reference:
        return requests.filter(submission__reference=sought.reference)
    matching: set[UUID] = set()
    for column, prints in sought.fingerprints.items():
        by_column = Submission.objects.filter(**{f"{column}_fingerprint__in": prints})
        matching.update(by_column.order_by().values_list("pk", flat=True)[:_MOST_FOUND])
    return requests.filter(submission_id__in=matching)
