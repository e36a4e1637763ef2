from datetime import date

import pytest
from django.utils import translation

from dsr.rules import NotInRules, Statement, statement, statement_text
from tests.unit.rules.packs import invented, shipped

DAY = date(2026, 5, 1)


def _told(relationship: str, country: str, region: str = "", on: date = DAY) -> Statement:
    return statement(shipped().notice_in_force(on), relationship, country, region, on)


def _ids(rows: tuple[object, ...]) -> set[str]:
    return {row.id for row in rows}  # type: ignore[attr-defined]


def _headings(told: Statement) -> list[str]:
    return [section.heading for section in told.sections]


def test_a_disclosure_list_is_told_to_people_in_the_united_states_and_to_nobody_else() -> None:
    assert _ids(_told("customer", "US", "CA").disclosure_lists) == {"us_business_purposes"}
    assert _ids(_told("customer", "US", "TX").disclosure_lists) == {"us_business_purposes"}
    assert _told("customer", "IE").disclosure_lists == ()


def test_complaint_routes_follow_residence() -> None:
    irish, american, british = (_ids(_told("customer", c).complaint_routes) for c in ("IE", "US", "GB"))

    assert {"irish_dpc", "jams", "bcr_exporter"} <= irish
    assert not {"irish_dpc", "jams", "bcr_exporter", "annex_i_arbitration"} & american
    assert {"jams", "bcr_exporter"} <= british
    assert "irish_dpc" not in british
    for routes in (irish, american, british):
        assert {"ourselves", "local_authority", "courts"} <= routes


def test_complaint_routes_climb() -> None:
    steps = [route.step for route in _told("customer", "IE").complaint_routes]

    assert steps == sorted(steps)


def test_network_information_is_a_matter_for_account_holders_in_the_united_states() -> None:
    assert "cpni" in _ids(_told("customer", "US").categories)
    assert "cpni_opt_out" in _ids(_told("authorised_representative", "US").rights)
    for relationship, country in (("customer", "IE"), ("end_user", "US"), ("visitor", "US")):
        told = _told(relationship, country)
        assert "cpni" not in _ids(told.categories)
        assert "cpni_opt_out" not in _ids(told.rights)


def test_every_category_that_is_told_says_what_it_is_used_for() -> None:
    for relationship in ("customer", "end_user", "visitor", "event_guest", "authorised_representative"):
        for country in ("IE", "US", "BR"):
            told = _told(relationship, country)
            assert told.categories
            for category in told.categories:
                assert category.purposes or category.use, (relationship, country, category.id)


def test_every_purpose_that_is_told_names_data_that_is_told() -> None:
    for day in (DAY, date(2025, 9, 1)):
        for relationship in ("customer", "end_user", "visitor"):
            told = _told(relationship, "IE", on=day)
            titles = {category.title for category in told.categories}
            for purpose in told.purposes:
                assert set(purpose.categories) <= titles
                assert purpose.categories or purpose.also_uses
                assert purpose.legal_bases


def test_somebody_who_only_looked_around_is_not_told_about_accounts() -> None:
    visitor = _told("visitor", "IE")

    assert "online_activity_data" in _ids(visitor.categories)
    assert not {"customer_account_data", "customer_content", "subscriber_records"} & _ids(visitor.categories)
    assert visitor.services == ()


def test_an_end_user_is_told_who_else_to_ask() -> None:
    assert _told("end_user", "IE").processor in _told("end_user", "IE").introduction
    assert _told("customer", "IE").processor == ""


def test_somebody_out_of_scope_is_told_where_to_turn() -> None:
    told = _told("job_applicant", "IE")

    assert told.route in told.introduction
    assert (told.categories, told.purposes, told.rights) == ((), (), ())


def test_safeguards_are_those_of_the_place_that_data_leaves() -> None:
    assert "brazil_scc" in _ids(_told("customer", "BR").safeguards)
    assert "brazil_scc" not in _ids(_told("customer", "IE").safeguards)
    assert {"dpf", "bcr", "scc"} <= _ids(_told("customer", "IE").safeguards)
    assert _ids(_told("customer", "BR").local_rights) == {"brazil_article_18"}


def test_a_statement_is_taken_from_the_version_that_it_is_pinned_to() -> None:
    before, after = _told("customer", "IE", on=date(2025, 9, 1)), _told("customer", "IE")

    assert (before.notice_version, after.notice_version) == (date(2025, 8, 14), date(2026, 4, 9))
    assert "70 Sir John Rogerson's Quay" in statement_text(before)
    assert "78 Sir John Rogerson's Quay" in statement_text(after)


def test_text_is_wrapped_and_holds_every_section() -> None:
    told = _told("customer", "US", "CA")

    text = statement_text(told, 60)

    assert all(len(line) <= 60 or "https://" in line for line in text.splitlines()[3:])
    assert all(heading in text for heading in _headings(told))
    assert text.endswith("\n")


def test_text_says_nothing_twice_and_leaves_no_gap() -> None:
    for relationship in ("customer", "end_user", "visitor", "job_applicant"):
        text = statement_text(_told(relationship, "IE"))
        assert "None" not in text
        assert "%(" not in text
        assert "  :" not in text
        assert "()" not in text


def test_as_dict_is_plain_and_says_the_same() -> None:
    told = _told("customer", "US", "CA").as_dict()

    assert told["notice_version"] == "2026-04-09"
    assert told["made_on"] == "2026-05-01"
    assert told["relationship"] == "customer"
    assert "sections" not in told


def test_an_invented_library_has_a_statement_of_its_own_in_its_own_languages() -> None:
    notice = invented().notice_in_force(DAY)

    english = statement(notice, "borrower", "IE", "", DAY)
    irish = statement(notice, "borrower", "IE", "", DAY, language="ga")

    assert english.title == "How Corrib Library uses your data"
    assert [row.title for row in english.categories] == ["Membership", "Loans", "Fines", "Interlibrary records"]
    assert irish.categories[0].title == "Ballraíocht"
    assert irish.relationship_title == "Iasachtaí"
    assert shipped().notice_in_force(DAY).organisation.short_name not in statement_text(english)


def test_the_language_of_whoever_asks_for_it_plays_no_part() -> None:
    with translation.override("de"):
        told = _told("customer", "IE")

    assert told == _told("customer", "IE")


def test_an_unknown_relationship_is_refused() -> None:
    with pytest.raises(NotInRules, match="no relationship 'stranger'"):
        _told("stranger", "IE")
