"""What a bell for one submission sets in motion: everything that can follow from it, in one go."""

from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.services import sweeping
from tests import builders
from tests.clock import Clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_work_builds_what_its_own_search_released(clock: Clock, systems: Any, settings: Any) -> None:
    settings.AUTO_APPROVE = ("access",)
    submission = builders.file(at=clock()).submission
    builders.confirm(submission, clock.tick())

    tally = sweeping.work(submission.pk, clock.tick())

    assert (tally.steps, tally.deadlines, tally.failures) == (1, 2, 0)
    assert builders.only(submission).state == State.READY
