"""Choices through the API: entered by who hears them, and asked before a campaign, one or very many."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from dsr.api.shapes import wishes as shapes
from dsr.choices.marketing import Via
from dsr.models import Choice, Scope, Suppression
from dsr.services.erasure import tombstones
from dsr.services.erasure.terms import Place
from notifications import sealing
from tests import builders
from tests.clock import Clock
from tests.interfaces.api import client
from tests.interfaces.api.client import V1, Api
from tests.statements import counted

pytestmark = pytest.mark.django_db
ADA = {"identifiers": {"email": [builders.ADA]}}


@pytest.fixture
def ines(db: None) -> Api:
    """Integrates a system: scope integrator."""
    return Api(client.token(builders.staff("ines"), Scope.INTEGRATOR))


def mark(value: str = builders.ADA, kind: str = "email") -> str:
    return ",".join(sealing.listing_digests(kind, value))


def made_up(number: int) -> str:
    return ",".join(f"{key}:{number:064x}" for key in sealing.key_ids())


def told(api: Api, **asked: str) -> dict[str, Any]:
    answered = api.get("/choices", digest=mark(), **asked)
    assert answered.status == 200, answered.json
    return dict(answered.json)


def test_an_opt_out_stands_at_once_with_every_date_and_a_receipt(ines: Api, tmp_path) -> None:
    assert told(ines)["allowed"] is True

    made = ines.post("/choices/marketing", {**ADA, "choice": "stop", "via": "phone", "country": "US"})

    assert made.status == 201
    assert made.json["new"] is True
    assert (told(ines)["allowed"], told(ines)["because"]) == (False, "stopped")
    assert {"eu_gdpr", "us_canspam", "twilio_promise_marketing"} <= {each["regime"] for each in made.json["limits"]}
    assert [each["due_on"] for each in made.json["limits"]] == sorted(each["due_on"] for each in made.json["limits"])
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(made.json["receipt"]))
    call_command("verify_receipt", file)


def test_the_same_again_is_not_new_and_a_repeat_gets_the_first_answer(ines: Api) -> None:
    first = ines.post("/choices/marketing", {**ADA, "choice": "stop"}, key="one")
    again = ines.post("/choices/marketing", {**ADA, "choice": "stop"}, key="one")
    anew = ines.post("/choices/marketing", {**ADA, "choice": "stop"}, key="two")

    assert again.json == first.json
    assert (anew.json["new"], anew.json["id"]) == (False, first.json["id"])
    assert Choice.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"choice": "stop", "identifiers": {"email": [""]}}, "#/identifiers/email/0"),
        ({"choice": "stop", "identifiers": {}}, "#/identifiers"),
        ({"choice": "stop", "identifiers": {"shoe": ["43"]}}, "#/identifiers/shoe"),
        ({"choice": "stop", "identifiers": {"email": ["ada"]}}, "#/identifiers/email"),
        ({"choice": "stop", "topics": ["billing"]}, "#/topics"),
        ({"choice": "stop", "topics": ["bingo"]}, "#/topics"),
        ({"choice": "stop", "channels": ["pigeon"]}, "#/channels"),
        ({"choice": "stop", "purpose": "sensitive", "channels": ["email"]}, "#/channels"),
        ({"choice": "stop", "at": "2999-01-01T00:00:00Z"}, "#/at"),
        ({"choice": "resume"}, "#/evidence"),
        ({"choice": "resume", "via": "import", "evidence": "T-1"}, "#/via"),
        ({"reply": "See you at the end of the month, I do not stop reading."}, "#/reply"),
        ({"choice": "stop", "identifiers": {"phone": ["020 910 0001"]}}, "#/identifiers/phone"),
        ({}, "#"),
        ({"choice": "stop", "reply": "stop"}, "#"),
    ],
)
def test_what_cannot_be_entered_is_named_at_its_place(ines: Api, given: dict[str, Any], place: str) -> None:
    refused = ines.post("/choices/marketing", {**ADA, **given})

    assert refused.status == 422
    assert place in refused.places
    assert not Choice.objects.exists()


def test_choice_of_a_day_before_the_first_notice_is_taken(ines: Api) -> None:
    made = ines.post("/choices/marketing", {**ADA, "choice": "stop", "via": "import", "at": "2012-05-01T00:00:00Z"})

    assert made.status == 201
    assert made.json["received_at"].startswith("2012-05-01")
    assert told(ines)["since"].startswith("2012-05-01")


@pytest.mark.parametrize("reply", ["STOP", "stop.", "Please unsubscribe", "opt out", "QUIT", "End", "revoke", "cancel"])
def test_a_reply_that_asks_to_stop_stops(ines: Api, reply: str) -> None:
    made = ines.post("/choices/marketing", {**ADA, "reply": reply, "channels": ["sms"], "via": "reply"})

    assert made.status == 201
    assert told(ines, channel="sms")["allowed"] is False
    assert told(ines, channel="email")["allowed"] is True


def test_resuming_takes_evidence_and_is_recorded(ines: Api) -> None:
    ines.post("/choices/marketing", {**ADA, "choice": "stop"})

    made = ines.post("/choices/marketing", {**ADA, "choice": "resume", "via": "phone", "evidence": "T-77"})

    assert made.status == 201
    assert told(ines)["allowed"] is True
    last = Choice.objects.order_by("-id").first()
    assert last is not None
    assert (last.act, last.via, last.evidence) == ("resume", Via.PHONE, "T-77")


def test_service_messages_are_never_stopped_unless_the_person_was_erased(ines: Api) -> None:
    ines.post("/choices/marketing", {**ADA, "choice": "stop"})
    for topic in ("billing", "security_password", "terms", "service_notices"):
        assert told(ines, topic=topic)["because"] == "service"

    at = Choice.objects.get().at
    tombstones.lay({"email": [builders.ADA]}, Place("IE", "", ()), at)

    for topic in ("billing", "security_password", "terms", "service_notices"):
        assert (told(ines, topic=topic)["allowed"], told(ines, topic=topic)["because"]) == (False, "erased")


def test_a_no_may_be_kept_and_a_yes_may_not(ines: Api) -> None:
    answered = ines.get("/choices", digest=mark())
    assert answered.headers["Cache-Control"] == "no-store"
    assert answered.json["valid_until"] == answered.json["at"]

    ines.post("/choices/marketing", {**ADA, "choice": "stop"})

    answered = ines.get("/choices", digest=mark())
    assert answered.headers["Cache-Control"] == "private, max-age=86400"


@pytest.mark.parametrize("asked", [{"digest": "ada"}, {"purpose": "fun"}, {"topic": "bingo"}, {"channel": "pigeon"}])
def test_a_question_that_cannot_be_answered_says_why(ines: Api, asked: dict[str, str]) -> None:
    refused = ines.get("/choices", **{"digest": mark(), **asked})

    assert refused.status == 400
    assert set(asked) == refused.places


def test_check_costs_few_statements_however_many_chose(ines: Api) -> None:
    told(ines)
    with counted() as few:
        told(ines)
    rows = [Suppression(digest=f"k1:{number:064x}", purpose="marketing", at=Clock()()) for number in range(500)]
    Suppression.objects.bulk_create(rows)
    with counted() as many:
        told(ines)

    assert len(few) == len(many) <= 4


# --- Very many -------------------------------------------------------------------------------------------------------


def ask_many(api: Api, lines: str | bytes, **asked: str) -> Any:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return Client().post(
        f"{V1}/choices/checks?{query}",
        lines,
        content_type="text/plain",
        headers=api.headers,
    )


def streamed(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]


def test_many_are_answered_in_their_order_by_hash_or_in_clear(ines: Api) -> None:
    ines.post("/choices/marketing", {**ADA, "choice": "stop"})

    hashed = streamed(ask_many(ines, f"{mark(builders.MAX)}\n{mark()}\nnonsense\n"))
    clear = streamed(ask_many(ines, f"{builders.MAX}\r\n{builders.ADA.upper()}\r\nnonsense", kind="email"))

    assert [each["because"] for each in hashed] == ["nothing_chosen", "stopped", "unreadable"]
    assert [each["allowed"] for each in clear] == [True, False, False]


def test_hash_under_one_of_two_keys_is_not_enough_for_a_yes(ines: Api) -> None:
    for mark_of_one in sealing.listing_digests("email", builders.ADA):
        answered = ines.get("/choices", digest=mark_of_one).json
        (streamed_one,) = streamed(ask_many(ines, mark_of_one))

        assert (answered["allowed"], answered["because"]) == (False, "key_missing")
        assert streamed_one["because"] == "key_missing"
        assert answered["valid_until"] == answered["at"]


def test_many_are_asked_by_few_statements(ines: Api) -> None:
    lines = "\n".join(made_up(number) for number in range(12_000))
    with counted() as statements:
        answers = streamed(ask_many(ines, lines))

    assert len(answers) == 12_000
    assert len(statements) <= 10


@pytest.mark.parametrize(
    ("lines", "status"), [("", 400), (b"\xff\xfe", 400), ("\n".join(["k1:" + "0" * 64] * (shapes.MOST_ASKED + 1)), 422)]
)
def test_a_list_that_cannot_be_read_is_refused_whole(ines: Api, lines: str | bytes, status: int) -> None:
    assert ask_many(ines, lines).status_code == status


# --- What follows ----------------------------------------------------------------------------------------------------


def test_changes_are_read_on_from_an_id_and_leave_out_what_has_not_settled(ines: Api, monkeypatch) -> None:
    ines.post("/choices/marketing", {**ADA, "choice": "stop", "topics": ["events"]})
    assert ines.get("/choices/changes").json["results"] == []

    Suppression.objects.update(written_at=Choice.objects.get().recorded_at - timedelta(minutes=11))
    found = ines.get("/choices/changes").json["results"]

    assert {(each["digest"], each["topic"], each["stopped"]) for each in found} == {
        (each, "events", True) for each in sealing.listing_digests("email", builders.ADA)
    }
    assert ines.get("/choices/changes", after=str(found[-1]["id"])).json["results"] == []


def test_links_for_a_mailing_work_and_hold_no_address(ines: Api) -> None:
    made = ines.post("/choices/links", {"email": [builders.ADA, builders.MAX], "topic": "offers"})

    assert made.status == 200
    first = made.json["results"][0]
    assert builders.ADA not in json.dumps(made.json)
    path = first["list_unsubscribe"].strip("<>").partition("/unsubscribe/")[2]
    name, _equals, value = first["list_unsubscribe_post"].partition("=")
    assert Client().post(f"/unsubscribe/{path}", {name: value}).status_code == 200
    assert told(ines, topic="offers")["allowed"] is False
    assert told(ines, topic="events")["allowed"] is True


def test_no_link_is_made_that_could_end_nothing(ines: Api) -> None:
    refused = ines.post("/choices/links", {"email": [builders.ADA, f"Max <{builders.MAX}>"], "topic": "billing"})

    assert (refused.status, set(refused.places)) == (422, {"#/email/1", "#/topic"})


@pytest.mark.parametrize("scope", [Scope.STAFF, Scope.AUDITOR])
def test_others_neither_enter_nor_ask(scope: Scope) -> None:
    other = Api(client.token(builders.staff("hal"), scope))

    assert other.post("/choices/marketing", {**ADA, "choice": "stop"}).status == 403
    assert other.get("/choices", digest=mark()).status == 403
    assert other.get("/choices/changes").status == 403
    assert other.post("/choices/links", {"email": [builders.ADA]}).status == 403


def test_agents_of_support_enter_what_they_hear(db: None) -> None:
    sam = Api(client.token(builders.staff("sam"), Scope.AGENT))

    assert sam.post("/choices/marketing", {**ADA, "choice": "stop", "via": "phone"}).status == 201
    assert Choice.objects.get().entered_by
