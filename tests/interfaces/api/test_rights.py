"""What may be asked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dsr.api.shapes import outputs
from dsr.rights import Right
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db


def rights(api: Api, country: str, region: str = "", relationship: str = "customer") -> outputs.RightsShown:
    query = {"country": country, "relationship": relationship, **({"region": region} if region else {})}
    answered = api.get("/rights", **query)
    assert answered.status == 200, answered.json
    return outputs.RightsShown.model_validate_json(answered.response.content)


def test_rights_come_with_clocks_and_questions(sam: Api) -> None:
    shown = rights(sam, "IE")

    access = next(each for each in shown.rights if each.right == Right.ACCESS)
    assert [law.id for law in shown.regimes] == ["eu_gdpr", "dpf", "twilio_promise_marketing"]
    assert access.filed_here
    assert access.identity == outputs.Identity(floor="mail_control", asked=True, methods=["mail_link", "mail_code"])
    assert {clock.kind for clock in access.clocks} >= {"respond"}
    assert all(clock.source for clock in access.clocks)
    assert {question.name for question in access.questions if question.required} >= {"country", "email"}
    assert "identity_document" in {each.name for each in access.must_not_ask}
    assert all(each.because for each in access.must_not_ask)


def test_nobody_is_asked_who_they_are_for_a_statement(sam: Api) -> None:
    statement = next(each for each in rights(sam, "IE").rights if each.right == Right.BE_INFORMED)

    assert statement.identity is not None
    assert not statement.identity.asked
    assert {"identity", "identifiers"} <= {each.name for each in statement.must_not_ask}
    assert "identifiers" not in {question.name for question in statement.questions}


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
