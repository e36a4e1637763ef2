"""The conversation."""

import pytest
from django.utils import timezone

from dsr.api.shapes import outputs
from dsr.models import IdempotentAnswer, Post, SubjectRequest
from dsr.services import threads
from tests import builders
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_row(db: None) -> SubjectRequest:
    return builders.in_review(at=timezone.now())


def test_agent_keeps_what_the_caller_says(sam: Api, request_row: SubjectRequest) -> None:
    answered = sam.post(f"/requests/{request_row.pk}/messages", {"direction": "from_person", "text": "I moved house."})

    assert answered.status == 201
    outputs.MessageKept.model_validate_json(answered.response.content)
    post = Post.objects.get()
    assert (post.direction, post.open("body")) == ("from_person", "I moved house.")
    assert post.author == builders.staff("sam")


def test_person_is_told_that_there_is_a_message(hal: Api, request_row: SubjectRequest) -> None:
    hal.post(f"/requests/{request_row.pk}/messages", {"direction": "to_person", "text": "We are on it."})

    assert builders.letters_to(request_row.submission, "new_message")


def test_answer_to_a_question_gives_the_turn_back(sam: Api, hal: Api, request_row: SubjectRequest) -> None:
    hal.move(request_row.pk, "ask", {"text": "Which account?"})

    answered = sam.post(f"/requests/{request_row.pk}/messages", {"direction": "from_person", "text": "Both."})

    assert answered.json["turn"] == "staff"


def test_texts_and_notes_are_for_those_who_work_the_queue(sam: Api, hal: Api, request_row: SubjectRequest) -> None:
    threads.note(request_row.pk, "Looks fine.", by=builders.hal(), at=timezone.now())
    threads.write_to_person(request_row.pk, "Hello.", by=builders.hal(), at=timezone.now())

    by_staff, by_agent = (api.get(f"/requests/{request_row.pk}/messages").json for api in (hal, sam))

    assert [(each["direction"], each["text"]) for each in by_staff["results"]] == [
        ("note", "Looks fine."),
        ("to_person", "Hello."),
    ]
    assert by_agent["masked"] is True
    assert [(each["direction"], each["text"]) for each in by_agent["results"]] == [("to_person", None)]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"direction": "note", "text": ""}, "#/text"),
        ({"direction": "note", "text": "  "}, "#/text"),
        ({"direction": "note", "text": "\u202eevil"}, "#/text"),
        ({"direction": "note", "text": "a\x00"}, "#/text"),
        ({"direction": "note", "text": "x" * 10_001}, "#/text"),
        ({"direction": "note", "text": 1}, "#/text"),
        ({"direction": "sideways", "text": "x"}, "#/direction"),
        ({"text": "x"}, "#/direction"),
    ],
)
def test_message_that_cannot_be_kept_says_why(
    hal: Api, request_row: SubjectRequest, body: dict[str, object], place: str
) -> None:
    answered = hal.post(f"/requests/{request_row.pk}/messages", body)

    assert (answered.status, answered.code, answered.places) == (422, "incomplete", {place})
    assert not Post.objects.exists()


def test_repeat_with_the_same_key_keeps_one_message(hal: Api, request_row: SubjectRequest) -> None:
    body = {"direction": "note", "text": "Called back."}

    first = hal.post(f"/requests/{request_row.pk}/messages", body, key="one")
    again = hal.post(f"/requests/{request_row.pk}/messages", body, key="one")

    assert (again.status, again.json) == (first.status, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Post.objects.count() == 1


def test_what_is_remembered_for_repeats_holds_no_text(hal: Api, request_row: SubjectRequest) -> None:
    hal.post(f"/requests/{request_row.pk}/messages", {"direction": "note", "text": "canary"}, key="one")

    assert "canary" not in str(IdempotentAnswer.objects.values().get())


@pytest.mark.parametrize(
    "other", [{"direction": "note", "text": "called back."}, {"direction": "from_person", "text": "Called back."}]
)
def test_same_key_with_other_content_is_refused(hal: Api, request_row: SubjectRequest, other: dict[str, str]) -> None:
    hal.post(f"/requests/{request_row.pk}/messages", {"direction": "note", "text": "Called back."}, key="one")

    answered = hal.post(f"/requests/{request_row.pk}/messages", other, key="one")

    assert (answered.status, answered.code) == (409, "idempotency-conflict")


def test_message_on_another_version_is_refused(hal: Api, request_row: SubjectRequest) -> None:
    body = {"direction": "from_person", "text": "I moved house."}

    answered = hal.post(f"/requests/{request_row.pk}/messages", body, match=f'"{request_row.version + 1}"')

    assert (answered.status, answered.code) == (412, "stale")
