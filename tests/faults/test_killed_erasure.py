"""A worker is killed with SIGKILL in the middle of an erasure: another one ends it, as if nothing had happened."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.models import Event, Task, TaskState
from dsr.services import history
from notifications.models import Message
from tests import builders, estate
from tests import outpost as outposts
from tests.faults.processes import House, eventually, leases_run_out
from tests.outpost import HANG, LINGER, Outpost

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(("moment", "gone"), [(HANG, False), (LINGER, True)], ids=["before it is done", "after"])
def test_worker_killed_in_the_middle_of_an_erasure_is_replaced(
    house: House, outpost: Outpost, tmp_path: Path, settings: Any, moment: str, gone: bool
) -> None:
    settings.ERASURE_WAIT_DAYS = 0
    url = estate.sqlite(tmp_path, _now())
    estate.estate(url, _now())
    outposts.enter(outpost, _now(), abilities=["erase"])
    request = estate.approved(_now())
    outpost.holdings.orders = [moment]
    first = house.worker("first")

    assert outpost.going.wait(timeout=60), house.said("first")
    house.kill(first)
    task = Task.objects.get(system__key="outpost")
    assert (task.state, task.lease is not None, builders.ADA in outpost.rows) == (TaskState.WAITING, True, not gone)
    outpost.released.set()
    leases_run_out()
    house.worker("second")
    eventually(lambda: builders.again(request).state == State.CLOSED, "the end")
    house.end()

    ended = builders.again(request)
    told = {(line.system.key, line.category, line.outcome): line.count for line in ended.ledger.all()}
    assert ended.outcome == "partly_fulfilled"
    assert told["outpost", "marketing_communications_data", "erased"] == 2
    assert told["estate", "contact_data", "erased"] == 1
    assert told["estate", "purchase_payment_data", "kept"] == 2
    assert {row.category: row.count for row in ended.kept.filter(dataset="invoices")} == {"purchase_payment_data": 2}
    orders = [call["key"] for call in outpost.holdings.told if call["verb"] == "erase"]
    assert (len(orders), len(set(orders))) == (2, 1)
    assert builders.ADA not in outpost.rows
    assert builders.ADA not in estate.texts(url)
    for verb, number in (("begin_acting", 1), ("task_done", 2), ("acted", 1), ("certified", 1)):
        assert Event.objects.filter(request=request, verb=verb).count() == number, verb
    assert Message.objects.filter(kind="carried_out").count() == 1
    assert history.verify(request.submission.reference).broken == ""
    assert builders.ADA not in house.said("first") + house.said("second")
