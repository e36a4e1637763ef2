"""Input that means harm: a clear answer every time, no 500, and no trace of whether somebody exists."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from dsr.models import Submission
from dsr.services.intake import clean_text
from tests import builders
from tests.interfaces.api.client import V1, Answered, Api, filing

pytestmark = pytest.mark.django_db

TEXTS = (
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\x7f",
    "\ufffe",
    "\u202e\u2066evil",
    "\u0000'; DROP TABLE dsr_event; --",
    "' OR 1=1 --",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "{{7*7}}{% debug %}",
    "%s%n%(x)s{0}",
    "../../etc/passwd",
    "\\\\host\\share",
    "x" * 5000,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "A\u0301" * 200,
    "\u0130\u0131\u1e9e",
    "\n\r\nSet-Cookie: a=b",
    "null",
    "1e999",
    "\u0661\u0662",
)
JUNK: tuple[Any, ...] = (None, True, 0, -1, 1e308, "", [], {}, [[]], {"": ""}, "x" * 300, ["x"] * 50, {"a": {"b": {}}})


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a body that can be replaced."""
    if path:
        yield path
    if isinstance(body, dict):
        for key, value in body.items():
            yield from places(value, (*path, key))
    if isinstance(body, list):
        for number, value in enumerate(body):
            yield from places(value, (*path, number))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(body, dict):
        return {key: replaced(old, path[1:], value) if key == path[0] else old for key, old in body.items()}
    return [replaced(old, path[1:], value) if number == path[0] else old for number, old in enumerate(body)]


FULL = filing(
    "access",
    "portability",
    rights=[{"right": "access", "details": {"scope": "All of it"}}],
    contact={"email": builders.ADA, "phone": "+353 1 234 5678"},
    language="en",
    received_at="2026-03-05T09:30:00Z",
    where={"country": "US", "region": "CA"},
)


@pytest.mark.parametrize("path", list(places(FULL)), ids=lambda path: ".".join(map(str, path)))
def test_filing_with_junk_in_any_place_gets_a_clear_answer(sam: Api, path: tuple[Any, ...]) -> None:
    for value in (*JUNK, *TEXTS):
        answered = sam.post("/submissions", replaced(FULL, path, value))

        assert answered.status in (201, 422), (value, answered.json)
        if answered.status == 422:
            assert answered.code == "incomplete"
            assert answered.places


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_parameters_with_junk_get_a_clear_answer(hal: Api, text: str) -> None:
    for path, name in (
        ("/requests", "q"),
        ("/requests", "assignee"),
        ("/requests", "cursor"),
        ("/requests", "right"),
        ("/requests", "limit"),
        ("/requests", text),
        ("/submissions", "reference"),
        ("/rights", "country"),
        ("/rights", "relationship"),
    ):
        answered = hal.get(path, **{name: text})

        assert answered.status in (200, 400), (path, name, answered.json)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_moves_and_messages_with_junk_get_a_clear_answer(hal: Api, text: str) -> None:
    request = builders.in_review(at=timezone.now())
    for verb, body in (
        ("note", {"text": text}),
        ("ask", {"text": text}),
        ("assign", {"assignee": text}),
        ("withhold", {"category": text, "ground": text, "reason": text, "system": text}),
        ("propose_refusal", {"ground": text, "reason": text}),
        ("go_without", {"step": text, "reason": text}),
        ("redirect", {"text": text}),
    ):
        answered = hal.move(request.pk, verb, body)

        assert answered.status in (200, 403, 422), (verb, answered.json)


@pytest.mark.parametrize("text", TEXTS[5:], ids=range(len(TEXTS) - 5))
def test_text_that_is_kept_comes_back_as_it_was_meant(hal: Api, text: str) -> None:
    request = builders.in_review(at=timezone.now())

    kept = hal.post(f"/requests/{request.pk}/messages", {"direction": "note", "text": text})

    shown = hal.get(f"/requests/{request.pk}/messages").json["results"]
    if kept.status == 201:
        assert shown[0]["text"] == clean_text(text, lines=True)
    else:
        assert shown == []


@pytest.mark.parametrize(
    "path",
    [
        "/requests/%00",
        "/requests/%ff%fe",
        "/requests/..%2f..%2fetc",
        "/requests/" + "x" * 4000,
        "/requests?cursor=%ff",
        "/requests?q=%ff%fe",
        "/requests?" + "&".join(f"a{number}=1" for number in range(1000)),
        "/requests?q",
        "/requests?=",
        "/submissions?reference=%F0%9F%92%A9",
        "/requests/00000000-0000-7000-8000-000000000000/moves/%00",
        "//requests",
        "/requests;a=b",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_address_with_junk_gets_a_clear_answer(hal: Api, method: str, path: str) -> None:
    body = b"{}" if method == "POST" else b""
    answered = Answered(hal.client.generic(method, V1 + path, body, "application/json", headers=hal.headers))

    assert answered.status in (200, 400, 404, 405), answered.json


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Encoding", "gzip"),
        ("Content-Type", "application/json; charset=utf-16"),
        ("Content-Type", "application/json\x00"),
        ("Accept", ",;,"),
        ("Accept", "*" * 5000),
        ("Accept-Language", "*;q=9,\u00e4"),
        ("If-Match", "\x00"),
        ("If-None-Match", '"' * 100),
        ("Idempotency-Key", "\x00"),
        ("Authorization", "Bearer \x00"),
        ("X-Request-ID", "a\nb"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Cookie", "session=\x00; csrf=1"),
        ("Range", "bytes=0-1"),
        ("Expect", "200-fail"),
    ],
)
def test_header_with_junk_gets_a_clear_answer(sam: Api, name: str, value: str) -> None:
    headers = {**sam.headers, name: value}

    answers = [
        Answered(sam.client.get(f"{V1}/requests", headers=headers)),
        Answered(sam.client.post(f"{V1}/submissions", filing(), content_type="application/json", headers=headers)),
    ]

    assert all(answered.status in (200, 201, 400, 401, 406, 415) for answered in answers)


def test_body_that_is_shorter_or_longer_than_told_gets_a_clear_answer(sam: Api) -> None:
    for told in ("0", "5", "99999999999", "-1", "x", ""):
        more: dict[str, Any] = {"headers": sam.headers, "CONTENT_LENGTH": told}
        answered = Answered(sam.client.generic("POST", f"{V1}/submissions", b'{"who": 1}', "application/json", **more))

        assert answered.status in (400, 413, 422), told


def test_host_that_is_not_ours_gets_a_clear_answer() -> None:
    response = Client(raise_request_exception=False).get(f"{V1}/requests", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


def test_links_never_follow_the_host_of_the_caller(hal: Api) -> None:
    for _ in range(3):
        builders.file(at=timezone.now())

    answered = Answered(hal.client.get(f"{V1}/requests?limit=1", headers={**hal.headers, "Host": "127.0.0.1"}))

    assert answered.json["next"].startswith("http://localhost:8000/api/v1/requests?")


def test_nobody_without_the_right_to_know_learns_whether_somebody_exists(stranger: Api, audrey: Api) -> None:
    """The same words for what is there and for what is not."""
    submission = builders.file(at=timezone.now()).submission
    request = submission.requests.get()
    pairs = [
        (f"/submissions/{submission.pk}", f"/submissions/{uuid4()}"),
        (f"/submissions?reference={submission.reference}", "/submissions?reference=23456-789AC"),
        (f"/requests?q={builders.ADA}", f"/requests?q={builders.MAX}"),
        (f"/requests/{request.pk}/messages", f"/requests/{uuid4()}/messages"),
        (f"/requests/{request.pk}/moves", f"/requests/{uuid4()}/moves"),
    ]

    for api in (stranger, audrey):
        for there, not_there in pairs:
            one, other = api.get(there), api.get(not_there)

            assert one.status in (401, 403)
            assert (one.status, one.json) == (other.status, other.json)


def test_filing_answers_alike_whether_or_not_the_person_is_known(sam: Api) -> None:
    first, again = sam.post("/submissions", filing()).json, sam.post("/submissions", filing()).json
    other = sam.post("/submissions", filing(contact={"email": builders.MAX})).json

    for receipt in (again, other):
        assert receipt.keys() == first.keys()
        assert receipt["next_steps"] == first["next_steps"]
    assert Submission.objects.count() == 3
