"""Whose hands: nobody touches their own case, and nothing is released or refused by one person alone."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dsr.errors import NotAllowed, WrongState
from dsr.models import (
    Proposal,
    SubjectRequest,
)
from dsr.policies.base import Caller, need
from notifications import sealing
from verification import mandates

if TYPE_CHECKING:
    pass


@need
def not_own_case(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nobody handles a case about themselves."""
    submission = request.submission
    if by.user is None or not by.user.email or not submission.email_fingerprint:
        return
    own = set(sealing.fingerprints("email", by.user.email))
    about = {submission.email_fingerprint}
    if submission.purged_at is None:
        named = list(submission.open_json("identifiers").get("email", ()))
        mandate = mandates.of(submission.pk) if submission.for_other else None
        named += [mandate.open("principal_email")] if mandate is not None else []
        about |= {sealing.fingerprint("email", address) for address in named if address}
    if about & own:
        raise NotAllowed(_("This case is about you, so a colleague must handle it."), code="own-case")


@need
def another_person(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Whoever prepared does not approve."""
    if by.user_id is not None and by.user_id == request.prepared_by_id:
        raise NotAllowed(_("You prepared this answer, so somebody else must approve it."), code="four-eyes")


@need
def not_prepared(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No proposal waits for approval."""
    if request.proposal:
        raise WrongState(_("A proposal is waiting for approval. Send it back first."), code="already-prepared")


@need
def is_prepared(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A proposal waits for approval."""
    if not request.proposal:
        raise WrongState(_("Nothing has been proposed yet."), code="not-prepared")


@need
def release_prepared(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody proposed to give the data."""
    if request.proposal != Proposal.RELEASE:
        raise WrongState(_("Nobody has proposed to give the data yet."), code="not-prepared")


@need
def refusal_prepared(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody proposed to refuse, with ground and reasons."""
    if request.proposal != Proposal.REFUSE or not request.refusal_ground or not request.reason_sealed:
        raise WrongState(
            _("Nobody has proposed a refusal with its ground and reasons yet."), code="refusal-not-prepared"
        )


@need
def question_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person was asked something and has not answered."""
    if request.question_at is None:
        raise WrongState(_("There is no open question. You can send a message instead."), code="no-question")


@need
def not_purged(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The personal data of the case is still there."""
    if request.submission.purged_at is not None:
        raise WrongState(
            _("The personal data of this case has been deleted. Please make a new request."), code="purged"
        )
