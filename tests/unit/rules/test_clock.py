"""Dates worked out by hand, each with where the law says so."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.rules import Clock, ClockEvent, ClockKind, EventKind, NotInRules, clocks, extended
from dsr.rules import clock as clock_module
from tests.unit.rules.packs import received, shipped

ARTICLE_3 = "Regulation 1182/71 Art 3(2)(c) and 3(4)"


def _clocks(regime: str, right: str, on: date) -> dict[ClockKind, Clock]:
    row = shipped().regime(regime, on)
    found = {clock.kind: clock for clock in clocks(row, right, received(on))}
    longest = extended(row, right, received(on))
    return found | ({ClockKind.EXTENDED: longest} if longest else {})


@pytest.mark.parametrize(
    ("source", "on", "respond", "latest"),
    [
        (ARTICLE_3, date(2026, 3, 5), date(2026, 4, 7), date(2026, 6, 5)),  # Easter
        (ARTICLE_3, date(2026, 1, 31), date(2026, 3, 2), date(2026, 4, 30)),  # 28 February is a Saturday
        (ARTICLE_3, date(2026, 8, 31), date(2026, 9, 30), date(2026, 11, 30)),  # no 31st
        (ARTICLE_3, date(2027, 1, 31), date(2027, 3, 1), date(2027, 4, 30)),  # 28 February is a Sunday
        (ARTICLE_3, date(2026, 9, 3), date(2026, 10, 5), date(2026, 12, 3)),  # a Saturday
        # 31 January is a Sunday, and in Ireland 1 February 2027 is Saint Brigid's Day: without it the day would be 1.
        (ARTICLE_3, date(2026, 12, 31), date(2027, 2, 2), date(2027, 3, 31)),
        (ARTICLE_3, date(2026, 11, 30), date(2026, 12, 30), date(2027, 3, 1)),  # three months, to a Sunday
        # A leap year; 30 April is a Sunday and 1 May a holiday.
        (ARTICLE_3, date(2028, 1, 31), date(2028, 2, 29), date(2028, 5, 2)),
        (ARTICLE_3, date(2026, 11, 25), date(2026, 12, 28), date(2027, 2, 25)),  # Christmas, Saint Stephen's, Sunday
        # A leap day; Good Friday is no public holiday in Ireland.
        (ARTICLE_3, date(2024, 2, 29), date(2024, 3, 29), date(2024, 5, 29)),
    ],
)
def test_a_month_under_the_gdpr(source: str, on: date, respond: date, latest: date) -> None:
    found = _clocks("eu_gdpr", "access", on)

    assert (found[ClockKind.RESPOND].due, found[ClockKind.EXTENDED].due) == (respond, latest), source
    assert found[ClockKind.RESPOND].safe is None


@pytest.mark.parametrize(
    ("source", "right", "on", "acknowledge", "promised", "respond", "latest"),
    [
        (
            "7021",
            "access",
            date(2026, 7, 6),
            date(2026, 7, 20),
            date(2026, 7, 20),
            date(2026, 8, 20),
            date(2026, 10, 4),
        ),
        (
            "7021",
            "access",
            date(2026, 7, 1),
            date(2026, 7, 16),
            date(2026, 7, 15),
            date(2026, 8, 15),
            date(2026, 9, 29),
        ),
        (
            "7021",
            "deletion",
            date(2028, 1, 16),
            date(2028, 1, 31),
            date(2028, 1, 28),
            date(2028, 3, 1),
            date(2028, 4, 15),
        ),
    ],
)
def test_know_and_delete_in_california(
    source: str, right: str, on: date, acknowledge: date, promised: date, respond: date, latest: date
) -> None:
    found = _clocks("us_ca_ccpa", right, on)

    assert (found[ClockKind.ACKNOWLEDGE].due, found[ClockKind.ACKNOWLEDGE].promised) == (acknowledge, promised), source
    assert (found[ClockKind.RESPOND].due, found[ClockKind.EXTENDED].due) == (respond, latest), source


@pytest.mark.parametrize(
    ("calendar", "due"),
    [("WEEKDAYS", date(2026, 12, 7)), ("US", date(2026, 12, 8)), ("US-CA", date(2026, 12, 9))],
)
def test_an_opt_out_in_california_by_whose_holidays_are_counted(calendar: str, due: date) -> None:
    rules = shipped()
    row = rules.regime("us_ca_ccpa", date(2026, 11, 16))

    (found,) = clocks(
        row, "targeted_advertising_opt_out", received(date(2026, 11, 16)), calendar=rules.calendars[calendar]
    )

    assert (found.due, found.promised) == (due, date(2026, 12, 7))  # 7026(f); the smallest set of holidays is promised


def test_an_opt_out_is_neither_acknowledged_nor_extended() -> None:
    assert set(_clocks("us_ca_ccpa", "sensitive_data_limit", date(2026, 11, 16))) == {ClockKind.EFFECT}


def test_where_no_law_is_named_the_date_is_a_policy() -> None:
    found = _clocks("default", "access", date(2026, 3, 5))

    assert set(found) == {ClockKind.RESPOND}
    assert found[ClockKind.RESPOND].due == date(2026, 4, 4)  # a Saturday, and it stays there
    assert found[ClockKind.RESPOND].policy


def test_objecting_to_marketing_takes_effect_at_once() -> None:
    found = _clocks("eu_gdpr", "marketing_opt_out", date(2026, 3, 7))

    assert found[ClockKind.EFFECT].due == date(2026, 3, 7)  # Art 21(3), and a Saturday
    assert ClockKind.EXTENDED not in found


def test_a_clock_names_its_rule_its_source_and_how_sure_it_is() -> None:
    clock = _clocks("eu_gdpr", "access", date(2026, 3, 5))[ClockKind.RESPOND]

    assert clock.rule == "eu_gdpr/2018-05-25/respond"
    assert clock.source.startswith("Art 12(3)")
    assert (clock.confidence, clock.policy, clock.certain) == ("C", False, True)


def test_a_date_beyond_the_holiday_table_says_that_it_is_uncertain() -> None:
    assert not _clocks("eu_gdpr", "access", date(2035, 12, 20))[ClockKind.RESPOND].certain


def test_an_instant_counts_on_the_day_it_has_at_the_controller() -> None:
    at = datetime(2026, 7, 2, 5, 0, tzinfo=UTC)

    there = ClockEvent.at(EventKind.RECEIVED, at, "America/Los_Angeles")
    here = ClockEvent.at(EventKind.RECEIVED, at, "Europe/Dublin")

    assert (there.on, here.on) == (date(2026, 7, 1), date(2026, 7, 2))


def test_a_right_that_the_law_does_not_know_is_refused() -> None:
    with pytest.raises(NotInRules, match="knows no right 'cpni_opt_out'"):
        _clocks("eu_gdpr", "cpni_opt_out", date(2026, 3, 5))


@pytest.mark.parametrize("times", [0, 2])
def test_a_request_is_received_once(times: int) -> None:
    with pytest.raises(ValueError, match="received once"):
        clocks(shipped().regime("default", date(2026, 3, 5)), "access", received(date(2026, 3, 5)) * times)


REGIMES = st.sampled_from([(row.id, known.right) for row in shipped().regimes for known in row.rights])
DAYS = st.dates(date(2028, 1, 1), date(2034, 12, 31))  # every law that ships is in force by then


@given(REGIMES, DAYS, st.integers(0, 30))
def test_due_dates_never_run_backwards(pair: tuple[str, str], on: date, later: int) -> None:
    now, then = _clocks(*pair, on), _clocks(*pair, on + timedelta(days=later))

    for kind, clock in now.items():
        assert clock.due <= then[kind].due
        assert clock.promised <= clock.due
        assert on <= clock.promised


@given(REGIMES, DAYS)
def test_the_same_events_give_the_same_clocks(pair: tuple[str, str], on: date) -> None:
    assert _clocks(*pair, on) == _clocks(*pair, on)


@given(REGIMES, DAYS)
def test_an_extension_reaches_further_than_the_first_period(pair: tuple[str, str], on: date) -> None:
    found = _clocks(*pair, on)

    if ClockKind.EXTENDED in found:
        assert found[ClockKind.EXTENDED].due > found[ClockKind.RESPOND].due


def test_a_clock_is_a_value() -> None:
    clock = _clocks("default", "access", date(2026, 3, 5))[ClockKind.RESPOND]

    assert replace(clock) == clock
    assert clock.as_dict()["due"] == "2026-04-04"


def test_clocks_of_a_fresh_request_are_worked_out_once_and_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    row, days = shipped().regime("eu_gdpr", date(2026, 3, 5)), [date(2026, 3, 5) + timedelta(days=n) for n in range(9)]
    monkeypatch.setattr(clock_module, "_known", known := dict[object, object]())
    monkeypatch.setattr(clock_module, "_MOST_KNOWN", 4)

    first = [clocks(row, "access", received(day)) for day in days]

    assert clocks(row, "access", received(days[-1])) is first[-1]
    assert clocks(row, "access", received(days[0])) == first[0]
    assert 0 < len(known) <= 4


def test_the_same_day_under_another_calendar_or_right_is_another_date() -> None:
    rules, on = shipped(), date(2026, 4, 2)
    row = rules.regime("eu_gdpr", on)

    irish, weekdays = (
        clocks(row, "access", received(on), calendar=rules.calendars[name])[0].due for name in ("IE", "WEEKDAYS")
    )

    assert (irish, weekdays) == (date(2026, 4, 8), date(2026, 4, 7))
    assert clocks(row, "marketing_opt_out", received(on))[-1].kind is ClockKind.EFFECT
