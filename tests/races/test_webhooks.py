"""Webhooks under many hands: each thing is told once, whoever sweeps, and nobody waits for another."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.utils import timezone

from dsr.models import WebhookDelivery, WebhookKind
from dsr.services import webhookdelivery, webhooks
from tests import builders
from tests.thirdparty.receiver import Receiver
from tests.thirdparty.serving import served
from tests.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
KIND = WebhookKind.CHOICE_RECORDED


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A server that listens, and is told of choices."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    party = Receiver()
    with served(party):
        webhooks.make(builders.staff("ines").pk, webhooks.Wanted(url=party.hook, kinds=(KIND,)), timezone.now())
        yield party


def test_sweepers_at_once_tell_each_thing_once(receiver: Receiver) -> None:
    at = timezone.now()
    webhooks.emit_all(KIND, [{"number": number} for number in range(60)], at)

    results = together([lambda: webhookdelivery.deliver_due(at, 10)] * 8)
    tallies = [each for each in results if isinstance(each, webhookdelivery.Tally)]
    assert len(tallies) == 8, results
    while (rest := webhookdelivery.deliver_due(at, 10)).claimed:
        tallies.append(rest)

    assert sum(each.done for each in tallies) == 60
    assert len(receiver.ids) == len(set(receiver.ids)) == 60
    assert not WebhookDelivery.objects.filter(done_at=None).exists()


def test_things_happen_while_others_are_told(receiver: Receiver) -> None:
    at = timezone.now()
    receiver.pause = 0.01

    def happen() -> int:
        return sum(webhooks.emit(KIND, {"number": number}, at) for number in range(20))

    def tell() -> int:
        return sum(webhookdelivery.deliver_due(timezone.now(), 5).done for _ in range(20))

    tasks: list[Callable[[], int]] = [happen, happen, tell, tell]
    results = together(tasks)
    while webhookdelivery.deliver_due(timezone.now(), 50).claimed:
        pass

    assert results[:2] == [20, 20]
    assert len(receiver.ids) == len(set(receiver.ids)) == 40
