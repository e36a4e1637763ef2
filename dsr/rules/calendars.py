"""Holiday tables: where the frozen ones in ``data/calendars`` come from, and whether they still agree with it.

The tables are made once from the ``holidays`` library, checked in and part of the rules' digest, so that an upgrade of
the library never moves a date by itself. Only ``made`` imports the library, which is slow to load.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

FIRST_YEAR, LAST_YEAR = 2018, 2035
_ESTIMATED = "estimated)"
"""How the library ends the name of a day that hangs on a moon nobody has seen yet."""


@dataclass(frozen=True, slots=True)
class Source:
    """Which part of the library a table is made from, and where its clocks stand.

    ``language`` is the English that the place itself writes. ``yearly`` marks places that say their days one year at a
    time. Where they are decreed, ``decreed`` is how the name of a day begins that only a decree can have made: without
    one, the library merely guesses at that year.
    """

    id: str
    title: str
    zone: str
    country: str
    subdivision: str | None = None
    language: str = "en_US"
    yearly: bool = False
    decreed: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What the library knows: holidays by day, weekends on which people work, and up to which year that is certain."""

    holidays: Mapping[date, str]
    worked: tuple[date, ...]
    weekend: tuple[int, ...]
    until: int


SOURCES = (
    Source("IE", "public holidays in Ireland", "Europe/Dublin", "IE"),
    Source("US", "federal holidays in the United States", "America/New_York", "US"),
    Source("US-CA", "state holidays in California", "America/Los_Angeles", "US", "CA"),
    Source("GB-ENG", "bank holidays in England", "Europe/London", "GB", "ENG", "en_GB"),
    Source("CH", "holidays kept in the whole of Switzerland", "Europe/Zurich", "CH"),
    Source("BR", "national holidays in Brazil", "America/Sao_Paulo", "BR"),
    Source("CA", "holidays kept in the whole of Canada", "America/Toronto", "CA", language="en_CA"),
    Source("CA-QC", "public holidays in Quebec", "America/Toronto", "CA", "QC", "en_CA"),
    # States and territories keep days of their own, such as the King's Birthday, and some move a day that falls on a
    # weekend. Which of them counts hangs on the seat; without one, only the days that all of them keep.
    Source("AU", "public holidays in the whole of Australia", "Australia/Sydney", "AU", language="en_AU"),
    Source("JP", "national holidays in Japan", "Asia/Tokyo", "JP"),
    Source("KR", "public holidays in South Korea", "Asia/Seoul", "KR"),
    Source("IN", "gazetted holidays of the Union of India", "Asia/Kolkata", "IN", language="en_IN", yearly=True),
    Source("ZA", "public holidays in South Africa", "Africa/Johannesburg", "ZA"),
    Source("CN", "public holidays in China", "Asia/Shanghai", "CN", yearly=True, decreed="Day off (substituted"),
)


def made(source: Source) -> Table:
    """What the installed library knows for ``source``, up to the last year of which it is certain."""
    import holidays  # a third of a second, and needed by nobody who serves a request

    years = range(FIRST_YEAR, LAST_YEAR + 1)
    found = holidays.country_holidays(source.country, subdiv=source.subdivision, years=years, language=source.language)
    until = _certain_until(source, found)
    return Table(
        holidays={day: name for day, name in sorted(found.items()) if FIRST_YEAR <= day.year <= until},
        worked=tuple(sorted(day for day in found.weekend_workdays if FIRST_YEAR <= day.year <= until)),
        weekend=tuple(sorted(day + 1 for day in found.weekend)),
        until=until,
    )


def _certain_until(source: Source, found: Mapping[date, str]) -> int:
    """The last year before the first that is estimated, or of which nothing has been decreed yet."""
    guessed = {day.year for day, name in found.items() if name.endswith(_ESTIMATED)}
    if source.decreed:
        decreed = {day.year for day, name in found.items() if name.startswith(source.decreed)}
        guessed |= set(range(FIRST_YEAR, LAST_YEAR + 1)) - decreed
    return min(guessed, default=LAST_YEAR + 1) - 1


def as_toml(source: Source) -> str:
    """The file for ``source``, to be written to ``data/calendars/<id>.toml``."""
    return "\n".join(_lines(source)) + "\n"


def _lines(source: Source) -> Iterator[str]:
    table = made(source)
    yield "# Made by `manage.py rules calendars`; do not edit. A correction goes into a file of this name in RULES_DIR."
    yield f'id = "{source.id}"'
    yield f'title = "{source.title}"'
    yield f'zone = "{source.zone}"'
    yield f'made_with = "holidays {version("holidays")}"'
    if table.weekend != (6, 7):
        yield f"weekend = {list(table.weekend)}"
    if source.yearly:
        yield "yearly = true"
    if table.worked:
        yield "worked = ["
        yield from (f"  {day}," for day in table.worked)
        yield "]"
    year = 0
    for day, name in table.holidays.items():
        if day.year != year:
            year = day.year
            yield f"\n[years.{year}]"
        yield f'{day:"%m-%d"} = "{name.replace(chr(34), chr(39))}"'
