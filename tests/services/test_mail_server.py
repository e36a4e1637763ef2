"""Sending over real SMTP: accepted, refused for now, refused for good, gone, slow, and hanging up half-way."""

from typing import Any
from uuid import UUID

import pytest

from notifications import delivery, outbox
from notifications import mail as channel
from notifications.delivery import LADDER, Tally
from notifications.models import DataKey, Message, MessageState
from tests import postbox as postboxes
from tests.clock import Clock
from tests.postbox import Note, Postbox, note, postbox

__all__ = ["note", "postbox"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]


def _queue(clock: Clock, number: int = 0, to: str = "") -> Message:
    key = DataKey.new(clock())
    key.save()
    letter = Note(organisation="Grüße Telecom", reference=f"R-{number}")
    return outbox.queue(
        letter, to=to or f"ada{number}@example.org", language="en", data_key=key, about=UUID(int=1), at=clock()
    )


def _states() -> set[tuple[str, str]]:
    return set(Message.objects.values_list("state", "error_code"))


def test_server_takes_a_message_as_it_was_meant(clock: Clock, postbox: Postbox) -> None:
    queued = _queue(clock)

    assert delivery.deliver_due(clock()).sent == 1

    [mail] = postbox.mails()
    assert mail["Message-ID"] == channel.message_id(queued.pk)
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Grüße Telecom" in body.get_content()
    assert mail.get_body(("html",)) is not None


def test_server_is_connected_to_once_for_a_batch(clock: Clock, postbox: Postbox) -> None:
    for number in range(5):
        _queue(clock, number)

    delivery.deliver_due(clock())

    assert sorted(postbox.subjects()) == [f"Request R-{number}" for number in range(5)]
    assert postbox.connections == 1


def test_server_that_refuses_for_hours_gets_the_message_in_the_end(clock: Clock, postbox: Postbox) -> None:
    _queue(clock)
    postbox.answer = lambda word, line: "451 try again later" if word == "RCPT" else None
    until = clock().replace(hour=clock().hour + 5)

    tries = 0
    while Message.objects.get().state == MessageState.WAITING:
        clock.now = Message.objects.get().due_at
        if clock() >= until:
            postbox.answer = lambda word, line: None
        tries += delivery.deliver_due(clock()).total

    row = Message.objects.get()
    assert len(postbox.taken) == 1
    assert (row.state, row.attempts, tries) == (MessageState.SENT, tries, 8)
    assert {entry["code"] for entry in row.tries} == {"recipient-451", "sent"}


@pytest.mark.parametrize(
    ("word", "reply", "state", "code"),
    [
        ("RCPT", "550 no such user", "failed", "recipient-550"),
        ("BODY", "554 looks like spam", "failed", "data-554"),
        ("RCPT", "452 mailbox full", "waiting", "recipient-452"),
        ("BODY", "451 local error", "waiting", "data-451"),
        ("DATA", "451 not now", "waiting", "data-451"),
        ("MAIL", "553 sender not allowed", "waiting", "sender-553"),
        ("CONNECT", "554 no service for you", "waiting", "connect-554"),
        ("CONNECT", "421 too busy", "waiting", "connect-421"),
        ("BODY", "", "waiting", "lost-error"),
    ],
)
def test_answer_of_the_server_decides_whether_it_is_tried_again(
    clock: Clock, postbox: Postbox, word: str, reply: str, state: str, code: str
) -> None:
    _queue(clock)
    postbox.answer = lambda asked, line: reply if asked == word else None

    delivery.deliver_due(clock())

    assert _states() == {(state, code)}
    assert postbox.taken == []


def test_refusal_of_one_address_does_not_hold_up_the_others(clock: Clock, postbox: Postbox) -> None:
    for number in range(4):
        _queue(clock, number)
    answers = {"ada1": "550 no such user ada1@example.org", "ada2": "450 grey-listed"}
    postbox.answer = lambda word, line: next((said for name, said in answers.items() if name in line), None)

    tally = delivery.deliver_due(clock())

    assert tally == Tally(claimed=4, sent=2, failed=1, later=1)
    assert sorted(postbox.subjects()) == ["Request R-0", "Request R-3"]
    # What a server says tends to hold the address: none of it is kept.
    assert _states() == {("sent", ""), ("failed", "recipient-550"), ("waiting", "recipient-450")}


def test_server_that_hangs_up_after_two_is_called_again(clock: Clock, postbox: Postbox) -> None:
    for number in range(5):
        _queue(clock, number)
    seen = {"MAIL": 0}

    def answer(word: str, line: str) -> str | None:
        if word == "CONNECT":
            seen["MAIL"] = 0
        if word == "MAIL":
            seen["MAIL"] += 1
            return "421 enough for one connection" if seen["MAIL"] > 2 else None
        return None

    postbox.answer = answer
    tally = delivery.deliver_due(clock())

    assert tally == Tally(claimed=5, sent=5)
    assert postbox.connections == 3
    assert sorted(postbox.subjects()) == [f"Request R-{number}" for number in range(5)]


def test_server_that_is_not_there_is_asked_once_for_a_batch(clock: Clock, settings: Any) -> None:
    with postboxes.running() as gone:
        port = gone.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 2
    for number in range(3):
        _queue(clock, number)

    refused = delivery.deliver_due(clock())
    with postboxes.running(port) as back:
        delivered = delivery.deliver_due(clock.tick(seconds=LADDER[0].total_seconds()))

    assert refused == Tally(claimed=3, later=3)
    assert delivered == Tally(claimed=3, sent=3)
    assert len(back.taken) == 3


def test_server_that_is_too_slow_does_not_hold_the_worker(clock: Clock, postbox: Postbox, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    for number in range(3):
        _queue(clock, number)
    postbox.delay = 0.6

    tally = delivery.deliver_due(clock())

    assert tally == Tally(claimed=3, later=3)
    assert _states() == {("waiting", "connect-timeout")}


def test_server_without_encryption_gets_nothing_when_encryption_is_asked_for(
    clock: Clock, postbox: Postbox, settings: Any
) -> None:
    settings.EMAIL_USE_TLS = True
    _queue(clock)

    delivery.deliver_due(clock())

    assert _states() == {("waiting", "connect-tls")}
    assert "MAIL" not in postbox.commands


def test_server_that_does_not_know_our_password_keeps_messages_waiting(
    clock: Clock, postbox: Postbox, settings: Any
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "privacy", "wrong"
    postbox.answer = lambda word, line: {"EHLO": "250-test\r\n250 AUTH PLAIN", "AUTH": "535 no"}.get(word)
    _queue(clock)

    delivery.deliver_due(clock())

    assert _states() == {("waiting", "connect-535")}


def test_header_cannot_be_injected_by_an_address_that_was_tampered_with(clock: Clock, postbox: Postbox) -> None:
    queued = _queue(clock)
    queued.seal("to", "ada@example.org\r\nBcc: max@example.org")
    Message.objects.filter(pk=queued.pk).update(to_sealed=queued.to_sealed)

    delivery.deliver_due(clock())

    assert _states() == {("failed", "message-malformed")}
    assert postbox.taken == []
