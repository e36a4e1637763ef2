"""The frozen holiday tables agree with the library they were made from, and nobody needs it to serve a request."""

import subprocess
import sys
from datetime import date

import pytest

from dsr.deadlines import Period, Unit, reckon
from dsr.rules.calendars import FIRST_YEAR, LAST_YEAR, SOURCES, Source, made
from tests.unit.rules.packs import shipped


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_frozen_table_is_what_the_library_says(source: Source) -> None:
    table, now = shipped().calendars[source.id], made(source)

    assert dict(table.holidays) == dict(now.holidays)
    assert table.worked == set(now.worked)
    assert table.weekend == {day - 1 for day in now.weekend}
    assert (table.first, table.last) == (date(FIRST_YEAR, 1, 1), date(now.until, 12, 31))
    assert (table.zone, table.yearly) == (source.zone, source.yearly)


def test_a_table_ends_where_the_library_begins_to_guess() -> None:
    ends = {name: table.last.year for name, table in shipped().calendars.items() if table.holidays}

    assert {name for name, year in ends.items() if year < LAST_YEAR} == {"CN", "IN"}
    # In 0.109 the moon festivals of India are estimated, and no exchange of days in China is decreed, from 2027 on.
    assert (ends["CN"], ends["IN"]) == (2026, 2026)


@pytest.mark.parametrize("calendar", ["CN", "IN"])
def test_a_date_beyond_what_is_announced_is_uncertain_and_not_later(calendar: str) -> None:
    rules = shipped()
    table, ten = rules.calendars[calendar], Period(10, Unit.BUSINESS_DAY)

    known, beyond = (reckon(day, ten, table, "a source") for day in (date(2026, 1, 28), date(2027, 1, 28)))

    assert (known.certain, beyond.certain) == (True, False)
    assert beyond.due == date(2027, 2, 11)  # weekdays alone, although the Spring Festival begins on 6 February


@pytest.mark.parametrize(
    "source", [source for source in SOURCES if source.language == "en_US"], ids=lambda source: source.id
)
def test_names_are_english(source: Source) -> None:
    names = "".join(shipped().calendars[source.id].holidays.values())

    assert all(ord(character) < 0x250 for character in names)


@pytest.mark.parametrize(
    ("calendar", "day", "works"),
    [
        ("IE", date(2026, 4, 3), True),  # Good Friday
        ("IE", date(2026, 4, 6), False),  # Easter Monday
        ("IE", date(2026, 2, 2), False),  # Saint Brigid's Day
        ("IE", date(2028, 1, 3), True),  # New Year's Day was a Saturday, and the law moves it nowhere
        ("US", date(2026, 7, 3), False),  # Independence Day was a Saturday
        ("US", date(2026, 11, 27), True),  # day after Thanksgiving
        ("US-CA", date(2026, 11, 27), False),
        ("US-CA", date(2026, 10, 12), True),  # Columbus Day is none in California
        ("GB-ENG", date(2026, 12, 28), False),  # Boxing Day was a Saturday
        ("GB-ENG", date(2023, 5, 8), False),  # the coronation
        ("GB-ENG", date(2026, 8, 3), True),  # a bank holiday in Scotland
        ("CH", date(2026, 5, 14), False),  # Ascension
        ("CH", date(2026, 4, 6), True),  # Easter Monday is left to the cantons
        ("BR", date(2026, 11, 20), False),  # national since 2024
        ("BR", date(2023, 11, 20), True),
        ("BR", date(2026, 2, 17), True),  # Carnival is optional
        ("CA", date(2026, 7, 1), False),
        ("CA", date(2026, 6, 24), True),
        ("CA-QC", date(2026, 6, 24), False),  # Saint John the Baptist
        ("AU", date(2026, 1, 26), False),
        ("AU", date(2026, 6, 8), True),  # the King's Birthday, which Western Australia and Queensland keep in autumn
        ("JP", date(2026, 5, 6), False),  # 3 May was a Sunday, and the two days after it are holidays
        ("JP", date(2026, 9, 22), False),  # between two holidays
        ("KR", date(2026, 2, 18), False),  # the day after the lunar New Year
        ("KR", date(2026, 5, 25), False),  # the Buddha's Birthday was a Sunday
        ("IN", date(2026, 1, 26), False),
        ("IN", date(2026, 11, 24), False),  # Guru Nanak
        ("ZA", date(2026, 8, 10), False),  # Women's Day was a Sunday
        ("ZA", date(2026, 12, 26), False),
        ("CN", date(2026, 2, 23), False),  # in exchange for 28 February
        ("CN", date(2026, 2, 28), True),  # a Saturday on which people work
        ("CN", date(2026, 3, 7), False),  # one on which they do not
        ("WEEKDAYS", date(2026, 12, 25), True),
    ],
)
def test_working_days_are_those_of_the_place(calendar: str, day: date, works: bool) -> None:
    assert shipped().calendars[calendar].is_working(day) is works


def test_a_date_is_worked_out_without_the_library() -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; import django; django.setup();"
        "from datetime import date; from dsr.rules import *;"
        "row = pack().regime('us_ca_ccpa', date(2026, 7, 1));"
        "clocks(row, 'access', [ClockEvent(EventKind.RECEIVED, date(2026, 7, 1))]);"
        "sys.exit('holidays' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
