"""What the law allows on a day."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.errors import Unlawful, WrongState
from dsr.models import (
    DeadlineKind,
    SubjectRequest,
)
from dsr.policies.base import Caller, due, need
from dsr.rules import Forbidden, pack

if TYPE_CHECKING:
    pass


def check_lawful(ban: Forbidden | None) -> None:
    """Raise Unlawful for what a law forbids, in its sentence and with its rule."""
    if ban is not None:
        raise Unlawful(ban.because, rule=ban.rule, source=ban.source)


@need
def extension_allowed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The law that governs lets the answer be put off, and there is time left to tell it."""
    check_lawful(reckoning.against_extending(request, at, None, final=False))


@need
def question_stops_clock(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Under the law that governs, the clock stands still while a question is open."""
    check_lawful(reckoning.against_clarifying(request, at))


@need
def fee_allowed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Every law that applies lets a fee be asked."""
    check_lawful(reckoning.against_charging(request))


@need
def no_fee_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person has not been told about a fee and is thinking about it."""
    if request.fee_told_at is not None:
        raise WrongState(_("The person has been told about a fee and has not answered yet."), code="fee-open")


@need
def fee_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person was told about a fee and has not answered."""
    if request.fee_told_at is None:
        raise WrongState(_("No fee is open."), code="no-fee")


@need
def fee_reply_over(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The time to accept the fee has run out."""
    fee_open(request, by, at)
    if not due(request, DeadlineKind.FEE_REPLY, at):
        raise WrongState(_("The person still has time to answer."), code="not-due")


@need
def is_overdue(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The promised date has gone by, and no clock stands still."""
    if request.due_at > at or request.waits_for:
        raise WrongState(_("The date for the answer has not gone by."), code="not-due")


@need
def under_earlier_rules(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The request is pinned to other rules than those in force."""
    if request.submission.rules_version == pack().version:
        raise WrongState(_("The request is under the rules in force already."), code="rules-in-force")


@need
def refusal_in_time(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No law's last day for telling a refusal has gone by."""
    check_lawful(reckoning.against_refusing(request, at))


@need
def refusal_is_late(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A law's last day for telling a refusal has gone by, which the letter then says."""
    if reckoning.against_refusing(request, at) is None:
        raise WrongState(_("It is not too late, so refuse in the ordinary way."), code="refusal-in-time")
