"""Filing for somebody else, for many at once, and with what the help desk saw."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dsr.models import Event, Submission
from dsr.services import onfile
from tests import builders
from tests.interfaces.api import client
from tests.interfaces.api.client import Api, filing
from verification.models import Check, CheckState, Mandate, MandateState

pytestmark = pytest.mark.django_db

AGENT = "mandy@agency.example"
POA = ["dated", "signed_by_principal", "names_agent", "covers_right", "in_force"]


def _for_another(**changes: Any) -> dict[str, Any]:
    agent = {"kind": "power_of_attorney", "name": "Mandy Mandate", "person_email": builders.ADA}
    return filing(contact={"email": AGENT}, agent={**agent, **changes})


def test_agent_files_for_another_and_is_told_what_comes_next(sam: Api) -> None:
    answered = sam.post("/submissions", _for_another())

    assert answered.status == 201
    assert [step["step"] for step in answered.json["next_steps"]] == ["confirm_address", "show_authority", "answer"]
    submission = Submission.objects.get()
    mandate = Mandate.objects.get(about=submission.pk)
    assert (submission.for_other, submission.open("email"), mandate.open("principal_email")) == (
        True,
        AGENT,
        builders.ADA,
    )


def test_filing_for_another_takes_at_most_eleven_statements(sam: Api) -> None:
    sam.post("/submissions", _for_another())

    with CaptureQueriesContext(connection) as captured:
        sam.post("/submissions", _for_another(), key="k")

    assert len(captured) <= 11, [query["sql"][:80] for query in captured]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"kind": "estate"}, "#/agent/kind"),
        ({"kind": "sister"}, "#/agent/kind"),
        ({"kind": "signed_permission", "person_email": ""}, "#/agent/person_email"),
        ({"person_email": "ada"}, "#/agent/person_email"),
        ({"person_email": AGENT}, "#/agent/person_email"),
        ({"kind": "guardian"}, "#/agent/child_age"),
        ({"kind": "guardian", "child_age": 17}, "#/agent/child_age"),
        ({"kind": "guardian", "child_age": -1}, "#/agent/child_age"),
        ({"name": ""}, "#/agent/name"),
        ({"passport": "x"}, "#/agent/passport"),
    ],
)
def test_what_is_wrong_with_an_agent_is_pointed_at(sam: Api, changes: dict[str, Any], place: str) -> None:
    answered = sam.post("/submissions", _for_another(**changes))

    assert (answered.status, answered.code) == (422, "incomplete")
    assert answered.places == {place}
    assert not Submission.objects.exists()


def test_paper_is_checked_and_authority_ended_by_the_interface(sam: Api, hal: Api) -> None:
    sam.post("/submissions", _for_another())
    submission = Submission.objects.get()
    builders.confirm(submission, timezone.now())
    request = builders.only(submission)
    ivy = Api(client.token(builders.staff("ivy", "work_requests", "check_identity"), "staff"))

    lacking = ivy.move(request.pk, "check_mandate", {"result": "accepted", "checks": POA[1:]})
    refused = hal.move(request.pk, "check_mandate", {"result": "accepted", "checks": POA})
    accepted = ivy.move(request.pk, "check_mandate", {"result": "accepted", "checks": POA})
    ended = hal.move(request.pk, "revoke_mandate", {"reason": "Ada rang."})

    assert (lacking.status, lacking.places) == (422, {"#/checks"})
    assert refused.status == 403
    assert accepted.status == 200
    assert ended.status == 200
    assert Mandate.objects.get().state == MandateState.REVOKED


def test_filing_says_where_its_authority_stands_and_names_nobody(sam: Api) -> None:
    receipt = sam.post("/submissions", _for_another()).json

    shown = sam.get(f"/submissions/{receipt['id']}").json

    assert shown["agent"] == {
        "kind": "power_of_attorney",
        "state": "claimed",
        "waits_for": "mail",
        "may_receive": False,
        "expires_on": None,
        "agency": None,
    }
    own = sam.post("/submissions", filing()).json
    assert sam.get(f"/submissions/{own['id']}").json["agent"] is None


# --- Many at once ----------------------------------------------------------------------------------------------------


def test_one_bad_authority_does_not_stop_the_others(sam: Api) -> None:
    bodies = [
        _for_another(),
        _for_another(kind="estate"),
        filing(),
        {"who": {}},
        _for_another(person_email="grace@example.org"),
    ]

    answered = sam.post("/submissions/batch", {"submissions": bodies})

    assert answered.status == 200
    assert (answered.json["filed"], answered.json["refused"]) == (2, 3)
    assert [row["status"] for row in answered.json["results"]] == [201, 422, 422, 422, 201]
    assert answered.json["results"][1]["problem"]["errors"][0]["pointer"] == "#/agent/kind"
    assert answered.json["results"][2]["problem"]["errors"][0]["pointer"] == "#/agent"
    assert Mandate.objects.count() == Submission.objects.count() == 2


def test_batch_sent_again_files_nothing_twice(sam: Api) -> None:
    bodies = [_for_another(), _for_another(person_email="grace@example.org")]

    first = sam.post("/submissions/batch", {"submissions": bodies}, key="monday")
    again = sam.post("/submissions/batch", {"submissions": bodies}, key="monday")
    other = sam.post("/submissions/batch", {"submissions": [bodies[1], bodies[1]]}, key="monday")

    references = [[row["submission"]["reference"] for row in each.json["results"]] for each in (first, again)]
    assert references[0] == references[1]
    assert [row["status"] for row in other.json["results"]] == [409, 201]
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("bodies", [[], [{}] * 101, "all", [7]])
def test_batch_of_nothing_or_of_too_many_is_refused(sam: Api, bodies: Any) -> None:
    assert sam.post("/submissions/batch", {"submissions": bodies}).status == 422


def test_auditor_files_for_nobody(audrey: Api) -> None:
    assert audrey.post("/submissions/batch", {"submissions": [_for_another()]}).status == 403


# --- What the help desk saw ------------------------------------------------------------------------------------------


def _seen(**changes: Any) -> dict[str, Any]:
    values = {
        "method": "asserted_login",
        "at": timezone.now().isoformat(),
        "identifiers": {"account": ["AC-1843"]},
    }
    return {**values, **changes}


def test_what_the_help_desk_saw_counts_once_the_address_is_confirmed(sam: Api) -> None:
    answered = sam.post("/submissions", filing(verified=_seen()))

    submission = Submission.objects.get()
    check = Check.objects.get(about=submission.pk)
    assert answered.status == 201
    assert (check.state, check.verifier, submission.verified_level) == (
        CheckState.OPEN,
        str(builders.staff("sam").pk),
        0,
    )
    assert Event.objects.filter(verb="desk_saw", actor_id=str(builders.staff("sam").pk)).exists()

    builders.confirm(submission, timezone.now())

    submission.refresh_from_db()
    check.refresh_from_db()
    assert (check.state, check.workings_sealed, check.level) == (CheckState.PASSED, None, 2)
    assert (submission.verified_level, submission.verified_method, submission.signed_in) == (2, "asserted_login", True)
    # The address is read, and nothing ties it to the account that was seen: each is proved for itself.
    assert submission.open_json("proved") == {"account": ["AC-1843"], "reads_email": [builders.ADA]}


def test_call_detail_opens_by_what_was_seen_and_not_by_facts(sam: Api) -> None:
    body = filing(where={"country": "US", "region": "VA"}, verified=_seen(method="call_back"))
    sam.post("/submissions", body)
    submission = Submission.objects.get()

    builders.confirm(submission, timezone.now())
    for deadline in submission.deadlines.filter(kind="look"):
        onfile.look(deadline, timezone.now())

    submission.refresh_from_db()
    assert (submission.of_record, submission.verified_level) == (True, 2)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"verified": _seen(method="facts")}, "#/verified/method"),
        ({"verified": _seen(method="document")}, "#/verified/method"),
        ({"verified": _seen(identifiers={"account": ["AC-9999"]})}, "#/verified/identifiers"),
        ({"verified": _seen(identifiers={})}, "#/verified/identifiers"),
        ({"verified": _seen(at="2020-01-01T00:00:00Z")}, "#/verified/at"),
        ({"verified": _seen(at=(timezone.now() + timedelta(days=2)).isoformat())}, "#/verified/at"),
        ({"channel": "post", "verified": _seen()}, "#/verified/method"),
        (
            {
                "who": {"relationship": "visitor", "name": "Ada", "identifiers": {"account": ["AC-1843"]}},
                "verified": _seen(),
            },
            "#/verified/method",
        ),
        ({"agent": {"kind": "power_of_attorney", "name": "M"}, "verified": _seen()}, "#/verified"),
    ],
)
def test_what_cannot_have_been_seen_is_pointed_at(sam: Api, body: dict[str, Any], place: str) -> None:
    answered = sam.post("/submissions", filing(**body))

    assert (answered.status, answered.places) == (422, {place})
    assert not Submission.objects.exists()
