"""The second confirmation: nobody loses an account because of one click, and nobody is left waiting for ever."""

from datetime import datetime, timedelta
from uuid import UUID

from dsr.deadlines import local_date
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Proposal, SubjectRequest
from dsr.rights import Right
from dsr.services import clocks, letters, links, search, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring

_SYSTEM = Caller.system()
CONFIRM_WITHIN = timedelta(days=21)
"""How long we wait for the second confirmation, at most; never into the last days before the answer is due."""
_BEFORE_DUE = timedelta(days=5)
_A_DAY = timedelta(days=1)
_DATES = (DeadlineKind.CONFIRM_REMINDER, DeadlineKind.CONFIRM_END)


def ask(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Ask for the second confirmation with what an erasure means, inside the caller's transaction."""
    if request.right != Right.DELETION or request.confirmed_at is not None:
        return
    ends = max(at + 2 * _A_DAY, min(at + CONFIRM_WITHIN, request.due_at - _BEFORE_DUE))
    clocks.set_back(request, DeadlineKind.CONFIRM_END, ends)
    clocks.set_back(request, DeadlineKind.CONFIRM_REMINDER, at + (ends - at) / 2)
    _tell(case, request, ends, at)


def _tell(case: Case, request: SubjectRequest, ends: datetime, at: datetime) -> None:
    submission = case.submission
    letter = letters.ErasureConfirm(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        ends_on=local_date(ends, submission.zone),
        tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"confirm-erasure:{request.pk}:{at:%Y%m%d%H%M%S}", about=[request])


def confirm(request_id: UUID, *, by: Caller, at: datetime, how: str = "", expect: int | None = None) -> SubjectRequest:
    """Take the second confirmation: of the person, or as a colleague heard it. Raises WrongState when it was given."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "confirm_erasure", by=by, at=at, data={"how": how[:16]} if how else None)
        _end_dates(request, at)
    return request


def _end_dates(request: SubjectRequest, at: datetime) -> None:
    Deadline.objects.filter(request=request, kind__in=_DATES, done_at=None).update(done_at=at)


def remind(deadline: Deadline, at: datetime) -> None:
    """Remind once that the confirmation is still missing."""
    with holding(request_id=deadline.request_id) as case:
        request = _of(case, deadline)
        end = Deadline.objects.filter(request=request, kind=DeadlineKind.CONFIRM_END, done_at=None).first()
        if (
            end is not None
            and clocks.still_open(deadline)
            and case.try_move(request, "remind_to_confirm", by=_SYSTEM, at=at)
        ):
            _tell(case, request, end.due_at, at)
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(done_at=at)


def end(deadline: Deadline, at: datetime) -> None:
    """End a request that was not confirmed. Nothing has been erased; it can be taken up again."""
    with holding(request_id=deadline.request_id) as case:
        request = _of(case, deadline)
        with_us = case.submission.stopped_at is not None or request.proposal in (Proposal.REFUSE, Proposal.UNASKED)
        if request.state == State.IN_REVIEW and with_us:
            Deadline.objects.filter(pk=deadline.pk).update(due_at=at + _A_DAY, claimed_until=None)
            return
        if case.try_move(request, "erasure_unconfirmed", by=_SYSTEM, at=at):
            letter = letters.ErasureUnconfirmed(
                reference=case.submission.reference,
                organisation=telling.organisation(case.submission),
                tracker=telling.tracker_link(case.submission, at),
            )
            telling.tell_in(case, letter, at=at, dedupe=f"unconfirmed:{request.pk}:{request.version}")
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(done_at=at)


def _of(case: Case, deadline: Deadline) -> SubjectRequest:
    assert deadline.request_id is not None
    return case.request(deadline.request_id)


def take_up(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Go on with a request that ended for want of the confirmation."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "take_up", by=by, at=at)
        search.begin(case, request, by=_SYSTEM, at=at)
        ask(case, request, at)
        ring(Bell.WORK, str(case.submission.pk))
    return request
