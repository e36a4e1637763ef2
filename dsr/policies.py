"""Who may do what, and when: each rule once, as a check that raises the sentence people are shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import reckoning
from dsr.errors import Incomplete, NotAllowed, RecourseError, Unlawful, WrongState
from dsr.lifecycle import BY_VERB, Actor, Move, Outcome, State
from dsr.models import DeadlineKind, Proposal, StepResult, StepState, SubjectRequest
from dsr.rights import Right
from dsr.rules import Forbidden, pack
from notifications import sealing

if TYPE_CHECKING:
    from django.contrib.auth.models import User

STATE_TITLES: dict[State, str | Promise] = {
    State.RECEIVED: gettext_lazy("received"),
    State.VERIFYING: gettext_lazy("waiting for identity"),
    State.IN_REVIEW: gettext_lazy("in review"),
    State.FULFILLING: gettext_lazy("being answered"),
    State.READY: gettext_lazy("ready"),
    State.CLOSED: gettext_lazy("closed"),
}
_ROLE_PERMISSIONS = {
    Actor.ANALYST: "dsr.work_requests",
    Actor.APPROVER: "dsr.approve_requests",
    Actor.SUPPORT: "dsr.file_requests",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, in which roles, and through which door. Never holds a personal value but the staff account."""

    roles: frozenset[Actor]
    via: str
    user: "User | None" = None

    @classmethod
    def system(cls, via: str = "worker") -> "Caller":
        """Return the service itself."""
        return cls(frozenset({Actor.SYSTEM}), via)

    @classmethod
    def person(cls, via: str = "web") -> "Caller":
        """Return the individual, known by a grant or a proof."""
        return cls(frozenset({Actor.PERSON}), via)

    @classmethod
    def of_user(cls, user: "User", via: str, only: Iterable[Actor] = tuple(_ROLE_PERMISSIONS)) -> "Caller":
        """Return a member of staff with the roles that the account's permissions give, cut down to ``only``."""
        roles = {role for role in only if role in _ROLE_PERMISSIONS and user.has_perm(_ROLE_PERMISSIONS[role])}
        return cls(frozenset(roles), via, user)

    @property
    def user_id(self) -> int | None:
        """Primary key of the staff account, if there is one."""
        return self.user.pk if self.user else None

    def acting_as(self, move: Move) -> Actor | None:
        """Return the role in which this caller makes a move, the least powerful that suffices."""
        return next((actor for actor in Actor if actor in self.roles & move.actors), None)


Need = Callable[[SubjectRequest, Caller, datetime], None]
NEEDS: dict[str, Need] = {}


def _need(check: Need) -> Need:
    NEEDS[check.__name__] = check
    return check


def check_can_make(request: SubjectRequest, move: Move, by: Caller, at: datetime) -> None:
    """Raise the first reason why this caller may not make this move now.

    Raises NotAllowed, WrongState or Incomplete with a sentence that says what stands in the way.
    """
    if by.acting_as(move) is None:
        raise NotAllowed(_("This is not yours to do."), code="not-your-move")
    if Right(request.right) not in move.rights:
        raise WrongState(_("This kind of request has no such step."), code="not-for-this-right")
    if State(request.state) not in move.sources:
        raise WrongState(
            _("The request is %(state)s, so this cannot be done now.") % {"state": STATE_TITLES[State(request.state)]}
        )
    for name in move.needs:
        NEEDS[name](request, by, at)


def can_make(request: SubjectRequest, verb: str, by: Caller, at: datetime) -> bool:
    """Say whether ``check_can_make`` would pass."""
    try:
        check_can_make(request, BY_VERB[verb], by, at)
    except RecourseError:
        return False
    return True


@_need
def identity_proved(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The submission's proof reaches the floor of the right."""
    if request.submission.verified_level < request.spec.floor:
        raise WrongState(_("The person has not confirmed who they are yet."), code="identity-missing")


@_need
def not_own_case(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nobody handles a case about themselves."""
    if by.user is None or not by.user.email or not request.submission.email_fingerprint:
        return
    if request.submission.email_fingerprint in sealing.fingerprints("email", by.user.email):
        raise NotAllowed(_("This case is about you, so a colleague must handle it."), code="own-case")


@_need
def another_person(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Whoever prepared does not approve."""
    if by.user_id is not None and by.user_id == request.prepared_by_id:
        raise NotAllowed(_("You prepared this answer, so somebody else must approve it."), code="four-eyes")


@_need
def not_prepared(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No proposal waits for approval."""
    if request.proposal:
        raise WrongState(_("A proposal is waiting for approval. Send it back first."), code="already-prepared")


@_need
def is_prepared(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A proposal waits for approval."""
    if not request.proposal:
        raise WrongState(_("Nothing has been proposed yet."), code="not-prepared")


@_need
def release_prepared(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody proposed to give the data."""
    if request.proposal != Proposal.RELEASE:
        raise WrongState(_("Nobody has proposed to give the data yet."), code="not-prepared")


@_need
def refusal_prepared(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody proposed to refuse, with ground and reasons."""
    if request.proposal != Proposal.REFUSE or not request.refusal_ground or not request.reason_sealed:
        raise WrongState(
            _("Nobody has proposed a refusal with its ground and reasons yet."), code="refusal-not-prepared"
        )


@_need
def all_systems_answered(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No step is open."""
    states = set(request.steps.order_by().values_list("state", flat=True))
    if states - {StepState.DONE}:
        raise WrongState(_("Some systems have not answered yet."), code="search-open")


@_need
def search_complete(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Every system has answered, or somebody decided to go on without it."""
    if request.searched_at is None:
        raise WrongState(
            _("Some systems have not answered yet. Wait, ask again, or decide to go on without them."),
            code="search-open",
        )


@_need
def question_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person was asked something and has not answered."""
    if request.question_at is None:
        raise WrongState(_("There is no open question. You can send a message instead."), code="no-question")


@_need
def closed_unverified(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The request lapsed for want of identity."""
    if request.outcome != Outcome.UNVERIFIED:
        raise WrongState(_("Only a request that lapsed can be reopened."), code="not-lapsed")


@_need
def not_purged(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The personal data of the case is still there."""
    if request.submission.purged_at is not None:
        raise WrongState(
            _("The personal data of this case has been deleted. Please make a new request."), code="purged"
        )


def _due(request: SubjectRequest, kind: DeadlineKind, at: datetime) -> bool:
    return request.deadlines.filter(kind=kind, done_at__isnull=True, due_at__lte=at).exists()


@_need
def lapse_is_due(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The time to confirm the address has run out."""
    if not _due(request, DeadlineKind.LAPSE, at):
        raise WrongState(_("The person still has time to confirm."), code="not-due")


@_need
def download_ended(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The time to collect the answer has run out."""
    if not _due(request, DeadlineKind.EXPIRY, at):
        raise WrongState(_("The person still has time to collect the answer."), code="not-due")


def _has_answer(request: SubjectRequest) -> bool:
    return request.packages.filter(destroyed_at__isnull=True).exists()


@_need
def answer_built(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """There is an answer to hand over."""
    if not _has_answer(request):
        raise WrongState(_("The answer has not been built yet."), code="no-answer")


@_need
def answer_kept(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The answer was given and its files are still kept."""
    if not _has_answer(request):
        raise WrongState(_("There is no answer to issue again."), code="no-answer")


@_need
def answer_gone(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The answer was given once, and its files have been destroyed on schedule."""
    if request.ready_at is None:
        raise WrongState(_("No answer was given, so there is none to renew."), code="no-answer")
    if _has_answer(request):
        raise WrongState(_("The files are still kept. Issue the answer again instead."), code="answer-kept")


@_need
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


def check_lawful(ban: Forbidden | None) -> None:
    """Raise Unlawful for what a law forbids, in its sentence and with its rule."""
    if ban is not None:
        raise Unlawful(ban.because, rule=ban.rule, source=ban.source)


@_need
def extension_allowed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The law that governs lets the answer be put off, and there is time left to tell it."""
    check_lawful(reckoning.against_extending(request, at, None, final=False))


@_need
def question_stops_clock(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Under the law that governs, the clock stands still while a question is open."""
    check_lawful(reckoning.against_clarifying(request, at))


@_need
def fee_allowed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Every law that applies lets a fee be asked."""
    check_lawful(reckoning.against_charging(request))


@_need
def no_fee_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person has not been told about a fee and is thinking about it."""
    if request.fee_told_at is not None:
        raise WrongState(_("The person has been told about a fee and has not answered yet."), code="fee-open")


@_need
def fee_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The person was told about a fee and has not answered."""
    if request.fee_told_at is None:
        raise WrongState(_("No fee is open."), code="no-fee")


@_need
def fee_reply_over(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The time to accept the fee has run out."""
    fee_open(request, by, at)
    if not _due(request, DeadlineKind.FEE_REPLY, at):
        raise WrongState(_("The person still has time to answer."), code="not-due")


@_need
def is_overdue(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The promised date has gone by, and no clock stands still."""
    if request.due_at > at or request.waits_for:
        raise WrongState(_("The date for the answer has not gone by."), code="not-due")


@_need
def under_earlier_rules(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """The request is pinned to other rules than those in force."""
    if request.submission.rules_version == pack().version:
        raise WrongState(_("The request is under the rules in force already."), code="rules-in-force")


@_need
def refusal_in_time(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No law's last day for telling a refusal has gone by."""
    check_lawful(reckoning.against_refusing(request, at))


@_need
def refusal_is_late(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A law's last day for telling a refusal has gone by, which the letter then says."""
    if reckoning.against_refusing(request, at) is None:
        raise WrongState(_("It is not too late, so refuse in the ordinary way."), code="refusal-in-time")


def check_inputs(move: Move, given: Iterable[str]) -> None:
    """Raise Incomplete for the first input of a move that is missing."""
    present = set(given)
    for name in move.inputs:
        if name not in present:
            raise Incomplete(_("Please give: %(name)s.") % {"name": name}, field=name, code="missing-input")
