"""What is doubted while a worker is about to do it is not done."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, ItemDecision, TaskState
from dsr.rights import Right
from dsr.services import acting, correction, intake, restriction, stopping, taskrun
from dsr.services.correction import Decision
from tests import builders, estate
from tests.clock import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(tmp_path: Path, clock: Clock, db: None) -> str:
    """The address of the estate."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


@pytest.mark.parametrize("doubt", [acting.halt, stopping.stop_for, stopping.hold])
@pytest.mark.parametrize("right", [Right.CORRECTION, Right.RESTRICTION])
def test_nothing_is_put_right_or_restricted_of_what_is_doubted_once_a_worker_has_taken_it(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, right: Right, doubt: Callable[..., object]
) -> None:
    wrong = {"wants": (intake.Want(right, {"wrong_1": "My name", "right_1": "Augusta"}),)}
    request = builders.in_review(right, at=clock(), **(wrong if right == Right.CORRECTION else {}))
    if right == Right.CORRECTION:
        decision = Decision(ItemDecision.CORRECT, ("estate.customers.name",))
        correction.decide_item(request.pk, 1, decision, by=builders.hal(), at=clock())
    request, before = estate.approve(request, clock()), estate.texts(url)
    at = clock()
    acting.start(Deadline.objects.get(request=request, kind=DeadlineKind.ACT), at)
    task = request.tasks.get()
    module = {Right.CORRECTION: correction, Right.RESTRICTION: restriction}[right]
    opened = module.open_connector

    def doubted(*args: object) -> object:
        doubt(request.pk, "Somebody rang: it was not her.", by=builders.hal(), at=at)
        return opened(*args)

    with monkeypatch.context() as patch:
        patch.setattr(module, "open_connector", doubted)
        taskrun.run_task(task.pk, at=at)

    task.refresh_from_db()
    assert estate.texts(url) == before
    assert (builders.again(request).state, task.state) == (State.IN_REVIEW, TaskState.CALLED_OFF)
