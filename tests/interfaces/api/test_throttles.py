"""How often one may ask."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from dsr.api import throttles
from dsr.models import Scope
from tests import builders
from tests import settings as installed
from tests.interfaces.api import client
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db
RIGHTS = "/rights?country=IE&relationship=customer"


@pytest.fixture(autouse=True)
def _counts_of_its_own(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """No test straddles the end of a window, and no test beside it empties its cache."""
    monkeypatch.setattr(throttles, "WINDOW", 10**10)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": uuid4().hex}}


def test_token_that_asks_too_often_is_told_to_wait(sam: Api, settings: Settings) -> None:
    settings.API_PER_MINUTE = 3

    answers = [sam.get(RIGHTS) for _ in range(4)]

    assert [answered.status for answered in answers] == [200, 200, 200, 429]
    assert answers[-1].code == "too-many"
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert [answered.headers["RateLimit"].partition(";t=")[0] for answered in answers] == [
        '"token";r=2',
        '"token";r=1',
        '"token";r=0',
        '"token";r=0',
    ]
    assert answers[0].headers["RateLimit-Policy"].startswith('"token";q=3;w=')


def test_tokens_are_counted_apart(sam: Api, settings: Settings) -> None:
    settings.API_PER_MINUTE = 1
    sam.get(RIGHTS)

    assert sam.get(RIGHTS).status == 429
    assert Api(client.token(builders.staff("sam"), Scope.AGENT)).get(RIGHTS).status == 200


def test_processes_count_together(sam: Api, settings: Settings) -> None:
    settings.API_PER_MINUTE = 100
    for _process in range(3):
        throttles.forget()
        answered = sam.get(RIGHTS)

    assert answered.headers["RateLimit"].startswith('"token";r=97;')


def test_cache_of_the_installation_counts(settings: Settings) -> None:
    settings.CACHES = installed.CACHES

    # A test beside this one may empty the cache between two calls, but not every time.
    counted = [[throttles._tell(key, number) for number in (1, 2)] for key in ("a", "b", "c", "d", "e")]

    assert [1, 3] in counted


def test_busy_token_costs_the_cache_little(sam: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_PER_MINUTE = 100
    monkeypatch.setattr(throttles, "TELL_EVERY", 3600)
    sam.get(RIGHTS)

    def fail(*_arguments: Any, **_more: Any) -> None:
        raise AssertionError("the cache was asked")

    monkeypatch.setattr(throttles, "_tell", fail)

    assert [sam.get(RIGHTS).status for _ in range(101)] == [200] * 99 + [429, 429]


def test_next_window_begins_anew(sam: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_PER_MINUTE = 1
    sam.get(RIGHTS)

    monkeypatch.setattr(throttles, "WINDOW", 10**9)

    assert sam.get(RIGHTS).status == 200


def test_no_limit_counts_nothing(sam: Api, settings: Settings) -> None:
    settings.API_PER_MINUTE = 0

    answered = sam.get(RIGHTS)

    assert answered.status == 200
    assert "RateLimit" not in answered.headers


def test_invalid_tokens_from_one_address_are_counted(stranger: Api, sam: Api) -> None:
    stranger.headers = {"Authorization": "Bearer rec_0"}

    statuses = [stranger.get(RIGHTS).status for _ in range(throttles.STRANGERS_PER_MINUTE + 2)]

    assert statuses == [401] * throttles.STRANGERS_PER_MINUTE + [429, 429]
    assert sam.get(RIGHTS).status == 200


def test_cache_that_is_away_turns_nobody_away_early(
    sam: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_PER_MINUTE = 2

    def fail(*_arguments: Any, **_more: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(caches["default"]), "incr", fail)

    # Each process goes by what it has counted itself.
    assert [sam.get(RIGHTS).status for _ in range(3)] == [200, 200, 429]


def test_counting_asks_the_database_nothing(sam: Api, settings: Settings) -> None:
    settings.API_PER_MINUTE = 100
    sam.get(RIGHTS)

    with CaptureQueriesContext(connection) as captured:
        sam.get(RIGHTS)

    assert len(captured) == 1
