"""Staff see what the person sent to show what is right beside what they decide, and apart from proofs of who asks."""

import pytest
from django.urls import reverse

from dsr.models import Event
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import evidence
from tests import builders, organisation
from tests.interfaces.admin.desk import sheet, signed_in, text
from tests.statements import counted
from verification.models import Evidence, Purpose
from verification.uploads import Clean

BILL = Clean("image/png", b"\x89PNG of a bill, as it was written anew")


@pytest.fixture
def request_row(clock, db, settings, tmp_path):
    """Ada says that her name is wrong, and has sent a bill."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    organisation.desk(tmp_path, clock())
    found = builders.in_review(Right.CORRECTION, at=clock())
    hand_in(found, clock)
    return found


def hand_in(request, clock) -> Evidence:
    wanted = Caller.person()
    return evidence.receive(request.submission_id, Purpose.CORRECTION, BILL, by=wanted, at=clock.tick())


def opening(request) -> str:
    return reverse("admin:dsr_subjectrequest_evidence", args=(request.pk, Evidence.objects.earliest("id").pk))


def test_document_stands_beside_what_is_decided_and_is_opened_on_record(request_row):
    hal = signed_in("hal")
    page = text(hal.get(sheet(request_row)))
    items = page[page.index('id="items"') :]
    assert "Documents that show what is right" in items[: items.index("</section>")]
    assert "destroyed together with the case" in page
    who = page[page.index('id="who"') :]
    assert "To show what is right" not in who[: who.index("</section>")]

    answer = hal.post(opening(request_row), {"why": "check"})

    assert answer.content == BILL.data
    assert "sandbox" in answer["Content-Security-Policy"]
    assert Event.objects.get(verb="evidence_opened").data["purpose"] == "correction"
    assert "Opened a document" in text(hal.get(sheet(request_row)))


@pytest.mark.parametrize("name", ["sam", "audrey", "syl"])
def test_whoever_may_see_no_personal_values_opens_none(request_row, name):
    answer = signed_in(name).post(opening(request_row), {"why": "check"})

    assert answer.content != BILL.data
    assert not Event.objects.filter(verb="evidence_opened").exists()


def test_page_costs_the_same_with_many_documents(request_row, clock):
    hal = signed_in("hal")
    hal.get(sheet(request_row))
    with counted() as one:
        hal.get(sheet(request_row))
    for _number in range(3):
        hand_in(request_row, clock)
    with counted() as four:
        hal.get(sheet(request_row))

    assert len(one) == len(four), "\n".join(four)
