"""Erasing, correcting and restricting: what must be settled before, and when it is over."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import (
    OVER,
    DeadlineKind,
    Event,
    ItemDecision,
    SubjectRequest,
    TaskKind,
)
from dsr.policies.base import Caller, due, need
from dsr.rights import Right

if TYPE_CHECKING:
    pass


_COPIES = (Right.ACCESS, Right.PORTABILITY)
_BESIDE = (TaskKind.TELL, TaskKind.RECHECK)


@need
def erasure_unconfirmed_yet(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person has not yet said a second time that this is wanted."""
    if request.confirmed_at is not None:
        raise WrongState(_("The erasure has been confirmed already."), code="erasure-confirmed")


@need
def erasure_confirmed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person was told what an erasure means and has confirmed it a second time; other rights need no such word."""
    if request.right == Right.DELETION and request.confirmed_at is None:
        raise WrongState(
            _("The person has not confirmed the erasure a second time, knowing that it is for good."),
            code="erasure-unconfirmed",
        )


@need
def confirmation_over(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The time to confirm the erasure has run out."""
    if not due(request, DeadlineKind.CONFIRM_END, at):
        raise WrongState(_("The person still has time to confirm the erasure."), code="not-due")


@need
def ended_unconfirmed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The request ended because the erasure was not confirmed a second time."""
    last = Event.objects.filter(request=request, to_state=State.CLOSED).exclude(from_state=State.CLOSED)
    if last.order_by("-seq").values_list("verb", flat=True).first() != "erasure_unconfirmed":
        raise WrongState(_("This request did not end for want of a confirmation."), code="not-unconfirmed")


@need
def items_decided(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Everything that the person says is wrong has been decided on, one by one; other rights have no such things."""
    if request.right != Right.CORRECTION:
        return
    items = list(request.items.order_by().values_list("decision", flat=True))
    if not items or "" in items:
        raise WrongState(_("Decide first on each thing that the person says is wrong."), code="items-open")
    if ItemDecision.CORRECT not in items:
        raise WrongState(_("Nothing is to be put right. Propose to refuse instead."), code="nothing-to-correct")


@need
def copy_delivered(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A copy that was asked for with an erasure is ready for the person, or will not be."""
    if request.right != Right.DELETION:
        return
    others = SubjectRequest.objects.filter(submission_id=request.submission_id, right__in=_COPIES)
    if others.exclude(state__in=(State.READY, State.CLOSED)).exists():
        raise WrongState(
            _("A copy of the data was asked for as well. Nothing is erased before it is ready."), code="copy-first"
        )


@need
def all_tasks_done(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It was begun, and no system has anything left to do."""
    if request.act_at is not None or request.tasks.exclude(state__in=OVER).exclude(kind__in=_BESIDE).exists():
        raise WrongState(_("Some systems have not done their part yet."), code="tasks-open")


@need
def nothing_done_yet(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nothing has been carried out: what is done cannot be taken back."""
    begun = Q(attempts__gt=0) | Q(started_at__isnull=False)  # tries are counted anew when staff have it tried again
    if request.spec.acts and request.tasks.filter(begun).exclude(kind=TaskKind.RECHECK).exists():
        raise WrongState(
            _("It is being carried out and can no longer be stopped altogether. You will be told what was done."),
            code="being-done",
        )
    if request.right == Right.OBJECTION and request.choice_id is not None:
        raise WrongState(
            _("It is decided, and what has to stop is being stopped. You will be told what was done."),
            code="being-done",
        )


@need
def is_restricted(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Some system still holds the data restricted, and the person was not yet told that this ends."""
    if not request.restrictions.filter(lifted_at=None, told_at=None).exists():
        raise WrongState(_("Nothing is restricted, or the person has been told already."), code="not-restricted")


@need
def lifting_told(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person was told that the restriction ends, and that day has come (GDPR Art 18(3))."""
    if not request.restrictions.filter(lifted_at=None, told_at__isnull=False, ends_at__lte=at).exists():
        raise WrongState(_("A restriction ends only after the person was told."), code="lifting-not-told")
