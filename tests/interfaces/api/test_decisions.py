"""Decisions of machines over the interface: told once, seen by whoever told them and by auditors, and no more said."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dsr.models import AutomatedDecision, Scope
from dsr.services.reviews import concluding, effects
from tests import builders, reviews
from tests.interfaces.api.client import Api, token
from tests.statements import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def robot(db):
    """The deciding system."""
    return Api(token(reviews.robot(), Scope.INTEGRATOR))


def decision(**changes):
    """What the deciding system posts."""
    body = {
        "decision": "SUS-1",
        "system": "accounts",
        "kind": "account_suspension",
        "decided_at": "2026-03-01T08:00:00Z",
        "who": {"email": [builders.ADA]},
        "rule_version": "fraud-7",
        "inputs": {"night_calls": 3},
        "output": "Score above the limit.",
        "effect": "Suspended.",
        "confirm": {"owner_email": "owner@accounts.example.org"},
    }
    return {**body, **changes}


def test_told_twice_it_is_the_same_and_told_otherwise_it_is_refused(robot):
    first, second = robot.post("/decisions", decision()), robot.post("/decisions", decision())
    other = robot.post("/decisions", decision(effect="Closed."))

    assert (first.status, second.status, other.status) == (201, 200, 409)
    assert first.json == second.json
    assert other.code == "decision-differs"


def test_the_answer_says_neither_whom_it_is_about_nor_what_went_in(robot):
    told = robot.post("/decisions", decision(fraud_signals=["night_calls"]))

    text = told.response.content.decode()
    assert told.json["has_snapshot"]
    assert builders.ADA not in text
    assert "night_calls" not in text


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"kind": "weather"}, "#/kind"),
        ({"who": {}}, "#/who"),
        ({"confirm": {}}, "#/confirm"),
        ({"confirm": {"url": "http://10.0.0.1/x", "secret": reviews.SECRET}}, "#/confirm"),
        ({"inputs_digest": "abc"}, "#/inputs_digest"),
    ],
)
def test_what_cannot_be_kept_is_pointed_at(robot, changes, place):
    answered = robot.post("/decisions", decision(**changes))

    assert answered.status == 422
    assert place in answered.places
    assert not AutomatedDecision.objects.exists()


def test_each_sees_its_own_and_auditors_see_all_in_as_many_statements_whatever_there_is(robot, audrey, hal):
    other = Api(token(builders.staff("ines"), Scope.INTEGRATOR))
    mine = robot.post("/decisions", decision()).json
    for number in range(2, 5):
        robot.post("/decisions", decision(decision=f"SUS-{number}"))

    audrey.get("/decisions")  # the first call notes that the token is in use
    with counted() as few:
        page = audrey.get("/decisions", limit=1)
    with counted() as many:
        everything = audrey.get("/decisions", limit=4)

    assert hal.get("/decisions").status == 403
    assert other.get("/decisions").json["results"] == []
    assert other.get(f"/decisions/{mine['id']}").status == 404
    assert robot.get(f"/decisions/{mine['id']}").json["decision"] == "SUS-1"
    assert len(page.json["results"]) == 1
    assert page.json["next"]
    assert len(everything.json["results"]) == 4
    assert len(few) == len(many)


def test_system_that_took_the_change_confirms_it_later(robot):
    at = timezone.now() - timedelta(days=1)
    request = reviews.changed(at)
    found = AutomatedDecision.objects.get()

    answered = robot.post(f"/decisions/{found.pk}/effect")

    assert answered.status == 200, answered.json
    assert answered.json["reviews"][0]["effect"] == "confirmed"
    assert builders.again(request).outcome == "overturned"
    assert effects.run_due(timezone.now()) == 0


def test_record_of_a_review_shows_what_is_lacking_and_nobodys_words(hal):
    at = timezone.now() - timedelta(hours=1)
    request = reviews.taken(at)

    seen = hal.get(f"/requests/{request.pk}/review")

    assert seen.json["reviewer"] == "rita"
    assert {"weighed", "measure"} <= {each["field"] for each in seen.json["missing"]}
    assert reviews.WRONG not in seen.response.content.decode()


def test_report_is_for_auditors_and_leaves_small_figures_out(audrey, hal, settings):
    settings.REVIEW_STREAK_ALARM = 1
    at = timezone.now() - timedelta(hours=1)
    rita = reviews.reviewer()
    request = reviews.worked(at, rita)
    concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=at)

    with counted() as statements:
        report = audrey.get("/reports/automated-decisions")

    assert hal.get("/reports/automated-decisions").status == 403
    assert report.json["decided"] is None
    assert report.json["overturned_share"] is None
    assert report.json["alarms"] == 1
    assert report.json["reviewers"][0]["streak"] == 1
    assert len(statements) <= 8
