from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from dsr.deadlines import (
    Period,
    Reason,
    Roll,
    Span,
    Unit,
    WorkCalendar,
    add_business_days,
    add_months,
    business_days_before,
    chosen,
    day_ends,
    due_date,
    local_date,
    next_working_day,
    reckon,
)

IRELAND = WorkCalendar(
    id="IE",
    title="Ireland",
    zone="Europe/Dublin",
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
    holidays={
        date(2026, 4, 6): "Easter Monday",
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 26): "Saint Stephen's Day",
    },
)

DAYS = st.dates(date(2018, 1, 1), date(2035, 12, 31))
PERIODS = st.builds(
    Period,
    n=st.integers(1, 120),
    unit=st.sampled_from(Unit),
    inclusive=st.booleans(),
    roll=st.sampled_from(Roll),
)
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Dublin",
        "America/Los_Angeles",
        "Pacific/Apia",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
    ]
)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 1, 29), 1, date(2028, 2, 29)),
        (date(2027, 1, 29), 1, date(2027, 2, 28)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 8, 31), 3, date(2026, 11, 30)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ],
)
def test_add_months_takes_the_last_day_when_the_month_is_too_short(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


def test_a_weekend_on_which_people_work_counts_in_every_reading() -> None:
    saturday = date(2026, 2, 28)
    table = WorkCalendar(
        id="CN",
        title="China",
        zone="Asia/Shanghai",
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
        holidays={date(2026, 2, 23): "in exchange"},
        worked=frozenset({saturday}),
    )

    assert add_business_days(date(2026, 2, 20), 5, table) == saturday
    assert add_business_days(date(2026, 2, 20), 6, table.without_holidays()) == saturday
    assert next_working_day(saturday, table) == saturday


def test_month_ends_on_the_next_working_day_when_it_rolls() -> None:
    counted = reckon(date(2026, 3, 5), Period(1, Unit.MONTH, roll=Roll.NEXT), IRELAND, "Art 3")

    assert counted.due == date(2026, 4, 7)
    assert [(s.start, s.end, s.counts) for s in counted.segments] == [
        (date(2026, 3, 5), date(2026, 3, 5), False),
        (date(2026, 3, 6), date(2026, 4, 5), True),
        (date(2026, 4, 6), date(2026, 4, 7), False),
    ]
    with translation.override("en"):
        assert counted.segments[-1].because == (
            "The period would end on Sunday 5 April 2026. It ends on the next working day instead; "
            "left out: Sunday, Easter Monday."
        )


def test_month_stays_where_it_ends_when_it_does_not_roll() -> None:
    assert due_date(date(2026, 3, 5), Period(1, Unit.MONTH), IRELAND) == date(2026, 4, 5)


def test_days_count_from_the_next_day_or_from_the_day_itself() -> None:
    received = date(2026, 7, 1)

    exclusive = due_date(received, Period(30, Unit.DAY), IRELAND)
    inclusive = due_date(received, Period(30, Unit.DAY, inclusive=True), IRELAND)

    assert exclusive == date(2026, 7, 31)
    assert inclusive == date(2026, 7, 30)  # thirty days beginning with the day of receipt


def test_a_month_beginning_with_a_day_ends_on_the_eve_of_its_number() -> None:
    assert due_date(date(2026, 3, 5), Period(1, Unit.MONTH, inclusive=True), IRELAND) == date(2026, 4, 4)
    assert due_date(date(2026, 1, 31), Period(1, Unit.MONTH, inclusive=True), IRELAND) == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("period", "reasons"),
    [
        (Period(30, Unit.DAY, inclusive=True), [Reason.EVENT_DAY_COUNTS, Reason.DAYS]),
        (Period(1, Unit.DAY, inclusive=True), [Reason.DAYS]),
        (Period(1, Unit.MONTH, inclusive=True), [Reason.EVENT_DAY_COUNTS, Reason.MONTHS_WITH_THE_FIRST]),
        (Period(30, Unit.DAY), [Reason.EVENT_DAY, Reason.DAYS]),
        (Period(1, Unit.MONTH), [Reason.EVENT_DAY, Reason.MONTHS]),
    ],
)
def test_whether_the_first_day_counts_is_said(period: Period, reasons: list[Reason]) -> None:
    segments = reckon(date(2026, 7, 1), period, IRELAND, "s.164A(3)").segments

    assert [segment.reason for segment in segments] == reasons
    assert segments[0].counts == period.inclusive


def test_day_one_is_among_the_first_days_when_the_clock_then_stands_still() -> None:
    still = [Span(date(2026, 7, 6), date(2026, 7, 8), Reason.PAUSED_FEE, "x")]

    segments = reckon(date(2026, 7, 1), Period(30, Unit.DAY, inclusive=True), IRELAND, "x", still).segments

    with translation.override("en"):
        assert [segment.because for segment in segments] == [
            "The day of the event is day one.",
            "The first 5 of 30 calendar days.",
            "The clock stood still: we were waiting to hear about the fee.",
            "The clock runs again, for the 25 days that were left.",
        ]


def test_a_day_that_was_chosen_is_reached_over_what_stood_still() -> None:
    still = [
        Span(date(2026, 5, 1), date(2026, 5, 3), Reason.PAUSED_FEE, "x"),
        Span(date(2026, 5, 8), date(2026, 5, 12), Reason.PAUSED_IDENTITY, "x"),
    ]

    runs = [(s.start.day, s.end.day, s.counts) for s in chosen(date(2026, 5, 2), date(2026, 5, 10), "x", still)]

    assert runs == [(2, 3, False), (4, 7, True), (8, 10, False)]
    assert [s.end.day for s in chosen(date(2026, 5, 20), date(2026, 5, 22), "x", still)] == [22]


def test_business_days_name_what_they_leave_out() -> None:
    counted = reckon(date(2026, 12, 23), Period(2, Unit.BUSINESS_DAY), IRELAND, "Rule")

    assert counted.due == date(2026, 12, 28)
    assert [s.reason for s in counted.segments] == [
        Reason.EVENT_DAY,
        Reason.BUSINESS_DAY,
        Reason.NOT_WORKING,
        Reason.BUSINESS_DAY,
    ]
    with translation.override("en"):
        assert counted.segments[2].because == "Not business days: Christmas Day, Saint Stephen's Day, Sunday."


def test_inclusive_business_days_begin_on_the_first_working_day() -> None:
    on_sunday = due_date(date(2026, 4, 5), Period(1, Unit.BUSINESS_DAY, inclusive=True), IRELAND)
    on_tuesday = due_date(date(2026, 4, 7), Period(1, Unit.BUSINESS_DAY, inclusive=True), IRELAND)

    assert (on_sunday, on_tuesday) == (date(2026, 4, 7), date(2026, 4, 7))


def test_nothing_at_all_means_at_once_even_on_a_holiday() -> None:
    counted = reckon(date(2026, 12, 25), Period(0, Unit.DAY), IRELAND, "Art 21(3)")

    assert counted.due == date(2026, 12, 25)
    assert [segment.reason for segment in counted.segments] == [Reason.AT_ONCE]


@pytest.mark.parametrize(("n", "inclusive"), [(-1, False), (0, True)])
def test_a_period_that_means_nothing_is_refused(n: int, inclusive: bool) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Period(n, Unit.DAY, inclusive)


def test_reckoning_is_uncertain_where_the_table_ends() -> None:
    inside = reckon(date(2026, 11, 2), Period(1, Unit.MONTH, roll=Roll.NEXT), IRELAND, "x")
    beyond = reckon(date(2026, 12, 15), Period(1, Unit.MONTH, roll=Roll.NEXT), IRELAND, "x")
    careless = reckon(date(2026, 12, 15), Period(30, Unit.DAY), IRELAND, "x")

    assert (inside.certain, beyond.certain, careless.certain) == (True, False, True)


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), "Europe/Dublin", date(2026, 3, 28)),
        (datetime(2026, 3, 29, 23, 30, tzinfo=UTC), "Europe/Dublin", date(2026, 3, 30)),  # summer time begins
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), "Europe/Dublin", date(2026, 10, 25)),  # and ends
        (datetime(2026, 7, 2, 6, 59, tzinfo=UTC), "America/Los_Angeles", date(2026, 7, 1)),
        (datetime(2026, 7, 2, 7, 0, tzinfo=UTC), "America/Los_Angeles", date(2026, 7, 2)),
        (datetime(2026, 7, 1, 10, 0, tzinfo=UTC), "Pacific/Kiritimati", date(2026, 7, 2)),
    ],
)
def test_local_date_is_the_day_at_the_controller(at: datetime, zone: str, day: date) -> None:
    assert local_date(at, zone) == day


def test_local_date_refuses_an_instant_without_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        local_date(datetime(2026, 3, 5, 9, 30), "Europe/Dublin")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 29, 0, 0, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 23, 0, tzinfo=UTC)),  # a day of twenty-three hours
        (date(2026, 10, 25), datetime(2026, 10, 26, 0, 0, tzinfo=UTC)),  # one of twenty-five
    ],
)
def test_day_ends_at_local_midnight(day: date, ends: datetime) -> None:
    assert day_ends(day, "Europe/Dublin") == ends


def test_business_days_before_undoes_business_days_after() -> None:
    assert business_days_before(date(2026, 12, 28), 2, IRELAND) == date(2026, 12, 23)


@given(DAYS, PERIODS)
def test_segments_cover_every_day_once_from_event_to_due(start: date, period: Period) -> None:
    counted = reckon(start, period, IRELAND, "x")

    assert counted.due == due_date(start, period, IRELAND)
    assert counted.segments[0].start == start
    assert counted.segments[-1].end == counted.due
    assert all(segment.start <= segment.end for segment in counted.segments)
    assert all(after.start == before.end + timedelta(days=1) for before, after in pairwise(counted.segments))


@given(DAYS, PERIODS)
def test_counted_days_are_as_many_as_the_period_has(start: date, period: Period) -> None:
    segments = reckon(start, period, IRELAND, "x").segments

    counted = sum((s.end - s.start).days + 1 for s in segments if s.counts)

    if period.unit is not Unit.MONTH:
        assert counted == period.n
    else:
        assert 28 * period.n - 1 <= counted <= 31 * period.n


@given(DAYS, PERIODS, st.integers(0, 40))
def test_a_later_event_is_never_due_earlier(start: date, period: Period, later: int) -> None:
    assert due_date(start, period, IRELAND) <= due_date(start + timedelta(days=later), period, IRELAND)


@given(DAYS, PERIODS)
def test_a_longer_period_is_never_due_earlier(start: date, period: Period) -> None:
    longer = Period(period.n + 1, period.unit, period.inclusive, period.roll)

    assert due_date(start, period, IRELAND) <= due_date(start, longer, IRELAND)


@given(DAYS, PERIODS)
def test_fewer_holidays_are_never_due_later(start: date, period: Period) -> None:
    assert due_date(start, period, IRELAND.without_holidays()) <= due_date(start, period, IRELAND)


@given(DAYS, st.integers(1, 120), st.sampled_from(Unit))
def test_what_rolls_ends_on_a_working_day_and_within_a_week(start: date, n: int, unit: Unit) -> None:
    still = due_date(start, Period(n, unit), IRELAND)

    rolled = due_date(start, Period(n, unit, roll=Roll.NEXT), IRELAND)

    assert IRELAND.is_working(rolled)
    assert still <= rolled <= still + timedelta(days=5)
    assert rolled == next_working_day(still, IRELAND)


@given(DAYS, st.integers(0, 60))
def test_months_add_up_unless_a_day_is_missing(start: date, n: int) -> None:
    end = add_months(start, n)

    assert (end.year - start.year) * 12 + end.month - start.month == n
    assert end.day == start.day or (end + timedelta(days=1)).day == 1


@given(DAYS, st.integers(0, 60))
def test_business_days_are_counted_one_by_one(start: date, n: int) -> None:
    end = add_business_days(start, n, IRELAND)

    between = (start + timedelta(days=i) for i in range(1, (end - start).days + 1))
    assert sum(map(IRELAND.is_working, between)) == n


@given(DAYS, ZONES)
def test_the_instant_a_day_ends_is_the_first_of_the_next(day: date, zone: str) -> None:
    end = day_ends(day, zone)

    assert local_date(end, zone) > day
    assert local_date(end - timedelta(seconds=1), zone) <= day


@given(st.datetimes(datetime(2018, 1, 1), datetime(2035, 1, 1)), ZONES)  # noqa: DTZ001
def test_an_instant_lies_before_the_end_of_its_day(at: datetime, zone: str) -> None:
    instant = at.replace(tzinfo=UTC)

    assert instant < day_ends(local_date(instant, zone), zone)


@st.composite
def stops(draw: st.DrawFn) -> tuple[date, Period, list[Span]]:
    """A period and days on which its clock stood still, in order and apart, each stopped before it had run out."""
    start, period, spans = draw(DAYS), draw(PERIODS), list[Span]()
    free = start
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), max_size=4)):
        first = free + timedelta(days=gap)
        spans.append(Span(first, first + timedelta(days=length), Reason.PAUSED_FEE, "x"))
        free = spans[-1].end + timedelta(days=1)
    return start, period, spans


@given(stops())
def test_what_stood_still_is_left_out_and_everything_else_is_counted(case: tuple[date, Period, list[Span]]) -> None:
    start, period, still = case

    counted = reckon(start, period, IRELAND, "x", still)

    stood = {span.start + timedelta(days=n) for span in still for n in range(span.days)}
    days = [
        (s.start + timedelta(days=n), s.counts) for s in counted.segments for n in range((s.end - s.start).days + 1)
    ]
    assert [day for day, _ in days] == [start + timedelta(days=n) for n in range((counted.due - start).days + 1)]
    assert not stood & {day for day, counts in days if counts}
    if period.unit is not Unit.MONTH:
        first_stood = start in stood and not period.inclusive and period.unit is Unit.DAY
        assert sum(counts for _, counts in days) == period.n + first_stood


@given(stops(), st.integers(1, 30))
def test_standing_still_longer_is_never_due_earlier(case: tuple[date, Period, list[Span]], longer: int) -> None:
    start, period, still = case
    due = due_date(start, period, IRELAND, still)

    if still:
        last = still[-1]
        stretched = Span(last.start, last.end + timedelta(days=longer), last.reason, last.source)
        assert due_date(start, period, IRELAND, still[:-1]) <= due
        assert due <= due_date(start, period, IRELAND, [*still[:-1], stretched])
    else:
        assert due == due_date(start, period, IRELAND)


@given(stops(), st.integers(1, 60), st.integers(0, 60))
def test_what_is_stopped_when_the_time_has_run_out_gains_nothing(
    case: tuple[date, Period, list[Span]], after: int, length: int
) -> None:
    start, period, still = case
    due = due_date(start, period, IRELAND, still)
    first = max([due, *(span.end for span in still)]) + timedelta(days=after)
    late = Span(first, first + timedelta(days=length), Reason.PAUSED_FEE, "x")

    assert due_date(start, period, IRELAND, [*still, late]) == due
