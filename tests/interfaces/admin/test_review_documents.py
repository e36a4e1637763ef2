"""The reviewer sees what the person sent among the materials, opens each on record, and decides only then."""

import pytest
from django.urls import reverse

from dsr.models import Event, ReviewMaterial
from dsr.policies import Caller
from dsr.services import evidence
from tests import reviews
from tests.interfaces.admin.desk import move, sheet, signed_in, text
from tests.statements import counted
from verification.models import Evidence, Purpose
from verification.uploads import Clean

BOOKING = Clean("image/png", b"\x89PNG of a booking, as it was written anew")


@pytest.fixture
def request_row(clock, db, settings, tmp_path):
    """Vera reviews how Ada's account was suspended, and Ada has sent a booking."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    found = reviews.worked(clock(), reviews.reviewer("vera"))
    send(found, clock)
    return found


def send(request, clock) -> Evidence:
    person = Caller.person()
    return evidence.receive(request.submission_id, Purpose.REPRESENTATION, BOOKING, by=person, at=clock.tick())


def opening(request, piece) -> str:
    return reverse("admin:dsr_subjectrequest_evidence", args=(request.pk, piece.pk))


def card(page: str) -> str:
    found = page[page.index('id="review"') :]
    return found[: found.index("</section>")]


def test_each_document_is_numbered_opened_on_record_and_stands_among_the_materials(request_row, clock):
    second, vera = send(request_row, clock), signed_in("vera")
    before = card(text(vera.get(sheet(request_row))))
    assert "Open document 1" in before
    assert "Open document 2" in before
    assert "You have not opened every document that the person sent." in before

    answer = vera.post(opening(request_row, second), {"why": "check"})

    assert answer.content == BOOKING.data
    assert "sandbox" in answer["Content-Security-Policy"]
    after = card(text(vera.get(sheet(request_row))))
    row = ReviewMaterial.objects.get(name="document")
    assert (row.document, Event.objects.get(verb="evidence_opened").data["purpose"]) == (second.pk, "representation")
    assert "document 2 that the person sent" in after
    assert "document 1 that the person sent" not in after
    assert "You have not opened every document that the person sent." in after


def test_it_cannot_be_decided_on_the_page_before(request_row):
    vera = signed_in("vera")
    words = {"plain": reviews.PLAIN, "alternatives": reviews.ALTERNATIVES}

    answer = move(vera, request_row, "uphold", reasons=reviews.REASONS, why_right=reviews.RIGHT, **words)

    assert answer.status_code != 302
    assert "every document that the person sent" in text(answer)


@pytest.mark.parametrize("name", ["hal", "dora", "sam", "audrey"])
def test_nobody_else_is_offered_or_shown_one(request_row, name):
    somebody = signed_in(name)

    answer = somebody.post(opening(request_row, Evidence.objects.get()), {"why": "check"})

    assert answer.content != BOOKING.data
    assert not Event.objects.filter(verb="evidence_opened").exists()
    assert not ReviewMaterial.objects.filter(name="document").exists()
    page = somebody.get(sheet(request_row))
    assert "Open document 1" not in text(page)


def test_page_costs_the_same_with_many_documents(request_row, clock):
    vera = signed_in("vera")
    vera.get(sheet(request_row))
    with counted() as one:
        vera.get(sheet(request_row))
    for _number in range(3):
        piece = send(request_row, clock)
        vera.post(opening(request_row, piece), {"why": "check"})
    with counted() as four:
        vera.get(sheet(request_row))

    assert len(one) == len(four), "\n".join(four)
