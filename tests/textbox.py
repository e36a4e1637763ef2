"""Text messages in tests: a provider in memory, and a server on loopback that speaks as real ones do.

Both pass one suite, tests/unit/notifications/test_sms_contract.py, so that what holds with the fake holds in earnest.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest

from notifications import letters, sms
from notifications.failures import PermanentFailure, TemporaryFailure
from notifications.letters import Letter, Secret
from tests.postbox import template_folder, write_templates

NUMBER = "+353871234567"
SENDER, ACCOUNT, TOKEN = "+353861111111", "AC0123", "a token that nobody else has"


@dataclass
class Memory:
    """A provider that keeps what it is given."""

    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Number and text by key."""
    refused: set[str] = field(default_factory=set)
    """Numbers that are none."""
    busy: bool = False
    asked: int = 0

    def send(self, to: str, text: str, key: str) -> str:
        """Keep a text."""
        self.asked += 1
        if self.busy:
            raise TemporaryFailure("service-503", unreachable=True)
        if to in self.refused:
            raise PermanentFailure("refused-bad_number")
        self.texts.setdefault(key, (to, text))
        return f"memory-{key}"

    def taken(self) -> list[tuple[str, str]]:
        """Return number and text of each message, in order."""
        return list(self.texts.values())


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A provider in memory that the service is told to use."""
    memory = Memory()
    monkeypatch.setattr(sms, "provider", lambda: memory)
    return memory


# --- A letter --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin(Letter):
    """What the tests send by text message, and could send by mail."""

    kind: ClassVar[str] = "test_pin"
    channels: ClassVar[frozenset[str]] = frozenset({letters.MAIL, letters.TEXT})

    reference: str
    code: Secret


# Known only where the fixture says so: the checks of the project must not meet a kind without templates.
letters.REGISTRY.pop(Pin.kind)

PIN_TEMPLATES = {
    "subject.txt": "{{ reference }}",
    "body.txt": "{{ code }}",
    "body.html": "<p>{{ code }}</p>",
    "sms.txt": "{% load i18n %}{% blocktranslate trimmed %}{{ code }} is your code from {{ organisation }} for\n"
    "{{ reference }}{% endblocktranslate %}\n",
}


@pytest.fixture
def pin(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> type[Pin]:
    """The kind of letter above, registered and with its templates."""
    write_templates(tmp_path, Pin.kind, PIN_TEMPLATES)
    template_folder(settings, tmp_path)
    monkeypatch.setitem(letters.REGISTRY, Pin.kind, Pin)
    return Pin


# --- A server --------------------------------------------------------------------------------------------------------


@dataclass
class Textbox(Memory):
    """What the server took, and how it answers."""

    port: int = 0
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    """Status and body to give to the next calls, whatever they are."""
    delay: float = 0.0
    senders: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def gateway(self) -> str:
        """Where it takes JSON."""
        return f"http://127.0.0.1:{self.port}/messages"

    @property
    def messages(self) -> str:
        """Where it offers a Messages resource."""
        return f"messages+http://127.0.0.1:{self.port}/2010-04-01"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    box: Textbox

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read what was asked instead."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.box.paths.append(self.path)
        sleep(self.box.delay)
        if self.box.answers:
            self._answer(*self.box.answers.pop(0))
        elif self.path == "/messages":
            self._gateway(json.loads(body))
        elif self.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            self._messages({name: value for name, [value] in parse_qs(body.decode(), strict_parsing=True).items()})
        else:
            self._say(404, {})

    def _gateway(self, given: dict[str, str]) -> None:
        assert self.headers["Content-Type"] == "application/json"
        assert given.keys() == {"to", "from", "text", "key"}
        assert self.headers["Idempotency-Key"] == given["key"]
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._say(401, {"message": "who are you?"})
        elif self.box.busy:
            self._say(503, {})
        elif given["to"] in self.box.refused:
            self._say(422, {"code": "bad_number", "message": f"{given['to']} is no number"})
        else:
            self._keep(given["to"], given["from"], given["text"], given["key"], "id")

    def _messages(self, given: dict[str, str]) -> None:
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert given.keys() in ({"To", "From", "Body"}, {"To", "MessagingServiceSid", "Body"})
        who = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {who}":
            self._say(401, {"code": 20003, "message": "Authenticate"})
        elif self.box.busy:
            self._say(503, {})
        elif given["To"] in self.box.refused:
            self._say(400, {"code": 21211, "message": f"The 'To' number {given['To']} is not valid."})
        else:
            sender = given.get("From") or given["MessagingServiceSid"]
            self._keep(given["To"], sender, given["Body"], f"SM{len(self.box.texts):032x}", "sid")

    def _keep(self, to: str, sender: str, text: str, key: str, name: str) -> None:
        self.box.senders.append(sender)
        self.box.texts.setdefault(key, (to, text))
        self._say(201, {name: key, "status": "queued"})

    def _say(self, status: int, body: dict[str, Any]) -> None:
        self._answer(status, json.dumps(body).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the test."""


@contextmanager
def running(port: int = 0) -> Iterator[Textbox]:
    """Run a server on loopback."""
    box = Textbox()
    handler = type("Handler", (_Handler,), {"box": box})
    with _Server(("127.0.0.1", port), handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def textbox(settings: Any) -> Iterator[Textbox]:
    """A server on loopback that the service is told to use as its gateway."""
    with running() as box:
        settings.SMS_URL, settings.SMS_FROM = box.gateway, SENDER
        settings.SMS_ACCOUNT, settings.SMS_TOKEN = ACCOUNT, TOKEN
        yield box
