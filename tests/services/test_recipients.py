"""Those who were given data are told of what is done with it: of each thing once, and when it is done."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Kept, SubjectRequest, System, Task, TaskKind, TaskResult, TaskState
from dsr.policies import Caller
from dsr.services import acting, holds, recipients, review, taskpaper, taskrun
from notifications.models import Message
from tests import builders, estate, organisation
from tests.clock import Clock
from tests.drain import drain
from verification import grants

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def url(tmp_path: Path, clock: Clock, db: None) -> str:
    """The address of the estate."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


@pytest.fixture
def other(tmp_path: Path, clock: Clock, url: str) -> str:
    """The address of an estate of somebody who was given the data and takes it from a machine."""
    other = estate.sqlite(tmp_path, clock(), "other")
    estate.estate(other, clock(), "other", role="recipient")
    return other


@pytest.fixture
def cabinet(clock: Clock, url: str) -> System:
    """Somebody who was given the data and gets a worksheet."""
    system = organisation.cabinet(clock())
    System.objects.filter(pk=system.pk).update(role="recipient")
    return system


def _tellings(request: SubjectRequest) -> list[Task]:
    return list(request.tasks.filter(kind=TaskKind.TELL).order_by("ordinal"))


def _paid(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(estate.invoices.update().values(status="paid"))
    engine.dispose()


def _sheet(task: Task, at: datetime) -> taskpaper.TaskSheet:
    return taskpaper.sheet_of(grants.issue(taskpaper.TASKSHEET, task.pk, at, lasts=DAY, uses=None), at)


def _years(clock: Clock) -> datetime:
    """Let the years pass after which everything that was kept has gone."""
    for _ in range(8):
        drain(clock.tick(days=366))
    assert not Kept.objects.filter(ended_at=None).exists()
    return clock()


def test_what_was_kept_and_goes_later_is_told_then_though_the_case_is_forgotten(
    url: str, clock: Clock, cabinet: System
) -> None:
    request = estate.approved(clock())
    drain(clock.tick(days=4))
    [first] = _tellings(request)
    _paid(url)

    drain(_years(clock) + DAY)

    assert builders.again(request).submission.purged_at is not None
    later = _tellings(request)[1:]
    told = [category for task in later for category in task.terms["only"]]
    assert {"purchase_payment_data", "call_records", "fraud_signals"} <= set(told)
    assert "marketing_communications_data" not in told
    assert {task.state for task in later} == {TaskState.WITH_OWNER}
    assert _sheet(later[-1], clock()).who == {"email": [builders.ADA]}
    assert _sheet(later[-1], clock()).only == tuple(later[-1].terms["only"])
    assert _sheet(first, clock()).only == ()
    assert Message.objects.filter(kind="task_worksheet", about=request.submission_id).count() > len(later)


def test_nothing_names_the_person_any_more_once_the_last_recipient_has_answered(
    url: str, clock: Clock, cabinet: System
) -> None:
    request = estate.approved(clock())
    drain(clock.tick(days=4))
    _paid(url)
    drain(_years(clock) + DAY)

    for task in _tellings(request):
        if task.state == TaskState.WITH_OWNER:
            token = grants.issue(taskpaper.TASKSHEET, task.pk, clock(), lasts=DAY, uses=None)
            taskpaper.report(token, [taskpaper.Said("done")], "", at=clock())

    tasks = Task.objects.filter(request=request, late=True).select_related("data_key")
    assert {task.data_key.wrapped for task in tasks if task.data_key} == {None}


def test_machine_of_a_recipient_erases_later_what_has_gone_here_and_nothing_else(
    url: str, clock: Clock, other: str
) -> None:
    request = estate.approved(clock())
    drain(clock.tick(days=4))
    before = {table.name: estate.ids(other, table) for table in (estate.invoices, estate.flags)}
    _paid(url)
    _paid(other)
    estate_before = estate.ids(other, estate.profiles)

    drain(_years(clock) + DAY)

    assert before["invoices"] != []
    assert {table.name: estate.ids(other, table) for table in (estate.invoices, estate.flags)} == {
        "invoices": [],
        "flags": [],
    }
    assert estate.ids(other, estate.profiles) == estate_before
    assert {task.result for task in _tellings(request)} == {TaskResult.DONE}


def test_recipient_under_a_hold_keeps_what_has_gone_here(url: str, clock: Clock, other: str) -> None:
    request = estate.approved(clock())
    drain(clock.tick(days=4))
    _paid(url)
    kept = estate.ids(other, estate.invoices)
    dora = Caller.of_user(builders.staff("dora", "set_holds"), "admin")
    people = {"email": [builders.ADA]}
    on = clock().date() + 90 * DAY
    holds.propose(holds.Wanted("legal_hold", "Ada", dora.user_id, on, people, systems=("other",)), by=dora, at=clock())

    drain(_years(clock) + DAY)

    assert estate.ids(url, estate.invoices) == []
    assert estate.ids(other, estate.invoices) == kept
    assert _tellings(request)[-1].result == TaskResult.KEPT


def _begin(request: SubjectRequest) -> datetime:
    assert request.act_at is not None
    acting.start(Deadline.objects.get(request=request, kind=DeadlineKind.ACT), request.act_at)
    return request.act_at


def _tell_alone(request: SubjectRequest) -> datetime:
    """Tell the recipients, and nobody else so far."""
    at = _begin(request)
    for task in _tellings(request):
        taskrun.run_task(task.pk, at=at)
    return at


def test_recipient_that_was_told_is_not_told_the_same_by_a_second_approval(url: str, clock: Clock, other: str) -> None:
    request = estate.approved(clock())
    at = _tell_alone(request)
    acting.halt(request.pk, "Somebody rang.", by=builders.hal(), at=at)
    drain(at)

    request = estate.approve(request, at)
    drain(request.act_at or at)

    assert builders.again(request).state == State.CLOSED
    assert [task.result for task in _tellings(request)] == [TaskResult.DONE]


def test_recipient_who_has_the_worksheet_keeps_it_over_a_second_approval(
    url: str, clock: Clock, cabinet: System
) -> None:
    request = estate.approved(clock())
    at = _tell_alone(request)
    acting.halt(request.pk, "Somebody rang.", by=builders.hal(), at=at)
    drain(at)
    [off] = _tellings(request)

    request = estate.approve(request, at)
    drain(request.act_at or at)

    [task] = _tellings(request)
    assert (off.state, task.state, task.reminders) == (TaskState.CALLED_OFF, TaskState.WITH_OWNER, 0)
    assert _sheet(task, at).open
    assert Message.objects.filter(kind="task_worksheet").count() == 1


def test_second_approval_tells_of_what_goes_by_it_alone(url: str, clock: Clock, other: str) -> None:
    request = estate.asked(clock())
    review.withhold(
        request.pk, "marketing_communications_data", "legal_claims", "A claim.", by=builders.hal(), at=clock()
    )
    drain(clock())
    request = estate.approve(request, clock())
    at = _tell_alone(request)
    acting.halt(request.pk, "Somebody rang.", by=builders.hal(), at=at)
    drain(at)
    held = request.withholdings.get()
    review.release(request.pk, held.pk, by=builders.hal(), at=at)
    drain(at)

    request = estate.approve(request, at)
    drain(request.act_at or at)

    first, second = _tellings(request)
    assert second.terms == {"of": ["marketing_communications_data"], "only": ["marketing_communications_data"]}
    assert "marketing_communications_data" not in first.terms["of"]
    assert (first.result, second.result) == (TaskResult.DONE, TaskResult.DONE)
    assert estate.ids(other, estate.profiles) == [2]


def test_day_on_which_a_recipient_was_told_is_when_it_was_and_not_when_it_was_to_be(
    url: str, clock: Clock, other: str, cabinet: System
) -> None:
    request = estate.approved(clock())
    at = _begin(request)
    before = recipients.told(request)
    by_machine, by_hand = Task.objects.get(system__key="other"), Task.objects.get(system=cabinet)

    taskrun.run_task(by_machine.pk, at=at + 2 * DAY)
    taskrun.run_task(by_hand.pk, at=at + 3 * DAY)
    drain(at + 3 * DAY)

    assert [told.at for told in before] == [None, None]
    days = {told.name: told.at.date() for told in recipients.told(request) if told.at}
    assert days == {"The estate": (at + 2 * DAY).date(), "The cabinet": (at + 3 * DAY).date()}
    [certificate] = request.certificates.all()
    assert {(row["name"], row["told_on"]) for row in certificate.document["recipients"]} == {
        (name, day.isoformat()) for name, day in days.items()
    }


def test_no_day_is_shown_for_a_recipient_that_could_not_be_told(url: str, clock: Clock, other: str) -> None:
    request = estate.approved(clock())
    at = _begin(request)
    Task.objects.filter(kind=TaskKind.TELL).update(state=TaskState.STUCK, code="fault", started_at=at, attempts=8)

    drain(at)

    [told] = recipients.told(request)
    [certificate] = request.certificates.all()
    assert told.at is None
    assert certificate.document["recipients"] == [{"name": "The estate", "told_on": None, "answer": ""}]
