"""Queueing: one sealed row, once per word; nothing is rendered or sent."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from notifications import delivery, outbox
from notifications.models import DataKey, Forgotten, Message, MessageState
from tests.clock import Clock
from tests.postbox import Note

pytestmark = pytest.mark.django_db
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")


@pytest.fixture
def key(clock: Clock) -> DataKey:
    """Ada's data key."""
    key = DataKey.new(clock())
    key.save()
    return key


def _queue(key: DataKey, clock: Clock, to: str = "ada@example.org", **options: Any) -> Message:
    letter = Note(organisation="Example Telecom", reference="7K3MX-9TCRA", link="https://x/?key=secret")
    return outbox.queue(letter, to=to, language="en", data_key=key, about=ABOUT, at=clock(), **options)


def test_queue_writes_one_row_with_nothing_readable(
    note: type[Note], key: DataKey, clock: Clock, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        queued = _queue(key, clock)

    row = Message.objects.get()
    assert row.pk == queued.pk
    assert (row.state, row.due_at, row.attempts) == (MessageState.WAITING, clock(), 0)
    assert row.open("to") == "ada@example.org"
    stored = repr({field.name: getattr(row, field.attname) for field in Message._meta.concrete_fields})
    for personal in ("ada@", "example.org", "7K3MX", "key=secret"):
        assert personal not in stored


def test_queue_does_nothing_the_second_time_with_the_same_word(
    note: type[Note], key: DataKey, clock: Clock, django_assert_num_queries: Any
) -> None:
    first = _queue(key, clock, dedupe="received:1")
    delivery.deliver_due(clock())

    with django_assert_num_queries(1):
        second = _queue(key, clock, dedupe="received:1")
    other = _queue(key, clock, dedupe="received:2")

    assert second.pk == first.pk != other.pk
    assert Message.objects.count() == 2
    assert Message.objects.get(pk=first.pk).state == MessageState.SENT


def test_queue_does_not_leave_a_message_behind_when_the_transaction_fails(
    note: type[Note], key: DataKey, clock: Clock
) -> None:
    with transaction.atomic():
        _queue(key, clock, dedupe="received:1")
        transaction.set_rollback(True)

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "to",
    ["", "ada", "ada@", "@example.org", "ada@example.org\nBcc: max@example.org", "a b@example.org", "a@b@c", "ä@ö"],
)
def test_queue_refuses_what_is_no_mail_address(note: type[Note], key: DataKey, clock: Clock, to: str) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        _queue(key, clock, to=to)

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("to", "sent_to"),
    [
        (" Ada.Lovelace@Example.org ", "Ada.Lovelace@Example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ａda@example.org", "ada@example.org"),
    ],
)
def test_queue_sends_to_the_mailbox_that_is_looked_up(
    note: type[Note], key: DataKey, clock: Clock, to: str, sent_to: str
) -> None:
    assert _queue(key, clock, to=to).open("to") == sent_to


def test_queue_refuses_a_forgotten_person(note: type[Note], key: DataKey, clock: Clock) -> None:
    key.forget(clock())

    with pytest.raises(Forgotten):
        _queue(key, clock)


def test_purge_drops_what_waits_and_empties_what_was_sent(note: type[Note], key: DataKey, clock: Clock) -> None:
    sent = _queue(key, clock)
    delivery.deliver_due(clock())
    waiting = _queue(key, clock)

    assert outbox.purge(ABOUT, clock.tick()) == 2

    rows = {row.pk: row for row in Message.objects.all()}
    assert rows[sent.pk].state == MessageState.SENT
    assert rows[waiting.pk].state == MessageState.DROPPED
    for row in rows.values():
        assert (row.to_sealed, row.to_fingerprint, row.context_sealed, row.body_sealed) == (None, "", None, None)
    assert delivery.deliver_due(clock.tick(days=1)).claimed == 0


def test_about_lists_the_newest_first(note: type[Note], key: DataKey, clock: Clock) -> None:
    first = _queue(key, clock)
    clock.tick()
    second = _queue(key, clock)

    assert list(outbox.about(ABOUT)) == [second, first]
    assert not outbox.about(uuid4()).exists()
