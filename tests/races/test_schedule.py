"""The retention schedule under two people at the same instant: one is first, and the other is told why not."""

from collections.abc import Sequence
from functools import partial

import pytest

from dsr.errors import WrongState
from dsr.models import ChangeState, RetentionChange
from dsr.policies import Caller
from dsr.services import schedule
from dsr.services.schedule import Edit
from tests import builders
from tests.clock import Clock
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = ("marketing_communications_data", "support_feedback_data")
ROUNDS = 6


def _keepers(*names: str) -> list[Caller]:
    return [Caller.of_user(builders.staff(name, "edit_retention"), "admin") for name in names]


def _edit(row: str, floor: str = "P12M") -> Edit:
    now = schedule.as_it_stands(row)
    return Edit(
        now.rule, now.event, floor, now.ceiling, yields=False, ground="legal_claims", reason=f"A new law: {floor}."
    )


def _codes(results: Sequence[object]) -> list[str]:
    return sorted(result.code if isinstance(result, WrongState) else type(result).__name__ for result in results)


def _numbers() -> list[int | None]:
    return list(RetentionChange.objects.order_by("number").values_list("number", flat=True))


def test_two_who_propose_a_change_of_the_same_row_at_once_leave_one_waiting(clock: Clock) -> None:
    dora, ivy = _keepers("dora", "ivy")
    edits = [(_edit(ROWS[0], "P12M"), dora), (_edit(ROWS[0], "P13M"), ivy)]
    for _ in range(ROUNDS):
        at = clock.tick()

        results = together([partial(schedule.propose, edit, by=by, at=at) for edit, by in edits])

        assert _codes(results) == ["RetentionChange", "change-waiting"]
        [waiting] = RetentionChange.objects.filter(state=ChangeState.PROPOSED)
        schedule.reject(waiting.pk, by=ivy if waiting.proposed_by_id == dora.user_id else dora, at=clock.tick())


def test_two_who_publish_the_same_change_at_once_publish_it_once(clock: Clock) -> None:
    dora, *others = _keepers("dora", "ivy", "vera")
    for number in range(ROUNDS):
        at = clock.tick()
        change = schedule.propose(_edit(ROWS[0], f"P{number + 12}M"), by=dora, at=at)

        results = together([partial(schedule.publish, change.pk, by=by, at=at) for by in others])

        assert _codes(results) == ["RetentionChange", "change-decided"]
    assert _numbers() == list(range(1, ROUNDS + 1))


def test_changes_of_two_rows_that_are_published_at_once_get_numbers_of_their_own(clock: Clock) -> None:
    dora, vera = _keepers("dora", "vera")
    for number in range(ROUNDS):
        at = clock.tick()
        changes = [schedule.propose(_edit(row, f"P{number + 12}M"), by=dora, at=at) for row in ROWS]

        results = together([partial(schedule.publish, each.pk, by=vera, at=at) for each in changes])

        assert _codes(results) == ["RetentionChange", "RetentionChange"]
    assert _numbers() == list(range(1, 2 * ROUNDS + 1))
