"""Why this date? The same sentences for the person, for staff and for programs, and the same refusals."""

import html
import re
from typing import Any

import pytest
from django.utils import timezone

from dsr import reckoning
from dsr.models import SubjectRequest
from dsr.services import threads, timing
from tests import builders, organisation
from tests.clock import Clock
from tests.interfaces.admin.desk import sheet, signed_in
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor

pytestmark = pytest.mark.django_db
REGIONS = {"eu": ("IE", ""), "uk": ("GB", ""), "ch": ("CH", ""), "us": ("US", "CA")}


@pytest.fixture
def at(clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Clock:
    """The interfaces ask the time; here it is the tests'."""
    clock.now = timezone.now().replace(hour=9, minute=30)
    monkeypatch.setattr(timezone, "now", clock)
    organisation.desk(tmp_path, clock())
    return clock


def _tracker(request: SubjectRequest) -> Visitor:
    """Ada opens her tracker by the link of the letter that came last."""
    letter = [each for each in builders.letters_to(request.submission) if getattr(each, "tracker", "")][-1]
    return Visitor().open(letter.tracker)


def _plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def _in_review(place: str, at: Clock) -> SubjectRequest:
    country, region = REGIONS[place]
    return builders.in_review(at=at(), country=country, region=region)


def _normal(request: SubjectRequest, at: Clock) -> None:
    threads.write_to_person(request.pk, "We are on it.", by=builders.hal(), at=at())


def _asked(request: SubjectRequest, at: Clock) -> None:
    timing.clarify(request.pk, "Which account?", by=builders.hal(), at=at())


def _put_off(request: SubjectRequest, at: Clock) -> None:
    laws = [law.regime.extension_for(request.right) for law in reckoning.extendable(request, at(), None)]
    ground = next(rule.grounds[0].id for rule in laws if rule)
    timing.extend(request.pk, ground, "There is much of it.", by=builders.hal(), at=at())


def _fee(request: SubjectRequest, at: Clock) -> None:
    timing.tell_fee(request.pk, "120 CHF", "It takes days.", by=builders.hal(), at=at())


CASES = [
    ("eu", _normal, "The answer is due by"),
    ("us", _normal, "California Consumer Privacy Act"),
    ("uk", _asked, "we wait for the answer to our question"),
    ("eu", _put_off, "the answer was put off"),
    ("us", _put_off, "the answer was put off"),
    ("ch", _fee, "we wait to hear whether the fee is accepted"),
]


@pytest.mark.parametrize(("place", "happens", "said"), CASES)
def test_tracker_desk_and_programs_say_the_same(at: Clock, place: str, happens: Any, said: str) -> None:
    request = _in_review(place, at)
    at.tick(days=3)
    happens(request, at)
    tracker = _tracker(request)
    at.tick(days=2)

    told = api.hal().get(f"/requests/{request.pk}/clock").json

    sentences = [*told["why"], *(event["sentence"] for event in told["events"])]
    governing = next(clock for clock in told["clocks"] if clock["governs"])
    sentences += [segment["because"] for segment in governing["segments"]]
    person = tracker.open(tracker.address).text
    desk = _plain(signed_in("hal").get(sheet(request)).content.decode())
    assert said in " ".join(told["why"])
    assert [sentence for sentence in sentences if sentence not in person] == []
    assert [sentence for sentence in sentences if sentence not in desk] == []
