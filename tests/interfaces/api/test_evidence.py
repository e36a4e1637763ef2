"""Documents by the interface: handed in where they are asked for, listed without what is in them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dsr.api.shapes.papers import EvidenceKept, EvidenceList
from dsr.models import IdempotentAnswer, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import evidence
from dsr.services.storage import vault
from tests import builders, papers
from tests.interfaces.api.client import V1, Answered, Api
from verification.models import Evidence, Purpose, Why
from verification.uploads import MOST_BYTES, Clean

pytestmark = pytest.mark.django_db
PNG = papers.encoded(papers.picture(), "PNG")


@pytest.fixture
def request_row(storage: None) -> SubjectRequest:
    """A request under a law by which a document may be asked for."""
    return builders.only(builders.file(at=timezone.now(), country="US", region="CA").submission)


@pytest.fixture
def storage(settings: Any, tmp_path: Any, db: None) -> None:
    settings.STORAGE_URL = f"file://{tmp_path}/vault"


def send(
    api: Api, request: SubjectRequest, data: bytes | None = PNG, purpose: str = "identity", key: str = ""
) -> Answered:
    fields: dict[str, Any] = {"purpose": purpose} if purpose else {}
    if data is not None:
        fields["file"] = SimpleUploadedFile("../../passport.html", data, content_type="text/html")
    headers = {**api.headers, **({"Idempotency-Key": key} if key else {})}
    return Answered(api.client.post(f"{V1}/requests/{request.pk}/evidence", fields, headers=headers))


def files() -> list[str]:
    return list(vault().list_prefix("evidence/"))


@pytest.mark.parametrize("who", ["sam", "hal"])
def test_document_is_kept_written_anew_and_nothing_of_its_label(
    who: str, request_row: SubjectRequest, request: pytest.FixtureRequest
) -> None:
    answered = send(request.getfixturevalue(who), request_row, papers.photo())

    assert answered.status == 201
    EvidenceKept.model_validate_json(answered.response.content)
    row = Evidence.objects.get()
    assert (str(row.pk), row.media_type, row.purpose) == (answered.json["id"], "image/jpeg", "identity")
    assert files() == [row.vault_name]
    assert "passport" not in answered.response.content.decode()


def test_list_shows_that_documents_were_here_and_who_opened_them(
    hal: Api, audrey: Api, request_row: SubjectRequest
) -> None:
    send(hal, request_row)
    vera = builders.staff("vera", "check_identity")
    piece = Evidence.objects.get()
    evidence.look(piece.pk, Why.CHECK, by=Caller.of_user(vera, "admin"), at=timezone.now())
    evidence.destroy(request_row.submission_id, at=timezone.now())

    for api in (hal, audrey):
        answered = api.get(f"/requests/{request_row.pk}/evidence")

        EvidenceList.model_validate_json(answered.response.content)
        (shown,) = answered.json["results"]
        assert shown["destroyed_at"] is not None
        assert [(each["by"], each["why"]) for each in shown["openings"]] == [("vera", "check")]
        assert set(shown) == {"id", "purpose", "received_at", "destroy_at", "destroyed_at", "openings"}


def test_scopes_keep_to_theirs(sam: Api, audrey: Api, stranger: Api, request_row: SubjectRequest) -> None:
    assert sam.get(f"/requests/{request_row.pk}/evidence").code == "insufficient-scope"
    assert send(audrey, request_row).code == "insufficient-scope"
    assert send(stranger, request_row).code == "not-authenticated"
    assert files() == []


def test_what_was_not_asked_for_is_not_taken(sam: Api, request_row: SubjectRequest) -> None:
    plain = builders.only(builders.file(at=timezone.now()).submission)

    for answered in (send(sam, request_row, purpose="mandate"), send(sam, plain)):
        assert (answered.status, answered.code) == (409, "evidence-not-asked")
    assert files() == []


def test_seventh_document_is_not_taken(sam: Api, request_row: SubjectRequest) -> None:
    for _ in range(evidence.MOST):
        evidence.receive(
            request_row.submission_id,
            Purpose.IDENTITY,
            Clean("image/png", PNG),
            by=Caller.person(),
            at=timezone.now(),
        )

    assert send(sam, request_row).code == "evidence-full"


@pytest.mark.parametrize("data", [b"<script>", papers.heic(), PNG[:100], papers.png_header(50_000, 50_000)])
def test_file_that_is_not_taken_says_what_to_send(sam: Api, request_row: SubjectRequest, data: bytes) -> None:
    answered = send(sam, request_row, data)

    assert (answered.status, answered.code, answered.places) == (422, "file-not-accepted", {"#/file"})
    assert "end" in answered.json["detail"]
    assert not Evidence.objects.exists()


def test_file_that_is_too_large_is_a_problem_with_the_limit(sam: Api, request_row: SubjectRequest) -> None:
    for size in (MOST_BYTES + 1, MOST_BYTES + 100_000):
        answered = send(sam, request_row, b"x" * size)

        assert (answered.status, answered.code) == (413, "too-large")
        assert str(MOST_BYTES) in answered.json["detail"]


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({}, {"#/purpose", "#/file"}),
        ({"purpose": "identity"}, {"#/file"}),
        ({"purpose": "gossip", "file": SimpleUploadedFile("a", PNG)}, {"#/purpose"}),
        ({"purpose": "identity", "file": "in the wrong place"}, {"#/file"}),
        ({"purpose": ["identity", "mandate"], "file": SimpleUploadedFile("a", PNG)}, {"#/purpose"}),
        ({"purpose": "identity", "file": SimpleUploadedFile("a", PNG), "more": "x"}, {"#/more"}),
    ],
)
def test_form_is_read_strictly(sam: Api, request_row: SubjectRequest, fields: dict[str, Any], places: set[str]) -> None:
    answered = Answered(sam.client.post(f"{V1}/requests/{request_row.pk}/evidence", fields, headers=sam.headers))

    assert (answered.status, answered.code, answered.places) == (422, "incomplete", places)


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b"{}", "application/json", 415, "unsupported-media-type"),
        (b"", "multipart/form-data; boundary=x", 400, "unreadable"),
        (b"--x\r\nContent-Disp", "multipart/form-data; boundary=x", 422, "incomplete"),
        (b"x", "multipart/form-data", 400, "unreadable"),
        (b"x", "multipart/form-data; boundary=" + "x" * 500, 400, "unreadable"),
    ],
)
def test_body_that_is_no_form_is_refused(
    sam: Api, request_row: SubjectRequest, body: bytes, media_type: str, status: int, code: str
) -> None:
    where = f"{V1}/requests/{request_row.pk}/evidence"

    answered = Answered(sam.client.generic("POST", where, body, media_type, headers=sam.headers))

    assert (answered.status, answered.code) == (status, code)
    if status == 415:
        assert "multipart/form-data" in answered.json["detail"]


def test_same_key_and_content_keeps_one_document(sam: Api, request_row: SubjectRequest) -> None:
    key = "passport-1"

    first, again = send(sam, request_row, key=key), send(sam, request_row, key=key)

    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(files()) == 1
    assert IdempotentAnswer.objects.count() == 1


def test_same_key_with_another_document_is_a_conflict(sam: Api, request_row: SubjectRequest) -> None:
    key = "passport-1"
    send(sam, request_row, key=key)

    other = send(sam, request_row, papers.photo(), key=key)

    assert other.code == "idempotency-conflict"
    assert len(files()) == 1


def test_unknown_request_is_not_found(sam: Api, hal: Api, request_row: SubjectRequest) -> None:
    request_row.pk = request_row.submission_id

    assert send(sam, request_row).code == "not-found"
    assert hal.get(f"/requests/{request_row.pk}/evidence").code == "not-found"


def test_document_that_shows_what_is_right_is_listed_and_stays_with_the_case(sam: Api, hal: Api, storage: None) -> None:
    row = builders.only(builders.file(Right.CORRECTION, at=timezone.now()).submission)

    sent = send(sam, row, purpose="correction")
    [listed] = hal.get(f"/requests/{row.pk}/evidence").json["results"]

    assert (sent.status, sent.json["destroy_at"]) == (201, None)
    assert (listed["id"], listed["purpose"], listed["destroy_at"]) == (sent.json["id"], "correction", None)
