"""A broker that is killed: people file all the same, and what they filed is worked on once it is back."""

import json
import re
from collections.abc import Mapping
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from dsr.lifecycle import State
from dsr.models import Event, Scope, SubjectRequest, Submission
from dsr.services import history
from notifications.models import Message
from tests import builders
from tests.faults.processes import House, PrivateRedis, eventually, free_port
from tests.interfaces.api import client as api

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Show the redirect instead of following it."""


class Caller:
    """Somebody who calls the running web server, and how long he had to wait at most."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.opener = build_opener(_Stay)
        self.slowest = 0.0

    def __call__(self, path: str, data: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """POST and return status and body."""
        started = monotonic()
        request = Request(self.base + path, data, {"Host": "localhost:8000", **headers})
        try:
            with self.opener.open(request, timeout=30) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        finally:
            self.slowest = max(self.slowest, monotonic() - started)

    def by_api(self, token: str, key: str) -> tuple[int, Any]:
        """Sam files for Ada."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
        status, body = self("/api/v1/submissions", json.dumps(api.filing("be_informed")).encode(), headers)
        return status, json.loads(body)

    def by_form(self) -> tuple[int, str]:
        """Ada fills in the form; all answers travel with its last page."""
        answers = {
            "step": "check",
            "go": "send",
            "nonce": "0" * 32,
            "relationship": "customer",
            "country": "IE",
            "region": "",
            "rights": "be_informed",
            "email": builders.ADA,
            "name": "Ada Lovelace",
        }
        return self("/requests/new/", urlencode(answers).encode(), {"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def token(transactional_db: None) -> str:
    """A token of Sam's."""
    return api.token(builders.staff("sam"), Scope.AGENT)


def _ready() -> int:
    return SubjectRequest.objects.filter(state=State.READY).count()


@pytest.mark.redis
def test_broker_killed_while_people_file_costs_them_nothing(
    house: House, private_redis: PrivateRedis, token: str
) -> None:
    private_redis.start()
    house.env |= {"BROKER_URL": private_redis.url, "CACHE_URL": private_redis.url}
    port = free_port()
    house.web(port)
    house.worker()
    call = Caller(port)
    assert call.by_api(token, "before")[0] == 201
    eventually(lambda: _ready() == 1, "the answer while all is well")

    private_redis.kill()
    call.slowest = 0.0
    filed = [call.by_api(token, f"without-{number}") for number in range(3)]
    again = call.by_api(token, "without-0")
    sent, page = call.by_form()

    assert [status for status, _ in filed] == [201] * 3, filed
    assert (again[0], again[1]["reference"]) == (201, filed[0][1]["reference"])
    assert sent == 303, re.sub(r"<[^>]+>|\s+", " ", page)
    assert call.slowest < 5
    assert Submission.objects.count() == 5
    assert "doorbell silent" in house.said("web")
    assert builders.ADA not in house.said("web") + house.said("worker")

    private_redis.start()
    eventually(lambda: _ready() == 5, "the answers once the broker is back")
    eventually(lambda: not Message.objects.filter(state="waiting").exists(), "the mail")
    assert Event.objects.filter(verb="built").count() == 5
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert history.verify().whole


@pytest.mark.redis
def test_broker_that_is_gone_is_told_by_the_readiness_check(
    house: House, private_redis: PrivateRedis, token: str
) -> None:
    private_redis.start()
    house.env |= {"BROKER_URL": private_redis.url}
    port = free_port()
    house.web(port)
    call = Caller(port)

    def broker() -> str:
        with call.opener.open(Request(f"{call.base}/readyz", headers={"Host": "localhost:8000"}), timeout=30) as answer:
            assert answer.status == 200
            return str(json.load(answer)["checks"]["broker"])

    well = broker()
    private_redis.kill()

    assert (well, broker()) == ("ok", "degraded")
    assert call.by_api(token, "k")[0] == 201


def test_broker_in_a_file_that_cannot_be_opened_costs_people_nothing(house: House, token: str) -> None:
    in_the_way = house.folder / "data" / "broker" / "queue.sqlite3"
    in_the_way.mkdir(parents=True)
    port = free_port()
    house.web(port)
    call = Caller(port)

    filed, sent = call.by_api(token, "k")[0], call.by_form()[0]

    assert (filed, sent) == (201, 303)
    assert call.slowest < 5
    in_the_way.rmdir()
    house.worker()
    eventually(lambda: _ready() == 2, "the answers once the file can be opened")
    # Looked at while one is on its way, a letter counts its try and is not sent yet.
    eventually(lambda: not Message.objects.exclude(state="sent").exists(), "every letter")
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}
