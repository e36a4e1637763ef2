"""Whether the systems have answered, and what stands of the answer."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from dsr.errors import WrongState
from dsr.models import (
    DeadlineKind,
    StepResult,
    StepState,
    SubjectRequest,
)
from dsr.policies.base import Caller, due, need

if TYPE_CHECKING:
    pass


@need
def all_systems_answered(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No step is open."""
    states = set(request.steps.order_by().values_list("state", flat=True))
    if states - {StepState.DONE}:
        raise WrongState(_("Some systems have not answered yet."), code="search-open")


@need
def search_complete(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Every system has answered, or somebody decided to go on without it."""
    if request.searched_at is None:
        raise WrongState(
            _("Some systems have not answered yet. Wait, ask again, or decide to go on without them."),
            code="search-open",
        )


@need
def download_ended(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The time to collect the answer has run out."""
    if not due(request, DeadlineKind.EXPIRY, at):
        raise WrongState(_("The person still has time to collect the answer."), code="not-due")


def _has_answer(request: SubjectRequest) -> bool:
    return request.packages.filter(destroyed_at__isnull=True).exists()


@need
def answer_built(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """There is an answer to hand over."""
    if not _has_answer(request):
        raise WrongState(_("The answer has not been built yet."), code="no-answer")


@need
def answer_kept(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The answer was given and its files are still kept."""
    if not _has_answer(request):
        raise WrongState(_("There is no answer to issue again."), code="no-answer")


@need
def answer_gone(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The answer was given once, and its files have been destroyed on schedule."""
    if request.ready_at is None:
        raise WrongState(_("No answer was given, so there is none to renew."), code="no-answer")
    if _has_answer(request):
        raise WrongState(_("The files are still kept. Issue the answer again instead."), code="answer-kept")


@need
def standing_rule(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The organisation lets plain cases of this right go out without a second look, and this one is plain."""
    if request.right not in settings.AUTO_APPROVE:
        raise WrongState(_("No standing rule releases this kind of request."), code="no-standing-rule")
    plain = {StepResult.FOUND, StepResult.NOTHING_HELD}
    if (
        set(request.steps.order_by().values_list("result", flat=True)) - plain
        or request.withholdings.filter(lifted_at=None).exists()
    ):
        raise WrongState(_("Something is missing or held back, so people must decide."), code="not-plain")
