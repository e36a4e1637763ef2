"""Nobody forgets a date: staff are warned ahead of it, and the person hears the truth once it is missed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from dsr.deadlines import business_days_before, local_date
from dsr.models import Deadline, DeadlineKind, Event, SubjectRequest
from dsr.policies import Caller
from dsr.reckoning import calendar_of
from dsr.rights import Right
from dsr.rules.marks import Mark
from dsr.services import housekeeping, links, review, threads, timing, watching
from dsr.services.letters import Whose
from notifications import letters, outbox
from tests import builders
from tests.clock import Clock
from tests.drain import drain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]


@pytest.fixture
def team() -> None:
    """Lena leads, Dora answers for data protection, Hal handles and Vera approves."""
    builders.staff("lena", "lead_requests")
    builders.staff("dora", "officer_requests")
    builders.staff("hal")
    builders.staff("vera")


def _watch(request: SubjectRequest) -> Deadline:
    return Deadline.objects.get(request=request, kind=DeadlineKind.WATCH)


def _warnings(request: SubjectRequest) -> set[tuple[str, Mark, Whose]]:
    """Return who waits to be warned, of what and as what."""
    messages = outbox.about(request.submission_id).filter(kind="staff_warning").exclude(context_sealed=None)
    found = set()
    for message in messages:
        letter: Any = letters.unpack(message.kind, message.open("context"))
        found.add((message.open("to").partition("@")[0], letter.mark, letter.whose))
    return found


def _next(request: SubjectRequest) -> datetime:
    """Look at the request when it is next due, and return when that was."""
    row = _watch(request)
    watching.look(row, row.due_at)
    return row.due_at


def _life(request: SubjectRequest) -> list[tuple[datetime, set[tuple[str, Mark, Whose]]]]:
    """Look at every mark up to the first that tells of the miss; return who was warned at each."""
    seen, lived = _warnings(request), []
    while _watch(request).rule != "next_word":
        at = _next(request)
        lived.append((at, _warnings(request) - seen))
        seen |= _warnings(request)
    return lived


@pytest.mark.usefixtures("team")
def test_each_mark_warns_those_whom_it_concerns(clock: Clock) -> None:
    request = builders.in_review(at=clock(), country="US", region="CA")
    review.assign(request.pk, builders.staff("hal").pk, by=builders.hal(), at=clock.tick())
    whole = request.due_at - request.received_at
    calendar = calendar_of(request)

    lived = _life(request)

    assert [warned for _at, warned in lived] == [
        {("hal", Mark.HALF, Whose.OWNER)},
        {("hal", Mark.THREE_QUARTERS, Whose.OWNER)},
        {("hal", Mark.FIVE_DAYS, Whose.OWNER), ("lena", Mark.FIVE_DAYS, Whose.LEAD)},
        {("lena", Mark.TWO_DAYS, Whose.LEAD), ("dora", Mark.TWO_DAYS, Whose.DPO)},
        {
            ("hal", Mark.MISSED, Whose.OWNER),
            ("lena", Mark.MISSED, Whose.LEAD),
            ("dora", Mark.MISSED, Whose.DPO),
        },
    ]
    assert [at for at, _warned in lived][:2] == [request.received_at + whole / 2, request.received_at + whole * 3 / 4]
    days = [local_date(at, request.submission.zone) for at, _warned in lived[2:4]]
    assert days == [business_days_before(request.due_on, n, calendar) for n in (5, 2)]
    assert lived[4][0] == request.due_at


def test_warning_goes_to_the_lead_where_nobody_has_it_and_to_approvers_where_nobody_leads(clock: Clock) -> None:
    builders.staff("vera")
    led, unled = builders.in_review(at=clock()), builders.in_review(at=clock.tick())

    _next(unled)
    builders.staff("lena", "lead_requests")
    _next(led)

    assert _warnings(unled) == {("vera", Mark.HALF, Whose.LEAD)}
    assert _warnings(led) == {("lena", Mark.HALF, Whose.LEAD)}


@pytest.mark.usefixtures("team")
def test_done_twice_is_done_once(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    row = _watch(request)

    for _time in range(2):
        watching.look(row, row.due_at)

    assert len(_warnings(request)) == 1
    assert _watch(request).rule == Mark.FIVE_DAYS


@pytest.mark.usefixtures("team")
def test_a_mark_passed_over_is_not_told_of_late(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    row = _watch(request)

    watching.look(row, request.received_at + (request.due_at - request.received_at) * 4 / 5)

    assert {mark for _name, mark, _whose in _warnings(request)} <= {Mark.THREE_QUARTERS, Mark.FIVE_DAYS}
    assert len(_warnings(request)) >= 1


@pytest.mark.usefixtures("team")
def test_extension_shifts_the_marks(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    _next(request)
    before = _watch(request).due_at

    timing.extend(request.pk, "complexity", "There is a great deal.", by=builders.hal(), at=clock.tick(days=20))

    request = builders.again(request)
    whole = request.due_at - request.received_at
    assert _watch(request).due_at > before
    assert _watch(request).due_at == request.received_at + whole / 2


@pytest.mark.usefixtures("team")
def test_paused_request_is_silent_until_it_runs_again(clock: Clock) -> None:
    request = builders.in_review(at=clock(), country="GB")
    timing.clarify(request.pk, "Which account do you mean?", by=builders.hal(), at=clock.tick(days=1))
    assert builders.again(request).waits_for

    drain(clock.tick(days=25))
    silent = outbox.about(request.submission_id).filter(kind="staff_warning").count()
    threads.answer(request.pk, "The first.", by=Caller.person(), at=clock.tick())
    request = builders.again(request)
    mark = _watch(request).due_at
    _next(request)

    assert silent == 0
    assert mark > clock()
    assert len(_warnings(request)) == 1


@pytest.mark.usefixtures("team")
def test_missed_date_is_told_to_the_person_again_and_again(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    _life(request)
    first = builders.letters_to(request.submission, "overdue")[-1]
    second_at = _next(request)
    second = builders.letters_to(request.submission, "overdue")[-1]

    assert (first.again, second.again) == (False, True)
    assert first.was_due_on == second.was_due_on == request.due_on
    assert first.remedies
    assert not first.deemed
    assert local_date(second_at, request.submission.zone) == first.next_on
    assert first.next_on < second.next_on
    assert Event.objects.filter(request=request, verb="miss").count() == 2


@pytest.mark.usefixtures("team")
def test_answered_and_closed_requests_are_not_watched(clock: Clock) -> None:
    ready, withdrawn = builders.ready(clock()), builders.in_review(at=clock.tick())
    review.withdraw(withdrawn.pk, by=Caller.person(), at=clock.tick())

    assert _watch(ready).done_at
    assert _watch(withdrawn).done_at


@pytest.mark.usefixtures("team")
def test_closing_between_two_looks_ends_it(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    stale = _watch(request)
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())

    watching.look(stale, stale.due_at)

    assert not _warnings(request)


@pytest.mark.usefixtures("team")
@pytest.mark.parametrize(
    ("country", "region", "regime"), [("CA", "QC", "ca_qc"), ("CA", "ON", "ca_pipeda"), ("ZA", "", "za_popia")]
)
def test_silence_that_counts_as_a_refusal_is_said_with_the_last_day_to_go_further(
    clock: Clock, country: str, region: str, regime: str
) -> None:
    request = builders.in_review(at=clock(), country=country, region=region)
    assert request.regime == regime

    _life(request)
    while (last := builders.letters_to(request.submission, "overdue")[-1]) and not last.deemed:
        _next(request)

    event = Event.objects.filter(request=request, verb="miss").order_by("-seq")[0]
    assert event.data["deemed_refusal"] == regime
    assert request.last_on is not None
    assert event.at.date() > request.last_on
    assert last.appeal_until is None or last.appeal_until > request.last_on


def test_round_adds_a_watch_to_what_an_earlier_release_filed(clock: Clock) -> None:
    request, answered = builders.in_review(at=clock()), builders.ready(clock.tick())
    Deadline.objects.filter(kind=DeadlineKind.WATCH).delete()
    SubjectRequest.objects.update(slack_at=None)

    done = housekeeping.housekeep(clock.tick())
    twice = housekeeping.housekeep(clock.tick())

    assert (done["watches_added"], done["starts_set"]) == (1, 2)
    assert (twice["watches_added"], twice["starts_set"]) == (0, 0)
    assert _watch(request).rule == Mark.HALF
    assert not Deadline.objects.filter(request=answered, kind=DeadlineKind.WATCH).exists()


def test_request_that_comes_in_late_starts_with_the_next_mark(clock: Clock) -> None:
    filed = builders.file(at=clock(), received_at=None)
    late = _filed_late(clock, days=20)

    assert _watch(builders.only(filed.submission)).rule == Mark.HALF
    assert _watch(late).rule != Mark.HALF
    assert _watch(late).due_at > clock()


def _filed_late(clock: Clock, days: int) -> SubjectRequest:
    from dsr.services import intake

    filing = builders.filing(Right.ACCESS, received_at=clock() - timedelta(days=days), channel="post")
    return builders.only(intake.file(filing, by=builders.sam(), at=clock()).submission)


def test_link_in_a_warning_leads_to_the_request(clock: Clock) -> None:
    request = builders.in_review(at=clock())

    assert links.console(request.pk).endswith(reverse("admin:dsr_subjectrequest_change", args=(request.pk,)))
