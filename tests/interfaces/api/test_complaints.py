"""Outside bodies of a complaint through the interface: entered, shown masked, answered with the reason where not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dsr.models import SubjectRequest
from tests import contesting
from tests.interfaces.api.client import Api
from tests.statements import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def complaint(db: None) -> SubjectRequest:
    """A complaint of two days ago."""
    return contesting.complained(timezone.now() - timedelta(days=2))


def _taken(**changes: str) -> dict[str, str]:
    today = timezone.now().date().isoformat()
    return {"body": "jams", "reference": "JAMS 4711", "received_on": today, "owner": "hal", **changes}


def test_body_of_the_ladder_is_entered_and_shown_masked_until_a_reason_is_given(hal: Api, vera: Api, complaint) -> None:
    offered = {row["id"] for row in hal.get(f"/requests/{complaint.pk}/complaint").json["bodies"]}

    made = hal.move(complaint.pk, "note_outside", _taken(due_on="2099-12-31"))

    assert {"jams", "truste", "courts"} <= offered
    assert made.status == 200, made.json
    shown = hal.get(f"/requests/{complaint.pk}/complaint").json
    [row] = shown["outside"]
    assert (row["number"], row["body"], row["title"], row["due_on"], row["set_by"]) == (
        1, "jams", "JAMS", "2099-12-31", "letter",
    )  # fmt: skip
    assert "4711" not in row["reference"]
    assert "jams" not in {route["id"] for route in shown["routes"]}
    full = vera.get(f"/requests/{complaint.pk}/complaint", reason="I answer it.").json
    assert full["outside"][0]["reference"] == "JAMS 4711"


def test_each_thing_that_is_wrong_has_its_sentence(hal: Api, complaint: SubjectRequest) -> None:
    unknown = hal.move(complaint.pk, "note_outside", _taken(body="the neighbours"))
    nothing = hal.move(complaint.pk, "redate_outside", {"outside": 1, "due_on": "2099-12-31", "reason": "r"})
    offered = {row["verb"]: row for row in hal.get(f"/requests/{complaint.pk}/moves").json["results"]}

    assert (unknown.status, unknown.code, unknown.places) == (422, "incomplete", {"#/body"})
    assert (nothing.status, nothing.code) == (409, "nothing-outside")
    assert offered["note_outside"]["allowed"]
    assert offered["end_outside"]["because"] == "No outside body has this matter now."


def test_reading_costs_the_same_however_many_bodies_have_it(hal: Api, complaint: SubjectRequest) -> None:
    hal.move(complaint.pk, "note_outside", _taken())
    with counted() as few:
        hal.get(f"/requests/{complaint.pk}/complaint")
    for body in ("truste", "courts", "irish_dpc"):
        hal.move(complaint.pk, "note_outside", _taken(body=body))

    with counted() as many:
        answered = hal.get(f"/requests/{complaint.pk}/complaint")

    assert len(answered.json["outside"]) == 4
    assert len(many) == len(few) <= 11
