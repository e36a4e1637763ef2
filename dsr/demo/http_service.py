"""The demonstration's marketing service: speaks the protocol of the `http` connector, and is an example of it.

    python -m dsr.demo.http_service --port 8001 --data-dir var

Standard library only. Answers on this machine only; the shared secret lies beside its data.
"""

import argparse
import hashlib
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any

from dsr.connectors import signing
from dsr.demo import suspensions
from dsr.demo.marketing import ABILITIES, DATASETS, FACTS, Marketing
from dsr.demo.marketing_changes import Changes, KeyReused
from dsr.demo.places import KEY_ID, Places, default_data_dir, default_port
from dsr.demo.suspensions import Suspensions

_MOST_BODY = 4 * 1024 * 1024
_KEYS_KEPT = 10_000
_VERBS = ("describe", "check", "resolve", "locate", "collect", "facts", "knows", "standing")
_CHANGES = ("preview", "erase", "correct", "annotate", "restrict", "suppress")
_MOST_ANSWERS = 4


class Service(ThreadingHTTPServer):
    """Holds what its handlers share."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, places: Places) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        secret = places.secret()
        marketing, changes = Marketing(places.marketing), Changes(places.marketing, secret)
        self.suspensions = Suspensions(places.suspensions)
        self.decisions_secret = places.decisions_secret()
        self.marketing = marketing
        self.changes = changes
        self.secret = secret
        self.nonces = signing.Nonces()
        self._seen: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Shrug when a caller hangs up; print what is our own fault."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def repeated_otherwise(self, verb: str, call: signing.Call) -> bool:
        """Tell whether this key came before with other contents. Reading may be repeated, so nothing else is kept."""
        with self._lock:
            name = f"{verb} {call.idempotency_key}"
            before = self._seen.setdefault(name, call.body_digest)
            while len(self._seen) > _KEYS_KEPT:
                self._seen.popitem(last=False)
            return before != call.body_digest


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "demo-marketing"
    sys_version = ""
    timeout = 30
    server: Service

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log: request lines are dull, and bodies are personal."""

    def do_POST(self) -> None:
        """Judge the call, then answer it."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _MOST_BODY:
            self.close_connection = True
            return self._json(413, {"code": "too_large"}, "")
        body = self.rfile.read(int(length))
        if self.path == suspensions.PATH:
            return self._reviewed(body)
        verb = self.path.rpartition("/")[2]
        if self.path != f"/{verb}" or verb not in (*_VERBS, *_CHANGES, "suppressed", "roster"):
            return self._json(404, {"code": "not_found"}, "")
        try:
            secrets = {KEY_ID: self.server.secret}
            call = signing.verify(
                secrets, "POST", self.path, dict(self.headers), body, int(time.time()), self.server.nonces
            )
        except signing.Rejected as rejected:
            return self._json(401, {"code": rejected.code}, "")
        if self.server.repeated_otherwise(verb, call):
            return self._json(409, {"code": "key_reused"}, call.nonce)
        who = _identifiers(body)
        if who is None:
            return self._json(400, {"code": "not_understood"}, call.nonce)
        try:
            if verb in ("facts", "knows", "standing"):
                return self._tell(verb, who, body, call)
            if verb in (*_CHANGES, "suppressed"):
                return self._change(verb, body, call)
            return self._answer(verb, who, call)
        except sqlite3.Error:
            return self._json(503, {"code": "busy"}, call.nonce)

    def _reviewed(self, body: bytes) -> None:
        """Take what came of the review of a suspension."""
        held, secret = self.server.suspensions, self.server.decisions_secret
        status = suspensions.reviewed(held, secret, dict(self.headers), body, int(time.time()))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, verb: str, who: dict[str, list[str]], call: signing.Call) -> None:
        if verb == "describe":
            self._json(200, {"datasets": DATASETS, "abilities": list(ABILITIES)}, call.nonce)
        elif verb == "check":
            self._json(200, {"problems": []}, call.nonce)
        elif verb == "resolve":
            self._json(200, {"identifiers": {}}, call.nonce)
        elif verb == "locate":
            counts = self.server.marketing.count(who)
            outcome = "found" if any(counts.values()) else "nothing_held"
            self._json(200, {"outcome": outcome, "datasets": counts}, call.nonce)
        elif verb == "roster":
            self._stream("values", ({"value": email} for email in self.server.changes.roster()), call)
        else:
            rows = self.server.marketing.read(who)
            self._stream("rows", ({"row": {"dataset": dataset, "data": data}} for dataset, data in rows), call, files=0)

    def _change(self, verb: str, body: bytes, call: signing.Call) -> None:
        """Do what the call says, or say how it is; a change that came before gets the answer of then."""
        try:
            if verb == "suppressed":
                return self._json(200, self.server.changes.suppressed(json.loads(body)), call.nonce)
            answer = self.server.changes.do(
                verb, json.loads(body), key=call.idempotency_key, at=datetime.fromtimestamp(int(time.time()), UTC)
            )
        except KeyReused:
            return self._json(409, {"code": "key_reused"}, call.nonce)
        except (KeyError, TypeError, ValueError, AttributeError):
            return self._json(400, {"code": "not_understood"}, call.nonce)
        return self._json(200, answer, call.nonce)

    def _tell(self, verb: str, who: dict[str, list[str]], body: bytes, call: signing.Call) -> None:
        """Answer what somebody waits for: which facts there are, whether an answer is right, how one is reached."""
        if verb == "facts":
            return self._json(200, {"facts": list(FACTS)}, call.nonce)
        if verb == "standing":
            return self._json(200, self.server.marketing.standing(who), call.nonce)
        asked = json.loads(body)
        answers = asked.get("answers")
        if not _texts(answers) or not 0 < len(answers) <= _MOST_ANSWERS:
            return self._json(400, {"code": "not_understood"}, call.nonce)
        if asked.get("fact") not in FACTS:
            return self._json(404, {"code": "not_found"}, call.nonce)
        return self._json(200, {"knows": self.server.marketing.knows(who, answers)}, call.nonce)

    def _json(self, status: int, body: dict[str, Any], nonce: str) -> None:
        text = json.dumps(body).encode()
        signature = signing.response_signature(self.server.secret, KEY_ID, status, nonce, signing.digest(text))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header(signing.SIGNATURE, signature)
        self.end_headers()
        self.wfile.write(text)

    def _stream(self, counted: str, lines: Iterator[dict[str, Any]], call: signing.Call, **more: int) -> None:
        """Send one line a record, and last the signed end, without which the answer counts for nothing."""
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        digest, number = hashlib.sha256(), 0
        for each in lines:
            line = json.dumps(each).encode() + b"\n"
            digest.update(line)
            number += 1
            self._chunk(line)
        signature = signing.response_signature(self.server.secret, KEY_ID, 200, call.nonce, digest.hexdigest())
        self._chunk(json.dumps({"end": {counted: number, **more, "signature": signature}}).encode() + b"\n")
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def _identifiers(body: bytes) -> dict[str, list[str]] | None:
    """Return the identifiers of a call; None where the body is no call."""
    try:
        who = json.loads(body).get("identifiers", {})
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(who, dict):
        return None
    return who if all(map(_texts, who.values())) else None


def _texts(values: Any) -> bool:
    """Tell whether these are texts without anything that does not show."""
    return isinstance(values, list) and all(isinstance(value, str) and value.isprintable() for value in values)


def serve(port: int, data_dir: Path) -> Service:
    """Return the service, ready to run; port 0 takes a free one."""
    return Service(port, Places(data_dir))


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="The demonstration's marketing service.")
    parser.add_argument("--port", type=int, default=default_port(os.environ))
    parser.add_argument("--data-dir", type=Path, default=default_data_dir(os.environ))
    options = parser.parse_args()
    service = serve(options.port, options.data_dir)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=service.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    service.serve_forever(poll_interval=0.2)
    service.server_close()


if __name__ == "__main__":
    main()
