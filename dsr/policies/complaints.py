"""Complaints and appeals: whose hands they may be in, when an answer is complete, and what can still be appealed."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.errors import NotAllowed, WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import Event, Proposal, SubjectRequest
from dsr.policies.base import Caller, need
from dsr.rights import Right
from notifications.models import Forgotten

if TYPE_CHECKING:
    pass

APPEALABLE = frozenset(
    {
        Outcome.REFUSED,
        Outcome.PARTLY_FULFILLED,
        Outcome.NOTHING_HELD,
        Outcome.UNVERIFIED,
        Outcome.REDIRECTED,
        Outcome.UPHELD,
        Outcome.PARTLY_OVERTURNED,
        Outcome.PARTLY_JUSTIFIED,
        Outcome.NOT_JUSTIFIED,
        Outcome.NOT_ESTABLISHED,
    }
)
"""How a request ends that was not answered in full."""
WON = frozenset({Outcome.OVERTURNED, Outcome.PARTLY_OVERTURNED})
_HANDLES = frozenset({"note", "assign", "acknowledge"})
"""What somebody may have done to a request without having handled it."""
_DECIDES = frozenset(
    {
        "prepare",
        "propose_refusal",
        "argue_refusal",
        "propose_answer",
        "approve",
        "refuse",
        "refuse_late",
        "redirect",
        "end_unproved",
        "withhold",
        "decide_item",
        "answer_complaint",
        "weigh",
        "propose_decision",
        "decide_objection",
        "decide_objection_late",
        "uphold",
        "overturn",
        "propose_misunderstood",
        "close_misunderstood",
    }
)
"""By what somebody has a part in a decision."""


def handled(request: SubjectRequest, user_id: int) -> bool:
    """Say whether somebody had a hand in anything of the submission that a complaint is about."""
    if request.about_id is None:
        return False
    about = SubjectRequest.objects.filter(pk=request.about_id).values("submission_id")
    done = Event.objects.filter(submission__in=about, actor_id=str(user_id)).exclude(verb__in=_HANDLES)
    return done.exclude(request_id=request.pk).exclude(request__right=Right.APPEAL).exists()


def is_about_officer(request: SubjectRequest) -> bool:
    """Say whether a complaint is about the data protection officer."""
    try:
        return request.open_json("details").get("complaint_subject") == "officer"
    except Forgotten:
        return False


@need
def unconnected(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Whoever handled what is complained of neither looks into the complaint nor answers it."""
    if by.user is None:
        return
    if is_about_officer(request) and by.user.has_perm("dsr.officer_requests"):
        raise NotAllowed(
            _("The complaint is about the data protection officer, so somebody else must deal with it."),
            code="concerns-you",
        )
    if handled(request, by.user.pk):
        raise NotAllowed(
            _("You worked on the request that this complaint is about, so a colleague must deal with it."),
            code="concerns-you",
        )


@need
def investigates(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody has taken it on who had no part in what is complained of, and it is they who act."""
    unconnected(request, by, at)
    if request.investigator_id is None:
        raise WrongState(_("Nobody looks into this complaint yet. Take it on first."), code="no-investigator")
    if by.user_id != request.investigator_id:
        raise NotAllowed(
            _("A colleague looks into this complaint. Take it on yourself, or leave it."), code="not-investigator"
        )


@need
def findings_complete(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Each point has a finding with its reasons, and what was asked has come back."""
    findings = list(request.findings.order_by("number"))
    if not findings:
        raise WrongState(
            _("There is no finding yet. Put down each point of the complaint and what was found about it."),
            code="findings-open",
        )
    if any(not finding.reason_sealed for finding in findings):
        raise WrongState(_("A finding has no reasons for the person yet."), code="findings-open")
    if request.enquirys.filter(replied_at=None).exists():
        raise WrongState(
            _("An enquiry has no reply yet. Note what came of it, or that nothing came."), code="enquiries-open"
        )


@need
def is_outside(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """An outside body has the matter, and it is not over there."""
    if not request.outsidereferences.filter(ended_on=None).exists():
        raise WrongState(_("No outside body has this matter now."), code="nothing-outside")


@need
def answer_proposed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody proposed what to answer, and what it comes to."""
    if request.proposal != Proposal.ANSWER or not request.proposed_outcome:
        raise WrongState(_("Nobody has proposed an answer yet."), code="not-prepared")


# --- Appeals ---------------------------------------------------------------------------------------------------------


@need
def may_be_appealed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It was not answered in full, or not at all where the law takes silence for a refusal."""
    if request.state != State.CLOSED:
        if request.state == State.READY or reckoning.deemed_refused(request, at) is None:
            raise WrongState(
                _("Nothing has been decided yet that could be looked at again. You can write to us at any time."),
                code="nothing-to-appeal",
            )
    elif request.outcome not in APPEALABLE:
        raise WrongState(
            _("This was answered in full or withdrawn, so there is nothing to look at again."), code="nothing-to-appeal"
        )


@need
def no_appeal_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No appeal against it is open, and none was decided since it was last decided itself."""
    last = request.contested.filter(right=Right.APPEAL).order_by("-received_at", "-id").first()
    if last is None:
        return
    if last.state != State.CLOSED:
        raise WrongState(
            _("This is being looked at again already. You hear from us by the date that you were told."),
            code="appeal-open",
        )
    if last.outcome == Outcome.WITHDRAWN:
        return
    if request.closed_at is None or last.closed_at is None or last.closed_at >= request.closed_at:
        raise WrongState(
            _(
                "We have looked at this again already, and told you what came of it. What is left is to complain to an "
                "authority or to go to court; our letter says where."
            ),
            code="appeal-decided",
        )


@need
def appeal_in_time(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The time within which one may appeal has not gone by."""
    until = reckoning.appeal_until(request)
    if until is None or reckoning.today(request, at) <= until:
        return
    raise WrongState(
        _(
            "An appeal could be made until %(day)s. What is left is to complain to an authority or to go to court; the "
            "page of the request says where."
        )
        % {"day": reckoning.long_day(until)},
        code="appeal-late",
    )


@need
def had_no_part(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Whoever proposed or made the decision does not decide the appeal against it."""
    if by.user is None or request.about_id is None:
        return
    done = Event.objects.filter(request_id=request.about_id, actor_id=str(by.user.pk), verb__in=_DECIDES)
    if done.exists():
        raise NotAllowed(
            _("You had a part in the decision that is appealed against, so somebody else must decide."),
            code="same-decider",
        )


@need
def appeal_won(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """An appeal against it was decided for the person."""
    last = request.contested.filter(right=Right.APPEAL).order_by("-received_at", "-id").first()
    if last is None or last.proposed_outcome not in WON:
        raise WrongState(_("No appeal was decided for the person."), code="no-appeal-won")
