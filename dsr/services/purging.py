"""Forgetting: the personal data of a case goes, its history stays."""

from datetime import datetime, timedelta
from uuid import UUID

from dsr.caselife import CaseState
from dsr.models import (
    OVER,
    Alert,
    CaseLink,
    Deadline,
    DeadlineKind,
    OutsideReference,
    Package,
    Restriction,
    SubjectRequest,
    Submission,
    Task,
    TaskKind,
    TaskResult,
    TaskState,
)
from dsr.services import evidence, steps, taskproof
from dsr.services._moves import Caller, Case, holding
from dsr.services.inbound import tidying
from dsr.services.sending import naming
from dsr.services.storage import vault
from verification import forgetting, grants, mandates

_PSEUDONYMS = (
    "email_fingerprint",
    "phone_fingerprint",
    "account_fingerprint",
    "origin_fingerprint",
    "idempotency_digest",
)
_SEEN_TO = (TaskResult.DONE, TaskResult.KEPT, TaskResult.NOTHING_HELD)

LATER = timedelta(days=30)
"""For how long a case is put off that cannot be forgotten yet."""


def purge(deadline: Deadline, at: datetime) -> None:
    """Destroy the data key and the look-up values of a case. What is left cannot be tied to the person."""
    if not forget(deadline.submission_id, at):
        return
    # A crash before this point leaves the date open, and the next sweep deletes what is still there.
    for name in _files(deadline.submission_id):
        vault().delete(name)
    evidence.finish(deadline.submission_id, at)
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
        if _still_restricted(case) or _still_outside(submission):
            _put_off(submission, at + LATER)
            return False
        submission.data_key.forget(at)
        evidence.let_go(case, at=at)
        _let_go(case, at)
        for field in _PSEUDONYMS:
            setattr(submission, field, "")
        submission.purged_at = at
        submission.save(update_fields=[*_PSEUDONYMS, "purged_at"])
        case.record("purged", by=Caller.system(), at=at)
    return True


def _still_restricted(case: Case) -> bool:
    """Whether a system holds data restricted for this case: lifting that takes what names the person.

    A child's account is shut only until it is erased, so nobody ever lifts that; what is kept goes by its own handles.
    """
    held = Restriction.objects.filter(request__submission=case.submission, lifted_at=None)
    if case.submission.sheltered:
        erased = Task.objects.filter(
            request__submission=case.submission, kind=TaskKind.ERASE, state=TaskState.DONE, result__in=_SEEN_TO
        )
        held = held.exclude(system__in=erased.values("system"))
    return held.exists()


def _still_outside(submission: Submission) -> bool:
    """Whether somebody else still has the matter, who may ask for what is in it."""
    outside = OutsideReference.objects.filter(request__submission=submission, ended_on=None)
    asked = CaseLink.objects.filter(submission=submission).exclude(case__state=str(CaseState.CLOSED))
    return outside.exists() or asked.exists()


def _put_off(submission: Submission, until: datetime) -> None:
    submission.purge_at = until
    submission.save(update_fields=["purge_at"])
    waiting = Deadline.objects.filter(submission=submission, kind=DeadlineKind.PURGE, done_at=None)
    waiting.update(due_at=until, claimed_until=None, attempts=0)


def _let_go(case: Case, at: datetime) -> None:
    """End every link and drop every pointer to a file."""
    tidying.let_go(case.submission.pk, at)
    for about in (case.submission.pk, *(request.pk for request in case.requests())):
        forgetting.forget(about, at)
    for alert in Alert.objects.filter(submission=case.submission):
        forgetting.forget(alert.pk, at)
    Alert.objects.filter(submission=case.submission).update(fingerprint="")
    if (mandate := mandates.of(case.submission.pk)) is not None:  # the person was asked about it, at an address
        forgetting.forget(mandate.pk, at)
    for request in case.requests():
        for review in request.reviews.all():  # the owner of the deciding system was written to about it
            forgetting.forget(review.pk, at)
        steps.let_go(request)
        taskproof.let_go(request)
        _call_off(request, at)
        naming.call_off(request, at)
        for step in request.steps.all():
            grants.revoke(step.pk, at=at)
        for package in request.packages.filter(destroyed_at=None):
            grants.revoke(package.pk, at=at)
    Package.objects.filter(request__submission=case.submission, destroyed_at=None).update(destroyed_at=at)


def _call_off(request: SubjectRequest, at: datetime) -> None:
    """Ask no system for anything more in the person's name. What is kept still goes on its day, by its own key."""
    for task in request.tasks.all():
        grants.revoke(task.pk, at=at)
    request.tasks.filter(late=False).exclude(state__in=OVER).update(
        state=TaskState.CALLED_OFF, lease=None, claimed_until=None
    )
    request.tasks.exclude(known_as="").update(known_as="")


def _files(submission_id: UUID) -> list[str]:
    names: list[str] = []
    for request in Submission.objects.get(pk=submission_id).requests.all():
        names += request.packages.exclude(vault_name="").values_list("vault_name", flat=True)
        names += steps.files(request)
        names += taskproof.files(request)
    return names
