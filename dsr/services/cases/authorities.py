"""Which authorities there are: those of the laws in force, and of the notice's ladder, by the rule files."""

from dataclasses import dataclass
from datetime import date

from dsr.rules import pack


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority, court or dispute body that can write to the organisation."""

    id: str
    title: str
    url: str


def known(on: date) -> tuple[Authority, ...]:
    """Return the authorities that the rule files name on a day, by their titles."""
    rules = pack()
    found: dict[str, Authority] = {}
    for row in rules.notice_then(on).complaint_routes:
        if row.id != "ourselves":
            found[row.id] = Authority(row.id, row.wording("who"), str(row.url or ""))
    for law in rules.regimes:
        if law.window.covers(on) and law.organisation in (None, rules.organisation):
            for place in law.authorities:
                key = place.id or place.title
                found.setdefault(key, Authority(key, place.title, str(place.url or "")))
    return tuple(sorted(found.values(), key=lambda each: each.title.casefold()))


def title_of(authority: str, on: date) -> str:
    """Return what an authority is called, or its id where the rule files do not know it any more."""
    return next((each.title for each in known(on) if each.id == authority), authority)
