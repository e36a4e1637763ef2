"""Forgetting: the personal data of a case goes, its history stays."""

from datetime import datetime
from uuid import UUID

from dsr.models import Deadline, Package, Submission
from dsr.services import steps
from dsr.services._moves import Caller, Case, holding
from dsr.services.storage import vault
from verification import forgetting, grants

_PSEUDONYMS = ("email_fingerprint", "phone_fingerprint", "account_fingerprint", "idempotency_digest")


def purge(deadline: Deadline, at: datetime) -> None:
    """Destroy the data key and the look-up values of a case. What is left cannot be tied to the person."""
    if not forget(deadline.submission_id, at):
        return
    # A crash before this point leaves the date open, and the next sweep deletes what is still there.
    for name in _files(deadline.submission_id):
        vault().delete(name)
    Deadline.objects.filter(pk=deadline.pk).update(done_at=at)


def forget(submission_id: UUID, at: datetime) -> bool:
    """Forget a case whose time is over, in one transaction; its files are the caller's to delete.

    False when it is not over: somebody took the case up again since the date was found.
    """
    with holding(submission_id=submission_id) as case:
        submission = case.submission
        if submission.purged_at is not None:
            return True
        if submission.purge_at is None or submission.purge_at > at:
            return False
        submission.data_key.forget(at)
        _let_go(case, at)
        for field in _PSEUDONYMS:
            setattr(submission, field, "")
        submission.purged_at = at
        submission.save(update_fields=[*_PSEUDONYMS, "purged_at"])
        case.record("purged", by=Caller.system(), at=at)
    return True


def _let_go(case: Case, at: datetime) -> None:
    """End every link and drop every pointer to a file."""
    for about in (case.submission.pk, *(request.pk for request in case.requests())):
        forgetting.forget(about, at)
    for request in case.requests():
        steps.let_go(request)
        for step in request.steps.all():
            grants.revoke(step.pk, at=at)
        for package in request.packages.filter(destroyed_at=None):
            grants.revoke(package.pk, at=at)
    Package.objects.filter(request__submission=case.submission, destroyed_at=None).update(destroyed_at=at)


def _files(submission_id: UUID) -> list[str]:
    names: list[str] = []
    for request in Submission.objects.get(pk=submission_id).requests.all():
        names += request.packages.exclude(vault_name="").values_list("vault_name", flat=True)
        names += steps.files(request)
    return names
