"""Webhooks: who is told what, with which secret, and once more where it is asked for.

Whatever happens is put down for each webhook in the transaction of what happened; `webhookdelivery` does the telling.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from dsr.connectors import webhook as wire
from dsr.errors import Incomplete, NotFound, Stale, TooMany, WrongState
from dsr.models import WEBHOOK_TEST, SubjectRequest, Webhook, WebhookDelivery, WebhookKind, WebhookOff
from dsr.services.doorbell import Bell, ring
from notifications.ids import uuid7
from notifications.models import DataKey
from notifications.reads import Prepared

MOST = 20
"""At most so many webhooks of one owner."""
MOST_TESTS, TESTS_WITHIN = 10, timedelta(minutes=1)
"""How often a webhook can be tried."""
KEPT = timedelta(days=30)
"""How long what was told, or given up, can be told once more."""
WAITING = Q(done_at=None, given_up_at=None)
Told = Literal["waiting", "delivered", "given_up"]
_STANDS: Mapping[Told, Q] = {
    "waiting": WAITING,
    "delivered": Q(done_at__isnull=False),
    "given_up": Q(given_up_at__isnull=False),
}


# --- What happened ---------------------------------------------------------------------------------------------------


_LISTENING = Prepared(lambda: Webhook.objects.filter(active=True, owner__is_active=True).order_by().only("kinds"))


def emit(kind: WebhookKind, data: Mapping[str, Any], at: datetime) -> int:
    """Have everybody told who wants to know, in the caller's transaction. Returns how many webhooks those are.

    ``data`` is JSON and must hold no personal value. One statement where nobody wants to know, two otherwise.
    """
    return emit_all(kind, [data], at)


def emit_all(kind: WebhookKind, things: Sequence[Mapping[str, Any]], at: datetime) -> int:
    """Have everybody told of several things of a kind, each by itself, with the statements of one."""
    if not things:
        return 0
    wanting = [webhook.pk for webhook in _LISTENING.rows() if kind in webhook.kinds]
    if not wanting:
        return 0
    rows = []
    for data in things:
        event, body = uuid7(at), _body(kind, data, at)
        rows += [_delivery(pk, event, kind, body, at) for pk in wanting]
    WebhookDelivery.objects.bulk_create(rows, batch_size=500)
    ring(Bell.HOOKS)
    return len(wanting)


def tell_of_closed(requests: Sequence[SubjectRequest], at: datetime) -> int:
    """Have programs told that requests were closed; who asked is not in it. Those that were reopened since are not."""
    ended = [
        {
            "request": request.pk,
            "submission": request.submission_id,
            "reference": request.submission.reference,
            "right": request.right,
            "outcome": request.outcome,
            "closed_at": request.closed_at,
        }
        for request in requests
        if request.closed_at is not None
    ]
    return emit_all(WebhookKind.REQUEST_CLOSED, ended, at)


def _body(kind: str, data: Mapping[str, Any], at: datetime) -> str:
    told = {"type": kind, "timestamp": at.isoformat(), "data": dict(data)}
    return json.dumps(told, cls=DjangoJSONEncoder, separators=(",", ":"))


def _delivery(webhook_id: UUID, event: UUID, kind: str, body: str, at: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        id=uuid7(at), webhook_id=webhook_id, event=event, kind=str(kind), body=body, made_at=at, due_at=at
    )


# --- Who is told -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an owner says of a webhook. None leaves a thing as it is."""

    url: str | None = None
    kinds: Sequence[WebhookKind] | None = None
    name: str | None = None
    active: bool | None = None


def mine(owner_id: int) -> list[Webhook]:
    """Return the webhooks of somebody, the oldest first."""
    return list(_WHOLE.filter(owner_id=owner_id))


def find(webhook_id: UUID, owner_id: int) -> Webhook:
    """Return one webhook of somebody. Raises NotFound, also for another's."""
    return _one(_WHOLE.filter(pk=webhook_id, owner_id=owner_id))


def make(owner_id: int, wanted: Wanted, at: datetime) -> tuple[Webhook, str]:
    """Make a webhook and return it with its secret, which is shown this once. Raises Incomplete, WrongState."""
    url, secret = _checked(wanted.url or ""), wire.new_secret()
    with transaction.atomic():
        if Webhook.objects.filter(owner_id=owner_id).count() >= MOST:
            sentence = _("You have %(number)d webhooks, which is the most there can be. Delete one that is not needed.")
            raise WrongState(sentence % {"number": MOST}, code="webhooks-full")
        hook = Webhook(id=uuid7(at), owner_id=owner_id, data_key=DataKey.new(at), made_at=at)
        hook.name, hook.kinds = wanted.name or "", _sorted(wanted.kinds or ())
        hook.seal("url", url)
        hook.seal("secret", secret)
        hook.data_key.save(force_insert=True)
        hook.save(force_insert=True)
    return hook, secret


def change(webhook_id: UUID, owner_id: int, wanted: Wanted, *, at: datetime, expect: int | None) -> Webhook:
    """Change a webhook, or switch it off or on. Raises NotFound, Stale, Incomplete."""
    with transaction.atomic():
        hook = _locked(webhook_id, owner_id, expect)
        if wanted.url is not None:
            hook.seal("url", _checked(wanted.url))
            hook.failing_since = None
        if wanted.kinds is not None:
            hook.kinds = _sorted(wanted.kinds)
        if wanted.name is not None:
            hook.name = wanted.name
        hook.version += 1
        if wanted.active and not hook.active:
            hook.active, hook.disabled_at, hook.disabled_because, hook.failing_since = True, None, "", None
        hook.save()
        if wanted.active is False:
            switch_off(hook.pk, WebhookOff.OWNER, at)
    return find(webhook_id, owner_id)


def switch_off(webhook_id: UUID, why: WebhookOff, at: datetime) -> bool:
    """Switch a webhook off and give up what waits for it; False where it was off. Nothing is put down for it then."""
    with transaction.atomic():
        changed = Webhook.objects.filter(pk=webhook_id, active=True).update(
            active=False, disabled_at=at, disabled_because=str(why), version=F("version") + 1
        )
        if changed:
            waiting = WebhookDelivery.objects.filter(WAITING, _free(at), webhook_id=webhook_id)
            waiting.update(given_up_at=at, code=OFF, claimed_until=None, lease=None)
    return bool(changed)


OFF = "webhook_off"
"""The code of what was given up because its webhook is off."""


def remove(webhook_id: UUID, owner_id: int, *, at: datetime, expect: int | None) -> None:
    """Delete a webhook with everything that was told or waits, and destroy its key. Raises NotFound, Stale."""
    with transaction.atomic():
        hook = _locked(webhook_id, owner_id, expect)
        hook.data_key.forget(at)
        hook.delete()


def rotate(webhook_id: UUID, owner_id: int, overlap: timedelta, at: datetime) -> tuple[Webhook, str]:
    """Give a webhook a new secret; for a while both sign. Returns it with the secret, shown this once.

    Raises NotFound.
    """
    with transaction.atomic():
        hook, secret = _locked(webhook_id, owner_id, None), wire.new_secret()
        hook.seal("old_secret", hook.open("secret") if overlap else "")
        hook.old_secret_until = at + overlap if overlap else None
        hook.seal("secret", secret)
        hook.version += 1
        hook.save()
    return hook, secret


def forget_old_secrets(at: datetime) -> int:
    """Drop the secrets that no longer sign. Returns how many."""
    ended = Webhook.objects.filter(old_secret_until__lte=at)
    return ended.update(old_secret_sealed=None, old_secret_until=None)


def _checked(url: str) -> str:
    if not wire.usable(url, tuple(settings.WEBHOOK_NETWORKS)):
        raise Incomplete(
            _("Give a public address that begins with https:// and holds no user, password or fragment."), field="url"
        )
    return url


def _sorted(kinds: Sequence[WebhookKind]) -> list[str]:
    return sorted({str(kind) for kind in kinds})


# --- Once more -------------------------------------------------------------------------------------------------------


def test(webhook_id: UUID, owner_id: int, at: datetime) -> WebhookDelivery:
    """Have a webhook told that it works, whatever it wants to be told of. Raises NotFound, WrongState, TooMany.

    Now and then only: whoever holds a token must not hammer the server of somebody else through us.
    """
    with transaction.atomic():
        hook = _switched_on(webhook_id, owner_id)
        lately = hook.deliveries.filter(kind=WEBHOOK_TEST, made_at__gt=at - TESTS_WITHIN)
        if lately.count() >= MOST_TESTS:
            raise TooMany(_("This webhook was tried often enough. Wait a minute."), retry_at=at + TESTS_WITHIN)
        row = _delivery(hook.pk, uuid7(at), WEBHOOK_TEST, _body(WEBHOOK_TEST, {"webhook": hook.pk}, at), at)
        row.save(force_insert=True)
        ring(Bell.HOOKS)
    return row


def replay(
    webhook_id: UUID,
    owner_id: int,
    *,
    at: datetime,
    delivery_id: UUID | None = None,
    since: datetime | None = None,
    done_too: bool = False,
) -> int:
    """Have one thing told once more, or all that was put down since a moment and did not get through.

    It keeps its id, by which a receiver knows it again. ``done_too`` tells what got through once more as well. What is
    being told just now is left alone. Returns how many there are. Raises NotFound, WrongState.
    """
    with transaction.atomic():
        hook = _switched_on(webhook_id, owner_id)
        rows = WebhookDelivery.objects.filter(webhook=hook)
        if delivery_id is not None:
            rows = rows.filter(pk=delivery_id)
            if not rows.exists():
                raise NotFound(_("There is no such delivery."))
        else:
            rows = rows.filter(Q() if done_too else Q(done_at=None), made_at__gte=since)
        again = rows.filter(_free(at)).update(
            due_at=at, attempts=0, done_at=None, given_up_at=None, claimed_until=None, lease=None
        )
        ring(Bell.HOOKS)
    return again


def deliveries(
    webhook_id: UUID, owner_id: int, *, state: Told | None = None, before: UUID | None = None, limit: int
) -> list[WebhookDelivery]:
    """Return what one webhook was told or is to be told, the newest first. Raises NotFound."""
    found = WebhookDelivery.objects.filter(webhook=_one(_OF_OWNER.filter(pk=webhook_id, owner_id=owner_id)))
    if state is not None:
        found = found.filter(_STANDS[state])
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.defer("body").order_by("-id")[:limit])


def purge(at: datetime) -> int:
    """Forget what was told or given up long ago. Returns how much."""
    gone, _kinds = WebhookDelivery.objects.filter(made_at__lt=at - KEPT).exclude(WAITING).delete()
    return gone


# --- Rows ------------------------------------------------------------------------------------------------------------

_OF_OWNER = Webhook.objects.all()
_WHOLE = Webhook.objects.select_related("data_key")


def _free(at: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lte=at)


def _one(found: QuerySet[Webhook]) -> Webhook:
    hook = found.first()
    if hook is None:
        raise NotFound(_("There is no such webhook."))
    return hook


def _locked(webhook_id: UUID, owner_id: int, expect: int | None) -> Webhook:
    hook = _one(_WHOLE.select_for_update(of=("self",)).filter(pk=webhook_id, owner_id=owner_id))
    if expect is not None and expect != hook.version:
        raise Stale(_("This webhook was changed since you looked. Look again, then decide."))
    return hook


def _switched_on(webhook_id: UUID, owner_id: int) -> Webhook:
    hook = _one(_OF_OWNER.filter(pk=webhook_id, owner_id=owner_id))
    if not hook.active:
        raise WrongState(_("This webhook is off. Switch it on first."), code="webhook-off")
    return hook
