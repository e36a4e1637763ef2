"""Documents for the review of a decision, on the tracker: added by whoever has the link, and never shown again."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dsr.policies import Caller
from dsr.services import evidence, review, telling
from dsr.services.reviews import working
from tests import builders, reviews
from tests.interfaces.public.test_backing import PNG, hand_in
from tests.statements import counted
from verification.models import Evidence, Why

pytestmark = pytest.mark.django_db(transaction=True)
LINK = "Add a document for the review"


@pytest.fixture
def request_row(clock, db, settings, tmp_path):
    """Rita reviews how Ada's account was suspended."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    return reviews.taken(clock(), reviews.reviewer())


@pytest.fixture
def tracker(visitor, request_row, clock):
    """Ada's tracker."""
    return visitor.open(telling.tracker_link(request_row.submission, clock()))


def test_document_is_added_from_the_tracker_and_told_of(tracker, request_row, clock):
    tracker.follow(LINK)
    assert "Cover everything that is not about the decision" in tracker.text
    assert "what you want put right" not in tracker.text

    hand_in(tracker, name="ada-lovelace-booking.png")

    assert "Your document is with us." in tracker.text
    assert "You added a document for the review." in tracker.text
    row = Evidence.objects.get()
    assert (row.purpose, row.about, row.destroy_at) == ("representation", request_row.submission_id, None)
    tracker.follow(LINK)
    assert "What is here already" in tracker.text
    assert "ada-lovelace-booking" not in tracker.response.content.decode()
    evidence.look(row.pk, Why.CHECK, by=reviews.reviewer(), at=clock.tick())
    tracker.open(telling.tracker_link(request_row.submission, clock()))
    assert "The person who reviews the decision looked at your document." in tracker.text


@pytest.mark.parametrize(("data", "words"), [(b"", "This file is empty."), (b"MZ\x90", "We cannot take this kind")])
def test_file_that_is_not_taken_is_named_at_the_top_and_beside_the_field(tracker, data, words):
    tracker.follow(LINK)

    hand_in(tracker, data)

    assert tracker.status == 422
    assert tracker.text.count(words) == 2
    assert not Evidence.objects.exists()


def test_pressing_twice_keeps_one(tracker):
    tracker.follow(LINK)
    address, fields = tracker.sending("Send the document")

    for _press in range(2):
        form = {**fields, "file": SimpleUploadedFile("booking.png", PNG)}
        assert tracker.client.post(address, form).status_code == 303

    assert Evidence.objects.count() == 1


def test_nothing_is_offered_or_taken_once_it_is_over(visitor, clock, request_row):
    review.withdraw(request_row.pk, by=Caller.person(), at=clock.tick())
    link = telling.tracker_link(request_row.submission, clock())
    visitor.open(link)
    assert LINK not in visitor.text
    path = f"/requests/{request_row.submission.reference}/{request_row.pk}/documents/"

    answer = visitor.client.post(
        f"{path}?key={link.partition('key=')[2]}", {"file": SimpleUploadedFile("booking.png", PNG)}
    )

    assert answer.status_code == 409
    assert not Evidence.objects.exists()


def test_link_stands_on_the_page_before_a_decision_is_found(visitor, clock, db, settings, tmp_path):
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    request = reviews.filed(clock())
    visitor.open(telling.tracker_link(request.submission, clock())).follow(LINK)

    hand_in(visitor)
    working.link(request.pk, reviews.decision(clock()).pk, by=builders.hal(), at=clock.tick())

    assert Evidence.objects.get().purpose == "representation"


def test_page_costs_the_same_with_many_documents(tracker):
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
