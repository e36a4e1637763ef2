"""A system that times out twice and then answers: the answer is whole, and everybody saw the truth meanwhile."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Attempt, Event, LedgerEntry, Step, SubjectRequest
from dsr.public import timeline
from dsr.services import history, review, search
from tests import builders, organisation
from tests import outpost as outposts
from tests.clock import Clock
from tests.drain import drain
from tests.outpost import HANG, Outpost

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_(clock: Clock, tmp_path: Path, settings: Any, outpost: Outpost) -> SubjectRequest:
    """Ada has confirmed; one system is well, the other will not answer in time at first."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    organisation.desk(tmp_path, clock())
    outposts.enter(outpost, clock(), limits={"timeout_seconds": 0.3})
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    return builders.only(filed.submission)


def _told(request: SubjectRequest) -> list[str]:
    titles: dict[UUID, str] = {request.pk: "access"}
    return [entry.text for entry in timeline.entries(Event.objects.order_by("seq"), titles)]


def test_system_that_times_out_twice_is_asked_a_third_time(
    request_: SubjectRequest, clock: Clock, outpost: Outpost
) -> None:
    outpost.script = [HANG, HANG]
    at = clock.tick()

    drain(at)
    meanwhile = builders.again(request_)
    waiting = Step.objects.get(system__key="outpost")
    assert (meanwhile.state, meanwhile.turn) == (State.IN_REVIEW, Turn.SYSTEMS)
    assert (waiting.state, waiting.code, waiting.due_at) == ("waiting", "timed_out", at + search.LADDER[0])
    assert Step.objects.get(system__key="desk").result == "found"
    assert not any("could not be searched" in text for text in _told(request_))
    for pause in search.LADDER[:2]:
        drain(clock.tick(seconds=pause.total_seconds() + 1))
    review.prepare(request_.pk, by=builders.hal(), at=clock.tick())
    review.approve(request_.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    tries = Attempt.objects.filter(step=waiting).values_list("number", "result", "code")
    assert list(tries) == [(1, "failed_temporary", "timed_out"), (2, "failed_temporary", "timed_out"), (3, "found", "")]
    assert len(outpost.keys()) == 3
    assert len(set(outpost.keys())) == 1
    assert set(LedgerEntry.objects.values_list("outcome", flat=True)) == {"given"}
    package = builders.opened(request_, clock.tick())
    [name] = [name for name in package.namelist() if name.endswith("profiles.json")]
    assert [row["segment"] for row in json.loads(package.read(name))] == ["early bird", "night owl"]
    assert builders.again(request_).outcome == Outcome.FULFILLED
    assert Event.objects.filter(verb="built").count() == 1
    assert history.verify().whole


def test_system_that_never_answers_is_told_to_staff_and_to_the_person(
    request_: SubjectRequest, clock: Clock, outpost: Outpost
) -> None:
    outpost.script = [HANG] * 99
    drain(clock.tick())
    for pause in search.LADDER:
        drain(clock.tick(seconds=pause.total_seconds() + 1))

    assert builders.again(request_).turn == Turn.STAFF
    assert Step.objects.get(system__key="outpost").state == "stuck"
    assert any("could not be searched" in text for text in _told(request_))
    assert clock() - request_.received_at < timedelta(days=2)
