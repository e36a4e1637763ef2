"""Choices: when one is minded everywhere, is late, or has been taken back."""

from datetime import datetime

from django.utils.translation import gettext as _

from dsr.choices.marketing import SUPERSEDED
from dsr.errors import WrongState
from dsr.models import SubjectRequest
from dsr.policies.base import Caller, need


@need
def choice_in_effect(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Every system has confirmed it; a choice about an account's CPNI is in effect as soon as it is entered."""
    if request.cpni_entry_id is not None:
        return
    if request.choice is None or request.choice.effective_at is None or _taken_back(request):
        raise WrongState(_("Not every system has confirmed it yet."), code="choice-open")


@need
def choice_taken_back(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person has chosen something else before every system had confirmed it."""
    if request.choice is None or not _taken_back(request):
        raise WrongState(_("Nothing else was chosen since."), code="choice-stands")


@need
def choice_is_late(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A system has not confirmed it in time, and nobody has told the person yet."""
    choice = request.choice
    if choice is None or choice.effective_at is not None or choice.must_by > at:
        raise WrongState(_("No system is late."), code="choice-in-time")
    if choice.late_told_at is not None:
        raise WrongState(_("The person has been told already."), code="choice-late-told")


def _taken_back(request: SubjectRequest) -> bool:
    return request.choice is not None and request.choice.windows.filter(code=SUPERSEDED).exists()
