"""How often a token may ask, and how often an address without a valid one. Counted in the cache, never in the database.

A count per window of a minute, shared by all processes. When the cache does not answer nobody is turned away: losing
it costs the limit for a while, never a request.
"""

import math
from time import monotonic
from typing import NamedTuple

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
STRANGERS_PER_MINUTE = 30
"""Invalid tokens from one address."""


class _Rest:
    until = 0.0


class Count(NamedTuple):
    """How much was asked in this window, and how many seconds of it are left."""

    used: int
    reset: int


def count(who: str) -> Count | None:
    """Count one more for somebody in the present window; None while the cache does not answer."""
    if monotonic() < _Rest.until:
        return None
    now = timezone.now().timestamp()
    window = math.floor(now / WINDOW)
    key = f"api-rate:{who}:{window}"
    reset = math.ceil((window + 1) * WINDOW - now)
    try:
        try:
            return Count(cache.incr(key), reset)
        except ValueError:
            # Whoever loses the race to make the key counts on the winner's.
            return Count(1 if cache.add(key, 1, WINDOW + 1) else cache.incr(key), reset)
    except Exception as error:  # noqa: BLE001 - any failure of any cache means the same here
        _Rest.until = monotonic() + REST_SECONDS
        log.warning("rate limit unavailable", error=type(error).__name__)
        return None


class PerToken(BaseThrottle):
    """``API_PER_MINUTE`` requests a minute and token; nothing is counted when that is 0."""

    def allow_request(self, request: Request, view: object) -> bool:
        """Count the request and leave the figures for the headers. Raises Problem when there are too many."""
        limit: int = settings.API_PER_MINUTE
        if not limit or not isinstance(request.auth, ApiToken):
            return True
        # Sixteen digits of the digest tell the tokens of one installation apart, and open nothing.
        found = count(request.auth.pk[:16])
        if found is None:
            return True
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
    if found and found.used > STRANGERS_PER_MINUTE:
        raise _too_many(found.reset, {})
