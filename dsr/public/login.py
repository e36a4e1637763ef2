"""Signing in at the organisation's console: setting out, coming back, and saying for which request it is to count.

The one public page with a cookie. It holds a secret by which the browser that comes back is known to be the one that
set out, for a quarter of an hour; it opens nothing, and nothing hangs on it alone. Why is in docs/decisions/0013.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import ids
from dsr.policies import Caller
from dsr.public import pages, throttle, tickets
from dsr.public.guard import public, typed
from dsr.public.sent import AGAIN, SENT
from dsr.rights import SPECS, Right
from dsr.selectors import tracker as selector
from dsr.services import login, tracking
from dsr.services.assembling import mask
from notifications.models import Forgotten
from verification import grants, oidc
from verification.errors import (
    CheckError,
    Expired,
    LoginDeclined,
    LoginElsewhere,
    LoginOff,
    LoginRefused,
    LoginStale,
    LoginUnreachable,
    TooSoon,
    Unknown,
)

View = Callable[..., HttpResponse]
_LONGEST = 4000
"""Characters of a code or an error that a console may send back."""

_WHY: dict[type[CheckError], tuple[Any, HTTPStatus]] = {
    LoginOff: (gettext_lazy("Signing in to an account is not offered here."), HTTPStatus.NOT_FOUND),
    Unknown: (
        gettext_lazy("This sign-in was used already, or begun anew since. Go back to your request and sign in again."),
        HTTPStatus.NOT_FOUND,
    ),
    Expired: (
        gettext_lazy("More than a quarter of an hour went by. Go back to your request and sign in again."),
        HTTPStatus.GONE,
    ),
    LoginElsewhere: (
        gettext_lazy(
            "You did not set out from this browser, so this sign-in counts for nothing. If you want it to count, go"
            " back to your request and sign in again, in one browser and with cookies allowed. If somebody sent you a"
            " link that led here, you need not do anything more: they gained nothing by it."
        ),
        HTTPStatus.FORBIDDEN,
    ),
    LoginDeclined: (
        gettext_lazy("You came back without having signed in. Nothing has changed, and you can try again."),
        HTTPStatus.CONFLICT,
    ),
    LoginStale: (
        gettext_lazy(
            "You were signed in already, and we need you to type your password anew. Sign out there, go back to your"
            " request and sign in again."
        ),
        HTTPStatus.CONFLICT,
    ),
    LoginRefused: (
        gettext_lazy("We could not rely on what the sign-in page told us, so it does not count. Please try again."),
        HTTPStatus.BAD_GATEWAY,
    ),
    LoginUnreachable: (
        gettext_lazy("The sign-in page cannot be reached at the moment. Please try again in a few minutes."),
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
}


def _explained(view: View) -> View:
    """Turn what stands in the way of a sign-in into a page, and take the cookie back where it is of no more use."""

    @wraps(view)
    def explaining(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except TooSoon as error:
            sentence = _("You set out to sign in very often. You can do so again in %(wait)s.")
            sentence = sentence % {"wait": pages.wait_until(error.retry_at)}
            response = pages.problem(request, sentence, status=HTTPStatus.TOO_MANY_REQUESTS)
            response["Retry-After"] = pages.seconds_until(error.retry_at)
        except Forgotten:
            response = pages.problem(request, str(_WHY[Unknown][0]), status=HTTPStatus.GONE)
        except CheckError as error:
            sentence, status = _WHY.get(type(error), _WHY[LoginRefused])
            response = pages.problem(request, str(sentence), status=status)
        return _without_cookie(response) if _browser(request) else response

    return explaining


@public("POST")
@_explained
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a sign-in, for whoever has the link to the tracker or comes from the form; lead on by a link.

    A link, and not a redirect of the form: so the page needs no leave to send forms to another site, and people read
    where they are going before they go.
    """
    at = timezone.now()
    submission_id, door = _admitted(request, at)
    if submission_id is None:
        return pages.page(request, "ticket_ended", status=HTTPStatus.NOT_FOUND)
    throttle.spend(request, throttle.LINKS, at)
    second_factor = typed(request, "second_factor") == "1"
    started = login.begin(submission_id, door=door, at=at, second_factor=second_factor)
    context = {"url": started.url, "title": started.title, "host": started.host, "minutes": _minutes()}
    response = pages.page(request, "verify/login", {**context, **_about(submission_id)})
    response.set_cookie(
        _cookie(),
        started.browser,
        max_age=int(oidc.LASTS.total_seconds()),
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",  # they come back by a link of another site, which `Strict` would not count
    )
    return response


@public("GET", "POST")
@_explained
def back(request: HttpRequest) -> HttpResponse:
    """Take who comes back from the console, ask whether the request is theirs, and act on the answer alone."""
    if request.method == "POST":
        return _answer(request)
    if "state" not in request.GET:
        return _ask(request)
    if request.method == "HEAD":
        return HttpResponse()  # whoever only looks whether there is a page must not use the code up
    throttle.spend(request, throttle.CODES, timezone.now())
    token = login.come_back(
        typed(request, "state"),
        _browser(request),
        at=timezone.now(),
        code=typed(request, "code", _LONGEST),
        error=typed(request, "error", _LONGEST),
        issuer=typed(request, "iss", _LONGEST),
    )
    # Away from an address with a code in it, and to one that can be reloaded.
    return pages.see_other(f"{reverse('public:login-back')}?{urlencode({'pass': token})}")


def _ask(request: HttpRequest) -> HttpResponse:
    """Show who signed in, for what, and where the answer will go."""
    token = typed(request, "pass")
    found = login.look(token, _browser(request), at=timezone.now())
    known = _about(found.submission.pk)
    other = bool(found.login.email) and found.login.email.casefold() != found.submission.open("email").casefold()
    context = {"pass": token, "email": found.login.email, "title": settings.OIDC_TITLE, "other": other, **known}
    return pages.page(request, "verify/login_back", context)


def _answer(request: HttpRequest) -> HttpResponse:
    at, token, browser = timezone.now(), typed(request, "pass"), _browser(request)
    answer = typed(request, "answer")
    if answer not in ("yes", "no"):
        return _ask(request)
    if answer == "no":
        login.disown(token, browser, by=Caller.person(), at=at)
        return _without_cookie(pages.page(request, "verify/login_disowned"))
    done = login.finish(token, browser, by=Caller.person(), at=at)
    if done.tracker_token:
        response = pages.see_other(pages.tracker_address(done.submission.reference, done.tracker_token, "signed-in"))
    else:
        response = pages.page(request, "verify/login_done", {"reference": done.submission.reference})
    return _without_cookie(response)


def _admitted(request: HttpRequest, at: datetime) -> tuple[UUID | None, login.Door]:
    """Return the submission that a tracker's link or a ticket stands for, None for neither."""
    ticket = typed(request, "ticket", 1000)
    for purpose in (SENT, AGAIN) if ticket else ():
        try:
            return tickets.read(ticket, purpose, at)["submission"], login.Door.TICKET
        except tickets.NoTicket:
            continue
    try:
        reference = ids.clean_reference(typed(request, "reference", 60))
        return tracking.admit(reference, typed(request, "key"), at=at), login.Door.TRACKER
    except (ValueError, grants.NoGrant):
        return None, login.Door.TICKET


def _about(submission_id: UUID) -> dict[str, Any]:
    """Return what is said about the request on these pages."""
    found = selector.filed(submission_id)
    if found is None:
        return {}
    return {
        "reference": found.submission.reference,
        "titles": [SPECS[Right(row.right)].title for row in found.requests],
        "masked": mask(found.submission.open("email")),
    }


def _minutes() -> int:
    return int(oidc.LASTS.total_seconds()) // 60


def _cookie() -> str:
    # The prefix makes browsers take it only from this very host: a sibling name could otherwise plant its own.
    return "__Host-sign-in" if settings.SECURE else "sign-in"


def _browser(request: HttpRequest) -> str:
    return request.COOKIES.get(_cookie(), "")[:200]


def _without_cookie(response: HttpResponse) -> HttpResponse:
    # Written out, as browsers take back a cookie with this prefix only under the same attributes.
    response.set_cookie(_cookie(), "", max_age=0, secure=settings.SECURE, httponly=True, samesite="Lax")
    return response
