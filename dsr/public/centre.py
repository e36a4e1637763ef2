"""The privacy centre and the pages around it. All they say about the organisation comes from the rule files."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr import rules
from dsr.public import offers, pages
from dsr.public.guard import public
from dsr.public.pages import language
from dsr.rights import SPECS, Right
from dsr.rules.schema.offers import ComplaintRoute
from dsr.rules.schema.regime import Regime

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
class Term:
    """How long one law gives for an answer."""

    title: str
    covers: str
    answers: str
    longer: str
    is_law: bool


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
        "terms": _terms(at),
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
    proof = {True: _("Needs a code from your mail"), False: _("Needs no proof of who you are")}
    return [
        Card(right, str(spec.title), str(spec.summary), proof[bool(spec.floor)])
        for right, spec in SPECS.items()
        if notice.offer(right)
    ]


def _terms(at: datetime) -> list[Term]:
    """Return the answer times of every law and policy, the laws first."""
    pack, today = rules.pack(), at.date()
    regimes = [
        regime
        for regime in pack.regimes
        if regime.window.covers(today)
        and regime.switched_on
        and regime.organisation in (None, pack.organisation)
        and any(offers.answer_rule(regime, right, today) for right in Right)
    ]
    return [_term(regime, at) for regime in sorted(regimes, key=lambda row: (row.kind != "law", row.title))]


def _term(regime: Regime, at: datetime) -> Term:
    found: dict[str, list[str]] = {}
    for right in Right:
        if rule := offers.answer_rule(regime, right, at.date()):
            found.setdefault(offers.period(rule), []).append(str(SPECS[right].title))
    if len(found) == 1:
        answers = next(iter(found))
    else:
        answers = "; ".join(f"{', '.join(titles)}: {period}" for period, titles in found.items())
    longest = regime.extension_for(Right.ACCESS) if regime.knows(Right.ACCESS, at.date()) else None
    more = offers.extension(longest) if longest else ""
    return Term(
        regime.wording("title", language()), regime.wording("covers", language()), answers, more, regime.kind == "law"
    )


def _ladder(notice: rules.Notice) -> list[Rung]:
    steps = sorted({route.step for route in notice.complaint_routes})
    return [Rung(step, tuple(route for route in notice.complaint_routes if route.step == step)) for step in steps]
