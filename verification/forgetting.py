"""What is removed here and below when a person is forgotten. The data key itself is its owner's to destroy."""

from datetime import datetime
from uuid import UUID

from notifications import outbox
from verification import grants, mail
from verification.models import Challenge


def forget(about: UUID, at: datetime) -> None:
    """Remove addresses and look-up values about a thing, end its open challenges and grants, drop unsent messages.

    Doing it twice changes nothing. Methods, levels and times stay: they prove that the check was made.
    """
    mail.end(about, at)
    Challenge.objects.filter(about=about).update(address_sealed=None, address_fingerprint="", code_hash="")
    grants.revoke(about, at=at)
    outbox.purge(about, at)
