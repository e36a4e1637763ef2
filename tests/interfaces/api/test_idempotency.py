"""Repeats that come at the same moment, and what a failure leaves behind."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from dsr.api import idempotency
from dsr.api.views import moves
from dsr.models import Event, IdempotentAnswer, Post, SubjectRequest, Submission
from tests import builders
from tests.interfaces.api.client import Answered, Api, filing
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


@pytest.fixture
def in_review(db: None) -> SubjectRequest:
    return builders.in_review(at=timezone.now())


def same(api: Api, path: str, body: Any, **more: str) -> list[Answered]:
    """Send the same request several times at once."""
    callers = [Api(api.headers["Authorization"].removeprefix("Bearer ")) for _ in range(AT_ONCE)]
    results = together([partial(caller.post, path, body, **more) for caller in callers])
    assert all(isinstance(result, Answered) for result in results), results
    return [result for result in results if isinstance(result, Answered)]


def test_filing_sent_many_times_at_once_is_filed_once(sam: Api) -> None:
    answers = same(sam, "/submissions", filing("access", "be_informed"), key="one")

    assert {answered.status for answered in answers} == {201}
    assert len({answered.response.content for answered in answers}) == 1
    assert Counter(answered.headers.get("Idempotency-Replayed") for answered in answers) == {None: 1, "true": 5}
    assert Submission.objects.count() == 1


def test_message_sent_many_times_at_once_is_kept_once(hal: Api, in_review: SubjectRequest) -> None:
    body = {"direction": "note", "text": "Called back."}

    answers = same(hal, f"/requests/{in_review.pk}/messages", body, key="one")

    assert {answered.status for answered in answers} == {201}
    assert len({answered.response.content for answered in answers}) == 1
    assert Post.objects.count() == 1


def test_many_decide_on_one_version_and_one_of_them_wins(hal: Api, in_review: SubjectRequest) -> None:
    answers = same(hal, f"/requests/{in_review.pk}/moves/note", {"text": "Mine."}, match=f'"{in_review.version}"')

    assert Counter(answered.status for answered in answers) == {200: 1, 412: AT_ONCE - 1}
    assert Post.objects.count() == 1


@pytest.fixture
def claimed_elsewhere() -> Iterator[None]:
    """Somebody else is working on Hal's key "one", and does not finish."""
    claimed, done = Flag(), Flag()
    scope = f"user:{builders.staff('hal').pk}"

    def work() -> None:
        try:
            with transaction.atomic():
                IdempotentAnswer.objects.create(scope=scope, key="one", digest="", at=timezone.now())
                claimed.set()
                done.wait(timeout=30)
        finally:
            connections.close_all()

    thread = Thread(target=work)
    thread.start()
    assert claimed.wait(timeout=30)
    yield
    done.set()
    thread.join()


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_key_that_is_being_worked_on_is_not_waited_for_long(
    hal: Api, in_review: SubjectRequest, claimed_elsewhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_PATIENCE", "200ms")

    answered = hal.move(in_review.pk, "prepare", key="one")

    assert (answered.status, answered.code) == (409, "idempotency-in-flight")
    assert int(answered.headers["Retry-After"]) > 0
    assert hal.move(in_review.pk, "prepare", key="two").status == 200


def test_failure_half_way_leaves_nothing_and_frees_the_key(
    hal: Api, in_review: SubjectRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Event.objects.count()

    def fail(*_arguments: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(moves, "shown", fail)
        broken = hal.move(in_review.pk, "prepare", key="one")
    assert (broken.status, broken.code) == (500, "unexpected")
    assert not IdempotentAnswer.objects.exists()
    assert Event.objects.count() == events

    assert hal.move(in_review.pk, "prepare", key="one").status == 200
