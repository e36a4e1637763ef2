"""Delivery by text message and by mail side by side: each its own way, its own outage, one ladder."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.mail import EmailMessage

from notifications import delivery, gsm, outbox, sealing
from notifications.delivery import LADDER, Tally
from notifications.models import Channel, DataKey, Message, MessageState
from tests.clock import Clock
from tests.postbox import Note, note
from tests.statements import counted
from tests.textbox import NUMBER, Memory, Pin, Textbox, pin, running, textbox, texts

__all__ = ["note", "pin", "textbox", "texts"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pin")]
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")


@pytest.fixture
def key(clock: Clock) -> DataKey:
    """Ada's data key."""
    key = DataKey.new(clock())
    key.save()
    return key


def _queue(key: DataKey, clock: Clock, to: str = NUMBER, organisation: str = "Corrib Library", **more: Any) -> Message:
    letter = Pin(organisation=organisation, reference="7K3MX-9TCRA", code="123456")
    channel = Channel.EMAIL if "@" in to else Channel.SMS
    return outbox.queue(letter, to=to, language="en", data_key=key, about=ABOUT, at=clock(), channel=channel, **more)


def test_text_is_sent_to_the_number_and_kept_without_its_code(key: DataKey, clock: Clock, texts: Memory) -> None:
    queued = _queue(key, clock, to="+353 (0)87 123 4567")

    tally = delivery.deliver_due(clock.tick())

    row = Message.objects.select_related("data_key").get()
    assert tally == Tally(claimed=1, sent=1)
    assert texts.taken() == [(NUMBER, "123456 is your code from Corrib Library for 7K3MX-9TCRA")]
    assert (row.state, row.transport_id) == (MessageState.SENT, f"memory-{queued.pk.hex}")
    kept = delivery.sent_body(row)
    assert kept is not None
    assert (kept.subject, kept.text, kept.html) == ("", "[…] is your code from Corrib Library for 7K3MX-9TCRA", "")


def test_row_holds_nothing_readable_and_is_found_by_its_number(key: DataKey, clock: Clock) -> None:
    with counted() as statements:
        _queue(key, clock)

    row = Message.objects.get(to_fingerprint__in=sealing.fingerprints("phone", "00353 87 123 4567"))
    stored = repr({field.name: getattr(row, field.attname) for field in Message._meta.concrete_fields})
    assert len(statements) == 1
    for personal in (NUMBER, "871234567", "123456", "7K3MX"):
        assert personal not in stored


def test_each_message_goes_by_its_own_channel(
    key: DataKey, clock: Clock, textbox: Textbox, mailoutbox: list[EmailMessage]
) -> None:
    _queue(key, clock)
    _queue(key, clock, to="ada@example.org")

    with counted() as statements:
        tally = delivery.deliver_due(clock())

    assert tally == Tally(claimed=2, sent=2)
    assert len(statements) == 2 + 2
    assert [number for number, _ in textbox.taken()] == [NUMBER]
    assert [message.to for message in mailoutbox] == [["ada@example.org"]]


def test_outage_of_one_channel_does_not_hold_up_the_other(
    key: DataKey, clock: Clock, texts: Memory, mailoutbox: list[EmailMessage]
) -> None:
    texts.busy = True
    for to in (NUMBER, "ada@example.org", NUMBER, "max@example.org"):
        clock.tick()
        _queue(key, clock, to=to)

    tally = delivery.deliver_due(clock())

    assert tally == Tally(claimed=4, sent=2, later=2)
    assert texts.asked == 1
    assert len(mailoutbox) == 2


def test_letter_does_not_go_by_a_channel_that_it_is_not_written_for(
    note: type[Note], key: DataKey, clock: Clock
) -> None:
    letter = Note(organisation="Example Telecom", reference="R-1")

    with pytest.raises(ValueError, match="test_note does not go by this channel"):
        outbox.queue(letter, to=NUMBER, language="en", data_key=key, about=ABOUT, at=clock(), channel=Channel.SMS)


@pytest.mark.parametrize("to", ["087 123 4567", "nonsense", "+1 900 555 1234"])
def test_text_is_not_queued_to_what_is_no_number(key: DataKey, clock: Clock, to: str) -> None:
    with pytest.raises(ValueError, match=r"telephone number|kind of number"):
        _queue(key, clock, to=to)


@pytest.mark.parametrize("organisation", ["M" * 400, "Ж" * 400, "😀" * 400, "Prawo i Łączność " * 20])
def test_text_stays_within_two_segments_whatever_the_organisation_is_called(
    key: DataKey, clock: Clock, texts: Memory, organisation: str
) -> None:
    _queue(key, clock, organisation=organisation)

    assert delivery.deliver_due(clock()).sent == 1
    assert gsm.segments(texts.taken()[0][1]) <= 2


# --- Trouble


def test_provider_that_comes_back_within_hours_gets_the_text(key: DataKey, clock: Clock, texts: Memory) -> None:
    _queue(key, clock)
    texts.busy = True
    until = clock() + timedelta(hours=5)

    while Message.objects.get().state == MessageState.WAITING:
        clock.now = Message.objects.get().due_at
        texts.busy = clock() < until
        delivery.deliver_due(clock())

    row = Message.objects.get()
    assert (row.state, row.attempts) == (MessageState.SENT, 8)
    assert {entry["code"] for entry in row.tries} == {"service-503", "sent"}


def test_provider_that_is_dead_for_days_ends_the_text_as_it_ends_a_mail(
    key: DataKey, clock: Clock, settings: Any
) -> None:
    with running() as gone:
        settings.SMS_URL = gone.gateway
        settings.SMS_FROM, settings.SMS_ACCOUNT, settings.SMS_TOKEN = "Corrib", "", "token"
    _queue(key, clock)

    while Message.objects.get().state == MessageState.WAITING:
        clock.now = Message.objects.get().due_at
        delivery.deliver_due(clock())

    row = Message.objects.get()
    assert (row.state, row.error_code, row.attempts) == (MessageState.FAILED, "connect-error", len(LADDER) + 1)
    assert outbox.news() == [row]
    assert outbox.try_again(row.pk, clock())


def test_number_that_is_none_fails_at_once_and_is_not_named(
    key: DataKey, clock: Clock, textbox: Textbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    textbox.refused = {NUMBER}
    _queue(key, clock)

    assert delivery.deliver_due(clock()).failed == 1

    row = Message.objects.get()
    assert (row.state, row.error_code) == (MessageState.FAILED, "refused-bad_number")
    assert NUMBER not in f"{row.tries} {row.error_code} {row.transport_id}"
    assert not [
        record for record in caplog.records if not record.name.startswith("httpcore") and NUMBER in record.getMessage()
    ]


def test_text_waits_while_no_provider_is_set_up(key: DataKey, clock: Clock, settings: Any) -> None:
    settings.SMS_URL = ""
    _queue(key, clock)

    delivery.deliver_due(clock())
    assert Message.objects.get().error_code == "no-provider"
    with running() as box:
        settings.SMS_URL, settings.SMS_FROM, settings.SMS_ACCOUNT = box.gateway, "Corrib", ""
        settings.SMS_TOKEN = "a token that nobody else has"
        delivery.deliver_due(clock.tick(minutes=1))

        assert [number for number, _ in box.taken()] == [NUMBER]


def test_text_of_no_use_any_more_is_not_sent_and_not_tried_for_nothing(
    key: DataKey, clock: Clock, texts: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pin, "useful_for", timedelta(minutes=30))
    late, tried = _queue(key, clock), _queue(key, clock)
    texts.busy = True

    delivery.deliver([tried.pk], clock())
    delivery.deliver([tried.pk], clock.tick(minutes=1))
    delivery.deliver([tried.pk], clock.tick(minutes=5))
    delivery.deliver([tried.pk], clock.tick(minutes=15))
    texts.busy = False
    delivery.deliver_due(clock.tick(minutes=9))

    assert texts.taken() == []
    # The fourth wait would have ended after the half hour.
    assert Message.objects.values_list("state", "error_code", "attempts").get(pk=tried.pk) == (
        "failed",
        "service-503",
        4,
    )
    assert Message.objects.values_list("state", "error_code").get(pk=late.pk) == ("failed", "too-late")


def test_text_to_somebody_who_was_forgotten_is_dropped(key: DataKey, clock: Clock, texts: Memory) -> None:
    _queue(key, clock)
    key.forget(clock())

    assert delivery.deliver_due(clock()).dropped == 1
    assert texts.asked == 0
