"""Telling webhooks: what is put down, how it is told and told again, and when one is switched off."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from dsr import tasks
from dsr.connectors import webhook as wire
from dsr.errors import Incomplete, NotFound, WrongState
from dsr.models import IncidentKind, Mechanism, Webhook, WebhookDelivery, WebhookKind, WebhookOff
from dsr.policies import Caller
from dsr.selectors import figures
from dsr.services import doorbell, housekeeping, review, webhookdelivery, webhooks
from dsr.services.choices import incidents
from dsr.services.webhookdelivery import LADDER
from dsr.services.webhooks import Wanted
from notifications.letters import render, unpack
from notifications.models import DataKey, Message
from tests import builders
from tests.architecture.canary import STEM, Watch
from tests.clock import Clock
from tests.drain import drain
from tests.dying import Killed
from tests.statements import counted
from tests.thirdparty.receiver import Receiver, documented
from tests.thirdparty.serving import Answer, served

pytestmark = pytest.mark.django_db
RECORDED, LATE = WebhookKind.CHOICE_RECORDED, WebhookKind.CHOICE_LATE
DATA = {"choice": "7", "kind": "opt_out"}


@pytest.fixture(autouse=True)
def _this_machine(settings: Any) -> None:
    """Receivers of tests listen here."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that listens."""
    party = Receiver()
    with served(party):
        yield party


def made(url: str, clock: Clock, *kinds: WebhookKind, owner: str = "ines") -> tuple[Webhook, str]:
    return webhooks.make(builders.staff(owner).pk, Wanted(url=url, kinds=kinds or (RECORDED,)), clock())


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def again(hook: Webhook) -> Webhook:
    return Webhook.objects.get(pk=hook.pk)


def told_owner() -> str:
    """What the owner reads of it."""
    [message] = Message.objects.filter(kind="webhook_stopped")
    assert message.open("to") == "ines@staff.example.org"
    return render(unpack(message.kind, message.open("context")), "en").text


def run_down_the_ladder(clock: Clock) -> datetime:
    """Let every try come to nothing, to the last."""
    for _ in LADDER:
        webhookdelivery.deliver_due(clock(), 50)
        clock.now = only().due_at
    webhookdelivery.deliver_due(clock(), 50)
    return clock()


# --- What is put down ------------------------------------------------------------------------------------------------


def test_what_happened_is_told_to_those_who_want_to_know(receiver: Receiver, clock: Clock) -> None:
    _hook, secret = made(receiver.hook, clock)
    made(f"{receiver.url}/other", clock, LATE)

    assert webhooks.emit(RECORDED, DATA, clock()) == 1
    assert drain(clock()) == 1

    [asked] = receiver.asked
    assert (asked.method, asked.target) == ("POST", "/hook?from=recourse")
    assert asked.headers["Content-Type"] == "application/json"
    assert json.loads(asked.body) == {"type": "choice.recorded", "timestamp": clock().isoformat(), "data": DATA}
    assert asked.headers["webhook-timestamp"] == str(int(clock().timestamp()))
    assert UUID(asked.headers["webhook-id"]) == only().event
    assert documented()(secret, dict(asked.headers), asked.body, now=clock().timestamp()) == json.loads(asked.body)
    row = only()
    assert (row.done_at, row.status, row.code, row.attempts, row.claimed_until) == (clock(), 204, "", 1, None)


def test_check_in_the_documentation_refuses_what_is_not_ours(receiver: Receiver, clock: Clock) -> None:
    _hook, secret = made(receiver.hook, clock)
    webhooks.emit(RECORDED, DATA, clock())
    drain(clock())
    [asked] = receiver.asked
    verify, now = documented(), clock().timestamp()

    for secret_, headers, body, when in (
        (wire.new_secret(), {}, asked.body, now),
        (secret, {"webhook-id": "other"}, asked.body, now),
        (secret, {}, asked.body + b" ", now),
        (secret, {}, asked.body, now + 301),
        (secret, {}, asked.body, now - 301),
        (secret, {"webhook-signature": "v2,AAAA"}, asked.body, now),
    ):
        with pytest.raises(ValueError):
            verify(secret_, {**dict(asked.headers), **headers}, body, now=when)


def test_nobody_who_wants_to_know_costs_one_statement_and_many_things_cost_two(clock: Clock) -> None:
    with counted() as nobody:
        assert webhooks.emit(RECORDED, DATA, clock()) == 0
    made("https://example.org/", clock)
    with counted() as one:
        webhooks.emit(RECORDED, DATA, clock())
    with counted() as many:
        webhooks.emit_all(RECORDED, [DATA] * 30, clock())
    with counted() as nothing:
        assert webhooks.emit_all(RECORDED, [], clock()) == 0

    assert [len(each) for each in (nobody, one, many, nothing)] == [1, 2, 2, 0]
    assert WebhookDelivery.objects.count() == len(set(WebhookDelivery.objects.values_list("event", flat=True))) == 31


def test_those_of_somebody_who_left_are_told_nothing(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock)
    webhooks.emit(RECORDED, DATA, clock())
    hook.owner.is_active = False
    hook.owner.save()

    assert webhooks.emit(RECORDED, DATA, clock()) == 0
    drain(clock())

    assert receiver.asked == []
    assert only().code == "webhook_off"


def test_address_and_secrets_are_sealed_and_go_with_the_webhook(clock: Clock) -> None:
    hook, secret = made("https://example.org/hook?token=abc", clock)
    webhooks.rotate(hook.pk, hook.owner_id, timedelta(hours=1), clock())
    row = again(hook)
    stored = b"".join(bytes(each) for each in (row.url_sealed, row.secret_sealed, row.old_secret_sealed) if each)
    webhooks.emit(RECORDED, DATA, clock())

    webhooks.remove(hook.pk, hook.owner_id, at=clock(), expect=None)

    assert b"example.org" not in stored
    assert secret.encode() not in stored
    assert (Webhook.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
    assert DataKey.objects.get(pk=hook.data_key_id).forgotten_at == clock()


# --- What does not get through ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [*((status, "not_taken") for status in (400, 404, 500)), *((status, "redirect_refused") for status in (302, 308))],
)
def test_answer_that_says_no_is_tried_again_later(receiver: Receiver, clock: Clock, status: int, code: str) -> None:
    hook, _secret = made(receiver.hook, clock)
    receiver.status, receiver.headers = status, {"Location": f"{receiver.url}/elsewhere"}
    webhooks.emit(RECORDED, DATA, clock())

    drain(clock())

    row = only()
    assert [asked.path for asked in receiver.asked] == ["/hook"]
    assert (row.status, row.code, row.done_at, row.given_up_at) == (status, code, None, None)
    assert LADDER[0] <= row.due_at - clock() <= LADDER[0] * 1.1
    assert again(hook).failing_since == clock()
    receiver.status = 200
    drain(clock.tick(seconds=6))
    assert receiver.ids[0] == receiver.ids[1]
    assert (only().done_at, only().attempts, again(hook).failing_since) == (clock(), 2, None)


def test_receiver_that_asks_for_a_pause_is_given_it(receiver: Receiver, clock: Clock) -> None:
    made(receiver.hook, clock)
    receiver.status, receiver.headers = 429, {"Retry-After": "3600"}
    webhooks.emit(RECORDED, DATA, clock())

    drain(clock())

    assert only().due_at == clock() + timedelta(hours=1)


def test_receiver_that_does_not_answer_in_time_is_left(
    receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WHOLE_SECONDS", 0.3)
    made(receiver.hook, clock)
    receiver.pause = 1.0
    webhooks.emit_all(RECORDED, [DATA, DATA, DATA], clock())

    drain(clock())

    rows = WebhookDelivery.objects.all()
    assert {(row.code, row.status, row.attempts) for row in rows} == {("timed_out", None, 1)}
    assert len(receiver.asked) == 1, "a receiver that does not answer is asked once in a round"


def test_receiver_that_is_away_does_not_keep_others_waiting(receiver: Receiver, clock: Clock) -> None:
    made("http://127.0.0.1:1/", clock)
    made(receiver.hook, clock, owner="otto")

    webhooks.emit(RECORDED, DATA, clock())
    drain(clock())

    assert len(receiver.asked) == 1
    assert sorted(WebhookDelivery.objects.values_list("code", flat=True)) == ["", "unreachable"]


def test_answer_without_end_is_not_read(receiver: Receiver, clock: Clock) -> None:
    made(receiver.hook, clock)
    receiver.breaks(0, Answer(200, b"x" * 50_000_000))
    webhooks.emit(RECORDED, DATA, clock())

    drain(clock())

    assert only().status == 200


def test_name_that_leads_inside_is_refused_at_the_call(receiver: Receiver, clock: Clock, settings: Any) -> None:
    made(f"https://localhost:{receiver.port}/", clock)
    settings.WEBHOOK_NETWORKS = []
    webhooks.emit(RECORDED, DATA, clock())

    drain(clock())

    assert only().code == "address_refused"
    assert receiver.asked == []


def test_ladder_lasts_more_than_three_days_and_ends(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock)
    receiver.status = 503
    webhooks.emit(RECORDED, DATA, clock())
    start = clock()

    end = run_down_the_ladder(clock)

    assert timedelta(days=3) < end - start < timedelta(days=4)
    assert len(receiver.asked) == len(LADDER) + 1
    assert len(set(receiver.ids)) == 1
    row, off = only(), again(hook)
    assert (row.given_up_at, row.code) == (end, "not_taken")
    assert (off.active, off.disabled_at, off.disabled_because) == (False, end, WebhookOff.FAILING)
    said = told_owner()
    assert f"Your webhook {off.pk} was switched off" in said
    assert "since 5 March 2026, 09:30 UTC." in said
    assert f"/api/v1/webhooks/{off.pk}" in said
    assert webhooks.emit(RECORDED, DATA, end) == 0


def test_thing_that_alone_is_not_taken_switches_nothing_off(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock)
    receiver.status = 500
    webhooks.emit(RECORDED, {"poison": True}, clock())
    for _ in LADDER:
        webhookdelivery.deliver_due(clock(), 50)
        poison = WebhookDelivery.objects.get(body__contains="poison")
        receiver.status = 200
        webhooks.emit(RECORDED, DATA, clock())
        webhookdelivery.deliver_due(clock(), 50)
        receiver.status, clock.now = 500, poison.due_at
    webhookdelivery.deliver_due(clock(), 50)

    assert WebhookDelivery.objects.get(body__contains="poison").given_up_at == clock()
    assert again(hook).active


def test_owner_without_an_address_is_told_by_the_interface_alone(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock)
    hook.owner.email = ""
    hook.owner.save()
    receiver.status = 410
    webhooks.emit(RECORDED, DATA, clock())

    assert webhookdelivery.deliver_due(clock(), 50).given_up == 1

    assert not again(hook).active
    assert Message.objects.count() == 0


def test_receiver_that_is_gone_is_left_alone(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock)
    receiver.status = 410
    webhooks.emit_all(RECORDED, [DATA, DATA], clock())

    webhookdelivery.deliver_due(clock(), 50)

    assert len(receiver.asked) == 1, "the others are not tried"
    assert again(hook).disabled_because == WebhookOff.GONE
    assert "gone for good" in told_owner()
    assert not WebhookDelivery.objects.filter(webhooks.WAITING).exists()
    assert webhooks.emit(RECORDED, DATA, clock()) == 0


# --- Workers that die ------------------------------------------------------------------------------------------------


def test_worker_that_dies_after_the_call_leads_to_a_second_one_with_the_same_id(
    receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(receiver.hook, clock)
    webhooks.emit(RECORDED, DATA, clock())

    def die(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(webhookdelivery, "_record", die)
        with pytest.raises(Killed):
            webhookdelivery.deliver_due(clock(), 50)
    assert webhookdelivery.deliver_due(clock.tick(minutes=4), 50).claimed == 0
    assert webhookdelivery.deliver_due(clock.tick(minutes=2), 50).done == 1

    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert only().attempts == 2


def test_thing_that_kills_every_worker_is_given_up(clock: Clock) -> None:
    made("https://example.org/", clock)
    webhooks.emit(RECORDED, DATA, clock())
    WebhookDelivery.objects.update(attempts=len(LADDER) + 1)

    assert webhookdelivery.deliver_due(clock(), 50).given_up == 1
    assert only().code == "worker_lost"


def test_what_there_was_no_time_for_is_given_back_untried(
    receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhookdelivery, "START_WITHIN", -1.0)
    made(receiver.hook, clock)
    webhooks.emit(RECORDED, DATA, clock())

    assert webhookdelivery.deliver_due(clock(), 50).released == 1
    row = only()
    assert (row.attempts, row.claimed_until, row.lease, receiver.asked) == (0, None, None, [])


def test_word_from_a_lease_that_ended_changes_nothing_but_to_done(receiver: Receiver, clock: Clock) -> None:
    made(receiver.hook, clock)
    webhooks.emit(RECORDED, DATA, clock())
    [late] = webhookdelivery._claim(clock(), 1)
    [now] = webhookdelivery._claim(clock.tick(minutes=6), 1)

    webhookdelivery._record(late, webhookdelivery._Tried("not_taken", 500), clock())
    assert only().lease == now.lease
    webhookdelivery._record(late, webhookdelivery._Tried(status=200), clock())
    webhookdelivery._record(now, webhookdelivery._Tried("not_taken", 500), clock())

    assert (only().done_at, only().code) == (clock(), "")


# --- Secrets, and once more ------------------------------------------------------------------------------------------


def test_both_secrets_sign_until_the_old_one_ends(receiver: Receiver, clock: Clock) -> None:
    hook, old = made(receiver.hook, clock)
    _hook, new = webhooks.rotate(hook.pk, hook.owner_id, timedelta(hours=24), clock())
    for _ in range(2):
        webhooks.emit(RECORDED, DATA, clock())
        drain(clock())
        clock.tick(hours=24)

    during, after = receiver.asked
    verify = documented()
    for secret, asked in ((old, during), (new, during), (new, after)):
        assert verify(secret, dict(asked.headers), asked.body, now=float(asked.headers["webhook-timestamp"]))
    with pytest.raises(ValueError):
        verify(old, dict(after.headers), after.body, now=float(after.headers["webhook-timestamp"]))
    assert housekeeping.housekeep(clock())["old_secrets_forgotten"] == 1
    assert again(hook).old_secret_sealed is None


def test_secret_that_leaked_ends_at_once(receiver: Receiver, clock: Clock) -> None:
    hook, _old = made(receiver.hook, clock)
    webhooks.rotate(hook.pk, hook.owner_id, timedelta(0), clock())
    webhooks.emit(RECORDED, DATA, clock())

    drain(clock())

    assert len(receiver.asked[0].headers["webhook-signature"].split()) == 1


def test_webhook_is_told_that_it_works_whatever_it_wants_to_know(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock, LATE)

    webhooks.test(hook.pk, hook.owner_id, clock())
    drain(clock())

    assert json.loads(receiver.asked[0].body)["type"] == "webhook.test"
    assert json.loads(receiver.asked[0].body)["data"] == {"webhook": str(hook.pk)}


def test_what_did_not_get_through_is_told_once_more_with_its_id(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock)
    webhooks.emit(RECORDED, DATA, clock())
    drain(clock())
    receiver.status = 503
    since = clock.tick(hours=1)
    webhooks.emit(RECORDED, DATA, clock())
    webhookdelivery.deliver_due(clock(), 50)
    WebhookDelivery.objects.filter(done_at=None).update(given_up_at=clock())
    receiver.status = 200

    assert webhooks.replay(hook.pk, hook.owner_id, at=clock.tick(), since=since) == 1
    drain(clock())

    assert receiver.ids[1] == receiver.ids[2] != receiver.ids[0]
    assert webhooks.replay(hook.pk, hook.owner_id, at=clock(), since=since) == 0
    assert webhooks.replay(hook.pk, hook.owner_id, at=clock(), since=since, done_too=True) == 1
    assert webhooks.replay(hook.pk, hook.owner_id, at=clock(), since=since - timedelta(days=1), done_too=True) == 2


def test_one_thing_is_told_once_more_unless_it_is_being_told(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock)
    webhooks.emit(RECORDED, DATA, clock())
    drain(clock())
    row = only()

    assert webhooks.replay(hook.pk, hook.owner_id, at=clock(), delivery_id=row.pk) == 1
    webhookdelivery._claim(clock(), 1)
    assert webhooks.replay(hook.pk, hook.owner_id, at=clock(), delivery_id=row.pk) == 0
    with pytest.raises(NotFound):
        webhooks.replay(hook.pk, hook.owner_id, at=clock(), delivery_id=uuid4())


def test_what_waited_when_it_was_switched_off_can_be_told_after_it_is_on_again(
    receiver: Receiver, clock: Clock
) -> None:
    hook, _secret = made(receiver.hook, clock)
    webhooks.emit(RECORDED, DATA, clock())
    off = webhooks.change(hook.pk, hook.owner_id, Wanted(active=False), at=clock(), expect=1)
    assert (off.active, off.disabled_because, only().code) == (False, WebhookOff.OWNER, "webhook_off")
    for call in (webhooks.test, lambda *who: webhooks.replay(*who[:2], at=clock(), since=clock())):
        with pytest.raises(WrongState):
            call(hook.pk, hook.owner_id, clock())

    webhooks.change(hook.pk, hook.owner_id, Wanted(active=True), at=clock(), expect=off.version)
    assert webhooks.replay(hook.pk, hook.owner_id, at=clock(), since=clock()) == 1
    drain(clock())

    assert only().done_at == clock()


def test_what_was_told_is_forgotten_after_a_month_and_what_waits_is_not(receiver: Receiver, clock: Clock) -> None:
    hook, _secret = made(receiver.hook, clock)
    for wait in (False, True):
        webhooks.emit(RECORDED, DATA, clock())
        if not wait:
            drain(clock())
    webhooks.test(hook.pk, hook.owner_id, clock.tick(days=2))
    WebhookDelivery.objects.filter(made_at=clock()).update(given_up_at=clock())

    assert housekeeping.housekeep(clock.tick(days=29))["deliveries_forgotten"] == 1
    assert WebhookDelivery.objects.count() == 2


def test_telling_costs_two_statements_and_one_for_each(receiver: Receiver, clock: Clock) -> None:
    made(receiver.hook, clock)
    costs = []
    for many in (1, 10):
        webhooks.emit_all(RECORDED, [DATA] * many, clock())
        with counted() as statements:
            webhookdelivery.deliver_due(clock(), 50)
        costs.append(len(statements))
    with counted() as idle:
        webhookdelivery.deliver_due(clock(), 50)

    assert costs == [3, 12]
    assert len(idle) == 1


def test_bell_of_what_happened_is_answered(
    receiver: Receiver, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]]
) -> None:
    at, rung = timezone.now(), list[str]()
    hook, _secret = webhooks.make(builders.staff("ines").pk, Wanted(url=receiver.hook, kinds=(RECORDED,)), at)
    doorbell.install(doorbell.Wire(lambda name, _ids: rung.append(name), lambda: None))

    with django_capture_on_commit_callbacks(execute=True):
        webhooks.emit_all(RECORDED, [DATA] * (tasks.HOOKS_TOGETHER + 1), at)
        webhooks.replay(hook.pk, hook.owner_id, at=at, since=at)
        webhooks.test(hook.pk, hook.owner_id, at)
    WebhookDelivery.objects.filter(kind="webhook.test").delete()
    tasks.hooks()

    assert rung == ["recourse.hooks"] * 3
    assert len(receiver.ids) == tasks.HOOKS_TOGETHER + 1


def test_figures_count_what_waits(clock: Clock) -> None:
    made("https://example.org/", clock)
    webhooks.emit_all(RECORDED, [DATA, DATA], clock())

    assert figures.figures(clock()).waiting_webhooks == 2


def test_address_and_secret_come_out_nowhere(
    receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    hook, secret = made(f"{receiver.url}/{STEM}?token={STEM}", clock)
    made(f"http://127.0.0.1:1/{STEM}", clock, owner="otto")

    with Watch([]).watching(monkeypatch, settings) as watch:
        for status in (500, 302, 410):
            receiver.status = status
            webhooks.emit(RECORDED, DATA, clock())
            webhookdelivery.deliver_due(clock(), 50)
        with pytest.raises(Incomplete):
            webhooks.change(hook.pk, hook.owner_id, Wanted(url=f"https://ana:x@{STEM}/"), at=clock(), expect=None)

    assert "webhook switched off" in watch.lines.getvalue()
    assert watch.leaks() == []
    assert secret not in watch.lines.getvalue() + "".join(watch.exceptions)


# --- Who tells -------------------------------------------------------------------------------------------------------


def test_request_that_is_closed_is_told_without_who_asked(receiver: Receiver, clock: Clock) -> None:
    made(receiver.hook, clock, WebhookKind.REQUEST_CLOSED)
    request = builders.file(at=clock(), name="Ada Lovelace").requests[0]
    drain(clock())
    assert receiver.asked == []

    review.withdraw(request.pk, by=Caller.person(), at=clock.tick(hours=1))
    drain(clock())

    [asked] = receiver.asked
    assert json.loads(asked.body)["data"] == {
        "request": str(request.pk),
        "submission": str(request.submission_id),
        "reference": request.submission.reference,
        "right": "access",
        "outcome": "withdrawn",
        "closed_at": "2026-03-05T10:30:00Z",
    }
    assert b"Ada" not in asked.body
    assert builders.ADA.encode() not in asked.body


def test_what_is_undone_is_told_to_nobody(receiver: Receiver, clock: Clock) -> None:
    made(receiver.hook, clock, WebhookKind.REQUEST_CLOSED)
    request = builders.file(at=clock()).requests[0]

    with transaction.atomic():
        review.withdraw(request.pk, by=Caller.person(), at=clock())
        assert WebhookDelivery.objects.count() == 1
        transaction.set_rollback(True)

    assert WebhookDelivery.objects.count() == 0


def test_incident_is_told_when_it_is_opened_and_when_it_is_closed(receiver: Receiver, clock: Clock) -> None:
    made(receiver.hook, clock, WebhookKind.INCIDENT_OPENED, WebhookKind.INCIDENT_CLOSED)
    officer = Caller.of_user(builders.staff("dora", "handle_incidents", "officer_requests"), "admin")
    opened = incidents.open_or_add(IncidentKind.CHOICE_LATE, None, Mechanism.API, clock.tick(hours=1), late=3)
    incidents.open_or_add(IncidentKind.CHOICE_LATE, None, Mechanism.API, clock.tick(hours=1), late=4)
    incidents.close(opened.pk, "The receiver of canaries was away.", by=officer, at=clock.tick(hours=1))

    webhookdelivery.deliver_due(clock(), 50)

    first, last = (json.loads(asked.body) for asked in receiver.asked)
    assert [first["type"], last["type"]] == ["incident.opened", "incident.closed"]
    assert first["data"] == {
        "id": str(opened.pk),
        "kind": "choice_late",
        "means": "api",
        "system": None,
        "opened_at": "2026-03-05T10:30:00Z",
        "report_by": None,
        "closed_at": None,
    }
    assert last["data"] == {**first["data"], "closed_at": "2026-03-05T12:30:00Z"}
