"""Cases of authorities through the interface: entered, listed by their days, worked on by two, closed with proof."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from dsr.caselife import CASE_MOVES
from dsr.models import AuthorityCase, Scope
from notifications.models import Message
from tests import builders, casework, contesting
from tests.interfaces.api import client
from tests.interfaces.api.client import Api
from tests.statements import counted

pytestmark = pytest.mark.django_db


def _today(days: int = 0) -> str:
    return (timezone.now().date() + timedelta(days=days)).isoformat()


def _letter(**changes: Any) -> dict[str, Any]:
    return {
        "authority": "local_authority",
        "office": "CNIL",
        "reference": "CNIL-26-4711",
        "received_on": _today(),
        "due_on": _today(21),
        "subject": "Mails to Ada Lovelace after she had objected.",
        **changes,
    }


def _move(api: Api, case: str, verb: str, given: Any = None, **more: str) -> client.Answered:
    return api.post(f"/cases/{case}/moves/{verb}", given, **more)


def test_case_goes_from_the_letter_to_its_end(hal: Api, vera: Api, dora: Api) -> None:
    made = hal.post("/cases", _letter(), key="letter-1")
    again = hal.post("/cases", _letter(), key="letter-1")
    case = made.json["id"]

    assert (made.status, again.json["id"]) == (201, case)
    assert Message.objects.filter(kind="case_opened").count() == 1
    assert (made.json["state"], made.json["due_on"], made.json["office"]) == ("received", _today(21), "CNIL")
    _move(hal, case, "prepare", {"text": casework.ANSWER, "place": "Draft 3"})
    second = _move(client.hal(), case, "approve", {})
    approved = _move(vera, case, "approve", match='"2"')
    sent = _move(hal, case, "record_sent", {"sent_on": _today(), "place": casework.PLACE})
    _move(hal, case, "order_measure", {"text": "Delete the list.", "owner": "hal", "due_on": _today(9)})
    ended = {"outcome": "order", "ended_on": _today(), "text": "It ordered one thing."}
    open_yet = _move(vera, case, "close", ended)
    _move(hal, case, "confirm_measure", {"measure": 1, "place": "Protocol 7"})
    closed = _move(vera, case, "close", ended)

    assert (second.status, second.code) == (403, "not-your-move")
    assert (approved.status, approved.json["state"]) == (200, "approved")
    assert (sent.json["state"], sent.json["place"]) == ("answered", casework.PLACE)
    assert (open_yet.status, open_yet.code) == (409, "measures-open")
    assert (closed.json["state"], closed.json["outcome"]) == ("closed", "order")
    assert closed.json["measures"][0]["done_by"] == "hal"
    history = hal.get(f"/cases/{case}/history").json["results"]
    assert [row["verb"] for row in history] == [
        "enter", "prepare", "approve", "record_sent", "order_measure", "confirm_measure", "close",
    ]  # fmt: skip


def test_day_of_the_letter_has_to_be_given(hal: Api) -> None:
    letter = _letter()
    del letter["due_on"]

    answered = hal.post("/cases", letter)

    assert (answered.status, answered.places) == (422, {"#/due_on"})
    assert not AuthorityCase.objects.exists()


def test_authority_is_one_of_the_rule_files(hal: Api) -> None:
    known = {row["id"] for row in hal.get("/authorities").json["results"]}
    unknown = hal.post("/cases", _letter(authority="the neighbours"))

    assert {"local_authority", "California Privacy Protection Agency"} <= known
    assert (unknown.status, unknown.places) == (422, {"#/authority"})


def test_steps_say_why_one_is_not_possible(hal: Api, vera: Api) -> None:
    case = vera.post("/cases", _letter()).json["id"]
    _move(vera, case, "prepare", {"text": casework.ANSWER})

    steps = {row["verb"]: row for row in vera.get(f"/cases/{case}/moves").json["results"]}

    assert not steps["approve"]["allowed"]
    assert steps["approve"]["because"] == "You prepared this answer, so somebody else must approve it."
    assert steps["tell_person"]["code"] == "nobody-linked"
    assert steps["note"]["allowed"]
    assert steps["note"]["inputs"] == ["text"]


def test_list_is_by_day_in_pages_and_costs_the_same_however_long(hal: Api) -> None:
    for days in (9, 3, 7):
        hal.post("/cases", _letter(due_on=_today(days)))
    first = hal.get("/cases", limit=2)
    cursor = first.json["next"].partition("cursor=")[2].partition("&")[0]
    second = hal.get("/cases", limit=2, cursor=cursor)
    with counted() as few:
        hal.get("/cases", limit=1)

    with counted() as many:
        hal.get("/cases")

    assert [row["due_on"] for row in (*first.json["results"], *second.json["results"])] == [
        _today(3), _today(7), _today(9),
    ]  # fmt: skip
    assert second.json["next"] is None
    assert len(many) == len(few) <= 6
    assert hal.get("/cases", cursor="bm9uc2Vuc2U").code == "bad-cursor"
    assert hal.get("/cases", state="closed").json["results"] == []


def test_one_case_costs_the_same_however_much_it_holds(hal: Api) -> None:
    case = hal.post("/cases", _letter()).json["id"]
    with counted() as few:
        hal.get(f"/cases/{case}")
    for _ in range(4):
        _move(hal, case, "order_measure", {"text": "Delete it.", "owner": "hal", "due_on": _today(9)})

    with counted() as many:
        shown = hal.get(f"/cases/{case}")

    assert len(shown.json["measures"]) == 4
    assert len(many) == len(few) <= 8


def test_old_version_is_refused(hal: Api) -> None:
    case = hal.post("/cases", _letter()).json["id"]

    answered = _move(hal, case, "note", {"text": "They called."}, match='"7"')

    assert answered.status == 412


def test_support_hands_a_letter_on_and_looks_at_none(hal: Api) -> None:
    sam = Api(client.token(builders.staff("sam"), Scope.STAFF))
    made = sam.post("/cases", _letter())
    case = made.json["id"]

    assert made.status == 201
    assert made.json["subject"] is None
    assert (sam.get("/cases").status, sam.get(f"/cases/{case}").code) == (403, "not-yours")
    assert _move(sam, case, "note", {"text": "Hm."}).code == "not-yours"


def test_agents_of_the_phone_reach_no_case(sam: Api, hal: Api) -> None:
    case = hal.post("/cases", _letter()).json["id"]

    assert {sam.get(path).code for path in ("/cases", f"/cases/{case}", f"/cases/{case}/history")} == {
        "insufficient-scope"
    }


def test_auditors_see_what_happened_without_words(audrey: Api, hal: Api) -> None:
    case = hal.post("/cases", _letter()).json["id"]
    _move(hal, case, "note", {"text": "Ada called."})

    shown, history = audrey.get(f"/cases/{case}"), audrey.get(f"/cases/{case}/history")

    assert (shown.json["subject"], shown.json["due_on"]) == (None, _today(21))
    assert [row["verb"] for row in history.json["results"]] == ["enter", "note"]
    assert "Ada" not in str(history.json) + str(shown.json)
    assert audrey.get(f"/cases/{case}/moves").code == "insufficient-scope"


def test_nothing_of_a_case_is_in_the_calls_about_its_request(hal: Api, sam: Api) -> None:
    request = contesting.complained(timezone.now() - timedelta(days=2))
    paths = [f"/requests/{request.pk}{part}" for part in ("", "/history", "/messages", "/evidence", "/moves")]
    paths.append(f"/submissions/{request.submission_id}")
    before = [sam.get(path).json for path in paths]

    case = hal.post("/cases", _letter(references=[request.submission.reference])).json

    assert [link["reference"] for link in case["links"]] == [request.submission.reference]
    assert [sam.get(path).json for path in paths] == before


@pytest.mark.parametrize("verb", [move.verb for move in CASE_MOVES])
def test_step_of_an_unknown_case_is_not_found(hal: Api, verb: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "record_sent": {"sent_on": _today(), "place": "p"},
        "write_again": {"received_on": _today(), "due_on": _today(), "text": "t"},
        "reopen": {"received_on": _today(), "due_on": _today(), "text": "t"},
        "extend": {"due_on": _today(9), "granted_on": _today(), "place": "p"},
        "assign": {"owner": "hal"},
        "link": {"reference": "AAAAA-AAAAA"},
        "unlink": {"link": str(uuid4()), "reason": "r"},
        "order_measure": {"text": "t", "owner": "hal", "due_on": _today()},
        "confirm_measure": {"measure": 1, "place": "p"},
        "lift_measure": {"measure": 1, "reason": "r"},
        "tell_person": {"link": str(uuid4()), "text": "t"},
        "close": {"outcome": "fine", "ended_on": _today(), "text": "t"},
        "drop": {"ended_on": _today(), "text": "t"},
        "send_back": {"reason": "r"},
        "approve": {},
    }

    answered = _move(hal, str(uuid4()), verb, bodies.get(verb, {"text": "t"}))

    assert (answered.status, answered.code) == (404, "not-found")
    assert _move(hal, str(uuid4()), "fly", {}).code == "unknown-move"
