"""Filing for a person, and reading what was filed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dsr.api.shapes import outputs
from dsr.models import Event, Submission
from tests import builders
from tests.interfaces.api.client import Api, filing

pytestmark = pytest.mark.django_db


def test_filing_returns_reference_and_what_happens_next(sam: Api) -> None:
    answered = sam.post("/submissions", filing("access", "be_informed"))

    assert answered.status == 201
    receipt = outputs.SubmissionFiled.model_validate_json(answered.response.content)
    assert receipt.tracker_url == "http://localhost:8000/requests/track/"
    assert {(each.right, each.state) for each in receipt.requests} == {
        ("access", "verifying"),
        ("be_informed", "fulfilling"),
    }
    assert [step.step for step in receipt.next_steps] == ["confirm_address", "answer"]
    assert answered.headers["Location"] == receipt.url
    assert Submission.objects.get().reference == receipt.reference


def test_filing_keeps_the_channel_and_who_filed(sam: Api) -> None:
    sam.post("/submissions", filing())

    submission = Submission.objects.get()
    event = Event.objects.filter(submission=submission).earliest("seq")
    assert (submission.channel, event.actor, event.via) == ("phone", "support", "api")
    assert event.actor_id == str(builders.staff("sam").pk)


def test_filing_sends_the_person_a_message_to_confirm_the_address(sam: Api) -> None:
    sam.post("/submissions", filing())

    assert builders.letters_to(Submission.objects.get(), "confirm_address")


def test_filing_takes_at_most_ten_statements(sam: Api) -> None:
    sam.post("/submissions", filing())

    with CaptureQueriesContext(connection) as captured:
        answered = sam.post("/submissions", filing(), key="a-key")

    assert answered.status == 201
    assert len(captured) <= 10, [query["sql"][:80] for query in captured]


def test_filing_counts_from_the_day_it_came_in_when_staff_say_so(sam: Api) -> None:
    earlier = timezone.now() - timedelta(days=3)

    answered = sam.post("/submissions", filing(received_at=earlier.isoformat()))

    assert answered.status == 201
    assert Submission.objects.get().received_at == earlier


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"contact": {"email": "no address"}}, "#/contact/email"),
        ({"contact": {"email": 7}}, "#/contact/email"),
        ({"contact": {}}, "#/contact/email"),
        ({"contact": {"email": builders.ADA, "fax": "1"}}, "#/contact/fax"),
        ({"contact": {"email": builders.ADA, "phone": "1\x00"}}, "#/contact/phone"),
        ({"who": {"relationship": "sister"}}, "#/who/relationship"),
        ({"who": {"relationship": "customer", "name": "Ada\u202e"}}, "#/who/name"),
        ({"who": {"relationship": "customer", "name": "x" * 201}}, "#/who/name"),
        ({"who": {"relationship": "customer", "identifiers": {"shoe_size": ["38"]}}}, "#/who/identifiers"),
        ({"where": {"country": "XX"}}, "#/where/country"),
        ({"where": {"country": "Ireland"}}, "#/where/country"),
        ({"where": {"country": "US", "region": "California"}}, "#/where/region"),
        ({"rights": []}, "#/rights"),
        ({"rights": [{"right": "access"}, {"right": "access"}]}, "#/rights"),
        ({"rights": [{"right": "flying"}]}, "#/rights/0/right"),
        ({"rights": "access"}, "#/rights"),
        ({"rights": [{"right": "access", "details": {"shoe_size": "38"}}]}, "#/rights/0/details/shoe_size"),
        ({"rights": [{"right": "access", "details": {"scope": 3}}]}, "#/rights/0/details/scope"),
        ({"channel": "pigeon"}, "#/channel"),
        ({"language": "tlh"}, "#/language"),
        ({"received_at": "yesterday"}, "#/received_at"),
        ({"received_at": 1700000000}, "#/received_at"),
        ({"received_at": "1700000000"}, "#/received_at"),
        ({"received_at": "2026-03-05T09:30:00"}, "#/received_at"),
        ({"received_at": "9999-12-31T23:59:59-23:00"}, "#/received_at"),
        ({"received_at": "2099-01-01T00:00:00Z"}, "#/received_at"),
        ({"priority": "high"}, "#/priority"),
    ],
)
def test_filing_points_at_what_is_wrong(sam: Api, body: dict[str, Any], place: str) -> None:
    answered = sam.post("/submissions", filing(**body))

    assert (answered.status, answered.code) == (422, "incomplete")
    assert place in answered.places
    assert not Submission.objects.exists()


def test_problem_repeats_nothing_that_was_sent(sam: Api) -> None:
    answered = sam.post("/submissions", filing(contact={"email": "canary@@example"}, who={"relationship": "canary"}))

    assert answered.code == "incomplete"
    assert b"canary" not in answered.response.content


def test_same_key_and_content_get_the_same_answer(sam: Api) -> None:
    first = sam.post("/submissions", filing("access", "be_informed"), key="one")
    submission = Submission.objects.get()
    builders.confirm(submission, timezone.now())

    again = sam.post("/submissions", filing("access", "be_informed"), key='"one"')

    assert (again.status, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Submission.objects.count() == 1


def test_same_key_with_other_content_is_refused(sam: Api) -> None:
    sam.post("/submissions", filing(), key="one")

    other = sam.post("/submissions", filing(who={"relationship": "customer", "name": "ada lovelace"}), key="one")

    assert (other.status, other.code) == (409, "idempotency-conflict")


def test_same_key_of_somebody_else_is_another_key(sam: Api, hal: Api) -> None:
    sam.post("/submissions", filing(), key="one")

    answered = hal.post("/submissions", filing(), key="one")

    assert answered.status == 201
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("key", ["", "a b", "\u00e4", "x" * 129, '"open'])
def test_key_that_is_none_is_refused(sam: Api, key: str) -> None:
    answered = sam.post("/submissions", filing(), **{"Idempotency-Key": key})

    assert (answered.status, answered.code) == (400, "bad-header")
    assert answered.places == {"Idempotency-Key"}


def test_submission_is_found_by_its_reference_however_it_is_typed(sam: Api) -> None:
    reference = sam.post("/submissions", filing()).json["reference"]

    found = sam.get("/submissions", reference=reference.lower().replace("-", " "))

    assert [each["reference"] for each in found.json["results"]] == [reference]


@pytest.mark.parametrize("reference", ["23456-789AC", "nonsense", "2" * 40])
def test_unknown_reference_finds_nothing(sam: Api, reference: str) -> None:
    assert sam.get("/submissions", reference=reference).json == {"results": []}


def test_personal_values_are_masked(sam: Api) -> None:
    filed = sam.post("/submissions", filing()).json

    shown = sam.get(f"/submissions/{filed['id']}")

    outputs.SubmissionShown.model_validate_json(shown.response.content)
    assert shown.json["person"]["masked"] is True
    for value in ("Lovelace", builders.ADA, "AC-1843"):
        assert value.encode() not in shown.response.content


def test_personal_values_are_shown_for_a_reason_that_is_recorded(sam: Api, vera: Api) -> None:
    filed = sam.post("/submissions", filing()).json

    shown = vera.get(f"/submissions/{filed['id']}", reason="to call back")

    assert shown.json["person"]["email"] == builders.ADA
    assert shown.json["person"]["identifiers"] == {"account": ["AC-1843"]}
    event = Event.objects.latest("id")
    assert (event.verb, event.actor_id) == ("revealed", str(builders.staff("vera").pk))
    assert "call back" not in str(event.data)


def test_personal_values_stay_masked_without_scope_or_permission(sam: Api, hal: Api) -> None:
    filed = sam.post("/submissions", filing()).json

    by_agent = sam.get(f"/submissions/{filed['id']}", reason="to call back")
    without_permission = hal.get(f"/submissions/{filed['id']}", reason="to call back")

    assert (by_agent.status, by_agent.code) == (403, "insufficient-scope")
    assert (without_permission.status, without_permission.code) == (403, "not-revealing")
    assert not Event.objects.filter(verb="revealed").exists()


@pytest.mark.parametrize("reason", ["", "no", "x" * 301, "a\x00b", "\u202ebackwards"])
def test_reason_that_is_none_shows_nothing(sam: Api, vera: Api, reason: str) -> None:
    filed = sam.post("/submissions", filing()).json

    answered = vera.get(f"/submissions/{filed['id']}", reason=reason)

    assert (answered.status, answered.code, answered.places) == (400, "bad-parameter", {"reason"})


def test_nobody_looks_at_their_own_case(sam: Api, vera: Api) -> None:
    filed = sam.post("/submissions", filing(contact={"email": builders.staff("vera").email})).json

    answered = vera.get(f"/submissions/{filed['id']}", reason="curious")

    assert (answered.status, answered.code) == (403, "own-case")


def test_forgotten_person_is_nobody(sam: Api, vera: Api) -> None:
    filed = sam.post("/submissions", filing()).json
    Submission.objects.get().data_key.forget(timezone.now())

    assert vera.get(f"/submissions/{filed['id']}").json["person"] is None


def test_unknown_submission_is_not_found(sam: Api) -> None:
    answered = sam.get("/submissions/00000000-0000-7000-8000-000000000000")

    assert (answered.status, answered.code) == (404, "not-found")


def test_filing_by_mail_needs_no_identity_for_a_statement(sam: Api) -> None:
    answered = sam.post("/submissions", filing("be_informed"))

    assert [step["step"] for step in answered.json["next_steps"]] == ["answer"]
    assert builders.letters_to(Submission.objects.get(), "received")
