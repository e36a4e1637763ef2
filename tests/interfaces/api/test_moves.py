"""What may be done, and doing it."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from dsr.api.shapes import outputs
from dsr.api.views.moves import MOVES
from dsr.lifecycle import BY_VERB, Actor
from dsr.models import Event, IdempotentAnswer, Post, SubjectRequest
from tests import builders
from tests.drain import drain
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db

#: Moves of people that are not made by word of mouth: a proof makes them, a download, or another move.
ELSEWHERE = {"confirm_identity", "collect", "search"}


@pytest.fixture
def in_review(db: None) -> SubjectRequest:
    return builders.in_review(at=timezone.now())


def test_every_move_of_people_has_a_use_case() -> None:
    by_people = {verb for verb, move in BY_VERB.items() if move.actors - {Actor.SYSTEM}}

    assert set(MOVES) == by_people - ELSEWHERE


@pytest.mark.parametrize("verb", MOVES)
def test_body_of_a_move_takes_what_the_lifecycle_says_it_needs(verb: str) -> None:
    fields = MOVES[verb].model.model_fields

    required = {name for name, field in fields.items() if field.is_required()}

    assert required == set(BY_VERB[verb].inputs)


def test_open_moves_say_what_can_be_done_and_why_not(hal: Api, in_review: SubjectRequest) -> None:
    answered = hal.get(f"/requests/{in_review.pk}/moves")

    shown = outputs.MoveList.model_validate_json(answered.response.content)
    moves = {move.verb: move for move in shown.results}
    assert answered.headers["ETag"] == f'"{in_review.version}"'
    assert moves["prepare"].allowed
    assert (moves["send_back"].allowed, moves["send_back"].code) == (False, "not-prepared")
    assert moves["send_back"].because
    assert moves["withhold"].inputs == ["category", "ground", "reason"]
    assert "approve" not in moves


def test_agent_sees_the_moves_of_support_only(sam: Api, in_review: SubjectRequest) -> None:
    verbs = {move["verb"] for move in sam.get(f"/requests/{in_review.pk}/moves").json["results"]}

    assert verbs == {
        "note",
        "answer",
        "message",
        "withdraw",
        "accept_fee",
        "note_unasked",
        "revoke_mandate",
        "stop",
        "add_right",
        "appeal",
    }


def test_answer_is_prepared_by_one_and_approved_by_another(hal: Api, vera: Api, in_review: SubjectRequest) -> None:
    assigned = hal.move(in_review.pk, "assign", {"assignee": "hal"})
    prepared = hal.move(in_review.pk, "prepare", match=assigned.headers["ETag"])
    own = vera.get(f"/requests/{in_review.pk}/moves").json["results"]
    approved = vera.move(in_review.pk, "approve", {}, match=prepared.headers["ETag"])
    drain(timezone.now())

    assert (assigned.json["assignee"], prepared.json["proposal"]) == ("hal", "release")
    assert {move["verb"] for move in own if move["allowed"]} >= {"approve", "send_back"}
    assert (approved.status, approved.json["state"], approved.json["approved_by"]) == (200, "fulfilling", "vera")
    assert hal.get(f"/requests/{in_review.pk}").json["state"] == "ready"


def test_nobody_approves_what_they_prepared(vera: Api, in_review: SubjectRequest) -> None:
    vera.move(in_review.pk, "prepare")

    answered = vera.move(in_review.pk, "approve")

    assert (answered.status, answered.code) == (403, "four-eyes")


def test_refusal_needs_ground_reasons_and_a_second_person(hal: Api, vera: Api, in_review: SubjectRequest) -> None:
    unknown = hal.move(in_review.pk, "propose_refusal", {"ground": "dislike", "reason": "No."})
    early = vera.move(in_review.pk, "refuse")

    assert (unknown.status, unknown.places) == (422, {"#/ground"})
    assert (early.status, early.code) == (409, "refusal-not-prepared")


def test_ground_is_proved_before_the_officer_agrees(
    hal: Api, vera: Api, dora: Api, sam: Api, in_review: SubjectRequest
) -> None:
    hal.move(in_review.pk, "propose_refusal", {"ground": "excessive_repetitive", "reason": "The third this week."})
    early = dora.move(in_review.pk, "refuse")
    listed = {move["verb"]: move for move in hal.get(f"/requests/{in_review.pk}/moves").json["results"]}
    asked = listed["argue_refusal"]["questions"]
    kinds = {"text": "See the file.", "date": "2026-02-01", "count": "3", "yes_no": "yes"}
    answers = {each["id"]: kinds[each["kind"]] for each in asked}
    proof = {"proof_kind": "record", "proof_place": "The queue", "proof_author": "Hal", "proof_on": "2026-02-01"}

    missing = hal.move(in_review.pk, "argue_refusal", {**proof, "answers": {"earlier_count": "3"}})
    argued = hal.move(in_review.pk, "argue_refusal", {**proof, "answers": answers})
    shown = dora.get(f"/requests/{in_review.pk}/grounds").json
    not_hers = vera.move(in_review.pk, "refuse")
    refused = dora.move(in_review.pk, "refuse")

    assert (early.status, early.code) == (409, "not-argued")
    assert listed["argue_refusal"]["inputs"] == ["proof_kind", "proof_place", "proof_author", "proof_on"]
    assert {"earlier_requests", "how_often_it_changes", "milder_answer"} <= set(answers)
    assert (missing.status, argued.status) == (422, 200)
    assert [(row["ground"], row["proof_place"], row["answers"]) for row in shown["proofs"]] == [
        ("excessive_repetitive", "The queue", answers)
    ]
    assert (not_hers.status, not_hers.code) == (403, "not-officer")
    assert (refused.status, refused.json["outcome"]) == (200, "refused")
    assert sam.get(f"/requests/{in_review.pk}/grounds").status == 403


def test_grounds_say_what_each_takes_and_what_the_person_asked_before(hal: Api, in_review: SubjectRequest) -> None:
    later = builders.in_review(at=timezone.now())

    shown = hal.get(f"/requests/{later.pk}/grounds").json

    by_code = {row["ground"]: row for row in shown["results"]}
    assert {"abuse_of_right", "third_party_rights"} <= set(by_code)
    assert "legal_obligation_retain" not in by_code
    assert by_code["abuse_of_right"]["officer"]
    assert by_code["abuse_of_right"]["citations"][0]["regime"] == "eu_gdpr"
    assert not by_code["not_verified"]["must_argue"]
    assert [row["reference"] for row in shown["earlier"]] == [in_review.submission.reference]


def test_message_moves_keep_their_text(hal: Api, sam: Api, in_review: SubjectRequest) -> None:
    verbs = ("note", "message", "ask", "answer")

    answers = [(sam if verb == "answer" else hal).move(in_review.pk, verb, {"text": f"I {verb}."}) for verb in verbs]

    assert [answered.status for answered in answers] == [200, 200, 200, 200]
    assert [post.open("body") for post in Post.objects.order_by("id")] == [f"I {verb}." for verb in verbs]


def test_nothing_is_answered_that_was_not_asked(sam: Api, in_review: SubjectRequest) -> None:
    answered = sam.move(in_review.pk, "answer", {"text": "Yes."})

    assert (answered.status, answered.code) == (409, "no-question")


def test_withdrawn_request_is_closed(sam: Api, in_review: SubjectRequest) -> None:
    answered = sam.move(in_review.pk, "withdraw")

    assert (answered.json["state"], answered.json["outcome"]) == ("closed", "withdrawn")


def test_move_is_recorded_with_who_made_it_and_how(hal: Api, in_review: SubjectRequest) -> None:
    hal.move(in_review.pk, "prepare")

    event = Event.objects.latest("id")
    assert (event.verb, event.actor, event.actor_id, event.via) == (
        "prepare",
        "analyst",
        str(builders.staff("hal").pk),
        "api",
    )


def test_move_on_an_older_version_is_refused(hal: Api, in_review: SubjectRequest) -> None:
    etag = hal.get(f"/requests/{in_review.pk}").headers["ETag"]
    hal.move(in_review.pk, "note", {"text": "Meanwhile."})

    answered = hal.move(in_review.pk, "prepare", match=etag)

    assert (answered.status, answered.code) == (412, "stale")
    assert builders.again(in_review).proposal == ""


@pytest.mark.parametrize("verb", ["prepare", "reopen", "reissue", "answer", "withdraw"])
@pytest.mark.parametrize("match", ['"99"', '"foreign"', 'W/"1"', '"99999999999999999999"'])
def test_every_kind_of_move_minds_the_version(hal: Api, in_review: SubjectRequest, verb: str, match: str) -> None:
    body = {"text": "x"} if verb == "answer" else None

    answered = hal.move(in_review.pk, verb, body, match=match)

    assert (answered.status, answered.code) == (412, "stale")


@pytest.mark.parametrize("match", ["7", '"7', "x", '"7", "8"'])
def test_version_that_is_no_etag_is_refused(hal: Api, in_review: SubjectRequest, match: str) -> None:
    answered = hal.move(in_review.pk, "prepare", match=match)

    assert (answered.status, answered.code) == (400, "bad-header")


def test_any_version_will_do_for_a_star(hal: Api, in_review: SubjectRequest) -> None:
    assert hal.move(in_review.pk, "prepare", match="*").status == 200


@pytest.mark.parametrize(
    ("verb", "body", "place"),
    [
        ("assign", {}, "#/assignee"),
        ("assign", {"assignee": 7}, "#/assignee"),
        ("assign", {"assignee": "nobody-of-that-name"}, "#/assignee"),
        ("assign", {"assignee": "sam"}, "#/assignee"),
        ("assign", {"assignee": "a\x00"}, "#/assignee"),
        ("note", {"text": ""}, "#/text"),
        ("note", {}, "#/text"),
        ("retry_system", {"step": "x"}, "#/step"),
        ("go_without", {"step": str(uuid4())}, "#/reason"),
        ("withhold", {"ground": "g", "reason": "r"}, "#/category"),
        ("release", {"withholding": 1}, "#/withholding"),
        ("prepare", {"force": True}, "#/force"),
        ("prepare", [], "#"),
    ],
)
def test_move_points_at_what_it_needs(hal: Api, in_review: SubjectRequest, verb: str, body: Any, place: str) -> None:
    builders.staff("sam")

    answered = hal.move(in_review.pk, verb, body)

    assert (answered.status, answered.places) == (422, {place})


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("retry_system", {"step": str(uuid4())}),
        ("go_without", {"step": str(uuid4()), "reason": "r"}),
        ("release", {"withholding": str(uuid4())}),
    ],
)
def test_part_of_something_else_is_not_found(
    hal: Api, in_review: SubjectRequest, verb: str, body: dict[str, str]
) -> None:
    answered = hal.move(in_review.pk, verb, body)

    assert (answered.status, answered.code) == (404, "not-found")


@pytest.mark.parametrize("verb", ["approve_by_rule", "search", "collect", "fly", "file", "__init__"])
def test_word_that_is_no_move_of_people_is_unknown(hal: Api, in_review: SubjectRequest, verb: str) -> None:
    answered = hal.move(in_review.pk, verb, {})

    assert (answered.status, answered.code) == (404, "unknown-move")


@pytest.mark.parametrize("verb", MOVES)
def test_move_of_an_unknown_request_is_not_found(hal: Api, verb: str) -> None:
    bodies: dict[str, Any] = {
        "assign": {"assignee": None},
        "retry_system": {"step": str(uuid4())},
        "go_without": {"step": str(uuid4()), "reason": "r"},
        "withhold": {"category": "c", "ground": "g", "reason": "r"},
        "release": {"withholding": str(uuid4())},
        "name_receiver": {"url": "https://in.example.org/", "receiver": "r"},
        "mark": {"what": "text", "kind": "name", "ground": "g", "reason": "r"},
        "unmark": {"mark": str(uuid4())},
        "decide_mark": {"marks": [str(uuid4())], "decision": "accept"},
        "propose_refusal": {"ground": "g", "reason": "r"},
        "argue_refusal": {
            "proof_kind": "record",
            "proof_place": "p",
            "proof_author": "a",
            "proof_on": "2026-01-05",
        },
        "send_back": {"reason": "r"},
        "enquire": {"whom": "w", "text": "t"},
        "note_reply": {"enquiry": 1, "text": "t"},
        "add_finding": {"point": "p", "verdict": "justified", "facts": "f", "measure": "m", "reason": "r"},
        "drop_finding": {"finding": 1},
        "promise": {"text": "t", "owner": "hal", "due_on": "2099-12-31"},
        "drop_promise": {"remedy": 1},
        "keep_promise": {"remedy": 1},
        "note_outside": {"body": "jams", "received_on": "2026-03-01", "owner": "hal"},
        "redate_outside": {"outside": 1, "due_on": "2099-12-31", "reason": "r"},
        "end_outside": {"outside": 1, "result": "settled", "ended_on": "2026-03-01", "text": "t"},
        "propose_ruling": {"decision": "upheld", "text": "t"},
        "assess_age": {"finding": "child", "reason": "r"},
        "weigh_age_anew": {"reason": "r"},
        "add_right": {"right": "be_informed", "reason": "r"},
        "referral_answered": {"referral": str(uuid4())},
        "refuse_late": {"reason": "r"},
        "extend": {"ground": "g", "reason": "r"},
        "tell_fee": {"amount": "5 CHF", "reason": "r"},
        "change_laws": {"regimes": ["eu_gdpr"], "reason": "r"},
        "change_rules": {"reason": "r"},
        "ask_more": {"doubt": "other", "reason": "r"},
        "check_identity": {"method": "call_back", "result": "failed"},
        "note_unasked": {"kind": "other"},
        "link_decision": {"decision": str(uuid4())},
        "record_decision": {
            "system": "s",
            "kind": "other",
            "decided_on": "2026-03-01T08:00:00Z",
            "output": "o",
            "effect": "e",
            "owner": "olga@staff.example.org",
        },
        "open_material": {"material": "decision"},
        "answer_point": {"point": 1, "text": "t"},
        "interim_measure": {"measure": "none", "reason": "r"},
        "uphold": {"reasons": "r", "why_right": "w", "alternatives": "a", "plain": "p"},
        "overturn": {"reasons": "r", "verdict": "overturned", "change": "c", "alternatives": "a", "plain": "p"},
        "record_effect": {"signed_by": "s", "reason": "r"},
        "hand_over": {"reason": "r"},
        "check_mandate": {"result": "refused"},
        "add_item": {"about": "a", "asked": "b"},
        "decide_item": {"item": 1, "decision": "refuse"},
        "weigh": {"use": "profiling", "basis": "legitimate_interest", "outcome": "stop", "reason": "r"},
        "decide_objection_late": {"reason": "r"},
        "disagree": {"item": 1, "text": "t"},
        "retry_task": {"task": str(uuid4())},
        "erase_again": {"task": str(uuid4())},
        "accept_failure": {"task": str(uuid4()), "reason": "r"},
        **{verb: {"reason": "r"} for verb in ("halt", "tell_lifting", "propose_misunderstood")},
        **{verb: {"reason": "r"} for verb in ("hold", "lift_hold", "stop", "resume", "end_unproved", "revoke_mandate")},
    }
    body = bodies.get(verb, {"text": "t"} if "text" in BY_VERB[verb].inputs else {})

    answered = hal.move(uuid4(), verb, body)

    assert (answered.status, answered.code) == (404, "not-found")


def test_agent_may_not_make_the_moves_of_analysts(sam: Api, in_review: SubjectRequest) -> None:
    answered = sam.move(in_review.pk, "prepare")

    assert (answered.status, answered.code) == (403, "not-your-move")


def test_repeat_with_the_same_key_moves_once(hal: Api, in_review: SubjectRequest) -> None:
    first = hal.move(in_review.pk, "prepare", key="one")
    events = Event.objects.count()

    again = hal.move(in_review.pk, "prepare", key="one")

    assert (again.status, again.json, again.headers["ETag"]) == (200, first.json, first.headers["ETag"])
    assert Event.objects.count() == events


def test_key_of_a_move_that_failed_may_be_used_again(hal: Api, in_review: SubjectRequest) -> None:
    refused = hal.move(in_review.pk, "send_back", {"reason": "r"}, key="one")
    hal.move(in_review.pk, "prepare")

    answered = hal.move(in_review.pk, "send_back", {"reason": "r"}, key="one")

    assert (refused.status, refused.code) == (409, "not-prepared")
    assert answered.status == 200
    assert IdempotentAnswer.objects.count() == 1


def test_same_key_for_another_move_is_refused(hal: Api, in_review: SubjectRequest) -> None:
    hal.move(in_review.pk, "prepare", key="one")

    answered = hal.move(in_review.pk, "withdraw", key="one")

    assert (answered.status, answered.code) == (409, "idempotency-conflict")
    assert builders.again(in_review).state == "in_review"
