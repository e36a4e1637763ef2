"""A service that speaks the connector protocol about the shop, and misbehaves as the first part of the path says."""

import base64
import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dsr.connectors import signing
from tests.unit.connectors import shop

SECRET = "a shared secret of at least thirty-two letters"
KEY_ID = "recourse"

DATASETS: list[dict[str, Any]] = [
    {
        "name": "customers",
        "title": "Your account",
        "category": "contact_data",
        "fields": [
            {"name": name, "title": column["title"], "category": column.get("category", "contact_data")}
            for name, column in shop.TABLES[0]["columns"].items()
            if "withheld" not in column
        ],
        "withheld": [
            {
                "name": "password_hash",
                "title": "Password",
                "category": "security_verification_data",
                "ground": "security",
                "reason": "Kept only in a form from which it cannot be read.",
            }
        ],
    },
    {"name": "orders", "title": "Orders", "category": "purchase_payment_data"},
    {"name": "items", "title": "What was in them", "category": "purchase_payment_data"},
    {"name": "files", "title": "Files", "category": "customer_content"},
]


def held(who: dict[str, list[str]]) -> list[dict[str, Any]]:
    """What the service holds about somebody, as lines of an answer."""
    emails = [value.lower() for value in who.get("email", [])]
    if shop.ADA in emails or "12" in who.get("account", []) or "353209100001" in who.get("phone", []):
        return [{"row": {"dataset": row.dataset, "data": row.data}} for row in shop.ADA_ROWS]
    if shop.HEAVY in emails:
        orders = [{"id": number, "total": "1.25"} for number in range(shop.HEAVY_ORDERS)]
        return [
            {"row": {"dataset": "customers", "data": {"id": 4, "note": "x" * 50_000}}},
            *({"row": {"dataset": "orders", "data": order}} for order in orders),
        ]
    if "file@example.org" in emails:
        text = base64.b64encode(b"hello \x00 file").decode()
        start = {"dataset": "files", "name": "../../näme\u202e.pdf", "media_type": "application/pdf"}
        return [{"file": start}, {"chunk": text}, {"chunk": text}]
    return []


def people(who: dict[str, list[str]]) -> set[str]:
    """Whom the service takes these identifiers for."""
    emails = {value.lower() for value in who.get("email", [])}
    phones, accounts = set(who.get("phone", [])), set(who.get("account", []))
    ada = shop.ADA in emails or "12" in accounts or "353209100001" in phones
    bob = shop.BOB in emails or "0" in accounts
    return {name for name, found in (("ada", ada), ("bob", bob)) if found}


@dataclass
class Service:
    """Where it listens and what it was asked."""

    port: int
    requests: list[dict[str, Any]] = field(default_factory=list)
    nonces: signing.Nonces = field(default_factory=signing.Nonces)
    keys: dict[str, str] = field(default_factory=dict)

    def config(self, manner: str = "good", **more: Any) -> dict[str, Any]:
        """The configuration of a connector for it."""
        return {
            "url": f"http://127.0.0.1:{self.port}/{manner}",
            "key_id": KEY_ID,
            "secret": SECRET,
            "identifiers": ["email", "phone", "account"],
            "allow_networks": ["127.0.0.0/8"],
            "allow_http": True,
            **more,
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _, manner, verb = self.path.split("/")
        self.service.requests.append({"path": self.path, "headers": dict(self.headers), "body": json.loads(body)})
        # A description is always given well, unless that is what the test is about.
        if verb == "describe" and not manner.startswith("any-"):
            manner = "good"
        special = getattr(self, "_" + manner.removeprefix("any-").replace("-", "_"), None)
        if special is not None:
            special(verb)
            return
        try:
            call = signing.verify(
                {KEY_ID: SECRET}, "POST", self.path, dict(self.headers), body, int(time.time()), self.service.nonces
            )
        except signing.Rejected as rejected:
            self._json(401, {"code": rejected.code}, nonce="")
            return
        seen = self.service.keys.setdefault(f"{verb} {call.idempotency_key}", call.body_digest)
        if seen != call.body_digest:
            self._json(409, {"code": "key_reused"}, nonce=call.nonce)
            return
        self._answer(verb, json.loads(body), call, manner)

    def _answer(self, verb: str, body: dict[str, Any], call: signing.Call, manner: str) -> None:
        who = body.get("identifiers", {})
        if verb == "describe":
            self._json(200, {"datasets": DATASETS}, nonce=call.nonce)
        elif verb == "check":
            self._json(200, {"problems": []}, nonce=call.nonce)
        elif verb == "resolve":
            known = bool(held(who))
            self._json(200, {"identifiers": {"phone": ["+353 (20) 910-0001"]} if known else {}}, nonce=call.nonce)
        elif verb in ("facts", "knows", "standing"):
            self._json(200, self._told(verb, body, manner), nonce=call.nonce)
        elif verb == "locate":
            if manner == "refusing":
                self._json(200, {"outcome": "refused", "code": "legal_hold"}, nonce=call.nonce)
                return
            counts: dict[str, int] = {}
            for line in held(who):
                if "row" in line:
                    counts[line["row"]["dataset"]] = counts.get(line["row"]["dataset"], 0) + 1
            outcome = "found" if counts else "nothing_held"
            self._json(200, {"outcome": outcome, "datasets": counts}, nonce=call.nonce)
        else:
            self._collect(who, call, manner)

    def _told(self, verb: str, body: dict[str, Any], manner: str) -> dict[str, Any]:
        if verb == "facts":
            return {"facts": [*shop.ADA_KNOWS, *(["date_of_birth"] if manner == "nosy" else [])]}
        found = people(body["identifiers"])
        if verb == "standing":
            return self._standing(found, manner)
        right = {"ada": shop.ADA_KNOWS, "bob": shop.BOB_KNOWS}[min(found)] if len(found) == 1 else {}
        return {"knows": right.get(body["fact"]) in body["answers"]}

    def _standing(self, found: set[str], manner: str) -> dict[str, Any]:
        whole = {
            "people": 1,
            "on_file": shop.ADA_STANDING.on_file,
            "changed": {what: day.isoformat() for what, day in shop.ADA_STANDING.changed.items()},
        }
        if manner == "babbling":
            return {**whole, "people": 2}
        if len(found) > 1:
            return {"people": 2, "on_file": shop.BOTH_REACHED}
        return whole if found == {"ada"} else {"people": len(found)}

    def _old(self, verb: str) -> None:
        self._status(404)

    def _collect(self, who: dict[str, list[str]], call: signing.Call, manner: str) -> None:
        lines = held(who)
        tell: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = MANNERS.get(manner)
        if tell is not None:
            lines = tell(lines)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        digest = hashlib.sha256()
        for line in lines:
            text = line["raw"] if "raw" in line else json.dumps(line).encode() + b"\n"
            digest.update(text)
            self._chunk(text)
            if manner == "dripping":
                time.sleep(0.2)
        if manner != "unfinished":
            end = {
                "rows": sum("row" in line for line in lines) + (manner == "miscounting"),
                "files": sum("file" in line for line in lines),
                "signature": signing.response_signature(SECRET, KEY_ID, 200, call.nonce, digest.hexdigest()),
            }
            if manner == "forging":
                end["signature"] = "0" * 64
            if manner == "replaying":
                end["signature"] = signing.response_signature(SECRET, KEY_ID, 200, "x" * 24, digest.hexdigest())
            self._chunk(json.dumps({"end": end}).encode() + b"\n")
        if manner == "talkative":
            self._chunk(b'{"row": {"dataset": "orders", "data": {}}}\n')
        self._chunk(b"")
        if manner == "cutting":
            self.close_connection = True

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(self, status: int, body: dict[str, Any], *, nonce: str, headers: dict[str, str] | None = None) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        signature = signing.response_signature(SECRET, KEY_ID, status, nonce, signing.digest(text))
        self.send_header(signing.SIGNATURE, signature)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def _status(self, status: int, headers: dict[str, str] | None = None) -> None:
        self._json(status, {"code": "ada@example.org"}, nonce="", headers=headers)

    def _sleeping(self, verb: str) -> None:
        time.sleep(3)
        self._status(500)

    def _slow_head(self, verb: str) -> None:
        with_patience = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + b"X: y\r\n" * 10
        for letter in with_patience:
            try:
                self.wfile.write(bytes([letter]))
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    def _unavailable(self, verb: str) -> None:
        self._status(503, {"Retry-After": "17"})

    def _failing(self, verb: str) -> None:
        self._status(500)

    def _limiting(self, verb: str) -> None:
        self._status(429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})

    def _forbidden(self, verb: str) -> None:
        self._status(403)

    def _missing(self, verb: str) -> None:
        self._status(404)

    def _redirecting(self, verb: str) -> None:
        self._status(307, {"Location": f"http://127.0.0.1:{self.service.port}/good/{verb}"})

    def _unsigned(self, verb: str) -> None:
        text = b'{"outcome": "nothing_held"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _zipping(self, verb: str) -> None:
        text = gzip.compress(b" " * 10_000_000)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson" if verb == "collect" else "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _hanging_up(self, verb: str) -> None:
        self.close_connection = True

    def _page(self, verb: str) -> None:
        text = b"<html>sign in</html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _then(*more: dict[str, Any]) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda lines: [*lines, *more]


MANNERS: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "refusing": lambda lines: [{"refused": {"code": "legal_hold"}}],
    "refusing-in-own-words": lambda lines: [{"refused": {"code": "ada@example.org is under investigation"}}],
    "breaking": _then({"failed": {"retry_after": 5}}),
    "breaking-oddly": _then({"failed": {"retry_after": "ada@example.org"}}),
    "undeclared": _then({"row": {"dataset": "secrets", "data": {}}}),
    "chunk-first": lambda lines: [{"chunk": "aGVsbG8="}],
    "bad-base64": lambda lines: [
        {"file": {"dataset": "files", "name": "a", "media_type": "text/plain"}},
        {"chunk": "no base64"},
    ],
    "not-json": _then({"raw": b"hello\n"}),
    "a-list": _then({"raw": b"[]\n"}),
    "two-at-once": _then({"raw": b'{"row": {"dataset": "orders", "data": {}}, "chunk": ""}\n'}),
    "infinite": _then({"raw": b'{"row": {"dataset": "orders", "data": {"total": Infinity}}}\n'}),
    "half-letter": _then({"raw": b'{"row": {"dataset": "orders", "data": {"total": "\\ud800"}}}\n'}),
    "not-utf8": _then({"raw": b'{"row": {"dataset": "orders", "data": {"total": "\xff"}}}\n'}),
    "deep": _then({"raw": b'{"row": {"dataset": "orders", "data": {"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}}}\n"}),
    "one-long-line": _then({"raw": b"{" + b" " * 3_000_000}),
    "dripping": lambda lines: [{"row": {"dataset": "orders", "data": {}}} for _ in range(40)],
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: callers hang up on services that misbehave."""


@contextmanager
def running() -> Iterator[Service]:
    """Serve on a free port of this machine."""
    service = Service(0)
    handler = type("Handler", (_Handler,), {"service": service})
    server = _Server(("127.0.0.1", 0), handler)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
