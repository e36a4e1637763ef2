from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.test import override_settings

from dsr.checks import rules_are_sound
from dsr.rules import NotInRules, pack
from dsr.rules.files import SHIPPED
from tests.unit.rules.packs import INVENTED, invented, shipped

DAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("country", "region", "on", "regimes"),
    [
        ("IE", "", DAY, ("eu_gdpr",)),
        ("NO", "", DAY, ("eu_gdpr",)),
        ("LI", "", DAY, ("eu_gdpr",)),
        ("RE", "", DAY, ("eu_gdpr",)),  # a code of its own, and part of the Union
        ("GB", "", DAY, ("uk_gdpr",)),
        ("GB", "", date(2026, 6, 19), ("uk_gdpr", "uk_complaint")),
        ("GB", "", date(2026, 2, 4), ("default",)),  # what held before has not been read
        ("CH", "", DAY, ("ch_fadp",)),
        ("BR", "SP", DAY, ("br_lgpd",)),
        ("AU", "", DAY, ("au_app", "au_telco_complaint")),
        ("JP", "", DAY, ("jp_appi",)),
        ("KR", "", DAY, ("kr_pipa",)),
        ("IN", "", date(2027, 5, 13), ("default",)),
        ("IN", "", date(2027, 5, 14), ("in_dpdp",)),
        ("ZA", "", DAY, ("za_popia",)),
        ("CN", "", DAY, ("cn_pipl",)),
        ("HK", "", DAY, ("default",)),  # a law of its own, which is switched off
        ("GG", "", DAY, ("default",)),  # nor is Guernsey in the United Kingdom
        ("US", "CA", DAY, ("us_ca_ccpa",)),
        ("US", "TX", DAY, ("us_tx",)),
        ("US", "NV", DAY, ("default",)),
        ("US", "", DAY, ("default",)),
        ("CA", "", DAY, ("ca_pipeda",)),  # Canada is not California
        ("CA", "ON", DAY, ("ca_pipeda",)),
        ("CA", "QC", DAY, ("ca_qc", "ca_pipeda")),  # the narrower first
        ("", "CA", DAY, ("default",)),
        ("IE", "", date(2017, 1, 1), ("default",)),  # not yet in force
        ("US", "CA", date(2025, 12, 31), ("us_ca_ccpa",)),
        ("US", "CA", date(2022, 12, 31), ("default",)),
    ],
)
def test_propose_takes_the_law_of_the_place_that_is_named(
    country: str, region: str, on: date, regimes: tuple[str, ...]
) -> None:
    assert shipped().propose(country, region, on)[: len(regimes)] == regimes
    assert invented().propose(country, region, on)[: len(regimes)] == regimes


def test_laws_on_single_choices_and_promises_follow_and_stand_in_for_nothing() -> None:
    beside = ("us_canspam", "us_cpni", "us_dnc_company", "us_tcpa_revocation")

    assert invented().propose("US", "TX", DAY) == ("us_tx", *beside)
    assert invented().propose("US", "NV", DAY) == ("default", *beside)
    assert shipped().propose("US", "NV", DAY) == ("default", *beside, "twilio_promise_marketing")


def test_a_promise_binds_whoever_made_it() -> None:
    promised = {row.id for row in shipped().regimes_for("marketing_opt_out", "IE", "", DAY)}

    assert promised == {"eu_gdpr", "twilio_promise_marketing"}
    assert [row.id for row in invented().regimes_for("marketing_opt_out", "IE", "", DAY)] == ["eu_gdpr"]


def test_propose_names_what_an_organisation_has_joined_after_the_law_and_to_nobody_else() -> None:
    assert shipped().propose("FR", "", DAY)[:2] == ("eu_gdpr", "dpf")
    assert shipped().propose("GB", "", DAY)[:2] == ("uk_gdpr", "dpf")
    assert "dpf" not in shipped().propose("BR", "", DAY)
    assert invented().propose("FR", "", DAY) == ("eu_gdpr",)


@pytest.mark.parametrize("off", ["bcr_controller", "cbpr_prp", "eu_dsa20", "eu_p2b"])
def test_what_is_switched_off_is_proposed_to_nobody_and_can_be_explained(off: str) -> None:
    rules = shipped()

    assert all(off not in rules.propose(country, "", DAY) for country in ("IE", "GB", "US", "JP"))
    assert rules.regime(off, DAY).switched_off_because


def test_regimes_for_falls_back_to_the_default_when_the_law_does_not_know_the_right() -> None:
    rules = shipped()

    known = rules.regimes_for("access", "US", "CA", DAY)
    unknown = rules.regimes_for("objection", "US", "CA", DAY)
    beside = rules.regimes_for("cpni_opt_out", "US", "CA", DAY)
    nobody = rules.regimes_for("cpni_opt_out", "IE", "", DAY)

    assert [row.id for row in known] == ["us_ca_ccpa"]
    assert [row.id for row in unknown] == ["default"]
    assert [row.id for row in beside] == ["us_cpni"]
    assert nobody == ()


def test_regimes_for_names_every_law_that_knows_the_right() -> None:
    rules = shipped()

    in_quebec = rules.regimes_for("access", "CA", "QC", DAY)
    complaint = rules.regimes_for("complaint", "GB", "", date(2026, 7, 1))
    elsewhere = rules.regimes_for("portability", "CA", "ON", DAY)

    assert [row.id for row in in_quebec] == ["ca_qc", "ca_pipeda"]
    assert [row.id for row in complaint] == ["uk_complaint", "dpf"]
    assert [row.id for row in elsewhere] == ["default"]


def test_a_right_counts_from_the_day_on_which_it_exists() -> None:
    rules = shipped()

    before = rules.regimes_for("automated_decision_review", "US", "CA", date(2026, 12, 31))
    after = rules.regimes_for("automated_decision_review", "US", "CA", date(2027, 1, 1))

    assert [row.id for row in before] == ["default"]
    assert [row.id for row in after] == ["us_ca_ccpa"]


@pytest.mark.parametrize(
    ("on", "version"),
    [
        (date(2025, 8, 14), date(2025, 8, 14)),
        (date(2026, 4, 8), date(2025, 8, 14)),
        (date(2026, 4, 9), date(2026, 4, 9)),
        (date(2030, 1, 1), date(2026, 4, 9)),
    ],
)
def test_notice_in_force_is_the_latest_that_has_begun(on: date, version: date) -> None:
    assert shipped().notice_in_force(on).version == version


def test_a_notice_begins_on_its_own_day_and_not_on_that_of_its_version() -> None:
    rules = invented()

    assert rules.notice_in_force(date(2026, 2, 1)).version == date(2026, 1, 15)
    with pytest.raises(NotInRules, match="no notice of 'corrib_library' was in force on 2026-01-31"):
        rules.notice_in_force(date(2026, 1, 31))


def test_any_version_is_found_by_what_a_submission_is_pinned_to() -> None:
    rules = shipped()

    for notice in rules.notices:
        assert rules.notice(notice.id, notice.version) is notice
        assert rules.notice(notice.id, notice.version.isoformat()) is notice
    with pytest.raises(NotInRules, match="there is no notice"):
        rules.notice(rules.organisation, "2020-01-01")


def test_another_organisation_can_be_asked_for() -> None:
    rules = invented()
    other = shipped().organisation

    assert rules.notice_in_force(DAY, other).id == other


def test_regime_is_the_row_of_the_day_of_receipt() -> None:
    rules = shipped()

    assert rules.regime("us_ca_ccpa", date(2025, 12, 31)).window.opens == date(2023, 1, 1)
    assert rules.regime("us_ca_ccpa", date(2026, 1, 1)).window.opens == date(2026, 1, 1)
    with pytest.raises(NotInRules, match="was not in force on 2022-12-31"):
        rules.regime("us_ca_ccpa", date(2022, 12, 31))
    with pytest.raises(NotInRules, match=r"is unknown; known are .*eu_gdpr, .*us_ca_ccpa"):
        rules.regime("us_ca", DAY)


def test_own_folder_is_laid_over_the_shipped_one() -> None:
    with override_settings(RULES_DIR=INVENTED):
        own = pack()
    with override_settings(RULES_DIR=None):
        plain = pack()

    assert (own.organisation, own.notice_in_force(DAY).organisation.short_name) == ("corrib_library", "Corrib Library")
    assert [(row.id, row.window) for row in own.regimes] == [(row.id, row.window) for row in plain.regimes]
    assert own.version != plain.version == shipped().version


def test_the_service_does_not_start_on_broken_rules(tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text('organisation = "nobody"\n', encoding="utf-8")

    with override_settings(RULES_DIR=tmp_path):
        found = rules_are_sound(None)

    assert [(error.id, error.msg) for error in found] == [
        ("dsr.E002", "service.toml: organisation: there is no notice of 'nobody'")
    ]
    assert rules_are_sound(None) == []


def test_the_shipped_folder_named_as_own_changes_nothing() -> None:
    with override_settings(RULES_DIR=SHIPPED):
        assert pack() is shipped()


def test_calendar_and_zone_are_those_of_the_seat() -> None:
    rules = shipped()
    notice = rules.notice_in_force(DAY)
    gdpr, california = rules.regime("eu_gdpr", DAY), rules.regime("us_ca_ccpa", DAY)

    assert notice.seat_for("eu_gdpr").zone == "Europe/Dublin"
    for regime_id, table in (("uk_gdpr", "GB-ENG"), ("uk_complaint", "GB-ENG"), ("ch_fadp", "CH")):
        row = rules.regime(regime_id, date(2026, 7, 1))
        assert (notice.seat_for(regime_id).zone, rules.calendar_for(notice, row).id) == ("Europe/Dublin", table)
    assert notice.seat_for("us_ca_ccpa").zone == "America/Los_Angeles"
    assert rules.calendar_for(notice, gdpr).id == "IE"
    assert rules.calendar_for(notice, california).id == "US-CA"


def test_words_come_in_the_language_asked_for_or_in_their_own() -> None:
    notice = invented().notice_in_force(DAY)
    borrower = notice.relationship("borrower")

    assert borrower.wording("title") == "Borrower"
    assert borrower.wording("title", "ga") == borrower.wording("title", "ga-IE") == "Iasachtaí"
    assert borrower.wording("title", "fr") == "Borrower"
    assert borrower.wording("description", "ga") == "You have a card and take books home."


@pytest.mark.parametrize("what", ["relationship", "category", "purpose", "channel", "contact", "legal_basis"])
def test_what_a_notice_does_not_have_is_said(what: str) -> None:
    with pytest.raises(NotInRules, match="'nonsense'"):
        getattr(shipped().notice_in_force(DAY), what)("nonsense")


def test_a_child_is_a_child_by_the_law_of_its_country() -> None:
    gdpr = shipped().regime("eu_gdpr", DAY)

    ages = {country: age.under for country in ("IE", "FR", "ES", "SE", "LT") if (age := gdpr.child_age(country))}

    assert ages == {"IE": 16, "FR": 15, "ES": 14, "SE": 13, "LT": 16}


def test_what_was_proposed_is_kept_for_the_day_and_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = replace(shipped())
    monkeypatch.setattr("dsr.rules.rulepack._MOST_PROPOSALS", 3)

    for n in range(10):
        assert rules.propose("US", f"X{n}", date(2026, 3, 5)) == shipped().propose("US", f"X{n}", date(2026, 3, 5))

    assert rules.propose("US", "CA", date(2025, 12, 31)) == rules.propose("US", "CA", date(2026, 1, 1))
    assert 0 < len(rules._proposals) <= 3
