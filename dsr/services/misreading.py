"""A right that was read into somebody's words by mistake: ended by two people, told, gone on with if it was meant."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import override

from dsr.lifecycle import BY_VERB, State
from dsr.models import Deadline, DeadlineKind, Event, SubjectRequest
from dsr.policies import can_make, check_can_make, reason_against
from dsr.rights import SPECS, Right
from dsr.services import asked, clocks, letters, pausing, proving, search, taskwork, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import waiting
from dsr.services.steps import destroy_later
from dsr.services.threads import checked_text

_SYSTEM = Caller.system()
_QUESTIONS = ("ask", "clarify", "answer")


def propose(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Propose to end one right as misunderstood, with reasons for the person. Raises WrongState where it was chosen."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["propose_misunderstood"], by, at)
        request.seal("reason", checked_text(reason, "reason"))
        case.move(request, "propose_misunderstood", by=by, at=at, by_id=by.user_id)
    return request


def close(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """End it as proposed, as the second person, and tell the person why and how to say that it was meant."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "close_misunderstood", by=by, at=at, by_id=by.user_id)
        taskwork.call_off(request)
        pausing.end_unweighed(case, request, at)
        destroy_later(request, at)
        submission = case.submission
        with override(submission.language):
            letter = letters.Misunderstood(
                reference=submission.reference,
                organisation=telling.organisation(submission),
                right=str(SPECS[Right(request.right)].title),
                reason=request.open("reason"),
                remedies=telling.remedies(submission),
                tracker=telling.door(case, at),
            )
        telling.tell_in(case, letter, at=at, dedupe=f"misread:{request.pk}:{request.version}", about=[request])
    return request


def go_on(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Go on with what was meant after all: from where it stood, as of the same day, with the same dates."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        ended_at = request.closed_at
        against = reason_against(request, "meant", by, at)
        if against is None or against.code != "identity-missing":
            case.move(request, "meant", by=by, at=at, question_at=_open_question(request))
            _at_the_desk(case, request, at)
        else:
            case.move(request, "meant_unproved", by=by, at=at)
            proving.wait_anew(request, at)
        clocks.run_on(request, ended_at, at)
        case.recount(request, at=at, because="meant")
        case.take_moved()  # the letter says by when it is answered
        _tell(case, request, at)
        if request.state == State.VERIFYING:
            proving.admit(case, by=_SYSTEM, at=at)
            asked.tell_open(case, at, again=f"meant{request.version}")
        ring(Bell.WORK, str(case.submission.pk))
    return request


def _open_question(request: SubjectRequest) -> datetime | None:
    """Return when a question was put that had no answer yet when the request ended."""
    last = Event.objects.filter(request=request, verb__in=_QUESTIONS).order_by("-seq").first()
    return last.at if last is not None and last.verb != "answer" else None


def _at_the_desk(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Start again what was called off: the search, the second word that an erasure needs, the pause."""
    Deadline.objects.filter(request=request, kind=DeadlineKind.DESTROY, done_at=None).delete()
    if can_make(request, "search", _SYSTEM, at):
        search.begin(case, request, by=_SYSTEM, at=at)
    waiting.ask(case, request, at)
    pausing.begin(case, request, at)


def _tell(case: Case, request: SubjectRequest, at: datetime) -> None:
    submission = case.submission
    with override(submission.language):
        letter = letters.RightAdded(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=str(SPECS[Right(request.right)].title),
            due_on=request.due_on,
            remedies=telling.remedies(submission),
            tracker=telling.door(case, at),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"meant:{request.pk}:{request.version}", about=[request])
