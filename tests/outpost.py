"""A system behind HTTP that does as a test tells it: it answers, is slow, breaks off, is busy, declines."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any

import pytest

from dsr.connectors import signing
from dsr.models import System
from dsr.services import systems
from tests import builders
from tests.outpost_changes import CHANGES, DECLINE, Holdings

SECRET = "a shared secret of at least thirty-two letters"
KEY_ID = "recourse"
DATASETS: list[dict[str, Any]] = [
    {
        "name": "profiles",
        "title": "Marketing profile",
        "category": "marketing_communications_data",
        "fields": [
            {"name": "segment", "title": "Segment", "category": "marketing_communications_data"},
            {"name": "score", "title": "Score", "category": "data_enrichment_services", "correctable": True},
        ],
    }
]
ABILITIES = ["erase", "correct", "annotate", "restrict", "suppress", "suppressed", "roster"]
ANSWER, HANG, BUSY, BREAK, BROKEN, SLOW = "answer", "hang", "busy", "break", "broken", "slow"
LINGER = "linger"
"""It has been done, and the answer waits until it is released."""


@dataclass
class Outpost:
    """What it holds, what it is told to do at each collection in turn, and what it was asked."""

    port: int = 0
    holdings: Holdings = field(default_factory=lambda: Holdings({builders.ADA: ["early bird", "night owl"]}))
    """What it holds, and what it is told to do with it."""
    script: list[str] = field(default_factory=list)
    """What to do at the next collections; afterwards it answers."""
    pause: float = 0.0
    """Seconds between two rows of a slow answer."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Every collection: its idempotency key and identifiers."""
    holds_up: set[str] = field(default_factory=set)
    """Paths of questions that hang until they are released."""
    going: threading.Event = field(default_factory=threading.Event)
    """Set while a slow answer is under way."""
    released: threading.Event = field(default_factory=threading.Event)
    """Lets go of what hangs."""

    @property
    def rows(self) -> dict[str, list[str]]:
        """Address to segments."""
        return self.holdings.rows

    @rows.setter
    def rows(self, rows: dict[str, list[str]]) -> None:
        self.holdings.rows = rows

    def config(self, **more: Any) -> dict[str, Any]:
        """The configuration of a connector for it; it can be told to change something where `abilities` say so."""
        return {
            "url": f"http://127.0.0.1:{self.port}",
            "key_id": KEY_ID,
            "secret": SECRET,
            "identifiers": ["email"],
            "datasets": DATASETS,
            "allow_http": True,
            "allow_networks": ["127.0.0.0/8"],
            **more,
        }

    def keys(self) -> list[str]:
        """The idempotency key of each collection, in order."""
        return [call["key"] for call in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    outpost: Outpost

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read what was asked instead."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        call = signing.Call(
            method="POST",
            path=self.path,
            key_id=self.headers[signing.KEY_ID],
            timestamp=self.headers[signing.TIMESTAMP],
            nonce=self.headers[signing.NONCE],
            idempotency_key=self.headers[signing.IDEMPOTENCY_KEY],
            body_digest=signing.digest(body),
        )
        if self.path in ("/facts", "/knows", "/standing"):
            if self.path in self.outpost.holds_up:
                self.outpost.going.set()
                self.outpost.released.wait(timeout=30)
            # Not every system can be asked.
            self._broken({}, call, BROKEN)
            return
        verb = self.path.removeprefix("/")
        if verb in CHANGES:
            self._change(verb, json.loads(body), call)
            return
        if verb == "suppressed":
            left_out = self.outpost.holdings.suppressed
            self._whole({"suppressed": left_out.issuperset(json.loads(body)["identifiers"].get("email", []))}, call)
            return
        if verb == "roster":
            self._stream("values", [{"value": email} for email in self.outpost.rows], call, ANSWER)
            return
        if verb == "locate":
            who = {email.lower() for email in json.loads(body)["identifiers"].get("email", [])}
            number = sum(len(segments) for email, segments in self.outpost.rows.items() if email in who)
            outcome = "found" if number else "nothing_held"
            self._whole({"outcome": outcome, "datasets": {"profiles": number}}, call)
            return
        if verb != "collect":
            told = {"datasets": DATASETS, "abilities": ABILITIES} if verb == "describe" else {"problems": []}
            self._whole(told, call)
            return
        who = json.loads(body)["identifiers"]
        self.outpost.asked.append({"key": call.idempotency_key, "who": who})
        manner = self.outpost.script.pop(0) if self.outpost.script else ANSWER
        {HANG: self._hang, BUSY: self._busy, BROKEN: self._broken}.get(manner, self._collect)(who, call, manner)

    def _hang(self, who: Any, call: signing.Call, manner: str) -> None:
        self.outpost.going.set()
        self.outpost.released.wait(timeout=30)
        self.close_connection = True

    def _busy(self, who: Any, call: signing.Call, manner: str) -> None:
        self._head(503, "application/json", ("Content-Length", "2"))
        self.wfile.write(b"{}")

    def _broken(self, who: Any, call: signing.Call, manner: str) -> None:
        self._head(404, "application/json", ("Content-Length", "2"))
        self.wfile.write(b"{}")

    def _change(self, verb: str, body: dict[str, Any], call: signing.Call) -> None:
        holdings = self.outpost.holdings
        holdings.told.append({"verb": verb, "key": call.idempotency_key, "body": body})
        manner = holdings.orders.pop(0) if holdings.orders and verb != "preview" else ANSWER
        if manner in (HANG, BUSY, BROKEN):
            {HANG: self._hang, BUSY: self._busy, BROKEN: self._broken}[manner](body, call, manner)
            return
        answer = holdings.do(verb, call.idempotency_key, body, manner)
        if answer is None:
            self._head(409, "application/json", ("Content-Length", "2"))
            self.wfile.write(b"{}")
        elif manner == BREAK:
            # It has been done, and nobody hears of it.
            self.close_connection = True
        else:
            if manner == LINGER:
                self.outpost.going.set()
                self.outpost.released.wait(timeout=30)
            self._whole(answer, call)

    def _collect(self, who: dict[str, list[str]], call: signing.Call, manner: str) -> None:
        lines: list[dict[str, Any]] = [
            {"row": {"dataset": "profiles", "data": {"segment": segment, "score": self.outpost.holdings.score(email)}}}
            for email in map(str.lower, who.get("email", []))
            for segment in self.outpost.rows.get(email, [])
        ]
        if manner == DECLINE:
            lines = [{"refused": {"code": "legal_hold"}}]
        self._stream("rows", lines, call, manner, files=0)

    def _stream(self, counted: str, lines: list[dict[str, Any]], call: signing.Call, manner: str, **more: int) -> None:
        self._head(200, "application/x-ndjson", ("Transfer-Encoding", "chunked"))
        digest = hashlib.sha256()
        for line in lines:
            text = json.dumps(line).encode() + b"\n"
            digest.update(text)
            if not self._chunk(text):
                return
            if manner == SLOW:
                self.outpost.going.set()
                sleep(self.outpost.pause)
        if manner == BREAK:
            self.close_connection = True
            return
        signature = signing.response_signature(SECRET, KEY_ID, 200, call.nonce, digest.hexdigest())
        self._chunk(json.dumps({"end": {counted: len(lines), **more, "signature": signature}}).encode() + b"\n")
        self._chunk(b"")

    def _whole(self, answer: dict[str, Any], call: signing.Call) -> None:
        text = json.dumps(answer).encode()
        signature = signing.response_signature(SECRET, KEY_ID, 200, call.nonce, signing.digest(text))
        self._head(200, "application/json", ("Content-Length", str(len(text))), (signing.SIGNATURE, signature))
        self.wfile.write(text)

    def _head(self, status: int, kind: str, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), *headers):
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, data: bytes) -> bool:
        try:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()
        except OSError:  # whoever asked was killed
            self.close_connection = True
            return False
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that dies is part of the test."""


def enter(outpost: Outpost, at: datetime, key: str = "outpost", **more: Any) -> System:
    """Enter it among the systems that are searched."""
    config = outpost.config(**more)
    return systems.enter(
        systems.Entry(key, "The outpost", "Olga Owner", "olga@staff.example.org", "http", config), at=at
    )


@pytest.fixture
def outpost() -> Iterator[Outpost]:
    """A system behind HTTP that does as it is told."""
    with running() as found:
        yield found


@contextmanager
def running() -> Iterator[Outpost]:
    """Run one on a free port of this machine."""
    outpost = Outpost()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"outpost": outpost}))
    outpost.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield outpost
    finally:
        outpost.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
