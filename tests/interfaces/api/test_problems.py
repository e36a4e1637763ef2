"""What does not work is a problem document, whatever did not work."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from dsr.api.catalogue import TYPES
from dsr.api.reading import MOST_BYTES
from dsr.api.views import rights
from dsr.errors import RecourseError, Unlawful
from tests import builders
from tests.interfaces.api.client import V1, Answered, Api, filing

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
#: Where the errors come from that the interface passes on.
SOURCES = [ROOT / "dsr/errors.py", *(ROOT / "dsr/policies").rglob("*.py"), *(ROOT / "dsr/services").rglob("*.py")]
ERRORS = {each.__name__ for each in (*RecourseError.__subclasses__(), Unlawful)}
#: Told on pages only: of an owner's worksheet, of the person's proofs, and of the console.
ELSEWHERE = {
    *("worksheet-done", "worksheet-no-files", "worksheet-changed", "worksheet-not-now"),
    *("not-yet", "not-this-way", "no-facts"),
    *("not-sent", "not-failed", "not-systems"),
    *("incident-looked-after", "incident-closed", "told-already", "nobody-to-tell"),
    *("mail-done", "mail-open", "mail-proposed", "mail-not-proposed"),
}


def codes(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        str(keyword.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant) and keyword.value.value
    }


def test_every_code_of_a_use_case_has_a_page() -> None:
    found = {code for path in SOURCES for code in codes(path)}
    families = {each.default_code for each in RecourseError.__subclasses__()}

    assert (found | families) - ELSEWHERE <= set(TYPES)
    assert found >= ELSEWHERE, "a code that nobody raises any more"


def test_every_type_has_a_page_of_its_own(client: Client) -> None:
    for code, kind in TYPES.items():
        page = client.get(f"/api/problems/{code}/")

        assert page.status_code == 200
        assert str(kind.status) in page.content.decode()


def test_pages_list_every_type(client: Client) -> None:
    listed = client.get("/api/problems/").content.decode()

    assert all(f"/api/problems/{code}/" in listed for code in TYPES)
    assert client.get("/api/problems/no-such-thing/").status_code == 404


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v1/submissions/", "/api/v1/requests/7"])
def test_address_that_does_not_exist_is_not_found(sam: Api, method: str, path: str) -> None:
    answered = Answered(getattr(sam.client, method)(path, headers=sam.headers))

    assert (answered.status, answered.code) == (404, "not-found")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_method_that_does_not_fit_names_those_that_do(sam: Api, method: str) -> None:
    answered = Answered(sam.client.generic(method.upper(), f"{V1}/submissions", headers=sam.headers))

    assert (answered.status, answered.code) == (405, "method-not-allowed")
    assert answered.headers["Allow"] == "GET, POST, HEAD"


def test_method_that_does_not_fit_is_told_to_nobody_without_token(stranger: Api) -> None:
    assert Answered(stranger.client.delete(f"{V1}/submissions")).code == "not-authenticated"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*"])
def test_answer_that_is_not_json_cannot_be_had(sam: Api, accept: str) -> None:
    answered = Answered(sam.client.get(f"{V1}/requests", headers={**sam.headers, "Accept": accept}))

    assert (answered.status, answered.code) == (406, "not-acceptable")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*", "text/html, */*;q=0.1", ""])
def test_json_comes_where_it_is_accepted(sam: Api, accept: str) -> None:
    assert Answered(sam.client.get(f"{V1}/requests", headers={**sam.headers, "Accept": accept})).status == 200


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_body_that_is_not_json_is_refused(sam: Api, media_type: str) -> None:
    answered = Answered(sam.client.generic("POST", f"{V1}/submissions", b"{}", media_type, headers=sam.headers))

    assert (answered.status, answered.code) == (415, "unsupported-media-type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/JSON"])
def test_json_is_known_by_its_name(sam: Api, media_type: str) -> None:
    answered = Answered(sam.client.generic("POST", f"{V1}/submissions", b"{}", media_type, headers=sam.headers))

    assert (answered.status, answered.code) == (422, "incomplete")


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"{", "line 1"),
        (b"{'who': 1}", "line 1"),
        (b'{"who": 1,}', "line 1"),
        (b"\xff\xfe{}", "UTF-8"),
        (b'{"who": "\xe9"}', "UTF-8"),
        ('{"who": "é"}'.encode("utf-16"), "UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"who": "\x00"}', "control character"),
        (b'{"who": "\\ud800"}', "line 1"),
        (b"[" * 100_000, "deep"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "deep"),
        (b'{"who": ' + b"9" * 5000 + b"}", "line 1"),
    ],
)
def test_body_that_cannot_be_read_says_where(sam: Api, body: bytes, hint: str) -> None:
    answered = sam.post("/submissions", body)

    assert (answered.status, answered.code) == (400, "unreadable")
    assert hint in answered.json["detail"]


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"7", b"NaN", b"Infinity", b"true"])
def test_body_that_is_no_object_is_refused(sam: Api, body: bytes) -> None:
    answered = sam.post("/submissions", body)

    assert (answered.status, answered.code, answered.places) == (422, "incomplete", {"#"})


def test_body_that_is_too_large_is_refused(sam: Api) -> None:
    answered = sam.post("/submissions", b'{"who": "' + b"x" * MOST_BYTES + b'"}')

    assert (answered.status, answered.code) == (413, "too-large")


def test_faults_are_named_up_to_a_number(sam: Api) -> None:
    answered = sam.post("/submissions", filing(**{f"field{number}": 1 for number in range(1000)}))

    assert len(answered.json["errors"]) == 50


def test_place_of_a_fault_is_a_json_pointer(sam: Api) -> None:
    answered = sam.post("/submissions", filing(**{"a/b~c": 1, "x" * 500: 1}))

    assert answered.places == {"#/a~1b~0c", f"#/{'x' * 80}"}


def test_parameters_on_a_post_are_refused(sam: Api) -> None:
    answered = Answered(
        sam.client.post(f"{V1}/submissions?dry_run=1", filing(), content_type="application/json", headers=sam.headers)
    )

    assert (answered.status, answered.code, answered.places) == (400, "bad-parameter", {"dry_run"})


def test_what_nobody_expected_says_nothing_about_itself(sam: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> None:
        raise RuntimeError("the canary sang")

    monkeypatch.setattr(rights, "parameters", fail)

    answered = sam.get("/rights")

    assert (answered.status, answered.code) == (500, "unexpected")
    assert b"canary" not in answered.response.content
    assert answered.headers["X-Request-ID"]


def test_database_that_is_away_is_said_to_be(sam: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(rights, "parameters", fail)

    answered = sam.get("/rights")

    assert (answered.status, answered.code) == (503, "unavailable")
    assert int(answered.headers["Retry-After"]) > 0


def test_answers_are_not_kept_by_anybody_between(sam: Api) -> None:
    request = builders.file(at=timezone.now()).requests[0]

    for path in ("/requests", f"/requests/{request.pk}", "/nothing"):
        assert "no-store" in sam.get(path).headers["Cache-Control"]


def test_head_is_get_without_a_body(sam: Api) -> None:
    response = sam.client.head(f"{V1}/requests", headers=sam.headers)

    assert (response.status_code, response.content) == (200, b"")


def test_every_answer_carries_the_headers_of_the_house(sam: Api) -> None:
    for path in ("/requests", "/nothing", "/rights?country=IE&relationship=customer"):
        headers = sam.get(path).headers

        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["X-Request-ID"]
        assert int(headers["Content-Length"]) > 0
        assert not sam.client.cookies
