"""Cursors: a place in a list as text, and the addresses of the neighbouring pages."""

import base64
import binascii
from datetime import UTC, date, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.request import Request

from dsr.api.problems import Fault, Problem
from dsr.selectors.listing import Order, Position

_WAYS: dict[str, tuple[Order, bool]] = {
    "f": ("due", False),
    "b": ("due", True),
    "sf": ("slack", False),
    "sb": ("slack", True),
}
"""The first word of a cursor: in which order, and whether backwards."""


def of_position(position: Position) -> str:
    """Return the cursor of a place in the queue."""
    way = next(word for word, means in _WAYS.items() if means == (position.order, position.backwards))
    return _wrapped(f"{way}|{position.at.astimezone(UTC).isoformat()}|{position.id.hex}")


def position(cursor: str | None, order: Order) -> Position | None:
    """Return the place that a cursor stands for. Raises Problem for what we did not write, and for another order."""
    if cursor is None:
        return None
    try:
        way, at, pk = _unwrapped(cursor).split("|")
        of, backwards = _WAYS[way]
        found = Position(datetime.fromisoformat(at), UUID(hex=pk), backwards, of)
        genuine = of_position(found) == cursor
    except (KeyError, ValueError, OverflowError):
        raise _bad() from None
    if not genuine or found.order != order:
        raise _bad()
    return found


def of_number(number: int) -> str:
    """Return the cursor of a place in a numbered list."""
    return _wrapped(f"n|{number}")


def number(cursor: str | None) -> int:
    """Return the number after which a page begins; 0 without a cursor. Raises Problem."""
    if cursor is None:
        return 0
    kind, _bar, digits = _unwrapped(cursor).partition("|")
    if kind != "n" or not (digits.isdecimal() and digits.isascii()) or len(digits) > 9:
        raise _bad()
    return int(digits)


def of_row(pk: UUID) -> str:
    """Return the cursor of a place in a list that is ordered by ids."""
    return _wrapped(f"r|{pk.hex}")


def row(cursor: str | None) -> UUID | None:
    """Return the id at which a page begins; None without a cursor. Raises Problem."""
    if cursor is None:
        return None
    try:
        found = UUID(hex=_unwrapped(cursor).removeprefix("r|"))
    except ValueError:
        raise _bad() from None
    if of_row(found) != cursor:
        raise _bad()
    return found


def of_day(on: date, pk: UUID) -> str:
    """Return the cursor of a place in a list that is ordered by days."""
    return _wrapped(f"d|{on.isoformat()}|{pk.hex}")


def day(cursor: str | None) -> tuple[date, UUID] | None:
    """Return the day and the id after which a page begins; None without a cursor. Raises Problem."""
    if cursor is None:
        return None
    try:
        kind, on, pk = _unwrapped(cursor).split("|")
        found = date.fromisoformat(on), UUID(hex=pk)
    except ValueError:
        raise _bad() from None
    if kind != "d" or of_day(*found) != cursor:
        raise _bad()
    return found


def link(request: Request, cursor: str | None) -> str | None:
    """Return the address of another page of the list that was asked for, with the same filters."""
    if cursor is None:
        return None
    query = {**request.GET.dict(), "cursor": cursor}
    return f"{settings.BASE_URL.rstrip('/')}{request.path}?{urlencode(query)}"


def links_header(**pages: str | None) -> dict[str, str]:
    """Return the Link header (RFC 8288) of a page; none when it is the only one."""
    parts = [f'<{address}>; rel="{name}"' for name, address in pages.items() if address]
    return {"Link": ", ".join(parts)} if parts else {}


def _wrapped(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unwrapped(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise _bad() from None


def _bad() -> Problem:
    sentence = _("Follow the addresses in “next” and “previous”.")
    return Problem("bad-cursor", _("This cursor cannot be used."), [Fault(sentence, parameter="cursor")])
