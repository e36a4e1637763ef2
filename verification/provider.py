"""The organisation's console as an OpenID provider: where it is, what it publishes about itself, and asking it.

OpenID Connect Discovery 1.0 for its addresses, RFC 7517 for its keys; both are kept in the cache for an hour. Nothing
is asked without a limit on time and size, a redirect is never followed, and nothing goes out in the clear except on
this machine itself.
"""

import hashlib
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpcore
from authlib.oidc.discovery import get_well_known_url
from django.conf import settings
from django.core.cache import cache

from verification.errors import LoginOff, LoginUnreachable

PATIENCE: Final = 10.0
"""Seconds that one question to the console may take, all of it together."""
MOST_BYTES: Final = 256 * 1024
KEPT: Final = 3600
"""Seconds that what the console publishes is kept."""
REFRESH_AFTER: Final = 60
"""Seconds between two looks for a key that is not among those kept."""
_ASKED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Provider:
    """A console, as the settings name it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    account_claim: str
    mfa_acr: str
    title: str


def configured() -> Provider:
    """Return the console that the settings name. Raises LoginOff where they name none."""
    if not settings.OIDC_ISSUER:
        raise LoginOff
    return Provider(
        issuer=settings.OIDC_ISSUER,
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        account_claim=settings.OIDC_ACCOUNT_CLAIM,
        mfa_acr=settings.OIDC_MFA_ACR,
        title=settings.OIDC_TITLE,
    )


# --- What it publishes -----------------------------------------------------------------------------------------------


def metadata(provider: Provider) -> dict[str, Any]:
    """Return what a console says about itself, with addresses that may be used. Raises LoginUnreachable.

    It must name itself exactly as the settings do (OpenID Connect Discovery 1.0, section 4.3): otherwise one provider
    could hand out the addresses of another.
    """
    return _kept("metadata", provider.issuer, lambda: _discover(provider))


def _discover(provider: Provider) -> dict[str, Any]:
    found = get_json(provider, get_well_known_url(provider.issuer, external=True))
    if found.get("issuer") != provider.issuer:
        raise LoginUnreachable("issuer")
    if not all(may_ask(provider, found.get(name)) for name in _ASKED):
        raise LoginUnreachable("addresses")
    return found


def keys(provider: Provider, *, anew: bool = False) -> list[dict[str, Any]]:
    """Return the public keys of a console; ``anew`` asks again, unless that was done a moment ago.

    Raises LoginUnreachable.
    """
    if anew and _may_refresh(provider):
        _forget("keys", provider.issuer)
    return list(_kept("keys", provider.issuer, lambda: _ask_keys(provider))["keys"])


def _ask_keys(provider: Provider) -> dict[str, Any]:
    published = get_json(provider, metadata(provider)["jwks_uri"]).get("keys")
    if not isinstance(published, list):
        raise LoginUnreachable("keys")
    return {"keys": [key for key in published if isinstance(key, dict)]}


def _place(what: str, issuer: str) -> str:
    return f"oidc:{what}:{hashlib.sha256(issuer.encode()).hexdigest()[:32]}"


def _kept(what: str, issuer: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    place = _place(what, issuer)
    try:
        found = cache.get(place)
    except Exception:  # noqa: BLE001 - a cache that is down costs a question, not a sign-in
        found = None
    if isinstance(found, dict):
        return found
    fresh = ask()
    try:
        cache.set(place, fresh, KEPT)
    except Exception:  # noqa: BLE001 - as above
        return fresh
    return fresh


def _may_refresh(provider: Provider) -> bool:
    try:
        return bool(cache.add(_place("refreshed", provider.issuer), 1, REFRESH_AFTER))
    except Exception:  # noqa: BLE001 - without a cache nothing is kept, so there is nothing to refresh
        return True


def _forget(what: str, issuer: str) -> None:
    try:
        cache.delete(_place(what, issuer))
    except Exception:  # noqa: BLE001 - as above
        return


# --- Asking it -------------------------------------------------------------------------------------------------------


def may_ask(provider: Provider, url: object) -> bool:
    """Say whether an address may be used: encrypted, or on this machine where the console itself is."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _port = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and provider.issuer.startswith("http://") and is_loopback(host)
    )


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of an address, with its port where it is not the usual one."""
    return urlsplit(url).netloc


def get_json(provider: Provider, url: str, headers: Headers = ()) -> dict[str, Any]:
    """Return the JSON object at an address. Raises LoginUnreachable."""
    status, body = ask(provider, "GET", url, [("Accept", "application/json"), *headers])
    if status != 200:
        raise LoginUnreachable("status")
    return _object(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise LoginUnreachable("form") from None
    if not isinstance(found, dict):
        raise LoginUnreachable("form")
    return found


def ask(provider: Provider, method: str, url: str, headers: Headers, content: bytes | None = None) -> tuple[int, bytes]:
    """Return status and body of one answer. A redirect is an answer like any other. Raises LoginUnreachable."""
    if not may_ask(provider, url):
        raise LoginUnreachable("addresses")
    ends = monotonic() + PATIENCE
    sent = [("Host", urlsplit(url).netloc), ("Accept-Encoding", "identity"), ("User-Agent", "recourse-login/1")]
    limits = {"timeout": {"connect": PATIENCE / 2, "read": PATIENCE / 2, "write": PATIENCE / 2, "pool": PATIENCE / 2}}
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), max_connections=1, retries=0) as pool,
            pool.stream(method, url, headers=[*sent, *headers], content=content, extensions=limits) as response,
        ):
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise LoginUnreachable("size")
                if monotonic() > ends:
                    raise LoginUnreachable("time")
            return response.status, bytes(body)
    except httpcore.TimeoutException:
        raise LoginUnreachable("time") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, OSError):
        raise LoginUnreachable("network") from None


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Answer:
    """What the token endpoint said, in the form in which Authlib reads it."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status_code = status
        self._body = body

    def json(self) -> dict[str, Any]:
        """Return the object in it."""
        return _object(self._body)

    def raise_for_status(self) -> None:
        """Say that it is no answer to work with."""
        raise LoginUnreachable("status")


class Session:
    """Carries Authlib's question to the token endpoint."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> Answer:
        """Send a form, with the client's credentials where they belong (RFC 6749, section 2.3.1)."""
        url, prepared, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return Answer(*ask(self._provider, "POST", url, list(prepared.items()), body.encode()))
