"""What laws would still allow for a choice that is in effect already, and how long nobody is asked again."""

from datetime import UTC, date, datetime

import pytest

from dsr.services.choices import limits

ADVERTISING, SENSITIVE = "targeted_advertising_opt_out", "sensitive_data_limit"
THURSDAY = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)


def test_california_gives_fifteen_business_days_and_others_what_they_say() -> None:
    found = {each.law.id: each for each in limits.latest(ADVERTISING, THURSDAY)}

    # From Friday the 6th on: five in each of three weeks, of which the promised count has no holidays.
    assert found["us_ca_ccpa"].due == date(2026, 3, 26)
    assert (found["us_ca_ccpa"].rule.n, found["us_ca_ccpa"].rule.unit) == (15, "business_day")
    assert found["us_co"].due == date(2026, 3, 20)
    assert found["eu_gdpr"].due == date(2026, 3, 5)
    assert "us_va" not in found, "gives a time for an answer and none for the effect"
    assert "us_nj" not in found, "is switched off"


def test_dates_come_soonest_first() -> None:
    dues = [each.due for each in limits.latest(ADVERTISING, THURSDAY)]

    assert dues == sorted(dues)
    assert len(dues) > 2


def test_limit_on_sensitive_data_has_the_same_time() -> None:
    (only,) = limits.latest(SENSITIVE, THURSDAY)

    assert (only.law.id, only.due, only.rule.source) == ("us_ca_ccpa", date(2026, 3, 26), "11 CCR 7026(f), 7027(g)")


@pytest.mark.parametrize("right", [ADVERTISING, SENSITIVE])
def test_nobody_is_asked_again_for_twelve_months(right: str) -> None:
    quiet = limits.quiet(right, THURSDAY)

    assert quiet is not None
    assert (quiet.until, quiet.law.id) == (date(2027, 3, 5), "us_ca_ccpa")
    assert "1798.135(c)(4)" in quiet.rule.source


def test_twelve_months_begin_on_the_day_where_the_organisation_sits() -> None:
    late = datetime(2026, 3, 6, 3, 0, tzinfo=UTC)

    quiet = limits.quiet(ADVERTISING, late)

    assert quiet is not None
    assert quiet.until == date(2027, 3, 5)


def test_choice_that_no_law_says_that_of_has_no_such_time() -> None:
    assert limits.quiet("third_party_disclosure_opt_out", THURSDAY) is None
    assert limits.latest("third_party_disclosure_opt_out", THURSDAY) == []
