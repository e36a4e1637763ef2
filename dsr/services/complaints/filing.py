"""Tying a complaint to the request that it is about, where that is the same person's."""

from collections.abc import Mapping

from dsr.ids import clean_reference
from dsr.models import SubjectRequest, Submission


def about(submission: Submission, details: Mapping[str, str]) -> SubjectRequest | None:
    """Return the request that a complaint names, where the same address was used for it; None for any other.

    Nobody is told which: whoever complains proves nothing, and must not learn whether somebody else made a request.
    """
    try:
        reference = clean_reference(details.get("complaint_reference", ""))
    except ValueError:
        return None
    rows = SubjectRequest.objects.filter(
        submission__reference=reference, submission__email_fingerprint=submission.email_fingerprint
    )
    return rows.exclude(submission__email_fingerprint="").order_by("id").first()
