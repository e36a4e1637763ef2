"""Taking out what is about others, by program."""

import pytest
from django.utils import timezone

from dsr.models import Event, SubjectRequest
from dsr.rights import Right
from tests import builders, organisation
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db
MARK = {
    "what": "text", "kind": "name", "ground": "third_party_rights", "reason": "Somebody else.",
    "passage": "Grace Hopper",
}  # fmt: skip


@pytest.fixture
def in_review(db: None, tmp_path) -> SubjectRequest:
    organisation.desk(tmp_path, timezone.now())
    return builders.in_review(at=timezone.now())


def test_text_is_marked_by_one_and_looked_over_by_another(hal: Api, vera: Api, in_review: SubjectRequest) -> None:
    marked = hal.move(in_review.pk, "mark", MARK)
    hal.move(in_review.pk, "prepare")
    early = vera.move(in_review.pk, "approve")
    looked = vera.move(in_review.pk, "look_over")
    approved = vera.move(in_review.pk, "approve")

    assert marked.status == looked.status == approved.status == 200
    assert (early.status, early.code) == (409, "marks-unseen")


def test_field_is_marked_and_the_mark_taken_back(hal: Api, in_review: SubjectRequest) -> None:
    field = {**MARK, "what": "field", "system": "desk", "dataset": "customers", "field": "name", "record": 1}
    field.pop("passage")
    hal.move(in_review.pk, "mark", field)
    [mark] = hal.get(f"/requests/{in_review.pk}/marks").json["results"]

    taken_back = hal.move(in_review.pk, "unmark", {"mark": mark["id"]})

    assert (mark["dataset"], mark["field"], mark["record"], mark["by"]) == ("customers", "name", 1, "hal")
    assert taken_back.status == 200
    assert hal.get(f"/requests/{in_review.pk}/marks").json["results"] == []


def test_marked_texts_are_hidden_until_a_reason_is_on_record(hal: Api, vera: Api, in_review: SubjectRequest) -> None:
    hal.move(in_review.pk, "mark", MARK)

    hidden = hal.get(f"/requests/{in_review.pk}/marks").json
    shown = vera.get(f"/requests/{in_review.pk}/marks?reason=To+look+it+over").json

    assert hidden["masked"]
    assert "Hopper" not in str(hidden)
    assert shown["results"][0]["passage"] == "Grace Hopper"
    assert Event.objects.filter(verb="revealed").count() == 1


def test_proposals_are_sought_and_decided_on(hal: Api, in_review: SubjectRequest) -> None:
    sought = hal.move(in_review.pk, "seek_marks")
    none = hal.move(in_review.pk, "decide_mark", {"marks": [str(in_review.pk)], "decision": "accept"})

    assert sought.status == 200
    assert (none.status, none.code) == (409, "not-marked")


def test_what_cannot_be_marked_is_said_with_the_input(hal: Api, in_review: SubjectRequest) -> None:
    answered = hal.move(in_review.pk, "mark", {**MARK, "passage": "x"})

    assert answered.status == 422
    assert "too short" in str(answered.json)


@pytest.mark.parametrize("right", [Right.DELETION, Right.CORRECTION])
def test_nothing_is_taken_out_where_nothing_is_handed_over(right: Right, hal: Api, tmp_path) -> None:
    organisation.desk(tmp_path, timezone.now())
    request = builders.in_review(right, at=timezone.now())

    answered = hal.move(request.pk, "mark", MARK)

    assert (answered.status, answered.code) == (409, "not-for-this-right")
