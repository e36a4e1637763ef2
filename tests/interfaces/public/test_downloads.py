"""Downloading: a link is not enough, a code is good once, and what breaks off goes on where it stopped."""

import hashlib
import io
import zipfile

import pytest

from dsr.lifecycle import State
from dsr.models import Package
from dsr.public import tickets
from dsr.services import delivery, telling
from tests import builders
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready(systems, clock):
    """An answer that waits to be collected."""
    return builders.ready(clock())


def at_the_code(visitor: Visitor, request, clock) -> Visitor:
    """Ask for the code on the tracker."""
    return visitor.open(telling.tracker_link(request.submission, clock())).press("Mail me the code")


def the_code(request) -> str:
    return str(builders.letters_to(request.submission, "download_code")[-1].code)


def the_file(visitor: Visitor, request, clock) -> str:
    """Go as far as the link to the file and return it."""
    at_the_code(visitor, request, clock).fill("Six-digit code", the_code(request)).press("Open the download")
    return next(link for link in visitor.page.links.values() if link.startswith("/downloads/file/"))


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def test_file_is_handed_out_for_a_fresh_code(visitor, ready, clock):
    package = Package.objects.get()
    file = the_file(visitor, ready, clock)
    assert package.sha256 in visitor.text

    response = visitor.client.get(file)
    data = body(response)

    assert response.status_code == 200
    assert hashlib.sha256(data).hexdigest() == package.sha256
    assert "OPEN-ME.html" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert response["Content-Length"] == str(package.size) == str(len(data))
    assert response["Content-Disposition"] == f'attachment; filename="{ready.submission.reference}-1.zip"'
    assert response["Content-Type"] == "application/zip"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert response["Accept-Ranges"] == "bytes"
    assert builders.again(ready).state == State.CLOSED


def test_a_broken_download_goes_on_where_it_stopped(visitor, ready, clock):
    file, size = the_file(visitor, ready, clock), Package.objects.get().size
    first = visitor.client.get(file, headers={"Range": "bytes=0-999"})
    begun, etag = body(first), first["ETag"]
    assert builders.again(ready).state == State.READY

    rest = visitor.client.get(file, headers={"Range": f"bytes={len(begun)}-", "If-Range": etag})

    assert (first.status_code, rest.status_code) == (206, 206)
    assert first["Content-Range"] == f"bytes 0-999/{size}"
    assert rest["Content-Range"] == f"bytes 1000-{size - 1}/{size}"
    assert hashlib.sha256(begun + body(rest)).hexdigest() == Package.objects.get().sha256
    assert builders.again(ready).state == State.CLOSED


@pytest.mark.parametrize(
    ("asked", "status", "length"),
    [
        ("bytes=0-0", 206, 1),
        ("bytes=-5", 206, 5),
        ("bytes=5-4", 416, None),
        ("bytes=99999999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=0-1,5-6", 200, ...),
        ("lines=0-1", 200, ...),
        ("bytes=", 200, ...),
        ("bytes=-", 200, ...),
        ("bytes=a-b", 200, ...),
        ("bytes=-99999999999", 206, ...),
        ("bytes=" + "9" * 400 + "-", 200, ...),
    ],
)
def test_ranges_are_answered_as_the_standard_says(visitor, ready, clock, asked, status, length):
    file, size = the_file(visitor, ready, clock), Package.objects.get().size

    response = visitor.client.get(file, headers={"Range": asked})

    assert response.status_code == status
    if status == 416:
        assert response["Content-Range"] == f"bytes */{size}"
    else:
        assert len(body(response)) == (size if length is ... else length)


def test_a_range_of_another_file_gets_the_whole(visitor, ready, clock):
    file, size = the_file(visitor, ready, clock), Package.objects.get().size

    response = visitor.client.get(file, headers={"Range": "bytes=5-9", "If-Range": '"another"'})

    assert response.status_code == 200
    assert len(body(response)) == size


def test_asking_for_the_head_hands_nothing_out(visitor, ready, clock):
    file = the_file(visitor, ready, clock)

    response = visitor.client.head(file)

    assert response.status_code == 200
    assert response["Content-Length"] == str(Package.objects.get().size)
    assert builders.again(ready).state == State.READY


def test_a_wrong_code_opens_nothing_and_can_be_tried_again(visitor, ready, clock):
    at_the_code(visitor, ready, clock)
    code = the_code(ready)

    visitor.fill("Six-digit code", f"{(int(code) + 1) % 1_000_000:06}").press("Open the download")
    assert visitor.status == 422
    assert "You can try 4 more times." in visitor.text
    visitor.fill("Six-digit code", code).press("Open the download")

    assert "Download the file" in visitor.text


def test_a_code_is_good_once_and_for_half_an_hour(visitor, ready, clock):
    at_the_code(visitor, ready, clock).fill("Six-digit code", the_code(ready))
    sending = visitor.sending("Open the download")
    assert visitor.client.post(*sending).status_code == 303
    assert visitor.client.post(*sending).status_code == 422
    clock.tick(minutes=2)

    at_the_code(visitor, ready, clock).fill("Six-digit code", the_code(ready))
    clock.tick(minutes=31)
    visitor.press("Open the download")

    assert visitor.status == 422
    assert "valid for half an hour" in visitor.text


def test_an_old_code_does_not_open_what_a_newer_one_is_for(visitor, ready, clock):
    at_the_code(visitor, ready, clock)
    old = the_code(ready)
    clock.tick(minutes=2)

    at_the_code(visitor, ready, clock).fill("Six-digit code", old).press("Open the download")

    assert visitor.status == 422 or old == the_code(ready)


def test_a_ticket_for_one_request_opens_no_other(visitor, ready, systems, clock):
    other = builders.ready(clock(), email=builders.MAX)
    challenge = delivery.ask_code(ready.pk, at=clock())
    mixed = tickets.issue("download", clock(), request=other.pk, challenge=challenge, submission=other.submission_id)

    response = visitor.client.post("/downloads/", {"ticket": mixed, "code": the_code(ready)})

    assert response.status_code == 422


@pytest.mark.parametrize("path", ["/downloads/ready/", "/downloads/file/"])
@pytest.mark.parametrize("key", ["", "x", "\x00", "x" * 43, "x" * 5000])
def test_an_unknown_session_gets_a_page(visitor, ready, path, key):
    response = visitor.client.get(path, {"key": key})

    assert response.status_code == 404
    assert b"This download has closed" in response.content


def test_a_session_ends_after_a_day_and_with_its_file(visitor, ready, clock):
    file = the_file(visitor, ready, clock)
    clock.tick(hours=25)
    assert visitor.open(file).status == 404

    file = the_file(visitor, ready, clock)
    Package.objects.update(destroyed_at=clock())
    assert visitor.open(file).status == 404


def test_a_tracker_grant_is_no_download_session(visitor, ready, clock):
    key = telling.tracker_grant(ready.submission_id, clock())

    assert visitor.open(f"/downloads/file/?key={key}").status == 404


def test_a_second_wish_for_a_code_at_once_is_put_off_with_a_way_back(visitor, ready, clock):
    at_the_code(visitor, ready, clock)

    at_the_code(visitor, ready, clock)

    assert visitor.status == 429
    assert "1 minute" in visitor.text
    assert "Where your request stands" in visitor.follow("Go back").text


def test_an_answer_that_is_not_ready_sends_no_code(visitor, systems, clock):
    request = builders.in_review(at=clock())
    key = telling.tracker_grant(request.submission_id, clock())

    response = visitor.client.post(f"/requests/{request.submission.reference}/{request.pk}/download/", {"key": key})

    assert response.status_code == 409
    assert not builders.letters_to(request.submission, "download_code")


def test_pages_cost_a_fixed_number_of_statements(visitor, ready, clock):
    file = the_file(visitor, ready, clock)
    ticket = tickets.issue("download", clock(), request=ready.pk, challenge=ready.pk, submission=ready.submission_id)
    costs = {}
    for name, address in {
        "code": f"/downloads/?ticket={ticket}",
        "ready": visitor.address,
        "file": file,
    }.items():
        with counted() as statements:
            response = visitor.client.get(address, headers={"Range": "bytes=0-9"})
            b"".join(response) if response.streaming else None
        costs[name] = len(statements)

    assert costs == {"code": 4, "ready": 2, "file": 4}
