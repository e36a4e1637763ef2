"""One webhook call as Standard Webhooks 1.0 describes it: signed, guarded, timed; of the answer only its head is read.

A receiver knows a repetition by its `webhook-id`. Redirects are not followed: where they lead was judged by nobody.
"""

import base64
import hmac
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpcore

from dsr.connectors.deadline import Deadline
from dsr.connectors.http_guard import Address, Network, inside, judge
from dsr.connectors.http_transport import failures, guarded_pool, header, trusted

PREFIX = "whsec_"
CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
MOST_CHARACTERS = 500
_KEY_BYTES = 32
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered, and after how many seconds it wants to be tried again where it said so."""

    status: int
    retry_after: float | None = None


def new_secret() -> str:
    """Return a fresh secret to sign with."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, by the scheme that Standard Webhooks calls v1."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers(known: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of one call, signed with each secret that is valid."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, message_id, timestamp, body) for secret in known),
    }


def usable(url: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address can be called at all: https, or http to a network that is named; no user, no fragment.

    What a name leads to is judged at each call.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not url.isascii() or len(url) > MOST_CHARACTERS or any(c.isspace() or not c.isprintable() for c in url):
        return False
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment:
        return False
    address = _address(parts.hostname)
    if address is not None and not judge(address, networks):
        return False
    if parts.scheme == "http":
        return bool(networks) if address is None else inside(address, networks)
    return True


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return trusted(None)


def call(url: str, signed: dict[str, str], body: bytes, *, networks: tuple[Network, ...]) -> Reply:
    """Send one body and return what the head of the answer says. Raises ConnectorError.

    Without encryption only the named networks are reached.
    """
    parts = urlsplit(url)
    encrypted = parts.scheme == "https"
    with (
        failures(),
        guarded_pool(_tls() if encrypted else None, networks, Deadline(WHOLE_SECONDS), public=encrypted) as pool,
        pool.stream(
            "POST",
            url,
            headers=[
                ("Host", parts.netloc),
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("Accept", "*/*"),
                ("User-Agent", "recourse-webhooks/1"),
                *signed.items(),
            ],
            content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS}},
        ) as response,
    ):
        return Reply(response.status, _retry_after(response))


def _retry_after(response: httpcore.Response) -> float | None:
    after = header(response, "Retry-After")
    return min(float(after), _DAY_SECONDS) if after.isascii() and after.isdigit() else None
