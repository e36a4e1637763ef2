"""Choices as rights for programs: filed with others, never waiting, read like every other request."""

from typing import Any

import pytest
from django.utils import timezone

from dsr.models import Scope, Submission, Window
from dsr.services.choices import desk
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.api.client import Api, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    """Somebody who may file and work."""
    return Api(token(builders.staff("hal", "file_requests", "approve_requests"), *Scope.values))


def _body(*rights: str, **details: Any) -> dict[str, Any]:
    return {
        "channel": "phone",
        "who": {"relationship": "customer"},
        "where": {"country": "US", "region": "CA"},
        "rights": [{"right": right, "details": details.get(right, {})} for right in rights],
        "contact": {"email": builders.ADA},
    }


def test_choices_are_filed_beside_other_rights_and_stand_at_once(api: Api) -> None:
    mailers = organisation.mailers(timezone.now())

    filed = api.post("/submissions", _body("access", "marketing_opt_out"), key="k1")

    assert filed.status == 201, filed.json
    states = {each["right"]: each["state"] for each in filed.json["requests"]}
    assert states == {"access": "verifying", "marketing_opt_out": "fulfilling"}
    number = next(each["id"] for each in filed.json["requests"] if each["right"] == "marketing_opt_out")
    clocks = api.get(f"/requests/{number}/clock")
    assert clocks.status == 200
    assert {each["kind"] for each in clocks.json["clocks"]} == {"effect"}
    assert "withdraw" not in str(api.get(f"/requests/{number}/moves").json)

    drain(timezone.now())
    desk.report(mailers.pk, list(Window.objects.values_list("pk", flat=True)), timezone.now())

    shown = api.get(f"/requests/{number}").json
    assert (shown["state"], shown["outcome"]) == ("closed", "fulfilled")
    ledger = api.get(f"/requests/{number}/ledger").json
    assert "'suppressed'" in str(ledger)


def test_nobody_is_waited_for_where_all_are_choices(api: Api) -> None:
    filed = api.post("/submissions", _body("marketing_opt_out", "sensitive_data_limit"), key="k2")

    assert filed.status == 201, filed.json
    assert "confirm_address" not in {step["step"] for step in filed.json["next_steps"]}
    again = api.post("/submissions", _body("marketing_opt_out", "sensitive_data_limit"), key="k2")
    assert again.json == filed.json
    assert Submission.objects.count() == 1


def test_cpni_needs_its_account(api: Api) -> None:
    refused = api.post("/submissions", _body("cpni_opt_out"), key="k3")

    assert refused.status == 422
    assert [error["pointer"] for error in refused.json["errors"]] == ["#/rights/0/details/cpni_account"]
    filed = api.post("/submissions", _body("cpni_opt_out", cpni_opt_out={"cpni_account": "AC-1"}), key="k4")
    assert filed.status == 201, filed.json


def test_rights_name_them_with_their_questions(api: Api) -> None:
    shown = api.get("/rights", country="US", region="CA", relationship="customer").json["rights"]

    found = {each["right"]: each for each in shown}
    assert found["marketing_opt_out"]["filed_here"]
    assert "cpni_account" in {each["name"] for each in found["cpni_opt_out"]["questions"] if each["required"]}
    assert found["cpni_opt_out"]["identity"]["level"] == 0
