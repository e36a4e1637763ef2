"""Queueing of messages. One row says what is to be said to whom; `delivery` does the saying."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from notifications import letters, mail, sealing, sms
from notifications.ids import uuid7
from notifications.letters import Letter
from notifications.models import TROUBLE, Channel, DataKey, Message, MessageState

_DEDUPED: Final = UUID("6d0f3f0e-6d0b-5c5e-9a55-3f1f2f6f7a10")
"""Name space of the ids of messages that may be queued once only."""

_ADDRESSES: Final[dict[str, tuple[str, Callable[[str], str]]]] = {
    Channel.EMAIL: ("email", mail.deliverable),
    Channel.SMS: ("phone", sms.deliverable),
}
"""The kind of identifier that each channel goes to, and the form of it that is written to."""


def queue(
    letter: Letter,
    *,
    to: str,
    language: str,
    data_key: DataKey,
    about: UUID,
    at: datetime,
    dedupe: str | None = None,
    channel: Channel = Channel.EMAIL,
) -> Message:
    """Queue a letter in one INSERT, in the caller's transaction; nothing is rendered or sent here.

    With `dedupe`, a second call with the same word changes nothing and returns a message with the id of the first
    (read the row again for its state). Raises ValueError when `to` is no address of the channel or the letter does not
    go that way, Forgotten when the key is gone.
    """
    message = compose(
        letter, to=to, language=language, data_key=data_key, about=about, at=at, dedupe=dedupe, channel=channel
    )
    if dedupe:
        Message.objects.bulk_create([message], ignore_conflicts=True)
    else:
        message.save(force_insert=True)
    return message


def compose(
    letter: Letter,
    *,
    to: str,
    language: str,
    data_key: DataKey,
    about: UUID,
    at: datetime,
    dedupe: str | None = None,
    channel: Channel = Channel.EMAIL,
) -> Message:
    """Return the row that `queue` would insert, for a caller who inserts it together with others."""
    if channel not in letter.channels:
        raise ValueError(f"a letter of the kind {letter.kind} does not go by this channel")
    kind, deliverable = _ADDRESSES[channel]
    address = deliverable(to)
    message = Message(
        # The id follows from the word, so that it is known without asking whether the row was there.
        id=uuid.uuid5(_DEDUPED, dedupe) if dedupe else uuid7(at),
        kind=letter.kind,
        language=language,
        data_key=data_key,
        about=about,
        dedupe_key=dedupe,
        channel=channel,
        to_fingerprint=sealing.fingerprint(kind, address),
        due_at=at,
        created_at=at,
    )
    message.seal("to", address)
    message.seal("context", letters.pack(letter))
    return message


def now_and_then(name: str, span: timedelta, at: datetime) -> str | None:
    """Return the word for a message that is not repeated within a span, None where it was queued not so long ago.

    The next one may be queued after one to two spans. Two who ask at once get the same word.
    """
    slot = int(at.timestamp() // span.total_seconds())
    words = [f"{name}:{each}" for each in (slot, slot - 1)]
    lately = Message.objects.filter(pk__in=[uuid.uuid5(_DEDUPED, word) for word in words]).exists()
    return None if lately else words[0]


def about(subject: UUID) -> QuerySet[Message]:
    """Return the messages about a thing, the newest first."""
    return Message.objects.filter(about=subject).select_related("data_key")


def try_again(message_id: UUID, at: datetime) -> bool:
    """Put a failed message back at the start of the ladder; False when it is not a failed one.

    A returned message is not sent again to the address that returned it: queue a new one to a better address.
    """
    changed = Message.objects.filter(pk=message_id, state=MessageState.FAILED, context_sealed__isnull=False).update(
        state=MessageState.WAITING,
        due_at=at,
        attempts=0,
        error_code="",
        settled_at=None,
        noted_at=None,
        reported_at=None,
    )
    return bool(changed)


def news(limit: int = 100) -> list[Message]:
    """Return messages that failed or came back and whose trouble is not reported yet, the oldest first."""
    return list(Message.objects.filter(state__in=TROUBLE, reported_at=None).order_by("settled_at")[:limit])


def reported(message_id: UUID, at: datetime) -> bool:
    """Record that the trouble with a message was put where it is dealt with; False when it was already."""
    rows = Message.objects.filter(pk=message_id, state__in=TROUBLE, reported_at=None)
    return bool(rows.update(reported_at=at))


def note(message_ids: Iterable[UUID], at: datetime) -> int:
    """Record that people took note of the trouble with these messages; return how many were new."""
    return Message.objects.filter(pk__in=list(message_ids), state__in=TROUBLE, noted_at=None).update(noted_at=at)


def purge(subject: UUID, at: datetime) -> int:
    """Remove what is personal from the messages about a thing; what still waits is not sent. Returns how many rows."""
    rows = Message.objects.filter(about=subject)
    rows.filter(state=MessageState.WAITING).update(
        state=MessageState.DROPPED, settled_at=at, claimed_until=None, lease=None
    )
    return rows.update(to_sealed=None, to_fingerprint="", context_sealed=None, body_sealed=None)
