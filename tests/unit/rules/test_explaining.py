"""One law's answer to "why this date?", and that of several laws together."""

from datetime import date
from typing import Any

import pytest

from dsr.rules import ClockKind, NotInRules, Regime
from dsr.rules.explaining import Explanation, Together, explain
from tests.unit.rules.laws import A_MONTH, THIRTY_DAYS, TWO_MONTHS_MORE, dates, eu_like, law, story, uk_like

COMPLAIN: dict[str, Any] = {"id": "complain", "kind": "complain", "n": 30, "unit": "day"}
FEE_REPLY: dict[str, Any] = {"id": "fee_reply", "kind": "fee_reply", "n": 10, "unit": "day"}
APPEALS: dict[str, Any] = {
    "id": "appeal", "kind": "decide_appeal", "n": 45, "unit": "day", "longer": {"n": 60, "unit": "day"}
}  # fmt: skip
SILENCE: dict[str, Any] = {"deemed_refusal": True, "text": "Silence is a refusal.", "source": "s.4", "confidence": "C"}


def _explain(regime: Regime, *events: str, right: str = "access", as_of: str | None = None) -> Explanation:
    day = date.fromisoformat(as_of) if as_of else None
    return explain(regime, right, story(*events), zone="Europe/Dublin", as_of=day)


def test_a_law_that_is_switched_off_is_explained_and_says_so() -> None:
    off = law(THIRTY_DAYS, switched_on=False, switched_off_because="Nobody has read it yet.")

    answer = _explain(off, "2026-06-01").as_dict()

    assert (answer["switched_on"], answer["switched_off_because"]) == (False, "Nobody has read it yet.")
    assert answer["respond"] == "2026-07-01"


def test_what_the_law_passes_over_is_listed_once_with_rule_and_source() -> None:
    answer = _explain(law(THIRTY_DAYS), "2026-06-01", "fee_told=2026-06-02", "extended=2026-06-03").as_dict()

    assert answer["respond"] == "2026-07-01"
    assert answer["forbidden"] == [
        {
            "verb": "pause",
            "because": "Invented Act knows no pause while word about the fee is awaited.",
            "rule": "invented/2020-01-01/respond",
            "source": "s.1",
            "event": "fee",
        },
        {
            "verb": "extend",
            "because": "Invented Act allows no extension for this right.",
            "rule": "invented/2020-01-01/respond",
            "source": "s.1",
        },
        *answer["forbidden"][2:],
    ]
    rest = [(ban["verb"], ban.get("event")) for ban in answer["forbidden"][2:]]
    assert rest == [("pause", "identity"), ("pause", "clarification"), ("tell_fee", None)]


def test_a_choice_bars_the_question_who_somebody_is() -> None:
    at_once = {"id": "at_once", "kind": "effect", "n": 0, "unit": "day", "rights": ["marketing_opt_out"]}

    found = _explain(law(A_MONTH, at_once), "2026-06-01", "identity_asked=2026-06-02", right="marketing_opt_out")

    assert [ban.verb for ban in found.forbidden if ban.event == "identity"] == ["ask_identity", "pause"]
    assert found.answer.due == date(2026, 6, 1)


def test_seen_from_a_day_it_says_what_is_left_and_leaves_out_what_came_later() -> None:
    events = ("2026-03-05", "clarification_asked=2026-03-10", "clarification_given=2026-03-20", "extended=2026-04-01")

    early = _explain(eu_like(), *events, as_of="2026-03-15").as_dict()
    late = _explain(eu_like(), *events, as_of="2026-06-20").as_dict()

    assert (early["respond"], early["waits_for"], early["days_left"]) == ("2026-04-10", "clarification", 23)
    # Three months end on 5 June, or, by guidance, on the 15th: the promise is the earlier, overdue the later.
    assert (late["respond"], late["safe"], late["days_left"], late["overdue"]) == (
        "2026-06-15",
        "2026-06-05",
        -15,
        True,
    )


def test_nobody_looks_at_a_request_before_it_came_in() -> None:
    with pytest.raises(ValueError, match="on 2026-03-04 the request had not come in"):
        _explain(eu_like(), "2026-03-05", as_of="2026-03-04")


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (("identity_asked=2026-03-04",), "cannot be before receipt"),
        (("identity_asked=2026-03-06", "identity_asked=2026-03-07"), "the question before it is still open"),
        (("clarification_given=2026-03-07",), "nothing had been asked"),
        (("clarification_asked=2026-03-06", "clarification_given=2026-03-04"), "before receipt"),
        (("clarification_asked=2026-03-08", "clarification_given=2026-03-07"), "nothing had been asked"),
    ],
)
def test_what_cannot_have_happened_is_refused(events: tuple[str, ...], said: str) -> None:
    """Peers' vector 10: overlapping questions of one kind, and what is dated before receipt."""
    with pytest.raises(ValueError, match=said):
        _explain(eu_like(), "2026-03-05", *events)


def test_questions_of_two_kinds_may_be_open_at_once() -> None:
    asked = ("identity_asked=2026-03-06", "clarification_asked=2026-03-07", "identity_asked=2026-03-12")

    found = _explain(eu_like(), "2026-03-05", *asked[:2], "identity_given=2026-03-10", asked[2])

    assert found.answer.waits_for == "clarification"


# --- Clocks that run for others -------------------------------------------------------------------------------------


def test_the_word_on_a_fee_is_awaited_while_it_is_open() -> None:
    regime = law(THIRTY_DAYS, FEE_REPLY, pauses={"fee": "start_later"})

    told = dates(regime, story("2026-06-01", "fee_told=2026-06-05"))
    paid = dates(regime, story("2026-06-01", "fee_told=2026-06-05", "fee_paid=2026-06-08"))
    again = dates(regime, story("2026-06-01", "fee_told=2026-06-05", "fee_paid=2026-06-08", "fee_told=2026-06-10"))

    assert told[ClockKind.FEE_REPLY].due == date(2026, 6, 15)
    assert ClockKind.FEE_REPLY not in paid
    assert again[ClockKind.FEE_REPLY].due == date(2026, 6, 20)
    no_pause = dates(law(THIRTY_DAYS, FEE_REPLY), story("2026-06-01", "fee_told=2026-06-05"))
    assert no_pause[ClockKind.FEE_REPLY].due == date(2026, 6, 15)  # the person has the time although nothing stops


def test_a_decision_opens_the_way_to_the_authority() -> None:
    """Quebec, s.32 and s.43: thirty days to answer, thirty to apply; law.md's vector."""
    regime = law(THIRTY_DAYS, COMPLAIN, missed=SILENCE)

    found = dates(regime, story("2026-06-15", "decided=2026-07-15"))

    assert found[ClockKind.RESPOND].due == date(2026, 7, 15)
    assert found[ClockKind.COMPLAIN].due == found[ClockKind.COMPLAIN].promised == date(2026, 8, 14)


def test_silence_opens_it_too_where_the_law_takes_it_for_a_refusal() -> None:
    silent, patient = law(THIRTY_DAYS, COMPLAIN, missed=SILENCE), law(THIRTY_DAYS, COMPLAIN)
    events = story("2026-06-15")

    assert ClockKind.COMPLAIN not in dates(silent, events, as_of=date(2026, 7, 15))
    assert dates(silent, events, as_of=date(2026, 7, 16))[ClockKind.COMPLAIN].due == date(2026, 8, 14)
    assert ClockKind.COMPLAIN not in dates(patient, events, as_of=date(2026, 7, 16))


def test_a_decision_after_silence_may_not_open_it_anew() -> None:
    late = law(THIRTY_DAYS, COMPLAIN, missed=SILENCE)

    found = dates(late, story("2026-06-15", "decided=2026-08-01"))[ClockKind.COMPLAIN]

    assert (found.due, found.promised) == (date(2026, 8, 31), date(2026, 8, 14))


def test_an_appeal_is_decided_in_its_own_time() -> None:
    """Colorado: 45 days, and 60 more once; Va. 59.1-577: an appeal of 3 August is decided by 2 October."""
    regime = law(THIRTY_DAYS, APPEALS)
    events = ("2026-06-15", "decided=2026-07-20", "appealed=2026-08-03")

    made = dates(regime, story(*events))[ClockKind.DECIDE_APPEAL]
    put_off = dates(regime, story(*events, "extended=2026-09-17"))[ClockKind.DECIDE_APPEAL]
    told = dates(regime, story(*events, "extended=2026-09-17>2026-10-01"))[ClockKind.DECIDE_APPEAL]
    virginia = law(THIRTY_DAYS, {**APPEALS, "n": 60, "longer": None})

    assert (made.due, made.longest) == (date(2026, 9, 17), date(2026, 11, 16))
    assert (put_off.due, told.due) == (date(2026, 11, 16), date(2026, 10, 1))
    assert dates(virginia, story(*events))[ClockKind.DECIDE_APPEAL].due == date(2026, 10, 2)


def test_an_extension_for_the_appeal_leaves_the_answer_alone() -> None:
    regime = law(THIRTY_DAYS, APPEALS, extension=TWO_MONTHS_MORE)
    events = story("2026-06-15", "decided=2026-07-20", "appealed=2026-08-03", "extended=2026-08-20")

    assert dates(regime, events)[ClockKind.RESPOND].due == date(2026, 7, 15)


def test_the_decision_on_an_appeal_opens_the_way_to_the_authority_again() -> None:
    regime = law(THIRTY_DAYS, APPEALS, COMPLAIN, missed=SILENCE)
    events = story("2026-06-15", "decided=2026-07-20", "appealed=2026-08-03", "decided=2026-09-01")

    found = dates(regime, events)[ClockKind.COMPLAIN]

    assert (found.due, found.promised) == (date(2026, 10, 1), date(2026, 10, 1))


# --- Several laws ---------------------------------------------------------------------------------------------------


def _together(*events: str, as_of: str | None = None) -> dict[str, Any]:
    days = law({**THIRTY_DAYS, "n": 45}, extension={"n": 45, "unit": "day"}, id="other", title="Other Act")
    return Together((_explain(eu_like(), *events, as_of=as_of), _explain(days, *events, as_of=as_of))).as_dict()


def test_of_several_laws_the_earliest_date_governs_and_each_is_shown() -> None:
    answer = _together("2026-03-05")

    assert {name: answer[name] for name in ("acknowledge", "respond", "extended", "safe")} == {
        "acknowledge": None,
        "respond": "2026-04-07",
        "extended": "2026-06-03",
        "safe": "2026-04-07",
    }
    assert answer["governs"] == {
        "acknowledge": None,
        "respond": "invented",
        "extended": "other",
        "safe": "invented",
    }
    assert [row["respond"] for row in answer["regimes"]] == ["2026-04-07", "2026-04-19"]
    assert {row["regime"] for row in answer["forbidden"]} == {"invented", "other"}


def test_of_several_laws_the_promise_governs_and_not_the_last_lawful_day() -> None:
    asked = ("clarification_asked=2026-03-10", "clarification_given=2026-04-09")

    answer = _together("2026-03-05", *asked)

    # By guidance the first law gives 5 May; without it 7 April. The second knows no pause.
    assert (answer["respond"], answer["governs"]["respond"]) == ("2026-04-19", "other")
    assert (answer["safe"], answer["governs"]["safe"]) == ("2026-04-07", "invented")


def test_putting_off_under_one_law_helps_nothing_where_another_forbids_it() -> None:
    strict = law(THIRTY_DAYS, id="strict")

    answer = Together((_explain(uk_like(), "2026-03-03"), _explain(strict, "2026-03-03"))).as_dict()

    assert (answer["respond"], answer["extended"], answer["governs"]["extended"]) == ("2026-04-02", None, None)


def test_a_right_that_one_of_them_does_not_know_is_told() -> None:
    with pytest.raises(NotInRules, match="knows no right 'portability'"):
        _explain(eu_like(), "2026-03-05", right="portability")
