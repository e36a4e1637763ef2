"""The confirmation page: the reference, what comes next and until when, and the code, entered right there."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dsr.deadlines import local_date
from dsr.public import forms, offers, pages, speech, tickets
from dsr.public.guard import public, typed
from dsr.rights import SPECS, Right
from dsr.selectors import tracker as selector
from dsr.services.assembling import mask

SENT = "sent"
"""Purpose of a ticket from the form: it may correct the address."""
AGAIN = "again"
"""Purpose of a ticket for whoever came by a mail: it may have the mail sent again to the same address, and no more."""


@public("GET")
def sent(request: HttpRequest) -> HttpResponse:
    """Show what was filed. The page can be reloaded and printed; after a day it closes."""
    at = timezone.now()
    ticket = typed(request, "ticket", 1000)
    try:
        found = selector.filed(tickets.read(ticket, SENT, at)["submission"])
    except tickets.NoTicket:
        found = None
    if found is None:
        return pages.page(request, "ticket_ended", status=404)
    return pages.page(request, "sent", {"form": forms.CodeForm(), "may_correct": True, **about(found, ticket)})


def about(found: selector.Filed, ticket: str) -> dict[str, Any]:
    """Return what the pages of the confirmation say about a filing."""
    return {
        "reference": found.submission.reference,
        "spelled": speech.spell(found.submission.reference),
        "titles": [SPECS[Right(row.right)].title for row in found.requests],
        "needs_no_code": [SPECS[Right(row.right)].title for row in found.requests if not row.identity_floor],
        "dates": _dates(found),
        "waits": found.waits,
        "came_back": found.came_back,
        "masked": mask(found.address) if found.address else "",
        "ticket": ticket,
        "here": "new",
    }


def _dates(found: selector.Filed) -> list[tuple[date, str, list[str]]]:
    """Return the dates of the answers, the first first: each with its law and what is answered by it."""
    day = local_date(found.submission.received_at, found.submission.zone)
    dates: dict[tuple[date, str], list[str]] = {}
    for row in sorted(found.requests, key=lambda row: row.due_on):
        dates.setdefault((row.due_on, row.regime), []).append(str(SPECS[Right(row.right)].title))
    return [(due_on, offers.law(regime, day), titles) for (due_on, regime), titles in dates.items()]
