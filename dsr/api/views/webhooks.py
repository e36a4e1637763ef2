"""Webhooks: who is told what happens. Each belongs to the owner of the token that made it; others' are not there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from dsr.api import pagination, scopes
from dsr.api.answers import Answer, answer, etag, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.reading import body, expected_version, no_parameters, parameters, raw_body
from dsr.api.schema import IDEMPOTENT, IF_MATCH, query_of
from dsr.api.scopes import bearing
from dsr.api.shapes import webhooks as shapes
from dsr.models import Webhook, WebhookDelivery
from dsr.services import webhooks

_INTEGRATORS = frozenset({scopes.INTEGRATOR})
_TAGS = ["webhooks"]


class Webhooks(Endpoint):
    """All of one owner."""

    scopes = {"GET": _INTEGRATORS, "POST": _INTEGRATORS}

    @extend_schema(
        operation_id="list_webhooks",
        summary="The webhooks of the token's owner",
        responses={200: shapes.WebhookList},
        tags=_TAGS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return them, the oldest first."""
        no_parameters(request)
        found = webhooks.mine(_who(request))
        return show(shapes.WebhookList(results=[shapes.WebhookShown(**_row(each)) for each in found]))

    @extend_schema(
        operation_id="make_webhook",
        summary="Be told what happens",
        description=(
            "Calls are signed as Standard Webhooks says and hold no personal value. The answer holds the secret, this "
            f"once. One owner has at most {webhooks.MOST}."
        ),
        parameters=[IDEMPOTENT],
        request=shapes.NewWebhook,
        responses={201: shapes.WebhookWithSecret},
        tags=_TAGS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Make one and return it with its secret."""
        no_parameters(request)
        given, owner = body(request, shapes.NewWebhook), _who(request)
        wanted = webhooks.Wanted(url=given.url, kinds=given.kinds, name=given.name)
        secrets: list[str] = []

        def work() -> Answer:
            hook, secret = webhooks.make(owner, wanted, timezone.now())
            secrets.append(secret)
            return _kept(hook, 201)

        return _with_secret(once(request, work), owner, secrets)


class OneWebhook(Endpoint):
    """One webhook."""

    scopes = {"GET": _INTEGRATORS, "PATCH": _INTEGRATORS, "DELETE": _INTEGRATORS}
    http_method_names = ("get", "patch", "delete", "head")

    @extend_schema(
        operation_id="get_webhook",
        summary="One webhook, and whether anything gets through",
        responses={200: shapes.WebhookShown},
        tags=_TAGS,
    )
    def get(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Return it with its version as ETag."""
        no_parameters(request)
        return _shown(webhooks.find(webhook_id, _who(request)))

    @extend_schema(
        operation_id="change_webhook",
        summary="Change it, or switch it off or on",
        parameters=[IF_MATCH],
        request=shapes.WebhookChange,
        responses={200: shapes.WebhookShown},
        tags=_TAGS,
    )
    def patch(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Change what is named and return it as it is then."""
        no_parameters(request)
        given, expect = body(request, shapes.WebhookChange), expected_version(request)
        wanted = webhooks.Wanted(url=given.url, kinds=given.kinds, name=given.name, active=given.active)
        return _shown(webhooks.change(webhook_id, _who(request), wanted, at=timezone.now(), expect=expect))

    @extend_schema(
        operation_id="delete_webhook",
        summary="Delete it, with all that waits for it",
        parameters=[IF_MATCH],
        responses={204: OpenApiResponse(description="It is gone.")},
        tags=_TAGS,
    )
    def delete(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Delete it."""
        no_parameters(request)
        webhooks.remove(webhook_id, _who(request), at=timezone.now(), expect=expected_version(request))
        return HttpResponse(status=204)


class Secret(Endpoint):
    """What calls are signed with."""

    scopes = {"POST": _INTEGRATORS}

    @extend_schema(
        operation_id="rotate_webhook_secret",
        summary="Have a new secret made",
        description="For a while calls carry a signature with the old secret, too. A body is not needed.",
        parameters=[IDEMPOTENT],
        request=shapes.NewSecret,
        responses={200: shapes.WebhookWithSecret},
        tags=_TAGS,
    )
    def post(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Return the webhook with its new secret, shown this once."""
        no_parameters(request)
        given = body(request, shapes.NewSecret) if raw_body(request).strip() else shapes.NewSecret.model_validate({})
        owner, overlap = _who(request), timedelta(hours=given.overlap_hours)
        secrets: list[str] = []

        def work() -> Answer:
            hook, secret = webhooks.rotate(webhook_id, owner, overlap, timezone.now())
            secrets.append(secret)
            return _kept(hook, 200)

        return _with_secret(once(request, work), owner, secrets)


class Test(Endpoint):
    """Trying a webhook."""

    scopes = {"POST": _INTEGRATORS}

    @extend_schema(
        operation_id="test_webhook",
        summary="Have it told `webhook.test`",
        parameters=[IDEMPOTENT],
        request=None,
        responses={202: shapes.DeliveryShown},
        tags=_TAGS,
    )
    def post(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Put it down and return it; it is told within moments."""
        no_parameters(request)
        owner, at = _who(request), timezone.now()
        return respond(once(request, lambda: answer(_delivery(webhooks.test(webhook_id, owner, at)), 202)))


class Deliveries(Endpoint):
    """What one webhook was told."""

    scopes = {"GET": _INTEGRATORS}

    @extend_schema(
        operation_id="list_webhook_deliveries",
        summary="What it was told or is to be told in the last 30 days, the newest first",
        parameters=query_of(shapes.DeliveriesWanted),
        responses={200: shapes.DeliveryPage},
        tags=_TAGS,
    )
    def get(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Return one page."""
        asked = parameters(request, shapes.DeliveriesWanted)
        before = pagination.row(asked.cursor)
        found = webhooks.deliveries(webhook_id, _who(request), state=asked.state, before=before, limit=asked.limit + 1)
        rows = found[: asked.limit]
        more = pagination.of_row(rows[-1].pk) if len(found) > len(rows) else None
        following = pagination.link(request, more)
        page = shapes.DeliveryPage(results=[_delivery(each) for each in rows], next=following)
        return show(page, headers=pagination.links_header(next=following))


class Replay(Endpoint):
    """Telling once more."""

    scopes = {"POST": _INTEGRATORS}

    @extend_schema(
        operation_id="replay_webhook",
        summary="Have one thing told once more, or all that did not get through since a moment",
        description="Under the `webhook-id` that it had.",
        parameters=[IDEMPOTENT],
        request=shapes.Replay,
        responses={202: shapes.Replayed},
        tags=_TAGS,
    )
    def post(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Put it down and return how much it is."""
        no_parameters(request)
        given, owner = body(request, shapes.Replay), _who(request)
        return respond(once(request, lambda: _replay(webhook_id, owner, given)))


def _replay(webhook_id: UUID, owner: int, given: shapes.Replay) -> Answer:
    again = webhooks.replay(
        webhook_id,
        owner,
        at=timezone.now(),
        delivery_id=given.delivery,
        since=given.since,
        done_too=given.delivered,
    )
    return answer(shapes.Replayed(again=again), 202)


def _who(request: Request) -> int:
    return bearing(request).user.pk


def _kept(hook: Webhook, status: int) -> Answer:
    """Return what a repetition is answered from: it is stored in clear, so neither address nor secret is in it."""
    return answer(shapes.Kept(id=hook.pk), status)


def _with_secret(given: Answer, owner: int, secrets: list[str]) -> HttpResponse:
    hook = webhooks.find(shapes.Kept.model_validate_json(given.body).id, owner)
    shown = shapes.WebhookWithSecret(**_row(hook), secret=secrets[0] if secrets else None)
    return show(shown, given.status, {**given.headers, **etag(hook.version)})


def _shown(hook: Webhook) -> HttpResponse:
    return show(shapes.WebhookShown(**_row(hook)), headers=etag(hook.version))


def _row(hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.pk,
        "url": hook.open("url"),
        "kinds": hook.kinds,
        "name": hook.name,
        "active": hook.active,
        "made_at": hook.made_at,
        "disabled_at": hook.disabled_at,
        "disabled_because": hook.disabled_because or None,
        "failing_since": hook.failing_since,
        "old_secret_until": hook.old_secret_until,
        "version": hook.version,
    }


def _delivery(row: WebhookDelivery) -> shapes.DeliveryShown:
    waiting = row.done_at is None and row.given_up_at is None
    return shapes.DeliveryShown(
        id=row.pk,
        event=row.event,
        kind=row.kind,
        state="waiting" if waiting else "delivered" if row.done_at else "given_up",
        made_at=row.made_at,
        due_at=row.due_at if waiting else None,
        attempts=row.attempts,
        tried_at=row.tried_at,
        status=row.status,
        code=row.code or None,
    )
