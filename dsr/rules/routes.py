"""Where a complaint goes next: the ladder of the notice and the authorities of the laws, by what was tried. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dsr.rules.schema.notice import Notice
from dsr.rules.schema.regime import Regime

OURSELVES = frozenset({"ourselves", "bcr_exporter"})
"""Steps of the ladder that an answer of ours has taken."""
_AUTHORITIES = 2
"""The step of the ladder on which the authorities of a law stand."""


@dataclass(frozen=True, slots=True)
class Route:
    """One place to turn to. ``open`` is false for what comes only after others, which ``after`` names."""

    id: str
    step: int
    title: str
    who: str
    url: str
    free: bool
    after: tuple[str, ...]
    open: bool

    def line(self) -> str:
        """Return it as one line of a letter."""
        words = self.title if self.title == self.who else f"{self.title}: {self.who}"
        return f"{words}, {self.url}" if self.url else words


def ladder(
    notice: Notice,
    laws: Iterable[Regime],
    right: str,
    place: tuple[str, str],
    tried: Collection[str],
    language: str,
) -> tuple[Route, ...]:
    """Return what is left to somebody who lives in a place, nearest first, once ``tried`` were.

    A complaint about anything but binding corporate rules has the ladder of complaints, whatever was asked for.
    """
    kind = "bcr_complaint" if right == "bcr_complaint" else "complaint"
    found: dict[str, Route] = {}
    for row in notice.complaint_routes:
        if kind in row.rights and notice.is_in(*place, row.where) and row.id not in tried:
            found[row.id] = Route(
                row.id,
                row.step,
                row.wording("title", language),
                row.wording("who", language),
                str(row.url or ""),
                bool(row.free),
                tuple(row.after),
                set(row.after) <= set(tried),
            )
    if kind == "complaint":
        urls = {route.url for route in found.values() if route.url}
        for law in laws:
            for place_of in law.authorities:
                key = place_of.id or place_of.title
                if key not in {*found, *tried} and str(place_of.url or "") not in urls:
                    title, url = place_of.title, str(place_of.url or "")
                    found[key] = Route(key, _AUTHORITIES, title, title, url, False, (), True)
    return tuple(sorted(found.values(), key=lambda route: (not route.open, route.step)))


def next_step(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Return the routes of the nearest step that is open."""
    may = [route for route in routes if route.open]
    first = min((route.step for route in may), default=0)
    return tuple(route for route in may if route.step == first)
