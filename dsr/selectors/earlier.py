"""Earlier requests of the same person: what a ground that speaks of repetition has to rest on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dsr.models import SubjectRequest
from notifications import sealing

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Earlier:
    """One request that came before, and what came of it; nothing in it says who asked."""

    id: UUID
    reference: str
    right: str
    received_at: datetime
    state: str
    outcome: str
    closed_at: datetime | None


def earlier(request: SubjectRequest) -> list[Earlier]:
    """Return the requests that the same address made before this one, the newest first; none once it is forgotten."""
    submission = request.submission
    if submission.purged_at is not None or not (address := submission.open("email")):
        return []
    marks = tuple(sealing.fingerprints("email", address))
    found = (
        SubjectRequest.objects.filter(submission__email_fingerprint__in=marks, received_at__lte=request.received_at)
        .exclude(submission_id=submission.pk)
        .order_by("-received_at", "-id")
        .values_list("pk", "submission__reference", "right", "received_at", "state", "outcome", "closed_at")
    )
    return [Earlier(*row) for row in found[:SHOWN]]
