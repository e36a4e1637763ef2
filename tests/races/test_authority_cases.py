"""Cases of authorities under many hands: one answer is approved once, a number is given once, nothing is forgotten."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings

from dsr.errors import RecourseError
from dsr.models import CaseLink
from dsr.policies import Caller
from dsr.services import history, purging, review
from dsr.services.cases import dates, entering, measures, replying
from notifications.models import Message
from tests import builders, casework, contesting
from tests.clock import Clock
from tests.drain import drain
from tests.together import kinds, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.mark.parametrize("_again", range(5))
def test_two_people_approve_at_once_and_one_does(clock: Clock, _again: int) -> None:
    case = casework.prepared(casework.opened(clock()), clock.tick())
    hands, at = [builders.vera(), builders.dora()] * 3, clock.tick()

    results = together([partial(replying.approve, case.pk, by=by, at=at) for by in hands])

    assert kinds(results) == {"AuthorityCase": 1, "WrongState": 5}
    kept = casework.again(case)
    assert (kept.state, kept.version) == ("approved", 3)
    assert [entry.verb for entry in kept.entries.all()] == ["enter", "prepare", "approve"]
    assert history.verify().whole


def test_who_prepares_and_who_approves_at_once_are_two(clock: Clock) -> None:
    case, vera, at = casework.opened(clock()), builders.vera(), clock.tick()
    approve = partial(replying.approve, case.pk, by=vera, at=at)
    prepare = partial(replying.prepare, case.pk, casework.ANSWER, by=vera, at=at)

    results = together([prepare, approve, prepare, approve])

    assert sum(not isinstance(each, RecourseError) for each in results) == 1
    assert casework.again(case).state == "prepared"


def test_each_measure_gets_a_number_of_its_own(clock: Clock) -> None:
    case, hal, at = casework.opened(clock()), builders.hal(), clock.tick()
    order = partial(measures.order, case.pk, "Delete it.", "hal", at.date(), by=hal, at=at)

    results = together([order] * 6)

    assert kinds(results) == {"AuthorityCase": 6}
    assert sorted(case.measures.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert history.verify().whole


def test_closing_and_ordering_at_once_leave_no_open_measure_behind(clock: Clock) -> None:
    case = casework.answered(casework.opened(clock()), clock.tick())
    at = clock.tick()

    hands: list[Callable[[], object]] = [partial(casework.ordered, case, at), partial(casework.closed, case, at)]
    together(hands)

    kept = casework.again(case)
    waits = kept.measures.filter(done_at=None, lifted_at=None).exists()
    assert (kept.state == "closed") != waits


@pytest.mark.parametrize("_again", range(5))
def test_filing_is_linked_or_forgotten_and_never_both(clock: Clock, _again: int) -> None:
    request = contesting.complained(clock())
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    drain(clock.tick())
    case, hal = casework.opened(clock.tick()), builders.hal()
    at = clock.tick(days=settings.CASE_KEPT_DAYS + 1)
    reference = request.submission.reference

    hands: list[Callable[[], object]] = [
        partial(entering.link, case.pk, reference, by=hal, at=at),
        partial(purging.forget, request.submission_id, at),
    ]
    together(hands)

    forgotten = builders.again(request).submission.purged_at is not None
    assert CaseLink.objects.exists() != forgotten


def test_warning_goes_out_once_however_many_sweep(clock: Clock) -> None:
    casework.opened(clock(), due_on=clock.now.date() + timedelta(days=5))
    at = clock.tick(days=3)
    [(model, pk)] = dates.due_warnings(at, 10)

    results = together([partial(dates.warn, model, pk, at) for _ in range(6)])

    assert sorted(str(each) for each in results) == ["False"] * 5 + ["True"]
    assert Message.objects.filter(kind="case_due").count() == 1
