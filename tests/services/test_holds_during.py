"""What changes between the approval of a deletion and its end is minded, and what is done already stays told."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dsr.lifecycle import State, Turn
from dsr.models import Deadline, DeadlineKind, Event, Kept, LegalHold, SubjectRequest, Task, TaskState
from dsr.policies import Caller
from dsr.services import acting, holds, schedule, stopping, taskrun
from dsr.services.erasure import plan
from dsr.services.taskwork import Claim
from tests import builders, estate
from tests import outpost as outposts
from tests.clock import Clock
from tests.drain import drain
from tests.outpost import Outpost, outpost
from tests.outpost_changes import LIE

__all__ = ["outpost"]
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def _officer(name: str) -> Caller:
    """Somebody who sets holds and keeps the schedule."""
    return Caller.of_user(builders.staff(name, "set_holds", "edit_retention"), "admin")


def _hold(at: datetime, *systems: str) -> LegalHold:
    """Everything about Ada is to be kept; nobody else has confirmed it yet."""
    wanted = holds.Wanted(
        ground="legal_hold",
        matter="Ada against us",
        owner_id=builders.staff("dora").pk,
        review_on=at.date() + 90 * DAY,
        people={"email": [builders.ADA]},
        systems=systems,
    )
    return holds.propose(wanted, by=_officer("dora"), at=at)


def _lift(hold: LegalHold, at: datetime) -> None:
    holds.propose_lifting(hold.pk, "It is settled.", by=_officer("dora"), at=at)
    holds.lift(hold.pk, by=_officer("vera"), at=at)


def _begin(request: SubjectRequest) -> datetime:
    """The wait is over; no system has been told anything."""
    assert request.act_at is not None
    acting.start(Deadline.objects.get(request=request, kind=DeadlineKind.ACT), request.act_at)
    assert Task.objects.filter(request=request, state=TaskState.WAITING).exists()
    return request.act_at


def _halted(request: SubjectRequest) -> list[Any]:
    return [event.data["code"] for event in Event.objects.filter(request=request, verb="halt")]


def _run(system: str, at: datetime) -> None:
    task = Task.objects.get(system__key=system, state=TaskState.WAITING)
    assert taskrun.run_task(task.pk, at=at)


@pytest.fixture
def url(tmp_path: Path, clock: Clock, db: None) -> str:
    """The address of the estate."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


@pytest.fixture
def branch(tmp_path: Path, clock: Clock, url: str) -> str:
    """The address of another estate, a system of its own."""
    address = estate.sqlite(tmp_path, clock(), "branch")
    estate.estate(address, clock(), "branch")
    return address


def test_hold_set_after_the_approval_brings_it_back_before_anything_is_done(url: str, clock: Clock) -> None:
    request, before = estate.approved(clock()), estate.texts(url)
    assert request.act_at is not None
    _hold(clock.tick())

    drain(request.act_at)

    assert (builders.again(request).state, _halted(request)) == (State.IN_REVIEW, ["hold_set"])
    assert estate.texts(url) == before
    assert {(part.erase, part.ground) for part in plan.parts(request) if part.found} == {(0, "legal_hold")}


def test_hold_set_between_two_systems_spares_the_second_and_leaves_the_first_told(
    url: str, branch: str, clock: Clock
) -> None:
    request, before = estate.approved(clock()), estate.texts(branch)
    at = _begin(request)
    _run("estate", at)
    first = {line: value for line, value in estate.lines(request).items() if line[1] == "erased"}
    _hold(at)

    _run("branch", at)

    assert (builders.again(request).state, _halted(request)) == (State.IN_REVIEW, ["hold_set"])
    assert estate.texts(branch) == before
    assert first
    assert first.items() <= estate.lines(request).items()

    at += timedelta(minutes=1)
    drain(at)
    kept = {part.ground for part in plan.parts(request) if part.system == "branch" and part.keep}
    ended = estate.approve(request, at)
    drain(ended.act_at or at)

    request = builders.again(request)
    assert kept == {"legal_hold"}
    assert (request.state, request.outcome) == (State.CLOSED, "partly_fulfilled")
    assert estate.texts(branch) == before.replace(f"{estate.ADA_PHONE}', True", f"{estate.ADA_PHONE}', False")
    told = {(line.system.key, line.category): line.count for line in request.ledger.filter(outcome="erased")}
    assert told == {("estate", category): count for (category, _), (count, _, _) in first.items()}
    assert not request.ledger.filter(system__key="branch").exclude(outcome="kept").exists()


def test_hold_set_while_a_system_erases_is_minded_before_its_commit(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = estate.approved(clock())
    at = _begin(request)
    people = estate.ids(url, estate.customers), estate.ids(url, estate.profiles), estate.ids(url, estate.calls)
    asked, still = [], Claim.still

    def stilled(claim: Claim) -> bool:
        asked.append(claim)
        if len(asked) == 2:  # before the erasure, and now inside it
            _hold(at)
        return still(claim)

    monkeypatch.setattr(Claim, "still", stilled)
    _run("estate", at)

    assert len(asked) == 2
    assert (builders.again(request).state, _halted(request)) == (State.IN_REVIEW, ["hold_set"])
    assert (
        estate.ids(url, estate.customers),
        estate.ids(url, estate.profiles),
        estate.ids(url, estate.calls),
    ) == people
    assert builders.ADA in estate.texts(url)
    assert estate.lines(request) == {}


def test_worker_that_died_after_erasing_leaves_it_told_though_a_hold_comes_before_the_next(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so does one who is still at it when staff bring the request back."""
    request = estate.approved(clock())
    at = _begin(request)
    with monkeypatch.context() as patch:
        patch.setattr(taskrun, "_record", lambda *_: None)
        _run("estate", at)
    assert builders.ADA not in estate.texts(url)
    _hold(at)
    acting.halt(request.pk, "There is a letter of a court.", by=builders.hal(), at=at)

    drain(at + timedelta(minutes=6))

    assert (builders.again(request).state, _halted(request)) == (State.IN_REVIEW, ["by_staff"])
    assert estate.lines(request)["contact_data", "erased"] == (1, "", None)
    assert {row.category: row.count for row in Kept.objects.filter(dataset="invoices")} == {"purchase_payment_data": 2}
    assert Task.objects.get().state == TaskState.DONE


def test_invoice_issued_meanwhile_brings_it_back(url: str, clock: Clock) -> None:
    request = estate.approved(clock())
    assert request.act_at is not None
    row = {"id": 13, "customer_id": 1, "issued_on": clock().date(), "status": "open", "total": 9}
    _write(url, estate.invoices.insert().values(row))

    drain(request.act_at)

    assert (builders.again(request).state, _halted(request)) == (State.IN_REVIEW, ["more_found"])
    assert builders.ADA in estate.texts(url)


def _write(url: str, statement: sa.Insert | sa.Update) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(statement)
    engine.dispose()


def test_stop_by_somebody_on_file_keeps_everything_until_it_is_lifted(url: str, clock: Clock) -> None:
    request, before = estate.approved(clock()), estate.texts(url)
    assert request.act_at is not None
    stopping.stop_for(request.pk, "She rang: it was not her.", by=builders.hal(), at=clock.tick())

    drain(request.act_at + DAY)

    stopped = builders.again(request)
    assert (stopped.state, stopped.turn, estate.texts(url)) == (State.IN_REVIEW, Turn.STAFF, before)
    stopping.resume(request.pk, "It was her after all.", by=builders.vera(), at=request.act_at + 2 * DAY)
    drain(request.act_at + 2 * DAY)
    ended = estate.approve(request, request.act_at + 2 * DAY)
    drain(ended.act_at or request.act_at)
    assert builders.again(request).state == State.CLOSED
    assert builders.ADA not in estate.texts(url)


def test_what_was_kept_under_a_hold_goes_by_itself_once_it_is_lifted(url: str, clock: Clock) -> None:
    hold = _hold(clock())
    holds.confirm(hold.pk, by=_officer("vera"), at=clock())
    request = estate.approved(clock())
    assert request.act_at is not None
    drain(request.act_at)
    assert {outcome for _, outcome in estate.lines(request)} == {"kept"}
    assert builders.ADA in estate.texts(url)

    later = request.act_at + 10 * DAY
    _lift(hold, later)
    drain(later)

    told = estate.lines(request)
    assert told["contact_data", "erased"] == (1, "", None)
    assert told["call_records", "kept"][:2] == (1, "legal_obligation_retain")
    assert builders.ADA not in estate.texts(url)
    assert estate.ids(url, estate.invoices) == [10, 11]
    assert Event.objects.filter(request=request, verb="erased_later").count() == 1
    assert not Kept.objects.filter(hold=hold, ended_at=None).exists()


def test_kept_invoice_goes_when_its_day_has_come_and_the_other_stays(url: str, clock: Clock) -> None:
    request = estate.approved(clock())
    assert request.act_at is not None
    drain(request.act_at)
    assert estate.ids(url, estate.invoices) == [10, 11]

    _write(url, estate.invoices.update().values(status="paid"))
    for days in (40, 100):  # nothing is open any more, so there is a day now for each
        drain(clock() + days * DAY)
    due = Kept.objects.get(dataset="invoices", ended_at=None)
    assert due.check_at is not None
    drain(due.check_at)

    assert estate.ids(url, estate.invoices) == [10]
    told = estate.lines(request)
    assert told["purchase_payment_data", "erased"] == (2, "", None)
    assert told["purchase_payment_data", "kept"][0] == 1
    [event] = Event.objects.filter(request=request, verb="erased_later")
    assert event.data["records"] == 3  # with the call and the warning, whose days came before

    last = Kept.objects.get(dataset="invoices", ended_at=None)
    assert last.check_at is not None
    drain(last.check_at)

    assert estate.ids(url, estate.invoices) == []
    assert ("purchase_payment_data", "kept") not in estate.lines(request)
    assert estate.lines(request)["purchase_payment_data", "erased"] == (3, "", None)


@pytest.mark.parametrize("decision", ["accept", "retry"])
def test_system_that_says_done_and_did_nothing_is_never_told_as_erased(
    clock: Clock, outpost: Outpost, decision: str
) -> None:
    outposts.enter(outpost, clock(), abilities=["erase"])
    request = estate.approved(clock())
    assert request.act_at is not None
    outpost.holdings.orders = [LIE]

    drain(request.act_at)

    task, stuck = Task.objects.get(), builders.again(request)
    assert (task.state, task.code) == (TaskState.STUCK, "nothing_changed")
    assert (stuck.state, stuck.turn, estate.lines(request)) == (State.FULFILLING, Turn.STAFF, {})
    if decision == "accept":
        taskrun.accept_failure(request.pk, task.pk, "They are gone.", by=builders.vera(), at=request.act_at)
    else:
        taskrun.retry(request.pk, task.pk, by=builders.hal(), at=request.act_at)
        drain(request.act_at)
    ended = builders.again(request)
    outcomes = {outcome for _, outcome in estate.lines(request)}
    expected = {"accept": ("partly_fulfilled", {"failed"}), "retry": ("fulfilled", {"erased"})}[decision]
    assert (ended.state, ended.outcome, outcomes) == (State.CLOSED, *expected)
    assert (builders.ADA in outpost.rows) == (decision == "accept")


def test_change_of_the_schedule_published_meanwhile_brings_it_back(url: str, clock: Clock) -> None:
    request, before = estate.approved(clock()), estate.texts(url)
    assert request.act_at is not None
    row = schedule.as_it_stands("marketing_communications_data")
    edit = schedule.Edit(
        row.rule, row.event, "P2Y", row.ceiling, yields=False, ground="legal_claims", reason="A new law."
    )
    change = schedule.propose(edit, by=_officer("dora"), at=clock.tick())
    schedule.publish(change.pk, by=_officer("vera"), at=clock.tick())

    drain(request.act_at)

    assert (builders.again(request).state, _halted(request)) == (State.IN_REVIEW, ["must_be_kept"])
    assert estate.texts(url) == before
