"""Countries and regions as people choose them."""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from dsr import rules

ELSEWHERE = "-"
"""What the form sends for a region that makes no difference."""
_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky
LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana
NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota
OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas
UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming
"""
_REGIONS = {
    "CA-QC": "Québec",
    **{f"US-{row[:2]}": row[3:] for line in _STATES.strip().splitlines() for row in line.split("|")},
}


@lru_cache(maxsize=32)
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Return code and name of every country in a language, in that language's order as near as accents allow."""
    names = _names(language)
    return tuple(sorted(((code, names.get(code, code)) for code in rules.COUNTRIES), key=lambda row: _plain(row[1])))


def country_name(code: str, language: str) -> str:
    """Return the name of a country; the code itself for one that the language has no name for."""
    return _names(language).get(code, code)


def region_name(country: str, region: str) -> str:
    """Return the name of a region; its code where no rule file has made it matter yet."""
    return _REGIONS.get(f"{country}-{region}", region)


def regions(country: str, notice: rules.Notice) -> list[str]:
    """Return the regions of a country that somebody chooses from, by name. Mostly there are none.

    They are those that some rule treats in a way of their own. Where so many are, as in the United States, all are
    offered, so that nobody has to find out whether theirs is one of them.
    """
    found = {place.partition("-")[2] for place in _named(notice) if place.startswith(f"{country}-")}
    if found and country == "US":
        found |= {place.partition("-")[2] for place in _REGIONS if place.startswith("US-")}
    return sorted(found, key=lambda region: region_name(country, region))


def _named(notice: rules.Notice) -> Iterator[str]:
    entries: Iterable[object] = (
        *notice.rights,
        *notice.local_rights,
        *notice.disclosure_lists,
        *notice.complaint_routes,
    )
    for entry in entries:
        yield from getattr(entry, "where", ())
    for regime in rules.pack().regimes:
        yield from regime.proposal.where


@lru_cache(maxsize=32)
def _names(language: str) -> dict[str, str]:
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    return dict(locale.territories)


def _plain(name: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(mark))
