"""Messages both ways, questions and answers, and notes among staff."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.errors import Incomplete, WrongState
from dsr.lifecycle import BY_VERB, State
from dsr.models import Direction, Post, SubjectRequest
from dsr.policies import can_make, check_can_make
from dsr.services import asked, letters, moved, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.intake import clean_text
from dsr.services.reviews import heard
from notifications.ids import uuid7

LONGEST = 10_000


def write_to_person(
    request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Send the person a message. The mail says that there is one; the text stays behind the tracker's link."""
    return _post(request_id, "message", Direction.TO_PERSON, text, by, at, expect)


def ask(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Put a question to the person, whose turn it is then."""
    return _post(request_id, "ask", Direction.TO_PERSON, text, by, at, expect)


def write_from_person(
    request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Keep what the person wrote; an open question counts as answered by it."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        # While more proof is waited for, a question rests: what is written then is a message.
        asked = request.question_at is not None and request.state in BY_VERB["answer"].sources
        verb = "answer" if asked else "represent" if heard.is_reviewed(request) else "message"
        keep(case, request, verb, Direction.FROM_PERSON, text, by, at)
        moved.tell(case, at)
    return request


def answer(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Keep what the person answered to an open question. Raises WrongState when there is none."""
    return _post(request_id, "answer", Direction.FROM_PERSON, text, by, at, expect)


def mailed(submission_id: UUID, text: str, *, by: Caller, at: datetime) -> SubjectRequest:
    """Keep what the person wrote by mail, where a question is open or else where something is, and call staff.

    Raises NotFound, NotAllowed, WrongState or Incomplete.
    """
    with holding(submission_id=submission_id) as case:
        requests = case.requests()
        asked = [each for each in requests if each.question_at and each.state in BY_VERB["answer"].sources]
        opened = [each for each in requests if each.state != State.CLOSED]
        request = (asked or opened or requests)[0]
        answers = asked and can_make(request, "answer", by, at)
        verb = "answer" if answers else "represent" if heard.is_reviewed(request) else "message"
        keep(case, request, verb, Direction.FROM_PERSON, text, by, at)
        case.needs_staff(request)
        moved.tell(case, at)
    return request


def call_for_help(submission_id: UUID, text: str, *, by: Caller, at: datetime) -> SubjectRequest:
    """Keep what somebody wrote who cannot show what was asked, and put it in front of staff: nobody is left alone.

    Raises NotFound, and WrongState when nothing of the submission waits for proof any more.
    """
    with holding(submission_id=submission_id) as case:
        waiting = [request for request in case.requests() if request.state == State.VERIFYING]
        waiting += [each.request for each in asked.for_sending(case.submission, case.requests())]
        if not waiting:
            raise WrongState(_("Nothing more is asked of you for this request."), code="nothing-asked")
        keep(case, waiting[0], "message", Direction.FROM_PERSON, text, by, at)
        for request in waiting:
            case.needs_staff(request)
    return waiting[0]


def note(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Keep a note among staff."""
    return _post(request_id, "note", Direction.NOTE, text, by, at, expect)


def _post(
    request_id: UUID, verb: str, direction: Direction, text: str, by: Caller, at: datetime, expect: int | None
) -> SubjectRequest:
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        post = keep(case, request, verb, direction, text, by, at)
        if direction == Direction.TO_PERSON:
            letter = letters.NewMessage(
                reference=case.submission.reference,
                organisation=telling.organisation(case.submission),
                question=verb == "ask",
                tracker=telling.tracker_link(case.submission, at),
            )
            telling.tell_in(case, letter, at=at, dedupe=f"post:{post.pk}")
        moved.tell(case, at)
    return request


def keep(
    case: Case, request: SubjectRequest, verb: str, direction: Direction, text: str, by: Caller, at: datetime
) -> Post:
    """Make a move that goes with a text, and keep the text in the conversation."""
    # Whether it may be said comes first: a case that was forgotten has no key to seal it with.
    check_can_make(request, BY_VERB[verb], by, at)
    post = _post_row(case, request, direction, text, by, at)
    case.move(request, verb, by=by, at=at, data={"post": str(post.pk)})
    if direction == Direction.FROM_PERSON:
        heard.came_in(request, at)
    return post


def keep_note(case: Case, request: SubjectRequest, text: str, by: Caller, at: datetime) -> Post:
    """Keep a note that belongs to another move, inside its transaction and after that was checked."""
    return _post_row(case, request, Direction.NOTE, text, by, at)


def _post_row(case: Case, request: SubjectRequest, direction: Direction, text: str, by: Caller, at: datetime) -> Post:
    post = Post(id=uuid7(at), submission=case.submission, request=request, direction=direction, author=by.user, at=at)
    post.seal("body", checked_text(text))
    post.save(force_insert=True)
    return post


def checked_text(text: str, field: str = "text") -> str:
    """Return a text as we keep it. Raises Incomplete when it is empty, too long or holds control characters."""
    try:
        text = clean_text(text, lines=True)
    except ValueError as error:
        raise Incomplete(str(error), field=field) from None
    if not text:
        raise Incomplete(_("Write something first."), field=field)
    if len(text) > LONGEST:
        raise Incomplete(_("Use at most %(number)d characters.") % {"number": LONGEST}, field=field)
    return text


def mark_read(submission_id: UUID, *, at: datetime) -> None:
    """Note that the person has seen the messages."""
    Post.objects.filter(submission_id=submission_id, direction=Direction.TO_PERSON, read_at=None).update(read_at=at)
