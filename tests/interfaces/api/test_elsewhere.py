"""Who else answers, by the interface: the directory, the fit of a filing, the register and its pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dsr.models import Customer, Referral, Submission
from dsr.rights import Right
from dsr.services import review
from dsr.services.referring import Elsewhere
from notifications.ids import uuid7
from tests import builders
from tests.interfaces.api.client import Api, filing
from tests.statements import counted
from tests.unit.rules.packs import DEMO

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def directory(settings) -> None:
    settings.RULES_DIR = DEMO


def sent(number: int, at, **more) -> Submission:
    """A complaint that is for Lumen Mail to answer."""
    filed = builders.file(Right.COMPLAINT, at=at, email=f"p{number}@example.org")
    where = Elsewhere(door="lumen_mail", pass_on=True, agreed="said", **more)
    review.redirect(filed.requests[0].pk, "That is theirs.", where, by=builders.vera(), at=at)
    return filed.submission


def test_the_directory_says_who_answers_for_what_and_for_whom(sam: Api) -> None:
    everybody = sam.get("/doors").json["results"]
    texas = sam.get("/doors", country="US", region="TX").json["results"]

    assert [door["id"] for door in everybody] == ["recruiting", "lumen_mail", "harbour_pay"]
    assert [door["id"] for door in texas] == ["recruiting", "lumen_mail"]
    brand = everybody[1]
    assert brand["kind"] == "brand"
    assert (brand["email"], brand["languages"]) == ("privacy@lumenmail.example", ["en", "de", "fr"])
    assert brand["needs_agreement"]


def test_whoever_else_may_answer_is_told_with_the_receipt_and_it_is_filed_all_the_same(sam: Api) -> None:
    applicant = sam.post("/submissions", filing(who={"relationship": "job_applicant"}))
    about = sam.post("/submissions", filing(about="harbour_pay", may_pass_on=True), key="once")
    again = sam.post("/submissions", filing(about="harbour_pay", may_pass_on=True), key="once")
    ours = sam.post("/submissions", filing())

    assert [each.status for each in (applicant, about, ours)] == [201, 201, 201]
    assert [door["id"] for door in applicant.json["elsewhere"]] == ["recruiting"]
    assert [door["id"] for door in about.json["elsewhere"]] == ["harbour_pay"]
    assert again.json == about.json
    assert ours.json["elsewhere"] == []
    kept = Submission.objects.get(reference=about.json["reference"])
    assert (kept.door, kept.may_pass_on) == ("harbour_pay", True)


def test_a_door_that_is_not_there_is_named_by_its_place(sam: Api) -> None:
    answered = sam.post("/submissions", filing(about="narnia"))

    assert answered.status == 422
    assert answered.places == {"#/about"}


def test_the_register_is_read_page_by_page_in_as_many_statements_whatever_there_is(
    hal: Api, audrey: Api, sam: Api
) -> None:
    at = timezone.now()
    references = [sent(number, at).reference for number in range(5)]
    hal.get("/referrals")  # the first call notes that the token is in use

    with counted() as few:
        first = hal.get("/referrals", limit=1)
    with counted() as many:
        hal.get("/referrals", limit=5)
    seen, page = [], first.json
    while True:
        seen += [row["reference"] for row in page["results"]]
        if page["next"] is None:
            break
        page = hal.get("/referrals", limit=1, cursor=page["next"].partition("cursor=")[2]).json

    assert sorted(seen) == sorted(references)
    assert len(few) == len(many) <= 3
    assert len(audrey.get("/referrals").json["results"]) == 5
    assert sam.get("/referrals").status == 403
    row = first.json["results"][0]
    assert (row["kind"], row["whom"], row["passed_on"], row["agreed"]) == ("brand", "Lumen Mail", True, "said")
    assert row["number"].startswith("D-")
    assert builders.ADA not in str(first.json)


def test_lines_that_wait_and_lines_that_are_late_are_found(hal: Api) -> None:
    at = timezone.now()
    sent(1, at)
    sent(2, at - timedelta(days=30))
    done = sent(3, at - timedelta(days=30))
    line = Referral.objects.get(request__submission=done)

    noted = hal.move(line.request_id, "referral_answered", {"referral": str(line.pk), "word": "not_theirs"})

    assert noted.status == 200, noted.json
    assert len(hal.get("/referrals").json["results"]) == 3
    assert len(hal.get("/referrals", state="open").json["results"]) == 2
    [late] = hal.get("/referrals", state="late").json["results"]
    assert late["late"]
    assert hal.get("/referrals", door="recruiting").json["results"] == []
    assert hal.get("/referrals", state="lost").status == 400


def test_customers_are_listed_for_colleagues_alone(hal: Api, sam: Api) -> None:
    at = timezone.now()
    for number in range(3):
        Customer.objects.create(id=uuid7(at), name=f"Shop {number}", contact="privacy@shop.example", since=at)
    hal.get("/customers")

    with counted() as statements:
        first = hal.get("/customers", limit=2)
    rest = hal.get("/customers", limit=2, cursor=first.json["next"].partition("cursor=")[2])

    assert len(statements) <= 3
    assert {row["name"] for row in (*first.json["results"], *rest.json["results"])} == {"Shop 0", "Shop 1", "Shop 2"}
    assert rest.json["next"] is None
    assert sam.get("/customers").status == 403


def test_what_stands_against_sending_it_is_said_with_its_place(vera: Api) -> None:
    [request] = builders.file(Right.COMPLAINT, at=timezone.now()).requests

    refused = vera.move(request.pk, "redirect", {"text": "Theirs.", "door": "lumen_mail", "pass_on": True})

    assert refused.status == 422
    assert refused.places == {"#/agreed"}
