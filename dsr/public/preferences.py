"""Choices that are made on a page and take effect at once: no account, no proof, no waiting.

The answer is the same for every number that is entered, so nobody learns which accounts there are.
"""

import json
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr.choices.cpni import Kind
from dsr.errors import NotFound
from dsr.models import CpniEntry
from dsr.public import forms, pages, throttle, tickets
from dsr.public.guard import public, typed
from dsr.services.choices import cpni as ledger

_CPNI = "cpni"


@public("GET", "POST")
def cpni(request: HttpRequest) -> HttpResponse:
    """Deny the use of an account's CPNI for marketing. 47 CFR 64.2008(d): free, at any hour, on any day."""
    form = forms.CpniForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return pages.may_go_back(pages.page(request, "preferences/cpni", {"form": form}))
    if not form.is_valid():
        context = {"form": form, "problems": True}
        return pages.page(request, "preferences/cpni", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    at = timezone.now()
    throttle.spend(request, throttle.POSTS, at)
    denied = ledger.Line(account=form.cleaned_data["account"], kind=Kind.OPT_OUT, at=at, channel="web")
    entry = ledger.enter(denied, by="", at=at).entry
    ticket = tickets.issue(_CPNI, at, line=UUID(int=entry.pk))
    return pages.see_other(f"{reverse('public:cpni-done')}?{urlencode({'ticket': ticket})}")


@public("GET")
def cpni_done(request: HttpRequest) -> HttpResponse:
    """Say that it took effect, and what that means."""
    ticket = typed(request, "ticket")
    return pages.page(request, "preferences/cpni_done", {"entry": _line(ticket), "ticket": ticket})


@public("GET")
def cpni_receipt(request: HttpRequest) -> HttpResponse:
    """Hand the signed receipt out as a file."""
    entry = _line(typed(request, "ticket"))
    body = json.dumps(ledger.receipt(entry), ensure_ascii=False, indent=1) + "\n"
    response = HttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="cpni-{entry.pk}.json"'
    return response


def _line(ticket: str) -> CpniEntry:
    try:
        held = tickets.read(ticket, _CPNI, timezone.now())
    except tickets.NoTicket:
        raise NotFound(_("This page is over. What you chose stays in effect.")) from None
    return ledger.entered(held["line"].int)
