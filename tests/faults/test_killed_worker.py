"""A worker that is killed with SIGKILL: another one goes on, nothing is lost and nothing done twice."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.models import Attempt, Event, LedgerEntry, Package, Step, SubjectRequest
from dsr.services import history, orphans, review, storage
from notifications.models import Message
from tests import builders, organisation
from tests import outpost as outposts
from tests.faults.processes import House, PrivateRedis, eventually, leases_run_out
from tests.outpost import SLOW, Outpost

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]


def _now() -> datetime:
    return datetime.now(UTC)


def _filed(**changes: Any) -> SubjectRequest:
    filed = builders.file(at=_now(), **changes)
    builders.confirm(filed.submission, _now())
    return builders.only(filed.submission)


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.redis)])
def broker(request: pytest.FixtureRequest, house: House) -> str:
    """Each kind of broker in turn."""
    if request.param == "redis":
        own: PrivateRedis = request.getfixturevalue("private_redis")
        own.start()
        house.env |= {"BROKER_URL": own.url, "CACHE_URL": own.url}
    return str(request.param)


def test_worker_killed_in_the_middle_of_a_collection_is_replaced(
    house: House, broker: str, outpost: Outpost, tmp_path: Path
) -> None:
    organisation.desk(tmp_path, _now())
    outposts.enter(outpost, _now())
    outpost.rows = {builders.ADA: [f"segment {number}" for number in range(40)]}
    outpost.script, outpost.pause = [SLOW], 0.5
    request = _filed()
    first = house.worker("first")

    assert outpost.going.wait(timeout=60), house.said("first")
    house.kill(first)
    held = Step.objects.get(request=request, system__key="outpost")
    assert (held.state, held.lease is not None, held.parcel) == ("waiting", True, "")

    house.worker("second")
    eventually(lambda: Step.objects.get(request=request, system__key="desk").state == "done", "the other system")
    sleep(1.5)
    assert Step.objects.get(pk=held.pk).lease == held.lease, "a lease that still runs was taken"
    leases_run_out()
    eventually(lambda: builders.again(request).searched_at, "the end of the search")
    eventually(lambda: _is_known(request), "word of who is known")
    _release(request)
    eventually(lambda: builders.again(request).state == State.READY, "the answer")

    tries = Attempt.objects.filter(step=held).order_by("number").values_list("number", "result", "ended_at")
    assert [(number, result, ended is None) for number, result, ended in tries] == [(1, "", True), (2, "found", False)]
    assert len(outpost.keys()) == 2
    assert len(set(outpost.keys())) == 1
    assert Step.objects.get(pk=held.pk).counts == {"data_enrichment_services": 40, "marketing_communications_data": 40}
    _assert_done_once(request)


def _is_known(request: SubjectRequest) -> bool:
    """Whether the systems have said how the person is reached; one that was asked in vain is asked again at once."""
    leases_run_out()
    return builders.again(request).submission.looked_at is not None


def _release(request: SubjectRequest) -> None:
    review.prepare(request.pk, by=builders.hal(), at=_now())
    review.approve(request.pk, by=builders.vera(), at=_now())


def _assert_done_once(request: SubjectRequest) -> None:
    verbs = list(Event.objects.filter(request=request).values_list("verb", flat=True))
    for verb in ("confirm_identity", "search", "found", "built"):
        assert verbs.count(verb) == 1, (verb, verbs)
    assert verbs.count("system_answered") == request.steps.count()
    package = Package.objects.get(request=request)
    with storage.vault().reader(package.vault_name, request.submission.data_key.key_bytes()) as reading:
        assert reading.size == package.size
    lines = list(LedgerEntry.objects.filter(request=request).values_list("system__key", "category"))
    expected = [(step.system.key, each) for step in request.steps.all() for each in step.system.categories]
    assert sorted(lines) == sorted(expected)
    assert history.verify(request.submission.reference).broken == ""


def _mails(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.eml"):
        yield str(message_from_bytes(path.read_bytes())["Message-ID"])


def test_workers_killed_again_and_again_get_everything_done_once(
    house: House, outpost: Outpost, tmp_path: Path
) -> None:
    """At moments chosen by chance: while searching, building, sending, recording."""
    house.env["AUTO_APPROVE"] = "access"
    organisation.desk(tmp_path, _now())
    outposts.enter(outpost, _now())
    outpost.rows = {builders.ADA: ["one", "two", "three"]}
    outpost.script, outpost.pause = [SLOW] * 3, 0.2
    requests = [_filed() for _ in range(6)]
    dice = random.Random(7)

    for _ in range(2):
        worker = house.worker()
        done = Event.objects.count()
        eventually(lambda done=done: Event.objects.count() > done, "any progress at all")  # type: ignore[misc]
        sleep(dice.random())
        house.kill(worker)
        leases_run_out()
    house.worker()
    for request in requests:
        eventually(lambda pk=request.pk: SubjectRequest.objects.get(pk=pk).state == State.READY, "an answer")  # type: ignore[misc]
    leases_run_out()
    eventually(lambda: not Message.objects.filter(state="waiting").exists(), "the mail")
    house.end()

    for request in requests:
        _assert_done_once(builders.again(request))
    # A worker killed between handing a mail over and writing that down sends it again, under the same Message-ID.
    assert (
        len(set(_mails(tmp_path / "mail"))) == Message.objects.filter(state="sent").count() == Message.objects.count()
    )
    orphans.sweep(_now().replace(year=_now().year + 1))
    assert list(storage.vault().list_prefix("parcels/")) == []
    assert len(list(storage.vault().list_prefix("packages/"))) == len(requests)
