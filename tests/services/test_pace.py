"""By when work must start follows from its date and from how long work takes here, and orders the queue."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dsr.lifecycle import Turn
from dsr.models import Pace, Stage, SubjectRequest, Submission
from dsr.rights import Right
from dsr.selectors import listing, queue
from dsr.services import pace, timing
from notifications.ids import uuid7
from tests import builders
from tests.clock import Clock
from tests.conftest import LEFT_OUT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
LONG = sum(pace.UNMEASURED.values(), timedelta())


def test_start_follows_the_work_that_is_left(clock: Clock) -> None:
    filed = builders.only(builders.file(at=clock()).submission)
    searched = builders.in_review(at=clock.tick())
    prepared = builders.prepared(clock.tick())
    ready = builders.ready(clock.tick())
    told = builders.only(builders.file(Right.BE_INFORMED, at=clock.tick()).submission)
    of = pace.UNMEASURED

    left = [row.due_at - row.slack_at for row in (filed, searched, prepared, ready, told) if row.slack_at]

    assert left == [
        LONG,
        LONG - of[Stage.SEARCHING],
        of[Stage.APPROVING] + of[Stage.BUILDING],
        timedelta(),
        of[Stage.BUILDING],
    ]


def test_start_moves_with_the_date(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    before = request.slack_at

    timing.extend(request.pk, "complexity", "There is a great deal.", by=builders.hal(), at=clock.tick())

    after = builders.again(request)
    assert before is not None
    assert after.slack_at is not None
    assert after.slack_at - before == after.due_at - request.due_at > timedelta(days=50)


def test_start_follows_what_was_measured(clock: Clock) -> None:
    Pace.objects.create(right="access", stage="searching", seconds=864_000, n=99, measured_at=clock())
    filed = builders.file(at=clock())

    builders.confirm(filed.submission, clock.tick())

    request = builders.only(filed.submission)
    assert request.slack_at == request.due_at - LONG + pace.UNMEASURED[Stage.SEARCHING] - timedelta(days=10)


def test_pace_is_read_once_a_minute_and_never_at_filing(clock: Clock) -> None:
    cache.clear()
    pace.forget()
    with CaptureQueriesContext(connection) as filing:
        builders.file(at=clock())
    with CaptureQueriesContext(connection) as reading:
        for _time in range(3):
            pace.known()

    assert not [each for each in filing.captured_queries if "dsr_pace" in each["sql"]]
    assert len(reading) == 1


def test_pace_is_what_four_of_five_keep() -> None:
    days = [timedelta(days=n) for n in (1, 2, 3, 4, 30)]

    assert pace.four_of_five(days) == timedelta(days=4).total_seconds()
    assert pace.four_of_five([timedelta(seconds=7)]) == 7


def test_round_measures_what_was_answered_lately(clock: Clock) -> None:
    request = builders.ready(clock())
    _spread(request, clock(), number=25, days=2)

    rounds = [pace.measure(clock.tick(days=days)) for days in (3, 1)]

    found = {row.stage: row for row in Pace.objects.filter(right="access")}
    assert rounds[0] > 0
    assert rounds[1] == 0
    assert (found["approving"].seconds, found["approving"].n) == (timedelta(days=2).total_seconds(), 25)
    assert "searching" not in found  # one search says nothing about how long searches take


def test_round_forgets_no_pace_and_measures_nothing_that_is_long_ago(clock: Clock) -> None:
    request = builders.ready(clock())
    _spread(request, clock(), number=25, days=2)

    assert pace.measure(clock.tick(days=200)) == 0


def _spread(request: SubjectRequest, at: datetime, *, number: int, days: int) -> None:
    """Give the one answered request companions that were approved some days after they were prepared."""
    rows = []
    for _n in range(number - 1):
        row = SubjectRequest.objects.select_related("submission").get(pk=request.pk)
        row.pk = uuid7(at)
        rows.append(row)
    SubjectRequest.objects.bulk_create(rows)
    approved = at + timedelta(days=days)
    SubjectRequest.objects.update(prepared_at=at, approved_at=approved, ready_at=approved)


def test_fewer_dates_are_missed_by_slack_than_by_due() -> None:
    """Simulated: one analyst sets one request going every three hours, and each then takes as long as its work does.

    With the order as the only difference, the worst delay is never longer by slack, and fewer dates are missed.
    """
    missed = {"slack_at": 0, "due_at": 0}
    for seed in range(20):
        rows = _queue_of(Random(seed), 60)
        worst = {}
        for order in missed:
            late = _worked_off(sorted(rows, key=lambda row: (getattr(row, order), row.pk)))
            missed[order] += sum(delay > timedelta() for delay in late)
            worst[order] = max(late)
        assert worst["slack_at"] <= worst["due_at"]

    assert missed["slack_at"] < missed["due_at"]


def _queue_of(chance: Random, number: int) -> list[SubjectRequest]:
    """Return requests at every stage, each of which could still be in time."""
    start, rows = Clock()(), []
    for n in range(number):
        stage: dict[str, Any] = chance.choice(
            [
                {},
                {"searched_at": start},
                {"searched_at": start, "proposal": "release"},
                {"right": str(Right.BE_INFORMED)},
            ]
        )
        values: dict[str, Any] = {"right": str(Right.ACCESS), "state": "in_review", "due_at": start, **stage}
        row = SubjectRequest(pk=UUID(int=n), submission=Submission(), **values)
        # There was time for the work, and for some days of waiting.
        row.due_at += start - pace.start_by(row, {}) + timedelta(days=chance.uniform(0, 9))
        row.slack_at = pace.start_by(row, {})
        rows.append(row)
    return rows


def _worked_off(rows: list[SubjectRequest]) -> list[timedelta]:
    """Return how late each answer is, in this order."""
    begun = Clock()()
    taken = [row.due_at - pace.start_by(row, {}) for row in rows]
    return [begun + timedelta(hours=3) * n + taken[n] - row.due_at for n, row in enumerate(rows)]


@pytest.mark.postgres
@pytest.mark.parametrize(
    "wanted",
    [
        listing.Wanted(order="slack"),
        listing.Wanted(order="slack", turn=Turn.STAFF),
        listing.Wanted(order="slack", nobody=True),
        listing.Wanted(),
    ],
)
def test_index_gives_the_queue_in_its_order(clock: Clock, wanted: listing.Wanted) -> None:
    if connection.vendor != "postgresql":
        pytest.skip(f"{LEFT_OUT}PostgreSQL")
    builders.file(at=clock())
    with CaptureQueriesContext(connection) as captured:
        listing.page(wanted, None, 50, clock())
    statement = captured.captured_queries[-1]["sql"]

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Sort" not in plan
    assert "Index Scan using request_" in plan


def test_queue_begins_with_what_must_be_started_first_though_another_is_due_before(clock: Clock) -> None:
    short = builders.prepared(clock())
    long = builders.only(builders.file(at=clock.tick(days=1)).submission)
    assert short.due_at <= long.due_at

    found = queue.keys(queue.still_open(queue.rows()))

    assert found == [long.pk, short.pk]
    assert [row.pk for row in queue.page(found[::-1])] == found[::-1]
