"""What may be asked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dsr.api.shapes import offered
from dsr.rights import Right
from dsr.rules.words import CHOICES
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db


def rights(
    api: Api, country: str, region: str = "", relationship: str = "customer", **more: str
) -> offered.RightsShown:
    query = {"country": country, "relationship": relationship, **({"region": region} if region else {}), **more}
    answered = api.get("/rights", **query)
    assert answered.status == 200, answered.json
    return offered.RightsShown.model_validate_json(answered.response.content)


def test_rights_come_with_clocks_and_questions(sam: Api) -> None:
    shown = rights(sam, "IE")

    access = next(each for each in shown.rights if each.right == Right.ACCESS)
    assert [law.id for law in shown.regimes] == ["eu_gdpr", "dpf", "twilio_promise_marketing"]
    assert access.filed_here
    assert (access.identity.floor, access.identity.level, access.identity.asked) == ("channel", 1, True)
    assert access.identity.methods[:2] == ["mail_link", "mail_code"]
    assert {reason.regime for reason in access.identity.because} == {"", "eu_gdpr"}
    assert all(reason.source for reason in access.identity.because)
    assert {clock.kind for clock in access.clocks} >= {"respond"}
    assert all(clock.source for clock in access.clocks)
    assert {question.name for question in access.questions if question.required} >= {"country", "email"}
    assert "identity_document" in {each.name for each in access.must_not_ask}
    assert all(each.because for each in access.must_not_ask)


def test_nobody_is_asked_who_they_are_for_a_statement(sam: Api) -> None:
    statement = next(each for each in rights(sam, "IE").rights if each.right == Right.BE_INFORMED)

    assert not statement.identity.asked
    assert {"identity", "identifiers"} <= {each.name for each in statement.must_not_ask}
    assert "identifiers" not in {question.name for question in statement.questions}


@pytest.mark.parametrize("channel", ["web", "api", "phone", "email", "post", "support", "in_person"])
@pytest.mark.parametrize(("country", "region"), [("IE", ""), ("US", "CA"), ("US", "TX"), ("BR", "")])
def test_no_choice_asks_for_proof_on_any_channel(sam: Api, country: str, region: str, channel: str) -> None:
    choices = [each for each in rights(sam, country, region, channel=channel).rights if each.right in CHOICES]

    assert choices
    for each in choices:
        assert (each.identity.floor, each.identity.asked, each.identity.methods) == ("nothing", False, [])
        assert {"identity", "identity_document", "birth_date"} <= {barred.name for barred in each.must_not_ask}


def test_what_would_do_depends_on_how_somebody_asks(sam: Api) -> None:
    def deletion(channel: str) -> offered.RightShown:
        return next(each for each in rights(sam, "IE", channel=channel).rights if each.right == "deletion")

    by_web, by_phone = deletion("web"), deletion("phone")

    assert by_web.identity.floor == by_phone.identity.floor == "known"
    assert by_web.identity.methods[-1] == "document"
    assert "asserted_login" in by_phone.identity.methods
    assert "identity_document" in {barred.name for barred in by_phone.must_not_ask}
    assert "document" in {barred.method for barred in by_phone.identity.barred}
    document = by_web.identity.proofs[-1]
    assert (document.method, document.last_resort, document.sign_off) == ("document", True, True)
    assert "destroyed" in document.kept


def test_call_details_ask_for_no_facts(sam: Api) -> None:
    access = next(each for each in rights(sam, "US", "WY").rights if each.right == Right.ACCESS)

    assert access.identity.of_record
    assert {"facts", "facts_declared"} <= {barred.name for barred in access.must_not_ask}


def test_laws_follow_the_place(sam: Api) -> None:
    assert "us_ca_ccpa" in {law.id for law in rights(sam, "US", "CA").regimes}
    assert next(law.id for law in rights(sam, "US", "TX").regimes) == "us_tx"
    assert next(law.id for law in rights(sam, "US", "WY").regimes) == "default"
    assert rights(sam, "AQ").regimes


def test_nothing_is_asked_and_forbidden_at_once(sam: Api) -> None:
    for shown in rights(sam, "US", "CA").rights:
        asked, barred = ({each.name for each in each_list} for each_list in (shown.questions, shown.must_not_ask))
        assert not asked & barred


def test_rights_not_filed_here_name_the_way(sam: Api) -> None:
    others = [each for each in rights(sam, "IE").rights if not each.filed_here]

    assert all(each.ways for each in others)


def test_whom_another_notice_governs_is_told_where_to_turn(sam: Api) -> None:
    shown = rights(sam, "IE", relationship="job_applicant")

    assert (shown.in_scope, shown.rights) == (False, [])
    assert [door.kind for door in shown.elsewhere] == ["applicants"]
    assert shown.route


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({}, {"country", "relationship"}),
        ({"country": "IE"}, {"relationship"}),
        ({"country": "ie", "relationship": "customer"}, {"country"}),
        ({"country": "XX", "relationship": "customer"}, {"country"}),
        ({"country": "IE", "relationship": "sister"}, {"relationship"}),
        ({"country": "IE", "relationship": "a\x00"}, {"relationship"}),
        ({"country": "US", "region": "California", "relationship": "customer"}, {"region"}),
        ({"country": "IE", "relationship": "customer", "age": "7"}, {"age"}),
        ({"country": "IE", "relationship": "customer", "channel": "pigeon"}, {"channel"}),
    ],
)
def test_parameter_that_cannot_be_used_is_named(sam: Api, query: dict[str, str], places: set[str]) -> None:
    answered = sam.get("/rights", **query)

    assert (answered.status, answered.code, answered.places) == (400, "bad-parameter", places)


def test_rights_need_no_statement_but_the_tokens(sam: Api) -> None:
    rights(sam, "IE")

    with CaptureQueriesContext(connection) as captured:
        rights(sam, "US", "CA")

    assert len(captured) == 1


def test_what_a_right_must_be_told_is_listed_with_its_answers(sam: Api) -> None:
    shown = {each.right: {one.name: one for one in each.questions} for each in rights(sam, "IE").rights}

    consequences, ground = shown["deletion"]["consequences"], shown["restriction"]["restriction_ground"]
    assert (consequences.required, consequences.choices) == (True, ("yes",))
    assert ground.required
    assert ground.choices == ("accuracy_contested", "unlawful", "needed_for_claims", "objection_pending")
    named = {name: one.required for name, one in shown["correction"].items() if name[:5] in ("wrong", "right")}
    assert named == {f"{name}_{row}": row == 1 for row in (1, 2, 3) for name in ("wrong", "right")}
