"""One system's part under many hands: searched once, reported once, and whoever lost the lease lost his result."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dsr.errors import WrongState
from dsr.models import Attempt, Event, Step, SubjectRequest, WorksheetFile
from dsr.services import history, orphans, review, search, storage, sweeping, worksheets
from tests import builders, organisation
from tests import outpost as outposts
from tests.clock import Clock
from tests.drain import drain
from tests.outpost import SLOW, Outpost, outpost
from tests.together import kinds, together

__all__ = ["outpost"]
pytestmark = pytest.mark.django_db(transaction=True)
NOTE = ("letters", "letter.txt", "text/plain")


@pytest.fixture(autouse=True)
def _world(clock: Clock, tmp_path: Path, settings: Any, db: None) -> None:
    """A vault of the test's own."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"


def _confirmed(clock: Clock) -> SubjectRequest:
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    return builders.only(filed.submission)


def _parcels() -> list[str]:
    return list(storage.vault().list_prefix("parcels/"))


def test_step_taken_by_many_workers_is_done_by_one(clock: Clock, outpost: Outpost) -> None:
    outposts.enter(outpost, clock())
    request = _confirmed(clock)
    step, at = request.steps.get(), clock.tick()

    results = together([lambda: search.run_step(step.pk, at=at)] * 6)

    assert results.count(True) == 1, results
    assert results.count(False) == 5
    assert len(outpost.asked) == Attempt.objects.count() == len(_parcels()) == 1
    assert Event.objects.filter(verb="system_answered").count() == 1


def test_last_two_systems_that_answer_at_once_end_the_search_once(clock: Clock, tmp_path: Path) -> None:
    for number in range(3):
        organisation.desk(tmp_path, clock(), key=f"desk-{number}")
    for _ in range(3):
        request = _confirmed(clock)
        at = clock.tick()

        results = together([partial(search.run_step, step.pk, at=at) for step in request.steps.all()])

        assert results == [True] * 3
        assert Event.objects.filter(request=request, verb="found").count() == 1
        assert builders.again(request).searched_at is not None


@pytest.mark.parametrize("renew_after", [60.0, 0.0], ids=["at the end", "on the way"])
def test_worker_that_lost_its_lease_half_way_throws_its_result_away(
    clock: Clock, outpost: Outpost, monkeypatch: pytest.MonkeyPatch, renew_after: float
) -> None:
    outposts.enter(outpost, clock())
    outpost.script, outpost.pause = [SLOW], 0.4
    monkeypatch.setattr(search, "_RENEW_AFTER", renew_after)
    request = _confirmed(clock)
    step, at = request.steps.get(), clock.tick()

    def second() -> bool:
        assert outpost.going.wait(timeout=20)
        return search.run_step(step.pk, at=at + search.LEASE + timedelta(seconds=1))

    results = together([lambda: search.run_step(step.pk, at=at), second])

    step.refresh_from_db()
    assert results == [True, True]
    assert (step.state, step.result, step.attempts) == ("done", "found", 2)
    assert _parcels() == [step.parcel]
    assert list(Attempt.objects.order_by("number").values_list("result", flat=True)) == ["", "found"]
    assert Event.objects.filter(verb="system_answered").count() == 1
    assert len(set(outpost.keys())) == 1


def test_lease_is_renewed_while_a_slow_system_answers(
    clock: Clock, outpost: Outpost, monkeypatch: pytest.MonkeyPatch
) -> None:
    outposts.enter(outpost, clock())
    outpost.script, outpost.pause = [SLOW], 0.3
    monkeypatch.setattr(search, "_RENEW_AFTER", 0.1)
    monkeypatch.setattr(search, "LEASE", timedelta(seconds=5))
    request = _confirmed(clock)
    step, at = request.steps.get(), clock.tick()
    claimed: list[Any] = []

    def watch() -> None:
        assert outpost.going.wait(timeout=20)
        while step_state() == "waiting":
            claimed.append(Step.objects.values_list("claimed_until", flat=True).get())

    def step_state() -> str:
        return str(Step.objects.values_list("state", flat=True).get())

    together([lambda: search.run_step(step.pk, at=at), watch])

    times = {each for each in claimed if each is not None}
    assert len(times) >= 2
    assert max(times) > at + timedelta(seconds=5)


@pytest.mark.parametrize("decision", ["retry", "go_without", "withdraw"])
def test_decision_about_a_system_that_is_being_searched_stands(clock: Clock, outpost: Outpost, decision: str) -> None:
    outposts.enter(outpost, clock())
    outpost.script, outpost.pause = [SLOW], 0.3
    request = _confirmed(clock)
    step, at, hal = request.steps.get(), clock.tick(), builders.hal()
    decide: dict[str, Callable[[], Any]] = {
        "retry": lambda: search.retry(request.pk, step.pk, by=hal, at=at),
        "go_without": lambda: search.go_without(request.pk, step.pk, "Too slow.", by=hal, at=at),
        "withdraw": lambda: review.withdraw(request.pk, by=hal, at=at),
    }

    def meanwhile() -> Any:
        assert outpost.going.wait(timeout=20)
        return decide[decision]()

    results = together([lambda: search.run_step(step.pk, at=at), meanwhile])
    between = (Step.objects.get().state, _parcels())
    drain(clock.tick())

    assert kinds(results) == {"bool": 1, "SubjectRequest": 1}, results
    assert between == ("waiting" if decision == "retry" else "done", [])
    assert Step.objects.get().result == ("found" if decision == "retry" else "left_out")
    assert len(_parcels()) == int(decision == "retry")
    assert history.verify().whole


# --- worksheets ------------------------------------------------------------------------------------------------------


@pytest.fixture
def token(clock: Clock) -> str:
    """Olga's link to the cabinet's worksheet."""
    organisation.cabinet(clock())
    request = _confirmed(clock)
    return builders.token_in(builders.letters_to(request.submission, "worksheet")[-1].link)


def test_worksheet_reported_by_many_at_once_is_reported_once(token: str, clock: Clock) -> None:
    worksheets.add_file(token, *NOTE, [b"Dear Ada"], at=clock.tick())
    at = clock.tick()

    results = together([lambda: worksheets.report(token, "found", "", at=at)] * 5)

    assert kinds(results) == {"Step": 1, "WrongState": 4}, results
    step = Step.objects.get()
    assert (step.result, _parcels()) == ("found", [step.parcel])
    assert Event.objects.filter(verb="owner_reported").count() == Attempt.objects.count() == 1
    assert list(storage.vault().list_prefix("worksheets/")) == []


def test_contradicting_reports_at_once_leave_one(token: str, clock: Clock) -> None:
    at = clock.tick()

    results = together(
        [
            lambda: worksheets.report(token, "nothing_held", "", at=at),
            lambda: worksheets.report(token, "refused", "It is under a court order.", at=at),
        ]
    )

    assert kinds(results) == {"Step": 1, "WrongState": 1}, results
    assert (Step.objects.get().state, Step.objects.get().code) in {("done", ""), ("stuck", "owner_refused")}


def test_files_handed_in_while_the_report_is_made_are_in_it_or_refused(token: str, clock: Clock) -> None:
    worksheets.add_file(token, *NOTE, [b"Dear Ada"], at=clock.tick())
    at = clock.tick()

    def add() -> str:
        try:
            worksheets.add_file(token, *NOTE, [b"And another"], at=at)
        except WrongState:
            return "refused"
        return "kept"

    def report() -> str:
        try:
            worksheets.report(token, "found", "", at=at)
        except WrongState:
            return "changed"
        return "reported"

    results = together([add, add, report])
    if "changed" in results:
        worksheets.report(token, "found", "", at=clock.tick())

    assert Step.objects.get().counts == {"support_feedback_data": 1 + results.count("kept")}
    assert not WorksheetFile.objects.exists()
    assert list(storage.vault().list_prefix("worksheets/")) == []


def test_owner_is_reminded_once_by_many_sweepers(token: str, clock: Clock) -> None:
    at = clock.tick(days=3)

    results = together([lambda: sweeping.sweep(at)] * 4)

    assert all(isinstance(result, sweeping.Tally) and not result.failures for result in results), results
    assert Event.objects.filter(verb="owner_reminded").count() == 1


def test_parcel_of_a_report_is_not_swept_up_while_it_is_made(token: str, clock: Clock) -> None:
    worksheets.add_file(token, *NOTE, [b"Dear Ada"], at=clock.tick())
    at = clock.tick()

    together(
        [lambda: worksheets.report(token, "found", "", at=at)] + [lambda: orphans.sweep(at - timedelta(minutes=1))] * 3
    )

    assert _parcels() == [Step.objects.get().parcel]
