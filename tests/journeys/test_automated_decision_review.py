"""From the suspension that a machine decided to the letter and the lifted suspension, with a real deciding system."""

import threading
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from dsr.api import authentication, throttles
from dsr.demo.http_service import Service, serve
from dsr.demo.places import Places
from dsr.demo.suspensions import PATH
from dsr.models import DecisionKind, Reviewer, Scope, SubjectRequest
from dsr.policies import Caller
from dsr.public import track
from dsr.services import evidence, telling
from dsr.services.reviews import working
from tests import builders, papers, reviews
from tests.drain import drain
from tests.interfaces.admin import desk
from tests.interfaces.api import client as api
from tests.interfaces.public.test_backing import hand_in
from tests.interfaces.public.visitor import Visitor
from verification.models import Evidence, Why

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "SUS-77"
BOOKING = papers.encoded(papers.picture(), "PNG")


@pytest.fixture
def accounts(tmp_path: Path, settings: Any) -> Iterator[Service]:
    """The machine that suspends accounts, on this machine."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    settings.DECISION_NETWORKS = [ip_network("127.0.0.0/8")]
    service = serve(0, tmp_path)
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    service.suspensions.suspend(NUMBER, builders.ADA)
    yield service
    service.shutdown()
    thread.join()
    service.server_close()


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time runs here: the deciding system takes no call of another day."""
    monkeypatch.setattr(track, "PACE", 0.0)
    monkeypatch.setattr(authentication, "BELIEVED", 0.0)
    authentication.forget()
    throttles.forget()


def told(service: Service, tmp_path: Path, **changes: Any) -> dict[str, Any]:
    """What the machine posts."""
    body = {
        "decision": NUMBER,
        "system": "accounts",
        "kind": "account_suspension",
        "decided_at": "2026-03-01T08:00:00Z",
        "who": {"email": [builders.ADA]},
        "rule_version": "misuse-7.2",
        "inputs": {"payments_abroad": 3, "device_farm_match": True},
        "output": "The score for misuse is above the limit.",
        "score": 0.91,
        "threshold": 0.85,
        "effect": "The account is suspended.",
        "legal_basis": "contract",
        "notice": {"at": "2026-03-01T08:00:05Z", "text_version": "suspended-3", "reasons": "We saw signs of misuse."},
        "fraud_signals": ["device_farm_match"],
        "line": ["fraud"],
        "confirm": {
            "url": f"http://127.0.0.1:{service.server_address[1]}{PATH}",
            "secret": Places(tmp_path).decisions_secret(),
        },
    }
    return {**body, **changes}


def _robot() -> api.Api:
    return api.Api(api.token(reviews.robot(), Scope.INTEGRATOR))


def _again(request: SubjectRequest) -> tuple[str, str]:
    found = builders.again(request)
    return found.state, found.outcome


def test_by_api(accounts, tmp_path):
    robot, sam, hal = _robot(), api.sam(), api.hal()
    reviews.reviewer("vera")
    vera = api.vera()

    told_once = robot.post("/decisions", told(accounts, tmp_path), key="once")
    detail = {"decision_kind": "account_suspension", "decision_id": NUMBER, "decision_wrong": reviews.WRONG}
    wanted = [{"right": "automated_decision_review", "details": detail}]
    filed = sam.post("/submissions", api.filing(rights=wanted))
    assert (told_once.status, filed.status) == (201, 201), (told_once.json, filed.json)
    request = SubjectRequest.objects.get()
    builders.confirm(request.submission, timezone.now())
    builders.prove(request.submission, timezone.now())
    pk = request.pk

    booking = SimpleUploadedFile("booking.png", BOOKING, "image/png")
    handed = {"purpose": "representation", "file": booking}
    sent = api.Answered(sam.client.post(f"{api.V1}/requests/{pk}/evidence", handed, headers=sam.headers))
    assert sent.status == 201, sent.json

    linked = hal.move(pk, "link_decision", {"decision": told_once.json["id"]})
    assert linked.status == 200, linked.json
    assert vera.move(pk, "take_review").status == 200
    for material in ("decision", "inputs", "representations"):
        assert vera.move(pk, "open_material", {"material": material}).status == 200
    assert vera.move(pk, "weigh_information", {"text": "The roaming records."}).status == 200
    assert vera.move(pk, "raise_point", {"text": "She travelled."}).status == 200
    assert vera.move(pk, "answer_point", {"point": 1, "text": "The records show it."}).status == 200
    early = vera.get(f"/requests/{pk}/review").json
    reason = {"measure": "limited_access", "reason": "She can read her invoices."}
    assert vera.move(pk, "interim_measure", reason).status == 200
    evidence.look(UUID(sent.json["id"]), Why.CHECK, by=reviews.reviewer("vera"), at=timezone.now())
    opened = vera.get(f"/requests/{pk}/review").json
    words = {"reasons": reviews.REASONS, "plain": reviews.PLAIN, "alternatives": reviews.ALTERNATIVES}
    over = vera.move(pk, "overturn", {**words, "verdict": "overturned", "change": "Lift the suspension."})
    assert over.status == 200, over.json
    waiting = _again(request)
    drain(timezone.now())

    assert [each["field"] for each in early["missing"]] == ["material_document", "measure"]
    assert {each["document"] for each in opened["materials"]} == {None, sent.json["id"]}
    assert waiting == ("fulfilling", "")
    assert _again(request) == ("closed", "overturned")
    assert not accounts.suspensions.is_suspended(NUMBER)
    seen = robot.get(f"/decisions/{told_once.json['id']}").json["reviews"]
    assert [(each["outcome"], each["effect"]) for each in seen] == [("overturned", "confirmed")]
    subjects = [str(message.subject) for message in mail.outbox]
    assert any("Our decision after the review" in each for each in subjects)
    assert any("It is in effect now" in each for each in subjects)
    assert reviews.PLAIN in " ".join(" ".join(str(message.body).split()) for message in mail.outbox)
    assert "device_farm_match" not in " ".join(str(message.body) for message in mail.outbox)


def _file_by_web(visitor: Visitor) -> SubjectRequest:
    """Ada fills in the form, presses the button in her mail, and is known by it."""
    answers = {
        "step": "check", "go": "send", "nonce": "0" * 32, "relationship": "customer", "country": "IE", "region": "",
        "rights": "automated_decision_review", "email": builders.ADA, "name": "Ada Lovelace",
        "automated_decision_review.decision_kind": "account_suspension",
        "automated_decision_review.decision_id": NUMBER,
    }  # fmt: skip
    sent = visitor.client.post("/requests/new/", answers)
    assert sent.status_code == 303, sent.content.decode()[:3000]
    request = SubjectRequest.objects.get()
    builders.confirm(request.submission, timezone.now())
    builders.prove(request.submission, timezone.now())
    return request


def test_by_web_with_a_second_reviewer(accounts, tmp_path, visitor):
    robot = _robot()
    found = robot.post("/decisions", told(accounts, tmp_path)).json["id"]
    request = _file_by_web(visitor)
    for name in ("vera", "dora"):
        desk.colleague(name)
        _enter(name)
    hal, vera, dora = desk.signed_in("hal"), desk.signed_in("vera"), desk.signed_in("dora")

    assert desk.move(hal, request, "link_decision", decision=found).status_code == 302
    _review_by_web(vera, request, uphold=True)
    assert _again(request) == ("closed", "upheld")

    visitor.open(_tracker(request))
    assert "it stands" in visitor.text
    assert "used your own account" in visitor.text
    assert "device farm" not in visitor.text
    visitor.press("Have somebody else look at it")
    assert _again(request) == ("in_review", "")

    visitor.open(_tracker(request))
    visitor.fill("Your message", reviews.WRONG).press("Send")
    hand_in(visitor.follow("Add a document for the review"), BOOKING, "booking.png")
    assert "Your document is with us." in visitor.text
    assert desk.move(vera, request, "take_review").status_code == 403
    _review_by_web(dora, request, uphold=False)
    drain(timezone.now())

    assert _again(request) == ("closed", "overturned")
    assert not accounts.suspensions.is_suspended(NUMBER)
    visitor.open(_tracker(request))
    assert "The change is in effect" in visitor.text


def _enter(name: str) -> Caller:
    user = desk.colleague(name)
    today = timezone.now().date()
    Reviewer.objects.create(
        user=user, trained_on=date(today.year, today.month, 1), kinds=list(DecisionKind.values), line="privacy"
    )
    return Caller.of_user(user, "admin")


def _tracker(request: SubjectRequest) -> str:
    return telling.tracker_link(builders.again(request).submission, timezone.now())


def _review_by_web(who: Any, request: SubjectRequest, *, uphold: bool) -> None:
    """Somebody does the whole review on the worksheet."""

    def done(verb: str, **given: object) -> None:
        answer = desk.move(who, request, verb, **given)
        assert answer.status_code == 302, (verb, desk.text(answer)[-6000:])

    done("take_review")
    for material in ("decision", "inputs", "representations"):
        done("open_material", material=material)
    page = desk.text(who.get(desk.sheet(request)))
    assert "payments_abroad: 3" in page
    piece = Evidence.objects.filter(purpose="representation").first()
    if piece is not None:
        assert "Open document 1" in page
        where = reverse("admin:dsr_subjectrequest_evidence", args=(request.pk, piece.pk))
        assert who.post(where, {"why": "check"})["Content-Type"] == "image/png"
    if uphold:
        working.represent(request.pk, reviews.WRONG, by=builders.sam(), at=timezone.now())
        done("open_material", material="representations")
    done("weigh_information", text="The roaming records.")
    done("raise_point", text="She travelled.")
    done("answer_point", point=1, text="The records show it.")
    done("interim_measure", measure="none", reason="Nothing is lost in these days.")
    words = {"plain": reviews.PLAIN, "alternatives": reviews.ALTERNATIVES}
    if uphold:
        done("uphold", reasons=reviews.REASONS, why_right=reviews.RIGHT, **words)
    else:
        own = f"A second look at it: {reviews.REASONS}"
        done("overturn", reasons=own, verdict="overturned", change="Lift the suspension.", **words)
