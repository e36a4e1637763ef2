"""Documents that the person sends for a review: they are what the person says, and the reviewer opens each of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.errors import NotAllowed
from dsr.lifecycle import State
from dsr.models import Review, ReviewMaterial, SubjectRequest, forget_review, review_of
from dsr.policies import Caller
from dsr.policies.reviewing import DOCUMENT
from dsr.rights import Right

IDLE = timedelta(minutes=5)
"""What lies further apart than this between two acts of a reviewer counts as this much: nobody reads unseen."""


def came_in(request: SubjectRequest, at: datetime) -> None:
    """Note within a case that the person said something about a decision which is looked at anew."""
    if is_reviewed(request):
        Review.objects.filter(request=request, concluded_at=None).update(represented_at=at, none_sent_at=None)
        forget_review(request)


def is_reviewed(request: SubjectRequest) -> bool:
    """Whether what the person says now is about a decision that a human looks at anew."""
    return request.right == Right.AUTOMATED_DECISION_REVIEW and request.state == State.IN_REVIEW


def may_open(requests: Iterable[SubjectRequest], by: Caller) -> bool:
    """Whether somebody reviews one of these requests, and so may open what the person sent for it."""
    return _mine(requests, by) is not None


def of(requests: Iterable[SubjectRequest], by: Caller) -> Review:
    """Return the open review of whoever asks. Raises NotAllowed for everybody else."""
    found = _mine(requests, by)
    if found is None:
        raise NotAllowed(
            _("Only the reviewer of this decision opens what the person sent for it."), code="not-the-reviewer"
        )
    return found


def _mine(requests: Iterable[SubjectRequest], by: Caller) -> Review | None:
    for request in requests:
        review = review_of(request) if by.user_id is not None and is_reviewed(request) else None
        if review is not None and review.reviewer_id == by.user_id and review.concluded_at is None:
            return review
    return None


def opened(review: Review, document: UUID, at: datetime) -> None:
    """Put on the record of a review, within its case, that the reviewer opened a document, as any act of theirs."""
    beat(review, at)
    review.save(update_fields=["active_seconds", "beat_at"])
    ReviewMaterial.objects.create(review=review, name=DOCUMENT, document=document, at=at)


def beat(review: Review, at: datetime) -> None:
    """Count the time since the reviewer's last act, as far as it can have been work; the caller saves."""
    if review.beat_at is not None:
        review.active_seconds += int(max(timedelta(), min(at - review.beat_at, IDLE)).total_seconds())
    review.beat_at = at
