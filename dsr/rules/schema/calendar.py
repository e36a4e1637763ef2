"""A frozen table of public holidays."""

import re
from datetime import date
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from dsr.deadlines import WorkCalendar
from dsr.rules.schema.base import Many, Row, Text, Zone


class CalendarFile(Row):
    """The holidays of one place, year by year: ``[years.2026]`` with lines such as ``"12-25" = "Christmas Day"``."""

    id: Text
    title: Text
    zone: Zone
    made_with: Text
    weekend: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(strict=False)] = (6, 7)
    """ISO weekdays, Monday is 1."""
    yearly: bool = False
    """The place announces its days one year at a time, so the table can reach no further."""
    worked: Many[date] = ()
    """Days of a weekend on which people work, in exchange for a day off."""
    years: dict[str, dict[str, Text]] = Field(default_factory=dict)
    """No years at all make a calendar of weekends only."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        years = sorted(self.years)
        if not all(re.fullmatch(r"[12]\d{3}", year) for year in years):
            raise ValueError("the tables under 'years' are named by year, as in [years.2026]")
        if years and int(years[-1]) - int(years[0]) + 1 != len(years):
            raise ValueError(f"a year is missing between {years[0]} and {years[-1]}")
        for year, days in self.years.items():
            for day in days:
                _day(year, day)
        for at in self.worked:
            if at.isoweekday() not in self.weekend or f"{at:%m-%d}" in self.years.get(str(at.year), {}):
                raise ValueError(f"worked: {at} is no day of a weekend, or a holiday too")
        return self

    @cached_property
    def working(self) -> WorkCalendar:
        """The table in the form that the arithmetic wants."""
        return WorkCalendar(
            id=self.id,
            title=self.title,
            zone=self.zone,
            first=date(int(min(self.years)), 1, 1) if self.years else date.min,
            last=date(int(max(self.years)), 12, 31) if self.years else date.max,
            weekend=frozenset(day - 1 for day in self.weekend),
            holidays={_day(year, day): name for year, days in self.years.items() for day, name in days.items()},
            worked=frozenset(self.worked),
            yearly=self.yearly,
        )


def _day(year: str, day: str) -> date:
    try:
        return date.fromisoformat(f"{year}-{day}")
    except ValueError:
        raise ValueError(f'years.{year}: {day!r} is not a day of that year; write it as "12-25"') from None
