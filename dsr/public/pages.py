"""Showing a page: what every page knows, and the pages that say that something did not work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dsr import gpc, rules
from dsr.public import offers


class SeeOther(HttpResponseRedirect):
    """303: the form has done its work, and this is the page to look at; reloading that sends nothing again."""

    status_code = HTTPStatus.SEE_OTHER


def notice_today() -> rules.Notice:
    """Return the notice in force where the service stands."""
    return rules.pack().notice_in_force(timezone.now().date())


def language() -> str:
    """Return the language of this page."""
    return get_language() or settings.LANGUAGE_CODE


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render ``templates/public/<template>.html`` with what the header and the footer need."""
    notice, lang = notice_today(), language()
    shared = {
        "notice": notice,
        "contacts": offers.contacts(notice, lang),
        "page_language": dict(settings.LANGUAGES).get(lang, lang),
    }
    return gpc.vary(render(request, f"public/{template}.html", {**shared, **(context or {})}, status=status))


def may_go_back(response: HttpResponse) -> HttpResponse:
    """Mark a page that holds nothing personal, so that a browser can show it again when people go back.

    Without this a form that was sent cannot be gone back to: the browser keeps nothing and asks to send it again.
    """
    response["Cache-Control"] = "no-cache, private"
    return response


def see_other(address: str) -> HttpResponse:
    """Lead from a form to the page that shows what came of it."""
    return SeeOther(address)


def problem(request: HttpRequest, sentence: str, *, status: int, back: str = "") -> HttpResponse:
    """Say what stands in the way, and how to go on."""
    return page(request, "problem", {"sentence": sentence, "back": back}, status=status)


def wrong_method(request: HttpRequest, allowed: Sequence[str]) -> HttpResponse:
    """405: this address answers to something else, as when somebody opens the address of a form by hand."""
    sentence = _("This page cannot be opened like that. Start from the link you were sent, or from the privacy centre.")
    response = problem(request, sentence, status=HTTPStatus.METHOD_NOT_ALLOWED)
    response["Allow"] = ", ".join(allowed)
    return response


def from_elsewhere(request: HttpRequest) -> HttpResponse:
    """403: the form was on another site."""
    sentence = _("This form was sent from another site, so we did not accept it. Please use the form on this site.")
    return problem(request, sentence, status=HTTPStatus.FORBIDDEN)


def too_large(request: HttpRequest) -> HttpResponse:
    """413: more than any of these forms can hold."""
    sentence = _("This is more text than the form can take. Shorten it, or send the rest as a message later.")
    return problem(request, sentence, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def file_too_large(request: HttpRequest) -> HttpResponse:
    """413: a larger file than is taken; what else was in the form has not been read."""
    sentence = _("This file is too large, so nothing was sent. Go back and choose one of at most 10 MB.")
    return problem(request, sentence, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def too_many(request: HttpRequest, retry_at: datetime, **context: Any) -> HttpResponse:
    """429: when to come back, how else to reach the organisation, and everything typed, ready to be sent again."""
    typed = [(name, value) for name, values in request.POST.lists() for value in values]
    known = {"typed": typed, "minutes": minutes_until(retry_at), **context}
    response = page(request, "too_many", known, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = seconds_until(retry_at)
    return response


def seconds_until(instant: datetime) -> str:
    """Return how many seconds are left, at least one, for a Retry-After header."""
    return str(max(1, ceil((instant - timezone.now()).total_seconds())))


def minutes_until(instant: datetime) -> int:
    """Return how many minutes are left, at least one."""
    return ceil(int(seconds_until(instant)) / 60)


def wait_until(instant: datetime) -> str:
    """Return in words how long to wait."""
    minutes = minutes_until(instant)
    if minutes < 120:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = ceil(minutes / 60)
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}


def tracker_address(reference: str, token: str, done: str = "") -> str:
    """Return where a tracker is; ``done`` names what has just been done, so that the page can say it."""
    query = {"key": token, **({"done": done} if done else {})}
    return f"{reverse('public:tracker', args=[reference])}?{urlencode(query)}"
