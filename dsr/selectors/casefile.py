"""Everything staff see of one request, read in a constant number of statements."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import OuterRef, Q, Subquery, UUIDField

from dsr.caselife import CaseState
from dsr.lifecycle import COMPLAINTS
from dsr.models import (
    Argument,
    CaseLink,
    Certificate,
    CorrectionItem,
    Deadline,
    Enquiry,
    Event,
    Finding,
    Kept,
    LedgerEntry,
    OutsideReference,
    Package,
    Post,
    Remedy,
    Restriction,
    Step,
    StepState,
    SubjectRequest,
    Task,
    TaskState,
    Weighing,
    Withholding,
    WorksheetFile,
)
from dsr.rights import Right
from dsr.rules import pack
from dsr.selectors.earlier import Earlier, earlier
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
    arguments: list[Argument]
    """What was put on record for the grounds that are used now."""
    earlier: list[Earlier]
    """Earlier requests of the same person, where a ground speaks of them."""
    ledger: list[LedgerEntry]
    posts: list[Post]
    events: list[Event]
    deadlines: list[Deadline]
    packages: list[Package]
    letters: list[Message]
    staff: dict[int, User]
    """Colleagues named in the history, by primary key."""
    acts: "Acts"
    contest: "Contest"

    @property
    def categories(self) -> list[str]:
        """The data categories that the systems asked can hold."""
        return sorted({category for step in self.steps for category in step.system.categories})

    @property
    def stuck(self) -> list[Step | Task]:
        """The steps and tasks that need a decision."""
        stuck_steps = [step for step in self.steps if step.state == StepState.STUCK]
        return [*stuck_steps, *(task for task in self.acts.tasks if task.state == TaskState.STUCK)]


@dataclass(frozen=True, slots=True)
class Acts:
    """What is done in the systems, for rights that are answered by doing something; nothing for others."""

    tasks: list[Task] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    items: list[CorrectionItem] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    weighings: list[Weighing] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Contest:
    """What was asked, found and promised about a complaint; nothing for anything else."""

    enquiries: list[Enquiry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    remedies: list[Remedy] = field(default_factory=list)
    outside: list[OutsideReference] = field(default_factory=list)
    """Where it went beside us."""


def find(request_id: UUID) -> SubjectRequest | None:
    """Return a request with what its policies and its header need, and the open case of an authority about it."""
    asked = (
        CaseLink.objects.filter(submission=OuterRef("submission"))
        .exclude(case__state=str(CaseState.CLOSED))
        .order_by("at", "id")
    )
    return (
        SubjectRequest.objects.select_related(
            "submission__data_key", "assignee", "prepared_by", "approved_by", "investigator", "about"
        )
        .annotate(authority_case=Subquery(asked.values("case_id")[:1], output_field=UUIDField()))
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
    arguments = list(request.arguments.filter(replaced_at=None).select_related("by"))
    for argument in arguments:
        argument.request = request
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
        arguments=arguments,
        earlier=earlier(request) if _speaks_of_repetition(request, withholdings) else [],
        ledger=list(request.ledger.select_related("system")),
        posts=posts,
        events=events,
        deadlines=list(Deadline.objects.filter(Q(request=request) | Q(submission=submission, request=None))),
        packages=list(request.packages.order_by("-number")),
        letters=letters,
        staff=_colleagues(events),
        acts=_acts(request),
        contest=_contest(request),
    )


def _speaks_of_repetition(request: SubjectRequest, withholdings: Iterable[Withholding]) -> bool:
    used = {request.refusal_ground, *(row.ground for row in withholdings if row.lifted_at is None)}
    return any(pack().refusals[ground].repeats for ground in used if ground in pack().refusals)


def _contest(request: SubjectRequest) -> Contest:
    if request.right not in COMPLAINTS:
        return Contest()
    found = Contest(
        list(request.enquirys.select_related("by").order_by("number")),
        list(request.findings.select_related("by").order_by("number")),
        list(request.remedys.select_related("by", "owner").order_by("number")),
        list(request.outsidereferences.select_related("by", "owner").order_by("number")),
    )
    for row in (*found.enquiries, *found.findings, *found.remedies, *found.outside):
        row.request = request
    return found


def _acts(request: SubjectRequest) -> Acts:
    objection = request.right == Right.OBJECTION
    if not (request.spec.acts or objection):
        return Acts()
    tasks = list(
        request.tasks.select_related("system", "decided_by")
        .prefetch_related("files")
        .order_by("made_at", "system__key", "ordinal")
    )
    items = list(request.items.select_related("decided_by")) if request.right == Right.CORRECTION else []
    for task in tasks:
        task.request = request
        for file in task.files.all():
            file.task = task
    for item in items:
        item.request = request
    weighings = list(request.weighings.select_related("by")) if objection else []
    for weighing in weighings:
        weighing.request = request
    deletion, restriction = request.right == Right.DELETION, objection or request.right == Right.RESTRICTION
    return Acts(
        tasks=tasks,
        kept=list(request.kept.select_related("system")) if deletion else [],
        restrictions=list(request.restrictions.select_related("system")) if restriction else [],
        items=items,
        certificates=[] if objection else list(request.certificates.defer("document")),
        weighings=weighings,
    )


def _colleagues(events: Iterable[Event]) -> dict[int, User]:
    named = {int(event.actor_id) for event in events if event.actor_id.isdigit()}
    named |= {event.data["assignee"] for event in events if isinstance(event.data.get("assignee"), int)}
    return {user.pk: user for user in get_user_model().objects.filter(pk__in=named)}


_Texts = (
    Post | Withholding | Argument | Step | Task | WorksheetFile | CorrectionItem | SubjectRequest
    | Enquiry | Finding | Remedy | OutsideReference
)  # fmt: skip


def text_of(row: _Texts, name: str) -> str:
    """Return a sealed text of a row, or "" once the person was forgotten."""
    try:
        return row.open(name)
    except Forgotten:
        return ""
