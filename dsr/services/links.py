"""Addresses that go into messages. The paths are public interface; the tokens in them are grants, not identities."""

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings


def _link(path: str, token: str = "") -> str:
    query = f"?{urlencode({'key': token})}" if token else ""
    return f"{settings.BASE_URL.rstrip('/')}{path}{query}"


def confirm(token: str) -> str:
    """Where a person confirms control of the address."""
    return _link("/verify/", token)


def tracker(reference: str, token: str = "") -> str:
    """Where a person sees how a request stands; without a token, where the link to it is asked for."""
    return _link(f"/requests/{reference}/", token) if token else _link("/requests/track/")


def worksheet(token: str) -> str:
    """Where the owner of a system reports on a piece of work."""
    return _link("/worksheets/", token)


def console(request_id: UUID) -> str:
    """Where staff work on a request, once they are signed in."""
    return _link(f"/admin/dsr/subjectrequest/{request_id}/change/")


def centre() -> str:
    """The privacy centre."""
    return _link("/")
