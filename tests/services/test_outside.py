"""Outside bodies that a complaint went to: which there are, by when each is answered, and where the person goes on."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings

from dsr.errors import Incomplete, NotFound, RecourseError, WrongState
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Event, OutsideReference
from dsr.rights import Right
from dsr.services import history
from dsr.services.complaints import outside, routes
from notifications.models import Message
from tests import builders, contesting
from tests.clock import Clock
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def _left(request) -> set[str]:
    return {route.id for route in routes.left(request, routes.outside(request))}


def _open(request, body: str) -> bool:
    return next(route.open for route in routes.left(request, routes.outside(request)) if route.id == body)


# --- What is kept ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        (Right.COMPLAINT, {"jams", "truste", "irish_dpc", "commerce", "annex_i_arbitration", "courts"}),
        (Right.BCR_COMPLAINT, {"bcr_exporter", "bcr_authority", "bcr_court"}),
    ],
)
def test_bodies_come_from_the_ladder_of_the_complaint(clock: Clock, right: Right, expected: set[str]) -> None:
    request = contesting.complained(clock.tick(days=100), right)

    found = {route.id for route in outside.bodies(request)}

    assert expected <= found
    assert "ourselves" not in found


def test_what_is_told_is_kept_sealed_and_its_dates_are_in_the_history(clock: Clock) -> None:
    request = contesting.complained(clock())
    due_on = clock.now.date() + timedelta(days=20)

    contesting.outside(request, clock.tick(), due_on=due_on)

    row = OutsideReference.objects.get()
    assert (row.number, row.body, row.due_on, row.set_by) == (1, "jams", due_on, "letter")
    assert row.open("reference") == "JAMS 4711"
    event = Event.objects.get(verb="note_outside")
    assert event.data == {"number": 1, "body": "jams", "due_on": due_on.isoformat(), "set_by": "letter"}
    assert "4711" not in repr(event.data)
    assert history.verify().whole


def test_rule_sets_the_day_where_no_letter_does_and_the_letter_wins(clock: Clock) -> None:
    request = contesting.complained(clock.tick(days=100))
    received = date(2026, 6, 8)  # a Monday
    clock.now = clock.now.replace(year=2026, month=6, day=9)

    contesting.outside(request, clock.now, "truste", received_on=received)
    contesting.outside(request, clock.tick(), "truste", received_on=received, due_on=date(2026, 6, 30))
    contesting.outside(request, clock.tick(), "jams", received_on=received)

    ruled, said, unset = OutsideReference.objects.order_by("number")
    assert (ruled.due_on, ruled.set_by) == (date(2026, 6, 22), "rule")
    assert (said.due_on, said.set_by) == (date(2026, 6, 30), "letter")
    assert (unset.due_on, unset.set_by) == (None, "")
    counted = outside.day_by_rule(request, "truste", received)
    assert counted is not None
    assert {segment.source for segment in counted.segments} == {"Practice of the agent"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": "ourselves"}, "body"),
        ({"body": "the neighbours"}, "body"),
        ({"received_on": date(2099, 1, 1)}, "received_on"),
        ({"due_on": date(2000, 1, 1)}, "due_on"),
        ({"owner": "nobody"}, "owner"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(clock: Clock, changes: dict[str, Any], field: str) -> None:
    request = contesting.complained(clock())

    with pytest.raises(Incomplete) as refused:
        contesting.outside(request, clock.tick(), **{"body": "jams", **changes})

    assert set(refused.value.problems or {}) == {field}
    assert not OutsideReference.objects.exists()


def test_only_what_is_open_there_is_dated_anew_or_ended(clock: Clock) -> None:
    request = contesting.complained(clock())
    ines = contesting.ines()
    day = clock.now.date() + timedelta(days=9)

    with pytest.raises(WrongState) as refused:
        outside.redate(request.pk, 1, day, "It wrote again.", by=ines, at=clock.tick())
    assert refused.value.code == "nothing-outside"
    contesting.outside(request, clock.tick())
    with pytest.raises(NotFound):
        outside.redate(request.pk, 2, day, "It wrote again.", by=ines, at=clock.tick())
    outside.redate(request.pk, 1, day, "It wrote again.", by=ines, at=clock.tick())
    assert OutsideReference.objects.get().due_on == day
    with pytest.raises(Incomplete) as tomorrow:
        contesting.ended(request, clock.tick(), ended_on=day)
    assert tomorrow.value.field == "ended_on"
    contesting.ended(request, clock.tick(), result="settled")
    with pytest.raises(RecourseError):
        contesting.ended(request, clock.tick())

    row = OutsideReference.objects.get()
    assert (row.result, row.open("outcome")) == ("settled", "It saw no breach.")


def test_it_can_be_noted_after_our_answer_too(clock: Clock) -> None:
    request = contesting.answered(contesting.complained(clock()), clock.tick())

    contesting.outside(request, clock.tick())

    assert builders.again(request).state == State.CLOSED


# --- The next step ---------------------------------------------------------------------------------------------------


def test_next_step_goes_on_from_where_it_was(clock: Clock) -> None:
    request = contesting.complained(clock())
    assert "jams" in _left(request)

    contesting.outside(request, clock.tick(), "jams")
    contesting.outside(request, clock.tick(), "commerce")
    assert not {"jams", "commerce"} & _left(request)
    assert not _open(request, "annex_i_arbitration")  # both still have it
    contesting.ended(request, clock.tick(), 1)
    assert not _open(request, "annex_i_arbitration")
    contesting.ended(request, clock.tick(), 2)
    assert _open(request, "annex_i_arbitration")


def test_letter_and_page_send_nobody_where_they_have_been(clock: Clock) -> None:
    plain = contesting.answered(contesting.complained(clock()), clock.tick())
    request = contesting.complained(clock.tick())
    contesting.outside(request, clock.tick())
    contesting.ended(request, clock.tick())
    contesting.answered(request, clock.tick())

    before, after = (builders.letters_to(each.submission, "complaint_answered")[-1] for each in (plain, request))

    assert any("JAMS" in line for line in before.next_steps)
    assert not any("JAMS" in line for line in (*after.next_steps, *after.further))
    assert any("TRUSTe" in line or "authority" in line for line in after.next_steps)


# --- Its dates -------------------------------------------------------------------------------------------------------


def test_day_is_warned_of_until_it_is_over_there(clock: Clock) -> None:
    request = contesting.complained(clock())
    builders.staff("lena", "work_requests", "lead_requests")
    contesting.outside(request, clock.tick(), due_on=clock.now.date() + timedelta(days=20))
    contesting.answered(request, clock.tick())
    told = lambda: Message.objects.filter(kind="outside_due").count()  # noqa: E731

    drain(clock.tick())
    assert told() == 0
    drain(clock.tick(days=18))
    assert told() == 1
    drain(clock.tick(days=4))
    assert told() == 3  # whoever works on it, and who leads
    contesting.ended(request, clock.tick())
    drain(clock.tick(days=30))

    assert told() == 3
    assert not Deadline.objects.filter(kind=DeadlineKind.OUTSIDE, done_at=None).exists()


def test_another_day_moves_the_warning(clock: Clock) -> None:
    request = contesting.complained(clock())
    day = clock.now.date() + timedelta(days=20)
    contesting.outside(request, clock.tick(), due_on=day)

    outside.redate(
        request.pk, 1, day + timedelta(days=30), "It gave us a month.", by=contesting.ines(), at=clock.tick()
    )

    drain(clock.tick(days=25))
    assert not Message.objects.filter(kind="outside_due").exists()
    [waiting] = Deadline.objects.filter(kind=DeadlineKind.OUTSIDE)
    assert waiting.due_at.date() > day


def test_case_is_not_forgotten_while_somebody_else_has_it(clock: Clock) -> None:
    request = contesting.answered(contesting.complained(clock()), clock.tick())
    contesting.outside(request, clock.tick())
    drain(clock.tick())

    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))
    assert builders.again(request).submission.purged_at is None
    contesting.ended(request, clock.tick())
    drain(clock.tick(days=31))

    assert builders.again(request).submission.purged_at is not None
