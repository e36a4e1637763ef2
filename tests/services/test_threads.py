"""Messages both ways, questions and answers, notes: sealed, in turn, and told by mail without their text."""

from datetime import timedelta
from typing import Any

import pytest

from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.lifecycle import Turn
from dsr.models import Direction, Event, Post, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import review, threads
from notifications import letters
from tests import builders
from tests.clock import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
PERSON = Caller.person()
TEXT = "Which years do you mean?"


@pytest.fixture
def request_(clock: Clock, systems: Any, storage_of_its_own: None) -> SubjectRequest:
    """A request at the desk."""
    return builders.in_review(at=clock())


def _posts() -> list[tuple[str, str]]:
    rows = Post.objects.select_related("submission__data_key").order_by("id")
    return [(row.direction, row.open("body")) for row in rows]


def test_question_gives_the_person_the_turn_and_the_answer_gives_it_back(
    request_: SubjectRequest, clock: Clock
) -> None:
    asked = threads.ask(request_.pk, TEXT, by=builders.hal(), at=clock.tick())
    answered = threads.write_from_person(request_.pk, "1842.", by=PERSON, at=clock.tick())
    again = threads.write_from_person(request_.pk, "And 1843.", by=PERSON, at=clock.tick())

    assert (asked.turn, asked.question_at is not None) == (Turn.PERSON, True)
    assert (answered.turn, answered.question_at) == (Turn.STAFF, None)
    assert again.turn == Turn.STAFF
    verbs = Event.objects.filter(verb__in=("ask", "answer", "message")).order_by("seq")
    assert list(verbs.values_list("verb", flat=True)) == ["ask", "answer", "message"]
    assert _posts() == [
        (Direction.TO_PERSON, TEXT),
        (Direction.FROM_PERSON, "1842."),
        (Direction.FROM_PERSON, "And 1843."),
    ]


def test_mail_says_that_there_is_a_message_and_not_which(request_: SubjectRequest, clock: Clock) -> None:
    threads.write_to_person(request_.pk, TEXT, by=builders.hal(), at=clock.tick())
    threads.ask(request_.pk, TEXT, by=builders.hal(), at=clock.tick())

    found = builders.letters_to(request_.submission, "new_message")
    assert [letter.question for letter in found] == [False, True]
    for letter in found:
        rendered = letters.render(letter, "en")
        assert TEXT not in rendered.text + rendered.html
    assert TEXT not in str(list(Event.objects.values_list("data", flat=True)))


def test_note_is_for_staff_and_mailed_to_nobody(request_: SubjectRequest, clock: Clock) -> None:
    threads.note(request_.pk, "She was friendly.", by=builders.sam(), at=clock.tick())

    with pytest.raises(NotAllowed):
        threads.note(request_.pk, "Hello.", by=PERSON, at=clock.tick())
    assert _posts() == [(Direction.NOTE, "She was friendly.")]
    assert not builders.letters_to(request_.submission, "new_message")


def test_question_is_staffs_and_only_while_the_request_is_at_the_desk(request_: SubjectRequest, clock: Clock) -> None:
    filed = builders.only(builders.file(at=clock.tick()).submission)

    for who, request, error in (
        (PERSON, request_, NotAllowed),
        (builders.sam(), request_, NotAllowed),
        (builders.hal(), filed, WrongState),
    ):
        with pytest.raises(error):
            threads.ask(request.pk, TEXT, by=who, at=clock.tick())

    assert _posts() == []


def test_message_can_be_written_in_any_state_either_way(clock: Clock) -> None:
    filed = builders.only(builders.file(at=clock()).submission)
    closed = builders.in_review(at=clock.tick())
    review.withdraw(closed.pk, by=PERSON, at=clock.tick())

    for request in (filed, closed):
        threads.write_from_person(request.pk, "Hello?", by=PERSON, at=clock.tick())
        threads.write_to_person(request.pk, "Yes?", by=builders.sam(), at=clock.tick())

    assert len(_posts()) == 4


def test_open_question_ends_with_the_request(request_: SubjectRequest, clock: Clock) -> None:
    threads.ask(request_.pk, TEXT, by=builders.hal(), at=clock.tick())

    review.withdraw(request_.pk, by=PERSON, at=clock.tick())
    threads.write_from_person(request_.pk, "Too late, I know.", by=PERSON, at=clock.tick())

    assert builders.again(request_).question_at is None
    assert Event.objects.latest("id").verb == "message"


def test_question_that_is_not_waited_for_keeps_nobody_from_writing(request_: SubjectRequest, clock: Clock) -> None:
    threads.ask(request_.pk, TEXT, by=builders.hal(), at=clock.tick())
    review.prepare(request_.pk, by=builders.hal(), at=clock.tick())
    review.approve(request_.pk, by=builders.vera(), at=clock.tick())

    written = threads.write_from_person(request_.pk, "All of them.", by=PERSON, at=clock.tick())

    assert written.question_at is None
    assert Event.objects.latest("id").verb == "message"


@pytest.mark.parametrize(
    "text", ["", "   \n", "x" * 10_001, "nul \x00 byte", "bell \a", "turned \u202e round", "half a pair \ud800"]
)
def test_text_that_cannot_be_kept_is_sent_back(request_: SubjectRequest, clock: Clock, text: str) -> None:
    version = request_.version

    for write in (threads.write_to_person, threads.ask, threads.note):
        with pytest.raises(Incomplete):
            write(request_.pk, text, by=builders.hal(), at=clock.tick())
    with pytest.raises(Incomplete):
        threads.write_from_person(request_.pk, text, by=PERSON, at=clock.tick())

    assert (_posts(), builders.again(request_).version) == ([], version)


@pytest.mark.parametrize("text", ["=1+1", "<b>bold</b>", "Zoë 🦉\nzwei Zeilen\ttab", "x" * 10_000, "مرحبا"])
def test_text_is_kept_as_it_was_written(request_: SubjectRequest, clock: Clock, text: str) -> None:
    threads.write_from_person(request_.pk, f"  {text}\r\n", by=PERSON, at=clock.tick())

    assert _posts() == [(Direction.FROM_PERSON, text)]


def test_messages_are_read_once_they_were_seen(request_: SubjectRequest, clock: Clock) -> None:
    threads.write_to_person(request_.pk, TEXT, by=builders.hal(), at=clock.tick())
    threads.write_from_person(request_.pk, "Ah.", by=PERSON, at=clock.tick())

    threads.mark_read(request_.submission_id, at=clock.tick())
    threads.mark_read(request_.submission_id, at=clock.tick())

    read = dict(Post.objects.values_list("direction", "read_at"))
    assert read == {Direction.TO_PERSON: clock() - timedelta(seconds=1), Direction.FROM_PERSON: None}


def test_message_about_one_right_belongs_to_that_right(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())
    one, other = filed.submission.requests.order_by("id")

    threads.write_to_person(other.pk, TEXT, by=builders.sam(), at=clock.tick())

    assert Post.objects.get().request_id == other.pk
    assert builders.again(one).version == one.version
