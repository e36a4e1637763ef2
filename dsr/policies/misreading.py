"""What was read into somebody's words by mistake: when it may be ended as that, and how it goes on if it was meant."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from dsr import demands
from dsr.errors import WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import Channel, Event, Proposal, SubjectRequest
from dsr.policies.base import Caller, need
from dsr.rights import Right

_HEARD: Final = frozenset({Channel.PHONE, Channel.EMAIL, Channel.POST, Channel.SUPPORT})
"""Channels by which words come in that somebody of ours has to understand."""
_MEANT: Final = ("meant", "meant_unproved", "confirm_erasure")
"""By what the person has said themselves that it is wanted."""
_DONE: Final = (State.FULFILLING, State.READY)
_FALLEN: Final = (Outcome.WITHDRAWN, Outcome.UNVERIFIED, Outcome.MISUNDERSTOOD)
"""How a request ends that answers nothing of a message."""


@need
def read_by_us(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A colleague entered it from words, and the person has not said since that it is wanted.

    What somebody chose on a form was never ours to understand, so it is not ours to call a misunderstanding.
    """
    filed = Event.objects.filter(request=request, verb="file").order_by("seq").first()
    was_heard = filed is not None and bool(filed.actor_id) and (request.submission.channel in _HEARD or _added(request))
    if not was_heard:
        raise WrongState(
            _("The person chose this themselves. If it is not wanted any more, they can withdraw it."),
            code="asked-for",
        )
    if Event.objects.filter(request=request, verb__in=_MEANT).exists():
        raise WrongState(_("The person has said that this is wanted."), code="asked-for")


def _added(request: SubjectRequest) -> bool:
    added = Event.objects.filter(submission_id=request.submission_id, verb="add_right")
    return any(event.data.get("right") == request.right for event in added)


@need
def another_stands(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Something else of the same message is worked on or was answered, so that nobody goes without an answer."""
    others = SubjectRequest.objects.filter(submission_id=request.submission_id).exclude(pk=request.pk)
    if not others.exclude(right=Right.APPEAL).exclude(outcome__in=_FALLEN).exists():
        raise WrongState(
            _("Nothing else that this message asks for stands, so it would go without an answer. Add that first."),
            code="nothing-else-stands",
        )


@need
def untouched(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nothing was ever approved, handed over or eased for it."""
    events = Event.objects.filter(request=request)
    if events.filter(to_state__in=_DONE).exists() or events.filter(verb="interim_measure").exists():
        raise WrongState(_("Something was done for it already, so it has to be answered."), code="being-done")


@need
def misreading_proposed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody proposed to end it as misunderstood, with reasons for the person."""
    if request.proposal != Proposal.UNASKED or not request.reason_sealed:
        raise WrongState(_("Nobody has proposed yet to end it as misunderstood."), code="not-prepared")


@need
def ended_misunderstood(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It was ended as misunderstood."""
    if request.outcome != Outcome.MISUNDERSTOOD:
        raise WrongState(_("This was not ended as misunderstood."), code="not-misunderstood")


@need
def back_to_the_desk(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It lay at the desk when it was ended, and what was proved still is enough."""
    if not _was_at_desk(request):
        raise WrongState(_("It has to be known first who asks."), code="identity-missing")


@need
def back_to_waiting(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It waited for a proof when it was ended, or what was proved is not enough any more."""
    if _was_at_desk(request):
        raise WrongState(_("It is known who asks, so it can go on at once."), code="identity-known")


def _was_at_desk(request: SubjectRequest) -> bool:
    last = Event.objects.filter(request=request, verb="close_misunderstood").order_by("-seq").first()
    return last is not None and last.from_state == State.IN_REVIEW and demands.missing(request) is None
