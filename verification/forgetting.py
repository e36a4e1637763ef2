"""What is removed here and below when a person is forgotten. The data key itself is its owner's to destroy."""

from datetime import datetime
from uuid import UUID

from notifications import outbox
from verification import challenges, checks, grants
from verification.models import Challenge, Mandate


def forget(about: UUID, at: datetime) -> None:
    """Remove addresses and look-up values about a thing, end its open challenges and grants, drop unsent messages.

    Doing it twice changes nothing. Methods, levels and times stay: they prove that the check was made.
    """
    challenges.end(about, at)
    checks.end(about, at)
    Mandate.objects.filter(about=about).update(
        agent_name_sealed=None,
        agent_email_sealed=None,
        agent_fingerprint="",
        principal_name_sealed=None,
        principal_email_sealed=None,
    )
    Challenge.objects.filter(about=about).update(address_sealed=None, address_fingerprint="", code_hash="")
    grants.revoke(about, at=at)
    outbox.purge(about, at)
