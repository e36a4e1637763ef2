"""How often a token may ask, and how often an address without a valid one. Counted in the cache, never in the database.

A count per window of a minute, shared by all processes. When the cache does not answer each process counts alone:
losing it blurs the limit for a while and costs no request.
"""

from dataclasses import dataclass
from math import ceil, floor
from threading import Lock
from time import monotonic
from typing import ClassVar, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from dsr.api.problems import Problem
from dsr.logs import get_logger
from dsr.models import ApiToken
from notifications import sealing

log = get_logger(__name__)

WINDOW = 60
"""Seconds that one count covers."""
REST_SECONDS = 5.0
"""How long a cache that failed is left alone."""
TELL_EVERY = 0.1
"""How often, at most, a process tells the cache what one token asked, in seconds."""
_MOST_TALLIES = 10_000
STRANGERS_PER_MINUTE = 30
"""Invalid tokens from one address."""


class Count(NamedTuple):
    """How much was asked in this window, and how many seconds of it are left."""

    used: int
    reset: int


@dataclass(slots=True)
class _Tally:
    """What this process knows of one window: the count of all, what it has not told the others, and since when."""

    window: int
    used: int = 0
    untold: int = 0
    told_at: float = 0.0


class _Book:
    """Counts of this process, which tells the cache now and then: a busy token costs it a few calls a second."""

    lock = Lock()
    tallies: ClassVar[dict[str, _Tally]] = {}
    resting_until = 0.0


def count(who: str) -> Count:
    """Count one more for somebody in the present window."""
    now = timezone.now().timestamp()
    window = floor(now / WINDOW)
    with _Book.lock:
        tally = _Book.tallies.get(who)
        if tally is None or tally.window != window:
            if len(_Book.tallies) >= _MOST_TALLIES:
                _Book.tallies.clear()
            tally = _Book.tallies[who] = _Tally(window)
        tally.used += 1
        tally.untold += 1
        untold = tally.untold if monotonic() - tally.told_at > TELL_EVERY else 0
        if untold:
            tally.told_at, tally.untold = monotonic(), 0
    if untold:
        told = _tell(f"api-rate:{who}:{window}", untold)
        with _Book.lock:
            tally.used = max(tally.used, told + tally.untold)
    return Count(tally.used, ceil((window + 1) * WINDOW - now))


def forget() -> None:
    """Forget what this process has counted."""
    with _Book.lock:
        _Book.tallies.clear()
        _Book.resting_until = 0.0


def _tell(key: str, number: int) -> int:
    """Add to the count that all processes share and return it; 0 while the cache does not answer."""
    if monotonic() < _Book.resting_until:
        return 0
    try:
        try:
            return cache.incr(key, number)
        except ValueError:
            # Whoever loses the race to make the key adds to the winner's.
            return number if cache.add(key, number, WINDOW + 1) else cache.incr(key, number)
    except Exception as error:  # noqa: BLE001 - any failure of any cache means the same here
        _Book.resting_until = monotonic() + REST_SECONDS
        log.warning("rate limit unavailable", error=type(error).__name__)
        return 0


class PerToken(BaseThrottle):
    """``API_PER_MINUTE`` requests a minute and token; nothing is counted when that is 0."""

    def allow_request(self, request: Request, view: object) -> bool:
        """Count the request and leave the figures for the headers. Raises Problem when there are too many."""
        limit: int = settings.API_PER_MINUTE
        if not limit or not isinstance(request.auth, ApiToken):
            return True
        # Sixteen digits of the digest tell the tokens of one installation apart, and open nothing.
        found = count(request.auth.pk[:16])
        headers = rate_headers(limit, found)
        request.rate_headers = headers  # type: ignore[attr-defined]
        if found.used > limit:
            raise _too_many(found.reset, headers)
        return True


def rate_headers(limit: int, found: Count) -> dict[str, str]:
    """Return the RateLimit fields (IETF draft): the policy, and what is left of it."""
    return {
        "RateLimit-Policy": f'"token";q={limit};w={WINDOW}',
        "RateLimit": f'"token";r={max(0, limit - found.used)};t={found.reset}',
    }


def _too_many(reset: int, headers: dict[str, str]) -> Problem:
    return Problem(
        "too-many",
        _("Too many requests. Try again in %(number)d seconds.") % {"number": reset},
        headers={"Retry-After": str(reset), **headers},
    )


def _address(request: Request) -> str:
    """The address that the request came from, as a keyed fingerprint: the cache holds nothing personal."""
    # One reader of X-Forwarded-For for all: the framework's, which NUM_PROXIES tells how many to trust.
    ident = BaseThrottle().get_ident(request) or ""
    return sealing.fingerprint("ip", ident)[-32:]


def count_stranger(request: Request) -> None:
    """Count an invalid token against the address it came from. Raises Problem when there were too many.

    A valid token is never turned away for what others did behind the same address.
    """
    found = count(_address(request))
    if found.used > STRANGERS_PER_MINUTE:
        raise _too_many(found.reset, {})
