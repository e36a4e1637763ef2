"""Uploads stay in memory, whichever interface takes them, and what is too large gets a page and not a traceback."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from dsr import uploading
from dsr.public.guard import public
from dsr.urls import handler400, handler403, handler404, handler500  # noqa: F401 - the pages of the service
from verification.uploads import MOST_BYTES

LARGE = b"\x89" * (MOST_BYTES + 1)
ENOUGH_FOR_A_FILE = b"\x89" * 3_000_000
"""More than Django keeps in memory by itself."""


class _Book:
    """Which files this process opened to write. A hook of the interpreter cannot be taken off, only be told to rest."""

    wanted = False
    hung = False
    written: list[str] = []


def _note(event: str, args: tuple[Any, ...]) -> None:
    if _Book.wanted and event == "open" and isinstance(args[0], (str, bytes, os.PathLike)) and args[2] & 0o3:
        _Book.written.append(os.fsdecode(args[0]))


@contextmanager
def written() -> Iterator[list[str]]:
    """List every file that is opened to be written meanwhile."""
    if not _Book.hung:
        sys.addaudithook(_note)
        _Book.hung = True
    _Book.written = []
    _Book.wanted = True
    try:
        yield _Book.written
    finally:
        _Book.wanted = False


def _size(request: HttpRequest) -> HttpResponse:
    upload = request.FILES.get("file")
    assert upload is None or isinstance(upload, UploadedFile)
    return HttpResponse(f"{type(upload).__name__} {upload.size if upload else 0} {request.POST.get('word', '')}")


urlpatterns = [
    path("person/", public("GET", "POST")(uploading.in_memory(_size))),
    path("staff/", uploading.in_memory_for_staff(_size)),
    path("careless/", public("POST", spools=True)(_size)),
]


@pytest.fixture
def here(settings: Any, tmp_path: Path) -> None:
    settings.ROOT_URLCONF = __name__
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


def send(client: Client, where: str, data: bytes) -> Any:
    return client.post(where, {"word": "Ada", "file": SimpleUploadedFile("a.png", data)})


@pytest.mark.usefixtures("here")
def test_without_the_handler_a_file_would_lie_on_the_disk(client: Client, tmp_path: Path) -> None:
    """Otherwise the test below would prove little."""
    with written() as names:
        answer = send(client, "/careless/", ENOUGH_FOR_A_FILE)

    assert answer.content == b"TemporaryUploadedFile 3000000 Ada"
    assert [name for name in names if name.startswith(str(tmp_path))]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("where", ["/person/", "/staff/"])
def test_file_stays_in_memory(client: Client, where: str, tmp_path: Path) -> None:
    with written() as names:
        answer = send(client, where, ENOUGH_FOR_A_FILE)

    assert answer.content == b"InMemoryUploadedFile 3000000 Ada"
    places = (str(tmp_path), tempfile.gettempdir())
    assert [name for name in names if name.startswith(places)] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("here")
def test_file_that_is_too_large_gets_a_page(client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = "dsr.urls"  # the page leads home
    request = RequestFactory().post("/person/", {"file": SimpleUploadedFile("a.png", LARGE)})

    answer = public("POST")(uploading.in_memory(_size))(request)

    assert answer.status_code == 413
    assert isinstance(answer, HttpResponse)
    assert "This file is too large" in answer.content.decode()


@pytest.mark.usefixtures("here")
def test_file_that_is_too_large_for_the_console_gets_no_traceback(client: Client) -> None:
    client.raise_request_exception = False

    answer = send(client, "/staff/", LARGE)

    assert answer.status_code == 400
    assert b"Traceback" not in answer.content


@pytest.mark.usefixtures("here")
def test_console_still_wants_its_token(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert send(strict, "/staff/", b"small").status_code == 403
    assert send(strict, "/person/", b"small").status_code == 200


def _posted(data: bytes, told: int | None = None) -> HttpRequest:
    request = RequestFactory().post("/", {"a": SimpleUploadedFile("a", data), "b": SimpleUploadedFile("b", data)})
    if told is not None:
        request.META["CONTENT_LENGTH"] = str(told)
    return request


def test_what_is_told_to_be_too_large_is_not_read() -> None:
    request = _posted(b"x", told=10**12)
    request.upload_handlers = [uploading.InMemory(request)]

    with pytest.raises(uploading.TooLarge):
        _ = request.FILES
    assert request.META["wsgi.input"].read(2) == b"--"


def test_files_are_counted_together_as_they_come() -> None:
    for most, taken in ((2000, True), (1999, False)):
        request = _posted(b"x" * 1000)
        request.upload_handlers = [uploading.InMemory(request, most=most)]
        if taken:
            assert [request.FILES.getlist(name)[0].read() for name in "ab"] == [b"x" * 1000] * 2
            continue
        with pytest.raises(uploading.TooLarge):
            _ = request.FILES


def test_handler_that_would_come_too_late_is_a_fault_that_shows() -> None:
    request = _posted(b"x")
    assert request.POST is not None
    view: Callable[..., Any] = uploading.in_memory(_size)

    with pytest.raises(AttributeError):
        view(request)
