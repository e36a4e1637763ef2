"""Signatures of the `http` connector's protocol, for both ends. Standard library only, so that a service can copy it.

Each side proves that it knows the shared secret, and that nothing was changed, replayed or sent elsewhere:
HMAC-SHA-256 over the lines below, joined by line feeds. docs/reference/http-connector.md tells it in words.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

PROTOCOL = "recourse-connector-1"
KEY_ID = "Recourse-Key-Id"
TIMESTAMP = "Recourse-Timestamp"
NONCE = "Recourse-Nonce"
SIGNATURE = "Recourse-Signature"
IDEMPOTENCY_KEY = "Idempotency-Key"
TOLERANCE_SECONDS = 300

_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SECONDS = re.compile(r"[0-9]{1,12}")


class Rejected(Exception):
    """A request that must not be answered. `code` says which proof failed."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def digest(body: bytes) -> str:
    """Return the SHA-256 of a body, in hex."""
    return hashlib.sha256(body).hexdigest()


def _sign(secret: str, *lines: str) -> str:
    return hmac.new(secret.encode(), "\n".join((PROTOCOL, *lines)).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Call:
    """What a request's signature covers."""

    method: str
    path: str
    """As on the request line."""
    key_id: str
    timestamp: str
    """Seconds since 1970."""
    nonce: str
    """Never used before with this key; 16 to 64 letters, digits, `-` or `_`."""
    idempotency_key: str
    body_digest: str

    def signature(self, secret: str) -> str:
        """Return the signature, in hex."""
        return _sign(
            secret,
            "request",
            self.key_id,
            self.method,
            self.path,
            self.timestamp,
            self.nonce,
            self.idempotency_key,
            self.body_digest,
        )

    def headers(self, secret: str) -> dict[str, str]:
        """Return the headers that carry the call's proof."""
        return {
            KEY_ID: self.key_id,
            TIMESTAMP: self.timestamp,
            NONCE: self.nonce,
            IDEMPOTENCY_KEY: self.idempotency_key,
            SIGNATURE: self.signature(secret),
        }


def response_signature(secret: str, key_id: str, status: int, nonce: str, body_digest: str) -> str:
    """Return the signature of an answer: over the request's nonce, so that no old answer fits a new question."""
    return _sign(secret, "response", key_id, str(status), nonce, body_digest)


def same(one: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


class Nonces:
    """Remembers nonces for as long as their timestamps are accepted. One per process; share it where there are more."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def first_use(self, key_id: str, nonce: str, now: int) -> bool:
        """Remember a nonce; False when it was there already."""
        with self._lock:
            oldest = now - 2 * TOLERANCE_SECONDS
            while self._seen and next(iter(self._seen.values())) < oldest:
                del self._seen[next(iter(self._seen))]
            if (key_id, nonce) in self._seen:
                return False
            self._seen[key_id, nonce] = now
            return True


def verify(
    secrets: Mapping[str, str], method: str, path: str, headers: Mapping[str, str], body: bytes, now: int, seen: Nonces
) -> Call:
    """Return a request's proven call; raises `Rejected`. `headers` must find names in any case."""
    call = Call(
        method=method,
        path=path,
        key_id=headers.get(KEY_ID) or "",
        timestamp=headers.get(TIMESTAMP) or "",
        nonce=headers.get(NONCE) or "",
        idempotency_key=headers.get(IDEMPOTENCY_KEY) or "",
        body_digest=digest(body),
    )
    if not (_TOKEN.fullmatch(call.key_id) and _TOKEN.fullmatch(call.idempotency_key) and _NONCE.fullmatch(call.nonce)):
        raise Rejected("incomplete")
    if not _SECONDS.fullmatch(call.timestamp) or abs(now - int(call.timestamp)) > TOLERANCE_SECONDS:
        raise Rejected("clock")
    # An unknown key costs as much time as a known one.
    expected = call.signature(secrets.get(call.key_id, ""))
    if not same(expected, headers.get(SIGNATURE) or "") or call.key_id not in secrets:
        raise Rejected("signature")
    if not seen.first_use(call.key_id, call.nonce, now):
        raise Rejected("replay")
    return call
