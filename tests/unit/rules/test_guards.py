"""What a law forbids, with the sentence, the rule and the source; the last lawful minute and the one after it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dsr.rules import ClockEvent, EventKind, Forbidden, Regime, guards
from dsr.rules.guards import allowed
from dsr.rules.words import CHOICES
from tests.unit.rules.laws import A_MONTH, FIGURE, THIRTY_DAYS, TWO_MONTHS_MORE, answer, eu_like, law, story, uk_like
from tests.unit.rules.packs import received, shipped

APPEALS: dict[str, Any] = {
    "id": "decide_appeal",
    "kind": "decide_appeal",
    "n": 45,
    "unit": "day",
    "longer": {"n": 60, "unit": "day"},
}


def _extension(
    regime: Regime, events: list[ClockEvent], on: str | None, until: str | None = None, right: str = "access"
) -> Forbidden | None:
    day, new = (date.fromisoformat(text) if text else None for text in (on, until))
    return guards.extension(regime, right, events, regime.working, day, new)


def _pause(
    regime: Regime, events: list[ClockEvent], on: str | None, what: Any = "clarification", right: str = "access"
) -> Forbidden | None:
    return guards.pause(regime, right, what, events, regime.working, date.fromisoformat(on) if on else None)


def _refusal(regime: Regime, events: list[ClockEvent], on: str) -> Forbidden | None:
    return guards.refusal(regime, "access", events, regime.working, date.fromisoformat(on))


def _because(found: Forbidden | None) -> str:
    assert found is not None
    return found.because


# --- Putting off ----------------------------------------------------------------------------------------------------


def test_an_extension_is_told_on_the_last_day_and_not_on_the_day_after() -> None:
    """Peers' vectors 6 and 7, by the day."""
    assert _extension(eu_like(), story("2026-03-05"), "2026-04-07") is None
    refused = _extension(eu_like(), story("2026-03-05"), "2026-04-08")
    assert refused == Forbidden(
        "extend", "The person had to be told by 7 April 2026 (s.2).", "invented/2020-01-01/extension", "s.2"
    )


@pytest.mark.parametrize(
    ("received_on", "zone", "last"),
    [
        # One month to Tuesday 7 April 2026: midnight in Dublin is 23:00 UTC, as summer time has begun.
        (date(2026, 3, 5), "Europe/Dublin", datetime(2026, 4, 7, 22, 59, tzinfo=UTC)),
        (date(2026, 3, 5), "America/Los_Angeles", datetime(2026, 4, 8, 6, 59, tzinfo=UTC)),
        (date(2026, 3, 5), "Pacific/Kiritimati", datetime(2026, 4, 7, 9, 59, tzinfo=UTC)),
        # To Sunday 25 October, when the clocks change; Monday is a bank holiday, so it is Tuesday, in winter time.
        (date(2026, 9, 25), "Europe/Dublin", datetime(2026, 10, 27, 23, 59, tzinfo=UTC)),
    ],
)
def test_the_last_lawful_minute_is_the_controllers(received_on: date, zone: str, last: datetime) -> None:
    """Peers' vector 7: sent in the last minute of the last day it is in time, a minute later it is not."""
    regime = eu_like()

    def told(at: datetime) -> Forbidden | None:
        on = ClockEvent.at(EventKind.EXTENDED, at, zone).on
        return guards.extension(regime, "access", received(received_on), regime.working, on)

    assert told(last) is None
    assert told(last + timedelta(minutes=1)) is not None


@pytest.mark.parametrize(
    ("came", "last"),
    [
        ("2026-02-27", datetime(2026, 3, 29, 22, 59, tzinfo=UTC)),  # thirty days to the day of twenty-three hours
        ("2026-09-25", datetime(2026, 10, 25, 23, 59, tzinfo=UTC)),  # and to the one of twenty-five
    ],
)
def test_the_last_minute_of_a_day_that_is_an_hour_shorter_or_longer(came: str, last: datetime) -> None:
    regime = law(THIRTY_DAYS, extension=TWO_MONTHS_MORE)

    def told(at: datetime) -> Forbidden | None:
        on = ClockEvent.at(EventKind.EXTENDED, at, "Europe/Dublin").on
        return guards.extension(regime, "access", story(came), regime.working, on)

    assert told(last) is None
    assert told(last + timedelta(minutes=1)) is not None


def test_an_extension_is_told_by_the_date_that_the_law_alone_gives() -> None:
    """By guidance the month ends on 15 April, by the law on the 7th."""
    asked = story("2026-03-05", "clarification_asked=2026-03-10", "clarification_given=2026-03-20")

    assert answer(eu_like(), asked).due == date(2026, 4, 15)
    assert _extension(eu_like(), asked, "2026-04-07") is None
    assert _because(_extension(eu_like(), asked, "2026-04-08")) == "The person had to be told by 7 April 2026 (s.2)."


def test_while_the_law_itself_lets_the_clock_stand_still_it_is_never_too_late_to_tell() -> None:
    asked = story("2026-03-03", "clarification_asked=2026-03-10")
    unproved = story("2026-03-03", "identity_asked=2026-03-10")

    assert _extension(uk_like(), asked, "2026-05-20") is None
    assert _extension(uk_like(), unproved, "2026-05-20") is None
    assert _extension(uk_like(), story("2026-03-03"), "2026-05-20") is not None


def test_an_answer_is_put_off_once() -> None:
    put_off = story("2026-03-05", "extended=2026-03-20")

    said = _because(_extension(eu_like(), put_off, "2026-03-21"))

    assert said == "It has been put off before, and Invented Act allows that once (s.2)."
    assert _extension(eu_like(), put_off, None) is not None


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2026-04-07", "The new date must be later than 7 April 2026."),
        ("2026-04-08", ""),
        ("2026-06-05", ""),
        ("2026-06-06", "It can be put off to 5 June 2026 at most (s.2)."),
    ],
)
def test_a_new_date_lies_behind_the_old_one_and_within_the_cap(until: str, said: str) -> None:
    found = _extension(eu_like(), story("2026-03-05"), "2026-03-20", until)

    assert (found.because if found else "") == said


def test_a_new_date_is_a_promise_and_gets_nothing_from_guidance() -> None:
    asked = story("2026-03-05", "clarification_asked=2026-03-10", "clarification_given=2026-03-20")

    assert _extension(eu_like(), asked, "2026-03-25", "2026-06-05") is None
    assert _extension(eu_like(), asked, "2026-03-25", "2026-06-06") is not None


def test_where_no_length_is_set_the_new_date_is_said() -> None:
    vague = law(THIRTY_DAYS, extension={"unit": "day"})

    assert _because(_extension(vague, story("2026-06-01"), "2026-06-10")) == (
        "This law sets no length, so say the new date."
    )
    assert _extension(vague, story("2026-06-01"), "2026-06-10", "2027-06-10") is None
    assert guards.extension(vague, "access", story("2026-06-01"), vague.working, date(2026, 6, 10), final=False) is None


def test_a_law_without_an_extension_names_the_clock_that_stays() -> None:
    found = _extension(law(THIRTY_DAYS), story("2026-06-01"), "2026-06-10")

    assert found == Forbidden(
        "extend", "Invented Act allows no extension for this right.", "invented/2020-01-01/respond", "s.1"
    )


@pytest.mark.parametrize("end", ["decided", "redirected"])
def test_nothing_is_put_off_or_stopped_after_the_end(end: str) -> None:
    over = story("2026-03-05", f"{end}=2026-03-20")

    assert _because(_extension(eu_like(), over, "2026-03-21")).startswith("It has been decided")
    assert _because(_pause(eu_like(), over, "2026-03-21")).startswith("It has been decided")


def test_the_decision_on_an_appeal_has_an_extension_of_its_own() -> None:
    regime = law(THIRTY_DAYS, APPEALS, extension=TWO_MONTHS_MORE)
    used = ("extended=2026-06-10", "decided=2026-08-01", "appealed=2026-08-10")

    made = story("2026-06-01", *used)
    put_off = story("2026-06-01", *used, "extended=2026-09-01")
    settled = story("2026-06-01", *used, "decided=2026-09-01")

    assert _extension(regime, made, "2026-09-24") is None
    late = _extension(regime, made, "2026-09-25")
    assert _because(late) == "The person had to be told by 24 September 2026 (s.1)."
    assert late is not None
    assert late.rule == "invented/2020-01-01/decide_appeal"
    assert _extension(regime, made, "2026-09-24", "2026-11-23") is None
    assert "at most" in _because(_extension(regime, made, "2026-09-24", "2026-11-24"))
    assert "put off before" in _because(_extension(regime, put_off, "2026-09-02"))
    assert "decided" in _because(_extension(regime, settled, "2026-09-02"))


def test_an_appeal_that_cannot_be_put_off_says_so() -> None:
    regime = law(THIRTY_DAYS, {**APPEALS, "longer": None}, extension=TWO_MONTHS_MORE)

    found = _extension(regime, story("2026-06-01", "decided=2026-06-20", "appealed=2026-06-25"), "2026-06-26")

    assert _because(found) == "Invented Act does not let the decision on an appeal be put off (s.1)."


# --- Stopping the clock ---------------------------------------------------------------------------------------------


def test_a_law_that_never_stops_for_identity_refuses_the_pause_and_says_why() -> None:
    """Peers' vector 8."""
    regime = shipped().regime("us_ca_ccpa", date(2026, 7, 6))

    found = guards.pause(regime, "access", "identity", received(date(2026, 7, 6)), regime.working, date(2026, 7, 8))

    assert found is not None
    assert (found.rule, found.event) == ("us_ca_ccpa/2026-01-01/pause_identity", "identity")
    assert "the clock runs on while proof of identity is awaited (11 CCR 7021(b))" in found.because


def test_a_pause_that_the_law_does_not_know_is_no_pause() -> None:
    found = _pause(law(THIRTY_DAYS), story("2026-06-01"), None)

    assert _because(found) == "Invented Act knows no pause while a question to the person is open."


def test_a_question_gains_nothing_once_the_time_has_run_out() -> None:
    """One month ends on Sunday 5 April; Monday and Tuesday only wait for a working day."""
    assert _pause(eu_like(), story("2026-03-05"), "2026-04-05") is None
    said = _because(_pause(eu_like(), story("2026-03-05"), "2026-04-06"))
    assert said == "The time ran out on 5 April 2026, and a question put after that gains none (s.3 clarification)."
    assert _pause(eu_like(), story("2026-03-05", "extended=2026-03-20"), "2026-06-05") is None


def test_a_question_is_put_once_at_a_time() -> None:
    asked = story("2026-03-05", "clarification_asked=2026-03-10")

    assert "still open" in _because(_pause(eu_like(), asked, "2026-03-11"))
    assert _pause(eu_like(), asked, "2026-03-11", "identity") is None


@pytest.mark.parametrize("demand", ["nothing", "reasonable"])
def test_nobody_proves_who_they_are_for_a_choice(demand: str) -> None:
    at_once = {"id": "at_once", "kind": "effect", "n": 0, "unit": "day", "rights": ["marketing_opt_out"]}
    rule = {"demand": demand, "rights": ["marketing_opt_out"], **FIGURE, "source": "s.9"}
    regime = law(A_MONTH, at_once, pauses={"identity": "start_later"}, identity=[rule])

    asked, stopped = (
        guards.asking(regime, "marketing_opt_out", "identity"),
        _pause(regime, story("2026-03-05"), None, "identity", "marketing_opt_out"),
    )

    assert asked is not None
    assert stopped is not None
    assert (asked.verb, stopped.verb, asked.because) == ("ask_identity", "pause", stopped.because)
    assert asked.source == ("s.9" if demand == "nothing" else "Policy of the service")
    assert guards.asking(regime, "access", "identity") is None
    assert guards.asking(regime, "marketing_opt_out", "clarification") is None


def test_no_law_that_ships_has_anybody_prove_who_they_are_for_an_opt_out() -> None:
    choices = [(row, known.right) for row in shipped().regimes for known in row.rights if known.right in CHOICES]

    for row, right in choices:
        kept, out = allowed(row, right, story("2026-03-05", "identity_asked=2026-03-06"), row.working)
        assert (len(kept), [found.verb for found in out]) == (1, ["ask_identity"]), (row.id, right)
    assert {right for _, right in choices} >= {"targeted_advertising_opt_out", "cpni_opt_out", "consent_withdrawal"}


def test_nothing_stops_a_choice_unless_the_law_names_it() -> None:
    at_once = {"id": "effect", "kind": "effect", "n": 3, "unit": "day", "rights": ["marketing_opt_out"]}
    regime = law(A_MONTH, at_once, pauses={"clarification": "exclude_inclusive"})

    events = story("2026-03-05", "clarification_asked=2026-03-06", "clarification_given=2026-03-20")

    assert answer(regime, events, "marketing_opt_out").due == date(2026, 3, 8)
    assert _pause(regime, events, None, right="marketing_opt_out") is not None


# --- Refusing -------------------------------------------------------------------------------------------------------


def test_a_refusal_is_told_by_its_own_date_or_by_that_of_the_answer() -> None:
    ten_days = {"id": "refuse", "kind": "refuse", "n": 10, "unit": "day"}

    assert _refusal(law(THIRTY_DAYS, ten_days), story("2026-06-01"), "2026-06-11") is None
    late = _refusal(law(THIRTY_DAYS, ten_days), story("2026-06-01"), "2026-06-12")
    assert late == Forbidden(
        "refuse", "A refusal had to be told by 11 June 2026 (s.1).", "invented/2020-01-01/refuse", "s.1"
    )
    assert _refusal(law(THIRTY_DAYS), story("2026-06-01"), "2026-07-01") is None
    assert _refusal(law(THIRTY_DAYS), story("2026-06-01"), "2026-07-02") is not None


def test_a_refusal_has_the_time_of_an_answer_that_was_put_off_or_stands_still() -> None:
    assert _refusal(eu_like(), story("2026-03-05", "extended=2026-03-20"), "2026-06-05") is None
    assert _refusal(uk_like(), story("2026-03-03", "clarification_asked=2026-03-10"), "2026-05-20") is None


def test_a_target_of_our_own_forbids_no_refusal() -> None:
    target = law({**THIRTY_DAYS, "policy": True})

    assert _refusal(target, story("2026-06-01"), "2027-06-01") is None


# --- What is passed over --------------------------------------------------------------------------------------------


def test_what_is_forbidden_is_passed_over_with_its_answer() -> None:
    events = story("2026-03-05", "fee_told=2026-03-06", "fee_paid=2026-03-20", "extended=2026-04-08")

    kept, out = allowed(eu_like(), "access", events, eu_like().working)

    assert kept == events[:1]
    assert [(found.verb, found.event) for found in out] == [("pause", "fee"), ("extend", None)]


def test_a_question_that_is_put_again_keeps_its_answer() -> None:
    events = story("2026-03-03", "identity_asked=2026-03-04", "identity_asked=2026-03-06", "identity_given=2026-03-16")

    kept, out = allowed(uk_like(), "access", events, uk_like().working)

    assert [event.kind for event in kept] == ["received", "identity_asked", "identity_given"]
    assert len(out) == 1
    assert answer(uk_like(), events).due == date(2026, 4, 16)


def test_proof_that_comes_too_late_and_unasked_begins_nothing() -> None:
    events = story("2026-03-03", "identity_given=2026-09-01")

    _kept, out = allowed(uk_like(), "access", events, uk_like().working)

    assert [found.verb for found in out] == ["pause"]
    assert answer(uk_like(), events).due == date(2026, 4, 7)


def test_an_extension_under_another_law_is_none_of_this_one() -> None:
    other = ClockEvent(EventKind.EXTENDED, date(2026, 3, 20), regimes=("another",))
    ours = ClockEvent(EventKind.EXTENDED, date(2026, 3, 20), regimes=("another", "invented"))

    assert allowed(eu_like(), "access", [*story("2026-03-05"), other], eu_like().working)[1] == []
    assert answer(eu_like(), [*story("2026-03-05"), other]).due == date(2026, 4, 7)
    assert answer(eu_like(), [*story("2026-03-05"), ours]).due == date(2026, 6, 5)
