"""A server on a free port of this machine, which speaks JSON and fails where it is told to."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes
    target: str


@dataclass
class Answer:
    """What is said to it; a body of any other type than bytes is sent as JSON."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as sent."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class ThirdParty:
    """Base of every one of them: keeps what it was asked, and breaks at chosen requests."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[Asked] = []
        self.planned: dict[int, Answer] = {}
        """Number of a request, counted from the first, to what is answered in place of the truth."""
        self.lost: set[int] = set()
        """Numbers of requests that are carried out, but whose answers are lost on the way."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def reached(self) -> dict[str, Any]:
        """The part of a configuration that lets a connector reach this machine."""
        return {"url": self.url, "allow_networks": ["127.0.0.0/8"], "allow_http": True}

    def breaks(self, after: int, *answers: Answer) -> None:
        """Answer so the request that comes after so many others, and those behind it."""
        self.planned.update({len(self.asked) + after + number: answer for number, answer in enumerate(answers)})

    def methods(self) -> list[str]:
        """What it was asked to do, without lists and look-ups."""
        return [f"{each.method} {each.path}" for each in self.asked if each.method != "GET"]

    def answer(self, asked: Asked) -> Answer:
        """Say what is so."""
        raise NotImplementedError


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: callers hang up."""


@contextmanager
def served(party: ThirdParty) -> Iterator[None]:
    """Let it listen."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            asked = Asked(self.command, parts.path, query, self.headers, body, self.path)
            with lock:
                number = len(party.asked)
                planned = party.planned.pop(number, None)
                party.asked.append(asked)
                answer = planned or party.answer(asked)
            if number in party.lost:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    server = _Server(("127.0.0.1", 0), Handler)
    party.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
