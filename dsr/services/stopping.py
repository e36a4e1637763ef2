"""Stopping what somebody on file did not ask, holding a release, and going on; noting what came in unasked."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import override

from dsr.lifecycle import BY_VERB, IDENTIFIED, State
from dsr.models import Deadline, DeadlineKind, Package, StepState, SubjectRequest
from dsr.policies import Caller, can_make, check_can_make
from dsr.rights import Right
from dsr.services import (
    acting,
    asked,
    clocks,
    colleagues,
    letters,
    links,
    proving,
    search,
    signals,
    steps,
    telling,
)
from dsr.services._moves import Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.threads import checked_text, keep_note
from verification import grants, mail

_SYSTEM = Caller.system()


def stop_for(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Hold everything on the word of somebody on file who wrote or rang; what they said is kept as a note."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["stop"], by, at)
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        stop_all(case, at, by=by, data={"post": str(post.pk)})
    return request


def stop_all(case: Case, at: datetime, *, by: Caller | None = None, data: Mapping[str, str] | None = None) -> None:
    """Within a case: hold everything, take back what could be downloaded, and call people. Twice does nothing more."""
    submission = case.submission
    if submission.stopped_at is not None:
        return
    for request in _touched(case):
        case.move(request, "stop", by=by or Caller.person(), at=at, data=data)
        for package in Package.objects.filter(request=request, destroyed_at=None):
            grants.revoke(package.pk, at=at)
    submission.stopped_at = at  # not before: what is stopped already cannot be stopped
    case.keep("stopped_at")
    for request in _touched(case):
        if request.state == State.FULFILLING and request.spec.acts and request.act_at is None:  # it has begun
            acting.bring_back(case, request, "stopped", by=_SYSTEM, at=at)
    mail.end(submission.pk, at)
    _call_staff(case, at)


def _touched(case: Case) -> list[SubjectRequest]:
    return [each for each in case.requests() if each.state != State.CLOSED and Right(each.right) in IDENTIFIED]


def _call_staff(case: Case, at: datetime) -> None:
    """Write to whoever leads or answers for data protection; where there is nobody, to those who approve."""
    submission = case.submission
    people = [
        *colleagues.with_permission("dsr.officer_requests"),
        *colleagues.with_permission("dsr.lead_requests"),
    ] or colleagues.with_permission("dsr.approve_requests")
    first = case.requests()[0]
    for user in dict.fromkeys(people):
        with override(settings.LANGUAGE_CODE):
            letter = letters.StaffCalled(
                reference=submission.reference,
                organisation=telling.organisation(submission),
                link=links.console(first.pk),
            )
        dedupe = f"stopped:{submission.pk}:{at:%Y%m%d%H%M%S}:{user.pk}"
        telling.tell_other(case, letter, to=user.email, at=at, dedupe=dedupe)


def resume(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Go on after a stop, as somebody found out, by a channel on file, that all is well."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        submission = case.submission
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        case.move(request, "resume", by=by, at=at, data={"post": str(post.pk)})
        for other in _touched(case):
            if other.pk != request.pk:
                case.move(other, "resume", by=by, at=at)
        submission.stopped_at = None
        case.keep("stopped_at")
        proving.admit(case, by=Caller.system(by.via), at=at)
        build_now(case)
        _search_again(case, at)
        _wait_again(case, at, again=f"resumed{request.version}")
    return request


def _search_again(case: Case, at: datetime) -> None:
    """Have the systems asked for what the stop brought back from being carried out, and for what it kept waiting."""
    for request in case.requests():
        open_steps = request.steps.exclude(state=StepState.DONE).exists()
        waits = request.spec.acts and request.searched_at is None and not open_steps
        if waits and can_make(request, "search", _SYSTEM, at):
            search.begin(case, request, by=_SYSTEM, at=at)
            ring(Bell.WORK, str(case.submission.pk))


def _wait_again(case: Case, at: datetime, *, again: str) -> None:
    """Give the person their time anew, as the stop took it; and a link, as the stop ended the one they had."""
    waiting = [request for request in case.requests() if request.state == State.VERIFYING]
    if not waiting:
        return
    Deadline.objects.filter(request__in=waiting, kind__in=clocks.LAPSES, done_at=None).update(done_at=at)
    for request in waiting:
        proving.wait_anew(request, at)
    submission = case.submission
    if telling.is_read(submission):
        asked.tell_open(case, at, again=again)
        return
    started = mail.start(submission.pk, submission.open("email"), submission.data_key, at)
    telling.tell_in(case, asked.confirm_letter(case, started, at), at=at, dedupe=f"confirm:{started.challenge.pk}")
    case.record("address_asked", by=_SYSTEM, at=at)


def build_now(case: Case) -> None:
    """Have what was released before built at once, as nothing stands against it any more."""
    waiting = Deadline.objects.filter(submission=case.submission, kind=DeadlineKind.BUILD, done_at=None)
    if waiting.update(claimed_until=None):
        ring(Bell.WORK, str(case.submission.pk))


def hold(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Hand nothing over for 72 hours; the person is told. Raises WrongState, NotAllowed, Incomplete."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        signals.hold(case, by=by, at=at, data={"post": str(post.pk)}, first=request)
    return request


def lift_hold(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Release again before the time is over, with a reason that is kept."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        case.move(request, "lift_hold", by=by, at=at, data={"post": str(post.pk)})
        case.submission.held_until = None
        case.keep("held_until")
        _end_hold(case, at)
    return request


def hold_over(deadline: Deadline, at: datetime) -> None:
    """Note that the wait before release is over, and release what a standing rule releases."""
    with holding(submission_id=deadline.submission_id) as case:
        submission = case.submission
        if submission.held_until is not None and submission.held_until > at:  # renewed since this date was found
            Deadline.objects.filter(pk=deadline.pk).update(due_at=submission.held_until, claimed_until=None)
            return
        if submission.held_until is not None:
            submission.held_until = None
            case.keep("held_until")
            case.record("hold_over", by=_SYSTEM, at=at)
            _end_hold(case, at)
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(done_at=at)


def _end_hold(case: Case, at: datetime) -> None:
    build_now(case)
    release(case, at)


def release(case: Case, at: datetime) -> None:
    """Within a case: release what a standing rule releases, now that nothing holds it."""
    for request in case.requests():
        if request.state == State.IN_REVIEW and request.searched_at is not None:
            steps.release_plain(case, request, at)


def note_unasked(request_id: UUID, kind: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Note that something came in that nobody had asked for and that it was destroyed; the person is told."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        what = letters.Unasked(kind) if kind in list(letters.Unasked) else letters.Unasked.OTHER
        case.move(request, "note_unasked", by=by, at=at, data={"kind": str(what)})
        letter = letters.UnaskedDestroyed(
            reference=case.submission.reference,
            organisation=telling.organisation(case.submission),
            what=what,
            tracker=telling.door(case, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"unasked:{request.pk}:{request.version}")
    return request
