# ruff: noqa: E501 - the tables below read best with one case to a line
"""The United States: days counted by hand, each with where the law says so, and who is answered under which law."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.rules import Clock, ClockEvent, ClockKind, EventKind, Regime, clocks, extended
from dsr.rules.checks import walk
from dsr.rules.clock import named
from dsr.rules.guards import extension, pause, refusal
from dsr.rules.schema.base import Figure
from tests.unit.rules.packs import received, shipped

ANSWER = "Va. Code 59.1-577(B)(1) and the laws that follow it"
APPEAL = "Va. Code 59.1-577(C) and the laws that follow it"
DAY = date(2026, 11, 23)
LATER = date(2028, 6, 1)
"""Every law that ships has begun by then."""
BESIDE = ("us_canspam", "us_cpni", "us_dnc_company", "us_tcpa_revocation", "twilio_promise_marketing")

# state, received, answer, put off to, appealed, appeal decided
Case = tuple[str, date, date, date, date, date]
CASES: list[Case] = [
    # The first is that of the reference text; all others were counted month by month.
    ("VA", date(2026, 6, 15), date(2026, 7, 30), date(2026, 9, 13), date(2026, 8, 3), date(2026, 10, 2)),
    ("VA", date(2027, 11, 30), date(2028, 1, 14), date(2028, 2, 28), date(2028, 1, 31), date(2028, 3, 31)),
    ("CO", date(2026, 2, 14), date(2026, 3, 31), date(2026, 5, 15), date(2026, 5, 20), date(2026, 7, 4)),
    ("CT", date(2026, 6, 30), date(2026, 8, 14), date(2026, 9, 28), date(2026, 8, 14), date(2026, 10, 13)),
    ("CT", date(2026, 7, 4), date(2026, 8, 18), date(2026, 10, 2), date(2026, 12, 25), date(2027, 2, 23)),
    ("TX", date(2026, 12, 1), date(2027, 1, 15), date(2027, 3, 1), date(2027, 1, 16), date(2027, 3, 17)),
    ("OR", date(2026, 3, 17), date(2026, 5, 1), date(2026, 6, 15), date(2026, 5, 17), date(2026, 7, 1)),
    ("MT", date(2027, 10, 18), date(2027, 12, 2), date(2028, 1, 16), date(2027, 12, 2), date(2028, 1, 31)),
    ("FL", date(2026, 11, 1), date(2026, 12, 16), date(2026, 12, 31), date(2027, 1, 1), date(2027, 3, 2)),
    ("IA", date(2026, 10, 3), date(2027, 1, 1), date(2027, 2, 15), date(2027, 1, 2), date(2027, 3, 3)),
    ("DE", date(2028, 1, 16), date(2028, 3, 1), date(2028, 4, 15), date(2028, 1, 17), date(2028, 3, 17)),
    ("NH", date(2026, 5, 5), date(2026, 6, 19), date(2026, 8, 3), date(2026, 6, 30), date(2026, 8, 29)),
    ("NE", date(2026, 9, 16), date(2026, 10, 31), date(2026, 12, 15), date(2026, 11, 1), date(2026, 12, 31)),
    ("TN", date(2026, 4, 15), date(2026, 5, 30), date(2026, 7, 14), date(2026, 6, 1), date(2026, 7, 31)),
    ("MD", date(2026, 7, 31), date(2026, 9, 14), date(2026, 10, 29), date(2026, 9, 15), date(2026, 11, 14)),
    ("IN", date(2026, 1, 1), date(2026, 2, 15), date(2026, 4, 1), date(2026, 2, 16), date(2026, 4, 17)),
    ("KY", date(2027, 12, 16), date(2028, 1, 30), date(2028, 3, 15), date(2028, 2, 1), date(2028, 4, 1)),
    ("RI", date(2026, 8, 16), date(2026, 9, 30), date(2026, 11, 14), date(2026, 10, 1), date(2026, 11, 30)),
    ("OK", date(2027, 1, 1), date(2027, 2, 15), date(2027, 4, 1), date(2027, 3, 1), date(2027, 4, 30)),
    # Switched off, and right all the same.
    ("NJ", date(2026, 6, 1), date(2026, 7, 16), date(2026, 8, 30), date(2026, 8, 1), date(2026, 9, 15)),
    ("MN", date(2026, 10, 31), date(2026, 12, 15), date(2027, 1, 29), date(2027, 1, 15), date(2027, 3, 1)),
    ("LA", date(2027, 1, 31), date(2027, 3, 17), date(2027, 5, 1), date(2027, 3, 31), date(2027, 5, 30)),
    ("AL", date(2027, 5, 1), date(2027, 6, 15), date(2027, 7, 30), date(2027, 6, 30), date(2027, 8, 29)),
    ("VT", date(2028, 1, 1), date(2028, 2, 15), date(2028, 3, 31), date(2028, 2, 16), date(2028, 4, 16)),
]  # fmt: skip

# state: first day, answer, put off by, appeal, free a year, signal binds, agents opt out, mark
Figures = tuple[date, int, int, int | None, int, bool, bool, str]
FIGURES: dict[str, Figures] = {
    "VA": (date(2023, 1, 1), 45, 45, 60, 2, False, False, "C"),
    "CO": (date(2023, 7, 1), 45, 45, 45, 1, True, True, "GK"),
    "CT": (date(2023, 7, 1), 45, 45, 60, 1, True, True, "C2"),
    "UT": (date(2023, 12, 31), 45, 45, None, 1, False, False, "C2"),
    "TX": (date(2024, 7, 1), 45, 45, 60, 2, True, True, "C2"),
    "OR": (date(2024, 7, 1), 45, 45, 45, 1, True, True, "C2"),
    "MT": (date(2024, 10, 1), 45, 45, 60, 1, True, True, "C2"),
    "FL": (date(2024, 7, 1), 45, 15, 60, 2, False, False, "GK"),
    "IA": (date(2025, 1, 1), 90, 45, 60, 2, False, False, "C2"),
    "DE": (date(2025, 1, 1), 45, 45, 60, 1, True, True, "C"),
    "NH": (date(2025, 1, 1), 45, 45, 60, 1, True, True, "GK"),
    "NJ": (date(2025, 1, 15), 45, 45, 45, 1, True, True, "GKq"),
    "NE": (date(2025, 1, 1), 45, 45, 60, 2, True, True, "C2"),
    "TN": (date(2025, 7, 1), 45, 45, 60, 2, False, False, "GK"),
    "MN": (date(2025, 7, 31), 45, 45, 45, 2, True, True, "GKq"),
    "MD": (date(2025, 10, 1), 45, 45, 60, 1, True, True, "GK"),
    "IN": (date(2026, 1, 1), 45, 45, 60, 1, False, False, "GK"),
    "KY": (date(2026, 1, 1), 45, 45, 60, 2, False, False, "GK"),
    "RI": (date(2026, 1, 1), 45, 45, 60, 1, False, True, "C2"),
    "OK": (date(2027, 1, 1), 45, 45, 60, 2, False, False, "C2"),
}  # fmt: skip
OFF = {"NJ", "MN", "LA", "AL", "VT"}
STARTS = {state: row[0] for state, row in FIGURES.items()} | {
    "LA": date(2027, 1, 1),
    "AL": date(2027, 5, 1),
    "VT": date(2028, 1, 1),
}
SURE = ("GKq", "GK", "C2", "C")


def _row(state: str, on: date) -> Regime:
    return shipped().regime(f"us_{state.lower()}", on)


def _first(state: str) -> Regime:
    return _row(state, STARTS[state])


def _found(row: Regime, right: str, on: date, *later: tuple[EventKind, date]) -> dict[ClockKind, Clock]:
    events = (*received(on), *(ClockEvent(kind, day) for kind, day in later))
    return {clock.kind: clock for clock in clocks(row, right, events)}


def _figures(row: Regime) -> Iterator[Figure]:
    return (figure for _, figure in walk(row) if isinstance(figure, Figure))


# --- Dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "on", "answer", "latest", "appealed", "decided"), CASES)
def test_a_request_in_a_state(state: str, on: date, answer: date, latest: date, appealed: date, decided: date) -> None:
    row = _row(state, on)

    found = _found(row, "access", on, (EventKind.APPEALED, appealed))
    put_off = _found(row, "access", on, (EventKind.EXTENDED, answer))
    too_late = _found(row, "access", on, (EventKind.EXTENDED, answer + timedelta(days=1)))

    assert (found[ClockKind.RESPOND].due, found[ClockKind.RESPOND].safe) == (answer, None), ANSWER
    assert (found[ClockKind.NOTICE].due, found[ClockKind.REFUSE].due) == (answer, answer), ANSWER
    assert put_off[ClockKind.RESPOND].due == latest, ANSWER
    assert too_late[ClockKind.RESPOND].due == answer, ANSWER
    assert found[ClockKind.DECIDE_APPEAL].due == decided, APPEAL
    assert ClockKind.ACKNOWLEDGE not in found


@pytest.mark.parametrize(
    ("state", "on", "stops"),
    [
        ("CT", date(2026, 12, 24), date(2027, 1, 8)),
        ("CT", date(2024, 2, 20), date(2024, 3, 6)),
        ("OR", date(2026, 2, 14), date(2026, 3, 1)),
        ("DE", date(2028, 2, 15), date(2028, 3, 1)),
        ("NH", date(2026, 4, 20), date(2026, 5, 5)),
        ("MD", date(2026, 1, 31), date(2026, 3, 2)),
        ("RI", date(2027, 12, 31), date(2028, 1, 15)),
        ("NJ", date(2026, 6, 20), date(2026, 7, 5)),
        ("MN", date(2026, 11, 16), date(2026, 12, 1)),
    ],
)
def test_a_consent_that_is_revoked_stops_what_rests_on_it(state: str, on: date, stops: date) -> None:
    row = _row(state, on)

    found = _found(row, "consent_withdrawal", on)

    assert {kind: clock.due for kind, clock in found.items()} == {ClockKind.EFFECT: stops}
    assert extended(row, "consent_withdrawal", received(on)) is None


def test_an_opt_out_in_colorado_is_sooner_and_cannot_be_put_off() -> None:
    on = date(2026, 2, 20)
    row = _row("CO", on)

    for right in ("targeted_advertising_opt_out", "objection"):
        found = _found(row, right, on)
        assert {kind: clock.due for kind, clock in found.items()} == {ClockKind.EFFECT: date(2026, 3, 7)}  # rule 4.03
        assert extension(row, right, received(on), row.working, on) is not None
    assert _found(_row("TX", on), "objection", on)[ClockKind.RESPOND].due == date(2026, 4, 6)


@pytest.mark.parametrize(
    ("state", "appealed", "decided", "longest"),
    [
        ("CO", date(2026, 5, 20), date(2026, 7, 4), date(2026, 9, 2)),
        ("MN", date(2027, 1, 15), date(2027, 3, 1), date(2027, 4, 30)),
        ("OR", date(2026, 5, 17), date(2026, 7, 1), None),
        ("VA", date(2026, 8, 3), date(2026, 10, 2), None),
    ],
)
def test_an_appeal_can_be_put_off_where_the_law_says_so(
    state: str, appealed: date, decided: date, longest: date | None
) -> None:
    row = _row(state, appealed)

    appeal = _found(row, "deletion", date(2026, 4, 1), (EventKind.APPEALED, appealed))[ClockKind.DECIDE_APPEAL]

    assert (appeal.due, appeal.longest) == (decided, longest)


def test_no_appeal_is_known_in_utah() -> None:
    on = date(2027, 2, 28)
    row = _row("UT", on)

    found = _found(row, "access", on, (EventKind.APPEALED, date(2027, 5, 1)))

    assert found[ClockKind.RESPOND].due == date(2027, 4, 14)
    assert (longest := extended(row, "access", received(on))) is not None
    assert longest.due == date(2027, 5, 29)
    assert ClockKind.DECIDE_APPEAL not in found
    assert row.must_say("refusal", "access") == ("reasons",)
    assert row.must_say("appeal", "access") == ()


def test_a_correction_in_utah_from_the_day_of_the_amendment() -> None:
    row = _first("UT")

    assert not row.knows("correction", date(2026, 6, 30))
    assert row.knows("correction", date(2026, 7, 1))
    assert [law.id for law in shipped().regimes_for("correction", "US", "UT", date(2026, 6, 30))] == ["default"]
    assert [law.id for law in shipped().regimes_for("correction", "US", "UT", date(2026, 7, 1))] == ["us_ut"]


def test_an_adverse_decision_in_colorado_is_explained_from_2027_on() -> None:
    row = _first("CO")

    assert not row.knows("automated_decision_review", date(2026, 12, 31))
    found = _found(row, "automated_decision_review", date(2027, 1, 1))
    assert {kind: clock.due for kind, clock in found.items()} == {ClockKind.RESPOND: date(2027, 1, 31)}  # SB 26-189


@pytest.mark.parametrize(
    ("regime", "right", "on", "due", "promised"),
    [
        # 47 CFR 64.1200(a)(10), the case of the reference text
        ("us_tcpa_revocation", "marketing_opt_out", date(2026, 12, 21), date(2027, 1, 6), date(2027, 1, 4)),
        # 47 CFR 64.1200(a)(10): Juneteenth 2027 is a Saturday, kept on Friday the 18th
        ("us_tcpa_revocation", "consent_withdrawal", date(2027, 6, 10), date(2027, 6, 25), date(2027, 6, 24)),
        # 47 CFR 64.1200(d)(3): Columbus Day, a federal holiday, on 12 October
        ("us_dnc_company", "marketing_opt_out", date(2026, 10, 2), date(2026, 10, 19), date(2026, 10, 16)),
        # 15 U.S.C. 7704(a)(4): Martin Luther King Jr. Day, on 18 January
        ("us_canspam", "marketing_opt_out", date(2027, 1, 9), date(2027, 1, 25), date(2027, 1, 22)),
        # 47 CFR 64.2007(a)(2) and 64.2009(a): at once, on any day
        ("us_cpni", "cpni_opt_out", date(2026, 12, 25), date(2026, 12, 25), date(2026, 12, 25)),
        # Notice of 9 April 2026
        ("twilio_promise_marketing", "marketing_opt_out", date(2026, 12, 30), date(2027, 1, 2), date(2027, 1, 2)),
        ("twilio_promise_marketing", "marketing_opt_out", date(2026, 4, 8), date(2026, 4, 11), date(2026, 4, 11)),
    ],
)
def test_an_opt_out_from_being_addressed(regime: str, right: str, on: date, due: date, promised: date) -> None:
    (clock,) = clocks(shipped().regime(regime, on), right, received(on))

    assert (clock.kind, clock.due, clock.promised) == (ClockKind.EFFECT, due, promised)


def test_what_has_not_been_read_is_a_target() -> None:
    (company,) = clocks(shipped().regime("us_dnc_company", DAY), "marketing_opt_out", received(DAY))
    oklahoma = clocks(_first("OK"), "access", received(date(2027, 1, 1)))

    assert (company.confidence, company.policy) == ("GKq", True)
    assert all(clock.policy for clock in oklahoma)
    assert not any(clock.policy for clock in clocks(_first("TX"), "access", received(STARTS["TX"])))


# --- Figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", FIGURES)
def test_figures_are_those_of_the_table(state: str) -> None:
    _, answer, longer, appeal, free, signal, agents, _ = FIGURES[state]
    row = _first(state)

    decide = row.clock_rule("decide_appeal", "access")
    opts_out = row.known_right("targeted_advertising_opt_out")
    agent = row.agents_for("targeted_advertising_opt_out")

    assert row.answer_rule("access").n == answer
    assert row.extension is not None
    assert (row.extension.n, row.extension.unit, row.extension.times) == (longer, "day", 1)
    assert (decide.n if decide else None) == appeal
    assert row.fee is not None
    assert row.fee.free is not None
    assert (row.fee.free.n, row.fee.free.months) == (free, 12)
    assert ("is a valid opt-out" in (opts_out.note or "")) is signal
    assert agent is not None
    assert ("agent may opt out" in (agent.text or "")) is agents


@pytest.mark.parametrize("state", FIGURES)
def test_nothing_is_surer_than_the_state_is(state: str) -> None:
    mark = FIGURES[state][-1]
    surer = {
        figure.source: figure.confidence
        for figure in _figures(_first(state))
        if SURE.index(figure.confidence) > SURE.index(mark)
    }

    # What Colorado adds was read in secondary texts, while the rest of it is general knowledge.
    read = {
        source
        for source in surer
        if state == "CO" and ("tracker" in source or "SB 26-189" in source or "CCR" in source)
    }
    assert set(surer) == read


@pytest.mark.parametrize("state", [state for state in STARTS if state != "VA"])
def test_no_state_rests_on_the_law_of_another(state: str) -> None:
    assert not [figure.source for figure in _figures(_first(state)) if figure.source.startswith("Va. Code")]
    assert named(_first(state), "respond").startswith(f"us_{state.lower()}/")


@pytest.mark.parametrize("state", STARTS)
def test_people_at_work_are_out_of_scope_everywhere_but_in_california(state: str) -> None:
    scope = _first(state).scope

    assert scope is not None
    assert (scope.business_contacts, scope.employees) == (False, False)


def test_people_at_work_are_in_scope_in_california() -> None:
    scope = shipped().regime("us_ca_ccpa", DAY).scope

    assert scope is not None
    assert (scope.business_contacts, scope.employees) == (True, True)


def test_rights_that_a_state_lacks_are_nowhere_in_its_law() -> None:
    iowa, utah = _first("IA"), _first("UT")

    assert {row.right for row in iowa.rights} == {"access", "deletion", "portability", "targeted_advertising_opt_out"}
    assert "objection" not in {row.right for row in utah.rights}
    for law in (iowa, utah):
        assert not [row for _, row in walk(law) if row is not law and "objection" in getattr(row, "rights", ())]


@pytest.mark.parametrize("state", [state for state in FIGURES if state != "UT"])
def test_letters_say_what_the_law_wants_said(state: str) -> None:
    row = _first(state)

    assert row.must_say("refusal", "access") == ("reasons", "how_to_appeal")
    assert row.must_say("appeal", "access") == ("reasons", "complaint_route")
    assert row.must_say("extension", "access") == ("reasons", "will_be_late")


def test_lists_of_third_parties_are_a_right_where_the_law_has_them() -> None:
    asked = {
        state: [law.id for law in shipped().regimes_for("be_informed", "US", state, DAY)]
        for state in ("OR", "CT", "TX")
    }

    assert asked == {"OR": ["us_or"], "CT": ["us_ct"], "TX": ["default"]}
    assert not _row("CT", date(2026, 6, 30)).knows("be_informed", date(2026, 6, 30))
    assert _first("MN").knows("be_informed", STARTS["MN"])


def test_connecticut_has_one_row_before_the_amendment_and_one_after() -> None:
    before, after = _row("CT", date(2026, 6, 30)), _row("CT", date(2026, 7, 1))

    assert (before.window.closes, after.window.opens, after.window.closes) == (
        date(2026, 6, 30),
        date(2026, 7, 1),
        None,
    )
    assert after.scope is not None
    assert "35,000" in (after.scope.applies_if or "")


# --- California -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "demand", "points", "confirm"),
    [
        ("be_informed", "reasonable", 2, True),
        ("access", "reasonably_high", 3, True),
        ("portability", "reasonably_high", 3, True),
        ("deletion", "by_sensitivity", None, True),
        ("correction", "by_sensitivity", None, True),
        ("targeted_advertising_opt_out", "nothing", None, False),
        ("sensitive_data_limit", "nothing", None, False),
        ("objection", "nothing", None, False),
    ],
)
def test_who_asks_in_california(right: str, demand: str, points: int | None, confirm: bool) -> None:
    row = shipped().regime("us_ca_ccpa", date(2027, 1, 1))

    identity, agent = row.identity_for(right), row.agents_for(right)

    assert identity is not None
    assert (identity.demand, identity.points) == (demand, points)
    assert agent is not None
    assert agent.may_confirm is confirm
    assert ("power_of_attorney" in agent.mandates) is confirm


def test_nobody_is_asked_who_they_are_for_an_opt_out_in_california() -> None:
    row = shipped().regime("us_ca_ccpa", DAY)

    told = pause(row, "targeted_advertising_opt_out", "identity", received(DAY), row.working, DAY)

    assert told is not None
    assert told.because.startswith("Nobody may be asked to prove who they are for this (11 CCR 7026")


def test_what_california_keeps_charges_and_repeats() -> None:
    row = shipped().regime("us_ca_ccpa", DAY)

    assert row.records is not None
    assert (row.records.months, len(row.records.holds)) == (24, 6)
    assert row.fee is not None
    assert row.fee.free is not None
    assert (row.fee.free.n, row.fee.free.months) == (2, 12)
    assert {(rule.months, rule.rights) for rule in row.repeats} >= {
        (6, ("correction",)),
        (12, ("targeted_advertising_opt_out", "sensitive_data_limit")),
    }
    assert row.appeal is not None
    assert not row.appeal.offered


# --- Who is answered under which law ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STARTS)
def test_a_state_is_proposed_first_from_its_first_day_on(state: str) -> None:
    start = STARTS[state]
    eve = start - timedelta(days=1)
    law = "default" if state in OFF else f"us_{state.lower()}"

    assert shipped().propose("US", state, start)[0] == law
    assert shipped().propose("US", state, eve)[0] == "default"
    assert shipped().propose("US", state, LATER)[0] == law


def test_what_is_switched_off_is_proposed_to_nobody_and_says_why() -> None:
    off = {row.id for row in shipped().regimes if not row.switched_on and row.id.startswith("us_")}
    proposed = {law for state in (*STARTS, "CA", "WY", "") for law in shipped().propose("US", state, LATER)}

    assert off == {"us_state_model", *(f"us_{state.lower()}" for state in OFF)}
    assert not off & proposed
    assert all(row.switched_off_because for row in shipped().regimes if row.id in off)


@pytest.mark.parametrize(
    ("region", "first"),
    [("TX", "us_tx"), ("CA", "us_ca_ccpa"), ("VA", "us_va"), ("WY", "default"), ("NJ", "default"), ("", "default")],
)
def test_laws_on_single_choices_come_after_the_law_on_requests(region: str, first: str) -> None:
    assert shipped().propose("US", region, DAY) == (first, *BESIDE)


@pytest.mark.parametrize(
    ("right", "region", "laws"),
    [
        ("access", "TX", ["us_tx"]),
        ("access", "WY", ["default"]),
        ("restriction", "TX", ["default"]),
        ("marketing_opt_out", "TX", ["us_canspam", "us_dnc_company", "us_tcpa_revocation", "twilio_promise_marketing"]),
        ("marketing_opt_out", "WY", ["us_canspam", "us_dnc_company", "us_tcpa_revocation", "twilio_promise_marketing"]),
        ("consent_withdrawal", "OR", ["us_or", "us_tcpa_revocation"]),
        ("consent_withdrawal", "TX", ["us_tcpa_revocation"]),
        ("cpni_opt_out", "TX", ["us_cpni"]),
        ("complaint", "TX", ["default"]),
    ],
)
def test_each_right_is_answered_under_the_laws_that_know_it(right: str, region: str, laws: list[str]) -> None:
    assert [row.id for row in shipped().regimes_for(right, "US", region, DAY)] == laws


def test_the_organisations_promise_is_sooner_than_any_law_here() -> None:
    rules = shipped()
    laws = rules.regimes_for("marketing_opt_out", "US", "TX", DAY)

    due = {row.id: clocks(row, "marketing_opt_out", received(DAY))[0].promised for row in laws}

    assert min(due, key=lambda law: due[law]) == "twilio_promise_marketing"
    assert due["twilio_promise_marketing"] == date(2026, 11, 26)


# --- What no law allows -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STARTS)
def test_no_state_stops_the_clock_for_anything(state: str) -> None:
    row = _first(state)
    on = row.window.opens

    told = {
        what: pause(row, "access", what, received(on), row.working, on) for what in ("identity", "clarification", "fee")
    }

    assert all(told.values())
    assert told["identity"] is not None
    assert told["identity"].rule == f"us_{state.lower()}/{on}/pause_identity"


def test_a_refusal_is_told_within_the_first_period_even_where_the_answer_was_put_off() -> None:
    row = _row("VA", date(2026, 6, 15))
    put_off = (*received(date(2026, 6, 15)), ClockEvent(EventKind.EXTENDED, date(2026, 7, 20)))

    told = refusal(row, "access", put_off, row.working, date(2026, 7, 31))

    assert refusal(row, "access", put_off, row.working, date(2026, 7, 30)) is None
    assert told is not None
    assert told.rule == "us_va/2023-01-01/refuse"  # 59.1-577(B)(2)


@given(st.sampled_from(sorted(STARTS)), st.dates(LATER, date(2034, 12, 31)), st.integers(0, 45), st.integers(0, 45))
def test_asking_and_answering_never_moves_a_date_in_a_state(state: str, on: date, asked: int, waited: int) -> None:
    row = _row(state, on)
    open_at = on + timedelta(days=asked)
    later = ((EventKind.IDENTITY_ASKED, open_at), (EventKind.IDENTITY_GIVEN, open_at + timedelta(days=waited)))

    plain, held = _found(row, "deletion", on), _found(row, "deletion", on, *later)

    assert {kind: clock.due for kind, clock in plain.items()} == {kind: clock.due for kind, clock in held.items()}
