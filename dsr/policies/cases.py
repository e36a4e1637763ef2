"""Cases of authorities: who may do what, and when; each rule once, as the sentence that people are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.caselife import BY_VERB, CaseMove, CaseState
from dsr.errors import NotAllowed, RecourseError, WrongState
from dsr.lifecycle import STAFF, Actor
from dsr.models import AuthorityCase, CaseMeasure, SubjectRequest, Submission
from dsr.policies.base import Caller
from dsr.policies.desk import not_own_case

Need = Callable[[AuthorityCase, Caller, datetime], None]
NEEDS: dict[str, Need] = {}
STATE_TITLES: dict[str, str | Promise] = {
    CaseState.RECEIVED: gettext_lazy("to be answered"),
    CaseState.PREPARED: gettext_lazy("waiting for a second person"),
    CaseState.APPROVED: gettext_lazy("approved, to be sent"),
    CaseState.ANSWERED: gettext_lazy("answered"),
    CaseState.CLOSED: gettext_lazy("closed"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is asked of several moves at once, read once for a case at hand."""

    submissions: list[Submission]
    measures: list[CaseMeasure]
    """Those that are neither done nor lifted."""


def facts(case: AuthorityCase) -> Facts:
    """Return whom a case is about, and which measures are open."""
    found: Facts | None = case.__dict__.get("_facts")
    if found is None:
        linked = Submission.objects.filter(authority_links__case=case).select_related("data_key")
        found = Facts(list(linked), list(case.measures.filter(done_at=None, lifted_at=None)))
        case.__dict__["_facts"] = found
    return found


def check_may_look(by: Caller) -> None:
    """Raise NotAllowed for whoever does not work on requests: support and the outside see nothing of such cases."""
    if by.user is None or not by.roles & STAFF:
        raise NotAllowed(_("Only colleagues who work on requests see the cases of authorities."), code="not-yours")


def check_may_enter(by: Caller) -> None:
    """Raise NotAllowed for whoever is no colleague at all; support hands letters on that came to it."""
    if by.user is None or not by.roles & {*STAFF, Actor.SUPPORT}:
        raise NotAllowed(_("Only colleagues can enter the letter of an authority."), code="not-yours")


def check_can_make(case: AuthorityCase, move: CaseMove, by: Caller, at: datetime) -> None:
    """Raise the first reason why this caller may not make this move now. Raises NotAllowed or WrongState."""
    if not by.roles & move.actors:
        raise NotAllowed(_("This is not yours to do."), code="not-your-move")
    if CaseState(case.state) not in move.sources:
        raise WrongState(
            _("The case is %(state)s, so this cannot be done now.") % {"state": STATE_TITLES[case.state]},
            code="wrong-case-state",
        )
    for name in move.needs:
        NEEDS[name](case, by, at)


def reason_against(case: AuthorityCase, verb: str, by: Caller, at: datetime) -> RecourseError | None:
    """Return what ``check_can_make`` would raise, or None."""
    try:
        check_can_make(case, BY_VERB[verb], by, at)
    except RecourseError as error:
        return error
    return None


def need(check: Need) -> Need:
    """Register a check under its name, by which rows of the table call for it."""
    NEEDS[check.__name__] = check
    return check


@need
def not_about_you(case: AuthorityCase, by: Caller, at: datetime) -> None:
    """Nobody works on a case that is about themselves."""
    for submission in facts(case).submissions:
        not_own_case(SubjectRequest(submission=submission), by, at)


@need
def second_person(case: AuthorityCase, by: Caller, at: datetime) -> None:
    """Whoever prepared the answer does not approve it."""
    if by.user_id == case.prepared_by_id:
        raise NotAllowed(_("You prepared this answer, so somebody else must approve it."), code="four-eyes")


@need
def not_forgotten(case: AuthorityCase, by: Caller, at: datetime) -> None:
    """What was written in the case is still there."""
    if case.purged_at is not None:
        raise WrongState(_("What was written in this case has been deleted."), code="purged")


@need
def is_linked(case: AuthorityCase, by: Caller, at: datetime) -> None:
    """It is known whom the case is about."""
    if not facts(case).submissions:
        raise WrongState(_("No filing of a person is linked to this case."), code="nobody-linked")


@need
def measure_open(case: AuthorityCase, by: Caller, at: datetime) -> None:
    """The authority ordered something that is not done yet."""
    if not facts(case).measures:
        raise WrongState(_("No measure is open."), code="no-measure-open")


@need
def measures_done(case: AuthorityCase, by: Caller, at: datetime) -> None:
    """All that was ordered is confirmed as done, or was lifted."""
    if numbers := [str(measure.number) for measure in facts(case).measures]:
        raise WrongState(
            _("Measures that the authority ordered are not confirmed as done yet: %(numbers)s.")
            % {"numbers": ", ".join(numbers)},
            code="measures-open",
        )
