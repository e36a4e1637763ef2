"""Letters that do not get through: staff see them in the queue and in the history, once, whatever the letter."""

import json
from uuid import UUID

import pytest

from dsr.errors import NotAllowed, NotFound, WrongState
from dsr.lifecycle import State, Turn
from dsr.models import Event, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.selectors import figures
from dsr.services import history, mailing, review, sweeping
from notifications import delivery as mail_delivery
from notifications import mail as channel
from notifications import outbox
from notifications.models import Message, MessageState
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.postbox import Postbox, postbox

__all__ = ["postbox"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]


def _failures() -> list[dict[str, str]]:
    return list(Event.objects.filter(verb="message_failed").order_by("id").values_list("data", flat=True))


@pytest.fixture
def refused(clock: Clock, postbox: Postbox) -> SubjectRequest:
    """Ada's mail server does not know her."""
    postbox.answer = lambda word, line: "550 no such user ada" if word == "RCPT" else None
    request = builders.only(builders.file(at=clock()).submission)
    drain(clock.tick())
    return builders.again(request)


def test_letter_that_was_refused_puts_the_request_before_staff(refused: SubjectRequest) -> None:
    assert (refused.state, refused.turn) == (State.VERIFYING, Turn.STAFF)
    message = Message.objects.get()
    assert _failures() == [
        {"letter": "confirm_address", "message": str(message.pk), "state": "failed", "code": "recipient-550"}
    ]
    event = Event.objects.get(verb="message_failed")
    assert (event.actor, event.request_id, event.submission_id) == ("system", None, refused.submission_id)
    assert "ada" not in json.dumps(_failures())
    assert history.verify().whole


def test_trouble_is_reported_once_and_stays_on_the_list_until_somebody_takes_note(
    refused: SubjectRequest, clock: Clock
) -> None:
    for _ in range(3):
        drain(clock.tick(hours=1))
    noted = figures.figures(clock()).troubled_messages
    mailing.take_note(Message.objects.get().pk, by=builders.hal(), at=clock.tick())

    assert len(_failures()) == 1
    assert noted == 1
    assert figures.figures(clock()).troubled_messages == 0


def test_letter_that_came_back_is_reported_too(clock: Clock) -> None:
    filed = builders.file(at=clock())
    drain(clock.tick())
    message = Message.objects.get()
    assert mail_delivery.bounced(channel.message_id(message.pk), "5.1.1", clock.tick(hours=1))

    drain(clock.tick())

    assert [(each["state"], each["code"]) for each in _failures()] == [("bounced", "bounce-5.1.1")]
    assert builders.only(filed.submission).turn == Turn.STAFF


def test_letter_sent_again_in_vain_is_reported_again(refused: SubjectRequest, clock: Clock) -> None:
    mailing.send_again(Message.objects.get().pk, by=builders.sam(), at=clock.tick())
    drain(clock.tick())

    verbs = list(Event.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs[2:] == ["message_failed", "letter_sent_again", "message_failed"]


def test_letter_sent_again_with_success_needs_nobody(refused: SubjectRequest, clock: Clock, postbox: Postbox) -> None:
    postbox.answer = lambda word, line: None
    mailing.send_again(Message.objects.get().pk, by=builders.sam(), at=clock.tick())
    drain(clock.tick())

    assert Message.objects.get().state == MessageState.SENT
    assert len(postbox.taken) == 1
    assert len(_failures()) == 1


def test_owner_who_cannot_be_reached_puts_the_request_before_staff(clock: Clock, postbox: Postbox) -> None:
    organisation.cabinet(clock())
    postbox.answer = lambda word, line: "550 gone" if word == "RCPT" and "olga" in line else None

    request = builders.in_review(at=clock.tick())

    assert [each["letter"] for each in _failures()] == ["worksheet"]
    assert builders.again(request).turn == Turn.STAFF


def test_letter_about_a_closed_request_is_recorded_and_moves_nothing(clock: Clock, postbox: Postbox) -> None:
    request = builders.in_review(at=clock())
    postbox.answer = lambda word, line: "550 gone" if word == "RCPT" else None
    review.withdraw(request.pk, by=builders.sam(), at=clock.tick())

    drain(clock.tick())

    assert [each["letter"] for each in _failures()] == ["closed"]
    assert (builders.again(request).state, builders.again(request).turn) == (State.CLOSED, Turn.NOBODY)


def test_only_open_requests_of_a_filing_come_before_staff(clock: Clock, postbox: Postbox) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())
    closed, waiting = filed.submission.requests.order_by("id")
    review.withdraw(closed.pk, by=Caller.person(), at=clock.tick())
    postbox.answer = lambda word, line: "550 gone" if word == "RCPT" else None

    drain(clock.tick())

    assert [builders.again(each).turn for each in (closed, waiting)] == [Turn.NOBODY, Turn.STAFF]


def test_letter_about_no_case_is_reported_nowhere_and_does_not_come_up_again(
    refused: SubjectRequest, clock: Clock
) -> None:
    Message.objects.update(about=UUID(int=1), reported_at=None)

    tally = sweeping.sweep(clock.tick())

    assert tally.troubles == 1
    assert outbox.news() == []
    assert len(_failures()) == 1


def test_reporting_twice_reports_once(refused: SubjectRequest, clock: Clock) -> None:
    message = Message.objects.get()
    Message.objects.update(reported_at=None)

    assert mailing.report_trouble(message, at=clock.tick())
    assert not mailing.report_trouble(message, at=clock.tick())

    assert len(_failures()) == 2


def test_server_that_is_down_for_now_is_no_trouble_yet(clock: Clock, postbox: Postbox) -> None:
    postbox.answer = lambda word, line: "451 later" if word == "RCPT" else None
    filed = builders.file(at=clock())

    drain(clock.tick())

    assert builders.only(filed.submission).turn == Turn.PERSON
    assert _failures() == []
    assert figures.figures(clock()).waiting_messages == 1
    assert [entry["code"] for entry in Message.objects.get().tries] == ["recipient-451"]


def test_what_is_done_about_a_letter_is_for_staff_and_for_letters_in_trouble(
    refused: SubjectRequest, clock: Clock
) -> None:
    message = Message.objects.get()

    for act in (mailing.send_again, mailing.take_note):
        with pytest.raises(NotAllowed):
            act(message.pk, by=Caller.person(), at=clock.tick())
        with pytest.raises(NotFound):
            act(refused.pk, by=builders.sam(), at=clock.tick())
    mailing.send_again(message.pk, by=builders.sam(), at=clock.tick())
    for act in (mailing.send_again, mailing.take_note):
        with pytest.raises(WrongState):
            act(message.pk, by=builders.sam(), at=clock.tick())
