"""Confirming the mail address: by the link or the code from the mail. Looking uses nothing up; only POST confirms."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dsr.policies import Caller
from dsr.public import forms, pages, throttle, tickets
from dsr.public.guard import public, typed
from dsr.public.sent import AGAIN, SENT, about
from dsr.selectors import tracker as selector
from dsr.services import identity
from verification import mail


@public("GET", "POST")
def link(request: HttpRequest) -> HttpResponse:
    """Show what the link in a mail would do; on POST, confirm."""
    at, token, refused = timezone.now(), typed(request, "key"), False
    if request.method == "POST":
        try:
            return _in(identity.confirm_link(token, by=Caller.person(), at=at))
        except mail.CheckError:
            refused = True  # what stands in the way is what looking says
    seen = mail.peek(token, at)
    found = selector.filed(seen.challenge.about) if seen.challenge is not None else None
    if found is None:
        return pages.page(request, "verify/unknown", status=HTTPStatus.NOT_FOUND)
    context: dict[str, Any] = {"key": token, **about(found, tickets.issue(AGAIN, at, submission=found.submission.pk))}
    if seen.state is mail.PeekState.CONFIRMED and refused:
        return pages.page(request, "verify/confirmed_long_ago", context, status=HTTPStatus.GONE)
    return pages.page(request, f"verify/{seen.state}", context, status=_STATUS.get(seen.state, HTTPStatus.OK))


_STATUS = {mail.PeekState.EXPIRED: HTTPStatus.GONE, mail.PeekState.SUPERSEDED: HTTPStatus.GONE}


@public("GET", "POST")
def code(request: HttpRequest) -> HttpResponse:
    """Take the six digits."""
    at = timezone.now()
    found, ticket, may_correct = _read_ticket(request, at)
    if found is None or found.challenge is None:
        return pages.page(request, "ticket_ended", status=HTTPStatus.NOT_FOUND)
    if request.method != "POST":
        context = {"form": forms.CodeForm(), "sent": "sent" in request.GET, "may_correct": may_correct}
        return pages.page(request, "verify/code", {**about(found, ticket), **context})
    throttle.spend(request, throttle.CODES, at)
    form = forms.CodeForm(request.POST)
    if form.is_valid():
        try:
            digits = form.cleaned_data["code"]
            return _in(identity.confirm_code(found.challenge.pk, digits, by=Caller.person(), at=at))
        except mail.CheckError as error:
            form.add_error("code", why(error, at))
    context = {"form": form, "problems": True, "may_correct": may_correct}
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return pages.page(request, "verify/code", {**about(found, ticket), **context}, status=status)


@public("POST")
def again(request: HttpRequest) -> HttpResponse:
    """Send link and code once more, to the same address."""
    at = timezone.now()
    found, ticket, may_correct = _read_ticket(request, at)
    if found is None or found.challenge is None:
        return pages.page(request, "ticket_ended", status=HTTPStatus.NOT_FOUND)
    try:
        identity.resend(found.challenge.pk, at=at)
    except mail.TooSoon as error:
        return _later(request, found, ticket, error.retry_at, may_correct=may_correct)
    except mail.CheckError:
        return _to_code(ticket, "")  # confirmed or corrected meanwhile; that page says which
    return _to_code(ticket)


@public("GET", "POST")
def address(request: HttpRequest) -> HttpResponse:
    """Correct an address that was mistyped. Only the browser that filed may do so."""
    at = timezone.now()
    found, ticket, may_correct = _read_ticket(request, at)
    if found is None or found.challenge is None or not may_correct:
        return pages.page(request, "ticket_ended", status=HTTPStatus.NOT_FOUND)
    form = forms.AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            identity.readdress(found.challenge.pk, form.cleaned_data["email"], at=at)
            return _to_code(ticket)
        except mail.TooSoon as error:
            return _later(request, found, ticket, error.retry_at, may_correct=True)
        except mail.CheckError:
            form.add_error("email", _("The address has been confirmed already, so it stays as it is."))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "problems": form.is_bound, **about(found, ticket)}
    return pages.page(request, "verify/address", context, status=status)


def why(error: mail.CheckError, at: datetime) -> str:
    """Return in words why a code was not taken."""
    if isinstance(error, mail.WrongCode) and error.tries_left > 0:
        left = ngettext("You can try %(n)d more time.", "You can try %(n)d more times.", error.tries_left)
        return _("This is not the code in the newest mail.") + " " + left % {"n": error.tries_left}
    if isinstance(error, mail.WrongCode | mail.TooMany):
        return _("There were too many wrong codes, so this one has ended. Have a new one sent; nothing is lost.")
    if isinstance(error, mail.Expired):
        return _("This code was valid for half an hour. Have a new one sent.")
    return _("This code cannot be used any more. Have a new one sent.")


def _read_ticket(request: HttpRequest, at: datetime) -> tuple[selector.Filed | None, str, bool]:
    """Return what the ticket stands for, the ticket, and whether it may correct the address."""
    ticket = typed(request, "ticket", 1000)
    for purpose in (SENT, AGAIN):
        try:
            return selector.filed(tickets.read(ticket, purpose, at)["submission"]), ticket, purpose == SENT
        except tickets.NoTicket:
            continue
    return None, "", False


def _in(confirmed: identity.Confirmed) -> HttpResponse:
    if confirmed.more:
        query = {"reference": confirmed.submission.reference, "key": confirmed.tracker_token, "done": "confirmed"}
        return pages.see_other(f"{reverse('public:choose')}?{urlencode(query)}")
    return pages.see_other(pages.tracker_address(confirmed.submission.reference, confirmed.tracker_token, "confirmed"))


def _to_code(ticket: str, sent: str = "1") -> HttpResponse:
    query = {"ticket": ticket, **({"sent": sent} if sent else {})}
    return pages.see_other(f"{reverse('public:verify-code')}?{urlencode(query)}")


def _later(
    request: HttpRequest, found: selector.Filed, ticket: str, retry_at: datetime, *, may_correct: bool
) -> HttpResponse:
    context = {"form": forms.CodeForm(), "may_correct": may_correct, "wait": pages.wait_until(retry_at)}
    status = HTTPStatus.TOO_MANY_REQUESTS
    response = pages.page(request, "verify/code", {**about(found, ticket), **context}, status=status)
    response["Retry-After"] = pages.seconds_until(retry_at)
    return response
