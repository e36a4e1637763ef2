"""Holiday tables: where the frozen ones in ``data/calendars`` come from, and whether they still agree with it.

The tables are made once from the ``holidays`` library, checked in and part of the rules' digest, so that an upgrade of
the library never moves a date by itself. Only ``made`` imports the library, which is slow to load.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

FIRST_YEAR, LAST_YEAR = 2018, 2035


@dataclass(frozen=True, slots=True)
class Source:
    """Which part of the library a table is made from, and where its clocks stand."""

    id: str
    title: str
    zone: str
    country: str
    subdivision: str | None = None


SOURCES = (
    Source("IE", "public holidays in Ireland", "Europe/Dublin", "IE"),
    Source("US", "federal holidays in the United States", "America/New_York", "US"),
    Source("US-CA", "state holidays in California", "America/Los_Angeles", "US", "CA"),
)


def made(source: Source) -> dict[date, str]:
    """The holidays that the installed library knows for ``source``, by day."""
    import holidays  # a third of a second, and needed by nobody who serves a request

    years = range(FIRST_YEAR, LAST_YEAR + 1)
    table = holidays.country_holidays(source.country, subdiv=source.subdivision, years=years, language="en_US")
    return {day: name for day, name in sorted(table.items()) if day.year in years}


def as_toml(source: Source) -> str:
    """The file for ``source``, to be written to ``data/calendars/<id>.toml``."""
    return "\n".join(_lines(source)) + "\n"


def _lines(source: Source) -> Iterator[str]:
    yield "# Made by `manage.py rules calendars`; do not edit. A correction goes into a file of this name in RULES_DIR."
    yield f'id = "{source.id}"'
    yield f'title = "{source.title}"'
    yield f'zone = "{source.zone}"'
    yield f'made_with = "holidays {version("holidays")}"'
    year = 0
    for day, name in made(source).items():
        if day.year != year:
            year = day.year
            yield f"\n[years.{year}]"
        yield f'{day:"%m-%d"} = "{name.replace(chr(34), chr(39))}"'
