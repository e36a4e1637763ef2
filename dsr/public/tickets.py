"""Tickets: what one page must hand to the next, sealed so that it says nothing to others, and ending by itself.

A ticket proves nothing about a person. It only spares the browser a cookie, and keeps ids of rows out of addresses.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from notifications import sealing

LASTS = timedelta(hours=24)
_LONGEST = 1000


class NoTicket(Exception):
    """Forged, ended, or made for another purpose: which of these is never said."""


def issue(purpose: str, at: datetime, **ids: UUID | None) -> str:
    """Return a ticket that carries ids, URL-safe."""
    held = {name: value.hex for name, value in ids.items() if value is not None}
    body = json.dumps({"until": int((at + LASTS).timestamp()), **held}).encode()
    return base64.urlsafe_b64encode(sealing.seal(_key(), body, context=_context(purpose))).decode().rstrip("=")


def read(ticket: str, purpose: str, at: datetime) -> Mapping[str, UUID]:
    """Return the ids in a ticket. Raises NoTicket."""
    if not ticket or len(ticket) > _LONGEST:
        raise NoTicket
    try:
        blob = base64.b64decode(ticket + "=" * (-len(ticket) % 4), altchars=b"-_", validate=True)
        held = json.loads(sealing.unseal(_key(), blob, context=_context(purpose)))
    except (binascii.Error, ValueError, sealing.SealBroken):
        raise NoTicket from None
    if held.pop("until") <= at.timestamp():
        raise NoTicket
    return {name: UUID(value) for name, value in held.items()}


def nonce() -> str:
    """Return a name for one showing of a form, by which pressing its button twice is known."""
    return secrets.token_hex(16)


def uuid(text: str) -> UUID:
    """Return an id that a form carries; one that belongs to nothing where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _context(purpose: str) -> str:
    return f"ticket:{purpose}"


def _key() -> bytes:
    derive = HKDF(algorithm=SHA256(), length=sealing.KEY_BYTES, salt=None, info=b"recourse/tickets")
    return derive.derive(settings.SECRET_KEY.encode())
