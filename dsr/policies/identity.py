"""Who is asking, and for whom."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dsr import demands
from dsr.deadlines import local_date
from dsr.errors import NotAllowed, Unlawful, WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import (
    DeadlineKind,
    Event,
    SubjectRequest,
)
from dsr.policies.base import Caller, due, need
from dsr.policies.sending import level_for_sending
from dsr.rights import Right
from dsr.rules.words import CHOICES
from verification import mandates
from verification.proofs import Level

if TYPE_CHECKING:
    pass


_DOUBTS = ("ask_more", "stop")


@need
def identity_proved(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """What was proved reaches what this right, these laws and this case demand."""
    if missing := demands.missing(request):
        raise WrongState(missing.sentence, code=missing.code)


@need
def more_may_be_asked(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It is no choice, for which nobody proves anything, and there is a rung left to ask for."""
    if request.right in CHOICES:
        raise Unlawful(
            _("Nobody has to show who they are in order to make this choice."),
            rule="identity.demand=nothing",
            source="11 CCR 7026, 7027, 7060; GDPR Art 7(3), 21(3)",
        )
    if demands.demand_of(request).level >= Level.SEEN:
        raise WrongState(_("There is nothing more to ask for. Decide, or end the request."), code="nothing-more-to-ask")


@need
def may_check_identity(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The account belongs to somebody who checks who people are."""
    if by.user is None or not by.user.has_perm("dsr.check_identity"):
        raise NotAllowed(_("Only colleagues who check who people are can do this."), code="not-checker")


@need
def check_is_asked(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It waits for a proof, or the answer could be sent on if more were proved."""
    if request.state != State.READY:
        return
    if request.right != Right.PORTABILITY or request.submission.verified_level >= level_for_sending(request):
        raise WrongState(_("The answer is ready, and nothing more has to be known about who is asking."))


@need
def filed_for_another(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody asks for somebody else."""
    if not request.submission.for_other:
        raise WrongState(_("This person asks for themselves, so there is no authority to check."), code="no-mandate")


@need
def authority_holds(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Whoever asks for somebody else may still do so."""
    submission = request.submission
    if submission.for_other and not mandates.stands(submission.pk, local_date(at, submission.zone)):
        raise WrongState(
            _("The authority to act for this person is not checked, has ended or was withdrawn."), code="no-authority"
        )


@need
def doubt_recorded(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody on file stopped it, or a doubt about who is asking is on record."""
    if request.submission.stopped_at is None and not request.identity_doubts:
        raise WrongState(_("No doubt about who is asking is on record. Ask for more proof first."), code="no-doubt")


@need
def another_doubted(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody else than who ends it doubted who is asking: a person on file, a colleague, or a signal."""
    doubts = list(Event.objects.filter(request=request, verb__in=_DOUBTS).values_list("actor_id", flat=True))
    if doubts and all(actor == str(by.user_id or "") for actor in doubts):
        raise NotAllowed(_("Only you have doubted who is asking, so somebody else must end it."), code="four-eyes")


@need
def not_stopped(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nobody on file has said that they did not ask; what everybody is told goes on all the same."""
    if request.identity_floor and request.submission.stopped_at is not None:
        raise WrongState(
            _("Somebody on file says that they did not ask. Find out who is asking, then go on or end it."),
            code="stopped",
        )


@need
def is_stopped(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody on file has said that they did not ask."""
    if request.submission.stopped_at is None:
        raise WrongState(_("Nobody has stopped this request."), code="not-stopped")


@need
def looked(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The systems were asked who is known, so that what speaks for a wait has been seen."""
    submission = request.submission
    if not request.identity_floor or submission.looked_at is not None:
        return
    if submission.deadlines.filter(kind=DeadlineKind.LOOK, done_at=None).exists():
        raise WrongState(
            _("The systems are still being asked how the person is reached. Try again in some minutes."),
            code="not-looked",
        )


@need
def not_held(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No hold on the release is running; what everybody is told goes on all the same."""
    until = request.submission.held_until
    if request.identity_floor and until is not None and until > at:
        day = date_format(local_date(until, request.submission.zone), "j F Y")
        raise WrongState(
            _("Nothing is handed over before %(day)s, as a signal asks for a wait.") % {"day": day}, code="held"
        )


@need
def is_held(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A hold on the release is running."""
    if request.submission.held_until is None:
        raise WrongState(_("Nothing is held."), code="not-held")


@need
def closed_unverified(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The request lapsed for want of identity."""
    if request.outcome != Outcome.UNVERIFIED:
        raise WrongState(_("Only a request that lapsed can be reopened."), code="not-lapsed")


@need
def lapse_is_due(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The time to confirm the address has run out."""
    if not due(request, DeadlineKind.LAPSE, at):
        raise WrongState(_("The person still has time to confirm."), code="not-due")
