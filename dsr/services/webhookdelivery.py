"""Telling webhooks what is due: claim and commit, call outside any transaction, record and commit.

A worker that dies between calling and recording leads to a second call, with the same `webhook-id`; one that dies
before calling loses nothing, as the lease ends.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from dsr.connectors import ConnectorError
from dsr.connectors import webhook as wire
from dsr.connectors.base import Code
from dsr.logs import get_logger
from dsr.models import Webhook, WebhookDelivery, WebhookOff
from dsr.rules import pack
from dsr.services import letters, links
from dsr.services.doorbell import Bell, ring
from dsr.services.webhooks import OFF, WAITING, switch_off
from notifications import outbox
from notifications.models import Forgotten
from notifications.sealing import SealBroken

log = get_logger(__name__)

LADDER: Final = (
    timedelta(seconds=5),
    *(timedelta(minutes=minutes) for minutes in (5, 30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""Waits between tries: more than three days together, as Standard Webhooks advises."""
FAILING: Final = timedelta(days=3)
"""A webhook to which nothing got through for so long is switched off when it lets a thing run down the whole ladder."""
LEASE: Final = timedelta(minutes=5)
"""How long a claimed row is left alone. Longer than START_WITHIN and the slowest call together."""
START_WITHIN: Final = 30.0
"""Seconds after a claim during which another call may begin; what is left then is given back."""
_GONE: Final = 410
_AWAY: Final = frozenset({Code.UNREACHABLE, Code.TIMED_OUT, Code.ADDRESS_REFUSED, Code.TLS_FAILED})
"""What the next call to the same address would meet as well."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one call did with the rows it claimed."""

    claimed: int = 0
    done: int = 0
    later: int = 0
    given_up: int = 0
    released: int = 0

    def plus(self, what: str) -> "Tally":
        """Return the tally with one more of something."""
        return replace(self, **{what: getattr(self, what) + 1})


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of one try: a status where there was an answer, and a code where it did not get through."""

    code: str = ""
    status: int | None = None
    after: timedelta = timedelta()
    hopeless: bool = False

    @property
    def away(self) -> bool:
        """Whether the receiver need not be called again for the moment."""
        return self.code in _AWAY or self.hopeless


def deliver_due(at: datetime, limit: int = 50) -> Tally:
    """Tell up to `limit` things that are due, the longest due first. Call outside a transaction.

    Call again while the tally's `claimed` reaches the limit. Statements: two to claim, one to record each.
    """
    rows = _claim(at, limit)
    started = monotonic()
    tally, away = Tally(claimed=len(rows)), dict[UUID, _Tried]()
    for row in rows:
        passed = monotonic() - started
        now = at + timedelta(seconds=int(passed))
        if passed > START_WITHIN:
            tally = tally.plus(_release(row))
            continue
        # A receiver that does not answer is asked once in a round; the others must not wait for it again and again.
        tried = away.get(row.webhook_id) or _try(row, now)
        if tried.away:
            away[row.webhook_id] = tried
        tally = tally.plus(_record(row, tried, now))
    return tally


def _claim(at: datetime, limit: int) -> list[WebhookDelivery]:
    """Take rows that nobody holds, and commit. A try is counted here, so that one that kills us counts as well."""
    free = WAITING & (Q(claimed_until=None) | Q(claimed_until__lte=at))
    due = WebhookDelivery.objects.filter(free, due_at__lte=at).order_by("due_at", "id")
    lease = uuid4()
    with transaction.atomic(durable=True):
        found = due.select_related("webhook__data_key", "webhook__owner")
        rows = list(found.select_for_update(skip_locked=True, of=("self",))[:limit])
        if not rows:
            return []
        # PostgreSQL holds the rows now; SQLite locks nothing when reading, so the condition is put to it once more.
        taken = WebhookDelivery.objects.filter(free, pk__in=[row.pk for row in rows]).update(
            claimed_until=at + LEASE, lease=lease, attempts=F("attempts") + 1
        )
        if taken < len(rows):
            held = set(WebhookDelivery.objects.filter(lease=lease).values_list("pk", flat=True))
            rows = [row for row in rows if row.pk in held]
    for row in rows:
        row.lease, row.attempts = lease, row.attempts + 1
    return rows


# --- One try ---------------------------------------------------------------------------------------------------------


def _try(row: WebhookDelivery, now: datetime) -> _Tried:
    hook, body = row.webhook, row.body.encode()
    if row.attempts > len(LADDER) + 1:
        # Nobody recorded the last try: it took the process down, and would do so for ever.
        return _Tried(str(Code.WORKER_LOST))
    if not hook.active or not hook.owner.is_active:
        return _Tried(OFF, hopeless=True)
    try:
        url, secrets = hook.open("url"), _secrets(hook, now)
    except (Forgotten, SealBroken):
        return _Tried("seal_broken", hopeless=True)
    signed = wire.headers(secrets, str(row.event), int(now.timestamp()), body)
    try:
        return _judged(wire.call(url, signed, body, networks=tuple(settings.WEBHOOK_NETWORKS)))
    except ConnectorError as failure:
        return _Tried(str(failure.code))
    except Exception as error:  # noqa: BLE001 - one address that nobody foresaw must not stop the others
        # The text of such an error may quote the address, so only its type is written down.
        log.error("webhook not called", id=str(hook.pk), error=type(error).__name__)
        return _Tried(str(Code.FAULT))


def _secrets(hook: Webhook, now: datetime) -> list[str]:
    old = hook.old_secret_until is not None and hook.old_secret_until > now
    return [hook.open("secret"), *([hook.open("old_secret")] if old else [])]


def _judged(reply: wire.Reply) -> _Tried:
    status = reply.status
    if 200 <= status < 300:
        return _Tried(status=status)
    if status == _GONE:
        return _Tried("gone", status, hopeless=True)
    code = str(Code.REDIRECT_REFUSED) if 300 <= status < 400 else "not_taken"
    return _Tried(code, status, timedelta(seconds=reply.retry_after or 0))


# --- Recording: every update names the state it expects, so that a late word from an old lease changes nothing --------


def _record(row: WebhookDelivery, tried: _Tried, now: datetime) -> str:
    if not tried.code:
        return _done(row, tried, now)
    if tried.hopeless or row.attempts > len(LADDER):
        return _give_up(row, tried, now)
    _mine(row).update(due_at=now + max(_wait(row), tried.after), **_outcome(tried, now))
    _note_failure(row.webhook, now)
    return "later"


def _wait(row: WebhookDelivery) -> timedelta:
    """The rung of the ladder, up to a tenth longer, so that a receiver that comes back is not met by all at once."""
    return LADDER[row.attempts - 1] * (1 + row.pk.int % 101 / 1000)


def _done(row: WebhookDelivery, tried: _Tried, now: datetime) -> str:
    rows = WebhookDelivery.objects.filter(pk=row.pk, done_at=None)
    rows.update(done_at=now, given_up_at=None, **_outcome(tried, now))
    if row.webhook.failing_since is not None:
        Webhook.objects.filter(pk=row.webhook_id).update(failing_since=None)
    return "done"


def _give_up(row: WebhookDelivery, tried: _Tried, now: datetime) -> str:
    _mine(row).update(given_up_at=now, **_outcome(tried, now))
    if tried.code == "gone":
        _off(row.webhook, WebhookOff.GONE, now)
    elif not tried.hopeless:
        _note_failure(row.webhook, now)
        since = Webhook.objects.values_list("failing_since", flat=True).filter(pk=row.webhook_id).first()
        if since is not None and since <= now - FAILING:
            row.webhook.failing_since = since
            _off(row.webhook, WebhookOff.FAILING, now)
    return "given_up"


def _note_failure(hook: Webhook, now: datetime) -> None:
    if hook.failing_since is None:
        Webhook.objects.filter(pk=hook.pk, failing_since=None).update(failing_since=now)
        hook.failing_since = now


def _off(hook: Webhook, why: WebhookOff, now: datetime) -> None:
    with transaction.atomic():
        if not switch_off(hook.pk, why, now):
            return
        _tell_owner(hook, why, now)
    log.warning("webhook switched off", id=str(hook.pk), code=str(why))


def _tell_owner(hook: Webhook, why: WebhookOff, now: datetime) -> None:
    letter = letters.WebhookStopped(
        organisation=pack().notices[-1].organisation.short_name,
        name=str(hook),
        gone=why == WebhookOff.GONE,
        since=hook.failing_since,
        link=links.webhook(hook.pk),
    )
    with suppress(ValueError):  # an account need not have an address; the interface says it, too
        message = outbox.queue(
            letter,
            to=hook.owner.email,
            language=settings.LANGUAGE_CODE,
            data_key=hook.data_key,
            about=hook.pk,
            at=now,
        )
        ring(Bell.MESSAGE, str(message.pk))


def _outcome(tried: _Tried, now: datetime) -> dict[str, Any]:
    return {"status": tried.status, "code": tried.code, "tried_at": now, "claimed_until": None, "lease": None}


def _mine(row: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(WAITING, pk=row.pk, lease=row.lease)


def _release(row: WebhookDelivery) -> str:
    _mine(row).update(claimed_until=None, lease=None, attempts=F("attempts") - 1)
    return "released"
