"""Somebody takes a consent back: by the form and by the API, from the filing to the letter that says who minds it."""

from typing import Any

import pytest

from dsr.choices.marketing import Purpose
from dsr.models import LedgerEntry, Scope, SubjectRequest, Submission, System, Window
from dsr.services import history, telling
from dsr.services.choices import asking, desk
from notifications.sealing import listing_digests
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.api.client import Api, token
from tests.interfaces.public.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mailers(clock: Clock, db: None) -> System:
    """A system with a word for one consent and none for another."""
    return organisation.mailers(clock(), "consent_surveys")


def _report(clock: Clock) -> None:
    drain(clock())
    for window in Window.objects.filter(done_at=None):
        desk.report(window.system_id, [window.pk], clock.tick())


def _allowed(topic: str, clock: Clock) -> bool:
    use = asking.use_of(Purpose.CONSENT, "", topic, clock())
    return asking.check(listing_digests("email", builders.ADA), use, clock()).allowed


def test_by_the_form(clock: Clock, mailers: System) -> None:
    visitor = Visitor()
    visitor.open("/requests/new/").choose("Customer or account holder").press("Continue")
    visitor.fill("Country", "IE").press("Continue").choose("Take back a consent").press("Continue")
    visitor.choose("Questionnaires and surveys", "Use of the platform").press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue")
    assert "Questionnaires and surveys" in visitor.text
    visitor.press("Send the request")
    assert "code" not in visitor.text.lower()

    request = SubjectRequest.objects.get()
    assert (request.right, request.state) == ("consent_withdrawal", "fulfilling")
    assert not _allowed("surveys", clock)
    assert not _allowed("platform_analytics", clock)
    assert _allowed("events", clock)
    _report(clock)

    request.refresh_from_db()
    assert (request.state, request.outcome) == ("closed", "fulfilled")
    assert set(LedgerEntry.objects.values_list("outcome", flat=True)) == {"suppressed"}
    [letter] = builders.letters_to(request.submission, "in_effect")
    assert [line.partition(":")[0] for line in letter.systems] == ["The mailers"]
    assert letter.erase_at.endswith("/requests/new/?right=deletion")
    visitor.open(letter.consents)
    boxes = {each.value: each.on for each in visitor.page.forms[-1].controls if each.kind == "checkbox"}
    assert not boxes["surveys"]
    assert boxes["events"]
    assert not SubjectRequest.objects.filter(right="deletion").exists()
    tracker = visitor.open(telling.tracker_link(request.submission, clock()))
    assert "Take back a consent" in tracker.text
    assert history.verify(request.submission.reference).whole


def test_by_the_api(clock: Clock, mailers: System) -> None:
    api = Api(token(builders.staff("hal", "file_requests"), *Scope.values))
    shown = api.get("/rights", country="IE", relationship="customer").json["rights"]
    [right] = [each for each in shown if each["right"] == "consent_withdrawal"]
    [question] = [each for each in right["questions"] if each["name"] == "consents"]
    assert {"all", "surveys"} <= set(question["choices"])
    assert right["identity"]["level"] == 0

    answered = api.post("/submissions", _body("surveys"), key="consent-1")

    assert answered.status == 201, answered.json
    [request] = answered.json["requests"]
    assert request["state"] == "fulfilling"
    assert not _allowed("surveys", clock)
    _report(clock)
    closed = api.get(f"/requests/{request['id']}").json
    assert (closed["state"], closed["outcome"]) == ("closed", "fulfilled")
    submission = Submission.objects.get(reference=answered.json["reference"])
    assert [letter.kind for letter in builders.letters_to(submission, "in_effect")] == ["in_effect"]


@pytest.mark.parametrize("words", ["", "billing", "surveys everything"])
def test_what_is_no_consent_cannot_be_taken_back(words: str, clock: Clock, mailers: System) -> None:
    api = Api(token(builders.staff("hal", "file_requests"), *Scope.values))

    answered = api.post("/submissions", _body(words), key="consent-2")

    assert answered.status == 422
    assert not Submission.objects.exists()


def _body(words: str) -> dict[str, Any]:
    return {
        "channel": "phone",
        "who": {"relationship": "customer"},
        "where": {"country": "IE"},
        "rights": [{"right": "consent_withdrawal", "details": {"consents": words}}],
        "contact": {"email": builders.ADA},
    }
