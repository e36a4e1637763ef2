"""Consents taken back, as easily as they were given: by an address, without account and without proof.

The answer is the same for every address that is entered. What stands is shown, and a consent is given again, only by a
link that was mailed to the person. Nothing is erased by it: that is offered, and never done along the way.
"""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from dsr.choices import uses
from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.models import Choice
from dsr.public import forms, pages, throttle, tickets, wishes, wishforms
from dsr.public.guard import public, typed
from dsr.services.choices import asking, deciding, tokens
from dsr.services.choices.tokens import Bearer
from notifications.sealing import listing_digests

_PAGE: Final = "public:consent"


@public("GET", "POST")
def consent(request: HttpRequest) -> HttpResponse:
    """Take consents back by an address, or with a mailed link see which stand, and change that. GDPR Art 7(3)"""
    key = typed(request, "key", 1500)
    if key:
        return _known(request, key)
    form = wishforms.ConsentForm(request.POST if request.method == "POST" else None, consents=_options())
    if not form.is_bound:
        return pages.may_go_back(pages.page(request, "preferences/consent", {"form": form}))
    if not form.is_valid():
        context = {"form": form, "problems": True}
        return pages.page(request, "preferences/consent", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    at = timezone.now()
    throttle.spend(request, throttle.POSTS, at)
    every = form.cleaned_data["what"] == wishforms.ALL
    wish = deciding.Wish(
        identifiers=form.identifiers(),
        act=Act.STOP,
        via=Via.PREFERENCES,
        at=at,
        purpose=Purpose.CONSENT,
        topics=() if every else tuple(form.cleaned_data["consents"]),
        language=pages.language(),
        # In any case, so that nobody learns from the answer what somebody else chose before.
        anew=True,
    )
    return _led_on([deciding.decide(wish, by="", at=at).choice], at)


def _known(request: HttpRequest, key: str) -> HttpResponse:
    at = timezone.now()
    try:
        bearer = tokens.read_preferences(key, at)
    except tokens.NoToken:
        throttle.spend(request, throttle.LINKS, at)
        return pages.page(request, "preferences/over", status=HTTPStatus.NOT_FOUND)
    stands = _standing(bearer, at)
    if request.method != "POST":
        rows = [{**row, "on": stands[row["word"]]} for row in _rows()]
        context = {"whose": wishes.masked(bearer.value), "key": key, "rows": rows}
        return pages.page(request, "preferences/consent_known", context)
    throttle.spend(request, throttle.POSTS, at)
    if request.POST.get("all") == "stop":
        return _led_on([deciding.decide(_wish(bearer, Act.STOP, (), at), by="", at=at).choice], at)
    ticked = set(request.POST.getlist("agree"))
    stop = tuple(word for word, on in stands.items() if on and word not in ticked)
    again = tuple(word for word, on in stands.items() if not on and word in ticked)
    changes = [_wish(bearer, act, words, at) for act, words in ((Act.STOP, stop), (Act.RESUME, again)) if words]
    return _led_on([deciding.decide(wish, by="", at=at).choice for wish in changes], at)


def _wish(bearer: Bearer, act: Act, words: Sequence[str], at: datetime) -> deciding.Wish:
    return deciding.Wish(
        identifiers={bearer.kind: [bearer.value]},
        act=act,
        via=Via.PREFERENCES,
        at=at,
        purpose=Purpose.CONSENT,
        topics=tuple(words),
        language=bearer.language or pages.language(),
        anew=True,
    )


def _standing(bearer: Bearer, at: datetime) -> dict[str, bool]:
    """Return for each consent of the notice whether it was not taken back."""
    scopes = [Scope(topic=row["word"]) for row in _rows()]
    marks = listing_digests(bearer.kind, bearer.value)
    return {scope.topic: each.allowed for scope, each in asking.check_each(marks, Purpose.CONSENT, scopes, at).items()}


def _led_on(choices: Sequence[Choice], at: datetime) -> HttpResponse:
    ids = {f"n{number}": choice.pk for number, choice in enumerate(choices)}
    ticket = tickets.issue(wishes.TICKET, at, **ids)
    return pages.see_other(f"{reverse('public:consent-done')}?{urlencode({'ticket': ticket})}")


@public("GET")
def done(request: HttpRequest) -> HttpResponse:
    """Say what was taken back or given again, by when every system minds it, what stays, and how to have it erased."""
    at = timezone.now()
    choices = wishes.chosen(typed(request, "ticket", 1000))
    titles = {row["word"]: row["title"] for row in _rows()}
    context = {
        **wishes.came_of(choices, at),
        "stopped": [titles.get(word, word) for each in choices if each.act == Act.STOP for word in each.topics],
        "every": any(each.act == Act.STOP and not each.topics for each in choices),
        "agreed": [titles.get(word, word) for each in choices if each.act == Act.RESUME for word in each.topics],
    }
    return pages.page(request, "preferences/consent_done", context)


def _rows() -> list[dict[str, Any]]:
    language = pages.language()
    return [
        {
            "word": row.id,
            "title": row.wording("title", language),
            "description": row.wording("description", language),
        }
        for row in uses.on_consent(pages.notice_today())
    ]


def _options() -> list[tuple[str, forms.Option]]:
    return [(row["word"], forms.Option(row["title"], row["description"])) for row in _rows()]
