"""Choices on advertising, sensitive data and disclosure: what a browser says by itself, and what a person says here.

A choice is made in one step, without proof, and in the same words for everybody: who makes it again, or makes it for
somebody else's address, reads nothing of what was chosen before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import rules
from dsr.choices.marketing import Act, Purpose, Via
from dsr.errors import NotFound
from dsr.models import Choice
from dsr.public import offers, pages, throttle, tickets, wishes
from dsr.public.guard import public, typed
from dsr.public.wishforms import KnownByForm
from dsr.rules.schema.base import Worded
from dsr.services.choices import deciding, limits


@dataclass(frozen=True, slots=True)
class About:
    """One kind of choice: its page, the right that it is, and what is said once it is made."""

    name: str
    purpose: Purpose
    right: str
    template: str
    made: str | Promise
    follows: str | Promise


ADVERTISING: Final = About(
    "advertising",
    Purpose.ADVERTISING,
    "targeted_advertising_opt_out",
    "preferences/advertising",
    gettext_lazy("You have opted out"),
    gettext_lazy(
        "From now on data about you may not be sold or shared, nor used for advertisements that follow you. Whoever "
        "asks is told no."
    ),
)
SENSITIVE: Final = About(
    "sensitive",
    Purpose.SENSITIVE,
    "sensitive_data_limit",
    "preferences/sensitive",
    gettext_lazy("Your limit is recorded"),
    gettext_lazy("From now on sensitive data about you may be used for nothing but what the services need."),
)
THIRD_PARTIES: Final = About(
    "third-parties",
    Purpose.DISCLOSURE,
    "third_party_disclosure_opt_out",
    "preferences/third_parties",
    gettext_lazy("Your refusal is recorded"),
    gettext_lazy(
        "From now on data about you may not be disclosed to others who use it for themselves, nor used for anything "
        "materially different from what it was collected for."
    ),
)
_ABOUT: Final = {about.name: about for about in (ADVERTISING, SENSITIVE, THIRD_PARTIES)}


# --- The pages -------------------------------------------------------------------------------------------------------


@public("GET", "POST")
def advertising(request: HttpRequest) -> HttpResponse:
    """Say what this browser sends and how far that reaches, and opt somebody out as a person. 11 CCR 7025, 7026"""
    notice, language = pages.notice_today(), pages.language()
    offer = notice.offer(ADVERTISING.right)
    controls = [(*_said(row, "title", "description"), row.signal) for row in notice.tracking_controls]
    passages = [_said(row, "title", "body") for row in notice.passages if row.topic in ("sale", "tracking")]
    ways = offers.ways(notice, offer.how, language) if offer else ()
    return _choose(request, ADVERTISING, {"controls": controls, "ways": ways, "passages": passages})


@public("GET", "POST")
def sensitive(request: HttpRequest) -> HttpResponse:
    """Answer why the use of sensitive data is limited already, and keep the choice all the same. 11 CCR 7027(m)"""
    notice = pages.notice_today()
    kinds = [row for row in notice.categories if row.sensitive]
    ids = {row.id for row in kinds} | {row.parent for row in kinds if row.parent}
    purposes = [row for row in notice.purposes if ids & set(notice.with_children(row.categories))]
    context = {
        **_already(notice),
        "kinds": [_said(row, "title", "sensitive") for row in kinds],
        "purposes": [_said(row, "title", "description") for row in purposes],
    }
    return _choose(request, SENSITIVE, context)


@public("GET", "POST")
def third_parties(request: HttpRequest) -> HttpResponse:
    """Say who else gets data and why, and keep a refusal. Data Privacy Framework, Principle 2 (Choice)"""
    others = [row for row in pages.notice_today().recipients if row.role not in ("processor", "group", "public_body")]
    return _choose(request, THIRD_PARTIES, {"others": [_said(row, "title", "who", "why") for row in others]})


@public("GET")
def done(request: HttpRequest, about: str) -> HttpResponse:
    """Say that the choice is in effect, and what that means."""
    ticket = typed(request, "ticket")
    choice = _chosen(about, ticket)
    kind = _ABOUT[about]
    context = {
        **_when(kind.right, choice.at),
        **(_already(pages.notice_today()) if kind is SENSITIVE else {}),
        "about": kind,
        "choice": choice,
        "ticket": ticket,
    }
    return pages.page(request, "preferences/choice_done", context)


# --- What they share -------------------------------------------------------------------------------------------------


def _choose(request: HttpRequest, about: About, context: Mapping[str, Any]) -> HttpResponse:
    form, at = KnownByForm(request.POST if request.method == "POST" else None), timezone.now()
    shown = {**_when(about.right, at), **context, "about": about, "form": form}
    if not form.is_bound:
        return pages.may_go_back(pages.page(request, about.template, shown))
    if not form.is_valid():
        wrong = {**shown, "problems": True}
        return pages.page(request, about.template, wrong, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    throttle.spend(request, throttle.POSTS, at)
    wish = deciding.Wish(
        identifiers=form.identifiers(),
        act=Act.STOP,
        via=Via.FORM,
        at=at,
        purpose=about.purpose,
        language=pages.language(),
        # In any case, so that nobody learns from the answer what somebody else chose before.
        anew=True,
    )
    ticket = tickets.issue(wishes.TICKET, at, n0=deciding.decide(wish, by="", at=at).choice.pk)
    return pages.see_other(f"{reverse('public:choice-done', args=[about.name])}?{urlencode({'ticket': ticket})}")


def _chosen(about: str, ticket: str) -> Choice:
    try:
        choice = deciding.made(tickets.read(ticket, wishes.TICKET, timezone.now())["n0"])
    except (tickets.NoTicket, KeyError):
        raise NotFound(_("This page is over. What you chose stays in effect.")) from None
    if about not in _ABOUT or choice.purpose != _ABOUT[about].purpose:
        raise NotFound(_("There is no such page."))
    return choice


def _when(right: str, at: datetime) -> dict[str, Any]:
    """Return what laws would still allow, and until when nobody is asked again."""
    quiet = limits.quiet(right, at)
    found = [
        (each.law.wording("title", pages.language()), offers.period(each.rule), offers.long_day(each.due))
        for each in limits.latest(right, at)
        if each.rule.n
    ]
    return {"limits": found, "quiet": offers.long_day(quiet.until) if quiet else ""}


def _already(notice: rules.Notice) -> dict[str, Any]:
    """Return why what is asked is so already, in the words of the notice; nothing where it does not say so."""
    offer = notice.offer(SENSITIVE.right)
    return {"already": offer.wordings("notes", pages.language()) if offer and offer.already else ()}


def _said(row: Worded, *fields: str) -> tuple[str, ...]:
    return tuple(row.wording(field, pages.language()) for field in fields)
