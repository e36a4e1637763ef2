"""Handing over: a fresh code, a download that resumes, an end with a warning, issuing again, destruction."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from dsr.errors import NotAllowed, NotFound, WrongState
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Deadline, DeadlineKind, Event, LedgerEntry, Package, SubjectRequest
from dsr.packaging import checking
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import delivery, history, review, storage, sweeping
from notifications.delivery import sent_body
from notifications.models import Message
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from verification import grants, mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
PERSON = Caller.person()


@pytest.fixture
def ready(clock: Clock, systems: Any, storage_of_its_own: None) -> SubjectRequest:
    """An answer that waits to be collected."""
    return builders.ready(clock())


def _code(request: SubjectRequest) -> str:
    return str(builders.letters_to(request.submission, "download_code")[-1].code)


def _session(request: SubjectRequest, clock: Clock) -> str:
    challenge = delivery.ask_code(request.pk, at=clock.tick(minutes=5))
    return delivery.open_download(request.pk, challenge, _code(request), by=PERSON, at=clock.tick())


def _read(token: str, clock: Clock, first: int | None = None, last: int | None = None) -> bytes:
    return b"".join(delivery.stream(token, first=first, last=last, at=clock.tick()).chunks)


def _packages() -> list[str]:
    return list(storage.vault().list_prefix("packages/"))


def _due(request: SubjectRequest, kind: DeadlineKind) -> Deadline:
    return Deadline.objects.get(request=request, kind=kind, done_at=None)


# --- the code --------------------------------------------------------------------------------------------------------


def test_code_opens_one_session_and_no_second(ready: SubjectRequest, clock: Clock) -> None:
    challenge = delivery.ask_code(ready.pk, at=clock.tick())
    code = _code(ready)

    delivery.open_download(ready.pk, challenge, code, by=PERSON, at=clock.tick())
    with pytest.raises(mail.Unknown):
        delivery.open_download(ready.pk, challenge, code, by=PERSON, at=clock.tick())

    assert Event.objects.filter(verb="download_opened").count() == 1


def test_code_goes_to_the_address_on_file_and_is_blotted_out_once_sent(ready: SubjectRequest, clock: Clock) -> None:
    delivery.ask_code(ready.pk, at=clock.tick())
    code = _code(ready)
    drain(clock.tick())

    row = Message.objects.select_related("data_key").get(kind="download_code")
    assert (row.open("to"), row.state) == (builders.ADA, "sent")
    sent = sent_body(row)
    assert sent is not None
    assert code not in sent.subject + sent.text + sent.html


def test_code_of_one_request_opens_no_other(ready: SubjectRequest, clock: Clock) -> None:
    other = builders.ready(clock.tick())
    challenge = delivery.ask_code(ready.pk, at=clock.tick())

    with pytest.raises(mail.Unknown):
        delivery.open_download(other.pk, challenge, _code(ready), by=PERSON, at=clock.tick())

    assert not Event.objects.filter(verb="download_opened").exists()


def test_code_that_is_wrong_too_often_dies_and_one_asked_for_afresh_works(ready: SubjectRequest, clock: Clock) -> None:
    challenge = delivery.ask_code(ready.pk, at=clock.tick())
    code = _code(ready)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    for _ in range(5):
        with pytest.raises(mail.WrongCode):
            delivery.open_download(ready.pk, challenge, wrong, by=PERSON, at=clock.tick())
    with pytest.raises(mail.TooMany):
        delivery.open_download(ready.pk, challenge, code, by=PERSON, at=clock.tick())

    assert _read(_session(ready, clock), clock)


def test_code_ends_after_half_an_hour_or_when_a_newer_one_is_asked_for(ready: SubjectRequest, clock: Clock) -> None:
    old = delivery.ask_code(ready.pk, at=clock.tick())
    old_code = _code(ready)
    with pytest.raises(mail.TooSoon):
        delivery.ask_code(ready.pk, at=clock.tick(seconds=30))
    new = delivery.ask_code(ready.pk, at=clock.tick(minutes=2))

    with pytest.raises(mail.Superseded):
        delivery.open_download(ready.pk, old, old_code, by=PERSON, at=clock.tick())
    with pytest.raises(mail.Expired):
        delivery.open_download(ready.pk, new, _code(ready), by=PERSON, at=clock.tick(minutes=31))


def test_code_is_sent_only_while_the_answer_is_ready(clock: Clock) -> None:
    waiting = builders.prepared(clock())
    statement = builders.only(builders.file(Right.BE_INFORMED, at=clock.tick()).submission)
    drain(clock.tick())

    with pytest.raises(WrongState):
        delivery.ask_code(waiting.pk, at=clock.tick())
    with pytest.raises(NotFound):
        delivery.ask_code(statement.pk, at=clock.tick())

    assert not Message.objects.filter(kind="download_code").exists()


# --- the file --------------------------------------------------------------------------------------------------------


def test_file_is_the_one_that_was_promised(ready: SubjectRequest, clock: Clock, tmp_path: Any) -> None:
    offer = delivery.offer(ready)
    assert offer is not None

    data = _read(_session(ready, clock), clock)

    assert (len(data), hashlib.sha256(data).hexdigest()) == (offer.size, offer.sha256)
    (tmp_path / "package.zip").write_bytes(data)
    assert checking.verify(tmp_path / "package.zip").ok
    built = Event.objects.get(verb="built")
    assert built.data == {"package": 1, "sha256": offer.sha256, "size": offer.size}


def test_download_that_broke_off_goes_on_where_it_stopped(ready: SubjectRequest, clock: Clock) -> None:
    token = _session(ready, clock)
    whole = _read(token, clock, 0, 99)
    assert builders.again(ready).state == State.READY

    rest = _read(token, clock, 100)

    offer = delivery.offer(ready)
    assert offer is not None
    assert hashlib.sha256(whole + rest).hexdigest() == offer.sha256
    assert (builders.again(ready).state, Package.objects.get().downloads) == (State.CLOSED, 1)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, (0, -1)),
        (0, 0, (0, 0)),
        (10, 19, (10, 19)),
        (10, 10**12, (10, -1)),
        (None, 7, (-7, -1)),
        (None, 10**12, (0, -1)),
        (10**12, None, None),
        (5, 4, None),
        (None, 0, None),
    ],
)
def test_range_is_what_was_asked_for(
    ready: SubjectRequest, clock: Clock, first: int | None, last: int | None, expected: tuple[int, int] | None
) -> None:
    token = _session(ready, clock)
    size = Package.objects.get().size

    if expected is None:
        with pytest.raises(ValueError, match="range"):
            delivery.stream(token, first=first, last=last, at=clock.tick())
        return
    found = delivery.stream(token, first=first, last=last, at=clock.tick())

    assert (found.start, found.end) == tuple(place % size if place < 0 else place for place in expected)
    assert len(b"".join(found.chunks)) == found.end - found.start + 1


def test_session_ends_after_a_day_and_no_other_token_opens_the_file(ready: SubjectRequest, clock: Clock) -> None:
    token = _session(ready, clock)
    other = grants.issue("tracker", Package.objects.get().pk, clock(), lasts=timedelta(days=1))

    with pytest.raises(grants.NoGrant):
        delivery.stream(other, first=None, last=None, at=clock.tick())
    assert _read(token, clock, 0, 9)
    with pytest.raises(grants.NoGrant):
        delivery.stream(token, first=None, last=None, at=clock.tick(hours=24))


def test_collecting_closes_the_request_with_what_the_ledger_says(ready: SubjectRequest, clock: Clock) -> None:
    token = _session(ready, clock)

    _read(token, clock)
    _read(token, clock)

    request = builders.again(ready)
    assert (request.state, request.outcome, request.turn) == (State.CLOSED, Outcome.FULFILLED, Turn.NOBODY)
    assert list(Event.objects.filter(verb__in=("collect", "downloaded")).values_list("verb", flat=True)) == [
        "collect",
        "downloaded",
    ]
    assert Package.objects.get().downloads == 2


# --- its end ---------------------------------------------------------------------------------------------------------


def test_answer_nobody_collects_is_warned_about_then_closed_then_destroyed(ready: SubjectRequest, clock: Clock) -> None:
    start = clock()
    told = {}
    for day in range(1, 61):
        clock.now = start + timedelta(days=day)
        before = builders.again(ready).state, len(_packages()), Message.objects.count()
        drain(clock())
        after = builders.again(ready).state, len(_packages()), Message.objects.count()
        if before != after:
            told[day] = after

    assert set(told) == {23, 30, 60}
    assert told[23][0] == State.READY
    assert Message.objects.filter(kind="expiry_warning").count() == 1
    assert told[30][:2] == (State.CLOSED, 1)
    assert told[60][:2] == (State.CLOSED, 0)
    assert builders.again(ready).outcome == Outcome.FULFILLED
    assert history.verify().whole


def test_collected_answer_is_not_warned_about_but_destroyed(ready: SubjectRequest, clock: Clock) -> None:
    token = _session(ready, clock)
    _read(token, clock)

    for days in (23, 7, 30):
        drain(clock.tick(days=days))

    assert not Message.objects.filter(kind="expiry_warning").exists()
    assert _packages() == []
    assert Package.objects.get().destroyed_at == clock()
    assert Event.objects.filter(verb="destroyed").count() == 1
    with pytest.raises(grants.NoGrant):
        delivery.stream(token, first=None, last=None, at=clock.tick())


def test_session_opened_before_the_destruction_gets_nothing_after_it(ready: SubjectRequest, clock: Clock) -> None:
    deadline = _due(ready, DeadlineKind.DESTROY)
    drain(clock.tick(days=settings.DOWNLOAD_DAYS))
    package = Package.objects.get()
    token = grants.issue(delivery.DOWNLOAD, package.pk, clock(), lasts=timedelta(days=400))
    drain(clock.tick(days=settings.ANSWER_KEPT_DAYS))

    with pytest.raises(grants.NoGrant):
        delivery.stream(token, first=None, last=None, at=clock.tick())
    deadline.refresh_from_db()
    assert deadline.done_at is not None


def test_answer_is_issued_again_while_its_file_is_kept(ready: SubjectRequest, clock: Clock) -> None:
    drain(clock.tick(days=30))

    delivery.reissue(ready.pk, by=PERSON, at=clock.tick(days=20))
    request = builders.again(ready)
    data = _read(_session(ready, clock), clock)

    assert (request.state, request.outcome) == (State.READY, "")
    assert Message.objects.filter(kind="answer_ready").count() == 2
    offer = delivery.offer(ready)
    assert offer is not None
    assert (hashlib.sha256(data).hexdigest(), offer.number) == (offer.sha256, 1)
    assert LedgerEntry.objects.filter(request=ready).count() == 2


def test_reissued_answer_is_kept_until_its_new_end_and_destroyed_then(ready: SubjectRequest, clock: Clock) -> None:
    drain(clock.tick(days=30))
    drain(clock.tick(days=20))
    delivery.reissue(ready.pk, by=builders.sam(), at=clock())

    drain(clock.tick(days=10))
    kept = len(_packages())
    drain(clock.tick(days=20))

    assert kept == 1
    assert builders.again(ready).state == State.CLOSED
    assert _packages() == []


def test_destruction_that_comes_before_the_end_waits_for_it(ready: SubjectRequest, clock: Clock) -> None:
    drain(clock.tick(days=30))
    delivery.reissue(ready.pk, by=builders.sam(), at=clock.tick(days=20))
    destroy, end = _due(ready, DeadlineKind.DESTROY), _due(ready, DeadlineKind.EXPIRY)
    assert destroy.due_at == end.due_at

    delivery.destroy(destroy, destroy.due_at)
    assert len(_packages()) == 1
    delivery.expire(end, end.due_at)
    sweeping.sweep(end.due_at + timedelta(minutes=15))

    assert _packages() == []


def test_destroyed_answer_is_renewed_by_searching_again(ready: SubjectRequest, clock: Clock) -> None:
    for days in (30, 30):
        drain(clock.tick(days=days))

    delivery.reissue(ready.pk, by=PERSON, at=clock.tick())
    renewed = builders.again(ready)
    drain(clock.tick())
    review.prepare(ready.pk, by=builders.hal(), at=clock.tick())
    review.approve(ready.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert (renewed.state, renewed.turn, renewed.proposal) == (State.IN_REVIEW, Turn.SYSTEMS, "")
    offer = delivery.offer(builders.again(ready))
    assert offer is not None
    assert (offer.number, offer.destroyed) == (2, False)
    assert _read(_session(ready, clock), clock)
    assert LedgerEntry.objects.filter(request=ready).count() == 2


def test_destruction_left_half_done_does_not_touch_what_is_searched_anew(ready: SubjectRequest, clock: Clock) -> None:
    drain(clock.tick(days=30))
    deadline = _due(ready, DeadlineKind.DESTROY)
    delivery.destroy(deadline, deadline.due_at)
    Deadline.objects.filter(pk=deadline.pk).update(done_at=None)
    clock.now = deadline.due_at
    delivery.reissue(ready.pk, by=PERSON, at=clock.tick())
    sweeping.work(ready.submission_id, clock.tick())

    delivery.destroy(deadline, clock.tick())

    step = ready.steps.get()
    assert list(storage.vault().list_prefix(f"parcels/{step.pk}/")) == [step.parcel]


@pytest.mark.parametrize("state", ["in_review", "ready"])
def test_answer_that_is_not_closed_is_not_issued_again(clock: Clock, state: str) -> None:
    request = builders.in_review(at=clock()) if state == "in_review" else builders.ready(clock())

    with pytest.raises(WrongState):
        delivery.reissue(request.pk, by=PERSON, at=clock.tick())

    assert builders.again(request).state == state


def test_withdrawn_request_has_no_answer_to_issue_again(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    review.withdraw(request.pk, by=PERSON, at=clock.tick())

    with pytest.raises(WrongState) as refused:
        delivery.reissue(request.pk, by=PERSON, at=clock.tick())

    assert refused.value.code == "no-answer"


def test_issuing_again_is_not_for_the_system(ready: SubjectRequest, clock: Clock) -> None:
    drain(clock.tick(days=30))

    with pytest.raises(NotAllowed):
        delivery.reissue(ready.pk, by=Caller.system(), at=clock.tick())


# --- what was found and never given ----------------------------------------------------------------------------------


def _withdraw(request: SubjectRequest, clock: Clock) -> None:
    review.withdraw(request.pk, by=PERSON, at=clock.tick())


def _redirect(request: SubjectRequest, clock: Clock) -> None:
    review.redirect(request.pk, "Ask your employer.", by=builders.vera(), at=clock.tick())


def _refuse(request: SubjectRequest, clock: Clock) -> None:
    builders.refused(request, clock.tick())


@pytest.mark.parametrize("close", [_withdraw, _redirect, _refuse])
def test_what_was_found_for_a_request_that_ends_without_answer_is_destroyed(clock: Clock, close: Any) -> None:
    request = builders.in_review(at=clock())
    close(request, clock)

    drain(clock.tick(days=settings.ANSWER_KEPT_DAYS - 1))
    kept = len(list(storage.vault().list_prefix("parcels/")))
    drain(clock.tick(days=1))

    assert kept == 1
    assert list(storage.vault().list_prefix("parcels/")) == []
    assert request.steps.get().parcel == ""


# --- statements ------------------------------------------------------------------------------------------------------


def test_statement_is_collected_by_reading_it_and_reading_twice_changes_nothing(clock: Clock) -> None:
    filed = builders.file(Right.BE_INFORMED, at=clock())
    drain(clock.tick())
    request = builders.only(filed.submission)
    offer = delivery.offer(request)
    assert offer is not None
    assert (offer.is_file, request.state) == (False, State.READY)

    delivery.read_statement(request.pk, by=PERSON, at=clock.tick())
    events = Event.objects.count()
    delivery.read_statement(request.pk, by=PERSON, at=clock.tick())

    assert builders.again(request).outcome == Outcome.FULFILLED
    assert Event.objects.count() == events
    assert delivery.statement(builders.again(request)).sections


def test_offer_is_none_while_there_is_no_answer(clock: Clock) -> None:
    assert delivery.offer(builders.in_review(at=clock())) is None
