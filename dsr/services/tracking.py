"""Finding back to a request: a link that is mailed, and the tracker that it opens."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from dsr.models import Package, Submission
from dsr.rules import pack
from dsr.services import delivery, letters, telling
from notifications import outbox, sealing
from notifications.ids import uuid7
from notifications.models import DataKey
from verification import grants

LINKS_PER_DAY = 10
"""Links mailed for one submission in any 24 hours. More are silently not sent: the answer must not tell."""
_PAUSE = 120
"""Seconds in which a second wish for the same link is the first one, pressed twice."""
_NOWHERE = "nobody@example.invalid"


def send_link(reference: str, address: str, *, at: datetime) -> None:
    """Mail a link to the tracker, if the reference and the address belong together.

    Says nothing either way. What does not match costs the same statements as what does: the work is done for somebody
    who is not there, and taken back.
    """
    with transaction.atomic():
        found = Submission.objects.select_related("data_key").filter(reference=reference).first()
        known = sealing.fingerprints("email", address)
        matches = found is not None and found.purged_at is None and found.email_fingerprint in known
        submission = found if found is not None and matches else _nobody(reference, at)
        sent = outbox.about(submission.pk).filter(kind=letters.TrackerLink.kind, created_at__gt=at - timedelta(days=1))
        enough = sent.count() >= LINKS_PER_DAY
        letter = letters.TrackerLink(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            tracker=telling.tracker_link(submission, at),
        )
        dedupe = f"tracker:{submission.pk}:{int(at.timestamp()) // _PAUSE}"
        telling.tell(submission, letter, at=at, dedupe=dedupe)
        if enough or not matches:
            transaction.set_rollback(True)


def _nobody(reference: str, at: datetime) -> Submission:
    notice = pack().notice_in_force(at.date())
    submission = Submission(
        id=uuid7(at),
        reference=reference,
        language=notice.language,
        notice_id=notice.id,
        notice_version=notice.version.isoformat(),
        data_key=DataKey.new(at),
    )
    submission.seal("email", _NOWHERE)
    return submission


def admit(reference: str, token: str, *, at: datetime) -> UUID:
    """Return the submission that a tracker's link opens. Raises grants.NoGrant unless both belong together."""
    grant = grants.look(token, telling.TRACKER, at)
    if not Submission.objects.filter(pk=grant.about, reference=reference).exists():
        raise grants.NoGrant
    return grant.about


def opened(token: str, *, at: datetime) -> Package:
    """Return the package that a download session is about, with its request. Raises grants.NoGrant once it is gone."""
    grant = grants.look(token, delivery.DOWNLOAD, at)
    rows = Package.objects.select_related("request__submission").defer("manifest")
    package = rows.filter(pk=grant.about, destroyed_at=None).first()
    if package is None:
        raise grants.NoGrant
    return package
