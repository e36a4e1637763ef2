"""Where a clock begins, when it stands still, and what that does to its date; worked out by hand on invented laws."""

from datetime import date
from itertools import pairwise

import pytest

from dsr.deadlines import Reason
from dsr.rules import Clock, ClockKind, extended
from tests.unit.rules.laws import (
    A_MONTH,
    ENGLAND,
    THIRTY_DAYS,
    answer,
    dates,
    eu_like,
    law,
    story,
    uk_like,
)

ART_12A = "UK GDPR Art 12A; Data Protection Act 2018, s.54(3C)"
GUIDANCE = "EDPB Guidelines 01/2022, 5.3"


def _both(clock: Clock) -> tuple[date, date]:
    return clock.due, clock.promised


def _counted(clock: Clock) -> int:
    return sum((segment.end - segment.start).days + 1 for segment in clock.segments if segment.counts)


@pytest.mark.parametrize(
    ("asked", "given", "due", "promised"),
    [
        ("2026-03-10", "2026-03-20", date(2026, 4, 14), date(2026, 4, 13)),  # 3 April and eleven days
        ("2026-03-10", "2026-03-10", date(2026, 4, 7), date(2026, 4, 6)),  # 4 April, a Saturday; then Easter Monday
        ("2026-03-03", "2026-03-08", date(2026, 4, 9), date(2026, 4, 8)),  # six days from the day of receipt itself
        ("2026-04-03", "2026-04-12", date(2026, 4, 13), date(2026, 4, 12)),  # asked on the last day of the month
    ],
)
def test_days_from_question_to_answer_do_not_count_both_included(
    asked: str, given: str, due: date, promised: date
) -> None:
    events = story("2026-03-03", f"clarification_asked={asked}", f"clarification_given={given}")

    assert _both(answer(uk_like(), events)) == (due, promised), ART_12A


def test_excluded_days_are_added_before_the_date_moves_to_a_working_day() -> None:
    events = story("2026-03-03", "clarification_asked=2026-03-10", "clarification_given=2026-03-20")

    clock = answer(uk_like(), events)

    assert [(s.start.day, s.end.day, s.counts, s.reason) for s in clock.segments] == [
        (3, 3, False, Reason.EVENT_DAY),
        (4, 9, True, Reason.MONTHS_BEGUN),
        (10, 20, False, Reason.PAUSED_CLARIFICATION),
        (21, 14, True, Reason.GOES_ON),
    ]
    assert clock.segments[-1].because == "The clock runs again, for the 25 days that were left."
    assert _counted(clock) == 31  # as many as from 4 March to 3 April


@pytest.mark.parametrize(
    ("events", "due"),
    [
        (("identity_asked=2026-03-04", "identity_given=2026-03-16"), date(2026, 4, 16)),
        (("identity_given=2026-03-16",), date(2026, 4, 16)),  # brought along a little later, without a question
        (("fee_told=2026-03-05", "fee_paid=2026-03-31"), date(2026, 4, 30)),  # a month without a 31st
        # The later of the two, whichever it is.
        (
            ("identity_asked=2026-03-04", "fee_told=2026-03-04", "identity_given=2026-03-09", "fee_paid=2026-03-16"),
            date(2026, 4, 16),
        ),
        (
            ("identity_asked=2026-03-04", "fee_told=2026-03-04", "fee_paid=2026-03-09", "identity_given=2026-03-16"),
            date(2026, 4, 16),
        ),
        (("identity_asked=2026-03-03", "identity_given=2026-03-03"), date(2026, 4, 7)),  # the same day changes nothing
    ],
)
def test_a_period_begins_with_the_latest_of_receipt_identity_and_fee(events: tuple[str, ...], due: date) -> None:
    assert answer(uk_like(), story("2026-03-03", *events)).due == due, ART_12A


def test_each_day_before_the_beginning_says_what_was_waited_for() -> None:
    waited = ("identity_asked=2026-03-04", "identity_given=2026-03-09", "fee_told=2026-03-10", "fee_paid=2026-03-16")

    segments = answer(uk_like(), story("2026-03-03", *waited)).segments

    assert [(s.start.day, s.end.day, s.reason, s.source) for s in segments[:3]] == [
        (3, 8, Reason.NOT_BEGUN_IDENTITY, "s.3 identity"),
        (9, 15, Reason.NOT_BEGUN_FEE, "s.3 fee"),
        (16, 16, Reason.EVENT_DAY, "s.1"),
    ]


def test_only_what_stood_still_after_the_beginning_is_left_out() -> None:
    waited = ("clarification_asked=2026-03-12", "identity_asked=2026-03-04", "identity_given=2026-03-16")

    early = answer(uk_like(), story("2026-03-03", *waited, "clarification_given=2026-03-14"))
    across = answer(uk_like(), story("2026-03-03", *waited, "clarification_given=2026-03-20"))

    assert early.due == date(2026, 4, 16)
    assert across.due == date(2026, 4, 21)  # 16 to 20 March, which is five days


def test_guidance_moves_the_last_lawful_day_and_not_the_promise() -> None:
    asked = ("clarification_asked=2026-03-10", "clarification_given=2026-03-20")

    clock = answer(eu_like(), story("2026-03-05", *asked))

    # 5 April and the ten days after the question up to the answer; without them Easter Monday is left out.
    assert _both(clock) == (date(2026, 4, 15), date(2026, 4, 7)), GUIDANCE


@pytest.mark.parametrize(
    ("given", "due"),
    [("2026-04-05", date(2026, 4, 7)), ("2026-04-08", date(2026, 4, 8)), ("2026-04-11", date(2026, 4, 13))],
)
def test_what_is_asked_on_the_last_day_still_stops_the_clock(given: str, due: date) -> None:
    events = story("2026-03-05", "clarification_asked=2026-04-05", f"clarification_given={given}")

    assert answer(eu_like(), events).due == due


@pytest.mark.parametrize("asked", ["2026-04-06", "2026-04-07", "2026-04-08", "2026-09-01"])
@pytest.mark.parametrize("what", ["identity", "clarification"])
def test_what_is_asked_when_the_time_has_run_out_gains_nothing(asked: str, what: str) -> None:
    """Peers' vector 5. The 6th and 7th only wait for a working day: there is nothing left to stop."""
    events = story("2026-03-05", f"{what}_asked={asked}", f"{what}_given=2026-10-01")

    assert _both(answer(eu_like(), events)) == (date(2026, 4, 7), date(2026, 4, 7))
    assert answer(uk_like(), story("2026-03-05", f"{what}_asked=2026-04-08", f"{what}_given=2026-10-01")).due == date(
        2026, 4, 7
    )


def test_questions_that_are_open_at_once_are_united() -> None:
    """Peers' vector 10: days are never counted twice."""
    asked = ("identity_asked=2026-03-10", "clarification_asked=2026-03-12")
    given = ("identity_given=2026-03-20", "clarification_given=2026-03-24")

    both = answer(eu_like(), story("2026-03-05", *asked, *given))
    one = answer(eu_like(), story("2026-03-05", "identity_asked=2026-03-10", "identity_given=2026-03-24"))

    assert both.due == one.due == date(2026, 4, 20)  # 5 April and fourteen days, a Sunday
    assert [(s.start, s.end, s.reason) for s in both.segments if "paused" in s.reason] == [
        (date(2026, 3, 11), date(2026, 3, 20), Reason.PAUSED_IDENTITY),
        (date(2026, 3, 21), date(2026, 3, 24), Reason.PAUSED_CLARIFICATION),
    ]


def test_law_and_guidance_together_promise_what_the_law_alone_gives() -> None:
    mixed = law(A_MONTH, pauses={"identity": "toll", "clarification": "exclude_inclusive"}, calendar=ENGLAND)
    asked = ("clarification_asked=2026-03-10", "identity_asked=2026-03-10")
    given = ("clarification_given=2026-03-14", "identity_given=2026-03-20")

    clock = answer(mixed, story("2026-03-09", *asked, *given))

    # 9 April and eleven days by both; and the five from the 10th to the 14th by law.
    assert _both(clock) == (date(2026, 4, 20), date(2026, 4, 14))


def test_two_questions_after_each_other_both_count() -> None:
    first = ("clarification_asked=2026-03-05", "clarification_given=2026-03-07")
    second = ("clarification_asked=2026-03-10", "clarification_given=2026-03-10")

    clock = answer(uk_like(), story("2026-03-03", *first, *second))

    assert clock.due == date(2026, 4, 7)  # 3 April and four days
    assert [s.because for s in clock.segments if s.reason is Reason.GOES_ON] == [
        "The clock runs again, for the 30 days that were left.",
        "The clock runs again, for the 28 days that were left.",
    ]


def test_an_open_question_moves_nothing_until_somebody_says_from_when_it_is_looked_at() -> None:
    events = story("2026-03-03", "clarification_asked=2026-03-10")

    untold, seen = answer(uk_like(), events), answer(uk_like(), events, as_of=date(2026, 4, 30))

    assert (untold.due, untold.waits_for) == (date(2026, 4, 7), "clarification")
    assert (seen.due, seen.waits_for) == (date(2026, 5, 26), "clarification")  # 3 April and 52 days: a bank holiday


def test_what_came_after_the_day_it_is_looked_at_has_not_happened_yet() -> None:
    asked = ("clarification_asked=2026-03-10", "clarification_given=2026-03-20", "extended=2026-03-25")

    clock = answer(uk_like(), story("2026-03-03", *asked), as_of=date(2026, 3, 15))

    assert (clock.due, clock.waits_for) == (date(2026, 4, 9), "clarification")


@pytest.mark.parametrize("end", ["decided=2026-04-10", "redirected=2026-04-10", "appealed=2026-04-10"])
def test_the_end_answers_what_is_open_and_nothing_moves_after_it(end: str) -> None:
    asked = story("2026-03-03", "clarification_asked=2026-03-10", end)
    later = story(
        "2026-03-03",
        "clarification_asked=2026-03-10",
        end,
        "clarification_given=2026-04-20",
        "identity_asked=2026-04-21",
        "identity_given=2026-04-25",
        "extended=2026-04-26",
    )

    clock = answer(uk_like(), asked)

    assert (clock.due, clock.waits_for) == (date(2026, 5, 5), None)  # 3 April and 32 days
    assert answer(uk_like(), later) == clock == answer(uk_like(), later, as_of=date(2026, 12, 1))


def test_the_first_period_and_the_extension_are_counted_in_one_go() -> None:
    short = answer(eu_like(), story("2026-01-31", "extended=2026-02-10"))

    assert short.due == date(2026, 4, 30)  # and not two months from Monday 2 March
    assert short.rule == "invented/2020-01-01/extension"


def test_what_stood_still_before_or_after_the_extension_counts_once() -> None:
    before = ("clarification_asked=2026-03-10", "clarification_given=2026-03-20", "extended=2026-04-14")
    after = ("extended=2026-04-07", "clarification_asked=2026-05-01", "clarification_given=2026-05-11")

    # Three months end on 3 June; eleven days more are Sunday 14 June.
    assert _both(answer(uk_like(), story("2026-03-03", *before))) == (date(2026, 6, 15), date(2026, 6, 14))
    assert _both(answer(uk_like(), story("2026-03-03", *after))) == (date(2026, 6, 15), date(2026, 6, 14))


def test_a_date_that_was_told_moves_only_by_what_stood_still_after_it_was_told() -> None:
    told = "extended=2026-03-20>2026-05-01"
    before = ("clarification_asked=2026-03-10", "clarification_given=2026-03-12")
    after = ("clarification_asked=2026-04-20", "clarification_given=2026-04-24")

    assert _both(answer(uk_like(), story("2026-03-03", told))) == (date(2026, 5, 1), date(2026, 5, 1))
    assert answer(uk_like(), story("2026-03-03", *before, told)).due == date(2026, 5, 1)
    moved = answer(uk_like(), story("2026-03-03", *before, told, *after))
    assert _both(moved) == (date(2026, 5, 6), date(2026, 5, 6))
    assert [s.reason for s in moved.segments][-3:] == [Reason.CHOSEN, Reason.PAUSED_CLARIFICATION, Reason.CHOSEN]


def test_guidance_does_not_move_a_date_that_was_told() -> None:
    events = ("extended=2026-03-20>2026-05-01", "clarification_asked=2026-04-20", "clarification_given=2026-04-24")

    assert _both(answer(eu_like(), story("2026-03-05", *events))) == (date(2026, 5, 5), date(2026, 5, 1))


def test_telling_a_date_never_shortens_what_the_law_gives() -> None:
    """By guidance the month ends on 15 April; the promise is what was told."""
    asked = ("clarification_asked=2026-03-10", "clarification_given=2026-03-20", "extended=2026-04-01>2026-04-10")

    assert _both(answer(eu_like(), story("2026-03-05", *asked))) == (date(2026, 4, 15), date(2026, 4, 10))


def test_the_cap_holds_but_leaves_out_what_stood_still() -> None:
    capped = law(
        THIRTY_DAYS,
        extension={"n": 60, "unit": "day", "max_total_days": 75},
        pauses={"clarification": "exclude_inclusive"},
    )
    asked = ("clarification_asked=2026-06-05", "clarification_given=2026-06-09")

    plain = answer(capped, story("2026-06-01", "extended=2026-06-10"))
    stood = answer(capped, story("2026-06-01", *asked, "extended=2026-06-10"))

    assert (plain.due, stood.due) == (date(2026, 8, 15), date(2026, 8, 20))
    assert (_counted(plain), _counted(stood)) == (75, 75)
    assert plain.segments[-1].end == plain.due


def test_a_cap_that_is_out_of_reach_changes_nothing() -> None:
    capped = law(THIRTY_DAYS, extension={"n": 30, "unit": "day", "max_total_days": 90})

    assert answer(capped, story("2026-06-01", "extended=2026-06-10")).due == date(2026, 7, 31)


def test_an_extension_in_another_unit_goes_on_where_the_counting_stopped() -> None:
    mixed = law(A_MONTH, extension={"n": 10, "unit": "day"}, pauses={"clarification": "exclude_inclusive"})
    told = "extended=2026-03-20"

    # One month ends on Sunday 5 April; ten days on it is the 15th, not ten days from Tuesday the 7th.
    clock = answer(mixed, story("2026-03-05", told))
    assert clock.due == date(2026, 4, 15)
    assert [s.start for s in clock.segments][1:] == [s.end.replace(day=s.end.day + 1) for s in clock.segments[:-1]]
    within = ("clarification_asked=2026-03-25", "clarification_given=2026-03-26")
    beyond = ("clarification_asked=2026-04-10", "clarification_given=2026-04-11")
    assert answer(mixed, story("2026-03-05", told, *within)).due == date(2026, 4, 17)
    assert answer(mixed, story("2026-03-05", told, *beyond)).due == date(2026, 4, 17)


def test_an_answer_may_be_put_off_as_often_as_the_law_says() -> None:
    twice = law(THIRTY_DAYS, extension={"n": 10, "unit": "day", "times": 2})

    def due(*events: str) -> date:
        return answer(twice, story("2026-06-01", *events)).due

    longest = extended(twice, "access", story("2026-06-01"))
    assert longest is not None
    assert longest.due == date(2026, 7, 21)
    assert due("extended=2026-07-01") == date(2026, 7, 11)
    assert due("extended=2026-07-01", "extended=2026-07-11") == date(2026, 7, 21)
    assert due("extended=2026-07-01", "extended=2026-07-12") == date(2026, 7, 11)
    assert due("extended=2026-07-01>2026-07-04", "extended=2026-07-05") == date(2026, 7, 4)
    assert due("extended=2026-07-01", "extended=2026-07-11", "extended=2026-07-12") == date(2026, 7, 21)


def test_the_notice_is_due_when_the_law_alone_would_have_the_answer() -> None:
    asked = ("clarification_asked=2026-03-10", "clarification_given=2026-03-20")

    found = dates(eu_like(), story("2026-03-05", *asked))

    assert found[ClockKind.RESPOND].due == date(2026, 4, 15)
    assert found[ClockKind.NOTICE].due == date(2026, 4, 7)
    assert found[ClockKind.NOTICE].segments[-1].end == date(2026, 4, 7)


def test_business_days_stand_still_too() -> None:
    ten = law(
        {"id": "respond", "kind": "respond", "n": 10, "unit": "business_day"},
        pauses={"clarification": "exclude_inclusive", "identity": "toll"},
    )
    excluded = ("clarification_asked=2026-06-11", "clarification_given=2026-06-15")
    tolled = ("identity_asked=2026-06-16", "identity_given=2026-06-20")

    plain = answer(ten, story("2026-06-02"))
    stood = answer(ten, story("2026-06-02", *excluded))
    last_day = answer(ten, story("2026-06-02", *tolled))

    assert plain.due == date(2026, 6, 16)
    assert stood.due == date(2026, 6, 19)  # Thursday, Friday and Monday fell out
    assert _counted(stood) == 10
    assert _both(last_day) == (date(2026, 6, 22), date(2026, 6, 16))  # answered on a Saturday, nothing left to count


@pytest.mark.parametrize("received", ["2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"])
def test_days_are_days_however_many_hours_they_have(received: str) -> None:
    events = story(received, "clarification_asked=" + received, "clarification_given=" + received)
    thirty = law(THIRTY_DAYS, pauses={"clarification": "exclude_inclusive"})

    assert (answer(thirty, events).due - date.fromisoformat(received)).days == 31


def test_segments_leave_no_day_out_across_everything_at_once() -> None:
    events = story(
        "2026-03-03",
        "identity_asked=2026-03-04",
        "clarification_asked=2026-03-05",
        "identity_given=2026-03-09",
        "clarification_given=2026-03-11",
        "extended=2026-04-01>2026-05-20",
        "clarification_asked=2026-05-10",
        "clarification_given=2026-05-12",
    )

    segments = answer(uk_like(), events).segments

    assert (segments[0].start, segments[-1].end) == (date(2026, 3, 3), date(2026, 5, 23))
    assert all((after.start - before.end).days == 1 for before, after in pairwise(segments))
