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


def alert(token: str) -> str:
    """Where somebody on file says whether a request is theirs."""
    return _link("/verify/alert/", token)


def login_back() -> str:
    """Where the console sends people back to. It has to be registered there, letter for letter."""
    return _link("/verify/login/back/")


def mandate(token: str) -> str:
    """Where somebody says whether they gave another the permission to ask for them."""
    return _link("/agents/confirm/", token)


def mandate_ended(token: str) -> str:
    """Where somebody takes such a permission back, at any time."""
    return _link("/agents/withdraw/", token)


def paper(reference: str, token: str) -> str:
    """Where an agent shows the paper that it acts on."""
    return f"{_link('/agents/paper/', token)}&{urlencode({'reference': reference})}"


def tracker(reference: str, token: str = "") -> str:
    """Where a person sees how a request stands; without a token, where the link to it is asked for."""
    return _link(f"/requests/{reference}/", token) if token else _link("/requests/track/")


def worksheet(token: str) -> str:
    """Where the owner of a system reports on a piece of work."""
    return _link("/worksheets/", token)


def choices_sheet(token: str) -> str:
    """Where the owner of a system sees whom to leave out by hand."""
    return _link("/worksheets/choices/", token)


def effect_sheet(token: str) -> str:
    """Where the owner of a system confirms that a changed decision is in effect."""
    return _link("/worksheets/decisions/", token)


def unsubscribe(token: str) -> str:
    """Where one press, or the mail program by itself, ends marketing. RFC 8058"""
    return _link(f"/unsubscribe/{token}/")


def preferences(token: str) -> str:
    """Where somebody sees and changes what was chosen."""
    return _link("/preferences/", token)


def consents(token: str) -> str:
    """Where somebody sees which consents stand, takes one back or gives it again."""
    return _link("/preferences/consent/", token)


def ask_for(right: str) -> str:
    """Where a right is asked for by the form."""
    return f"{_link('/requests/new/')}?{urlencode({'right': right})}"


def cpni() -> str:
    """Where a customer denies the use of data on how a service is used, without signing in."""
    return _link("/preferences/cpni/")


def windows(system_id: UUID) -> str:
    """Where staff see which choices wait in a system."""
    return f"{_link('/admin/dsr/window/')}?{urlencode({'system__id__exact': system_id})}"


def console(request_id: UUID) -> str:
    """Where staff work on a request, once they are signed in."""
    return _link(f"/admin/dsr/subjectrequest/{request_id}/change/")


def incident(incident_id: UUID) -> str:
    """Where staff look at an incident."""
    return _link(f"/admin/dsr/incident/{incident_id}/change/")


def authority_case(case_id: UUID) -> str:
    """Where staff work on the case of an authority."""
    return _link(f"/admin/dsr/authoritycase/{case_id}/change/")


def letter(mail_id: UUID) -> str:
    """Where staff look at a letter that came by mail."""
    return _link(f"/admin/dsr/inboundmail/{mail_id}/change/")


def hold(hold_id: UUID) -> str:
    """Where staff look at a legal hold."""
    return _link(f"/admin/dsr/legalhold/{hold_id}/change/")


def webhook(webhook_id: UUID) -> str:
    """Where programs look at a webhook."""
    return _link(f"/api/v1/webhooks/{webhook_id}")


def centre() -> str:
    """The privacy centre."""
    return _link("/")
