"""Which choice holds where several were made: each rule by hand, and what may never happen whatever was chosen."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.choices.marketing import (
    ANY,
    CHANNELS,
    Act,
    Purpose,
    Scope,
    Standing,
    after,
    concerns,
    governing,
    scopes,
    told,
    words,
)

TOPICS = ("events", "offers")
EVERYTHING = Scope()
SCOPES = [Scope(channel, topic) for channel, topic in product(("", *CHANNELS), ("", *TOPICS))]
EXACT = [Scope(channel, topic) for channel, topic in product(CHANNELS, TOPICS)]
ACTS = st.lists(st.tuples(st.sampled_from(SCOPES), st.sampled_from(list(Act))), max_size=12)


def stands(*acts: tuple[Scope, Act]) -> list[Standing]:
    now: list[Standing] = []
    for scope, act in acts:
        now = after(now, scope, act)
    return now


def stopped(now: list[Standing], asked: Scope) -> bool:
    found = governing(now, asked)
    return found is not None and found.stopped


def test_stopping_everything_stops_each_part() -> None:
    now = stands((EVERYTHING, Act.STOP))

    assert all(stopped(now, scope) for scope in SCOPES)


def test_narrower_choice_holds_within_a_wider_one() -> None:
    now = stands((EVERYTHING, Act.STOP), (Scope("email", "events"), Act.RESUME))

    assert not stopped(now, Scope("email", "events"))
    assert stopped(now, Scope("email", "offers"))
    assert stopped(now, Scope("sms", "events"))


def test_between_two_equally_narrow_choices_the_one_that_stops_holds() -> None:
    now = stands((EVERYTHING, Act.STOP), (Scope(channel="email"), Act.RESUME), (Scope(topic="events"), Act.STOP))

    assert stopped(now, Scope("email", "events"))


def test_who_asks_about_any_topic_is_told_no_where_one_is_stopped() -> None:
    now = stands((Scope("email", "events"), Act.STOP))

    assert stopped(now, Scope("email"))
    assert stopped(now, EVERYTHING)
    assert not stopped(now, Scope("sms"))


def test_resuming_what_was_never_stopped_leaves_nothing() -> None:
    assert stands((EVERYTHING, Act.RESUME)) == []


@given(ACTS, st.sampled_from(SCOPES))
def test_whoever_stops_is_left_alone_whatever_was_chosen_before(acts: list[tuple[Scope, Act]], scope: Scope) -> None:
    now = stands(*acts, (scope, Act.STOP))

    assert all(stopped(now, each) for each in EXACT if scope.holds(each))


@given(ACTS, st.sampled_from(SCOPES))
def test_whoever_resumes_gets_that_and_nothing_more(acts: list[tuple[Scope, Act]], scope: Scope) -> None:
    before, now = stands(*acts), stands(*acts, (scope, Act.RESUME))

    for each in EXACT:
        if not scope.holds(each):
            assert stopped(now, each) == stopped(before, each)
    assert all(stopped(before, each) or not stopped(now, each) for each in EXACT)


@given(ACTS)
def test_each_place_has_one_choice_and_the_same_again_changes_nothing(acts: list[tuple[Scope, Act]]) -> None:
    now = stands(*acts)

    assert len({each.scope for each in now}) == len(now)
    if acts:
        assert set(after(now, *acts[-1])) == set(now)


@pytest.mark.parametrize(
    ("channels", "topics", "expected"),
    [
        ((), (), ["marketing"]),
        (("email",), (), ["marketing_email"]),
        ((), ("events",), ["marketing_events"]),
        (("email", "sms"), ("events",), ["marketing_email_events", "marketing_sms_events"]),
    ],
)
def test_systems_are_told_by_words(channels: tuple[str, ...], topics: tuple[str, ...], expected: list[str]) -> None:
    wanted = scopes(channels, topics)

    assert list(words(Purpose.MARKETING, wanted)) == expected
    assert told(Purpose.MARKETING, wanted, [ANY]) == expected


def test_stopping_everything_tells_a_system_each_part_that_it_keeps_apart() -> None:
    known = ["marketing", "marketing_email", "marketing_sms", "advertising"]

    assert told(Purpose.MARKETING, [EVERYTHING], known) == ["marketing", "marketing_email", "marketing_sms"]
    assert told(Purpose.MARKETING, [Scope("sms")], known) == ["marketing_sms"]
    assert told(Purpose.MARKETING, [Scope("post")], known) == []


@pytest.mark.parametrize(
    ("wanted", "known", "expected"),
    [
        ([Scope("email"), Scope("sms")], ["marketing", "marketing_email"], []),
        ([Scope("email"), Scope("sms")], ["marketing_email"], ["marketing_email"]),
        ([Scope("email", "events"), Scope("sms", "events")], ["marketing_email_events", "marketing_sms"], []),
        ([Scope("sms")], ["marketing_sms", "marketing_sms_events"], ["marketing_sms", "marketing_sms_events"]),
        (
            [Scope("sms"), Scope("", "offers")],
            ["marketing_sms", "marketing_offers"],
            ["marketing_sms", "marketing_offers"],
        ),
    ],
)
def test_half_of_a_choice_is_not_told(wanted: list[Scope], known: list[str], expected: list[str]) -> None:
    assert told(Purpose.MARKETING, wanted, known) == expected


@pytest.mark.parametrize(
    ("known", "concerned"),
    [([], False), (["marketing"], True), (["marketing_sms"], True), ([ANY], True), (["advertising"], False)],
)
def test_system_is_concerned_by_what_it_can_be_told(known: list[str], concerned: bool) -> None:
    assert concerns(Purpose.MARKETING, known) is concerned
