"""How long answers take, law by law, in an order in which people find their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import rules
from dsr.public import offers, places
from dsr.public.pages import language
from dsr.rights import OFFERED, SPECS, Right
from dsr.rules.schema.regime import Regime

_CODES = {
    "europe": """
        AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK
        MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK EEA EUROPE
    """,
    "states": "US",
    "americas": """
        AG AI AR AW BB BL BM BO BQ BR BS BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GT GY HN HT JM KN KY LC MF MQ MS
        MX NI PA PE PM PR PY SR SV SX TC TT UY VC VE VG VI
    """,
    "africa": """
        AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE
        NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW
    """,
}
"""Countries and areas by part of the world; every other belongs to Asia and the Pacific."""
_PART_OF = {code: name for name, codes in _CODES.items() for code in codes.split()}
_PARTS: Mapping[str, str | Promise] = {
    "europe": gettext_lazy("Europe"),
    "states": gettext_lazy("United States"),
    "americas": gettext_lazy("The rest of the Americas"),
    "asia": gettext_lazy("Asia and the Pacific"),
    "africa": gettext_lazy("Africa"),
    "own": gettext_lazy("Everywhere: our own promises"),
}
"""Parts of the world in the order of the page."""


@dataclass(frozen=True, slots=True)
class Term:
    """How long one law gives for an answer, or several that say the same."""

    title: str
    covers: str
    answers: tuple[str, ...]
    longer: str


@dataclass(frozen=True, slots=True)
class Part:
    """The laws of one part of the world."""

    title: str
    terms: tuple[Term, ...]


def parts(at: datetime) -> list[Part]:
    """Return the answer times of every law and promise in force and in use, by part of the world."""
    pack, today = rules.pack(), at.date()
    found: dict[str, list[Regime]] = {name: [] for name in _PARTS}
    for regime in sorted(pack.regimes, key=lambda row: row.wording("title", language())):
        in_use = regime.switched_on and regime.organisation in (None, pack.organisation)
        in_force = in_use and regime.window.covers(today)
        if in_force and any(offers.answer_rule(regime, right, today) for right in OFFERED):
            found[_part(regime)].append(regime)
    return [Part(str(_PARTS[name]), tuple(_terms(rows, at))) for name, rows in found.items() if rows]


def _part(regime: Regime) -> str:
    """Return where a law belongs; what binds the organisation by its own word stands apart."""
    if regime.kind != "law" or not regime.proposal.where:
        return "own"
    return _PART_OF.get(regime.proposal.where[0].partition("-")[0], "asia")


def _terms(regimes: Iterable[Regime], at: datetime) -> list[Term]:
    """Return one line for each law; states of one country whose laws give the same times share one."""
    lines: dict[object, list[tuple[Regime, Term]]] = {}
    for regime in regimes:
        term = _term(regime, at)
        place = _state(regime)
        key = (place.partition("-")[0], term.answers, term.longer) if place else regime.id
        lines.setdefault(key, []).append((regime, term))
    return [rows[0][1] if len(rows) == 1 else _shared(rows) for rows in lines.values()]


def _state(regime: Regime) -> str:
    """Return the one region that a law is of, "" for a law of a country or of several regions."""
    where = regime.proposal.where
    return where[0] if len(where) == 1 and "-" in where[0] else ""


def _shared(rows: Iterable[tuple[Regime, Term]]) -> Term:
    """Return the one line of several states."""
    rows = list(rows)
    names = sorted(places.region_name(*_state(regime).split("-", 1)) for regime, _term in rows)
    first = rows[0][1]
    return Term(
        ", ".join(names), _("Each has a law of its own, and all give the same times."), first.answers, first.longer
    )


def _term(regime: Regime, at: datetime) -> Term:
    found: dict[str, list[str]] = {}
    for right in filter(OFFERED.__contains__, Right):
        if rule := offers.answer_rule(regime, right, at.date()):
            found.setdefault(offers.period(rule), []).append(str(SPECS[right].title))
    longest = regime.extension_for(Right.ACCESS) if regime.knows(Right.ACCESS, at.date()) else None
    return Term(
        title=regime.wording("title", language()),
        covers=regime.wording("covers", language()),
        answers=tuple(_answers(found)),
        longer=offers.extension(longest) if longest else "",
    )


def _answers(found: Mapping[str, list[str]]) -> Iterable[str]:
    """Say the time that most rights have without naming them, and name those that have another."""
    usual = max(found, key=lambda period: len(found[period]))
    yield usual
    for period, titles in found.items():
        if period != usual:
            yield _("%(period)s for: %(rights)s") % {"period": period, "rights": ", ".join(titles)}
