"""The privacy centre and the pages around it. All they say about the organisation comes from the rule files."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr import rules
from dsr.public import offers, pages, terms
from dsr.public.guard import public
from dsr.public.pages import language
from dsr.rights import SPECS
from dsr.rules.schema.offers import ComplaintRoute

_SPOKEN = frozenset({"phone", "support", "console"})
"""Kinds of channels by which one reaches people, or helps oneself, without writing a letter."""


@dataclass(frozen=True, slots=True)
class Card:
    """One right that can be asked for here."""

    right: str
    title: str
    summary: str
    proof: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the complaint ladder; what stands on it stands side by side."""

    number: int
    routes: tuple[ComplaintRoute, ...]


@public("GET")
def home(request: HttpRequest) -> HttpResponse:
    """What one can ask, how, how long it takes, whom to write to and where to complain."""
    notice, at = pages.notice_today(), timezone.now()
    context = {
        "cards": _cards(notice),
        "others": offers.elsewhere(notice, language()),
        "local": [(row, offers.ways(notice, row.how, language())) for row in notice.local_rights],
        "parts": terms.parts(at),
        "ladder": _ladder(notice),
        "passages": [row for row in notice.passages if row.topic in ("no_retaliation", "limits", "processor")],
        "here": "home",
    }
    return pages.may_go_back(pages.page(request, "home", context))


@public("GET")
def helping(request: HttpRequest) -> HttpResponse:
    """How to ask without the form."""
    notice = pages.notice_today()
    spoken = [channel.id for channel in notice.channels if channel.kind in _SPOKEN]
    context = {
        "ways": offers.ways(notice, spoken, language()),
        "agents": notice.agents.wording("description", language()),
        "agent_ways": offers.ways(notice, notice.agents.how, language()),
        "here": "help",
    }
    return pages.may_go_back(pages.page(request, "help", context))


@public("GET")
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return pages.may_go_back(pages.page(request, "accessibility", {"here": "accessibility"}))


def _cards(notice: rules.Notice) -> list[Card]:
    proof = {
        offers.Asks.NOTHING: _("Needs no proof of who you are"),
        offers.Asks.CODE: _("Needs a code from your mail, and sometimes more"),
    }
    return [
        Card(right, str(spec.title), str(spec.summary), proof[offers.proof_at_least(right).asks])
        for right, spec in SPECS.items()
        if notice.offer(right) and spec.offered and not spec.chooses
    ]


def _ladder(notice: rules.Notice) -> list[Rung]:
    steps = sorted({route.step for route in notice.complaint_routes})
    return [Rung(step, tuple(route for route in notice.complaint_routes if route.step == step)) for step in steps]
