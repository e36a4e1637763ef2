"""By when each law lets a choice take effect at the latest, with the figures of the worked cases."""

from datetime import UTC, date, datetime

import pytest

from dsr import rules
from dsr.services.choices.limits import governing, latest, limits

MAILBOXES, PROMISE = "mailbox_providers", "twilio_promise_marketing"
NOON = "T16:00+00:00"
EASTER_MONDAY = datetime(2026, 4, 6, 16, tzinfo=UTC)


def _days(received: str, country: str, channel: str = "") -> dict[str, str]:
    found = limits(datetime.fromisoformat(received + NOON), country, channel=channel)
    return {each.law.id: each.due.isoformat() for each in found}


@pytest.mark.parametrize(
    ("received", "channel", "days"),
    [
        # Independence Day is kept on Friday 3 July; what is promised takes it for a working day.
        ("2026-06-30", "email", {MAILBOXES: "07-02", PROMISE: "07-03", "us_canspam": "07-14"}),
        ("2026-06-30", "phone", {PROMISE: "07-03", "us_dnc_company": "07-14", "us_tcpa_revocation": "07-14"}),
        ("2026-06-30", "sms", {PROMISE: "07-03", "us_tcpa_revocation": "07-14"}),
        ("2026-06-30", "post", {PROMISE: "07-03"}),
        ("2026-07-03", "email", {MAILBOXES: "07-05", PROMISE: "07-06", "us_canspam": "07-17"}),
    ],
)
def test_laws_of_the_united_states_are_about_some_channels(received: str, channel: str, days: dict[str, str]) -> None:
    assert _days(received, "US", channel) == {law: f"2026-{day}" for law, day in days.items()}


@pytest.mark.parametrize(("country", "law"), [("IE", "eu_gdpr"), ("GB", "uk_gdpr")])
def test_marketing_stops_at_once_in_europe(country: str, law: str) -> None:
    found = limits(EASTER_MONDAY, country, channel="email")
    first = governing(found)

    assert first is not None
    assert (first.law.id, first.due, first.at_once) == (law, date(2026, 4, 6), True)
    assert {each.law.id for each in found} == {law, MAILBOXES, PROMISE}
    assert not any(each.at_once for each in found if each is not first)


def test_promise_of_the_notice_holds_wherever_no_law_says_anything() -> None:
    (only,) = limits(datetime(2026, 7, 3, 16, tzinfo=UTC), "JP", channel="post")

    assert only.law.id == PROMISE
    assert only.due == date(2026, 7, 6)


def test_every_law_may_be_theirs_when_nobody_says_where_they_live() -> None:
    found = {each.law.id for each in limits(EASTER_MONDAY)}

    assert found >= {"eu_gdpr", "uk_gdpr", "us_canspam", "us_tcpa_revocation", "us_dnc_company", MAILBOXES}
    assert [each.law.id for each in latest("marketing_opt_out", EASTER_MONDAY)] == [
        each.law.id for each in limits(EASTER_MONDAY)
    ]


def test_earliest_governs_and_each_is_told_with_its_reasons() -> None:
    found = limits(datetime(2026, 6, 30, 16, tzinfo=UTC), "US", "CA", "email")
    first = governing(found)

    assert first is found[0]
    assert [each.due for each in found] == sorted(each.due for each in found)
    for each in found:
        told = each.as_dict()
        assert told["source"]
        assert told["title"]
        assert told["segments"][-1]["to"] >= told["due"]
        assert each.why[0].source
        assert each.before > datetime(2026, 6, 30, 16, tzinfo=UTC)
    assert governing([]) is None


def test_day_is_that_of_the_place_where_the_organisation_sits() -> None:
    late = datetime(2026, 7, 1, 6, tzinfo=UTC)  # still 30 June in California
    zone = rules.pack().notice_in_force(late.date()).seat_for("us_canspam").zone

    found = {each.law.id: each for each in limits(late, "US", channel="email")}

    assert zone == "America/Los_Angeles"
    assert found["us_canspam"].due == date(2026, 7, 14)
    assert found["us_canspam"].before == datetime(2026, 7, 15, 7, tzinfo=UTC)


def test_law_is_not_asked_before_it_is_in_force() -> None:
    found = {each.law.id for each in limits(datetime(2025, 9, 1, 12, tzinfo=UTC), "US", channel="email")}

    assert found == {MAILBOXES, PROMISE, "us_canspam"}
    (only,) = limits(datetime(2023, 9, 1, 12, tzinfo=UTC), "US", channel="email")
    assert only.law.id == "us_canspam"


def test_terms_of_mail_services_are_nobodys_law() -> None:
    day = date(2026, 7, 3)

    assert MAILBOXES not in rules.pack().propose("US", "CA", day)
    assert MAILBOXES not in rules.pack().propose("JP", "", day)
