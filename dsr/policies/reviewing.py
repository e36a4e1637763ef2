"""Reviews of automated decisions: who may review, and when the record of a review is whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Subquery
from django.utils.translation import gettext as _

from dsr.deadlines import add_months, local_date
from dsr.errors import NotAllowed, WrongState
from dsr.lifecycle import Outcome
from dsr.models import (
    AutomatedDecision,
    Effect,
    Review,
    Reviewer,
    SubjectRequest,
    review_of,
)
from dsr.policies.base import Caller, need
from dsr.rights import Right
from notifications import sealing
from verification.evidence import readable
from verification.models import Purpose

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DECISION, INPUTS, NOTICE, REPRESENTATIONS, THREAD, OTHER = (
    "decision",
    "inputs",
    "notice",
    "representations",
    "thread",
    "other",
)
MATERIALS = (DECISION, INPUTS, NOTICE, REPRESENTATIONS, THREAD, OTHER)
"""What a reviewer can open: the first of them has to be opened in every review."""
DOCUMENT = "document"
"""What the person sent; each is opened by itself."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that the record of a review lacks, and what to do about it."""

    field: str
    sentence: str


def _review(request: SubjectRequest) -> Review:
    found = review_of(request)
    if found is None:
        raise WrongState(_("Nobody has said yet which decision this is about."), code="no-decision")
    return found


@need
def decision_linked(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody has found the decision that is meant."""
    if _review(request).concluded_at is not None:
        raise WrongState(_("Nobody has said yet which decision this is about."), code="no-decision")


@need
def review_not_taken(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nobody reviews it yet."""
    found = review_of(request)
    if found is not None and found.reviewer_id is not None and found.concluded_at is None:
        raise WrongState(_("A colleague reviews this already."), code="review-taken")


@need
def review_taken(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody reviews it."""
    if _review(request).reviewer_id is None:
        raise WrongState(_("Nobody reviews this yet."), code="review-not-taken")


@need
def is_reviewer(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Whoever acts is the one who reviews it."""
    review_taken(request, by, at)
    if by.user_id is None or by.user_id != _review(request).reviewer_id:
        raise NotAllowed(_("Only the reviewer of this decision does this."), code="not-the-reviewer")


@need
def not_the_reviewer(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Whoever changed the decision does not vouch for its effect."""
    if by.user_id is not None and by.user_id == _review(request).reviewer_id:
        raise NotAllowed(
            _("You changed this decision, so somebody else must record that it took effect."), code="four-eyes"
        )


@need
def independent_reviewer(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A trained human with power over the outcome, who had no part in the decision and is not near it.

    WP251rev.01, p. 21; 11 CCR 7222(b); Regulation (EU) 2022/2065 Art 20(6)
    """
    review = _review(request)
    if by.user is None:
        raise NotAllowed(_("Only a person may review what a machine decided."), code="not-human")
    row = Reviewer.objects.select_related("reports_to").filter(user=by.user, active=True).first()
    if row is None:
        raise NotAllowed(_("You are not among those who review automated decisions."), code="not-a-reviewer")
    today = local_date(at, request.submission.zone)
    if row.trained_on > today or add_months(row.trained_on, settings.REVIEWER_TRAINED_MONTHS) < today:
        raise NotAllowed(_("Your training for reviews is not up to date."), code="not-trained")
    if review.decision.kind not in row.kinds:
        raise NotAllowed(_("You have no authority to change decisions of this kind."), code="no-authority")
    _check_apart(review, row, by.user)


def _check_apart(review: Review, row: Reviewer, user: "User") -> None:
    decision = review.decision
    if user.get_username() in decision.involved:
        raise NotAllowed(_("You took part in the first decision."), code="took-part")
    boss = row.reports_to.get_username() if row.reports_to else ""
    teams, colleagues = {*decision.line} - {""}, {*decision.involved} - {""}
    if row.line in teams or decision.system in row.systems or boss in colleagues:
        raise NotAllowed(_("You work in the line that answers for the first decision."), code="in-line")
    if about(decision, user):
        raise NotAllowed(_("This decision is about you."), code="own-decision")
    earlier = Review.objects.filter(request_id=review.request_id, number__lt=review.number)
    if earlier.filter(reviewer_id=user.pk).exists():
        raise NotAllowed(_("You made the first review, so somebody else must make the second."), code="reviewed-before")


def about(decision: AutomatedDecision, user: "User") -> bool:
    """Whether a decision is about a member of staff."""
    marks = sealing.fingerprints("email", user.email) if user.email else []
    return decision.people.filter(kind="email", fingerprint__in=list(marks)).exists()


@need
def representations_over(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person was asked, the day they were told has gone by, and nothing came."""
    review = _review(request)
    if review.asked_at is None or review.asked_until is None:
        raise WrongState(_("Ask the person first what they have to say."), code="not-asked")
    if local_date(at, request.submission.zone) <= review.asked_until:
        raise WrongState(_("The person still has time to say something."), code="not-due")
    if review.represented_at is not None:
        raise WrongState(_("The person has said something."), code="represented")


@need
def point_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A point of the person waits for an answer."""
    if not _review(request).points.filter(answered_at=None).exists():
        raise WrongState(_("No point waits for an answer."), code="no-point")


@need
def review_record_complete(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Everything that makes a review a review is on record."""
    lacks = [each.sentence for each in missing(_review(request))]
    if lacks:
        raise WrongState(" ".join(lacks), code="record-incomplete", because=lacks)


def missing(review: Review) -> list[Missing]:
    """Return what the record of a review lacks before it can be decided, each with its own sentence."""
    return [*_lacks_of_decision(review.decision), *_lacks_of_review(review)]


def _lacks_of_decision(decision: AutomatedDecision) -> Iterator[Missing]:
    """What a system told has to be whole; what staff wrote down can only be what they could find out."""
    if not decision.rule_version and not decision.by_hand:
        yield Missing("rule_version", _("The version of the rule or model that decided is not on record."))
    if not decision.inputs_digest and not decision.by_hand:
        yield Missing("inputs", _("What went into the decision is not on record."))
    if not decision.output_sealed:
        yield Missing("output", _("What the machine put out is not on record."))
    if not decision.effect_sealed:
        yield Missing("effect", _("The effect on the person is not on record."))
    if decision.notice_at is None and not decision.by_hand:
        yield Missing("notice", _("When and how the person was told of the decision is not on record."))


def _lacks_of_review(review: Review) -> Iterator[Missing]:
    opened = set(review.materials.values_list("name", flat=True))
    if DECISION not in opened:
        yield Missing("material_decision", _("You have not opened the record of the decision."))
    if review.decision.inputs_sealed and INPUTS not in opened:
        yield Missing("material_inputs", _("You have not opened what went into the decision."))
    if review.represented_at is not None and REPRESENTATIONS not in opened:
        yield Missing("material_representations", _("You have not opened what the person says."))
    if unopened(review):
        yield Missing("material_document", _("You have not opened every document that the person sent."))
    if review.represented_at is None and review.none_sent_at is None:
        yield Missing(
            "representations", _("The person has said nothing yet: ask, or note after the day that nothing was sent.")
        )
    if not review.weighed_sealed:
        yield Missing("weighed", _("Say what was weighed beyond what the machine put out."))
    points = list(review.points.values_list("answered_at", flat=True))
    if review.represented_at is not None and not points:
        yield Missing("points", _("Note each point that the person makes."))
    if None in points:
        yield Missing("answers", _("A point of the person has no answer yet."))
    if not review.measure:
        yield Missing("measure", _("Say what eases the effect meanwhile, or that nothing has to."))


def unopened(review: Review) -> bool:
    """Whether the reviewer has not opened a document that the person sent and that can still be read."""
    filed = SubjectRequest.objects.filter(pk=review.request_id).values("submission_id")
    opened = review.materials.exclude(document=None).values("document")
    return readable(Subquery(filed), Purpose.REPRESENTATION).exclude(pk__in=opened).exists()


@need
def effect_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The deciding system has not confirmed yet."""
    if _review(request).effect not in (Effect.WAITING, Effect.STUCK):
        raise WrongState(_("There is no effect that waits to be confirmed."), code="no-effect")


@need
def effect_confirmed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The deciding system has confirmed."""
    if _review(request).effect != Effect.CONFIRMED:
        raise WrongState(_("The deciding system has not confirmed that the change took effect."), code="effect-open")


@need
def may_review_again(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It was reviewed once, and not twice."""
    if not _was_reviewed(request):
        raise WrongState(_("Nothing was decided that could be reviewed again."), code="not-reviewed")
    if not is_second_open(request):
        raise WrongState(_("It was reviewed twice already."), code="reviewed-twice")


@need
def second_review_had(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Of a review that decided something, the second one was had: it is what an appeal would be, and goes further."""
    if is_second_open(request):
        raise WrongState(
            _(
                "Ask for the second review first: somebody else then looks at all of it anew. If that does not settle "
                "it, you can appeal."
            ),
            code="review-again-first",
        )


def is_second_open(request: SubjectRequest) -> bool:
    """Whether a decision was reviewed once, did not fall altogether, and can be reviewed by somebody else."""
    found = review_of(request) if request.right == Right.AUTOMATED_DECISION_REVIEW else None
    return found is not None and found.number == 1 and _was_reviewed(request)


def _was_reviewed(request: SubjectRequest) -> bool:
    found = review_of(request)
    return found is not None and found.concluded_at is not None and request.outcome in _REVIEWED


_REVIEWED = (Outcome.UPHELD, Outcome.PARTLY_OVERTURNED)
