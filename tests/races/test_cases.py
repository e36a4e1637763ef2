"""One case under many hands: every decision falls once, whatever happens at the same moment."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import Deadline, DeadlineKind, Event, LedgerEntry, Package, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import delivery, fulfilment, history, identity, intake, review, storage, sweeping
from notifications.models import DataKey, Message
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.together import kinds, together
from verification import mail
from verification.models import Challenge

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = Caller.person()


@pytest.fixture(autouse=True)
def _world(clock: Clock, tmp_path: Path, settings: Any, db: None) -> None:
    """One real system, and a vault of the test's own."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    organisation.desk(tmp_path, clock())


def _verbs(request: SubjectRequest, *verbs: str) -> int:
    return Event.objects.filter(submission=request.submission, verb__in=verbs).count()


def _check_case(request: SubjectRequest) -> None:
    """What must hold whatever has happened."""
    now = builders.again(request)
    assert history.verify(now.submission.reference).broken == ""
    assert (now.state == State.CLOSED) == bool(now.outcome) == (now.closed_at is not None)
    last = Event.objects.filter(request=now).latest("seq")
    assert last.to_state == now.state


# --- deciding --------------------------------------------------------------------------------------------------------


def test_two_who_approve_at_once_approve_once(clock: Clock) -> None:
    request = builders.prepared(clock())
    callers = [
        Caller.of_user(builders.staff(name, "work_requests", "approve_requests"), "admin")
        for name in ("vera", "wilma", "xenia")
    ]

    results = together([partial(review.approve, request.pk, by=by, at=clock()) for by in callers])

    assert kinds(results) == {"SubjectRequest": 1, "WrongState": 2}, results
    assert _verbs(request, "approve") == 1
    drain(clock.tick())
    assert Package.objects.count() == 1
    _check_case(request)


def _approve_and_withdraw(clock: Clock) -> None:
    request = builders.prepared(clock())
    vera = builders.vera()

    together(
        [
            lambda: review.approve(request.pk, by=vera, at=clock()),
            lambda: review.withdraw(request.pk, by=PERSON, at=clock()),
        ]
    )
    drain(clock.tick())

    now = builders.again(request)
    assert (now.state, now.outcome) == (State.CLOSED, Outcome.WITHDRAWN)
    assert _verbs(request, "withdraw") == 1
    assert request.packages.count() == _verbs(request, "built") == 0
    _check_case(request)


def test_approval_and_withdrawal_at_once_agree_on_one_end(clock: Clock) -> None:
    for _ in range(4):
        _approve_and_withdraw(clock)


def test_proposal_and_refusal_at_once_do_not_mix(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    hal, vera = builders.hal(), builders.vera()

    results = together(
        [
            lambda: review.prepare(request.pk, by=hal, at=clock()),
            lambda: review.propose_refusal(request.pk, "abuse_of_right", "It is.", by=vera, at=clock()),
        ]
    )

    assert kinds(results) == {"SubjectRequest": 1, "WrongState": 1}, results
    now = builders.again(request)
    assert bool(now.refusal_ground) == (now.proposal == "refuse") == (now.reason_sealed is not None)
    _check_case(request)


def test_decision_on_one_look_is_made_once(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    vera, hal = builders.vera(), builders.hal()

    results = together(
        [
            partial(review.assign, request.pk, by.user_id, by=by, at=clock(), expect=request.version)
            for by in (vera, hal, vera, hal)
        ]
    )

    assert kinds(results) == {"SubjectRequest": 1, "Stale": 3}, results
    assert builders.again(request).version == request.version + 1


# --- identity --------------------------------------------------------------------------------------------------------


def test_link_pressed_by_many_lets_the_request_through_once(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())
    letter = builders.letters_to(filed.submission, "confirm_address")[-1]
    token, code = builders.token_in(letter.link), letter.code
    assert filed.challenge_id is not None
    challenge_id = filed.challenge_id

    results = together(
        [lambda: identity.confirm_link(token, by=PERSON, at=clock())] * 4
        + [lambda: identity.confirm_code(challenge_id, code, by=PERSON, at=clock())] * 2
    )

    assert kinds(results) == {"Confirmed": 6}, results
    assert [result.again for result in results if isinstance(result, identity.Confirmed)].count(False) == 1
    request = builders.only(filed.submission)
    assert _verbs(request, "confirm_identity") == _verbs(request, "search") == 2
    assert request.steps.count() == 1
    assert len(builders.letters_to(filed.submission, "received")) == 1


def _warn_and_resend(clock: Clock) -> None:
    filed = builders.file(at=clock())
    [warning] = Deadline.objects.filter(submission=filed.submission, kind=DeadlineKind.LAPSE_WARNING)
    challenge = Challenge.objects.get(about=filed.submission.pk)
    at = warning.due_at

    results = together(
        [
            lambda: identity.warn_of_lapse(warning, at),
            lambda: identity.resend(challenge.pk, at=at),
            lambda: identity.readdress(challenge.pk, builders.MAX, at=at),
        ]
    )

    assert set(kinds(results)) <= {"NoneType", "UUID", "TooSoon", "Superseded"}, results
    _check_case(builders.only(filed.submission))


def test_warning_and_a_wish_for_a_new_link_at_once_do_not_block_each_other(clock: Clock) -> None:
    for _ in range(4):
        _warn_and_resend(clock)


def _lapse_and_confirm(clock: Clock) -> None:
    filed = builders.file(at=clock())
    [lapse] = Deadline.objects.filter(submission=filed.submission, kind=DeadlineKind.LAPSE)
    clock.now = lapse.due_at
    started = mail.remind(filed.submission.pk, clock())

    results = together(
        [
            lambda: identity.confirm_link(started.token, by=PERSON, at=clock()),
            lambda: identity.lapse(lapse, clock()),
        ]
    )

    assert set(kinds(results)) <= {"Confirmed", "NoneType"}, results
    request = builders.only(filed.submission)
    assert (request.state, request.outcome) in {(State.IN_REVIEW, ""), (State.CLOSED, Outcome.UNVERIFIED)}
    _check_case(request)
    if request.state == State.CLOSED:
        identity.reopen(filed.submission.pk, by=PERSON, at=clock.tick())
        assert builders.confirm(filed.submission, clock.tick()).again is False


def test_lapse_and_confirmation_at_once_leave_nobody_in_between(clock: Clock) -> None:
    for _ in range(4):
        _lapse_and_confirm(clock)


def test_reopening_pressed_by_many_reopens_once(clock: Clock) -> None:
    filed = builders.file(at=clock())
    drain(clock.tick(days=28))

    results = together([lambda: identity.reopen(filed.submission.pk, by=PERSON, at=clock())] * 5)

    assert kinds(results) == {"UUID": 1, "WrongState": 4}, results
    assert _verbs(builders.only(filed.submission), "reopen") == 1


# --- filing ----------------------------------------------------------------------------------------------------------


def test_same_key_filed_by_many_files_once(clock: Clock) -> None:
    filing = builders.filing(idempotency_scope="web", idempotency_key="k")

    results = together([lambda: intake.file(filing, by=PERSON, at=clock())] * 8)

    assert kinds(results) == {"Filed": 8}, results
    filed = [result for result in results if isinstance(result, intake.Filed)]
    assert [each.created for each in filed].count(True) == 1
    assert len({each.submission.pk for each in filed}) == 1
    counts = {model.__name__: model._default_manager.count() for model in (Submission, DataKey, Message, Challenge)}
    assert counts == {"Submission": 1, "DataKey": 2, "Message": 1, "Challenge": 1}  # a key is the desk's own


def test_same_key_with_other_content_at_once_is_one_filing_and_one_conflict(clock: Clock) -> None:
    one = builders.filing(idempotency_scope="web", idempotency_key="k")
    other = builders.filing(idempotency_scope="web", idempotency_key="k", email=builders.MAX)

    results = together(
        [lambda: intake.file(one, by=PERSON, at=clock()), lambda: intake.file(other, by=PERSON, at=clock())]
    )

    assert kinds(results) == {"Filed": 1, "Conflict": 1}, results
    assert Submission.objects.count() == 1


# --- building and handing over ---------------------------------------------------------------------------------------


def test_two_builders_make_one_answer(clock: Clock) -> None:
    request = builders.prepared(clock())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    deadline = Deadline.objects.get(request=request, kind=DeadlineKind.BUILD)

    results = together([lambda: fulfilment.build(deadline, clock())] * 4)

    assert kinds(results) == {"NoneType": 4}, results
    assert _verbs(request, "built") == Package.objects.count() == 1
    assert list(storage.vault().list_prefix("packages/")) == [Package.objects.get().vault_name]
    assert LedgerEntry.objects.count() == 2
    assert len(builders.letters_to(request.submission, "answer_ready")) == 1
    _check_case(request)


def test_code_typed_by_many_opens_one_session(clock: Clock) -> None:
    request = builders.ready(clock())
    challenge = delivery.ask_code(request.pk, at=clock.tick())
    code = builders.letters_to(request.submission, "download_code")[-1].code

    results = together([lambda: delivery.open_download(request.pk, challenge, code, by=PERSON, at=clock())] * 6)

    assert kinds(results) == {"str": 1, "Unknown": 5}, results
    assert _verbs(request, "download_opened") == 1


def test_download_finished_by_many_is_collected_once_and_counted_each_time(clock: Clock) -> None:
    request = builders.ready(clock())
    challenge = delivery.ask_code(request.pk, at=clock.tick())
    code = builders.letters_to(request.submission, "download_code")[-1].code
    token = delivery.open_download(request.pk, challenge, code, by=PERSON, at=clock.tick())

    def fetch() -> int:
        return sum(len(part) for part in delivery.stream(token, first=None, last=None, at=clock()).chunks)

    results = together([fetch] * 5)

    assert set(results) == {Package.objects.get().size}
    assert (_verbs(request, "collect"), _verbs(request, "downloaded")) == (1, 4)
    assert Package.objects.get().downloads == 5
    _check_case(request)


def _destroy_and_reissue(clock: Clock) -> None:
    request = builders.ready(clock())
    drain(clock.tick(days=30))
    destroy = Deadline.objects.get(request=request, kind=DeadlineKind.DESTROY, done_at=None)
    clock.now = destroy.due_at

    results = together(
        [
            lambda: delivery.destroy(destroy, clock()),
            lambda: delivery.reissue(request.pk, by=PERSON, at=clock()),
        ]
    )
    drain(clock.tick(minutes=11))

    assert set(kinds(results)) <= {"NoneType", "SubjectRequest"}, results
    now = builders.again(request)
    kept = [package.vault_name for package in request.packages.filter(destroyed_at=None)]
    files = set(storage.vault().list_prefix("packages/"))
    assert (now.state, len(kept)) in {(State.READY, 1), (State.IN_REVIEW, 0)}
    assert [name in files for name in request.packages.values_list("vault_name", flat=True)] == [bool(kept)]
    _check_case(request)


def test_destruction_and_a_wish_to_have_it_again_at_once_leave_an_answer_or_none(clock: Clock) -> None:
    for _ in range(3):
        _destroy_and_reissue(clock)


# --- sweeping --------------------------------------------------------------------------------------------------------


def test_many_sweepers_share_one_table(clock: Clock) -> None:
    for number in range(12):
        filed = builders.file(Right.BE_INFORMED, Right.ACCESS, at=clock.tick())
        if number % 2:
            builders.confirm(filed.submission, clock.tick())
    at = clock.tick()

    def sweep() -> sweeping.Tally:
        total = sweeping.Tally()
        while (tally := sweeping.sweep(at)).total:
            total.deadlines += tally.deadlines
            total.failures += tally.failures
        return total

    results = together([sweep] * 4)
    drain(at)

    assert kinds(results) == {"Tally": 4}, results
    tallies = [result for result in results if isinstance(result, sweeping.Tally)]
    assert sum(tally.failures for tally in tallies) == 0
    looked = Deadline.objects.filter(kind=DeadlineKind.LOOK, done_at__isnull=False).count()
    assert Package.objects.count() == looked == 12
    assert sum(tally.deadlines for tally in tallies) == 24
    assert Event.objects.filter(verb="built").count() == 12
    assert Event.objects.filter(verb="system_answered").count() == Event.objects.filter(verb="found").count() == 6
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert history.verify().whole


# --- history ---------------------------------------------------------------------------------------------------------


def test_history_is_proved_whole_while_it_grows(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    hal = builders.hal()

    def write() -> str:
        for _ in range(25):
            review.assign(request.pk, hal.user_id, by=hal, at=clock())
            builders.file(at=clock())
        return ""

    def verify() -> str:
        return next((proof.broken for _ in range(15) if (proof := history.verify()).broken), "")

    results = together([write, write, verify, verify])

    assert results == [""] * 4
    assert history.verify().whole


def _checkpoints_are_signed_while_events_are_written(clock: Clock) -> None:
    builders.file(at=clock())


def test_checkpoints_are_signed_while_events_are_written(clock: Clock) -> None:
    for _ in range(5):
        _checkpoints_are_signed_while_events_are_written(clock)

    settled = Event.objects.latest("id").recorded_at + history.SETTLING + timedelta(microseconds=1)
    before = Event.objects.count()

    def write() -> Any:
        return [builders.file(at=clock()) for _ in range(15)] and None

    tasks: list[Callable[[], Any]] = [write, write, *([lambda: history.checkpoint(settled)] * 4)]
    results = together(tasks)

    assert kinds(results) == {"NoneType": 5, "Checkpoint": 1}, results
    [signed] = [result for result in results if result is not None]
    assert signed.count == before  # type: ignore[union-attr]
    assert history.verify().whole
    assert history.checkpoint(settled + timedelta(hours=1)) is not None
    assert history.verify().whole
