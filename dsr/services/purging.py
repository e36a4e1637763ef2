"""Forgetting: the personal data of a case goes, its history stays."""

from datetime import datetime
from uuid import UUID

from dsr.models import Deadline, Submission
from dsr.services._moves import Caller, holding
from dsr.services.storage import vault
from verification import forgetting

_FINGERPRINTS = ("email_fingerprint", "phone_fingerprint", "account_fingerprint")


def purge(deadline: Deadline, at: datetime) -> None:
    """Destroy the data key and the look-up values of a case. What is left cannot be tied to the person."""
    names = forget(deadline.submission_id, at)
    for name in names:
        vault().delete(name)
    Deadline.objects.filter(pk=deadline.pk).update(done_at=at)


def forget(submission_id: UUID, at: datetime) -> list[str]:
    """Forget a case in one transaction and return the names of the files that go with it."""
    with holding(submission_id=submission_id) as case:
        submission = case.submission
        if submission.purged_at is not None:
            return []
        names = _files(submission)
        submission.data_key.forget(at)
        for about in (submission.pk, *(request.pk for request in case.requests())):
            forgetting.forget(about, at)
        for field in _FINGERPRINTS:
            setattr(submission, field, "")
        submission.purged_at = at
        submission.save(update_fields=[*_FINGERPRINTS, "purged_at"])
        case.record("purged", by=Caller.system(), at=at)
    return names


def _files(submission: Submission) -> list[str]:
    names = []
    for request in submission.requests.all():
        names += [step.parcel for step in request.steps.exclude(parcel="")]
        names += [package.vault_name for package in request.packages.exclude(vault_name="")]
    return names
