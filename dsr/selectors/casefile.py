"""Everything staff see of one request, read in a constant number of statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Q

from dsr.models import (
    Deadline,
    Event,
    LedgerEntry,
    Package,
    Post,
    Step,
    StepState,
    SubjectRequest,
    Withholding,
)
from notifications import outbox
from notifications.models import Forgotten, Message

EVENTS_SHOWN = 300


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One request with what belongs to it. Rows about the same person share the one opened data key."""

    request: SubjectRequest
    siblings: list[SubjectRequest]
    steps: list[Step]
    withholdings: list[Withholding]
    ledger: list[LedgerEntry]
    posts: list[Post]
    events: list[Event]
    deadlines: list[Deadline]
    packages: list[Package]
    letters: list[Message]
    staff: dict[int, User]
    """Colleagues named in the history, by primary key."""

    @property
    def categories(self) -> list[str]:
        """The data categories that the systems asked can hold."""
        return sorted({category for step in self.steps for category in step.system.categories})

    @property
    def stuck(self) -> list[Step]:
        """The steps that need a decision."""
        return [step for step in self.steps if step.state == StepState.STUCK]


def find(request_id: UUID) -> SubjectRequest | None:
    """Return a request with what its policies and its header need."""
    return (
        SubjectRequest.objects.select_related("submission__data_key", "assignee", "prepared_by", "approved_by")
        .filter(pk=request_id)
        .first()
    )


def load(request: SubjectRequest) -> CaseFile:
    """Return all that belongs to a request that ``find`` found."""
    submission = request.submission
    steps = list(request.steps.select_related("system", "decided_by").prefetch_related("tries"))
    withholdings = list(request.withholdings.select_related("system", "by"))
    for step in steps:
        step.request = request
    for withholding in withholdings:
        withholding.request = request
    posts = list(submission.posts.select_related("author"))
    for post in posts:
        post.submission = submission
    letters = list(outbox.about(submission.pk).order_by("created_at"))
    for letter in letters:
        letter.data_key = submission.data_key
    events = list(submission.events.order_by("-seq")[:EVENTS_SHOWN])
    for event in events:
        event.submission = submission
    return CaseFile(
        request=request,
        siblings=list(submission.requests.exclude(pk=request.pk).defer("details_sealed", "reason_sealed")),
        steps=steps,
        withholdings=withholdings,
        ledger=list(request.ledger.select_related("system")),
        posts=posts,
        events=events,
        deadlines=list(Deadline.objects.filter(Q(request=request) | Q(submission=submission, request=None))),
        packages=list(request.packages.order_by("-number")),
        letters=letters,
        staff=_colleagues(events),
    )


def _colleagues(events: Iterable[Event]) -> dict[int, User]:
    named = {int(event.actor_id) for event in events if event.actor_id.isdigit()}
    named |= {event.data["assignee"] for event in events if isinstance(event.data.get("assignee"), int)}
    return {user.pk: user for user in get_user_model().objects.filter(pk__in=named)}


def text_of(row: Post | Withholding | Step | SubjectRequest, name: str) -> str:
    """Return a sealed text of a row, or "" once the person was forgotten."""
    try:
        return row.open(name)
    except Forgotten:
        return ""
