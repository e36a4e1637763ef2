"""What is taken out of an answer because it is about others: by whom it was marked, and who else has looked at it."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dsr.errors import WrongState
from dsr.models import SubjectRequest
from dsr.policies.base import Caller, need


@need
def no_mark_proposed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody decided on everything that a program proposes to take out."""
    number = request.marks_proposed
    if number:
        text = ngettext(
            "A program proposes to take %(n)d thing out. Take it up or reject it first.",
            "A program proposes to take %(n)d things out. Take each up or reject it first.",
            number,
        )
        raise WrongState(text % {"n": number}, code="marks-proposed")


@need
def marks_looked_over(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A second person has looked at everything that is taken out, and at every file that no program could read."""
    number = request.marks_unseen
    if number:
        text = ngettext(
            "There is %(n)d mark that nobody else has looked at. A second person has to look it over first.",
            "There are %(n)d marks that nobody else has looked at. A second person has to look them over first.",
            number,
        )
        raise WrongState(text % {"n": number}, code="marks-unseen")


@need
def marks_to_look_over(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Something was marked, by somebody else, that nobody has looked at."""
    if not request.marks_unseen:
        raise WrongState(_("There is no mark that still has to be looked at."), code="not-marked")
    if not request.marks.filter(state="marked", looked_at=None).exclude(by_id=by.user_id).exists():
        raise WrongState(_("You made these marks, so somebody else must look them over."), code="four-eyes")


@need
def is_marked(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Something is to be taken out."""
    if not request.marks_standing:
        raise WrongState(_("Nothing is marked to be taken out."), code="not-marked")


@need
def mark_is_proposed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A program proposes to take something out."""
    if not request.marks_proposed:
        raise WrongState(_("No program proposes to take anything out."), code="not-marked")


@need
def nothing_marked(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nothing is to be taken out, nor proposed to be."""
    if request.marks_standing or request.marks_proposed:
        raise WrongState(_("Something is to be taken out, so people must decide."), code="not-plain")
