"""The first whole journey, through the services: filed, confirmed, searched, decided by two people, collected."""

import io
import json
import zipfile

import pytest

from dsr.errors import NotAllowed, WrongState
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Event, Package
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import delivery, history, review
from tests import builders
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def test_file_starts_a_request_that_waits_for_the_person(clock):
    filed = builders.file(at=clock())

    request = builders.only(filed.submission)
    assert (request.state, request.turn) == (State.VERIFYING, Turn.PERSON)
    assert [event.verb for event in Event.objects.filter(submission=filed.submission)] == ["file", "ask_identity"]
    assert request.due_on.isoformat() == "2026-04-07"


def test_access_reaches_the_person_when_two_people_release_it(clock, systems):
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick(hours=1))
    drain(clock.tick())
    request = builders.only(filed.submission)
    assert (request.state, request.turn) == (State.IN_REVIEW, Turn.STAFF)

    review.prepare(request.pk, by=builders.hal(), at=clock.tick(hours=1))
    with pytest.raises(NotAllowed):
        review.approve(request.pk, by=builders.hal(), at=clock())
    review.approve(request.pk, by=builders.vera(), at=clock.tick(hours=1))
    drain(clock.tick())
    request = builders.again(request)
    assert (request.state, request.turn) == (State.READY, Turn.PERSON)

    challenge = delivery.ask_code(request.pk, at=clock.tick())
    code = builders.letters_to(filed.submission, "download_code")[-1].code
    token = delivery.open_download(request.pk, challenge, code, by=Caller.person(), at=clock.tick())
    download = delivery.stream(token, first=None, last=None, at=clock.tick())
    data = b"".join(download.chunks)

    assert builders.again(request).outcome == Outcome.FULFILLED
    assert builders.again(request).state == State.CLOSED
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert "OPEN-ME.html" in package.namelist()
        manifest = json.loads(package.read("manifest.json"))
    assert manifest["reference"] == filed.submission.reference
    assert history.verify().whole


def test_be_informed_needs_no_identity_and_no_review(clock):
    filed = builders.file(Right.BE_INFORMED, at=clock())

    drain(clock.tick())

    request = builders.only(filed.submission)
    assert request.state == State.READY
    delivery.read_statement(request.pk, by=Caller.person(), at=clock.tick())
    assert builders.again(request).outcome == Outcome.FULFILLED
    assert Package.objects.get(request=request).sha256


def test_collect_is_not_possible_when_the_answer_is_not_ready(clock):
    filed = builders.file(at=clock())

    with pytest.raises(WrongState):
        delivery.ask_code(builders.only(filed.submission).pk, at=clock())
