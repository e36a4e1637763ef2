"""A choice by a raw HTTP client, a real worker over a real broker, and a window of seconds: on time, late, and told."""

from email import message_from_bytes
from pathlib import Path
from urllib.parse import urlencode

import pytest

from dsr.models import Choice, Incident, Window
from dsr.services import systems
from dsr.services.choices import tokens
from dsr.services.choices.tokens import Bearer
from notifications.models import Message
from tests import builders
from tests import outpost as outposts
from tests.faults.processes import House, PrivateRedis, eventually, free_port, leases_run_out
from tests.faults.test_dead_broker import Caller
from tests.faults.test_killed_erasure import _now
from tests.outpost import BUSY, HANG, Outpost

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
SECONDS = 12


def _service(outpost: Outpost, key: str) -> None:
    config = outpost.config(abilities=["suppress", "suppressed"])
    entry = systems.Entry(key, f"The {key} service", "Olga Owner", "olga@staff.example.org", "http", config)
    systems.enter(entry, at=_now())


def _kinds() -> list[str]:
    return sorted(Message.objects.filter(state="sent").values_list("kind", flat=True))


def _mails(folder: Path) -> str:
    found = [message_from_bytes(path.read_bytes()) for path in sorted((folder / "mail").rglob("*")) if path.is_file()]
    return "\n".join(str(part.get_payload(decode=True)) for each in found for part in each.walk())


@pytest.mark.redis
def test_window_of_seconds_with_a_worker_killed_and_the_broker_emptied(
    house: House, private_redis: PrivateRedis, outpost: Outpost, tmp_path: Path
) -> None:
    builders.staff("dora")
    private_redis.start()
    house.env |= {
        "BROKER_URL": private_redis.url,
        "CACHE_URL": private_redis.url,
        "CHOICE_WINDOW_SECONDS": str(SECONDS),
    }
    with outposts.running() as slow:
        _service(outpost, "quick")
        _service(slow, "slow")
        slow.holdings.orders = [HANG, *[BUSY] * 1000]
        port = free_port()
        house.web(port)
        first = house.worker("first")
        token = tokens.unsubscribe(Bearer("email", builders.ADA))

        body = urlencode({"List-Unsubscribe": "One-Click"}).encode()
        status, said = Caller(port)(f"/unsubscribe/{token}/", body, {})

        assert (status, said) == (200, "Unsubscribed.\n")
        assert slow.going.wait(timeout=30), house.said("first")
        house.kill(first)
        private_redis.kill()
        private_redis.start()
        leases_run_out()
        slow.released.set()
        house.worker("second")
        eventually(lambda: builders.ADA in outpost.holdings.suppressed, "the quick system")
        eventually(lambda: "choice_late" in _kinds(), "the truth")
        window = Window.objects.get(system__key="slow")
        assert (window.code, window.done_at) == ("busy", None)
        assert window.late_at is not None
        assert window.late_at >= window.must_by
        slow.holdings.orders = []
        eventually(lambda: "choice_done" in _kinds(), "the end")
        house.end()

    choice = Choice.objects.get()
    assert (choice.must_by - choice.at).total_seconds() == SECONDS
    assert choice.effective_at is not None
    assert builders.ADA in slow.holdings.suppressed
    assert _kinds().count("choice_late") == _kinds().count("choice_done") == 1
    assert "choices_late" in _kinds()
    assert Incident.objects.get().kind == "choice_late"
    mails = _mails(tmp_path)
    assert "The quick service" in mails
    assert builders.ADA not in house.said("first") + house.said("second") + house.said("web")
