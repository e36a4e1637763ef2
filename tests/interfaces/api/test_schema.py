"""The description: valid, committed, and kept by what the interface really does."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.validation import validate_schema

from dsr.api import pages
from dsr.api.catalogue import TYPES
from dsr.api.urls import urlpatterns

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return pages.description()


def calls(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, call) for path, methods in schema["paths"].items() for method, call in methods.items()]


def test_description_is_valid_openapi(schema: dict[str, Any]) -> None:
    assert schema["openapi"] == "3.1.0"
    validate_schema(schema)


def test_description_is_served_as_yaml_and_as_json(client: Client) -> None:
    as_yaml = client.get("/api/schema/")
    as_json = client.get("/api/schema/", headers={"Accept": "application/json"})

    assert as_yaml.headers["Content-Type"] == "application/vnd.oai.openapi; charset=utf-8"
    assert yaml.safe_load(as_yaml.content) == as_json.json()
    assert as_json.json() == client.get("/api/schema/?format=json").json()


def test_committed_description_is_the_one_served(client: Client) -> None:
    committed = (ROOT / "docs/reference/openapi.yaml").read_text(encoding="utf-8")

    assert committed == client.get("/api/schema/").content.decode()


def test_every_call_is_described(schema: dict[str, Any]) -> None:
    addresses = [str(pattern.pattern) for pattern in urlpatterns]
    versioned = [address for address in addresses if address.startswith("v1/") and "<str:" not in address]

    assert len(schema["paths"]) == len(versioned)


def test_every_call_has_a_name_a_summary_and_its_refusals(schema: dict[str, Any]) -> None:
    names = [call["operationId"] for _path, _method, call in calls(schema)]

    assert len(set(names)) == len(names)
    for _path, method, call in calls(schema):
        assert call["summary"]
        assert call["security"] == [{"token": []}]
        assert {"401", "403", "429", "500"} <= set(call["responses"])
        assert (method in ("post", "patch")) == ("422" in call["responses"])


def test_every_post_takes_an_idempotency_key(schema: dict[str, Any]) -> None:
    for _path, method, call in calls(schema):
        headers = {parameter["name"] for parameter in call.get("parameters", ()) if parameter["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post")


def test_codes_of_problems_are_listed(schema: dict[str, Any]) -> None:
    assert schema["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == list(TYPES)


def test_bodies_take_no_unknown_field(schema: dict[str, Any]) -> None:
    for name, part in schema["components"]["schemas"].items():
        if part.get("type") == "object" and "properties" in part:
            assert part.get("additionalProperties") is False, name


def test_reference_to_browse_loads_from_our_own_origin_only(client: Client) -> None:
    page = client.get("/api/docs/", headers={"Accept": "text/html"})
    script = client.get("/api/docs/?script=")

    assert (page.status_code, script.status_code) == (200, 200)
    assert "http://" not in page.content.decode().replace("http://testserver", "")
    assert "https://" not in page.content.decode()
    assert "/api/schema/" in script.content.decode()
    assert "unsafe-eval" not in page.headers["Content-Security-Policy"]


def test_description_can_be_read_without_a_token(client: Client) -> None:
    for path in ("/api/schema/", "/api/docs/", "/api/problems/"):
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 405
