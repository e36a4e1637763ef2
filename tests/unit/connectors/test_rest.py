"""Calls to services that are not ours: how long they say to wait, and how long they may take."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from dsr.connectors import Code, PermanentFailure, TemporaryFailure
from dsr.connectors.http_config import AddressConfig
from dsr.connectors.rest import Rest, judge_status, wait_named
from dsr.connectors.thirdparty import batches
from tests.thirdparty.serving import Answer, Asked, ThirdParty, served


class Echo(ThirdParty):
    """Says what it was sent."""

    def answer(self, asked: Asked) -> Answer:
        """Say it."""
        return Answer(200, {"body": asked.body.decode(), "type": asked.headers.get("Content-Type")})


@pytest.fixture
def echo() -> Iterator[Echo]:
    """A service that listens."""
    party = Echo()
    with served(party):
        yield party


def later(seconds: float) -> datetime:
    """A time from now on."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12),
        ({"retry-after": "12", "x-ratelimit-reset": "40"}, 12),
        ({"x-ratelimit-reset": "40"}, 40),
        ({"x-ratelimit-reset": lambda: str(int(later(40_000).timestamp()))}, 40_000),
        ({"x-ratelimit-reset": lambda: format_datetime(later(40_000))}, 40_000),
        ({"retry-after": lambda: format_datetime(later(40_000), usegmt=True)}, 40_000),
        ({"retry-after": lambda: format_datetime(later(-40), usegmt=True)}, 0),
        ({"retry-after": "1000000"}, 86_400),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Fri, 32 Jan 2026 99:00:00 GMT"}, None),
    ],
)
def test_reads_the_wait_that_is_named(headers: dict[str, Any], seconds: float | None) -> None:
    now = {name: value() if callable(value) else value for name, value in headers.items()}  # dates age while others run
    found = wait_named(now)

    assert found == (None if seconds is None else pytest.approx(seconds, rel=0.02))


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, PermanentFailure, Code.NOT_UNDERSTOOD),
        (402, PermanentFailure, Code.PERMISSION_DENIED),
        (404, PermanentFailure, Code.NOT_FOUND),
        (408, TemporaryFailure, Code.TIMED_OUT),
        (413, PermanentFailure, Code.TOO_LARGE),
        (422, PermanentFailure, Code.NOT_UNDERSTOOD),
        (502, TemporaryFailure, Code.SYSTEM_ERROR),
        (504, TemporaryFailure, Code.TIMED_OUT),
        (199, PermanentFailure, Code.BAD_ANSWER),
    ],
)
def test_knows_what_a_status_means(status: int, kind: type[Exception], code: Code) -> None:
    with pytest.raises(kind) as caught:
        judge_status(status, {})

    assert getattr(caught.value, "code", None) == code


def test_sends_what_it_is_given(echo: Echo) -> None:
    rest = Rest(AddressConfig(**echo.reached | {"allow_networks": ("127.0.0.0/8",)}), {"Authorization": "Bearer x"})

    with rest.session() as session:
        session.call("POST", "/a", body={"name": "ä"})
        session.call("POST", "/b", form=[("name", "ä &")])
        session.call("DELETE", "/c", query=[("ids", "1,2")])

    json, form, gone = echo.asked
    assert (json.body, json.headers["Content-Type"]) == (b'{"name":"\\u00e4"}', "application/json")
    assert (form.body, form.headers["Content-Type"]) == (b"name=%C3%A4+%26", "application/x-www-form-urlencoded")
    assert (gone.method, gone.target, gone.body) == ("DELETE", "/c?ids=1%2C2", b"")
    assert {each.headers["Authorization"] for each in echo.asked} == {"Bearer x"}


def test_ends_when_its_time_is_up(echo: Echo) -> None:
    rest = Rest(AddressConfig(**echo.reached | {"allow_networks": ("127.0.0.0/8",)}), {})

    with rest.session(seconds=0) as session, pytest.raises(TemporaryFailure) as caught:
        session.call("GET", "/")

    assert caught.value.code == Code.TIMED_OUT
    assert echo.asked == []


def test_cuts_by_number_and_by_bytes() -> None:
    values = [f"{number:04}" for number in range(10)]

    assert [len(part) for part in batches(values, 4)] == [4, 4, 2]
    assert [len(part) for part in batches(values, 100, 21)] == [3, 3, 3, 1]
    assert [*batches(["x" * 100, "y"], 100, 21)] == [["x" * 100], ["y"]]
    assert list(batches([], 4)) == []
