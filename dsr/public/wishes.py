"""Marketing ended or chosen by its readers: by one press in any mail, or on a page, without account and without proof.

The answer is the same for every address that is entered. What somebody chose is shown, and marketing is resumed, only
by a link that was mailed to them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr import gpc
from dsr.choices.marketing import CHANNELS, Act, Purpose, Scope, Via
from dsr.errors import NotFound
from dsr.models import Choice
from dsr.public import forms, pages, throttle, tickets, wishforms
from dsr.public.guard import public, typed
from dsr.rules.schema.offers import Topic
from dsr.services.choices import asking, deciding, signals, tokens
from dsr.services.choices.purposes import CHANNELS as CHANNEL_WORDS
from dsr.services.choices.tokens import Bearer
from notifications.sealing import listing_digests

TICKET = "choice"
"""What a page hands to the one that tells what came of it: `n0` and on are ids of choices."""
_MOST_CHOICES = 16
ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program posts. RFC 8058, section 3.1"""


# --- One press -------------------------------------------------------------------------------------------------------


@public("GET", "POST")
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End marketing for whoever was mailed this link: POST acts, GET shows a page with a button. RFC 8058"""
    at = timezone.now()
    try:
        bearer = tokens.read_unsubscribe(token)
    except tokens.NoToken:
        throttle.spend(request, throttle.LINKS, at)
        return pages.page(request, "unsubscribe/unknown", status=HTTPStatus.NOT_FOUND)
    name, value = ONE_CLICK
    if request.method != "POST" or request.POST.get(name) != value:
        status = HTTPStatus.OK if request.method != "POST" else HTTPStatus.UNPROCESSABLE_ENTITY
        return pages.page(request, "unsubscribe/press", _bearer(bearer), status=status)
    # A topic that is no longer kept apart: all that its channel brings ends, as the page has said.
    topic = bearer.topic if bearer.topic in {each.id for each in _topics()} else ""
    # The button of the page says so; a browser sends what it accepts besides.
    by_hand = "page" in request.POST and "text/html" in request.headers.get("Accept", "")
    wish = _wish(bearer, Act.STOP, Via.ONE_CLICK, at, bearer.channel, topic, anew=by_hand)
    decided = deciding.decide(wish, by="", at=at)
    if not by_hand:  # nobody looks at what a mail program gets
        return HttpResponse("Unsubscribed.\n", content_type="text/plain; charset=utf-8")
    return pages.page(request, "unsubscribe/done", {**_bearer(bearer), **came_of([decided.choice], at)})


def _wish(
    bearer: Bearer, act: Act, via: Via, at: datetime, channel: str = "", topic: str = "", *, anew: bool = False
) -> deciding.Wish:
    """Return what the bearer of a link chose; ``anew`` by a button, as who presses it once more still gets mail."""
    return deciding.Wish(
        identifiers={bearer.kind: [bearer.value]},
        act=act,
        via=via,
        at=at,
        channels=(channel,) if channel else (),
        topics=(topic,) if topic else (),
        language=bearer.language or pages.language(),
        anew=anew,
    )


def _bearer(bearer: Bearer) -> dict[str, Any]:
    topics = {topic.id: topic.wording("title", pages.language()) for topic in _topics()}
    return {
        "whose": masked(bearer.value),
        "channel": CHANNEL_WORDS.get(bearer.channel, ""),
        "topic": topics.get(bearer.topic, ""),
    }


def masked(value: str) -> str:
    """Return an address so that its owner knows it and nobody else learns it: ``a...e@example.org``."""
    name, at, host = value.partition("@")
    return f"{name[:1]}\u2026{name[-1:]}{at}{host}" if at else f"\u2026{value[-3:]}"


# --- The page --------------------------------------------------------------------------------------------------------


@public("GET", "POST")
def preferences(request: HttpRequest) -> HttpResponse:
    """Stop marketing by an address, or with a mailed link see and change what was chosen, topic by topic."""
    key = typed(request, "key", 1500)
    if key:
        return _known(request, key)
    form = wishforms.StopForm(request.POST if request.method == "POST" else None, topics=_topic_options())
    if not form.is_bound:
        return pages.may_go_back(pages.page(request, "preferences/start", {"form": form, "services": _services()}))
    if not form.is_valid():
        context = {"form": form, "problems": True, "services": _services()}
        return pages.page(request, "preferences/start", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    at = timezone.now()
    throttle.spend(request, throttle.POSTS, at)
    said = form.cleaned_data
    some = said["what"] == wishforms.SOME
    wish = deciding.Wish(
        identifiers={kind: [said[kind]] for kind in ("email", "phone") if said[kind]},
        act=Act.STOP,
        via=Via.PREFERENCES,
        at=at,
        channels=tuple(said["channels"]) if some else (),
        topics=tuple(said["topics"]) if some else (),
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
    if sent := gpc.sent(request):
        signals.hear_of({bearer.kind: [bearer.value]}, sent, at=at)
        gpc.of_somebody(request)
    topics = _topics()
    wanted = _wanted(bearer, topics, at)
    if request.method != "POST":
        context = {**_bearer(bearer), "key": key, "rows": _rows(topics, wanted), "services": _services()}
        return pages.page(request, "preferences/known", context)
    throttle.spend(request, throttle.POSTS, at)
    if request.POST.get("all") == "stop":
        wish = _wish(bearer, Act.STOP, Via.PREFERENCES, at, anew=True)
        return _led_on([deciding.decide(wish, by="", at=at).choice], at)
    ticked = {_scope(text) for text in request.POST.getlist("want")}
    return _led_on([deciding.decide(wish, by="", at=at).choice for wish in _changes(bearer, wanted, ticked, at)], at)


def _wanted(bearer: Bearer, topics: Iterable[Topic], at: datetime) -> dict[Scope, bool]:
    """Return for each topic by each channel whether it may be sent as things stand."""
    scopes = [Scope(channel, topic.id) for topic in topics for channel in CHANNELS if channel in topic.channels]
    marks = listing_digests(bearer.kind, bearer.value)
    return {scope: each.allowed for scope, each in asking.check_each(marks, Purpose.MARKETING, scopes, at).items()}


def _changes(bearer: Bearer, wanted: Mapping[Scope, bool], ticked: set[Scope], at: datetime) -> list[deciding.Wish]:
    """Return the choices that make of what stands what was ticked: as few as say it."""
    if not ticked & set(wanted) and any(wanted.values()):
        return [_wish(bearer, Act.STOP, Via.PREFERENCES, at)]
    changed = {
        scope: Act.RESUME if scope in ticked else Act.STOP for scope, was in wanted.items() if was != (scope in ticked)
    }
    together: dict[tuple[Act, tuple[str, ...]], list[str]] = {}
    for topic in dict.fromkeys(scope.topic for scope in changed):
        for act in Act:
            channels = tuple(each.channel for each, what in changed.items() if each.topic == topic and what is act)
            if channels:
                together.setdefault((act, channels), []).append(topic)
    return [
        deciding.Wish(
            identifiers={bearer.kind: [bearer.value]},
            act=act,
            via=Via.PREFERENCES,
            at=at,
            channels=channels,
            topics=tuple(topics),
            language=bearer.language or pages.language(),
        )
        for (act, channels), topics in together.items()
    ]


def _scope(text: str) -> Scope:
    channel, _colon, topic = text.partition(":")
    return Scope(channel, topic)


def _rows(topics: Iterable[Topic], wanted: Mapping[Scope, bool]) -> list[dict[str, Any]]:
    language = pages.language()
    return [
        {
            "title": topic.wording("title", language),
            "description": topic.wording("description", language),
            "boxes": [
                {
                    "value": f"{scope.channel}:{scope.topic}",
                    "id": f"want-{scope.topic}-{scope.channel}",
                    "label": CHANNEL_WORDS[scope.channel],
                    "on": on,
                }
                for scope, on in wanted.items()
                if scope.topic == topic.id
            ],
        }
        for topic in topics
    ]


# --- What came of it -------------------------------------------------------------------------------------------------


def _led_on(choices: Sequence[Choice], at: datetime) -> HttpResponse:
    ids = {f"n{number}": choice.pk for number, choice in enumerate(choices[:_MOST_CHOICES])}
    ticket = tickets.issue(TICKET, at, **ids)
    return pages.see_other(f"{reverse('public:preferences-done')}?{urlencode({'ticket': ticket})}")


@public("GET")
def done(request: HttpRequest) -> HttpResponse:
    """Say that it stands, by when it is in effect everywhere, and what may still come until then."""
    at = timezone.now()
    return pages.page(request, "preferences/done", came_of(chosen(typed(request, "ticket", 1000)), at))


def came_of(choices: Sequence[Choice], at: datetime) -> dict[str, Any]:
    """Return what a page tells of some choices: by when they are in effect, and their receipts."""
    stops = [choice for choice in choices if choice.act == Act.STOP]
    return {
        "choices": choices,
        "stops": stops,
        "must_by": max((choice.must_by for choice in stops), default=None),
        "services": _services(),
        "receipts": [
            {"number": number, "ticket": tickets.issue(TICKET, at, n0=choice.pk), "choice": choice}
            for number, choice in enumerate(choices, start=1)
        ],
    }


@public("GET")
def receipt(request: HttpRequest) -> HttpResponse:
    """Hand the signed receipt out as a file."""
    choice, *_rest = chosen(typed(request, "ticket", 1000)) or _nothing()
    body = json.dumps(deciding.receipt(choice), ensure_ascii=False, indent=1) + "\n"
    response = HttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="choice-{choice.pk}.json"'
    return response


def chosen(ticket: str) -> list[Choice]:
    """Return the choices that a ticket leads to. Raises NotFound."""
    try:
        held = tickets.read(ticket, TICKET, timezone.now())
    except tickets.NoTicket:
        _nothing()
    ids: list[UUID] = [held[name] for name in sorted(held, key=lambda name: int(name[1:]))]
    found = Choice.objects.in_bulk(ids)
    return [found[each] for each in ids if each in found]


def _nothing() -> Any:
    raise NotFound(_("This page is over. What you chose stays in effect."))


# --- Topics ----------------------------------------------------------------------------------------------------------


def _topics() -> tuple[Topic, ...]:
    return pages.notice_today().topics_of("marketing")


def _topic_options() -> list[tuple[str, str]]:
    language = pages.language()
    return [
        (topic.id, forms.Option(topic.wording("title", language), topic.wording("description", language)))
        for topic in _topics()
    ]


def _services() -> list[str]:
    """Return what goes on whatever is chosen."""
    return [topic.wording("title", pages.language()) for topic in pages.notice_today().topics_of("service")]
