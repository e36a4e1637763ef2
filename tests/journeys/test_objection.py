"""Somebody objects: by the form and by the API, from the filing over pause and weighing to the last letter."""

from pathlib import Path
from typing import Any

import pytest

from dsr.models import Scope, SubjectRequest, Submission, System, Window
from dsr.services import history, telling, weighing
from dsr.services.choices import desk
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.api.client import Api, token
from tests.interfaces.public.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
GROUNDS = "I write about networks myself, and nobody needs to know when I look at what."


@pytest.fixture
def systems(clock: Clock, tmp_path: Path, db: None) -> list[System]:
    """One system that can keep data without using it, and one that stops one use by a word."""
    return [organisation.desk(tmp_path, clock()), organisation.mailers(clock(), "objection_sales_insights")]


def _prove(submission: Submission, clock: Clock) -> None:
    builders.confirm(submission, clock.tick())
    builders.prove(submission, clock.tick())
    drain(clock.tick())


def _report(clock: Clock) -> None:
    drain(clock.tick())
    for window in Window.objects.filter(done_at=None):
        desk.report(window.system_id, [window.pk], clock.tick())


def test_by_the_form(clock: Clock, systems: list[System], tmp_path: Path) -> None:
    visitor = Visitor()
    visitor.open("/requests/new/").choose("Customer or account holder").press("Continue")
    visitor.fill("Country", "IE").press("Continue").choose("Object to the use of your data").press("Continue")
    visitor.choose("Direct marketing, and profiling for it")
    visitor.choose("Profiling: judging by machine who you are, what you like or what you will do")
    visitor.press("Continue")
    assert visitor.status == 422
    assert "Say what in your situation speaks against it." in visitor.text
    visitor.fill("What in your situation speaks against it?", GROUNDS).press("Continue")
    visitor.fill("Mail address", builders.ADA).press("Continue")
    assert "Only the rest is weighed." in visitor.text
    visitor.press("Send the request")

    marketing, objection = SubjectRequest.objects.order_by("id")
    assert (marketing.right, objection.right) == ("marketing_opt_out", "objection")
    assert (marketing.state, objection.state) != ("verifying", "in_review")
    submission = objection.submission
    _prove(submission, clock)
    assert organisation.row(tmp_path, builders.ADA)["restricted"]
    tracker = visitor.open(telling.tracker_link(submission, clock()))
    assert "Until you are told what was decided, the systems below do not use your data." in tracker.text
    assert "The desk: since 5 March 2026" in tracker.text

    weighing.weigh(objection.pk, builders.goes_on("profiling"), by=builders.hal(), at=clock.tick())
    weighing.propose(objection.pk, by=builders.hal(), at=clock.tick())
    assert "compelling" not in visitor.open(telling.tracker_link(submission, clock())).text
    weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())

    [letter] = builders.letters_to(submission, "objection_decided")
    visitor.open(letter.tracker)
    assert "What you objected to goes on." in visitor.text
    assert "compelling reasons of ours weigh more" in visitor.text
    assert "until 12 March 2026" in visitor.text
    assert history.verify(submission.reference).whole


def _body(details: dict[str, str]) -> dict[str, Any]:
    return {
        "channel": "phone",
        "who": {"relationship": "customer"},
        "where": {"country": "IE"},
        "rights": [{"right": "objection", "details": details}],
        "contact": {"email": builders.ADA},
    }


def _weight(use: str, **more: Any) -> dict[str, Any]:
    words = "What you say weighs more than what we gain by it."
    return {"use": use, "basis": "legitimate_interest", "outcome": "stop", "reason": words, **more}


def test_by_the_api(clock: Clock, systems: list[System]) -> None:
    hal = Api(token(builders.staff("hal", "file_requests", "reveal_personal"), *Scope.values))
    vera = Api(token(builders.staff("vera"), "staff"))
    filed = hal.post("/submissions", _body({"objected": "sales_insights", "own_grounds": GROUNDS}), key="objection-1")
    assert filed.status == 201, filed.json
    one = f"/requests/{filed.json['requests'][0]['id']}"
    submission = Submission.objects.get()
    _prove(submission, clock)

    waiting = hal.get(f"{one}/weighings").json
    assert [(row["use"], row["outcome"]) for row in waiting["results"]] == [("sales_insights", None)]
    lazy = _weight("sales_insights", outcome="go_on", ground="compelling_grounds", reason="We need it.")
    refused = hal.post(f"{one}/moves/weigh", lazy, key="weigh-0")
    assert refused.status == 422
    assert {"#/compelling", "#/interest", "#/effect", "#/alternatives"} <= refused.places
    assert hal.post(f"{one}/moves/weigh", _weight("sales_insights"), key="weigh-1").status == 200
    assert hal.post(f"{one}/moves/propose_decision", key="propose-1").status == 200
    assert hal.post(f"{one}/moves/decide_objection", key="decide-0").status == 403
    decided = vera.post(f"{one}/moves/decide_objection", key="decide-1")
    assert (decided.status, decided.json["state"]) == (200, "fulfilling")
    shown = hal.get(f"{one}/weighings").json["results"][0]
    assert (shown["outcome"], shown["by"], set(shown["texts"])) == ("stop", "hal", {"reason"})
    assert "weighs more" not in str(shown["texts"])
    assert "weighs more" in str(hal.get(f"{one}/weighings", reason="To answer her call.").json)
    _report(clock)

    closed = hal.get(one).json
    assert (closed["state"], closed["outcome"]) == ("closed", "fulfilled")
    outcomes = {line["outcome"] for line in hal.get(f"{one}/ledger").json["results"]}
    assert {"restricted", "suppressed"} <= outcomes
    [letter] = builders.letters_to(submission, "objection_over")
    assert [line.partition(":")[0] for line in letter.systems] == ["The desk", "The mailers"]


def test_marketing_alone_is_filed_as_an_end_of_marketing(clock: Clock, systems: list[System]) -> None:
    hal = Api(token(builders.staff("hal", "file_requests"), *Scope.values))

    filed = hal.post("/submissions", _body({"objected": "direct_marketing"}), key="objection-2")

    assert filed.status == 201, filed.json
    assert [request["right"] for request in filed.json["requests"]] == ["marketing_opt_out"]
