"""The reviewer's desk: which decision is meant, who reviews it, what is heard, opened, weighed and answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotAllowed, NotFound
from dsr.lifecycle import BY_VERB
from dsr.models import (
    AutomatedDecision,
    Direction,
    Event,
    LegalBasis,
    Measure,
    Review,
    Reviewer,
    ReviewMaterial,
    ReviewPoint,
    SubjectRequest,
    forget_review,
    review_of,
)
from dsr.policies import check_can_make
from dsr.policies.reviewing import MATERIALS
from dsr.services import letters, telling, threads
from dsr.services._moves import Caller, Case, holding
from dsr.services.reviews import heard, recording
from dsr.services.threads import checked_text, keep_note
from notifications.ids import uuid7
from verification import evidence
from verification.models import Purpose

_SHORTEST_POINT = 3


@dataclass(frozen=True, slots=True)
class ByHand:
    """What staff know of a decision that no system told us of."""

    system: str
    kind: str
    decided_at: datetime
    output: str
    effect: str
    owner: str
    number: str = ""


def link(request_id: UUID, decision_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Say which recorded decision the person means. Only one that may be theirs, or that they named."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["link_decision"], by, at)
        named = request.open_json("details").get("decision_id", "")
        found = {row.pk: row for row in recording.candidates(case.submission, named)}
        if decision_id not in found:
            raise Incomplete(_("Choose a decision about this person."), field="decision")
        _link(case, request, found[decision_id], at)
        case.move(request, "link_decision", by=by, at=at, data={"decision": str(decision_id)})
    return request


def record_by_hand(
    request_id: UUID, known: ByHand, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Write down a decision that no system told us of, and say that the person means it."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["record_decision"], by, at)
        if by.user is None:
            raise NotAllowed(_("Only a person may review what a machine decided."), code="not-human")
        told = recording.Told(
            system=known.system.strip(),
            reference=known.number.strip() or f"hand-{uuid4()}",
            kind=known.kind,
            decided_at=known.decided_at,
            who={"email": [case.submission.open("email")]},
            output=checked_text(known.output, "output"),
            effect=checked_text(known.effect, "effect"),
            legal_basis=LegalBasis.UNNAMED,
            owner_email=known.owner,
        )
        decision, _new = recording.record(told, by=by.user, at=at, by_hand=True)
        _link(case, request, decision, at)
        case.move(request, "record_decision", by=by, at=at, data={"decision": str(decision.pk)})
    return request


def _link(case: Case, request: SubjectRequest, decision: AutomatedDecision, at: datetime) -> None:
    """Begin a record, or begin it anew under the key of another decision: nobody has reviewed anything yet."""
    before = review_of(request)
    number = before.number if before else 1
    if before is not None:
        before.delete()
    forget_review(request)
    begin(request, decision, number, at)


def begin(request: SubjectRequest, decision: AutomatedDecision, number: int, at: datetime) -> Review:
    """Begin the record of a review, inside the caller's transaction."""
    said = request.open_json("details").get("decision_wrong") if request.details_sealed else ""
    earlier = Event.objects.filter(request=request, verb="represent").exists()
    sent = evidence.readable(request.submission_id, Purpose.REPRESENTATION).exists()
    review = Review(
        id=uuid7(at),
        request=request,
        number=number,
        decision=decision,
        linked_at=at,
        data_key=decision.data_key,
        represented_at=at if said or earlier or sent else None,
    )
    review.save(force_insert=True)
    forget_review(request)
    return review


def take_up(request: SubjectRequest, at: datetime) -> None:
    """Have somebody review it anew, as an appeal was won, inside the caller's transaction.

    What was decided stands in its own record; one that nobody concluded, as the request was refused, is left to others.
    """
    request.assignee_id = None
    review = review_of(request)
    if review is None:
        return
    if review.concluded_at is None:
        _leave(review)
    else:
        review = begin(request, review.decision, review.number + 1, at)
    review.represented_at = at  # whoever appeals has said what they think of it
    review.save()


def take(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Become the reviewer; who that is stands on the record as of now."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "take_review", by=by, at=at, by_id=by.user_id)
        review = _mine(request)
        row = Reviewer.objects.get(user=by.user)
        review.reviewer, review.taken_at, review.beat_at = by.user, at, at
        review.trained_on, review.role, review.authority = row.trained_on, row.line, list(row.kinds)
        review.save()
    return request


def hand_over(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Leave a review to another reviewer: what was noted stays, what was opened has to be opened anew."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["hand_over"], by, at)
        post = keep_note(case, request, reason, by, at)
        review = _mine(request)
        case.move(request, "hand_over", by=by, at=at, data={"post": str(post.pk), "was": review.reviewer_id})
        _leave(review)
        review.save()
    return request


def _leave(review: Review) -> None:
    """Leave a review to whoever takes it next; the caller saves."""
    review.reviewer, review.taken_at, review.beat_at = None, None, None
    review.active_seconds = 0  # what somebody else read is no time of whoever decides
    review.materials.all().delete()


def ask(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Ask the person what they have to say, and until when; nothing is decided for want of an answer before that."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        zone = case.submission.zone
        until = local_date(at, zone) + timedelta(days=settings.REVIEW_ASK_DAYS)
        case.move(request, "ask_representations", by=by, at=at, data={"until": until.isoformat()})
        review = _beaten(request, at)
        review.asked_at, review.asked_until, review.none_sent_at = at, until, None
        review.save()
        letter = letters.RepresentationsAsked(
            reference=case.submission.reference,
            organisation=telling.organisation(case.submission),
            until=until,
            tracker=telling.tracker_link(case.submission, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"heard:{request.pk}:{review.number}:{until}", about=[request])
    return request


def represent(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Keep what the person has to say about the decision, as they or support on their behalf write it."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        threads.keep(case, request, "represent", Direction.FROM_PERSON, text, by, at)
    return request


def none_sent(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Note that the person was asked and sent nothing."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "none_sent", by=by, at=at)
        review = _beaten(request, at)
        review.none_sent_at = at
        review.save()
    return request


def open_material(
    request_id: UUID, material: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Put on record that the reviewer opened something; the page shows it for a while after that."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["open_material"], by, at)
        if material not in MATERIALS:
            raise Incomplete(_("Choose what you open."), field="material")
        case.move(request, "open_material", by=by, at=at, data={"material": material})
        review = _beaten(request, at)
        review.save()
        ReviewMaterial.objects.create(review=review, name=material, at=at)
    return request


def weigh(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Note what was weighed beyond what the machine put out."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "weigh_information", by=by, at=at)
        review = _beaten(request, at)
        review.seal("weighed", "\n\n".join(filter(None, (review.open("weighed"), checked_text(text)))))
        review.save()
    return request


def raise_point(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Note one point that the person makes, so that it gets an answer of its own."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "raise_point", by=by, at=at)
        review = _beaten(request, at)
        review.save()
        point = ReviewPoint(id=uuid7(at), review=review, number=review.points.count() + 1)
        point.seal("text", checked_text(text))
        point.save(force_insert=True)
    return request


def answer_point(
    request_id: UUID, number: int, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Answer one point of the person. Raises NotFound for a point that there is not."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["answer_point"], by, at)
        review = _mine(request)
        point = review.points.filter(number=number).first()
        if point is None:
            raise NotFound(_("There is no such point."))
        point.review = review
        text = checked_text(text)
        if len(text) < _SHORTEST_POINT:
            raise Incomplete(_("Answer in words of your own."), field="text")
        case.move(request, "answer_point", by=by, at=at, data={"point": number})
        point.seal("answer", text)
        point.answered_at = at
        point.save()
        _beaten(request, at).save()
    return request


def ease(
    request_id: UUID, measure: str, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Say what eases the effect of the decision meanwhile and why, or why nothing has to."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["interim_measure"], by, at)
        if measure not in Measure.values:
            raise Incomplete(_("Choose one of these."), field="measure")
        case.move(request, "interim_measure", by=by, at=at, data={"measure": measure})
        review = _beaten(request, at)
        review.measure = measure
        review.seal("measure", checked_text(reason, "reason"))
        review.save()
    return request


def _mine(request: SubjectRequest) -> Review:
    review = review_of(request)
    if review is None:
        raise NotFound(_("There is no review of this request."))
    return review


def _beaten(request: SubjectRequest, at: datetime) -> Review:
    """Return the review with the time since the reviewer's last act counted, as far as it can have been work."""
    review = _mine(request)
    heard.beat(review, at)
    return review


# --- Who may review --------------------------------------------------------------------------------------------------


def save_reviewer(row: Reviewer, *, by: Caller) -> None:
    """Enter a reviewer or change one. Raises NotAllowed, and Incomplete for what cannot be kept."""
    if by.user is None or not by.user.has_perm("dsr.change_reviewer"):
        raise NotAllowed(_("Only the data protection officer decides who reviews."), code="not-officer")
    user: User = row.user
    if row.reports_to_id == user.pk:
        raise Incomplete(_("Nobody reports to themselves."), field="reports_to")
    if by.user_id == user.pk:
        raise NotAllowed(_("Somebody else has to enter you."), code="own-case")
    row.save()
