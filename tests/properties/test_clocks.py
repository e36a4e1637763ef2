"""What is true of every date, whatever happened, under every law that ships and some that stop in every way."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from dsr.deadlines import Unit, day_ends, due_date
from dsr.rules import Clock, ClockEvent, ClockKind, EventKind, Regime, clocks, extended, guards
from dsr.rules.guards import allowed
from dsr.rules.happened import ASKED, GIVEN, check, ended, extensions, questions
from dsr.rules.standing import stand
from dsr.rules.words import PauseEvent
from tests.properties.histories import Case, begins, cases, days, receipts, rights, that_can_be_put_off, unbroken
from tests.unit.rules.laws import A_MONTH, law
from tests.unit.rules.packs import received, shipped

CALENDARS = st.sampled_from(sorted(shipped().calendars))
ZONES = st.sampled_from(
    [
        "Europe/Dublin",
        "America/Los_Angeles",
        "America/Sao_Paulo",
        "Australia/Sydney",
        "Australia/Lord_Howe",  # half an hour of summer time
        "Pacific/Apia",
        "Africa/Johannesburg",
        "Asia/Kolkata",
    ]
)
ONE_DAY = timedelta(days=1)


def _answer(regime: Regime, right: str, events: tuple[ClockEvent, ...], as_of: date | None = None) -> Clock:
    return next(clock for clock in clocks(regime, right, events, as_of=as_of) if clock.kind.answers)


def _every(case: Case, as_of: date | None = None) -> list[Clock]:
    longest = extended(case.regime, case.right, case.events, as_of=as_of)
    return [*clocks(case.regime, case.right, case.events, as_of=as_of), *([longest] if longest else [])]


def _kept(case: Case) -> list[ClockEvent]:
    return allowed(case.regime, case.right, case.events, case.regime.working)[0]


# --- The arithmetic -------------------------------------------------------------------------------------------------


@given(cases(), st.randoms(use_true_random=False))
def test_the_same_events_give_the_same_dates_in_whatever_order_they_are_told(case: Case, chance: random.Random) -> None:
    by_day: dict[date, list[ClockEvent]] = {}
    for event in case.events:
        by_day.setdefault(event.on, []).append(event)
    groups = list(by_day.values())
    chance.shuffle(groups)  # what happened on one day stays in its order

    shuffled = replace(case, events=tuple(event for group in groups for event in group))

    assert _every(shuffled) == _every(case) == _every(case)


@given(cases(), st.integers(0, 400))
def test_segments_cover_every_day_from_receipt_to_the_date_exactly_once(case: Case, later: int) -> None:
    check(case.events)
    for clock in _every(case, case.received + timedelta(days=later)):
        runs = [(segment.start, segment.end) for segment in clock.segments]
        assert all(start <= end for start, end in runs)
        assert unbroken(runs)
        assert runs[-1][1] == clock.due
        if clock.kind in (ClockKind.ACKNOWLEDGE, ClockKind.RESPOND, ClockKind.NOTICE, ClockKind.EXTENDED):
            assert runs[0][0] == case.received


@given(cases(ends=False, chooses=False))
def test_the_days_that_count_add_up_to_the_period(case: Case) -> None:
    clock, kept = _answer(case.regime, case.right, case.events), _kept(case)
    rule, longer = case.regime.answer_rule(case.right), case.regime.extension_for(case.right)
    put_off = len(extensions(kept))
    standing = stand(case.regime, case.right, kept)
    counted = sum((segment.end - segment.start).days + 1 for segment in clock.segments if segment.counts)
    # The first day would not have counted; where the law leaves it out all the same, the period is a day longer.
    first_stood = bool(standing.still) and standing.still[0].start == standing.began and not rule.inclusive

    if put_off and longer is not None:
        assume(longer.unit == rule.unit and longer.n is not None)
        period = replace(rule.period, n=rule.n + (longer.n or 0) * put_off)
        if longer.max_total_days is not None:
            period = replace(period, n=min(period.n, longer.max_total_days))
    else:
        period = rule.period
    if period.unit is Unit.MONTH:
        end = due_date(standing.began, replace(period, roll=type(period.roll).NONE), case.regime.working)
        assert counted == (end - standing.began).days + rule.inclusive + first_stood
    else:
        assert counted == (period.n + (first_stood and period.unit is Unit.DAY) if period.n else 1)


@given(cases())
def test_a_day_on_which_the_clock_stood_still_is_never_counted(case: Case) -> None:
    kept = _kept(case)
    over = ended(kept) or date.max
    counted = [segment for segment in _answer(case.regime, case.right, case.events).segments if segment.counts]
    for question in questions(kept):
        rule = case.regime.pause_for(question.what, case.right)
        given_on = min(question.given or over, over)
        if rule is None or given_on == date.max or question.asked is None:
            continue
        first = {"exclude_inclusive": question.asked, "toll": question.asked + ONE_DAY, "start_later": case.received}
        if rule.mode in first:
            start, end = first[rule.mode], given_on - ONE_DAY if rule.mode == "start_later" else given_on
            assert start > end or not any(run.start <= end and start <= run.end for run in counted)


@given(rights(), st.data(), st.integers(0, 60))
def test_what_comes_in_later_is_never_due_earlier(pair: tuple[Regime, str], data: st.DataObject, later: int) -> None:
    on = data.draw(receipts(*pair))

    for now, then in zip(clocks(*pair, received(on)), clocks(*pair, received(on + timedelta(days=later))), strict=True):
        assert (now.kind, now.due <= then.due, now.promised <= then.promised) == (then.kind, True, True)


@given(cases(ends=False, once=True), st.integers(1, 20))
def test_the_same_history_after_a_later_receipt_is_never_due_earlier(case: Case, earlier: int) -> None:
    before = (ClockEvent(EventKind.RECEIVED, case.received - timedelta(days=earlier)), *case.events[1:])

    on = case.events[-1].on  # an open question stands until it is looked at

    assert _answer(case.regime, case.right, before, on).due <= _answer(case.regime, case.right, case.events, on).due


@given(cases(), st.integers(0, 500))
def test_the_promise_is_never_later_than_the_last_lawful_day(case: Case, later: int) -> None:
    for clock in _every(case, case.received + timedelta(days=later)):
        assert clock.promised <= clock.due
        assert clock.promised >= case.received - ONE_DAY * (clock.kind is ClockKind.COMPLAIN)


@given(rights(), st.data(), CALENDARS)
def test_a_date_that_moves_to_a_working_day_ends_on_one_in_both_hemispheres(
    pair: tuple[Regime, str], data: st.DataObject, calendar: str
) -> None:
    on, working = data.draw(receipts(*pair)), shipped().calendars[calendar]

    for clock in clocks(*pair, received(on), calendar=working):
        rule = next((row for row in pair[0].clock_rules(pair[1]) if row.kind == clock.kind), None)
        if rule and rule.n and (rule.roll == "next" or rule.unit == "business_day"):
            assert working.is_working(clock.due)


# --- Stopping -------------------------------------------------------------------------------------------------------


@given(cases(), st.sampled_from(list(ASKED)), st.integers(1, 60), st.integers(0, 60))
def test_a_question_put_when_the_time_is_over_never_gains_a_day(
    case: Case, kind: EventKind, after: int, waits: int
) -> None:
    last = max(event.on for event in case.events)
    due = _answer(case.regime, case.right, case.events, last).due
    asked = max(last, due) + timedelta(days=after)
    assume(_answer(case.regime, case.right, case.events, asked).due < asked)
    given_kind = next(answer for answer, what in GIVEN.items() if what == ASKED[kind])
    late = (ClockEvent(kind, asked), ClockEvent(given_kind, asked + timedelta(days=waits)))
    seen_on = asked + timedelta(days=waits)

    with_it = _answer(case.regime, case.right, (*case.events, *late), seen_on)
    without = _answer(case.regime, case.right, case.events, seen_on)

    if ASKED[kind] not in {question.what for question in questions(case.events) if question.given is None}:
        assert (with_it.due, with_it.promised) == (without.due, without.promised)


@given(cases(ends=False, once=True, asks=True), st.integers(1, 30), st.data())
def test_an_answer_that_comes_later_never_gives_an_earlier_date(case: Case, later: int, data: st.DataObject) -> None:
    asked = {(question.what, question.given) for question in questions(case.events) if question.asked is not None}
    places = [n for n, event in enumerate(case.events) if (GIVEN.get(event.kind), event.on) in asked]
    # A period that begins later overlaps less with what stood still, and from the 30th and the 31st of January a month
    # ends on the same day: there, and only there, a later beginning can cost a day.
    places = [n for n in places if not begins(case.regime, case.right, GIVEN[case.events[n].kind])]
    place = data.draw(st.sampled_from(places))
    answer, rest = case.events[place], [*case.events[:place], *case.events[place + 1 :]]
    on = answer.on + timedelta(days=later)
    # Up to the next question of its kind at most, or the two would overlap.
    stop = next(
        (n for n in range(place, len(rest)) if rest[n].on > on or ASKED.get(rest[n].kind) == GIVEN[answer.kind]),
        len(rest),
    )
    on = min(on, rest[stop].on) if stop < len(rest) else on
    slower = (*rest[:stop], replace(answer, on=on), *rest[stop:])
    check(slower)

    # An open question stands until it is looked at, so both are looked at on one day.
    on = slower[-1].on
    before, after = (_answer(case.regime, case.right, events, on) for events in (case.events, slower))

    assert before.due <= after.due
    assert before.promised <= after.promised


@given(cases())
def test_what_only_guidance_stops_never_moves_the_promise(case: Case) -> None:
    def tolls(event: ClockEvent) -> bool:
        what = ASKED.get(event.kind) or GIVEN.get(event.kind)
        rule = what and case.regime.pause_for(what, case.right)
        return bool(rule and rule.mode == "toll")

    without = tuple(event for event in case.events if not tolls(event))

    assert _answer(case.regime, case.right, case.events).promised == _answer(case.regime, case.right, without).promised


@given(
    days(date(2026, 1, 1), date(2027, 6, 1)),
    st.lists(st.integers(0, 25), min_size=4, max_size=4),
    st.sampled_from(["toll", "exclude_inclusive"]),
)
def test_days_on_which_several_questions_are_open_are_left_out_once(on: date, at: list[int], mode: str) -> None:
    regime = law({**A_MONTH, "roll": "none"}, pauses={"identity": mode, "clarification": mode})
    (ask, give), (other_ask, other_give) = sorted(at[:2]), sorted(at[2:])
    told = [
        (EventKind.IDENTITY_ASKED, ask),
        (EventKind.CLARIFICATION_ASKED, other_ask),
        (EventKind.IDENTITY_GIVEN, give),
        (EventKind.CLARIFICATION_GIVEN, other_give),
    ]
    events = (*received(on), *(ClockEvent(kind, on + timedelta(days=n)) for kind, n in told))
    shift = int(mode == "toll")
    stood = {*range(ask + shift, give + 1), *range(other_ask + shift, other_give + 1)}

    gained = _answer(regime, "access", events).due - _answer(regime, "access", received(on)).due

    assert gained.days == len(stood)


# --- What is forbidden ----------------------------------------------------------------------------------------------


@given(cases())
def test_what_is_left_when_the_forbidden_is_passed_over_is_allowed(case: Case) -> None:
    kept, out = allowed(case.regime, case.right, case.events, case.regime.working)

    assert allowed(case.regime, case.right, kept, case.regime.working) == (kept, [])
    assert all(found.because and found.source and found.rule.startswith(case.regime.id) for found in out)
    assert clocks(case.regime, case.right, kept) == clocks(case.regime, case.right, case.events) or any(
        event.kind is EventKind.FEE_TOLD for event in case.events
    )


@given(cases(chooses=False), st.integers(0, 120))
def test_what_a_guard_says_is_what_the_clocks_show(case: Case, later: int) -> None:
    on = max(event.on for event in case.events) + timedelta(days=later)
    shown = {clock.kind: clock for clock in clocks(case.regime, case.right, case.events, as_of=on)}
    kept, working = _kept(case), case.regime.working

    if ClockKind.NOTICE in shown and not ended(kept):
        may = guards.extension(case.regime, case.right, kept, working, on, final=False) is None
        assert may == (on <= shown[ClockKind.NOTICE].due)
    refuse = shown.get(ClockKind.REFUSE) or next(clock for clock in shown.values() if clock.kind.answers)
    rule = case.regime.clock_rule("refuse", case.right) or case.regime.answer_rule(case.right)
    refused = guards.refusal(case.regime, case.right, kept, working, on) is None
    assert refused == (rule.policy or on <= refuse.due)


@given(that_can_be_put_off(), st.data(), ZONES)
def test_the_last_minute_of_the_last_day_is_in_time_wherever_the_controller_sits(
    pair: tuple[Regime, str], data: st.DataObject, zone: str
) -> None:
    regime, right = pair
    on = data.draw(receipts(*pair))
    notice = next(clock for clock in clocks(*pair, received(on)) if clock.kind is ClockKind.NOTICE)
    ends = day_ends(notice.due, zone)

    def told(at: datetime) -> bool:
        day = ClockEvent.at(EventKind.EXTENDED, at, zone).on
        return guards.extension(regime, right, received(on), regime.working, day, final=False) is None

    assert told(ends - timedelta(minutes=1))
    assert not told(ends)


@given(
    cases(ends=False),
    st.sampled_from([EventKind.DECIDED, EventKind.REDIRECTED]),
    st.lists(st.tuples(st.sampled_from(list(EventKind)[1:]), st.integers(0, 40)), max_size=5),
)
def test_nothing_moves_after_the_end(case: Case, end: EventKind, after: list[tuple[EventKind, int]]) -> None:
    on = case.events[-1].on + timedelta(days=3)
    told = (*case.events, ClockEvent(end, on))
    later = []
    for kind, gap in after:
        on += timedelta(days=gap)
        later.append(ClockEvent(kind, on))

    whole = _answer(case.regime, case.right, (*told, *later), on)

    assert whole == _answer(case.regime, case.right, told)
    assert whole.waits_for is None


@given(st.datetimes(datetime(2018, 1, 1), datetime(2035, 1, 1)), ZONES)  # noqa: DTZ001
def test_an_event_falls_on_the_day_that_the_wall_shows_at_the_controller(at: datetime, zone: str) -> None:
    there = at.replace(tzinfo=ZoneInfo(zone))

    seen = there.astimezone(UTC).astimezone(ZoneInfo(zone))  # an hour that the clock skips is shown as the next one
    assert ClockEvent.at(EventKind.DECIDED, there, zone).on in (there.date(), seen.date())
    assert ClockEvent.at(EventKind.DECIDED, there.astimezone(UTC), zone).on == seen.date()


def test_every_kind_of_question_has_an_answer() -> None:
    whats: list[PauseEvent] = ["identity", "clarification", "fee"]

    assert sorted(ASKED.values()) == sorted(GIVEN.values()) == sorted(whats)
