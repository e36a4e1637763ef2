"""Whether an account is a child's, and what that lets be done."""

from datetime import datetime

from django.utils.translation import gettext as _

from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import AgeFinding, DeadlineKind, SubjectRequest
from dsr.policies.base import Caller, due, need
from dsr.rights import Right


def _age(request: SubjectRequest) -> AgeFinding | None:
    return AgeFinding.objects.filter(request=request).first()


@need
def age_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It is not settled yet whose account it is."""
    age = _age(request)
    if age is not None and age.final_at is not None:
        raise WrongState(_("It is settled already what this account is."), code="age-settled")


@need
def age_found(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It is settled whose account it is."""
    age = _age(request)
    if age is None or age.final_at is None:
        raise WrongState(_("It is not settled yet whether this is a child's account."), code="age-open")


@need
def account_looked_for(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The systems were asked about the account that was reported, and all have answered."""
    age = _age(request)
    if age is None or age.shelter_id is None:
        raise WrongState(_("Look for the account first."), code="account-not-sought")
    open_ones = SubjectRequest.objects.filter(submission_id=age.shelter_id, searched_at=None)
    if open_ones.exclude(state=State.CLOSED).exists():
        raise WrongState(
            _("Some systems have not answered yet. Wait, or go on without them in the case of the account."),
            code="search-open",
        )


@need
def settling_is_due(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The hour has come at which reports are answered, which does not hang on what was found."""
    if not due(request, DeadlineKind.ACT, at):
        raise WrongState(_("Reports are answered at set hours, whatever was found."), code="not-due")


@need
def is_sheltered(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It is the case of an account that was reported as a child's."""
    if not request.submission.sheltered:
        raise WrongState(_("This is not the case of a child's account."), code="not-sheltered")


@need
def not_sheltered(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nobody asked for it, so nobody can take it back; the holder can say that it is wrong, and people look at it."""
    if request.submission.sheltered:
        raise WrongState(
            _("Nobody asked for this, so nobody takes it back. Write to us if it is wrong, and people look at it."),
            code="sheltered",
        )


@need
def shut_first(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A child's account is shut in every system before anything in it is erased."""
    if request.right != Right.DELETION or not request.submission.sheltered:
        return
    shutting = SubjectRequest.objects.filter(submission_id=request.submission_id, right=Right.RESTRICTION)
    if shutting.exclude(state=State.CLOSED).exists():
        raise WrongState(_("The account is shut in every system before anything is erased."), code="shut-first")
