"""Tokens in links by which somebody chooses without an account: sealed, so that an address tells nothing.

Nothing is stored for them: a link in a mail of years ago still ends marketing. What shows or resumes something is good
for some months, as mail is passed on and mailboxes change hands.
"""

import json
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from dsr.services import links
from notifications import sealing
from notifications.mail import WayOut

PREFERENCES_LAST = timedelta(days=90)
_UNSUBSCRIBE, _PREFERENCES = "unsubscribe", "preferences"
_LONGEST = 1200


class NoToken(Exception):
    """No link of ours, or over: which of these is never said."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who was written to, by which channel and about what; empty means about anything."""

    kind: str
    value: str
    channel: str = ""
    topic: str = ""
    language: str = ""


def unsubscribe(bearer: Bearer) -> str:
    """Return the token of a link that ends marketing by one press. It never runs out. RFC 8058"""
    return sealing.enclose(json.dumps(astuple(bearer), separators=(",", ":")), context=_UNSUBSCRIBE)


def preferences(bearer: Bearer, at: datetime) -> str:
    """Return the token of a link that shows and changes what somebody chose."""
    until = int((at + PREFERENCES_LAST).timestamp())
    return sealing.enclose(json.dumps([until, *astuple(bearer)], separators=(",", ":")), context=_PREFERENCES)


def read_unsubscribe(token: str) -> Bearer:
    """Return who bears a token. Raises NoToken."""
    return Bearer(*_opened(token, _UNSUBSCRIBE))


def read_preferences(token: str, at: datetime) -> Bearer:
    """Return who bears a token. Raises NoToken."""
    until, *rest = _opened(token, _PREFERENCES)
    if until <= at.timestamp():
        raise NoToken
    return Bearer(*rest)


def _opened(token: str, context: str) -> list:  # type: ignore[type-arg] # what we sealed ourselves
    if not token or len(token) > _LONGEST:
        raise NoToken
    try:
        return list(json.loads(sealing.disclose(token, context=context)))
    except (sealing.SealBroken, ValueError):
        raise NoToken from None


def way_out(address: str, language: str, at: datetime) -> WayOut:
    """Return what every mail of ours to a person offers: to end marketing by one press, and to choose."""
    bearer = Bearer("email", address, language=language)
    return WayOut(links.unsubscribe(unsubscribe(bearer)), links.preferences(preferences(bearer, at)))
