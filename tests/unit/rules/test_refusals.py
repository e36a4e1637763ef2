from datetime import date

import pytest

from dsr.rules import NotInRules, Refusal
from tests.unit.rules.packs import invented, shipped

GROUNDS = {
    "not_identified", "not_verified", "no_authority_agent", "no_data_found", "out_of_scope_law", "processor_redirect",
    "manifestly_unfounded", "excessive_repetitive", "abuse_of_right", "third_party_rights", "legal_privilege",
    "trade_secret", "security_fraud_prevention", "legal_obligation_retain", "legal_claims", "legal_hold",
    "contract_needed", "free_expression", "public_interest_health", "accuracy_confirmed", "already_done",
    "right_not_in_law", "kept_to_suppress", "conditions_not_met", "child_not_parent", "law_forbids_telling",
    "compelling_grounds", "law_demands_use", "rests_on_consent",
}  # fmt: skip
#: Answers that refuse nothing: there is nothing, it is done, or somebody else has to be asked.
NO_REFUSAL = {"no_data_found", "already_done", "processor_redirect"}


def test_every_ground_ships_for_everybody() -> None:
    assert set(shipped().refusals) == set(invented().refusals) == GROUNDS


@pytest.mark.parametrize("ground", shipped().refusals.values(), ids=lambda ground: ground.id)
def test_a_ground_needs_a_second_person_and_says_where_it_stands(ground: Refusal) -> None:
    assert ground.second_person is (ground.id not in NO_REFUSAL)
    assert {cited.regime for cited in ground.citations} >= {"eu_gdpr", "default"}
    assert ground.evidence


def test_nobody_is_refused_an_opt_out_for_not_proving_who_they_are() -> None:
    free = {"marketing_opt_out", "targeted_advertising_opt_out", "consent_withdrawal", "cpni_opt_out"}

    for ground in ("not_identified", "not_verified", "child_not_parent", "no_authority_agent"):
        assert not free & set(shipped().refusal(ground).rights)


def test_abuse_is_for_the_officer_to_find() -> None:
    assert {ground.id for ground in shipped().refusals.values() if ground.officer} == {
        "manifestly_unfounded",
        "excessive_repetitive",
        "abuse_of_right",
        "law_forbids_telling",
    }


def test_an_unknown_ground_is_refused() -> None:
    with pytest.raises(NotInRules, match="no ground of refusal 'because'"):
        shipped().refusal("because")


@pytest.mark.parametrize("ground", shipped().refusals.values(), ids=lambda ground: ground.id)
def test_a_ground_speaks_of_a_date_only_where_one_stands_beside_it(ground: Refusal) -> None:
    assert " date" not in ground.why()
    assert ground.dated is None or "the date below" in ground.why(date(2031, 3, 5))


@pytest.mark.parametrize("ground", ["legal_obligation_retain", "security_fraud_prevention"])
def test_what_the_schedule_keeps_to_a_day_says_so_and_other_words_hold_without_a_day(ground: str) -> None:
    row = shipped().refusal(ground)

    assert "the date below" in row.why(date(2031, 3, 5))
    assert row.why() == row.plain


def test_a_ground_without_words_for_a_date_says_the_same_with_one() -> None:
    assert shipped().refusal("legal_claims").why(date(2031, 3, 5)) == shipped().refusal("legal_claims").plain
