"""No date is typed in: each follows from what happened and the pinned rule, and is found again by reckoning anew."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dsr import reckoning
from dsr.deadlines import day_ends
from dsr.errors import Incomplete
from dsr.lifecycle import CHOSEN
from dsr.models import Channel, Deadline, DeadlineKind, SubjectRequest
from dsr.policies import Caller
from dsr.rights import OFFERED, Right
from dsr.rules import pack
from dsr.services import delivery, identity, intake, review
from tests import builders
from tests.clock import Clock
from tests.drain import drain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
A_DAY, NOTHING = timedelta(days=1), timedelta()
STATUTORY = (DeadlineKind.ACKNOWLEDGE, DeadlineKind.RESPOND)


def _reckoned(request: SubjectRequest) -> set[tuple[str, str, datetime]]:
    zone = request.submission.zone
    return {
        (
            "respond" if clock.kind == "effect" else str(clock.kind),
            clock.regime,
            day_ends(clock.promised, zone) - (A_DAY if clock.kind == "acknowledge" else NOTHING),
        )
        for clock in reckoning.explain(request)
        if clock.kind in ("acknowledge", "respond", "effect")
    }


def _stored(request: SubjectRequest) -> set[tuple[str, str, datetime]]:
    rows = Deadline.objects.filter(request=request, kind__in=STATUTORY)
    return set(rows.values_list("kind", "regime", "due_at"))


def _assert_follows(request: SubjectRequest) -> None:
    request = builders.again(request)
    assert _reckoned(request) == _stored(request)
    due = reckoning.governing(reckoning.explain(request), request.submission.zone)
    assert (due.on, due.at, due.regime) == (request.due_on, request.due_at, request.regime)


@pytest.mark.parametrize("right", sorted(OFFERED))
@pytest.mark.parametrize(("country", "region"), [("IE", ""), ("US", "CA"), ("US", "TX"), ("BR", ""), ("JP", "")])
def test_dates_are_found_again_from_the_history(clock: Clock, right: Right, country: str, region: str) -> None:
    if right in CHOSEN and not pack().regimes_for(right, country, region, clock().date()):
        with pytest.raises(Incomplete) as refused:
            builders.file(right, at=clock(), country=country, region=region)
        assert set(refused.value.problems) == {"rights"}
        return
    filed = builders.file(right, at=clock(), country=country, region=region)

    request = builders.only(filed.submission)
    assert request.due_at > clock()
    _assert_follows(request)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 2, 28, 0, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 0, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        datetime(2027, 12, 31, 12, 0, tzinfo=UTC),
        datetime(2028, 2, 29, 9, 30, tzinfo=UTC),
    ],
)
def test_dates_are_found_again_at_the_edges_of_the_calendar(at: datetime) -> None:
    request = builders.only(builders.file(at=at).submission)

    _assert_follows(request)
    assert request.due_on.weekday() < 5


def test_dates_count_from_the_day_it_came_in(clock: Clock) -> None:
    filing = replace(builders.filing(channel=Channel.POST), received_at=clock() - timedelta(days=10))

    request = builders.only(intake.file(filing, by=builders.sam(), at=clock()).submission)

    assert request.due_on < builders.only(builders.file(at=clock()).submission).due_on
    _assert_follows(request)


def test_dates_stay_what_they_were_through_a_whole_life(clock: Clock) -> None:
    request = builders.ready(clock())
    first = request.due_on

    for step in (
        lambda: drain(clock.tick(days=30)),
        lambda: delivery.reissue(request.pk, by=Caller.person(), at=clock.tick()),
        lambda: drain(clock.tick(days=61)),
    ):
        step()
        _assert_follows(request)

    assert builders.again(request).due_on == first


def test_dates_of_a_reopened_request_run_on(clock: Clock) -> None:
    filed = builders.file(at=clock())
    drain(clock.tick(days=28))
    closed = set(Deadline.objects.filter(kind=DeadlineKind.RESPOND, done_at=None))

    identity.reopen(filed.submission.pk, by=Caller.person(), at=clock.tick())

    assert closed == set()
    assert Deadline.objects.filter(kind=DeadlineKind.RESPOND, done_at=None).exists()
    _assert_follows(builders.only(filed.submission))


def test_answering_meets_every_date_and_closing_ends_them(clock: Clock) -> None:
    answered, withdrawn = builders.ready(clock()), builders.in_review(at=clock.tick())
    review.withdraw(withdrawn.pk, by=Caller.person(), at=clock.tick())

    for request in (answered, withdrawn):
        assert not Deadline.objects.filter(request=request, kind__in=STATUTORY, done_at=None).exists()


def test_several_laws_are_each_shown_and_the_earliest_governs(clock: Clock, settings: Any) -> None:
    request = builders.only(builders.file(at=clock(), country="US", region="CA").submission)

    found = reckoning.explain(request)
    answers = [clock for clock in found if clock.kind == "respond"]
    assert min(clock.promised for clock in answers) == request.due_on
    assert {clock.regime for clock in found} >= {request.regime}
    assert all(clock.rule for clock in found)
