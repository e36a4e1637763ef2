"""Where people live, as far as rules care: areas, countries, regions."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from dsr.rules.schema.base import Country, Many, Row, Text


class Area(Row):
    """A set of countries with a name, such as the European Economic Area.

    ``territories`` are codes of their own in ISO 3166-1 that belong to one of the countries where the law is concerned.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3,}$")]
    title: Text
    countries: Annotated[Many[Country], Field(min_length=1)]
    territories: Many[Country] = ()

    @cached_property
    def members(self) -> frozenset[str]:
        """Every country code that counts as in the area."""
        return frozenset((*self.countries, *self.territories))


def is_in(country: str, region: str, places: Iterable[str], areas: Mapping[str, Area]) -> bool:
    """Whether somebody in ``country`` (``US``) and ``region`` (``CA``, or nothing) is in one of ``places``."""
    return any(_matches(country, region, place, areas) for place in places)


def closeness(country: str, region: str, places: Iterable[str], areas: Mapping[str, Area]) -> int:
    """How narrowly the narrowest of ``places`` fits: 3 the region, 2 the country, 1 an area, 0 not at all."""
    fits = (
        3 if "-" in place else 2 if len(place) == 2 else 1
        for place in places
        if _matches(country, region, place, areas)
    )
    return max(fits, default=0)


def _matches(country: str, region: str, place: str, areas: Mapping[str, Area]) -> bool:
    if "-" in place:
        return bool(region) and place == f"{country}-{region}"
    return place == country or (place in areas and country in areas[place].members)
