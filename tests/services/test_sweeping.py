"""One sweep finds all that is due, each piece of work once, and goes on where a piece fails."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.models import ACTED_ON, Deadline, DeadlineKind, Event, Step, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    evidence,
    restriction,
    review,
    search,
    stopping,
    sweeping,
    taskrun,
    taskwork,
    timing,
)
from dsr.services.complaints import answering, looking
from notifications import delivery as mail_delivery
from notifications.models import Message
from tests import builders, contesting, estate, organisation
from tests.clock import Clock
from tests.drain import drain
from verification.models import Purpose
from verification.uploads import Clean

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]


def _broken(*_args: Any, **_more: Any) -> Any:
    raise ZeroDivisionError("ada@example.org")


def test_every_kind_of_deadline_that_is_acted_on_has_its_use_case() -> None:
    assert set(sweeping.HANDLERS) == set(ACTED_ON)


def test_sweep_does_nothing_when_nothing_is_due(clock: Clock) -> None:
    assert sweeping.sweep(clock()) == sweeping.Tally()


def test_sweep_counts_what_it_did(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock())
    builders.confirm(filed.submission, clock.tick())

    tally = sweeping.sweep(clock.tick())

    assert tally == sweeping.Tally(deadlines=2, steps=1, messages=3)
    assert sweeping.sweep(clock.tick()).total == 0


def test_work_is_for_one_submission_and_leaves_the_others_alone(clock: Clock) -> None:
    one, other = (builders.file(Right.ACCESS, at=clock.tick()) for _ in range(2))
    for filed in (one, other):
        builders.confirm(filed.submission, clock.tick())

    tally = sweeping.work(one.submission.pk, clock.tick())

    assert tally == sweeping.Tally(deadlines=1, steps=1)
    assert builders.only(one.submission).searched_at is not None
    assert builders.only(other.submission).searched_at is None


def test_work_that_fails_is_tried_again_after_a_growing_pause(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.file(Right.BE_INFORMED, at=clock())
    monkeypatch.setitem(sweeping.HANDLERS, DeadlineKind.BUILD, _broken)
    waits = []

    at = clock()
    for _ in range(6):
        assert sweeping.sweep(at).failures == 1
        claimed = Deadline.objects.get(kind=DeadlineKind.BUILD).claimed_until
        assert claimed
        assert sweeping.sweep(at + (claimed - at) / 5).failures == 0
        waits.append(claimed - at)
        at = claimed + timedelta(microseconds=1)
    monkeypatch.undo()
    drain(at + timedelta(hours=2))

    hour = timedelta(hours=1)
    assert waits == [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), hour, hour, hour]
    assert Deadline.objects.get(kind=DeadlineKind.BUILD).attempts == 7
    assert SubjectRequest.objects.get().state == State.READY


def test_deadline_that_fails_keeps_no_other_waiting(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        builders.file(Right.BE_INFORMED, at=clock.tick())
    first = Deadline.objects.filter(kind=DeadlineKind.BUILD).earliest("id")
    handle: Callable[[Deadline, datetime], None] = sweeping.HANDLERS[DeadlineKind.BUILD]

    def only_others(deadline: Deadline, at: datetime) -> None:
        (_broken if deadline.pk == first.pk else handle)(deadline, at)

    monkeypatch.setitem(sweeping.HANDLERS, DeadlineKind.BUILD, only_others)
    tally = sweeping.sweep(clock.tick())

    assert (tally.deadlines, tally.failures) == (2, 1)
    assert SubjectRequest.objects.filter(state=State.READY).count() == 2


def test_owner_who_cannot_be_reminded_keeps_deadlines_and_mail_from_nobody(clock: Clock) -> None:
    system = organisation.cabinet(clock())
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    drain(clock.tick())
    system.seal_json("config", {"nonsense": True})
    system.save(update_fields=["config_sealed"])
    other = builders.file(Right.BE_INFORMED, at=clock.tick(days=4))

    tally = sweeping.sweep(clock.tick())

    assert tally.failures == 1
    assert builders.only(other.submission).state == State.READY
    assert not Message.objects.filter(state="waiting").exists()


def test_mail_that_fails_fails_alone(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.file(Right.BE_INFORMED, at=clock())
    monkeypatch.setattr(mail_delivery, "deliver_due", _broken)

    tally = sweeping.sweep(clock.tick())

    assert (tally.deadlines, tally.failures, tally.messages) == (1, 1, 0)


def test_slow_systems_keep_deadlines_and_mail_waiting_for_a_minute_only(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        builders.confirm(builders.file(at=clock.tick()).submission, clock.tick())
    passed = [0.0]

    def slow(step_id: Any, *, at: datetime) -> bool:
        passed[0] += 45
        return search_step(step_id, at=at)

    search_step = search.run_step
    monkeypatch.setattr(search, "run_step", slow)
    monkeypatch.setattr(sweeping, "monotonic", lambda: monotonic() + passed[0])
    tally = sweeping.sweep(clock.tick())

    assert (tally.steps, tally.failures) == (2, 0)
    assert tally.messages == 8
    assert Step.objects.filter(state="waiting").count() == 2


def test_claim_made_late_in_a_long_sweep_lasts_from_then(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.file(Right.BE_INFORMED, at=clock())
    asked = count()
    monkeypatch.setattr(sweeping, "monotonic", lambda: monotonic() + next(asked) * 600)
    monkeypatch.setitem(sweeping.HANDLERS, DeadlineKind.BUILD, lambda deadline, at: None)

    at = clock.tick()
    sweeping.sweep(at)

    claimed = Deadline.objects.get(kind=DeadlineKind.BUILD).claimed_until
    assert claimed
    assert claimed > at + sweeping.CLAIM


def test_every_use_case_done_twice_with_the_same_deadline_is_done_once(clock: Clock, tmp_path: Path) -> None:
    """A claim that runs out, a bell rung twice and a crash before the last word all end in a second call."""
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    organisation.desk(tmp_path, clock())
    builders.in_review(Right.DELETION, at=clock.tick(), email="unsure@example.org")
    builders.approved(Right.DELETION, clock.tick())
    restricted = builders.approved(Right.RESTRICTION, clock.tick())
    drain(clock.tick())
    restriction.tell_lifting(restricted.pk, "It was right.", by=builders.vera(), at=clock.tick())
    held = builders.in_review(at=clock())
    stopping.hold(held.pk, "The number was changed.", by=builders.hal(), at=clock.tick())
    lapsing = builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock.tick())
    scan = Clean("image/png", b"a scan")
    evidence.receive(
        lapsing.submission.pk, Purpose.IDENTITY, scan, by=Caller.person(), at=clock.tick(), wanted=list(Purpose)
    )
    charged = builders.in_review(at=clock.tick(), country="CH")
    timing.tell_fee(charged.pk, "100 CHF", "Nine archives.", by=builders.hal(), at=clock.tick())
    request = builders.in_review(at=clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock.tick())
    complaint = contesting.complained(clock.tick())
    contesting.looked_into(complaint, clock.tick())
    day = clock().date() + timedelta(days=60)
    looking.promise(complaint.pk, "The list is checked daily.", "ines", day, by=contesting.ines(), at=clock.tick())
    answering.propose(complaint.pk, contesting.ANSWER, by=contesting.ines(), at=clock.tick())
    answering.answer(complaint.pk, by=builders.vera(), at=clock.tick())
    contesting.outside(complaint, clock.tick(), due_on=day)
    seen = set()

    for _day in range(1100):
        for task in taskwork.due_tasks(clock(), 100):
            taskrun.run_task(task, at=clock())
        due = list(Deadline.objects.filter(done_at=None, kind__in=ACTED_ON, due_at__lte=clock()).order_by("due_at"))
        for deadline in due:
            seen.add(deadline.kind)
            handler = sweeping.HANDLERS[DeadlineKind(deadline.kind)]
            handler(deadline, clock())
            before = (Event.objects.count(), Message.objects.count(), _rows())
            handler(deadline, clock())
            assert (Event.objects.count(), Message.objects.count(), _rows()) == before, deadline.kind
        clock.tick(days=1)

    assert seen == set(ACTED_ON)
    lapsing.submission.refresh_from_db()
    assert lapsing.submission.purged_at is not None


def _rows() -> list[tuple[Any, ...]]:
    return list(SubjectRequest.objects.order_by("id").values_list("id", "state", "outcome", "version"))
