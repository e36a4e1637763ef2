"""The published schema says what is really sent."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dsr.connectors import open_connector
from dsr.connectors.http_wire import Reader
from dsr.demo import marketing
from dsr.management.generated import connector_files
from tests.unit.connectors import shop
from tests.unit.connectors.service import DATASETS, MANNERS, Service, held
from tests.unit.connectors.test_contract import fresh

SCHEMA = json.loads(Path("dsr/connectors/schema/http-connector-1.json").read_text(encoding="utf-8"))


def fits(name: str, value: Any) -> bool:
    """Whether a message is as the schema says."""
    schema = {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


def test_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("datasets", [DATASETS, marketing.DATASETS], ids=["shop", "demonstration"])
def test_knows_the_dictionaries_that_services_give(datasets: list[dict[str, Any]]) -> None:
    assert fits("describe.response", {"datasets": datasets})


def test_knows_every_request_we_send(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config(resolves=["phone"]))
    shop_service.requests.clear()

    connector.check()
    connector.resolve({"email": [shop.ADA]}, key=fresh())
    connector.locate({"email": [shop.ADA], "phone": ["1", "2"]}, key=fresh())
    list(connector.collect({"email": [shop.ADA]}, key=fresh()))
    connector.knows({"email": [shop.ADA]}, "last_payment_amount", "1,234", key=fresh())
    connector.standing({"email": [shop.ADA]}, key=fresh())

    asked = {request["path"].rpartition("/")[2]: request["body"] for request in shop_service.requests}
    assert set(asked) == {"describe", "check", "resolve", "locate", "collect", "facts", "knows", "standing"}
    assert asked["knows"]["answers"] == ["1234", "1.234"]
    assert [verb for verb, body in asked.items() if not fits(f"{verb}.request", body)] == []


def test_knows_the_answers_that_services_give() -> None:
    whole = {"people": 1, "on_file": {"email": ["a@example.org"]}, "changed": {"password": "2026-03-01"}}

    assert fits("facts.response", {"facts": ["event_attended"]})
    assert fits("knows.response", {"knows": False})
    assert fits("standing.response", whole)
    assert fits("standing.response", {"people": 0})
    for wrong in ({}, {**whole, "people": 3}, {"people": 1, "on_file": {"account": ["12"]}}, {**whole, "name": "Ada"}):
        assert not fits("standing.response", wrong)
    assert not fits("knows.response", {"knows": "yes"})


def test_knows_every_line_that_services_send() -> None:
    lines = [*held({"email": [shop.ADA]}), *held({"email": ["file@example.org"]})]
    lines += [{"refused": {"code": "legal_hold"}}, {"failed": {"retry_after": 5}}, {"failed": {}}]
    lines += [{"end": {"rows": 1, "files": 0, "signature": "0" * 64}}]

    assert [line for line in lines if not fits("collect.line", line)] == []


@pytest.mark.parametrize("manner", ["chunk-first", "undeclared", "refusing", "breaking", "bad-base64"])
def test_is_a_first_sieve_and_the_connector_the_second(manner: str) -> None:
    lines = [line for line in MANNERS[manner]([]) if "raw" not in line]

    assert all(fits("collect.line", line) for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        {},
        [],
        {"row": {"dataset": "orders"}},
        {"row": {"dataset": "orders", "data": {}}, "chunk": ""},
        {"refused": {"code": "ada@example.org"}},
        {"end": {"rows": -1, "files": 0, "signature": "0" * 64}},
        {"hello": 1},
    ],
)
def test_refuses_what_is_no_line(line: Any) -> None:
    assert not fits("collect.line", line)


def test_reader_counts_what_it_read() -> None:
    reader = Reader(open_connector("sql", {"url": "sqlite:////x/y", "tables": shop.TABLES}).describe())

    reader.read(b'{"row": {"dataset": "orders", "data": {}}}\n')
    reader.read(b'{"end": {"rows": 1, "files": 0}}\n')

    assert reader.complete()


def test_schemas_of_configurations_are_up_to_date() -> None:
    for path, text in connector_files().items():
        assert Path(path).read_text(encoding="utf-8") == text, f"{path}: run manage.py drift --write"
