"""Webhooks in the console: administrators see whose they are and whether anything gets through, and nothing secret."""

import pytest

from dsr.admin import words
from dsr.models import Webhook, WebhookKind, WebhookOff
from dsr.services import webhooks
from tests import builders
from tests.clock import Clock
from tests.interfaces.admin.desk import administrator, signed_in, text
from tests.statements import counted

pytestmark = pytest.mark.django_db
LIST = "/admin/dsr/webhook/"


def _made(clock: Clock, name: str) -> Webhook:
    wanted = webhooks.Wanted(url="https://crm.example.org/t/abc", kinds=(WebhookKind.CHOICE_LATE,), name=name)
    return webhooks.make(builders.staff("ines").pk, wanted, clock())[0]


def test_administrators_see_what_is_told_and_what_does_not_get_through(clock: Clock) -> None:
    _made(clock, "CRM")
    gone = _made(clock, "Shop")
    Webhook.objects.filter(pk=gone.pk).update(failing_since=clock())
    since = words.moment(clock())
    webhooks.switch_off(gone.pk, WebhookOff.GONE, clock.tick(hours=1))

    shown = text(administrator().get(LIST))

    for said in ("CRM", "Shop", "ines", "a choice has not taken effect in time", since):
        assert said in shown
    assert f"the receiver said that it is gone, {words.moment(clock())}" in shown
    assert "crm.example.org" not in shown
    assert "whsec_" not in shown


def test_nobody_changes_or_adds_one_there_and_others_do_not_see_them(clock: Clock) -> None:
    hook = _made(clock, "CRM")

    assert administrator().get(f"{LIST}add/").status_code == 403
    administrator().post(f"{LIST}{hook.pk}/change/", {"name": "mine"})
    assert Webhook.objects.get().name == "CRM"
    assert signed_in("vera").get(LIST).status_code == 403


def test_list_costs_the_same_however_many_there_are(clock: Clock) -> None:
    client, costs = administrator(), []
    for _ in range(2):
        _made(clock, "CRM")
        with counted() as statements:
            client.get(LIST)
        costs.append(len(statements))

    assert costs[0] == costs[1]
