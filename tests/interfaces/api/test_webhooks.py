"""Webhooks through the interface: whose they are, what is shown of them, and what is shown once."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from dsr.models import IdempotentAnswer, Scope, Webhook, WebhookDelivery, WebhookKind
from dsr.services import webhookdelivery, webhooks
from tests import builders
from tests.interfaces.api import client
from tests.interfaces.api.client import V1, Answered, Api
from tests.statements import counted
from tests.thirdparty.receiver import Receiver, documented
from tests.thirdparty.serving import served

pytestmark = pytest.mark.django_db
URL = "https://crm.example.org/hooks?token=abc"
NEW: dict[str, Any] = {"url": URL, "kinds": ["choice.recorded", "choice.late", "choice.late"], "name": "CRM"}


@pytest.fixture
def ines(db: None) -> Api:
    """Integrates a campaign system: scope integrator."""
    return Api(client.token(builders.staff("ines"), Scope.INTEGRATOR))


@pytest.fixture
def otto(db: None) -> Api:
    """Integrates another one."""
    return Api(client.token(builders.staff("otto"), Scope.INTEGRATOR))


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A server that listens."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    party = Receiver()
    with served(party):
        yield party


def made(api: Api, **changes: Any) -> dict[str, Any]:
    answered = api.post("/webhooks", {**NEW, **changes})
    assert answered.status == 201, answered.json
    shown: dict[str, Any] = answered.json
    return shown


def tell() -> None:
    webhookdelivery.deliver_due(timezone.now(), 50)


def test_webhook_is_made_and_shown_with_its_secret_once(ines: Api) -> None:
    answered = ines.post("/webhooks", NEW)

    shown = dict(answered.json)
    assert (answered.status, answered.headers["ETag"]) == (201, '"1"')
    assert shown.pop("secret").startswith("whsec_")
    assert shown == {
        "id": str(Webhook.objects.get().pk),
        "url": URL,
        "kinds": ["choice.late", "choice.recorded"],
        "name": "CRM",
        "active": True,
        "made_at": shown["made_at"],
        "disabled_at": None,
        "disabled_because": None,
        "failing_since": None,
        "old_secret_until": None,
        "version": 1,
    }
    assert ines.get("/webhooks").json == {"results": [shown]}
    one = ines.get(f"/webhooks/{shown['id']}")
    assert (one.json, one.headers["ETag"]) == (shown, '"1"')


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"url": "http://crm.example.org/"}, {"#/url"}),
        ({"url": "https://127.0.0.1/"}, {"#/url"}),
        ({"url": "https://169.254.169.254/latest"}, {"#/url"}),
        ({"url": "https://ana:x@example.org/"}, {"#/url"}),
        ({"url": ""}, {"#/url"}),
        ({"url": "https://example.org/\r\nX: y"}, {"#/url"}),
        ({"kinds": []}, {"#/kinds"}),
        ({"kinds": ["choice.made"]}, {"#/kinds/0"}),
        ({"kinds": ["webhook.test"]}, {"#/kinds/0"}),
        ({"name": "x" * 81}, {"#/name"}),
        ({"secret": "whsec_mine"}, {"#/secret"}),
    ],
)
def test_what_cannot_be_made_is_told_at_its_place(ines: Api, changes: dict[str, Any], places: set[str]) -> None:
    answered = ines.post("/webhooks", {**NEW, **changes})

    assert (answered.code, answered.places) == ("incomplete", places)
    assert Webhook.objects.count() == 0


def test_same_key_makes_one_and_neither_secret_nor_address_is_remembered(ines: Api) -> None:
    first, again = (ines.post("/webhooks", NEW, key="k1") for _ in range(2))

    assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.json == {**first.json, "secret": None}
    kept = json.dumps(IdempotentAnswer.objects.get().body)
    assert "whsec_" not in kept
    assert "example.org" not in kept
    assert ines.post("/webhooks", {**NEW, "name": "other"}, key="k1").code == "idempotency-conflict"


def test_secret_of_a_rotation_is_shown_once_too(ines: Api) -> None:
    hook = made(ines)
    address = f"/webhooks/{hook['id']}/secret"

    first, again = (ines.post(address, {"overlap_hours": 2}, key="k1") for _ in range(2))

    assert first.status == 200
    assert first.json["secret"] not in (hook["secret"], None)
    assert again.json["secret"] is None
    assert first.json["version"] == again.json["version"] == 2
    assert "whsec_" not in json.dumps(IdempotentAnswer.objects.get().body)
    assert "secret" not in ines.get(f"/webhooks/{hook['id']}").json


@pytest.mark.parametrize(
    ("body", "hours"), [(None, 24), ({}, 24), ({"overlap_hours": 168}, 168), ({"overlap_hours": 0}, 0)]
)
def test_old_secret_signs_as_long_as_is_said(ines: Api, body: Any, hours: int) -> None:
    hook = made(ines)

    until = ines.post(f"/webhooks/{hook['id']}/secret", body).json["old_secret_until"]

    assert (until is None) == (hours == 0)
    kept = Webhook.objects.get()
    if kept.old_secret_until is not None:
        assert abs(kept.old_secret_until - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)
    assert ines.post(f"/webhooks/{hook['id']}/secret", {"overlap_hours": 169}).places == {"#/overlap_hours"}


def test_change_touches_what_is_named_and_needs_the_version_that_was_seen(ines: Api) -> None:
    hook = made(ines)
    address = f"/webhooks/{hook['id']}"

    renamed = ines.patch(address, {"name": "Shop", "kinds": ["incident.opened"]}, match='"1"')
    stale = ines.patch(address, {"name": "Late"}, match='"1"')
    bad = ines.patch(address, {"url": "http://example.org/"})

    assert (renamed.status, renamed.headers["ETag"]) == (200, '"2"')
    assert {key: renamed.json[key] for key in ("name", "kinds", "url")} == {
        "name": "Shop", "kinds": ["incident.opened"], "url": URL,
    }  # fmt: skip
    assert (stale.status, stale.code) == (412, "stale")
    assert bad.places == {"#/url"}
    assert ines.patch(address, {"url": "https://example.net/"}).json["url"] == "https://example.net/"


def test_webhook_is_switched_off_and_on(ines: Api) -> None:
    address = f"/webhooks/{made(ines)['id']}"

    off = ines.patch(address, {"active": False}).json
    refused = [
        ines.post(f"{address}/test"),
        ines.post(f"{address}/replay", {"since": "2026-03-05T09:30:00Z"}),
    ]
    on = ines.patch(address, {"active": True}).json

    assert (off["active"], off["disabled_because"]) == (False, "owner")
    assert off["disabled_at"]
    assert [each.code for each in refused] == ["webhook-off"] * 2
    assert (on["active"], on["disabled_because"], on["disabled_at"]) == (True, None, None)
    assert ines.post(f"{address}/test").status == 202


def test_deleted_webhook_is_gone(ines: Api) -> None:
    address = f"/webhooks/{made(ines)['id']}"

    assert ines.delete(address, match='"7"').code == "stale"
    answered = ines.delete(address, match='"1"')

    assert (answered.status, answered.response.content) == (204, b"")
    assert ines.get(address).code == ines.delete(address).code == "not-found"


def test_test_arrives_and_is_seen_to_have(ines: Api, receiver: Receiver) -> None:
    hook = made(ines, url=receiver.hook)

    sent = ines.post(f"/webhooks/{hook['id']}/test", key="k1")
    again = ines.post(f"/webhooks/{hook['id']}/test", key="k1")
    tell()

    [asked] = receiver.asked
    assert documented()(hook["secret"], dict(asked.headers), asked.body)["type"] == "webhook.test"
    assert (sent.status, sent.json["state"]) == (202, "waiting")
    assert again.json == sent.json
    [shown] = ines.get(f"/webhooks/{hook['id']}/deliveries").json["results"]
    assert (shown["id"], shown["event"]) == (sent.json["id"], asked.headers["webhook-id"])
    assert (shown["state"], shown["status"], shown["code"], shown["due_at"]) == ("delivered", 204, None, None)


def test_what_did_not_get_through_is_seen_and_told_once_more(ines: Api, receiver: Receiver) -> None:
    hook = made(ines, url=receiver.hook)
    receiver.status = 500
    since = timezone.now()
    webhooks.emit(WebhookKind.CHOICE_LATE, {"choice": 1}, since)
    tell()
    address = f"/webhooks/{hook['id']}"
    [shown] = ines.get(f"{address}/deliveries").json["results"]
    assert (shown["state"], shown["status"], shown["code"], shown["attempts"]) == ("waiting", 500, "not_taken", 1)
    assert ines.get(address).json["failing_since"]
    receiver.status = 200

    by_time = ines.post(f"{address}/replay", {"since": since.isoformat()})
    tell()
    done = ines.post(f"{address}/replay", {"since": since.isoformat()})
    by_id = ines.post(f"{address}/replay", {"delivery": shown["id"]})
    tell()

    assert [each.json for each in (by_time, done, by_id)] == [{"again": 1}, {"again": 0}, {"again": 1}]
    assert by_time.status == 202
    assert len(receiver.ids) == 3
    assert len(set(receiver.ids)) == 1
    assert ines.get(address).json["failing_since"] is None


@pytest.mark.parametrize(
    "body",
    [{}, {"delivered": True}, {"delivery": str(uuid4()), "since": "2026-03-05T09:30:00Z"}, {"since": "yesterday"}],
)
def test_replay_needs_one_thing_or_a_moment(ines: Api, body: dict[str, Any]) -> None:
    assert ines.post(f"/webhooks/{made(ines)['id']}/replay", body).code == "incomplete"


def test_deliveries_are_read_page_by_page_the_newest_first(ines: Api) -> None:
    hook = made(ines)
    for number in range(5):
        webhooks.emit(WebhookKind.CHOICE_LATE, {"number": number}, timezone.now())

    pages, address = [], f"{V1}/webhooks/{hook['id']}/deliveries?limit=2"
    while address:
        answered = Answered(ines.client.get(address, headers=ines.headers))
        pages.append([each["id"] for each in answered.json["results"]])
        address = answered.json["next"]
        assert ("Link" in answered.headers) == bool(address)

    newest_first = [str(pk) for pk in WebhookDelivery.objects.order_by("-id").values_list("pk", flat=True)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [pk for page in pages for pk in page] == newest_first


def test_deliveries_are_narrowed_down_by_how_they_stand(ines: Api, receiver: Receiver) -> None:
    hook = made(ines, url=receiver.hook)
    address = f"/webhooks/{hook['id']}/deliveries"
    ids = {}
    for state, status in (("delivered", 200), ("given_up", 410)):
        receiver.status = status
        ids[state] = ines.post(f"/webhooks/{hook['id']}/test").json["id"]
        tell()
    ines.patch(f"/webhooks/{hook['id']}", {"active": True})
    ids["waiting"] = ines.post(f"/webhooks/{hook['id']}/test").json["id"]

    for state, pk in ids.items():
        assert [(each["id"], each["state"]) for each in ines.get(address, state=state).json["results"]] == [(pk, state)]
    assert len(ines.get(address).json["results"]) == 3
    assert ines.get(address, state="lost").code == "bad-parameter"


def test_webhook_is_tried_now_and_then_only(ines: Api) -> None:
    address = f"/webhooks/{made(ines)['id']}/test"
    for _ in range(webhooks.MOST_TESTS):
        assert ines.post(address).status == 202

    answered = ines.post(address)

    assert (answered.status, answered.code, answered.headers["Retry-After"]) == (429, "too-many", "60")
    assert WebhookDelivery.objects.count() == webhooks.MOST_TESTS


@pytest.mark.parametrize("cursor", ["x", "bnw3", "cnwwMA", "%00", "\u00e9"])
def test_cursor_that_we_did_not_write_is_refused(ines: Api, cursor: str) -> None:
    assert ines.get(f"/webhooks/{made(ines)['id']}/deliveries", cursor=cursor).code == "bad-cursor"


def test_one_owner_has_a_limited_number(ines: Api, otto: Api) -> None:
    for _ in range(webhooks.MOST):
        made(ines)

    assert ines.post("/webhooks", NEW).code == "webhooks-full"
    made(otto)


CALLS: list[Callable[[Api, str], Answered]] = [
    lambda api, hook: api.get(f"/webhooks/{hook}"),
    lambda api, hook: api.patch(f"/webhooks/{hook}", {"name": "mine"}),
    lambda api, hook: api.delete(f"/webhooks/{hook}"),
    lambda api, hook: api.post(f"/webhooks/{hook}/secret"),
    lambda api, hook: api.post(f"/webhooks/{hook}/test"),
    lambda api, hook: api.get(f"/webhooks/{hook}/deliveries"),
    lambda api, hook: api.post(f"/webhooks/{hook}/replay", {"since": "2026-03-05T09:30:00Z"}),
]
EVERYWHERE = [lambda api, _hook: api.get("/webhooks"), lambda api, _hook: api.post("/webhooks", NEW), *CALLS]


@pytest.mark.parametrize("call", CALLS)
def test_webhook_of_another_owner_looks_as_if_it_were_not_there(
    ines: Api, otto: Api, call: Callable[[Api, str], Answered]
) -> None:
    hook = made(ines)
    before = Webhook.objects.values().get()

    theirs, nobodys = call(otto, hook["id"]), call(otto, str(uuid4()))

    assert (theirs.status, theirs.code) == (404, "not-found")
    assert theirs.json == nobodys.json
    assert Webhook.objects.values().get() == before
    assert WebhookDelivery.objects.count() == 0


def test_delivery_of_another_webhook_is_not_told_once_more(ines: Api, otto: Api) -> None:
    mine, theirs = made(ines), made(otto)
    sent = otto.post(f"/webhooks/{theirs['id']}/test").json["id"]

    assert ines.post(f"/webhooks/{mine['id']}/replay", {"delivery": sent}).code == "not-found"


@pytest.mark.parametrize("call", EVERYWHERE)
def test_other_scopes_do_not_reach(
    ines: Api, sam: Api, vera: Api, audrey: Api, stranger: Api, call: Callable[[Api, str], Answered]
) -> None:
    hook = made(ines)["id"]

    for api in (sam, vera, audrey):
        answered = call(api, hook)
        assert (answered.status, answered.code) == (403, "insufficient-scope")
    assert call(stranger, hook).status == 401
    assert Webhook.objects.count() == 1


def test_calls_cost_few_statements_however_many_there_are(ines: Api) -> None:
    hook = made(ines)["id"]
    asked: list[Callable[[], Answered]] = [
        lambda: ines.get("/webhooks"),
        lambda: ines.get(f"/webhooks/{hook}"),
        lambda: ines.get(f"/webhooks/{hook}/deliveries"),
        lambda: ines.post(f"/webhooks/{hook}/test"),
        lambda: ines.patch(f"/webhooks/{hook}", {"name": "x"}),
        lambda: ines.post(f"/webhooks/{hook}/replay", {"since": "2026-03-05T09:30:00Z"}),
    ]
    costs = []
    for _ in range(2):
        for ask in asked:
            with counted() as statements:
                assert ask().status < 300
            costs.append(len(statements))
        webhooks.emit_all(WebhookKind.CHOICE_LATE, [{"number": number} for number in range(30)], timezone.now())
        made(ines)

    few, many = costs[: len(asked)], costs[len(asked) :]
    assert few == many == [2, 2, 3, 4, 4, 3], connection.vendor
