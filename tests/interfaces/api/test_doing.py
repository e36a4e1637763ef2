"""Plan, ledger, tasks, recipients, items and certificate of what is done in the systems."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dsr.models import CorrectionItem, Event, Scope, SubjectRequest
from dsr.rights import Right
from dsr.services import holds, intake
from tests import builders, estate
from tests.drain import drain
from tests.estate import asked
from tests.interfaces.api import client
from tests.interfaces.api.client import Api, filing
from tests.statements import counted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WRONG = {"wrong_1": "My name", "right_1": "Ada King", "wrong_2": "My street", "right_2": "Elm Court"}


@pytest.fixture
def where(tmp_path: Path, db: None) -> str:
    """A filled database that is a system; its address."""
    url = estate.sqlite(tmp_path, timezone.now())
    estate.estate(url, timezone.now())
    return url


@pytest.fixture
def correction(where: str) -> SubjectRequest:
    """Ada says that her name and her street are wrong."""
    return builders.in_review(at=timezone.now(), wants=(intake.Want(Right.CORRECTION, WRONG),))


def test_erasure_is_filed_decided_carried_out_and_certified(where: str, sam: Api, hal: Api, vera: Api) -> None:
    at = timezone.now() - 5 * DAY
    request = builders.in_review(Right.DELETION, at=at, country="US", region="CA")
    path = f"/requests/{request.pk}"

    unconfirmed = vera.get(f"{path}/moves").json["results"]
    planned = hal.get(f"{path}/plan").json
    confirmed = sam.move(request.pk, "confirm_erasure", {"how": "phone"})
    hal.move(request.pk, "prepare")
    approved = vera.move(request.pk, "approve")
    waiting, early = hal.get(f"{path}/plan").json, hal.get(f"{path}/certificate")
    drain(timezone.now() + 4 * DAY)

    assert {move["code"] for move in unconfirmed if move["verb"] == "approve"} <= {"not-prepared"}
    plan = {row["category"]: row for row in planned["results"]}
    payments = plan["purchase_payment_data"]
    assert (payments["found"], payments["erase"], payments["keep"], payments["by_hand"]) == (3, 1, 2, False)
    assert (payments["ground"], bool(payments["rule"])) == ("legal_obligation_retain", True)
    assert (confirmed.status, approved.json["state"]) == (200, "fulfilling")
    assert waiting["act_at"] > waiting["confirmed_at"]
    assert (early.status, early.code) == (404, "not-found")
    ledger = {(row["category"], row["outcome"]): row for row in hal.get(f"{path}/ledger").json["results"]}
    assert ledger["fraud_signals", "kept"]["until"] > timezone.now().date().isoformat()
    tasks = hal.get(f"{path}/tasks").json["results"]
    assert [(task["system"], task["kind"], task["state"], task["result"]) for task in tasks] == [
        ("estate", "erase", "done", "done")
    ]
    assert hal.get(f"{path}/recipients").json == {"results": []}
    document = sam.get(f"{path}/certificate").json
    assert (document["kind"], document["reference"]) == ("certificate", request.submission.reference)
    everything = json.dumps([planned, list(ledger.values()), tasks, document], default=str)
    assert [word for word in estate.ADA_WORDS if word in everything] == []


def test_certificate_is_checked_offline_and_a_tampered_one_is_found(where: str, vera: Api, tmp_path: Path) -> None:
    request = asked(timezone.now() - 5 * DAY)
    client.hal().move(request.pk, "prepare")
    vera.move(request.pk, "approve")
    drain(timezone.now() + 4 * DAY)
    document = vera.get(f"/requests/{request.pk}/certificate").json
    good, bad, said = tmp_path / "certificate.json", tmp_path / "tampered.json", StringIO()
    good.write_text(json.dumps(document, indent=2), encoding="utf-8")
    document["entries"] = [entry for entry in document["entries"] if entry["outcome"] != "kept"]
    bad.write_text(json.dumps(document), encoding="utf-8")

    call_command("verify_receipt", str(good), stdout=said)
    with pytest.raises(CommandError):
        call_command("verify_receipt", str(bad), stdout=said)

    assert request.submission.reference in said.getvalue()
    assert said.getvalue().startswith(f"The certificate {request.submission.reference} is as it was signed")
    assert f"{document['organisation']} certifies what it did about a request for deletion" in said.getvalue()
    assert "The estate, marketing_communications_data: erased, 1 on" in said.getvalue()
    assert "is not as it was signed" in said.getvalue()


def test_ground_that_nobody_may_tell_is_told_to_staff_alone(where: str, sam: Api, hal: Api) -> None:
    holder = builders.staff("dora", "set_holds")
    wanted = holds.Wanted(
        "legal_hold",
        "An order.",
        holder.pk,
        (timezone.now() + 30 * DAY).date(),
        people={"email": [builders.ADA]},
        categories=("marketing_communications_data",),
        silent=True,
    )
    holds.propose(wanted, by=builders.dora(), at=timezone.now())
    request = builders.in_review(Right.DELETION, at=timezone.now(), country="US", region="CA")

    told = {
        api: next(
            row["ground"]
            for row in api.get(f"/requests/{request.pk}/plan").json["results"]
            if row["category"] == "marketing_communications_data"
        )
        for api in (sam, hal)
    }

    assert told == {sam: None, hal: "legal_hold"}


def test_items_are_hidden_until_a_reason_is_given(correction: SubjectRequest, hal: Api, vera: Api) -> None:
    path = f"/requests/{correction.pk}/items"

    masked, refused = hal.get(path), hal.get(path, reason="To decide on them")
    shown = vera.get(path, reason="To decide on them")

    assert masked.json["masked"]
    assert "King" not in masked.response.content.decode()
    assert [item["about"] for item in masked.json["results"]] == ["\u2022\u2022\u2022"] * 2
    assert (refused.status, refused.code) == (403, "not-revealing")
    assert [item["asked"] for item in shown.json["results"]] == ["Ada King", "Elm Court"]
    assert Event.objects.filter(verb="revealed", data__fields=["details"]).count() == 1


def test_correction_is_decided_item_by_item(correction: SubjectRequest, sam: Api, hal: Api, vera: Api) -> None:
    def move(api: Api, verb: str, **body: Any) -> Any:
        return api.move(correction.pk, verb, body)

    early = move(hal, "prepare")
    unknown = move(hal, "decide_item", item=9, decision="correct", places=["estate.customers.name"])
    nowhere = move(hal, "decide_item", item=1, decision="correct", places=["estate.customers.nose"])
    one = move(hal, "decide_item", item=1, decision="correct", places=["estate.customers.name"])
    two = move(hal, "decide_item", item=2, decision="refuse", ground="no_reason", reason="It is right.")
    ground = move(
        hal,
        "decide_item",
        item=2,
        decision="refuse",
        ground="accurate_already",
        reason="It is right.",
        places=["estate.customers.street"],
    )
    added = move(sam, "add_item", about="Telephone", asked="+12025550100")
    third = move(hal, "decide_item", item=3, decision="correct", places=["estate.customers.email"])
    stated = move(sam, "disagree", item=1, text="But it is so.")

    assert (early.status, early.code) == (409, "items-open")
    assert (unknown.status, unknown.code) == (404, "not-found")
    assert (nowhere.status, nowhere.places) == (422, {"#/places"})
    assert (one.status, two.status, two.places) == (200, 422, {"#/ground"})
    assert ground.status in (200, 422)
    assert added.status == 200
    assert (third.status, third.code) == (409, "login-needs-more")
    assert (stated.status, stated.code) == (409, "not-refused")
    assert CorrectionItem.objects.get(number=1).decision == "correct"


@pytest.mark.parametrize("path", ["plan", "tasks", "recipients", "items", "certificate"])
def test_call_is_for_tokens_that_read_and_costs_a_few_statements(where: str, vera: Api, audrey: Api, path: str) -> None:
    request = asked(timezone.now() - 5 * DAY)
    client.hal().move(request.pk, "prepare")
    vera.move(request.pk, "approve")
    drain(timezone.now() + 4 * DAY)
    integrator = Api(client.token(builders.staff("ines"), Scope.INTEGRATOR))
    address = f"/requests/{request.pk}/{path}"

    with counted() as statements:
        found = vera.get(address)
    foreign, nobody, auditor = integrator.get(address), Api().get(address), audrey.get(address)
    missing = vera.get(f"/requests/{uuid4()}/{path}")

    about = [sql for sql in statements if '"dsr_' in sql and "apitoken" not in sql and "django" not in sql]
    assert found.status == 200
    assert len(about) <= 3, about
    assert (foreign.status, foreign.code) == (403, "insufficient-scope")
    assert (nobody.status, nobody.code) == (401, "not-authenticated")
    assert auditor.status == (403 if path == "items" else 200)
    assert (missing.status, missing.code) == (404, "not-found")


@pytest.mark.parametrize(
    ("right", "details", "missing"),
    [
        ("deletion", {"consequences": "yes"}, {"consequences"}),
        ("correction", WRONG, {"wrong_1", "right_1"}),
        ("restriction", {"restriction_ground": "accuracy_contested"}, {"restriction_ground"}),
    ],
)
def test_right_is_filed_with_its_details(
    where: str, sam: Api, right: str, details: dict[str, str], missing: set[str]
) -> None:
    filed = sam.post("/submissions", filing(rights=[{"right": right, "details": details}]))
    odd = sam.post("/submissions", filing(rights=[{"right": right, "details": {"shoe_size": "7"}}]))

    assert (filed.status, filed.json["requests"][0]["right"]) == (201, right)
    assert (odd.status, odd.places) == (422, {f"#/rights/0/details/{name}" for name in {"shoe_size", *missing}})
