"""A worker that is killed with SIGKILL while a webhook is called: another one calls again, under the same id."""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest

from dsr.models import WebhookDelivery, WebhookKind
from dsr.services import webhooks
from tests import builders
from tests.faults.processes import House, eventually, leases_run_out
from tests.thirdparty.receiver import Receiver, documented
from tests.thirdparty.serving import served

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
KIND = WebhookKind.INCIDENT_OPENED


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that listens, and takes its time."""
    party = Receiver()
    with served(party):
        yield party


def test_worker_killed_during_a_call_is_replaced(house: House, receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS, house.env["WEBHOOK_NETWORKS"] = [ip_network("127.0.0.0/8")], "127.0.0.0/8"
    at = datetime.now(UTC)
    wanted = webhooks.Wanted(url=receiver.hook, kinds=(KIND,))
    _hook, secret = webhooks.make(builders.staff("ines").pk, wanted, at)
    receiver.pause = 3.0
    webhooks.emit(KIND, {"incident": "1"}, at)

    first = house.worker("first")
    eventually(lambda: receiver.asked, "the first call")
    house.kill(first)
    receiver.pause = 0.0
    held = WebhookDelivery.objects.get()
    assert (held.attempts, held.done_at, held.lease is not None) == (1, None, True)
    leases_run_out()
    house.worker("second")
    eventually(lambda: WebhookDelivery.objects.get().done_at, "the second call")

    assert len(receiver.ids) == 2
    assert set(receiver.ids) == {str(held.event)}
    again = receiver.asked[1]
    assert documented()(secret, dict(again.headers), again.body)["data"] == {"incident": "1"}
    assert WebhookDelivery.objects.get().attempts == 2
