"""Why this date? The same sentences for the person, for staff and for programs, and the same refusals."""

import html
import re
from typing import Any

import pytest
from django.utils import timezone

from dsr import reckoning, why
from dsr.models import SubjectRequest
from dsr.services import review, threads, timing
from tests import builders, organisation
from tests.architecture.habits import ROOT
from tests.clock import Clock
from tests.interfaces.admin.desk import QUEUE, sheet, signed_in
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


def _banned(request: SubjectRequest, verb: str, body: dict[str, str]) -> dict[str, Any]:
    """Try a move by the interface; return the problem after looking at its form."""
    answered = api.hal().move(request.pk, verb, body)
    assert (answered.status, answered.code) == (409, "forbidden-by-law")
    assert answered.json["source"]
    return dict(answered.json)


def _same_everywhere(request: SubjectRequest, verb: str, problem: dict[str, Any]) -> None:
    """The desk shows the move greyed out with the sentence of the problem, and the list of moves names the rule."""
    moves = api.hal().get(f"/requests/{request.pk}/moves").json["results"]
    listed = next(move for move in moves if move["verb"] == verb)
    assert (listed["allowed"], listed["because"], listed["rule"]) == (False, problem["detail"], problem["rule"])
    desk = _plain(signed_in("hal").get(sheet(request)).content.decode())
    assert problem["detail"] in desk


EXTEND = {"ground": "complexity", "reason": "There is much of it."}


def test_extension_after_the_date_is_refused_with_the_rule(at: Clock) -> None:
    request = _in_review("eu", at)
    at.tick(days=40)

    problem = _banned(request, "extend", EXTEND)

    assert problem["rule"].startswith("eu_gdpr/")
    assert "had to be told by" in problem["detail"]
    _same_everywhere(request, "extend", problem)


def test_second_extension_is_refused_with_the_rule(at: Clock) -> None:
    request = _in_review("eu", at)
    _put_off(request, at)

    problem = _banned(request, "extend", EXTEND)

    assert "put off before" in problem["detail"]
    _same_everywhere(request, "extend", problem)


def test_question_stops_no_clock_where_the_law_knows_no_pause(at: Clock) -> None:
    request = _in_review("us", at)

    problem = _banned(request, "clarify", {"text": "Which account?"})

    assert problem["rule"].startswith("us_ca_ccpa/")
    _same_everywhere(request, "clarify", problem)
    told = api.hal().get(f"/requests/{request.pk}/clock").json
    assert problem["detail"] in [ban["because"] for ban in told["forbidden"]]


def test_refusal_after_the_day_is_refused_with_the_rule(at: Clock) -> None:
    request = _in_review("eu", at)
    review.propose_refusal(request.pk, "manifestly_unfounded", "Never ours.", by=builders.hal(), at=at())
    builders.argue(request, at())
    at.tick(days=40)

    answered = api.dora().move(request.pk, "refuse", {})

    assert (answered.status, answered.code) == (409, "forbidden-by-law")
    assert answered.json["rule"].startswith("eu_gdpr/")


def test_moves_in_time_mind_the_version_and_the_key(at: Clock) -> None:
    request = _in_review("uk", at)
    asked = {"text": "Which account?"}

    stale = api.hal().move(request.pk, "clarify", asked, match='"1"')
    once = api.hal()
    first = once.move(request.pk, "clarify", asked, key="one-question")
    again = once.move(request.pk, "clarify", asked, key="one-question")

    assert stale.status == 412
    assert (first.status, again.status, again.json) == (200, 200, first.json)
    events = api.hal().get(f"/requests/{request.pk}/clock").json["events"]
    assert [event["kind"] for event in events].count("clarification_asked") == 1


def test_person_accepts_the_fee_from_the_tracker_and_the_clock_runs_again(at: Clock) -> None:
    request = _in_review("ch", at)
    _fee(request, at)
    tracker = _tracker(request)
    assert "The answer costs 120 CHF." in tracker.text
    assert "The time for the answer" in tracker.text
    at.tick(days=2)

    tracker.press("Accept the fee of 120 CHF")

    assert "The fee is accepted" in tracker.text
    assert builders.again(request).fee_told_at is None
    assert "Accept the fee" not in tracker.open(tracker.address).text


def test_desk_finds_what_stands_still_and_says_so_in_the_row(at: Clock) -> None:
    request, other = _in_review("uk", at), _in_review("eu", at)
    _asked(request, at)

    found = _plain(signed_in("hal").get(QUEUE, {"due": "still"}).content.decode())

    assert request.submission.reference in found
    assert other.submission.reference not in found
    assert "clock stands still" in found


def test_extension_form_names_the_last_day_and_the_grounds_of_the_law(at: Clock) -> None:
    request = _in_review("eu", at)

    page = _plain(signed_in("hal").get(sheet(request)).content.decode())

    expected = why.put_off_to(request, at())
    assert expected is not None
    assert f"At the latest to {expected.day} {expected:%b %Y}" in page


def test_law_is_proposed_from_what_is_said_and_never_from_the_network() -> None:
    readers = {path.name for path in (ROOT / "dsr").rglob("*.py") if "REMOTE_ADDR" in path.read_text()}

    assert readers == {"throttle.py"}, "an address on the network limits how often somebody asks, and nothing else"
    proposing = (ROOT / "dsr" / name for name in ("reckoning.py", "rules/rulepack.py", "services/intake.py"))
    assert not any("request.META" in path.read_text() or "geoip" in path.read_text().lower() for path in proposing)
