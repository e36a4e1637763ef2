"""What every notice must hold, whoever it belongs to, and that the shipped ones are complete."""

from datetime import date

import pytest

from dsr.rights import OFFERED, SPECS, Delivery, Right
from dsr.rules import RIGHT_WORDS, Notice, NotInRules, load
from dsr.rules.checks import walk
from dsr.rules.files import SHIPPED
from dsr.rules.schema.base import Worded
from tests.unit.rules.packs import DEMO, invented, shipped

OLD, NEW = date(2025, 8, 14), date(2026, 4, 9)


def _all() -> list[object]:
    notices = {(n.id, n.version): n for rules in (shipped(), invented()) for n in rules.notices}
    return [pytest.param(notice, id=f"{notice.id}-{notice.version}") for notice in notices.values()]


def _first(version: date) -> Notice:
    """One version of the organisation that the shipped files are for."""
    rules = shipped()
    return rules.notice(rules.organisation, version)


# --- Any notice -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notice", _all())
def test_everybody_in_scope_is_offered_rights_and_everybody_else_a_way_on(notice: Notice) -> None:
    for relationship in notice.relationships:
        offered = notice.offers_for(relationship.id, "IE")

        assert bool(offered) == relationship.in_scope
        assert relationship.in_scope or relationship.route


@pytest.mark.parametrize("notice", _all())
def test_every_right_of_the_service_is_offered_to_somebody(notice: Notice) -> None:
    offered = {offer.right for row in notice.relationships for offer in notice.offers_for(row.id, "IE")}

    # What is chosen on a page of ours is offered where its law is in force, and by notices that speak of it; binding
    # corporate rules are those of groups that have some.
    needed = {right for right in OFFERED if SPECS[right].delivery is not Delivery.RECEIPT}
    if not any(route.framework == "BCR" for route in notice.complaint_routes):
        needed -= {Right.BCR_COMPLAINT}
    assert needed <= offered


@pytest.mark.parametrize("notice", _all())
def test_every_category_has_a_source_a_use_and_somebody_it_is_about(notice: Notice) -> None:
    used = {entry for purpose in notice.purposes for entry in notice.with_children(purpose.categories)}

    for category in notice.categories:
        assert notice.source(category.source).title
        assert category.id in used or category.use
        assert category.relationships


@pytest.mark.parametrize("notice", _all())
def test_opt_outs_and_withdrawals_never_ask_who_somebody_is(notice: Notice) -> None:
    free = {"marketing_opt_out", "targeted_advertising_opt_out", "consent_withdrawal", "cpni_opt_out", "be_informed"}

    asked = {offer.right for offer in notice.rights if offer.identity != "never"}

    assert not asked & free


@pytest.mark.parametrize("notice", _all())
def test_deletion_always_asks_who_somebody_is(notice: Notice) -> None:
    deletion = notice.offer("deletion")

    assert deletion is not None
    assert deletion.identity == "always"


@pytest.mark.parametrize("notice", _all())
def test_a_complaint_can_go_to_us_and_beyond_us(notice: Notice) -> None:
    steps = [route.step for route in notice.complaint_routes if notice.is_in("IE", "", route.where)]

    assert min(steps) == 1
    assert max(steps) > 1


@pytest.mark.parametrize("notice", _all())
def test_nothing_comes_from_elsewhere_into_a_portable_package(notice: Notice) -> None:
    assert not [category.id for category in notice.categories if category.portable and category.source == "obtained"]


@pytest.mark.parametrize("notice", _all())
def test_words_for_people_are_sentences_of_one_line(notice: Notice) -> None:
    for _, row in walk(notice):
        if isinstance(row, Worded):
            for name in row.translatable():
                value = getattr(row, name)
                for words in value if isinstance(value, tuple) else [value] if value else []:
                    assert words == words.strip()
                    assert "\n" not in words
                    assert len(words) < 500, words


@pytest.mark.parametrize("notice", _all())
def test_marketing_is_chosen_by_topic_and_the_service_goes_on(notice: Notice) -> None:
    marketing, service = notice.topics_of("marketing"), notice.topics_of("service")

    assert {topic.id for topic in (*marketing, *service)} == {topic.id for topic in notice.topics}
    assert marketing
    assert service
    assert all(notice.topic(topic.id) == topic for topic in notice.topics)
    with pytest.raises(NotInRules):
        notice.topic("weather")


# --- The first organisation's -----------------------------------------------------------------------------------------


def _titles(notice: Notice, source: str) -> list[str]:
    return [category.title for category in notice.categories if category.source == source]


def test_the_newer_notice_has_every_category_of_its_tables() -> None:
    notice = _first(NEW)

    assert _titles(notice, "provided") == [
        "Contact Data",
        "Customer Account Data",
        "Purchase & Payment Data",
        "Service Provisioning Data",
        "Security & Verification Data",
        "Subscriber Records",
        "Customer Content",
        "Marketing & Communications Data",
        "Customer Support & Feedback Data",
    ]
    assert _titles(notice, "generated") == [
        "Communications Usage Data",
        "Electronic Communications Metadata",
        "Customer Proprietary Network Information",
        "Device Data",
        "Online Activity Data",
    ]
    assert _titles(notice, "obtained") == [
        "Partner-Sourced Data",
        "Solution Provider-Sourced Data",
        "Data Enrichment Services",
        "Third-Party Authentication Data",
        "Telecommunications Data",
    ]


def test_the_older_notice_has_every_category_of_its_lists() -> None:
    notice = _first(OLD)

    assert _titles(notice, "provided") == [
        "Contact Information",
        "Customer Account Data",
        "Customer Content",
        "Marketing and Contact Preferences",
        "Payment Information",
        "Personalization Details",
        "Professional Information",
        "Subscriber Records",
        "Support and Feedback",
    ]
    assert _titles(notice, "generated") == [
        "Communications Usage Data",
        "Device Information and IP Addresses",
        "Online Activity Information",
        "Security Identifiers or SIDs",
        "Customer Proprietary Network Information",
    ]
    assert _titles(notice, "obtained") == [
        "Add-On Service Data",
        "Professional Data",
        "Publicly-Available Sources",
        "Social Media Data",
        "Telecommunication Data",
    ]


BASES = {"C": "consent", "I": "legitimate_interest", "O": "legal_obligation"}


@pytest.mark.parametrize(
    ("purpose", "count", "bases"),
    [
        ("Account Management", 4, "CIO"),
        ("Business Operations", 8, "CIO"),
        ("Platform Security & Fraud Prevention", 8, "CIO"),
        ("Service Support & Improvement", 8, "CIO"),
        ("Research & Innovation", 8, "CIO"),
        ("Customer Engagement", 9, "CI"),
        ("Personalization & Optimization", 8, "CI"),
        ("Legal Compliance", 5, "IO"),
    ],
)
def test_the_newer_notice_has_every_purpose_with_its_data_and_bases(purpose: str, count: int, bases: str) -> None:
    row = next(row for row in _first(NEW).purposes if row.title == purpose)

    assert len(row.categories) == count
    assert set(row.legal_bases) == {BASES[letter] for letter in bases}


def test_the_newer_notice_uses_only_device_data_to_keep_in_touch() -> None:
    notice = _first(NEW)

    for purpose in ("customer_engagement", "personalization_optimization"):
        row = notice.purpose(purpose)
        assert "device_data" in row.categories
        assert "communications_usage_data" not in row.categories
        assert row.note


@pytest.mark.parametrize(
    ("purpose", "count", "bases"),
    [
        ("account_creation", 8, "IO"),
        ("core_business_operations", 9, "I"),
        ("billing", 4, "I"),
        ("service_provision", 7, "I"),
        ("security", 11, "IO"),
        ("abuse_prevention", 7, "IO"),
        ("eligibility", 5, "I"),
        ("routing_connectivity", 2, "I"),
        ("customer_support", 7, "I"),
        ("service_notifications", 3, "I"),
        ("regulatory_compliance", 4, "I"),
        ("marketing_communications", 6, "IC"),
        ("interest_campaigns", 7, "IC"),
        ("cookies", 5, "IC"),
        ("website_analytics", 4, "I"),
        ("platform_analytics", 5, "IC"),
        ("surveys", 7, "IC"),
        ("events", 6, "IC"),
        ("sales_insights", 4, "I"),
        ("business_development", 6, "IC"),
        ("recruiting", 2, "I"),
        ("service_development", 5, "I"),
        ("otherwise_authorised", 0, "I"),
        ("health_safety", 2, "O"),
        ("rights_freedoms", 10, "OI"),
    ],
)
def test_the_older_notice_has_every_purpose_with_its_data_and_bases(purpose: str, count: int, bases: str) -> None:
    row = _first(OLD).purpose(purpose)

    assert len(row.categories) == count
    assert set(row.legal_bases) == {BASES[letter] for letter in bases}


def test_both_notices_have_as_many_rows_as_they_were_published_with() -> None:
    counts = {
        notice.version: (
            len(notice.categories),
            len(notice.purposes),
            len(notice.recipients),
            len(notice.safeguards),
            len(notice.services),
            sum(len(service.data) for service in notice.services),
            len(notice.rights),
            len(notice.complaint_routes),
        )
        for notice in (_first(OLD), _first(NEW))
    }

    assert counts == {OLD: (19, 25, 7, 5, 4, 7, 16, 8), NEW: (19, 8, 7, 5, 4, 7, 16, 10)}


def test_recipients_are_the_published_ones() -> None:
    assert [row.title for row in _first(NEW).recipients] == [
        "Telecommunications Service Providers",
        "Other Communications Service Providers",
        "Third Party Service Providers",
        "Partners & Integrated Service Providers",
        f"{_first(NEW).organisation.short_name} Group Companies",
        "Legal, Regulatory, & Judicial Parties",
        "Corporate Transaction Parties",
    ]


@pytest.mark.parametrize(("version", "number"), [(OLD, "70"), (NEW, "78")])
def test_the_european_address_is_that_of_the_version(version: date, number: str) -> None:
    office = next(office for office in _first(version).offices if office.id == "eea")

    assert office.lines == (f"{number} Sir John Rogerson's Quay", "Dublin 2", "D02 R296, Ireland")


@pytest.mark.parametrize("version", [OLD, NEW])
def test_topics_are_those_that_the_notice_tells_apart(version: date) -> None:
    notice = _first(version)

    assert [topic.id for topic in notice.topics_of("marketing")] == ["product_news", "events", "offers", "research"]
    assert [topic.id for topic in notice.topics_of("service")] == [
        "billing",
        "security_password",
        "terms",
        "service_notices",
    ]


@pytest.mark.parametrize("version", [OLD, NEW])
def test_what_is_fixed_in_both_versions(version: date) -> None:
    notice = _first(version)
    marketing, cpni = notice.offer("marketing_opt_out"), notice.offer("cpni_opt_out")

    assert marketing is not None
    assert marketing.effect_days == 3
    assert cpni is not None
    assert (cpni.about, cpni.where, cpni.relationships) == (
        "account",
        ("US",),
        ("customer", "authorised_representative"),
    )
    assert cpni.lasts
    assert {(age.under, *age.where) for age in notice.child_ages} == {(13, "US", "GB"), (16, "EEA")}
    assert notice.channel("children_mail").subject == "Children"
    assert [row.id for row in notice.automated_decisions] == [
        "account_approval",
        "account_suspension",
        "other_significant",
    ]
    assert [kind.can_refuse for kind in notice.cookie_kinds] == [False, True, True]
    assert {control.id for control in notice.tracking_controls if control.signal} == {"gpc", "dnt"}
    assert [entry.title for row in notice.disclosure_lists for entry in row.entries] == [
        "Identifiers",
        "Commercial information",
        "Internet or other electronic activity information",
        "Geolocation information",
        "Professional or employment information",
    ]
    assert set(notice.agents.accepts) == {"power_of_attorney", "written_authority"}
    assert [row.where for row in notice.local_rights] == [("BR",)]


def test_every_word_for_a_right_is_offered_but_the_one_of_later_notices() -> None:
    offered = {offer.right for offer in _first(NEW).rights}

    assert set(RIGHT_WORDS) - offered == {"third_party_disclosure_opt_out"}


def test_the_newer_notice_adds_steps_to_the_ladder() -> None:
    before = {route.id for route in _first(OLD).complaint_routes}
    after = {route.id for route in _first(NEW).complaint_routes}

    assert after - before == {"truste", "irish_dpc"}
    assert before <= after


# --- Who else answers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notice", _all())
def test_whom_another_notice_governs_belongs_to_a_door_and_may_still_ask_here(notice: Notice) -> None:
    for row in notice.relationships:
        if not row.in_scope:
            assert [door.kind for door in notice.fitting(row.id, "", "IE")] == ["applicants"]
            asked = {offer.right for offer in notice.open_to(row.id, "IE")}
            assert {"be_informed", "access", "deletion"} <= asked


def test_what_is_asked_about_comes_before_what_somebody_is_and_only_where_it_answers() -> None:
    notice = load(SHIPPED, DEMO).notice_in_force(date(2026, 5, 1))

    def fit(about: str, country: str) -> list[str]:
        return [door.id for door in notice.fitting("job_applicant", about, country)]

    assert fit("harbour_pay", "IE") == ["harbour_pay", "recruiting"]
    assert fit("harbour_pay", "US") == ["recruiting"]
    assert fit("", "US") == ["recruiting"]
    assert notice.fitting("customer", "", "IE") == ()


def test_the_demonstration_is_the_shipped_rules_and_invented_companies() -> None:
    ships, demo = (pack.notice_in_force(date(2026, 5, 1)) for pack in (shipped(), load(SHIPPED, DEMO)))

    assert demo.doors[: len(ships.doors)] == ships.doors
    assert {door.kind for door in demo.doors} == {"applicants", "brand", "group_company"}
    invented = demo.doors[len(ships.doors) :]
    assert all(door.email.endswith(".example") and door.needs_agreement for door in invented)


def test_the_wait_for_word_is_five_business_days_and_says_whose_rule_that_is() -> None:
    rule = shipped().elsewhere(date(2026, 5, 1))

    assert rule is not None
    assert (rule.n, rule.unit, rule.policy) == (5, "business_day", True)
    assert rule.source
