"""From an approval to what is done in the systems: the wait, a last look, the tasks, and the end.

What was approved is judged once more before the first system is told anything, and again before each. Where less may
go than was decided, or there is more than was seen, it comes back to the desk, and what is done already stays told.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from dsr.connectors import ConnectorError, TemporaryFailure
from dsr.deadlines import local_date
from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, SubjectRequest
from dsr.policies import can_make, reason_against
from dsr.rights import SPECS, Right
from dsr.services import clocks, correction, grounds, letters, links, restriction, search, taskwork, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import closing, doing
from dsr.services.threads import checked_text, keep_note
from notifications.reads import Prepared

_SYSTEM = Caller.system()
_AFTER_A_WHILE = timedelta(hours=1)
_TRIES = 24
"""How often the last look is tried, a while apart, before people see that a system cannot be looked at."""
_REQUEST = Prepared(lambda pk: SubjectRequest.objects.select_related("submission__data_key").filter(pk=pk))

_LATER = ("copy-first", "shut-first")
"""Why something that was approved is not begun yet, and will be by itself."""
Ready = Callable[[Case, SubjectRequest, datetime], None]
PREPARE: dict[Right, Callable[[SubjectRequest, datetime], Ready]] = {
    Right.DELETION: doing.prepare,
    Right.CORRECTION: correction.prepare,
    Right.RESTRICTION: restriction.prepare,
}
"""Looks once more outside any transaction, raises BackToReview, and returns what makes the tasks inside one."""


def begins_at(request: SubjectRequest, at: datetime) -> datetime:
    """Return from when something is carried out that is approved now; never beyond the day when the answer is due."""
    waits = request.right == Right.DELETION and not request.submission.sheltered  # a child's account cannot wait
    wait = timedelta(days=settings.ERASURE_WAIT_DAYS) if waits else timedelta()
    return max(at, min(at + wait, request.due_at - timedelta(days=1)))


def after_approval(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Set the instant from which it is carried out, inside the caller's transaction, and tell the person.

    An erasure waits some days in which it can be stopped.
    """
    request.act_at = begins_at(request, at)
    clocks.set_back(request, DeadlineKind.ACT, request.act_at)
    case.touch(request)
    if request.right == Right.DELETION and not case.submission.sheltered:
        letter = letters.ErasurePlanned(
            reference=case.submission.reference,
            organisation=telling.organisation(case.submission),
            acts_on=local_date(request.act_at, case.submission.zone),
            tracker=links.tracker(case.submission.reference, telling.tracker_pass(case, at)),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"planned:{request.pk}:{request.version}", about=[request])
    ring(Bell.WORK, str(case.submission.pk))


def start(deadline: Deadline, at: datetime) -> None:
    """Begin to carry out what was approved, once the wait is over. Doing it twice does it once."""
    assert deadline.request_id is not None
    [request] = _REQUEST.rows(deadline.request_id)
    if request.state != State.FULFILLING or request.act_at is None:
        Deadline.objects.filter(pk=deadline.pk).update(done_at=at)
        return
    refused = reason_against(request, "begin_acting", _SYSTEM, at)
    if refused is not None and refused.code in _LATER:
        Deadline.objects.filter(pk=deadline.pk).update(due_at=at + _AFTER_A_WHILE, claimed_until=None, attempts=0)
        return
    ready: Ready | None = None
    code = refused.code if refused else ""
    if not code:
        try:
            ready = PREPARE[Right(request.right)](request, at)
        except taskwork.BackToReview as back:
            code = back.code
        except ConnectorError as failure:
            if isinstance(failure, TemporaryFailure) and deadline.attempts < _TRIES:
                Deadline.objects.filter(pk=deadline.pk).update(due_at=at + _AFTER_A_WHILE, claimed_until=None)
                return
            code = str(failure.code)
    approved_at = request.approved_at
    with holding(request_id=request.pk) as case:
        request = case.request(request.pk)
        Deadline.objects.filter(pk=deadline.pk).update(done_at=at)
        if request.state != State.FULFILLING or request.act_at is None or request.approved_at != approved_at:
            return
        if ready is None or not case.try_move(request, "begin_acting", by=_SYSTEM, at=at):
            bring_back(case, request, code or "not_now", by=_SYSTEM, at=at)
            return
        ready(case, request, at)
        end_if_over(case, request, at)


def bring_back(case: Case, request: SubjectRequest, code: str, *, by: Caller, at: datetime) -> None:
    """Bring what was approved back to the desk and look at the systems anew, inside the caller's transaction."""
    case.move(request, "halt", by=by, at=at, data={"code": code})
    taskwork.call_off(request)
    if can_make(request, "search", _SYSTEM, at):
        search.begin(case, request, by=_SYSTEM, at=at)
    else:
        case.needs_staff(request)  # somebody on file stopped it: whoever lets it go on has the systems asked anew
    ring(Bell.WORK, str(case.submission.pk))


def halt(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Bring an approved request back before more of it is carried out, with the reason as a note."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        text = checked_text(reason, "reason")
        bring_back(case, request, "by_staff", by=by, at=at)
        keep_note(case, request, text, by, at)
    return request


def end_if_over(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Close a request of which every system has done its part, certify it and tell the person."""
    if request.state != State.FULFILLING:
        return
    try:
        case.move(request, "acted", by=_SYSTEM, at=at)
    except WrongState:
        return
    certificate = closing.certify(case, request, at)
    letter = letters.CarriedOut(
        reference=case.submission.reference,
        organisation=telling.organisation(case.submission),
        right=str(SPECS[Right(request.right)].title),
        outcome=request.outcome,
        withheld=grounds.parts_told(request),
        choices_kept=certificate.document.get("choices_kept", False),
        remedies=telling.remedies(case.submission),
        tracker=links.tracker(case.submission.reference, telling.tracker_pass(case, at)),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"acted:{request.pk}:{request.version}", about=[request])
    closing.come_back(case, request, at)
    if case.submission.sheltered:  # what waited for the account to be shut need not wait any longer
        waiting = Deadline.objects.filter(submission=case.submission, kind=DeadlineKind.ACT, done_at=None)
        waiting.update(due_at=at, claimed_until=None)
        ring(Bell.WORK, str(case.submission.pk))
