# ruff: noqa: E501 - the tables below read best with one case to a line
"""The world outside the United States: days counted by hand, each with where the law says so, and what it forbids.

``law.md`` is the reference text on laws (its part 1.0), ``peers.md`` the list of vectors that other products get wrong.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from dsr.deadlines import day_ends
from dsr.rules import Clock, ClockEvent, ClockKind, EventKind, Regime, clocks, extended, guards
from dsr.rules.checks import walk
from dsr.rules.happened import check
from dsr.rules.schema.base import Figure
from tests.unit.rules.laws import dates, story
from tests.unit.rules.packs import shipped

DAY = date(2026, 11, 23)
LATER = date(2027, 6, 1)
"""The law of India has begun by then too."""
WORLD = (
    "eu_gdpr", "uk_gdpr", "uk_complaint", "ch_fadp", "br_lgpd", "ca_qc", "ca_pipeda", "au_app", "au_telco_complaint",
    "jp_appi", "kr_pipa", "in_dpdp", "za_popia", "cn_pipl", "dpf", "bcr_controller", "cbpr_prp", "eu_dsa20", "eu_p2b",
)  # fmt: skip
OFF = {"bcr_controller", "cbpr_prp", "eu_dsa20", "eu_p2b"}


def _law(regime: str, on: date = LATER) -> Regime:
    return shipped().regime(regime, on)


def _dates(regime: str, right: str, received: str, *events: str, as_of: str | None = None) -> dict[ClockKind, Clock]:
    """Every clock, and how far the answer could be put off."""
    told = story(received, *events)
    row = _law(regime, told[0].on)
    longest = extended(row, right, told)
    found = dates(row, told, right, date.fromisoformat(as_of) if as_of else None)
    return found | ({ClockKind.EXTENDED: longest} if longest else {})


def _shown(found: dict[ClockKind, Clock]) -> dict[str, str]:
    """The dates in short: that of the answer, what is promised where it differs, and the rest."""
    answer = next(clock for clock in found.values() if clock.kind.answers)
    names = {ClockKind.ACKNOWLEDGE: "ack", ClockKind.EXTENDED: "longest", ClockKind.COMPLAIN: "complain"}
    rest = {names[kind]: clock.due.isoformat() for kind, clock in found.items() if kind in names and not _ours(clock)}
    return {
        "due": answer.due.isoformat(),
        **({"safe": answer.safe.isoformat()} if answer.safe else {}),
        **rest,
        **({"fee": found[ClockKind.FEE_REPLY].due.isoformat()} if ClockKind.FEE_REPLY in found else {}),
    }


def _ours(clock: Clock) -> bool:
    """An acknowledgement that no law asks for."""
    return clock.kind is ClockKind.ACKNOWLEDGE and clock.policy


# --- What the documents say -----------------------------------------------------------------------------------------

Case = tuple[str, str, str, tuple[str, ...], dict[str, str]]
DOCUMENTED: list[Case] = [
    ("eu_gdpr", "access", "2026-03-05", (), {"due": "2026-04-07", "longest": "2026-06-05"}),
    ("eu_gdpr", "access", "2026-01-31", (), {"due": "2026-03-02", "longest": "2026-04-30"}),
    ("eu_gdpr", "access", "2026-08-31", (), {"due": "2026-09-30", "longest": "2026-11-30"}),
    ("uk_gdpr", "access", "2026-03-03", ("clarification_asked=2026-03-10", "clarification_given=2026-03-20"), {"due": "2026-04-14", "safe": "2026-04-13", "longest": "2026-06-15"}),
    ("uk_complaint", "complaint", "2026-07-01", (), {"due": "2026-07-31", "ack": "2026-07-30"}),
    ("br_lgpd", "access", "2026-02-10", (), {"due": "2026-02-25"}),
    ("dpf", "complaint", "2026-06-15", (), {"due": "2026-07-30"}),
    ("kr_pipa", "access", "2026-06-15", (), {"due": "2026-06-25"}),
    ("ca_qc", "access", "2026-06-15", ("decided=2026-07-15",), {"due": "2026-07-15", "complain": "2026-08-14"}),
    ("ca_pipeda", "access", "2026-06-15", (), {"due": "2026-07-15", "longest": "2026-08-14"}),
    ("eu_dsa20", "complaint", "2026-06-15", ("decided=2026-06-15",), {"due": "2026-07-15", "complain": "2026-12-15"}),
]  # fmt: skip


@pytest.mark.parametrize(("regime", "right", "received", "events", "expected"), DOCUMENTED)
def test_vectors_of_the_reference_text(
    regime: str, right: str, received: str, events: tuple[str, ...], expected: dict[str, str]
) -> None:
    """law.md 1.0; the extensions of the second row and of the British one were counted by hand."""
    assert _shown(_dates(regime, right, received, *events)) == expected


@pytest.mark.parametrize(
    ("received", "due", "longest"),
    [
        ("2027-01-31", "2027-03-01", "2027-04-30"),  # peers.md 1
        ("2026-09-03", "2026-10-05", "2026-12-03"),  # peers.md 2
        ("2026-12-31", "2027-02-02", "2027-03-31"),  # peers.md 3, and 1 February 2027 is Saint Brigid's Day
        ("2026-11-30", "2026-12-30", "2027-03-01"),  # peers.md 4
    ],
)
def test_vectors_of_the_peers_in_ireland(received: str, due: str, longest: str) -> None:
    """Regulation 1182/71 Art 3(4): the public holidays of the country count."""
    assert _shown(_dates("eu_gdpr", "access", received)) == {"due": due, "longest": longest}


def test_the_third_vector_of_the_peers_holds_where_the_first_of_february_is_worked() -> None:
    """peers.md 3 as it stands there: 1 February. Decided for the holidays of the country, see decision 10."""
    told = story("2026-12-31")

    for calendar in ("WEEKDAYS", "GB-ENG"):
        found = clocks(_law("eu_gdpr"), "access", told, calendar=shipped().calendars[calendar])
        assert next(clock.due for clock in found if clock.kind is ClockKind.RESPOND) == date(2027, 2, 1)


@pytest.mark.parametrize(
    ("regime", "received", "asked", "given", "due"),
    [
        ("eu_gdpr", "2026-03-05", "2026-04-08", "2026-04-20", "2026-04-07"),
        ("uk_gdpr", "2026-03-05", "2026-04-08", "2026-04-20", "2026-04-07"),
    ],
)
def test_pausing_what_is_overdue_never_creates_time(
    regime: str, received: str, asked: str, given: str, due: str
) -> None:
    """peers.md 5."""
    events = (f"clarification_asked={asked}", f"clarification_given={given}")

    assert _dates(regime, "access", received, *events)[ClockKind.RESPOND].due == date.fromisoformat(due)


def test_an_extension_is_told_by_the_last_minute_in_dublin() -> None:
    """peers.md 6 and 7: the last minute of Tuesday 7 April 2026 is allowed, the next one is not."""
    row, events = _law("eu_gdpr"), story("2026-03-05")
    ends = day_ends(date(2026, 4, 7), "Europe/Dublin")
    assert ends == datetime(2026, 4, 7, 23, tzinfo=UTC)

    in_time = ClockEvent.at(EventKind.EXTENDED, datetime(2026, 4, 7, 22, 59, tzinfo=UTC), "Europe/Dublin")
    late = ClockEvent.at(EventKind.EXTENDED, datetime(2026, 4, 7, 23, 0, tzinfo=UTC), "Europe/Dublin")

    assert guards.extension(row, "access", events, row.working, in_time.on) is None
    refused = guards.extension(row, "access", events, row.working, late.on)
    assert refused is not None
    assert (refused.rule, refused.source) == ("eu_gdpr/2018-05-25/extension", "Art 12(3)")
    assert "7 April 2026" in refused.because


NEVER_FOR_IDENTITY = ("ch_fadp", "br_lgpd", "ca_qc", "ca_pipeda", "au_app", "jp_appi", "kr_pipa", "in_dpdp", "za_popia", "cn_pipl")  # fmt: skip


@pytest.mark.parametrize("regime", NEVER_FOR_IDENTITY)
@pytest.mark.parametrize("what", ["identity", "clarification"])
def test_a_law_that_knows_no_pause_refuses_it_and_says_why(regime: str, what: Any) -> None:
    """peers.md 8."""
    row, events = _law(regime), story("2027-06-01")

    refused = guards.pause(row, "access", what, events, row.working, date(2027, 6, 2))

    assert refused is not None
    assert refused.because.startswith(f"{row.title} knows no pause while ")
    assert refused.source == row.answer_rule("access").source


def test_what_comes_in_late_on_a_friday_came_in_on_that_friday() -> None:
    """peers.md 9: no law that ships moves receipt to the next working day."""
    at = datetime(2026, 3, 6, 22, 30, tzinfo=UTC)  # winter time: Dublin is on UTC

    came = ClockEvent.at(EventKind.RECEIVED, at, "Europe/Dublin")
    found = clocks(_law("eu_gdpr"), "access", [came])

    assert came.on == date(2026, 3, 6)
    assert next(clock.due for clock in found if clock.kind is ClockKind.RESPOND) == date(
        2026, 4, 7
    )  # 6 April is a holiday


@pytest.mark.parametrize(
    "events",
    [
        ("clarification_asked=2026-03-10", "clarification_asked=2026-03-12"),
        ("identity_asked=2026-03-01",),
        ("clarification_given=2026-03-10",),
    ],
)
def test_pauses_that_cannot_have_happened_are_rejected(events: tuple[str, ...]) -> None:
    """peers.md 10: two at once, one before receipt, an answer to nothing."""
    with pytest.raises(ValueError, match=r"still open|before receipt|nothing had been asked"):
        check(story("2026-03-03", *events))


def test_a_holiday_that_is_added_moves_the_date_when_it_is_counted_again() -> None:
    """peers.md 11, as far as the arithmetic goes; that the person is told is for the services."""
    row, told = _law("eu_gdpr"), story("2026-03-05")
    added = replace(row.working, holidays={**row.working.holidays, date(2026, 4, 7): "A day of mourning"})

    before, after = (dates(row, told, calendar=table)[ClockKind.RESPOND] for table in (row.working, added))

    assert (before.due, after.due) == (date(2026, 4, 7), date(2026, 4, 8))
    assert "A day of mourning" in after.segments[-1].because


# --- Beyond the documents -------------------------------------------------------------------------------------------

COUNTED: list[Case] = [
    # A Sunday in May; no 31st of June, but one of August.
    ("eu_gdpr", "access", "2026-05-31", (), {"due": "2026-06-30", "longest": "2026-08-31"}),
    # 28 March 2027 is Easter Sunday.
    ("eu_gdpr", "restriction", "2027-02-28", (), {"due": "2027-03-30", "longest": "2027-05-28"}),
    # Ten days from 21 to 30 November by guidance: Saturday 26 December, a Sunday after it. Promised without them.
    ("eu_gdpr", "portability", "2026-11-16", ("identity_asked=2026-11-20", "identity_given=2026-11-30"), {"due": "2026-12-28", "safe": "2026-12-16", "longest": "2027-02-26"}),
    # Early May bank holiday; two months on, a Saturday.
    ("uk_gdpr", "access", "2026-04-04", (), {"due": "2026-05-05", "safe": "2026-05-04", "longest": "2026-07-06"}),
    # Asked on the day of receipt: four days, both ends included, as the formula says.
    ("uk_gdpr", "access", "2026-09-01", ("clarification_asked=2026-09-01", "clarification_given=2026-09-04"), {"due": "2026-10-05", "safe": "2026-10-04", "longest": "2026-12-07"}),
    # The month begins on 10 October; five days are left out: Sunday 15 November.
    ("uk_gdpr", "access", "2026-10-01", ("identity_asked=2026-10-02", "identity_given=2026-10-10", "clarification_asked=2026-10-12", "clarification_given=2026-10-16"), {"due": "2026-11-16", "safe": "2026-11-15", "longest": "2027-01-15"}),
    # A fee that is paid on the last day of January in a leap year.
    ("uk_gdpr", "access", "2028-01-10", ("fee_told=2028-01-12", "fee_paid=2028-01-31"), {"due": "2028-02-29", "safe": "2028-02-28", "longest": "2028-05-02"}),
    ("uk_complaint", "complaint", "2027-01-31", (), {"due": "2027-03-02", "ack": "2027-03-01"}),
    ("ch_fadp", "access", "2026-01-30", (), {"due": "2026-03-01"}),
    ("ch_fadp", "access", "2026-12-01", ("fee_told=2026-12-20", "fee_paid=2026-12-30"), {"due": "2027-01-29"}),
    ("ch_fadp", "access", "2028-02-01", ("fee_told=2028-02-20",), {"due": "2028-03-02", "fee": "2028-03-01"}),
    ("br_lgpd", "deletion", "2027-02-28", (), {"due": "2027-03-15"}),
    ("ca_qc", "access", "2027-01-31", ("decided=2027-03-02",), {"due": "2027-03-02", "complain": "2027-04-01"}),
    ("ca_pipeda", "access", "2027-01-31", ("decided=2027-03-02",), {"due": "2027-03-02", "longest": "2027-04-01", "complain": "2027-09-02"}),
    ("au_app", "access", "2026-12-02", (), {"due": "2027-01-01"}),
    # Good Friday and Easter Monday, 26 and 29 March.
    ("au_telco_complaint", "complaint", "2027-03-24", (), {"due": "2027-04-16", "safe": "2027-04-14", "ack": "2027-03-30"}),
    ("jp_appi", "deletion", "2027-02-28", (), {"due": "2027-03-14"}),
    # Through Chuseok, which counts.
    ("kr_pipa", "correction", "2026-09-20", (), {"due": "2026-09-30"}),
    ("in_dpdp", "complaint", "2027-06-30", (), {"due": "2027-09-28"}),
    ("za_popia", "access", "2026-11-16", (), {"due": "2026-12-16", "longest": "2027-01-15"}),
    # Over the National Day week of 2025: off 1 to 3 and 6 to 8 October, worked on Sunday 28 September and Saturday 11 October.
    ("cn_pipl", "access", "2025-09-26", (), {"due": "2025-10-23", "safe": "2025-10-15"}),
    ("dpf", "complaint", "2027-01-15", (), {"due": "2027-03-01"}),
    ("bcr_controller", "bcr_complaint", "2027-11-30", (), {"due": "2027-12-30", "longest": "2028-02-29"}),
    ("cbpr_prp", "complaint", "2026-04-02", (), {"due": "2026-04-16"}),
    ("eu_dsa20", "complaint", "2027-12-31", ("decided=2027-12-31",), {"due": "2028-01-30", "complain": "2028-06-30"}),
    ("eu_p2b", "complaint", "2027-02-28", (), {"due": "2027-03-30"}),
]  # fmt: skip


@pytest.mark.parametrize(("regime", "right", "received", "events", "expected"), COUNTED)
def test_days_counted_by_hand(
    regime: str, right: str, received: str, events: tuple[str, ...], expected: dict[str, str]
) -> None:
    assert _shown(_dates(regime, right, received, *events)) == expected


def test_every_regime_was_counted_beyond_the_documents() -> None:
    assert {case[0] for case in COUNTED} == set(WORLD)


@pytest.mark.parametrize(
    ("regime", "told", "until"),
    [
        ("ch_fadp", "2026-07-15", "2026-09-30"),
        ("kr_pipa", "2026-06-25", "2026-07-20"),
    ],
)
def test_an_extension_without_a_length_goes_to_the_day_that_is_told(regime: str, told: str, until: str) -> None:
    """FADP Ordinance Art 18(2), PIPA Art 35(3): on the last day of the first period, to any later day."""
    put_off = _dates(regime, "access", "2026-06-15", f"extended={told}>{until}")
    without = _dates(regime, "access", "2026-06-15", f"extended={told}")

    assert put_off[ClockKind.RESPOND].due == date.fromisoformat(until)
    assert without[ClockKind.RESPOND].due == date.fromisoformat(told)
    assert ClockKind.EXTENDED not in without


@pytest.mark.parametrize(
    "regime",
    ["uk_complaint", "br_lgpd", "ca_qc", "au_app", "au_telco_complaint", "jp_appi", "in_dpdp", "cn_pipl", "dpf"],
)
def test_a_law_without_an_extension_refuses_it(regime: str) -> None:
    row = _law(regime)
    right = row.rights[0].right

    refused = guards.extension(row, right, story("2027-06-01"), row.working, date(2027, 6, 2))

    assert refused is not None
    assert refused.because == f"{row.title} allows no extension for this right."


@pytest.mark.parametrize(
    ("regime", "right"), [("za_popia", "correction"), ("za_popia", "be_informed"), ("ch_fadp", "deletion")]
)
def test_an_extension_is_for_the_rights_that_the_law_names(regime: str, right: str) -> None:
    """PAIA s.57 is about records, the Swiss ordinance about the right to information."""
    assert _law(regime).extension_for("access") is not None
    assert _law(regime).extension_for(right) is None


@pytest.mark.parametrize(
    ("regime", "due", "complain"),
    [
        ("ca_qc", "2026-07-15", "2026-08-14"),  # s.32 and 43
        ("ca_pipeda", "2026-07-15", "2027-01-15"),  # s.8(5) and 11(2)
        ("za_popia", "2026-07-15", "2027-01-11"),  # PAIA s.58 and 77A(2): 16 + 31 + 30 + 31 + 30 + 31 + 11 days
    ],
)
def test_silence_is_a_refusal_that_can_be_taken_further(regime: str, due: str, complain: str) -> None:
    on_the_day = _dates(regime, "access", "2026-06-15", as_of=due)
    day_after = _dates(regime, "access", "2026-06-15", as_of="2026-07-16")

    assert on_the_day[ClockKind.RESPOND].due == date.fromisoformat(due)
    assert ClockKind.COMPLAIN not in on_the_day
    assert day_after[ClockKind.COMPLAIN].due == date.fromisoformat(complain)


def test_silence_is_nothing_by_itself_anywhere_else() -> None:
    deemed = {regime for regime in WORLD if (missed := _law(regime).missed) and missed.deemed_refusal}

    assert deemed == {"ca_qc", "ca_pipeda", "za_popia"}


@pytest.mark.parametrize("regime", ["eu_gdpr", "uk_gdpr"])
@pytest.mark.parametrize("right", ["marketing_opt_out", "targeted_advertising_opt_out", "consent_withdrawal"])
def test_a_choice_takes_effect_at_once_and_nobody_proves_who_they_are(regime: str, right: str) -> None:
    """Art 7(3) and 21(3)."""
    row = _law(regime)
    found = _dates(regime, right, "2026-12-25", "identity_asked=2026-12-25", "identity_given=2026-12-30")
    refused = guards.pause(row, right, "identity", story("2026-12-25"), row.working, date(2026, 12, 25))

    assert found[ClockKind.EFFECT].due == date(2026, 12, 25)
    assert refused is not None
    assert refused.because.startswith("Nobody may be asked to prove who they are for this")


def test_proof_of_identity_that_comes_with_the_request_delays_nothing() -> None:
    """Art 12A."""
    found = _dates("uk_gdpr", "access", "2026-06-01", "identity_given=2026-06-01")

    assert found[ClockKind.RESPOND].due == date(2026, 7, 1)


# --- Figures as they stand in the documents -------------------------------------------------------------------------

# regime, right: n, unit, confidence, policy
ANSWERS: dict[tuple[str, str], tuple[int, str, str, bool]] = {
    ("eu_gdpr", "access"): (1, "month", "C", False),
    ("eu_gdpr", "marketing_opt_out"): (0, "day", "GK", False),
    ("uk_gdpr", "access"): (1, "month", "C2", False),
    ("uk_complaint", "complaint"): (30, "day", "C", True),
    ("ch_fadp", "access"): (30, "day", "C", False),
    ("ch_fadp", "automated_decision_review"): (30, "day", "GK", True),
    ("br_lgpd", "access"): (15, "day", "C", False),
    ("br_lgpd", "deletion"): (15, "day", "GK", True),
    ("ca_qc", "access"): (30, "day", "C2", False),
    ("ca_pipeda", "access"): (30, "day", "C2", False),
    ("au_app", "access"): (30, "day", "C2", True),
    ("au_app", "complaint"): (30, "day", "GK", True),
    ("au_telco_complaint", "complaint"): (15, "business_day", "C2", False),
    ("jp_appi", "access"): (14, "day", "C2", True),
    ("kr_pipa", "access"): (10, "day", "C", False),
    ("kr_pipa", "automated_decision_review"): (30, "day", "GKq", True),
    ("in_dpdp", "access"): (90, "day", "C2", True),
    ("in_dpdp", "complaint"): (90, "day", "C2", False),
    ("za_popia", "access"): (30, "day", "C2", False),
    ("za_popia", "deletion"): (30, "day", "GKq", True),
    ("cn_pipl", "access"): (15, "business_day", "GK", True),
    ("dpf", "complaint"): (45, "day", "C2", False),
    ("bcr_controller", "access"): (1, "month", "GKq", True),
    ("cbpr_prp", "complaint"): (10, "business_day", "GKq", True),
    ("eu_dsa20", "complaint"): (30, "day", "GK", True),
    ("eu_p2b", "complaint"): (30, "day", "GK", True),
}


@pytest.mark.parametrize(("regime", "right"), ANSWERS)
def test_figures_carry_what_the_documents_say_of_them(regime: str, right: str) -> None:
    rule = _law(regime).answer_rule(right)

    assert (rule.n, rule.unit, rule.confidence, rule.policy) == ANSWERS[regime, right]


@pytest.mark.parametrize(
    ("regime", "n", "unit", "confidence"),
    [
        ("eu_gdpr", 2, "month", "C"),
        ("uk_gdpr", 2, "month", "C2"),
        ("ch_fadp", None, "day", "GK"),
        ("ca_pipeda", 30, "day", "C2"),
        ("kr_pipa", None, "day", "GK"),
        ("za_popia", 30, "day", "C2"),
        ("bcr_controller", 2, "month", "GKq"),
    ],
)
def test_extensions_are_those_of_the_documents(regime: str, n: int | None, unit: str, confidence: str) -> None:
    rule = _law(regime).extension_for("access")

    assert rule is not None
    assert (rule.n, rule.unit, rule.times, rule.confidence) == (n, unit, 1, confidence)
    assert regime == "kr_pipa" or "new_date" in rule.must_state


@pytest.mark.parametrize(
    ("regime", "modes"),
    [
        ("eu_gdpr", {"identity": "toll", "clarification": "toll"}),
        ("uk_gdpr", {"identity": "start_later", "clarification": "exclude_inclusive", "fee": "start_later"}),
        ("ch_fadp", {"fee": "start_later"}),
    ],
)
def test_pauses_are_those_of_the_documents(regime: str, modes: dict[str, str]) -> None:
    assert {rule.event: rule.mode for rule in _law(regime).pauses} == modes


def test_no_other_law_stops_a_clock() -> None:
    assert [regime for regime in WORLD if _law(regime).pauses] == ["eu_gdpr", "uk_gdpr", "ch_fadp"]


def test_windows_are_those_of_the_documents() -> None:
    given = {"eu_gdpr": "2018-05-25", "uk_gdpr": "2026-02-05", "uk_complaint": "2026-06-19", "ch_fadp": "2023-09-01", "in_dpdp": "2027-05-14"}  # fmt: skip

    assert {regime: _law(regime).window.opens.isoformat() for regime in given} == given
    assert all(_law(regime).window.source and _law(regime).window.confidence for regime in WORLD)


def test_what_is_unsure_is_a_policy_or_is_switched_off() -> None:
    rows = [_law(regime) for regime in WORLD]
    unsure = {row.id for row in rows for _, figure in walk(row) if isinstance(figure, Figure) and figure.confidence == "GKq" and not figure.policy}  # fmt: skip

    assert {row.id for row in rows if not row.switched_on} == OFF
    assert unsure <= OFF


CHILDREN: dict[str, dict[str, int | None]] = {
    "eu_gdpr": {
        **dict.fromkeys(("IE", "DE", "NL", "PL"), 16),
        **dict.fromkeys(("FR", "CZ", "GR", "DK"), 15),
        **dict.fromkeys(("ES", "IT", "AT"), 14),
        **dict.fromkeys(("BE", "SE", "FI", "PT"), 13),
    },
    "uk_gdpr": {"GB": 13},
    "br_lgpd": {"BR": 12},
    "ca_qc": {"CA": 14},
    "au_app": {"AU": 15},
    "jp_appi": {"JP": 16},
    "kr_pipa": {"KR": 14},
    "in_dpdp": {"IN": 18},
    "za_popia": {"ZA": 18},
    "cn_pipl": {"CN": 14},
    "ch_fadp": {"CH": None},
    "ca_pipeda": {"CA": None},
}


@pytest.mark.parametrize("regime", CHILDREN)
def test_a_child_is_a_child_by_the_law_of_its_country(regime: str) -> None:
    row = _law(regime)

    found = {country: (age := row.child_age(country)) and age.under for country in CHILDREN[regime]}

    assert found == CHILDREN[regime]


def test_what_may_be_charged_is_told_first_where_the_law_says_so() -> None:
    fees = {regime: fee for regime in WORLD if (fee := _law(regime).fee)}
    cap = fees["ch_fadp"].cap

    assert cap is not None
    assert (cap.amount, cap.currency) == (300, "CHF")
    assert {regime for regime, fee in fees.items() if fee.told_first} == {"uk_gdpr", "ch_fadp", "ca_qc", "ca_pipeda", "za_popia"}  # fmt: skip
    assert {regime for regime, fee in fees.items() if not fee.may_charge} == {"uk_complaint", "br_lgpd", "in_dpdp", "dpf", "eu_dsa20", "eu_p2b"}  # fmt: skip


@pytest.mark.parametrize(
    ("regime", "letter", "elements"),
    [
        ("eu_gdpr", "refusal", {"reasons", "complaint_route", "judicial_remedy"}),
        ("eu_gdpr", "extension", {"reasons"}),
        ("eu_gdpr", "answer", {"action_taken"}),
        ("uk_gdpr", "extension", {"reasons"}),
        ("ch_fadp", "refusal", {"reasons"}),
        ("ch_fadp", "extension", {"new_date"}),
        ("br_lgpd", "refusal", {"reasons"}),
        ("ca_qc", "refusal", {"reasons", "complaint_route"}),
        ("ca_pipeda", "extension", {"new_date", "reasons", "complaint_route"}),
        ("ca_pipeda", "refusal", {"reasons", "complaint_route"}),
        ("au_app", "refusal", {"reasons", "complaint_route"}),
        ("jp_appi", "refusal", {"reasons"}),
        ("kr_pipa", "extension", {"reasons"}),
        ("kr_pipa", "refusal", {"how_to_appeal"}),
        ("cn_pipl", "refusal", {"reasons", "judicial_remedy"}),
    ],
)
def test_letters_state_what_the_law_asks_for(regime: str, letter: str, elements: set[str]) -> None:
    assert elements <= set(_law(regime).must_say(letter, "access"))


def test_a_refusal_under_the_gdpr_has_a_date_of_its_own_and_a_choice_has_none() -> None:
    """Art 12(4)."""
    assert _dates("eu_gdpr", "access", "2026-03-05")[ClockKind.REFUSE].due == date(2026, 4, 7)
    assert ClockKind.REFUSE not in _dates("eu_gdpr", "marketing_opt_out", "2026-03-05")


@pytest.mark.parametrize("regime", ["dpf", "bcr_controller", "cbpr_prp"])
def test_a_framework_binds_whoever_has_joined_it(regime: str) -> None:
    row = _law(regime, DAY)

    assert (row.kind, row.organisation) == ("framework", "twilio")


# --- Laws that nobody has read yet ----------------------------------------------------------------------------------

# regime: place, and for access and for correction how many days, business days or months
UNREAD: dict[str, tuple[str, tuple[int, str], tuple[int, str]]] = {
    "sg_pdpa": ("SG", (30, "day"), (30, "day")),
    "nz_privacy": ("NZ", (20, "business_day"), (20, "business_day")),
    "hk_pdpo": ("HK", (40, "day"), (40, "day")),
    "tr_kvkk": ("TR", (30, "day"), (30, "day")),
    "sa_pdpl": ("SA", (30, "day"), (30, "day")),
    "th_pdpa": ("TH", (30, "day"), (30, "day")),
    "mx_lfpdppp": ("MX", (20, "business_day"), (20, "business_day")),
    "ar_pdpa": ("AR", (10, "day"), (5, "business_day")),
    "co_1581": ("CO", (10, "business_day"), (15, "business_day")),
    "il_ppl": ("IL", (30, "day"), (30, "day")),
    "ke_dpa": ("KE", (7, "day"), (14, "day")),
    "ng_ndpa": ("NG", (1, "month"), (1, "month")),
    "id_pdp": ("ID", (3, "day"), (3, "day")),
}


@pytest.mark.parametrize("regime", UNREAD)
def test_a_law_that_nobody_has_read_is_off_and_says_so(regime: str) -> None:
    """law.md 1.8, last paragraph."""
    row = _law(regime)
    place, *days = UNREAD[regime]
    told = [(rule.n, rule.unit) for rule in (row.answer_rule("access"), row.answer_rule("correction"))]

    assert row.switched_off_because
    assert told == days
    assert {figure.confidence for _, figure in walk(row) if isinstance(figure, Figure)} == {"GKq"}
    assert regime not in shipped().propose(place, "", LATER)
    assert shipped().propose(place, "", LATER)[0] == "default"
