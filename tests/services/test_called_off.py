"""What was called off is not done, what nobody does is not waited for, and nobody is said to be told who was not."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsr.errors import Incomplete, WrongState
from dsr.lifecycle import State, Turn
from dsr.models import (
    Deadline,
    DeadlineKind,
    ItemDecision,
    Kept,
    LegalHold,
    Restriction,
    SubjectRequest,
    System,
    Task,
    TaskKind,
    TaskState,
)
from dsr.policies import Caller, can_make
from dsr.rights import Right
from dsr.selectors import queue
from dsr.services import (
    acting,
    correction,
    holds,
    intake,
    recipients,
    restriction,
    review,
    schedule,
    stopping,
    taskpaper,
    taskrun,
    taskwork,
)
from dsr.services._moves import holding
from dsr.services.correction import Decision
from dsr.services.erasure import kept
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


def _begin(request: SubjectRequest) -> datetime:
    """The wait is over; no system has been told anything."""
    assert request.act_at is not None
    acting.start(Deadline.objects.get(request=request, kind=DeadlineKind.ACT), request.act_at)
    return request.act_at


def test_withdrawal_right_before_the_first_system_is_told_keeps_everything(url: str, clock: Clock) -> None:
    request, before = estate.approved(clock()), estate.texts(url)
    at = _begin(request)

    review.withdraw(request.pk, by=Caller.person(), at=at)
    drain(at + DAY)

    assert (builders.again(request).outcome, estate.texts(url)) == ("withdrawn", before)
    assert set(request.tasks.values_list("state", flat=True)) == {TaskState.CALLED_OFF}


def test_stop_between_two_systems_spares_the_second(url: str, clock: Clock, tmp_path: Path) -> None:
    branch = estate.sqlite(tmp_path, clock(), "branch")
    estate.estate(branch, clock(), "branch")
    request, before = estate.approved(clock()), estate.texts(branch)
    at = _begin(request)
    taskrun.run_task(Task.objects.get(system__key="estate").pk, at=at)

    stopping.stop_for(request.pk, "She rang: it was not her.", by=builders.hal(), at=at)
    drain(at + DAY)

    request = builders.again(request)
    assert (request.state, request.turn) == (State.IN_REVIEW, Turn.STAFF)
    assert estate.texts(branch) == before
    assert builders.ADA not in estate.texts(url)


def test_task_that_is_tried_anew_still_counts_as_begun(url: str, clock: Clock) -> None:
    request = estate.approved(clock())
    at = _begin(request)
    Task.objects.update(state=TaskState.STUCK, code="fault", started_at=at, attempts=8)

    taskrun.retry(request.pk, Task.objects.get().pk, by=builders.hal(), at=at)

    assert not can_make(builders.again(request), "withdraw", Caller.person(), at)


def test_hold_about_an_account_number_protects_where_only_the_address_is_known(url: str, clock: Clock) -> None:
    letters = estate.estate(url, clock(), "letters")
    config = {**letters.open_json("config"), "tables": [t for t in estate.TABLES if t["dataset"] == "profiles"]}
    letters.seal_json("config", config)
    letters.identifiers = ["email"]
    letters.save()
    wanted = holds.Wanted(
        ground="legal_hold",
        matter="Ada against us",
        owner_id=builders.staff("dora").pk,
        review_on=clock().date() + 90 * DAY,
        people={"account": [estate.ADA_ACCOUNT]},
        systems=("letters",),
    )
    holds.propose(wanted, by=Caller.of_user(builders.staff("dora", "set_holds"), "admin"), at=clock())

    request = estate.asked(clock())

    [line] = request.steps.get(system=letters).plan
    assert (line["ground"], line["erase"], line["keep"]) == ("legal_hold", 0, 1)


def test_recipient_is_asked_to_erase_no_more_than_may_go_here(url: str, clock: Clock, tmp_path: Path) -> None:
    other = estate.sqlite(tmp_path, clock(), "other")
    estate.estate(other, clock(), "other", role="recipient")
    request = estate.approved(clock())

    drain(request.act_at or clock())

    assert request.tasks.get(kind=TaskKind.TELL).result == "done"
    assert estate.ids(other, estate.invoices) == estate.ids(url, estate.invoices)
    assert estate.ids(other, estate.profiles) == estate.ids(url, estate.profiles)


def test_nobody_is_said_to_be_told_by_a_task_that_was_called_off(url: str, clock: Clock) -> None:
    cabinet = organisation.cabinet(clock())
    System.objects.filter(pk=cabinet.pk).update(role="recipient")
    request = estate.approved(clock())
    at = _begin(request)
    acting.halt(request.pk, "Somebody rang.", by=builders.hal(), at=at)
    drain(at)

    told = recipients.told(request)
    ended = estate.approve(request, at)
    drain(ended.act_at or at)

    assert told == []
    [certificate] = request.certificates.all()
    assert len(certificate.document["recipients"]) == len(recipients.told(request)) == 1


def test_owner_who_never_answers_is_not_waited_for_for_ever(url: str, clock: Clock) -> None:
    organisation.cabinet(clock())
    request = estate.approved(clock())
    drain(request.act_at or clock())
    task = request.tasks.get(state=TaskState.WITH_OWNER)

    taskrun.accept_failure(request.pk, task.pk, "She has left.", by=builders.vera(), at=clock() + 30 * DAY)

    request = builders.again(request)
    assert (request.state, request.outcome) == (State.CLOSED, "partly_fulfilled")
    assert request.ledger.filter(system__key="cabinet", outcome="failed").exists()


def test_restriction_that_a_system_cannot_lift_does_not_last_for_ever(url: str, clock: Clock) -> None:
    request = builders.approved(Right.RESTRICTION, clock())
    drain(clock())
    restriction.tell_lifting(request.pk, "The data is right.", by=builders.vera(), at=clock())
    restriction.lift(Deadline.objects.get(kind=DeadlineKind.LIFT), clock() + 7 * DAY)
    task = request.tasks.get(kind=TaskKind.UNRESTRICT)
    Task.objects.filter(pk=task.pk).update(state=TaskState.STUCK, code="fault")

    taskrun.accept_failure(request.pk, task.pk, "Lifted by hand.", by=builders.vera(), at=clock() + 7 * DAY)

    assert not Restriction.objects.filter(lifted_at=None).exists()


def test_what_is_kept_anew_takes_the_keys_over_and_forgets_the_earlier_ones(url: str, clock: Clock) -> None:
    request = estate.approved(clock())
    drain(request.act_at or clock())
    row = Kept.objects.filter(request=request, dataset="invoices").order_by("category")[0]
    task = request.tasks.get(kind=TaskKind.ERASE)
    named = row.open_json("handles")["handles"]

    with holding(request_id=request.pk) as case:
        kept.keep(case, request, row.system, task.lines, {"invoices": ["new"]}, taskwork.about(task), clock() + DAY)

    old = Kept.objects.get(pk=row.pk)
    new = Kept.objects.get(request=request, dataset="invoices", category=row.category, ended_at=None)
    assert (old.handles_sealed, old.data_key.forgotten_at is not None) == (None, True)
    assert set(new.open_json("handles")["handles"]) == {"new", *named}


def test_statement_made_while_it_is_carried_out_reaches_the_system(url: str, clock: Clock) -> None:
    two = {"wrong_1": "My name", "right_1": "Augusta", "wrong_2": "The street", "right_2": "none"}
    request = builders.in_review(Right.CORRECTION, at=clock(), wants=(intake.Want(Right.CORRECTION, two),))
    stays = Decision(ItemDecision.REFUSE, ("estate.customers.street",), "accuracy_confirmed", "So it is.")
    for number, each in ((1, Decision(ItemDecision.CORRECT, ("estate.customers.name",))), (2, stays)):
        correction.decide_item(request.pk, number, each, by=builders.hal(), at=clock())
    request = estate.approve(request, clock())
    at = _begin(request)

    correction.disagree(request.pk, 2, "It is not so.", by=Caller.person(), at=at)
    drain(at)

    assert "It is not so." in estate.texts(url)
    assert builders.again(request).state == State.CLOSED


def test_report_takes_a_late_task_off_the_desk(url: str, clock: Clock) -> None:
    cabinet = organisation.cabinet(clock())
    System.objects.filter(pk=cabinet.pk).update(role="recipient")
    request = estate.approved(clock())
    drain(request.act_at or clock())
    for days in (10, 20, 40, 80):
        drain(clock() + days * DAY)
    assert builders.again(request).turn == Turn.STAFF
    task = request.tasks.get(kind=TaskKind.TELL)
    token = grants.issue(taskpaper.TASKSHEET, task.pk, clock(), lasts=99 * DAY, uses=None)

    taskpaper.report(token, [taskpaper.Said("done")], "", at=clock() + 81 * DAY)

    assert builders.again(request).turn == Turn.NOBODY


def test_task_that_nobody_has_to_decide_on_is_not_decided_on(url: str, clock: Clock) -> None:
    request = estate.approved(clock())
    at = _begin(request)

    with pytest.raises(WrongState) as refused:
        taskrun.accept_failure(request.pk, Task.objects.get().pk, "No.", by=builders.vera(), at=at)

    assert refused.value.code == "task-not-stuck"


def test_statement_is_taken_though_the_system_does_not_answer(url: str, clock: Clock, tmp_path: Path) -> None:
    two = {"wrong_1": "My name", "right_1": "Augusta", "wrong_2": "The street", "right_2": "none"}
    request = builders.in_review(Right.CORRECTION, at=clock(), wants=(intake.Want(Right.CORRECTION, two),))
    stays = Decision(ItemDecision.REFUSE, ("estate.customers.street",), "accuracy_confirmed", "So it is.")
    for number, each in ((1, Decision(ItemDecision.CORRECT, ("estate.customers.name",))), (2, stays)):
        correction.decide_item(request.pk, number, each, by=builders.hal(), at=clock())
    request = estate.approve(request, clock())
    drain(request.act_at or clock())
    database = tmp_path / "estate.sqlite3"
    database.rename(tmp_path / "away")
    (tmp_path / "estate.sqlite3").mkdir()

    correction.disagree(request.pk, 2, "It is not so.", by=Caller.person(), at=clock() + DAY)

    assert request.tasks.get(kind=TaskKind.ANNOTATE).open_json("changes")["who"] == {"email": [builders.ADA]}


def test_nothing_is_put_right_in_a_system_that_was_not_asked(url: str, clock: Clock, tmp_path: Path) -> None:
    one = {"wrong_1": "My name", "right_1": "Augusta"}
    request = builders.in_review(Right.CORRECTION, at=clock(), wants=(intake.Want(Right.CORRECTION, one),))
    estate.estate(estate.sqlite(tmp_path, clock(), "newer"), clock(), "newer")

    there = Decision(ItemDecision.CORRECT, ("newer.customers.name",))
    with pytest.raises(Incomplete):
        correction.decide_item(request.pk, 1, there, by=builders.hal(), at=clock())


def test_system_that_cannot_be_looked_at_for_a_day_brings_it_back_to_the_desk(
    url: str, clock: Clock, tmp_path: Path
) -> None:
    request = estate.approved(clock())
    assert request.act_at is not None
    (tmp_path / "estate.sqlite3").rename(tmp_path / "away")
    (tmp_path / "estate.sqlite3").mkdir()
    date = Deadline.objects.get(request=request, kind=DeadlineKind.ACT)

    acting.start(date, request.act_at)
    first = builders.again(request).state
    date.attempts = 24
    acting.start(date, request.act_at + DAY)

    assert (first, builders.again(request).state) == (State.FULFILLING, State.IN_REVIEW)


def test_refusal_that_waits_for_a_second_person_is_not_ended_as_unconfirmed(url: str, clock: Clock) -> None:
    request = builders.in_review(Right.DELETION, at=clock(), country="US", region="CA")
    review.propose_refusal(request.pk, "not_identified", "We cannot tell who it is.", by=builders.hal(), at=clock())

    drain(clock() + 30 * DAY)
    waits = builders.again(request).state
    review.send_back(request.pk, "We can.", by=builders.vera(), at=clock() + 30 * DAY)
    drain(clock() + 32 * DAY)

    assert (waits, builders.again(request).outcome) == (State.IN_REVIEW, "withdrawn")


def test_what_is_gone_in_part_is_not_directed_elsewhere(url: str, clock: Clock, tmp_path: Path) -> None:
    estate.estate(estate.sqlite(tmp_path, clock(), "branch"), clock(), "branch")
    request = estate.approved(clock())
    at = _begin(request)
    taskrun.run_task(Task.objects.get(system__key="estate").pk, at=at)
    acting.halt(request.pk, "Somebody rang.", by=builders.hal(), at=at)

    with pytest.raises(WrongState) as refused:
        review.redirect(request.pk, "Ask them.", by=builders.vera(), at=at)

    assert refused.value.code == "being-done"


def test_what_was_kept_stays_longer_when_the_schedule_wants_it_by_then(url: str, clock: Clock) -> None:
    def _publish(floor: str) -> None:
        row = schedule.as_it_stands("marketing_communications_data")
        edit = schedule.Edit(row.rule, row.event, floor, row.ceiling, False, "legal_claims", "A new law.")
        keepers = [Caller.of_user(builders.staff(name, "edit_retention"), "admin") for name in ("dora", "vera")]
        change = schedule.propose(edit, by=keepers[0], at=clock.tick())
        schedule.publish(change.pk, by=keepers[1], at=clock.tick())

    _publish("P1Y")
    request = estate.approved(clock())
    drain(request.act_at or clock())
    _publish("P2Y")

    drain(clock() + 400 * DAY)
    after_one_year = estate.ids(url, estate.profiles)
    drain(clock() + 800 * DAY)

    assert (after_one_year, estate.ids(url, estate.profiles)) == ([1, 2], [2])


def _half_erased_late(url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> tuple[SubjectRequest, Task]:
    """What was kept under a hold is erased after its lifting; a worker dies on it, part is back, and a hold is set."""
    dora, vera = (Caller.of_user(builders.staff(name, "set_holds"), "admin") for name in ("dora", "vera"))
    people = {"email": [builders.ADA]}
    wanted = holds.Wanted("legal_hold", "Ada", dora.user_id, clock().date() + 90 * DAY, people)
    hold = holds.confirm(holds.propose(wanted, by=dora, at=clock()).pk, by=vera, at=clock())
    request = estate.approved(clock())
    drain(clock.tick(days=5))
    holds.propose_lifting(hold.pk, "Settled.", by=dora, at=clock())
    holds.lift(hold.pk, by=vera, at=clock())
    kept.look(Deadline.objects.get(request=request, kind=DeadlineKind.KEPT), clock())
    task = request.tasks.get(kind=TaskKind.ERASE, late=True)
    with monkeypatch.context() as patch:
        patch.setattr(taskrun, "_record", lambda *_: None)
        taskrun.run_task(task.pk, at=clock())
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(estate.profiles.insert().values(id=1, email=builders.ADA, interests="everything"))
    engine.dispose()
    holds.propose(wanted, by=dora, at=clock.tick(minutes=6))
    drain(clock())
    task.refresh_from_db()
    return builders.again(request), task


def test_what_is_gone_of_a_task_that_stops_after_the_end_is_entered_and_shown_to_staff(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, task = _half_erased_late(url, clock, monkeypatch)

    told = estate.lines(request)
    assert (request.state, request.turn, task.state, task.code) == (State.CLOSED, Turn.STAFF, "stuck", "hold_set")
    assert request in queue.with_stuck_system(SubjectRequest.objects.all())
    assert told["contact_data", "erased"][0] == 1
    assert ("contact_data", "kept") not in told or told["contact_data", "kept"][0] == 0
    assert told["marketing_communications_data", "kept"][0] == 1
    assert ("marketing_communications_data", "erased") not in told
    assert request.events.filter(verb="erased_later").count() == 1


def test_what_is_left_of_it_is_entered_once_it_has_gone_and_nothing_twice(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, task = _half_erased_late(url, clock, monkeypatch)
    LegalHold.objects.update(state="rejected")

    taskrun.retry(request.pk, task.pk, by=builders.hal(), at=clock())
    drain(clock())

    erased = {category: line[0] for (category, outcome), line in estate.lines(request).items() if outcome == "erased"}
    assert (erased["contact_data"], erased["marketing_communications_data"]) == (1, 1)
    assert estate.ids(url, estate.profiles) == [2]
    assert builders.again(request).turn == Turn.NOBODY


def test_owner_who_does_not_answer_after_the_end_is_seen_by_staff(url: str, clock: Clock) -> None:
    cabinet = organisation.cabinet(clock())
    System.objects.filter(pk=cabinet.pk).update(role="recipient")
    request = estate.approved(clock())
    drain(request.act_at or clock())
    before = request in queue.with_stuck_system(SubjectRequest.objects.all())

    for days in (10, 20, 40, 80):
        drain(clock() + days * DAY)

    assert not before
    assert request in queue.with_stuck_system(SubjectRequest.objects.all())
