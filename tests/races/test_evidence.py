"""Evidence under many hands: no piece too many, none destroyed twice, none seen without a record, none left over."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dsr.models import Deadline, DeadlineKind, Event, Submission
from dsr.policies import Caller
from dsr.services import evidence, history
from dsr.services.storage import vault
from tests import builders
from tests.clock import Clock
from tests.together import kinds, together
from verification.models import Evidence, Opening, Purpose, Why
from verification.uploads import Clean

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENT = Clean("image/png", b"pixels")


@pytest.fixture
def submission(clock: Clock, tmp_path: Path, settings: Any, db: None) -> Submission:
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    return builders.file(at=clock(), country="US", region="CA").submission


def receive(submission: Submission, clock: Clock) -> Evidence:
    return evidence.receive(submission.pk, Purpose.IDENTITY, DOCUMENT, by=Caller.person(), at=clock())


def files() -> list[str]:
    return list(vault().list_prefix("evidence/"))


def test_two_who_hand_in_the_last_piece_at_once_hand_in_one(submission: Submission, clock: Clock) -> None:
    for _ in range(evidence.MOST - 1):
        receive(submission, clock)

    results = together([partial(receive, submission, clock)] * 3)

    assert kinds(results) == {"Evidence": 1, "WrongState": 2}, results
    assert len(files()) == Evidence.objects.count() == evidence.MOST
    assert Deadline.objects.filter(kind=DeadlineKind.EVIDENCE).count() == 1
    assert history.verify(submission.reference).broken == ""


def test_three_who_destroy_at_once_destroy_once(submission: Submission, clock: Clock) -> None:
    for _ in range(3):
        receive(submission, clock)

    results = together([partial(evidence.destroy, submission.pk, at=clock())] * 3)

    assert sum(count for count in results if isinstance(count, int)) == 3, results
    assert Event.objects.filter(verb="evidence_destroyed").count() == 3
    assert files() == []
    assert not Deadline.objects.filter(kind=DeadlineKind.EVIDENCE, done_at=None).exists()


def test_one_who_looks_while_another_destroys_sees_it_on_record_or_not_at_all(
    submission: Submission, clock: Clock
) -> None:
    vera = Caller.of_user(builders.staff("vera", "check_identity"), "admin")
    for turn in range(1, 9):
        piece = receive(submission, clock)

        tasks: list[Callable[[], object]] = [
            partial(evidence.look, piece.pk, Why.CHECK, by=vera, at=clock()),
            partial(evidence.destroy, submission.pk, at=clock()),
        ]
        looked, gone = together(tasks)

        assert gone == 1, gone
        if isinstance(looked, tuple):
            assert looked == ("image/png", b"pixels")
            assert Opening.objects.filter(evidence=piece).count() == 1
        else:
            assert type(looked).__name__ == "WrongState", looked
        assert Event.objects.filter(verb="evidence_opened").count() == Opening.objects.count() <= turn
    assert files() == []


def test_one_who_hands_in_while_another_destroys_leaves_a_row_for_every_file(
    submission: Submission, clock: Clock
) -> None:
    for _turn in range(6):
        tasks: list[Callable[[], object]] = [
            partial(receive, submission, clock),
            partial(evidence.destroy, submission.pk, at=clock()),
        ]
        together(tasks)

        live = Evidence.objects.filter(destroyed_at=None)
        assert sorted(files()) == sorted(live.values_list("vault_name", flat=True))
        assert Deadline.objects.filter(kind=DeadlineKind.EVIDENCE, done_at=None).count() == min(live.count(), 1)
