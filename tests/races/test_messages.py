"""Messages under many hands: each is queued once, claimed by one, sent once."""

from uuid import UUID

import pytest
from django.core.mail import EmailMessage

from notifications import delivery, outbox, rotation, sealing
from notifications.models import Channel, DataKey, Message, MessageState
from tests.clock import Clock
from tests.postbox import Note, Postbox, note, postbox
from tests.textbox import NUMBER, Pin, Textbox, pin, textbox
from tests.together import kinds, together

__all__ = ["note", "pin", "postbox", "textbox"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("note")]
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")


@pytest.fixture
def key(clock: Clock) -> DataKey:
    """Ada's data key."""
    key = DataKey.new(clock())
    key.save()
    return key


def _queue(key: DataKey, clock: Clock, number: int, dedupe: str | None = None) -> Message:
    letter = Note(organisation="Example Telecom", reference=f"R-{number}")
    return outbox.queue(
        letter, to="ada@example.org", language="en", data_key=key, about=ABOUT, at=clock(), dedupe=dedupe
    )


def test_messages_are_sent_once_each_by_many_workers(key: DataKey, clock: Clock, postbox: Postbox) -> None:
    for number in range(40):
        _queue(key, clock, number)

    def drain() -> int:
        sent = 0
        while (tally := delivery.deliver_due(clock(), limit=3)).claimed:
            sent += tally.sent
        return sent

    results = together([drain] * 6)

    assert sum(result for result in results if isinstance(result, int)) == 40, results
    assert sorted(postbox.subjects()) == sorted(f"Request R-{number}" for number in range(40))
    assert set(Message.objects.values_list("state", "attempts")) == {(MessageState.SENT, 1)}


def test_texts_are_sent_once_each_by_many_workers(pin: type[Pin], key: DataKey, clock: Clock, textbox: Textbox) -> None:
    for number in range(20):
        letter = Pin(organisation="Example Telecom", reference=f"R-{number}", code="123456")
        outbox.queue(letter, to=NUMBER, language="en", data_key=key, about=ABOUT, at=clock(), channel=Channel.SMS)

    def drain() -> int:
        sent = 0
        while (tally := delivery.deliver_due(clock(), limit=3)).claimed:
            sent += tally.sent
        return sent

    results = together([drain] * 5)

    assert sum(result for result in results if isinstance(result, int)) == 20, results
    assert len(textbox.senders) == len(textbox.texts) == 20
    assert set(Message.objects.values_list("state", "attempts")) == {(MessageState.SENT, 1)}


def test_message_rung_for_by_many_bells_is_sent_once(
    key: DataKey, clock: Clock, mailoutbox: list[EmailMessage]
) -> None:
    queued = _queue(key, clock, 1)

    results = together([lambda: delivery.deliver([queued.pk], clock())] * 8)

    assert [result.sent for result in results if isinstance(result, delivery.Tally)].count(1) == 1, results
    assert kinds(results) == {"Tally": 8}
    assert len(mailoutbox) == 1


def test_message_queued_by_many_with_one_word_is_one_row(key: DataKey, clock: Clock) -> None:
    results = together([lambda: _queue(key, clock, 1, dedupe="received:1").pk] * 8)

    assert kinds(results) == {"UUID": 8}, results
    assert len(set(results)) == 1
    assert Message.objects.count() == 1


def test_key_forgotten_while_keys_are_rotated_stays_forgotten(clock: Clock, settings: object) -> None:
    keys = [DataKey.new(clock()) for _ in range(60)]
    DataKey.objects.bulk_create(keys)
    current = sealing.current_key_id()
    older = next(key_id for key_id in sealing.key_ids() if key_id != current)
    # As if they had been made when the older key was current.
    master = sealing._ring().by_id[older]
    for key in keys:
        prefix = f"{older}:".encode()
        key.wrapped = prefix + b"\0" * 12 + master.wrapping.encrypt(b"\0" * 12, key.key_bytes(), prefix)
        key.wrapped_under = older
    DataKey.objects.bulk_update(keys, ["wrapped", "wrapped_under"])

    def forget_half() -> int:
        for key in keys[::2]:
            DataKey.objects.get(pk=key.pk).forget(clock())
        return 0

    results = together([forget_half, lambda: sum(rotation.rewrap_all(batch=5))])

    assert kinds(results) == {"int": 2}, results
    assert DataKey.objects.filter(wrapped=None).count() == 30
    assert rotation.left() == {}
