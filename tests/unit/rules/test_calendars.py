"""The frozen holiday tables agree with the library they were made from, and nobody needs it to serve a request."""

import subprocess
import sys
from datetime import date

import pytest

from dsr.rules.calendars import FIRST_YEAR, LAST_YEAR, SOURCES, Source, made
from tests.unit.rules.packs import shipped


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_frozen_table_is_what_the_library_says(source: Source) -> None:
    table = shipped().calendars[source.id]

    assert dict(table.holidays) == made(source)
    assert (table.first, table.last) == (date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
    assert table.zone == source.zone


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
