"""Documents beside a correction, on the tracker: added by whoever has the link, and never shown again."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import evidence, telling
from dsr.services.storage import vault
from tests import builders, organisation, papers
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted
from verification.models import Evidence, Purpose, Why
from verification.uploads import Clean

pytestmark = pytest.mark.django_db(transaction=True)
BILL = Clean("image/png", b"\x89PNG of a bill, as it was written anew")
PNG = papers.encoded(papers.picture(), "PNG")
LINK = "Add a document that shows what is right"


@pytest.fixture
def request_row(clock, db, settings, tmp_path):
    """Ada says that her name is wrong."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    organisation.desk(tmp_path, clock())
    return builders.in_review(Right.CORRECTION, at=clock())


@pytest.fixture
def tracker(visitor, request_row, clock):
    """Her tracker."""
    return visitor.open(telling.tracker_link(request_row.submission, clock()))


def hand_in(visitor: Visitor, data: bytes = PNG, name: str = "ada-lovelace-bill.png") -> Visitor:
    """Send a document from the page for that."""
    address, fields = visitor.sending("Send the document")
    form: Any = {**fields, "file": SimpleUploadedFile(name, data)}
    return visitor._arrived(visitor.client.post(address, form), address)


def test_document_is_added_from_the_tracker_and_told_of(tracker, request_row, clock):
    tracker.follow(LINK)
    assert "Cover everything that is not about what you want put right" in tracker.text

    hand_in(tracker)

    assert "Your document is with us." in tracker.text
    assert "You added a document that shows what is right." in tracker.text
    row = Evidence.objects.get()
    assert (row.purpose, row.about, row.destroy_at) == ("correction", request_row.submission_id, None)
    tracker.follow(LINK)
    assert "What is here already" in tracker.text
    assert "ada-lovelace-bill" not in tracker.response.content.decode()
    evidence.look(row.pk, Why.CHECK, by=builders.vera(), at=clock.tick())
    tracker.open(telling.tracker_link(request_row.submission, clock()))
    assert "A colleague who decides about your request looked at your document." in tracker.text


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "This file is empty."), (b"MZ\x90", "We cannot take this kind of file."), (papers.heic(), "HEIC")],
)
def test_file_that_is_not_taken_is_named_at_the_top_and_beside_the_field(tracker, data, words):
    tracker.follow(LINK)

    hand_in(tracker, data)

    assert tracker.status == 422
    assert "There is a problem" in tracker.text
    assert tracker.text.count(words) == 2
    assert (Evidence.objects.count(), list(vault().list_prefix("evidence/"))) == (0, [])


def test_too_large_a_file_is_refused(tracker):
    tracker.follow(LINK)

    hand_in(tracker, b"x" * 11_000_000)

    assert tracker.status == 413
    assert not Evidence.objects.exists()


def test_pressing_twice_keeps_one(tracker):
    tracker.follow(LINK)
    address, fields = tracker.sending("Send the document")

    for _press in range(2):
        form = {**fields, "file": SimpleUploadedFile("bill.png", PNG)}
        assert tracker.client.post(address, form).status_code == 303

    assert Evidence.objects.count() == 1


def test_seventh_document_is_not_offered(tracker, request_row, clock):
    for _number in range(evidence.MOST):
        evidence.receive(request_row.submission_id, Purpose.CORRECTION, BILL, by=Caller.person(), at=clock.tick())

    tracker.follow(LINK)

    assert "That is as many as we take." in tracker.text
    assert tracker.page.forms == []


def test_without_the_link_nothing_is_shown_or_taken(visitor, request_row):
    path = f"/requests/{request_row.submission.reference}/{request_row.pk}/documents/"

    answers = [
        visitor.client.get(path, {"key": "x" * 43}),
        visitor.client.post(f"{path}?key={'x' * 43}", {"file": SimpleUploadedFile("bill.png", PNG)}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert not Evidence.objects.exists()


def test_another_right_takes_no_documents(visitor, clock, db):
    other = builders.in_review(Right.RESTRICTION, at=clock())
    link = telling.tracker_link(other.submission, clock())
    visitor.open(link)
    assert LINK not in visitor.text
    reference, key = other.submission.reference, link.partition("key=")[2]

    answer = visitor.client.get(f"/requests/{reference}/{other.pk}/documents/", {"key": key})

    assert answer.status_code == 409


def test_page_costs_the_same_with_many_documents(tracker, request_row):
    tracker.follow(LINK)
    hand_in(tracker)
    tracker.follow(LINK)
    address = tracker.response.request["PATH_INFO"] + "?" + tracker.response.request["QUERY_STRING"]
    with counted() as one:
        tracker.client.get(address)
    hand_in(tracker)
    tracker.follow(LINK)
    hand_in(tracker)
    with counted() as three:
        tracker.client.get(address)

    assert len(one) == len(three), "\n".join(three)
