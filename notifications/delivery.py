"""Sending what is due: claim and commit, send outside any transaction, record and commit.

A crash between sending and recording sends a message twice. That cannot be ruled out with mail, so each message keeps
one Message-ID for ever, by which receivers drop the copy, and a text message one key, by which its provider does; a
crash before sending loses nothing, as the lease ends.
"""

import json
import logging
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from notifications import letters, mail
from notifications.failures import PermanentFailure, TemporaryFailure
from notifications.letters import Rendered
from notifications.models import Forgotten, Message, MessageState
from notifications.sealing import SealBroken
from notifications.transports import Transports

log = logging.getLogger(__name__)

LADDER: Final = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4)),
    *(timedelta(hours=8),) * 9,
)
"""Waits between tries. Quick at first for grey-listing, then hours; together three days and a third, which outlasts a
mail server that is down over a weekend. After the last one the message has failed and people see it."""

LEASE: Final = timedelta(minutes=15)
"""How long a claimed message is left alone. Longer than START_WITHIN and the slowest single hand-over together."""
START_WITHIN: Final = 300.0
"""Seconds after a claim during which another hand-over may begin; what is left then is given back."""


@dataclass(frozen=True)
class Tally:
    """What one call did with the messages it claimed."""

    claimed: int = 0
    sent: int = 0
    later: int = 0
    failed: int = 0
    dropped: int = 0
    released: int = 0

    @property
    def total(self) -> int:
        """How many messages something was decided about."""
        return self.claimed - self.released

    def plus(self, what: str) -> "Tally":
        """Return the tally with one more of something."""
        return replace(self, **{what: getattr(self, what) + 1})


def deliver_due(at: datetime, limit: int = 50) -> Tally:
    """Send up to `limit` messages that are due, the longest due first. Call outside a transaction.

    Call again while the tally's `claimed` reaches the limit. Statements: two to claim, one to record each message.
    """
    return _deliver(Message.objects.filter(due_at__lte=at).order_by("due_at", "id"), at, limit)


def deliver(message_ids: Sequence[UUID], at: datetime) -> Tally:
    """Send these messages now, those that are due and nobody else is at. Call outside a transaction."""
    return _deliver(Message.objects.filter(pk__in=message_ids, due_at__lte=at), at, len(message_ids))


def _deliver(candidates: QuerySet[Message], at: datetime, limit: int) -> Tally:
    with Transports() as transports:
        messages = _claim(candidates, at, limit)
        started = monotonic()
        tally = Tally(claimed=len(messages))
        outages: dict[str, str] = {}
        for message in messages:
            if outage := outages.get(message.channel):
                tally = tally.plus(_try_later(message, outage, at))
            elif monotonic() - started > START_WITHIN:
                tally = tally.plus(_release(message))
            else:
                done, outages[message.channel] = _attempt(message, transports, at)
                tally = tally.plus(done)
    return tally


def _claim(candidates: QuerySet[Message], at: datetime, limit: int) -> list[Message]:
    """Take messages that nobody holds, and commit. A try is counted here, so that one that kills us counts as well."""
    free = Q(state=MessageState.WAITING) & (Q(claimed_until=None) | Q(claimed_until__lte=at))
    lease = uuid.uuid4()
    with transaction.atomic(durable=True):
        found = candidates.filter(free).select_related("data_key")
        rows = list(found.select_for_update(skip_locked=True, of=("self",))[:limit])
        if not rows:
            return []
        # PostgreSQL holds the rows now; SQLite locks nothing when reading, so the condition is put to it once more.
        taken = Message.objects.filter(free, pk__in=[row.pk for row in rows]).update(
            claimed_until=at + LEASE, lease=lease, attempts=F("attempts") + 1
        )
        if taken < len(rows):
            mine = set(Message.objects.filter(lease=lease).values_list("pk", flat=True))
            rows = [row for row in rows if row.pk in mine]
    for row in rows:
        row.lease, row.attempts = lease, row.attempts + 1
    return rows


def _attempt(message: Message, transports: Transports, at: datetime) -> tuple[str, str]:
    """Try one message; return what became of it, and the code of an outage that its channel's next would meet too."""
    if message.attempts > len(LADDER) + 1:
        # Nobody recorded the last try: it took the process down, and would do so for ever.
        return _settle(message, MessageState.FAILED, "tries-exhausted", at), ""
    if _too_late(message, at):
        return _settle(message, MessageState.FAILED, "too-late", at), ""
    try:
        address = message.open("to")
        letter = letters.unpack(message.kind, message.open("context"))
        ready = transports.prepare(message, address, letter, at)
    except Forgotten:
        return _settle(message, MessageState.DROPPED, "forgotten", at), ""
    except SealBroken:
        return _settle(message, MessageState.FAILED, "seal-broken", at), ""
    except PermanentFailure as failure:
        return _settle(message, MessageState.FAILED, failure.code, at), ""
    except Exception as error:  # noqa: BLE001 - a fault in one template or context must not stop everybody's mail
        # The text of such an error may quote the context, so only its type is written down.
        log.error("message cannot be written", extra={"kind": message.kind, "error": type(error).__name__})
        return _settle(message, MessageState.FAILED, "cannot-be-written", at), ""
    try:
        transport_id = ready.hand_over()
    except PermanentFailure as failure:
        return _settle(message, MessageState.FAILED, failure.code, at), ""
    except TemporaryFailure as failure:
        return _try_later(message, failure.code, at), failure.code if failure.unreachable else ""
    return _record_sent(message, ready.kept, transport_id, at), ""


def _too_late(message: Message, at: datetime) -> bool:
    """Say whether nothing could be done any more with what a message says."""
    cls = letters.REGISTRY.get(message.kind)
    return cls is not None and cls.useful_for is not None and at >= message.created_at + cls.useful_for


# --- Recording: every update names the state it expects, so that a late word from an old lease changes nothing --------


def _tries(message: Message, code: str, at: datetime) -> list[dict[str, str]]:
    return [*message.tries, {"at": at.isoformat(timespec="seconds"), "code": code}]


def _record_sent(message: Message, kept: Rendered, transport_id: str, at: datetime) -> str:
    Message.objects.filter(pk=message.pk, state=MessageState.WAITING).update(
        state=MessageState.SENT,
        sent_at=at,
        settled_at=at,
        claimed_until=None,
        lease=None,
        tries=_tries(message, "sent", at),
        error_code="",
        transport_id=transport_id,
        body_sealed=seal_body(message, kept),
        # What was to be said is now what was said. The context may hold live links, which nobody needs any more.
        context_sealed=None,
    )
    return "sent"


def _mine(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(pk=message.pk, state=MessageState.WAITING, lease=message.lease)


def _try_later(message: Message, code: str, at: datetime) -> str:
    if message.attempts > len(LADDER) or _too_late(message, due := at + LADDER[message.attempts - 1]):
        return _settle(message, MessageState.FAILED, code, at)
    _mine(message).update(
        due_at=due,
        claimed_until=None,
        lease=None,
        tries=_tries(message, code, at),
        error_code=code,
    )
    return "later"


def _settle(message: Message, state: MessageState, code: str, at: datetime) -> str:
    fields: dict[str, Any] = {"context_sealed": None} if state == MessageState.DROPPED else {}
    _mine(message).update(
        state=state,
        settled_at=at,
        claimed_until=None,
        lease=None,
        tries=_tries(message, code, at),
        error_code=code,
        **fields,
    )
    return str(state.value)


def _release(message: Message) -> str:
    _mine(message).update(claimed_until=None, lease=None, attempts=F("attempts") - 1)
    return "released"


# --- The copy that is kept -------------------------------------------------------------------------------------------


def seal_body(message: Message, rendered: Rendered) -> bytes:
    """Return what was sent, compressed and sealed under the message's data key."""
    text = json.dumps([rendered.subject, rendered.text, rendered.html], ensure_ascii=False)
    return message.data_key.seal_bytes(zlib.compress(text.encode()), f"message:{message.pk}:body")


def sent_body(message: Message) -> Rendered | None:
    """Return what was sent, live secrets blotted out; None while nothing was. Raises Forgotten, SealBroken."""
    if message.body_sealed is None:
        return None
    packed = message.data_key.unseal_bytes(message.body_sealed, f"message:{message.pk}:body")
    return Rendered(*json.loads(zlib.decompress(packed)))


# --- Bounces ---------------------------------------------------------------------------------------------------------


def bounced(message_id: str, code: str, at: datetime) -> bool:
    """Record that a message came back; `message_id` is its Message-ID, `code` an enhanced status such as ``5.1.1``.

    False, and nothing happens, when it is no message of ours, when it is known already, or when the code does not
    start with 5 (RFC 3463): a delay is not a return.
    """
    row = mail.row_id(message_id)
    if row is None or not _is_final(code):
        return False
    rows = Message.objects.filter(pk=row, state=MessageState.SENT)
    return bool(rows.update(state=MessageState.BOUNCED, settled_at=at, error_code=f"bounce-{code}"))


def _is_final(code: str) -> bool:
    parts: Sequence[str] = code.split(".")
    return len(parts) == 3 and parts[0] == "5" and all(part.isdecimal() and len(part) <= 3 for part in parts)
