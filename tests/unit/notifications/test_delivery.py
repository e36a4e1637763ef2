"""Delivery: each message is sent, tried again on the ladder, or ends in a state that people see."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage

from notifications import delivery, letters, outbox
from notifications import mail as channel
from notifications.delivery import LADDER, LEASE, Tally
from notifications.models import DataKey, Message, MessageState
from tests.clock import Clock
from tests.postbox import Note
from tests.statements import counted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")


@pytest.fixture
def key(clock: Clock) -> DataKey:
    """Ada's data key."""
    key = DataKey.new(clock())
    key.save()
    return key


def _queue(key: DataKey, clock: Clock, number: int = 0) -> Message:
    letter = Note(organisation="Example Telecom", reference=f"R-{number}", link="https://x/?key=secret")
    to = f"ada{number}@example.org"
    return outbox.queue(letter, to=to, language="en", data_key=key, about=ABOUT, at=clock())


class Refusing(channel.Channel):
    """A channel that fails with what it is told, without a server."""

    failure: Exception = channel.TemporaryFailure("recipient-450")
    asked = 0

    def send(self, message: EmailMessage) -> None:
        type(self).asked += 1
        raise self.failure


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> type[Refusing]:
    """A channel that refuses each message for now."""
    fresh = type("Fresh", (Refusing,), {"asked": 0})
    monkeypatch.setattr(channel, "Channel", fresh)
    return fresh


def test_deliver_due_sends_and_keeps_what_was_sent(key: DataKey, clock: Clock, mailoutbox: list[EmailMessage]) -> None:
    queued = _queue(key, clock)

    tally = delivery.deliver_due(clock.tick())

    row = Message.objects.get()
    assert tally == Tally(claimed=1, sent=1)
    assert tally.total == 1
    assert (row.state, row.sent_at, row.attempts) == (MessageState.SENT, clock(), 1)
    assert (row.claimed_until, row.lease, row.context_sealed) == (None, None, None)
    assert row.transport_id == f"<{queued.pk.hex}.recourse@localhost>"
    kept = delivery.sent_body(row)
    assert kept is not None
    assert kept.subject == mailoutbox[0].subject == "Request R-0"
    assert "key=secret" in str(mailoutbox[0].body)
    assert "key=secret" not in kept.text + kept.html


def test_deliver_due_sends_as_mail_should_be(
    key: DataKey, clock: Clock, mailoutbox: list[EmailMessage], settings: Any
) -> None:
    settings.MAIL_REPLY_TO = "privacy@example.org"
    settings.DEFAULT_FROM_EMAIL = "Example Telecom <privacy@example.net>"
    queued = _queue(key, clock)

    delivery.deliver_due(clock())

    mime = mailoutbox[0].message()
    assert mime["From"] == "Example Telecom <privacy@example.net>"
    assert mime["To"] == "ada0@example.org"
    assert mime["Reply-To"] == "privacy@example.org"
    assert mime["Auto-Submitted"] == "auto-generated"
    assert mime["Message-ID"] == channel.message_id(queued.pk)
    assert mime["Content-Language"] == "en"
    assert mime["Date"] == "Thu, 05 Mar 2026 09:30:00 +0000"
    assert mime["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"  # RFC 8058
    assert [part.get_content_type() for part in mime.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_deliver_due_takes_two_statements_to_claim_and_one_to_record_each(key: DataKey, clock: Clock) -> None:
    for number in range(5):
        _queue(key, clock, number)

    with counted() as busy:
        delivery.deliver_due(clock())
    with counted() as idle:
        delivery.deliver_due(clock())

    assert len(busy) == 2 + 5
    assert len(idle) == 1


def test_deliver_due_opens_one_connection_for_a_batch(
    key: DataKey, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.mail.backends.locmem import EmailBackend

    opened: list[object] = []
    monkeypatch.setattr(EmailBackend, "open", lambda self: opened.append(self))
    for number in range(5):
        _queue(key, clock, number)

    delivery.deliver_due(clock())
    delivery.deliver_due(clock())

    assert len(opened) == 1


def test_deliver_due_takes_the_longest_due_first_and_no_more_than_asked(
    key: DataKey, clock: Clock, mailoutbox: list[EmailMessage]
) -> None:
    for number in range(5):
        clock.tick()
        _queue(key, clock, number)

    assert delivery.deliver_due(clock(), limit=3).claimed == 3
    assert delivery.deliver_due(clock(), limit=3).claimed == 2

    assert [message.subject for message in mailoutbox] == [f"Request R-{number}" for number in range(5)]


def test_deliver_due_leaves_what_is_not_due_or_in_other_hands(key: DataKey, clock: Clock) -> None:
    later, held = _queue(key, clock, 1), _queue(key, clock, 2)
    Message.objects.filter(pk=later.pk).update(due_at=clock() + timedelta(minutes=1))
    Message.objects.filter(pk=held.pk).update(claimed_until=clock() + timedelta(minutes=1), lease=uuid4())

    assert delivery.deliver_due(clock()).claimed == 0
    assert delivery.deliver([held.pk], clock()).claimed == 0


def test_deliver_due_takes_back_what_a_dead_worker_held(
    key: DataKey, clock: Clock, mailoutbox: list[EmailMessage]
) -> None:
    _queue(key, clock)
    assert len(delivery._claim(Message.objects.all(), clock(), 10)) == 1

    early = delivery.deliver_due(clock.tick(seconds=LEASE.total_seconds() - 1))
    late = delivery.deliver_due(clock.tick(seconds=1))

    assert (early.claimed, late.sent) == (0, 1)
    assert len(mailoutbox) == 1


def test_deliver_sends_only_the_one_that_is_named(key: DataKey, clock: Clock, mailoutbox: list[EmailMessage]) -> None:
    _queue(key, clock, 1)
    named = _queue(key, clock, 2)

    assert delivery.deliver([named.pk], clock()).sent == 1
    assert delivery.deliver([named.pk], clock()).claimed == 0
    assert delivery.deliver([uuid4()], clock()).claimed == 0

    assert [message.subject for message in mailoutbox] == ["Request R-2"]


def test_message_sent_twice_after_a_crash_carries_the_same_id(
    key: DataKey, clock: Clock, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    _queue(key, clock)

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_record_sent", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            delivery.deliver_due(clock())
    delivery.deliver_due(clock.tick(minutes=15))

    ids = {message.message()["Message-ID"] for message in mailoutbox}
    assert len(mailoutbox) == 2
    assert len(ids) == 1


def test_temporary_failure_climbs_the_ladder_and_ends_as_failed(
    key: DataKey, clock: Clock, refusing: type[Refusing]
) -> None:
    _queue(key, clock)
    started, waits = clock(), []

    while (row := Message.objects.get()).state == MessageState.WAITING:
        waits.append(row.due_at - clock())
        clock.now = row.due_at
        delivery.deliver_due(clock())

    assert waits == [timedelta(0), *LADDER]
    assert clock() - started >= timedelta(days=3)
    assert row.state == MessageState.FAILED
    assert row.error_code == "recipient-450"
    assert row.attempts == refusing.asked == len(LADDER) + 1
    assert [entry["code"] for entry in row.tries] == ["recipient-450"] * refusing.asked
    assert (row.claimed_until, row.lease, row.sent_at) == (None, None, None)
    assert outbox.news() == [row]


def test_permanent_failure_ends_at_once(key: DataKey, clock: Clock, refusing: type[Refusing]) -> None:
    refusing.failure = channel.PermanentFailure("recipient-550")
    _queue(key, clock)

    tally = delivery.deliver_due(clock())

    row = Message.objects.get()
    assert tally == Tally(claimed=1, failed=1)
    assert (row.state, row.error_code, row.settled_at) == (MessageState.FAILED, "recipient-550", clock())


def test_outage_is_met_once_and_puts_off_the_whole_batch(key: DataKey, clock: Clock, refusing: type[Refusing]) -> None:
    refusing.failure = channel.TemporaryFailure("connect-refused", unreachable=True)
    for number in range(5):
        _queue(key, clock, number)

    tally = delivery.deliver_due(clock())

    assert tally == Tally(claimed=5, later=5)
    assert refusing.asked == 1
    assert set(Message.objects.values_list("error_code", "due_at")) == {("connect-refused", clock() + LADDER[0])}


def test_forgotten_person_gets_no_message_and_breaks_nothing(
    key: DataKey, clock: Clock, mailoutbox: list[EmailMessage]
) -> None:
    other = DataKey.new(clock())
    other.save()
    dropped = _queue(other, clock, 1)
    _queue(key, clock, 2)
    other.forget(clock())

    tally = delivery.deliver_due(clock())

    row = Message.objects.get(pk=dropped.pk)
    assert tally == Tally(claimed=2, sent=1, dropped=1)
    assert (row.state, row.error_code, row.context_sealed) == (MessageState.DROPPED, "forgotten", None)
    assert [message.subject for message in mailoutbox] == ["Request R-2"]
    assert delivery.deliver_due(clock.tick(days=1)).claimed == 0


def test_message_that_cannot_be_written_fails_alone(
    key: DataKey, clock: Clock, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    unknown, moved = _queue(key, clock, 1), _queue(key, clock, 2)
    _queue(key, clock, 3)
    Message.objects.filter(pk=unknown.pk).update(kind="no_longer_known")
    Message.objects.filter(pk=moved.pk).update(to_sealed=unknown.to_sealed)

    tally = delivery.deliver_due(clock())

    codes = dict(Message.objects.filter(state=MessageState.FAILED).values_list("pk", "error_code"))
    assert tally == Tally(claimed=3, sent=1, failed=2)
    assert codes == {unknown.pk: "cannot-be-written", moved.pk: "seal-broken"}


def test_fault_in_a_template_is_logged_without_its_text(
    key: DataKey, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*given: Any, **options: Any) -> None:
        raise RuntimeError("ada@example.org")

    monkeypatch.setattr(letters, "render_twice", fail)
    _queue(key, clock)

    delivery.deliver_due(clock())

    assert Message.objects.get().error_code == "cannot-be-written"
    assert "ada" not in caplog.text
    assert "cannot be written" in caplog.text


def test_message_that_kills_its_worker_is_given_up(key: DataKey, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    _queue(key, clock)

    with monkeypatch.context() as patch:
        patch.setattr(letters, "render_twice", lambda *given, **options: (_ for _ in ()).throw(KeyboardInterrupt))
        for _ in range(len(LADDER) + 1):
            with pytest.raises(KeyboardInterrupt):
                delivery.deliver_due(clock())
            clock.tick(seconds=LEASE.total_seconds())
    delivery.deliver_due(clock())

    row = Message.objects.get()
    assert (row.state, row.error_code) == (MessageState.FAILED, "tries-exhausted")


def test_slow_batch_gives_back_what_it_did_not_begin(
    key: DataKey, clock: Clock, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    for number in range(3):
        _queue(key, clock, number)
    moments = iter([0.0, 1.0, delivery.START_WITHIN + 1, delivery.START_WITHIN + 2])
    monkeypatch.setattr(delivery, "monotonic", lambda: next(moments))

    tally = delivery.deliver_due(clock())

    assert tally == Tally(claimed=3, sent=1, released=2)
    assert tally.total == 1
    given_back = Message.objects.filter(state=MessageState.WAITING)
    assert set(given_back.values_list("attempts", "claimed_until", "lease")) == {(0, None, None)}


def test_late_word_from_an_old_lease_changes_nothing(key: DataKey, clock: Clock) -> None:
    _queue(key, clock)
    [old] = delivery._claim(Message.objects.all(), clock(), 10)
    [new] = delivery._claim(Message.objects.all(), clock.tick(hours=1), 10)

    delivery._try_later(old, "lost-timeout", clock())
    assert Message.objects.get().lease == new.lease
    delivery._settle(old, MessageState.FAILED, "recipient-550", clock())
    assert Message.objects.get().state == MessageState.WAITING

    # But that it was sent is the truth, whoever says so.
    rendered = letters.Rendered("s", "t", "h")
    delivery._record_sent(old, rendered, "<id>", clock())
    assert Message.objects.get().state == MessageState.SENT


def test_try_again_puts_a_failed_message_back_at_the_start(
    key: DataKey, clock: Clock, refusing: type[Refusing], monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing.failure = channel.PermanentFailure("recipient-550")
    queued = _queue(key, clock)
    delivery.deliver_due(clock())

    assert outbox.try_again(queued.pk, clock.tick())
    assert not outbox.try_again(queued.pk, clock())
    refusing.failure = channel.TemporaryFailure("recipient-450")
    delivery.deliver_due(clock())

    row = Message.objects.get()
    assert (row.state, row.attempts, row.due_at) == (MessageState.WAITING, 1, clock() + LADDER[0])
    assert [entry["code"] for entry in row.tries] == ["recipient-550", "recipient-450"]


def test_bounced_marks_a_sent_message_once(key: DataKey, clock: Clock) -> None:
    queued = _queue(key, clock)
    delivery.deliver_due(clock())
    returned = channel.message_id(queued.pk)

    assert not delivery.bounced(returned, "4.2.2", clock())
    assert delivery.bounced(returned, "5.1.1", clock.tick(hours=1))
    assert not delivery.bounced(returned, "5.1.1", clock())

    row = Message.objects.get()
    assert (row.state, row.error_code, row.settled_at) == (MessageState.BOUNCED, "bounce-5.1.1", clock())
    assert row.sent_at is not None
    assert not outbox.try_again(queued.pk, clock())


@pytest.mark.parametrize("message_id", ["", "<x@example.org>", "<" + "0" * 32 + ".recourse@localhost>", "'; drop"])
def test_bounced_ignores_what_is_no_message_of_ours(key: DataKey, clock: Clock, message_id: str) -> None:
    _queue(key, clock)
    delivery.deliver_due(clock())

    assert not delivery.bounced(message_id, "5.1.1", clock())


@pytest.mark.parametrize("code", ["", "5", "5.1", "5.1.1.1", "5.x.1", "5.1.1111", "ada@example.org"])
def test_bounced_ignores_a_code_that_is_none(key: DataKey, clock: Clock, code: str) -> None:
    queued = _queue(key, clock)
    delivery.deliver_due(clock())

    assert not delivery.bounced(channel.message_id(queued.pk), code, clock())


def test_news_tells_each_trouble_until_it_is_noted(key: DataKey, clock: Clock, refusing: type[Refusing]) -> None:
    refusing.failure = channel.PermanentFailure("recipient-550")
    queued = _queue(key, clock)
    delivery.deliver_due(clock())

    assert [row.pk for row in outbox.news()] == [queued.pk]
    assert outbox.note([queued.pk], clock()) == 1
    assert outbox.note([queued.pk], clock()) == 0
    assert outbox.reported(queued.pk, clock())
    assert not outbox.reported(queued.pk, clock())
    assert outbox.news() == []


def test_sent_body_is_none_while_nothing_was_sent(key: DataKey, clock: Clock) -> None:
    assert delivery.sent_body(_queue(key, clock)) is None


def test_deliver_due_refuses_to_run_in_a_transaction(key: DataKey, clock: Clock) -> None:
    from django.db import transaction

    _queue(key, clock)

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        delivery.deliver_due(clock())

    assert django_mail.outbox == []
