"""Ending by the API what was read into a message by mistake, and going on with it."""

import pytest
from django.utils import timezone

from dsr.models import SubjectRequest
from dsr.rights import Right
from dsr.services import splitting
from dsr.services.splitting import More
from tests import builders
from tests.drain import drain
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def added(db: None) -> SubjectRequest:
    """What Hal read into a call of Ada's."""
    first = builders.in_review(Right.ACCESS, at=timezone.now(), channel="phone")
    more = More(Right.PORTABILITY, "She said: in a file.")
    request = splitting.add_right(first.pk, more, by=builders.hal(), at=timezone.now())
    drain(timezone.now())
    return request


def test_two_people_end_it_and_support_hears_that_it_was_meant(
    hal: Api, vera: Api, sam: Api, added: SubjectRequest
) -> None:
    proposed = hal.move(added.pk, "propose_misunderstood", {"reason": "You spoke of another file."})
    own = hal.move(added.pk, "close_misunderstood")
    ended = vera.move(added.pk, "close_misunderstood", match=proposed.headers["ETag"])
    listed = {move["verb"]: move["allowed"] for move in sam.get(f"/requests/{added.pk}/moves").json["results"]}
    meant = sam.move(added.pk, "meant")

    assert (proposed.status, proposed.json["proposal"]) == (200, "unasked")
    assert (own.status, own.code) == (403, "not-your-move")
    assert (ended.status, ended.json["state"], ended.json["outcome"]) == (200, "closed", "misunderstood")
    assert (listed["meant"], listed["meant_unproved"]) == (True, False)
    assert (meant.status, meant.json["state"], meant.json["outcome"]) == (200, "in_review", None)
    assert meant.json["due_on"] == added.due_on.isoformat()


def test_what_somebody_chose_is_refused_with_the_reason(hal: Api, db: None) -> None:
    chosen = builders.only(builders.file(Right.ACCESS, at=timezone.now()).submission)

    answered = hal.move(chosen.pk, "propose_misunderstood", {"reason": "No."})

    assert (answered.status, answered.code) == (409, "asked-for")


@pytest.mark.parametrize("reason", ["", " \n", "x" * 10_001])
def test_reasons_are_needed(hal: Api, added: SubjectRequest, reason: str) -> None:
    answered = hal.move(added.pk, "propose_misunderstood", {"reason": reason})

    assert answered.status == 422
    assert builders.again(added).proposal == ""
