"""What a person sees of what they filed, read in a constant number of statements."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from dsr import demands
from dsr.lifecycle import COMPLAINTS, State
from dsr.models import (
    Certificate,
    CorrectionItem,
    Deadline,
    DeadlineKind,
    Direction,
    Event,
    Finding,
    LedgerEntry,
    OutsideReference,
    Package,
    Post,
    Remedy,
    Restriction,
    SubjectRequest,
    Submission,
    Weighing,
    Window,
    Withholding,
)
from dsr.models._sealed import SealedRow
from dsr.rights import SPECS, Right
from notifications.models import TROUBLE, Forgotten, Message
from verification import mail
from verification.models import Challenge

_OPENING = ("confirm_address", "received", "lapse_warning")
"""Kinds of the letters that a filing begins with."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What the pages around the confirmation of an address need to know."""

    submission: Submission
    requests: list[SubjectRequest]
    challenge: Challenge | None
    """The one whose link and code are valid now; None where no proof is asked for."""
    came_back: bool
    """The last mail could not be delivered."""

    @property
    def waits(self) -> bool:
        """Whether something waits for the address to be confirmed."""
        waiting = any(request.state == State.VERIFYING for request in self.requests)
        return waiting and demands.waits_for_mail(self.submission)

    @property
    def address(self) -> str:
        """Where the last mail about the confirmation went; "" once the person was forgotten."""
        try:
            return self.challenge.address() if self.challenge else self.submission.open("email")
        except Forgotten:
            return ""

    @property
    def due_on(self) -> date | None:
        """The first day on which an answer is due."""
        return min((request.due_on for request in self.requests), default=None)


def filed(submission_id: UUID) -> Filed | None:
    """Return what was filed; None when there is no such submission."""
    submission = Submission.objects.select_related("data_key").filter(pk=submission_id).first()
    if submission is None:
        return None
    states = Message.objects.filter(about=submission.pk, kind__in=_OPENING).order_by("-created_at", "-id")
    came_back = states.values_list("state", flat=True).first() in TROUBLE
    return Filed(submission, _requests(submission), mail.current(submission.pk), came_back)


@dataclass(frozen=True, slots=True)
class Sight:
    """One submission with everything that its tracker shows. Rows share the one opened data key."""

    submission: Submission
    requests: list[SubjectRequest]
    events: list[Event]
    posts: list[Post]
    packages: list[Package]
    ledger: list[LedgerEntry]
    withholdings: list[Withholding]
    dates: list[Deadline] = field(default_factory=list)
    """By when the person has to say something; the ones below, too, only where something is done in systems."""
    certificates: list[Certificate] = field(default_factory=list)
    items: list[CorrectionItem] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    """What each system still has to mind, where something was chosen."""
    weighings: list[Weighing] = field(default_factory=list)
    """What was decided about uses that were objected to."""
    findings: list[Finding] = field(default_factory=list)
    remedies: list[Remedy] = field(default_factory=list)
    """What was found and promised, where a complaint was answered."""
    outside: list[OutsideReference] = field(default_factory=list)
    """Where a complaint went beside us, so that nobody is sent there again."""


def see(submission_id: UUID) -> Sight | None:
    """Return all that belongs to a submission and is the person's to see; None when there is no such one."""
    submission = Submission.objects.select_related("data_key").filter(pk=submission_id).first()
    if submission is None:
        return None
    requests = _requests(submission)
    by_id = {request.pk: request for request in requests}
    posts = list(Post.objects.filter(submission=submission).exclude(direction=Direction.NOTE))
    withholdings = list(
        Withholding.objects.filter(request__submission=submission, lifted_at=None).select_related("system")
    )
    for post in posts:
        post.submission = submission
    for row in withholdings:
        row.request = by_id[row.request_id]
    return Sight(
        submission=submission,
        requests=requests,
        events=list(Event.objects.filter(submission=submission).order_by("seq")),
        posts=posts,
        packages=list(Package.objects.filter(request__submission=submission).defer("manifest").order_by("-number")),
        ledger=list(LedgerEntry.objects.filter(request__submission=submission).select_related("system")),
        withholdings=withholdings,
        windows=_windows(requests),
        **_done(submission, by_id) if any(map(_is_done, requests)) else {},
        weighings=_weighings(requests),
        **_answered(by_id),
    )


def _is_done(request: SubjectRequest) -> bool:
    """Whether something is done in the systems: an objection pauses the use of data there."""
    return request.spec.acts or request.right == Right.OBJECTION


def _weighings(requests: list[SubjectRequest]) -> list[Weighing]:
    """Return what was decided about objections; what is merely proposed is staff's own business."""
    decided = {each.pk: each for each in requests if each.right == Right.OBJECTION and each.approved_at is not None}
    rows = list(Weighing.objects.filter(request__in=decided).order_by("at", "id")) if decided else []
    for row in rows:
        row.request = decided[row.request_id]
    return rows


def _windows(requests: list[SubjectRequest]) -> list[Window]:
    chosen = [request.choice_id for request in requests if request.choice_id is not None]
    if not chosen:
        return []
    return list(Window.objects.filter(choice__in=chosen).select_related("system").order_by("system__name"))


def _answered(by_id: dict[UUID, SubjectRequest]) -> dict[str, Any]:
    """Return what was found and promised, of complaints that were answered: before, it is nobody's to see."""
    answered = [pk for pk, each in by_id.items() if each.right in COMPLAINTS and each.state == State.CLOSED]
    if not answered:
        return {}
    findings = list(Finding.objects.filter(request__in=answered).order_by("number"))
    remedies = list(Remedy.objects.filter(request__in=answered).order_by("number"))
    for row in (*findings, *remedies):
        row.request = by_id[row.request_id]
    outside = list(OutsideReference.objects.filter(request__in=answered))
    return {"findings": findings, "remedies": remedies, "outside": outside}


def _done(submission: Submission, by_id: dict[UUID, SubjectRequest]) -> dict[str, Any]:
    """Return what there is beside where something is done in the systems."""
    mine = {"request__submission": submission}
    items = list(CorrectionItem.objects.filter(**mine).order_by("number"))
    for item in items:
        item.request = by_id[item.request_id]
    return {
        "dates": list(Deadline.objects.filter(submission=submission, kind=DeadlineKind.CONFIRM_END, done_at=None)),
        "certificates": list(Certificate.objects.filter(**mine).defer("document").order_by("number")),
        "items": items,
        "restrictions": list(Restriction.objects.filter(**mine).select_related("system")),
    }


def request_of(submission_id: UUID, request_id: UUID) -> SubjectRequest | None:
    """Return one request of a submission; None for any other."""
    rows = SubjectRequest.objects.select_related("submission__data_key")
    return rows.filter(pk=request_id, submission_id=submission_id).first()


def text_of(row: SealedRow, name: str) -> str:
    """Return a sealed text of a row, or "" once the person was forgotten."""
    try:
        return row.open(name)
    except Forgotten:
        return ""


def _requests(submission: Submission) -> list[SubjectRequest]:
    order = list(SPECS)
    rows = SubjectRequest.objects.filter(submission=submission)
    requests = sorted(rows, key=lambda request: order.index(Right(request.right)))
    by_id = {request.pk: request for request in requests}
    for request in requests:
        request.submission = submission
        if request.about_id in by_id:
            request.about = by_id[request.about_id]
    return requests
