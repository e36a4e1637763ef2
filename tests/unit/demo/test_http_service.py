"""The demonstration's service, as a process of its own."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dsr.connectors import Connector, Row, Standing, open_connector, signing
from dsr.demo.people import ADA_EMAIL, MAX_EMAIL, NORA_EMAIL
from dsr.demo.places import KEY_ID, Places
from dsr.demo.systems import Addresses, definitions
from tests.unit.connectors.conftest import free_port
from tests.unit.connectors.test_contract import fresh

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def port(places: Places) -> Iterator[int]:
    """Where the running service listens."""
    chosen = free_port()
    command = [sys.executable, "-m", "dsr.demo.http_service", "--port", str(chosen), "--data-dir", str(places.data_dir)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", chosen), timeout=1):
                break
            time.sleep(0.05)
        yield chosen
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.fixture
def marketing(port: int, places: Places) -> Connector:
    """The connector as the demonstration configures it."""
    addresses = Addresses.of(places, accounts="", messaging="", port=port)
    [system] = [one for one in definitions(addresses, places.secret()) if one.key == "marketing"]
    return open_connector(system.connector, system.config)


def test_is_as_configured(marketing: Connector) -> None:
    assert marketing.check() == []


@pytest.mark.parametrize("email", [ADA_EMAIL, NORA_EMAIL, ADA_EMAIL.upper()])
def test_finds_whom_it_knows(marketing: Connector, email: str) -> None:
    located = marketing.locate({"email": [email]}, key=fresh())
    rows = list(marketing.collect({"email": [email]}, key=fresh()))

    assert located.datasets == {"contacts": 1, "preferences": 4, "mailings": 5, "events": 2}
    assert len(rows) == 12
    assert isinstance(rows[0], Row)
    assert str(rows[0].data["email"]).lower() == email.lower()
    assert {type(row.data["wanted"]) for row in rows if isinstance(row, Row) and row.dataset == "preferences"} == {bool}


@pytest.mark.parametrize("email", [MAX_EMAIL, "%", "' OR 1=1 --", ""])
def test_knows_nobody_else(marketing: Connector, email: str) -> None:
    assert marketing.locate({"email": [email]}, key=fresh()).datasets == {}
    assert list(marketing.collect({"email": [email]}, key=fresh())) == []


def ask(port: int, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and body of a call made by hand."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    found = response.status, json.loads(response.read())
    connection.close()
    return found


def proof(places: Places, path: str, body: bytes, *, secret: str = "") -> dict[str, str]:
    """The headers of a call made by hand."""
    call = signing.Call("POST", path, KEY_ID, str(int(time.time())), fresh(), fresh(), signing.digest(body))
    return call.headers(secret or places.secret())


def test_answers_nobody_without_proof(port: int, places: Places) -> None:
    body = b'{"identifiers": {}}'
    good = proof(places, "/locate", body)

    assert ask(port, "/locate", body, {}) == (401, {"code": "incomplete"})
    assert ask(port, "/locate", body, proof(places, "/locate", body, secret="x" * 40)) == (401, {"code": "signature"})
    assert ask(port, "/locate", body, good)[0] == 200
    assert ask(port, "/locate", body, good) == (401, {"code": "replay"})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"identifiers": []}', b'{"identifiers": {"email": "x"}}', b"[" * 50_000, b"\xff"]
)
def test_refuses_what_is_no_question(port: int, places: Places, body: bytes) -> None:
    assert ask(port, "/locate", body, proof(places, "/locate", body)) == (400, {"code": "not_understood"})


def test_refuses_what_is_too_large_or_not_there(port: int, places: Places) -> None:
    assert ask(port, "/locate", b"", {"Content-Length": "100000000"}) == (413, {"code": "too_large"})
    assert ask(port, "/locate", b"", {"Content-Length": "-1"}) == (413, {"code": "too_large"})
    assert ask(port, "/../etc/passwd", b"", proof(places, "/", b"")) == (404, {"code": "not_found"})
    assert ask(port, "/forget", b"", proof(places, "/forget", b"")) == (404, {"code": "not_found"})


def test_refuses_an_answer_that_is_none(port: int, places: Places) -> None:
    def asked(fact: str, answers: object) -> int:
        body = json.dumps({"identifiers": {"email": [ADA_EMAIL]}, "fact": fact, "answers": answers}).encode()
        return ask(port, "/knows", body, proof(places, "/knows", body))[0]

    assert asked("event_attended", ["x"]) == 200
    assert asked("date_of_birth", ["x"]) == 404
    for answers in ([], "x", [1], None, ["a"] * 5, ["a\x00"]):
        assert asked("event_attended", answers) == 400


@pytest.mark.parametrize("email", [ADA_EMAIL, NORA_EMAIL.upper()])
def test_compares_answers_and_tells_how_somebody_is_reached(marketing: Connector, email: str) -> None:
    who = {"email": [email]}

    assert marketing.knows(who, "event_attended", " MESSAGING day", key=fresh())
    assert not marketing.knows(who, "event_attended", "Breakfast for support teams", key=fresh())
    assert marketing.standing(who, key=fresh()) == Standing(1, {"email": [email.lower()]})


def test_tells_nothing_of_strangers_and_of_several(marketing: Connector) -> None:
    for emails, said in (
        ([MAX_EMAIL], Standing()),
        ([ADA_EMAIL, NORA_EMAIL], Standing(2, of_several={"email": [ADA_EMAIL, NORA_EMAIL]})),
    ):
        assert not marketing.knows({"email": emails}, "event_attended", "messaging day", key=fresh())
        assert marketing.standing({"email": emails}, key=fresh()) == said
