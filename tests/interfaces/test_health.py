"""The three questions, and what they say when something is wrong."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from dsr import health
from dsr.services import doorbell
from dsr.services.doorbell import HEARTBEAT, Wire


def working() -> None:
    """A wire on which everything works."""
    doorbell.install(Wire(lambda name, ids: None, lambda: None))


def test_healthz_answers_without_a_database(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_is_ok_when_everything_answers(client: Client) -> None:
    working()
    cache.set(HEARTBEAT, datetime.now(UTC).timestamp())

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert set(response.json()["checks"]) == {"database", "migrations", "broker", "sweeper"}


@pytest.mark.django_db
def test_readyz_is_degraded_but_takes_requests_without_broker_and_sweeper(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "degraded",
        "checks": {"database": "ok", "migrations": "ok", "broker": "degraded", "sweeper": "degraded"},
    }


@pytest.mark.django_db
def test_readyz_is_down_when_a_migration_is_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "migrated", lambda: False)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["status"] == "down"


@pytest.mark.django_db
def test_metrics_are_figures_for_prometheus(client: Client) -> None:
    response = client.get("/metrics")

    assert response.status_code == 200
    assert b'recourse_up{part="database"} 1.0' in response.content
    assert b"recourse_overdue_requests 0.0" in response.content
    assert response["Content-Type"].startswith("text/plain")


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "status"), [("", 401), ("Bearer wrong", 401), ("Bearer s3cret", 200)])
def test_metrics_ask_for_their_token_when_there_is_one(client: Client, settings: Any, given: str, status: int) -> None:
    settings.METRICS_TOKEN = "s3cret"

    response = client.get("/metrics", headers={"Authorization": given})

    assert response.status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_pages_take_no_other_method(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
