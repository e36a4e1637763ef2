"""Moving open requests to the rules in force: the only way in which a change of the rules can move a promised date.

Never by itself: somebody decides it, says why, and each date that moves is told to the person.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.errors import RecourseError, WrongState
from dsr.lifecycle import BY_VERB, State
from dsr.models import SubjectRequest, Submission
from dsr.policies import Caller, check_can_make
from dsr.rules import Notice, NotInRules, RulePack, pack
from dsr.selectors import filings
from dsr.services import moved, rulebooks, threads
from dsr.services._moves import Case, holding

VERB = "change_rules"


@dataclass(frozen=True, slots=True)
class Redated:
    """A promised date that moved, or would."""

    right: str
    was: date
    now: date


@dataclass(frozen=True, slots=True)
class Repinned:
    """What became of one submission: the dates that moved, or the sentence that says why it stays as it was."""

    reference: str
    moved: tuple[Redated, ...] = ()
    refused: str = ""


def change_rules(
    request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Work out everything open in the submission by the rules in force, with a reason; every date that moves is told.

    Raises WrongState where that is so already, or where those rules no longer hold a law or notice that it needs.
    """
    rulebooks.keep()
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        _change(case, request, reason, by, at)
    return request


def repin(
    reason: str,
    *,
    by: Caller,
    at: datetime,
    references: Collection[str] = (),
    since: datetime | None = None,
    dry_run: bool = False,
) -> Iterator[Repinned]:
    """Move what is open to the rules in force, one submission and transaction at a time; a second run finds nothing.

    Yields what became of each. With ``dry_run`` nothing is written, and it yields what would.
    """
    rulebooks.keep()
    reason = threads.checked_text(reason, "reason")
    for filed in filings.stream(_behind(references, since)):
        request = next(each for each in filed.requests if each.state not in filings.ANSWERED)
        try:
            dates = _would(filed) if dry_run else _repinned(request.pk, reason, by, at)
        except RecourseError as error:
            yield Repinned(filed.submission.reference, refused=error.sentence)
        else:
            yield Repinned(filed.submission.reference, tuple(sorted(dates, key=lambda each: each.right)))


def _behind(references: Collection[str], since: datetime | None) -> QuerySet[Submission]:
    """What is open and under other rules than those in force."""
    found = filings.unanswered(filings.since(since)).exclude(rules_version=pack().version)
    return found.filter(reference__in=references) if references else found


def _repinned(request_id: UUID, reason: str, by: Caller, at: datetime) -> tuple[Redated, ...]:
    with holding(request_id=request_id) as case:
        return _change(case, case.request(request_id), reason, by, at)


def _change(case: Case, request: SubjectRequest, reason: str, by: Caller, at: datetime) -> tuple[Redated, ...]:
    move, submission, rules = BY_VERB[VERB], case.submission, pack()
    check_can_make(request, move, by, at)
    waiting = [each for each in case.requests() if State(each.state) in move.sources]
    notice = _fitting(submission, rules, waiting)
    before = {each.pk: each.due_on for each in waiting}
    threads.keep_note(case, request, threads.checked_text(reason, "reason"), by, at)
    data = {"was": submission.rules_version, "now": rules.version}
    case.move(request, VERB, by=by, at=at, data=data, version=rules.version)
    submission.zone = notice.seat_for(submission.regimes[0]).zone
    case.keep("rules_version", "zone")
    for each in waiting:
        if each.pk != request.pk:
            case.record(VERB, by=by, at=at, request=each, source=str(each.state), data=data, role=by.acting_as(move))
        case.recount(each, at=at, because=VERB)
    moved.tell(case, at)
    return tuple(
        Redated(each.right, before[each.pk], each.due_on) for each in waiting if each.due_on != before[each.pk]
    )


def _fitting(submission: Submission, rules: RulePack, waiting: Collection[SubjectRequest]) -> Notice:
    """Return the notice under the rules in force. Raises WrongState where those cannot take the submission over."""
    try:
        notice = rules.notice(submission.notice_id, submission.notice_version)
        for request in waiting:
            reckoning.laws_in(rules, notice, submission, reckoning.right_of(request))
    except NotInRules:
        raise WrongState(
            _("The rules in force no longer hold a law or the notice that this request is answered under."),
            code="rules-do-not-fit",
        ) from None
    return notice


def _would(filed: filings.Filed) -> tuple[Redated, ...]:
    """What moving one submission would make of its promised dates."""
    submission, rules = filed.submission, pack()
    waiting = [each for each in filed.requests if each.state not in filings.ANSWERED]
    notice = _fitting(submission, rules, waiting)
    submission.zone = notice.seat_for(submission.regimes[0]).zone
    found = []
    for request in waiting:
        laws = reckoning.laws_in(rules, notice, submission, reckoning.right_of(request))
        events = [each.event for each in reckoning.happened(request, filed.history)]
        due = reckoning.governing(reckoning.reckon_of(request, events, named=laws), submission.zone)
        if due.on != request.due_on:
            found.append(Redated(request.right, request.due_on, due.on))
    return tuple(found)
