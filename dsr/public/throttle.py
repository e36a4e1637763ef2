"""How often one network address may do what costs others something. Whoever is stopped is told until when.

Many people share an address, so the allowances are wide: they stop machines, not offices. The cache holds a keyed
digest of the address, never the address. A cache that is down stops nobody.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from dsr.errors import TooMany
from dsr.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many of one thing, from one network address, in one window of time."""

    name: str
    number: int
    window: timedelta


FILING = Allowance("filing", 30, timedelta(minutes=10))
LINKS = Allowance("links", 30, timedelta(minutes=10))
CODES = Allowance("codes", 120, timedelta(minutes=10))
CALLBACKS = Allowance("callbacks", 300, timedelta(minutes=10))
POSTS = Allowance("posts", 60, timedelta(minutes=10))


def spend(request: HttpRequest, allowance: Allowance, at: datetime, *, cost: int = 1) -> None:
    """Count one use. Raises TooMany, which says when the window ends."""
    seconds = int(allowance.window.total_seconds())
    window = int(at.timestamp()) // seconds
    key = f"allowance:{allowance.name}:{window}:{_digest(network_address(request))}"
    try:
        cache.add(key, 0, timeout=seconds * 2)
        used = cache.incr(key, cost)
    except Exception as error:  # noqa: BLE001 - whatever fails, people must get through
        log.warning("throttle unreachable", error=type(error).__name__)
        return
    if used > allowance.number:
        retry_at = datetime.fromtimestamp((window + 1) * seconds, UTC)
        raise TooMany(_("There were too many attempts from your network in a short time."), retry_at=retry_at)


@contextmanager
def once(what: str, nonce: str) -> Iterator[bool]:
    """Say whether a form is pressed for the first time. Without a nonce, or without a cache, every time is the first.

    What fails inside was not done, so it may be pressed again.
    """
    key = f"once:{_digest(f'{what}:{nonce}')}"
    try:
        is_first = not nonce or bool(cache.add(key, 1, timeout=3600))
    except Exception as error:  # noqa: BLE001 - whatever fails, people must get through
        log.warning("throttle unreachable", error=type(error).__name__)
        is_first = True
    try:
        yield is_first
    except Exception:
        with suppress(Exception):
            cache.delete(key)
        raise


def network_address(request: HttpRequest) -> str:
    """Return whose network this comes from: as the trusted proxies say, and for IPv6 the network that one home has."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXIES:
        told = [part.strip() for part in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
        address = told[-min(settings.TRUSTED_PROXIES, len(told))] or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def origin(request: HttpRequest) -> str:
    """Return what tells one device on one network from another. Only a keyed fingerprint of it is ever kept."""
    return f"{network_address(request)} {request.headers.get('User-Agent', '')[:300]}"


def _digest(address: str) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), address.encode("utf-8", "replace"), hashlib.sha256).hex()[:32]
