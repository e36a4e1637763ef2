"""How long what is kept: which row decides, what that comes to on a day, and what people may set otherwise.

Sources are those of the rule files: 47 CFR 42.6, GDPR Art 17(3), tax and accounting law.
"""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsr.rules import NotInRules, RulesBroken
from dsr.rules.retention import (
    Decision,
    RuleChange,
    Verdict,
    ends,
    explain,
    listed,
    until,
    verdict,
    with_changes,
    would_change,
)
from dsr.rules.schema.retention import Lasting, Schedule
from tests.unit.rules.packs import invented, shipped

DAY = date(2026, 11, 26)
ONE_DAY = timedelta(days=1)
PERIODS = sorted(
    {written for rule in shipped().retention.rules for written in (rule.floor, rule.ceiling) if written}
    | {"P1M", "P11M", "P1Y6M10D", "P29D", "P1M30D"}
)
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))
month_ends = st.builds(
    lambda year, month: date(year, month, monthrange(year, month)[1]), st.integers(1990, 2060), st.integers(1, 12)
)


def schedule() -> Schedule:
    """The schedule that ships."""
    return shipped().retention


def _of(category: str, country: str = "IE", region: str = "", on: date = DAY) -> Verdict:
    return verdict(schedule(), category, country, region, shipped().propose(country, region, on), on)


# --- Periods ----------------------------------------------------------------------------------------------------------


@given(st.sampled_from(PERIODS), days | month_ends, days | month_ends)
@example("P1M", date(2026, 2, 28), date(2026, 3, 31))
@example("P6Y", date(2020, 2, 29), date(2026, 2, 28))
@example("P6Y", date(2020, 2, 29), date(2026, 3, 1))
def test_a_record_may_go_on_a_day_exactly_when_its_last_protected_day_is_over(period: str, day: date, on: date) -> None:
    lasts = Lasting.of(period)

    assert (day < lasts.before(on)) == (on > lasts.after(day))


@given(st.sampled_from(PERIODS), days | month_ends)
def test_a_record_may_go_from_the_day_after_the_last_protected_one(period: str, day: date) -> None:
    last = Lasting.of(period).after(day)

    assert not day < Lasting.of(period).before(last)
    assert day < Lasting.of(period).before(last + ONE_DAY)


def test_an_invoice_is_kept_to_the_end_of_the_day_six_years_on() -> None:
    issued, last = date(2020, 3, 5), date(2026, 3, 5)

    on_the_last, after = _of("invoices", on=last), _of("invoices", on=last + ONE_DAY)

    assert until(after, issued) == last
    assert (on_the_last.before, after.before) == (date(2020, 3, 5), date(2020, 3, 6))


@pytest.mark.parametrize("written", ["6Y", "P", "P6", "P6W", "PT6H", "P-1Y", "P1Y ", "p6y", "P٣Y"])
def test_what_is_no_period_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a period: write P6Y, P18M or P30D"):
        Lasting.of(written)


@pytest.mark.parametrize(
    ("floor", "ceiling", "fits"),
    [
        ("P12M", "P1Y", True),
        ("P6Y", "P72M", True),
        ("P30D", "P1M", False),
        ("P1M", "P30D", False),
        ("P1M", "P31D", True),
    ],
)
def test_a_floor_fits_below_a_ceiling_only_in_every_month(floor: str, ceiling: str, fits: bool) -> None:
    assert Lasting.of(floor).fits(Lasting.of(ceiling)) is fits


# --- Which row decides ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "years"),
    [("IE", 6), ("GB", 6), ("FR", 10), ("DE", 8), ("IT", 10), ("CH", 10), ("AU", 5), ("US", 7), ("BR", 5)],
)
def test_invoices_are_kept_as_long_as_the_country_demands(country: str, years: int) -> None:
    found = _of("purchase_payment_data", country)

    assert (found.erase, found.event, found.ground) == (True, "invoice_issued", "legal_obligation_retain")
    assert (found.floor, found.before) == (f"P{years}Y", date(DAY.year - years, 11, 26))


def test_only_american_call_records_stand_against_a_request() -> None:
    there, here = _of("call_records", "US", "TX"), _of("call_records", "IE")

    assert (there.before, there.ceiling, there.source) == (date(2025, 5, 26), "P24M", "47 CFR 42.6")
    assert (here.erase, here.before, here.ground) == (True, None, "")
    assert _of("communications_usage_data", "US", "TX").before is None


def test_what_has_no_row_of_its_own_takes_that_of_its_parent() -> None:
    for category, whole in (
        ("invoices", "purchase_payment_data"),
        ("service_provisioning_data", "customer_account_data"),
        ("payment_information", "purchase_payment_data"),
        ("add_on_service_data", "contact_data"),
        ("request_records", "request_records"),
    ):
        found, expected = _of(category), _of(whole)

        assert (found.rule_id, found.before, found.category) == (expected.rule_id, expected.before, category)


def test_a_part_is_not_kept_with_the_whole() -> None:
    assert _of("payment_means").before is None
    assert _of("purchase_payment_data").before is not None


def test_a_law_that_holds_for_the_person_counts_wherever_they_live() -> None:
    law = "us_ca_ccpa"

    assert verdict(schedule(), "request_records", "IE", "", (law,), DAY).rule_id == "request_records_ca"
    assert verdict(schedule(), "request_records", "IE", "", (), DAY).rule_id == "request_records"


def test_the_suppression_list_stays_whole() -> None:
    found = _of("suppression_list")

    assert (found.erase, found.keeps_all, found.before, found.ground) == (False, True, None, "kept_to_suppress")
    assert (until(found, DAY), ends(found, DAY)) == (None, None)


def test_records_without_the_right_day_are_kept_whole() -> None:
    found = _of("invoices")

    assert found.of_records("invoice_issued") == found
    for event in ("", "account_closed"):
        other = found.of_records(event)
        assert (other.erase, other.before, other.ground) == (False, None, "legal_obligation_retain")
    assert _of("contact_data").of_records("").erase


@given(
    st.sampled_from(shipped().retention.categories),
    st.sampled_from(["IE", "GB", "FR", "DE", "US", "AU", "BR", "GH"]),
    st.sampled_from(["", "CA", "CO"]),
    days,
)
def test_the_strictest_row_decides(category: str, country: str, region: str, on: date) -> None:
    regimes = shipped().propose(country, region, on)
    found = verdict(schedule(), category, country, region, regimes, on)
    first, *others = explain(schedule(), category, country, region, regimes, on)
    rows = [first, *others]

    assert (first.decides, first.rule.id, any(each.decides for each in others)) == (True, found.rule_id, False)
    if all(each.rule.yields for each in rows):
        assert (found.erase, found.before, found.ground) == (True, None, "")
    elif any(not each.rule.yields and not each.rule.floor for each in rows):
        assert (found.erase, found.before) == (False, None)
    else:
        assert found.before == min(each.before for each in rows if each.before)
        assert found.ground
    if found.floor and found.ceiling:
        assert Lasting.of(found.floor).fits(Lasting.of(found.ceiling))


def test_nothing_is_said_of_what_nobody_knows() -> None:
    with pytest.raises(NotInRules, match="says nothing of 'shoe_size'"):
        _of("shoe_size")


def test_every_category_has_a_row_for_everybody() -> None:
    for rules in (shipped(), invented()):
        assert {category for category, _, rows in listed(rules.retention) if rows} == set(rules.categories)
        for category in rules.categories:
            assert verdict(rules.retention, category, "", "", (), DAY).plain


# --- What people set otherwise ----------------------------------------------------------------------------------------


def test_a_change_takes_the_place_of_what_the_files_say() -> None:
    changed = with_changes(
        schedule(),
        [
            RuleChange("invoices_six_years", floor="P7Y"),
            RuleChange("invoices_six_years", ceiling="P8Y"),
            RuleChange("fraud_signals", yields=True),
            RuleChange("contact_data", yields=False, floor="P1M", ground="legal_claims"),
        ],
    )

    def of(category: str) -> Verdict:
        return verdict(changed, category, "IE", "", (), DAY)

    assert (of("invoices").floor, of("invoices").ceiling) == ("P7Y", "P8Y")
    assert (of("fraud_signals").before, of("fraud_signals").ground) == (None, "")
    assert (of("contact_data").before, of("contact_data").ground) == (date(2026, 10, 26), "legal_claims")
    assert _of("invoices").floor == "P6Y"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (RuleChange("invoices_six_years", floor="P9Y"), "the floor P9Y is longer than the ceiling P7Y"),
        (RuleChange("invoices_six_years", floor="six"), "'six' is not a period"),
        (RuleChange("contact_data", yields=False), "needs the 'ground'"),
        (RuleChange("contact_data", event=""), "a period is counted from an event"),
        (RuleChange("gone", floor="P9Y"), "gone: there is no such row"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: RuleChange, said: str) -> None:
    with pytest.raises(RulesBroken, match=said):
        with_changes(schedule(), [change])


def test_two_events_for_one_kind_of_data_keep_it_whole() -> None:
    changed = with_changes(schedule(), [RuleChange("invoices_six_years", event="account_closed")])

    found = verdict(changed, "invoices", "IE", "", (), DAY)

    assert (found.erase, found.before, found.ground) == (False, None, "legal_obligation_retain")
    assert until(found, DAY) is None


def test_decisions_that_would_come_out_differently_are_found() -> None:
    decisions = [
        Decision(ref, category, country, "", (), DAY, None, "")
        for ref, category, country in (("1", "invoices", "IE"), ("2", "invoices", "FR"), ("3", "contact_data", "IE"))
    ]
    draft = with_changes(schedule(), [RuleChange("invoices_six_years", floor="P7Y")])

    found = would_change(schedule(), draft, decisions)

    assert [(decision.ref, was.floor, now.floor) for decision, was, now in found] == [("1", "P6Y", "P7Y")]
    assert would_change(schedule(), schedule(), decisions) == []
