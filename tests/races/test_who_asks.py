"""Who asks, under many hands: a stop wins, a proof counts once, and what the systems say is of the address as it is."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dsr.errors import RecourseError, WrongState
from dsr.lifecycle import State
from dsr.models import Alert, AlertAnswer, Deadline, DeadlineKind, Event, SubjectRequest, Submission, Vouched
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    delivery,
    evidence,
    history,
    identity,
    known_people,
    onfile,
    proving,
    review,
    stopping,
    storage,
    sweeping,
)
from dsr.services._moves import holding
from notifications.models import Message
from tests import builders, organisation, papers
from tests.clock import Clock
from tests.drain import drain
from tests.together import kinds, together
from verification import grants, mail
from verification.models import Challenge, Evidence, Purpose
from verification.proofs import Method

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = Caller.person()
AT_HOME = "ada@home.example.net"
CLAIMS = {"account": (organisation.ADA_NUMBER,)}
ROUNDS = 4


@pytest.fixture(autouse=True)
def _world(clock: Clock, tmp_path: Path, settings: Any, db: None) -> None:
    """The console, and a vault of the test's own."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    organisation.console(tmp_path, clock())


def stop(submission: Submission, at: datetime) -> None:
    """Somebody on file says that it was not them."""
    with holding(submission_id=submission.pk) as case:
        stopping.stop_all(case, at)


def looking(submission: Submission) -> Deadline:
    return Deadline.objects.get(submission=submission, kind=DeadlineKind.LOOK)


def moves(submission: Submission, verb: str) -> int:
    return Event.objects.filter(submission=submission, verb=verb).count()


def check(submission: Submission) -> None:
    """What must hold whatever has happened."""
    assert history.verify(submission.reference).broken == ""
    for request in submission.requests.all():
        assert Event.objects.filter(request=request).latest("seq").to_state == request.state


# --- A stop and what it stops ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_stop_wins_over_a_word_of_the_same_moment_that_all_is_well(clock: Clock, _round: int) -> None:
    filed = builders.file(at=clock(), email=AT_HOME, identifiers=CLAIMS)
    onfile.look(looking(filed.submission), clock.tick())
    link = builders.token_in(builders.letters_to(filed.submission, "somebody_asked")[0].link)
    at = clock.tick()

    results = together([partial(say, link, at=at) for say in (onfile.was_me, onfile.stop, onfile.was_me, onfile.stop)])

    assert kinds(results) == {"Alert": 4}, results
    assert Alert.objects.get(channel="email").answer == AlertAnswer.STOP
    assert Submission.objects.get().stopped_at is not None
    assert moves(filed.submission, "stop") == 1
    drain(clock.tick())
    assert builders.only(filed.submission).state in (State.VERIFYING, State.IN_REVIEW)
    check(filed.submission)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_stopped_and_approved_at_once_is_not_handed_over(clock: Clock, _round: int) -> None:
    request = builders.prepared(clock())
    vera, at = builders.vera(), clock.tick()

    results = together([lambda: review.approve(request.pk, by=vera, at=at), lambda: stop(request.submission, at)])

    assert kinds(results).keys() <= {"SubjectRequest", "NoneType", "WrongState"}, results
    drain(clock.tick(hours=2))
    assert builders.again(request).state in (State.IN_REVIEW, State.FULFILLING)
    assert moves(request.submission, "built") == 0
    check(request.submission)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_stopped_while_it_is_built_fails_nobody_and_opens_for_nobody(clock: Clock, _round: int) -> None:
    request = builders.prepared(clock())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    at = clock.tick()

    built, _stopped = together([lambda: sweeping.sweep(at), lambda: stop(request.submission, at)])

    assert isinstance(built, sweeping.Tally), built
    assert built.failures == 0
    now = builders.again(request)
    assert now.state in (State.FULFILLING, State.READY)
    with pytest.raises(WrongState):
        delivery.ask_code(request.pk, at=clock.tick())
    kept = [package.vault_name for package in now.packages.all()]
    assert list(storage.vault().list_prefix("packages/")) == kept
    check(request.submission)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_stop_ends_a_download_that_is_opened_at_the_same_moment(clock: Clock, _round: int) -> None:
    request = builders.ready(clock())
    challenge = delivery.ask_code(request.pk, at=clock.tick())
    code = builders.letters_to(request.submission, "download_code")[-1].code
    at = clock.tick()

    opened, _stopped = together(
        [
            lambda: delivery.open_download(request.pk, challenge, code, by=PERSON, at=at),
            lambda: stop(request.submission, at),
        ]
    )

    assert isinstance(opened, str | WrongState), opened
    if isinstance(opened, str):
        with pytest.raises((grants.NoGrant, WrongState)):
            delivery.stream(opened, first=None, last=None, at=clock.tick())
    check(request.submission)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_stop_beside_a_running_download_lets_no_second_one_begin(clock: Clock, _round: int) -> None:
    request = builders.ready(clock())
    challenge = delivery.ask_code(request.pk, at=clock.tick())
    code = builders.letters_to(request.submission, "download_code")[-1].code
    token = delivery.open_download(request.pk, challenge, code, by=PERSON, at=clock.tick())
    at = clock.tick()

    def fetch() -> bytes:
        return b"".join(delivery.stream(token, first=None, last=None, at=at).chunks)

    results = together([fetch, lambda: stop(request.submission, at), fetch])

    assert kinds(results).keys() <= {"bytes", "NoneType", "NoGrant", "WrongState"}, results
    now = builders.again(request)
    assert now.submission.stopped_at is None or now.state in (State.READY, State.CLOSED)
    if now.submission.stopped_at is not None:
        with pytest.raises((grants.NoGrant, WrongState)):
            fetch()
    check(request.submission)


# --- Proofs and look-ups ---------------------------------------------------------------------------------------------


def sign_in(submission: Submission, at: datetime) -> list[SubjectRequest]:
    with holding(submission_id=submission.pk) as case:
        return proving.record(case, Method.LOGIN, by=PERSON, at=at, proved={"email": [builders.ADA]})


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_proofs_at_once_let_every_request_through_once(clock: Clock, _round: int) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())
    link = builders.token_in(builders.letters_to(filed.submission, "confirm_address")[-1].link)
    at = clock.tick()

    results = together(
        [lambda: identity.confirm_link(link, by=PERSON, at=at)] * 3 + [lambda: sign_in(filed.submission, at)] * 3
    )

    assert kinds(results) == {"Confirmed": 3, "list": 3}, results
    assert moves(filed.submission, "confirm_identity") == 2
    assert moves(filed.submission, "search") == 2
    assert Message.objects.filter(kind="received").count() == 1
    check(filed.submission)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_look_and_confirmation_at_once_lead_to_the_same_end(clock: Clock, _round: int) -> None:
    filed = builders.file(at=clock(), identifiers=CLAIMS)
    link = builders.token_in(builders.letters_to(filed.submission, "confirm_address")[-1].link)
    row, at = looking(filed.submission), clock.tick()

    results = together(
        [lambda: onfile.look(row, at), lambda: identity.confirm_link(link, by=PERSON, at=at)] * 2,
    )

    assert kinds(results) == {"NoneType": 2, "Confirmed": 2}, results
    assert builders.only(filed.submission).state == State.IN_REVIEW
    assert (moves(filed.submission, "looked"), moves(filed.submission, "confirm_identity")) == (1, 1)
    now = Submission.objects.get()
    assert now.vouched == Vouched.ON_FILE
    proved = {"account": [organisation.ADA_NUMBER], "email": [builders.ADA]}
    assert now.open_json("proved") == {**proved, "reads_email": [builders.ADA]}
    check(filed.submission)


def readdressing(submission: Submission, address: str, at: datetime) -> Callable[[], object]:
    challenge = Challenge.objects.get(about=submission.pk)
    return lambda: identity.readdress(challenge.pk, address, at=at)


@pytest.mark.parametrize(("first", "then"), [(builders.ADA, AT_HOME), (AT_HOME, builders.ADA)])
def test_what_was_asked_about_the_address_before_counts_for_none_after(
    clock: Clock, first: str, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is changed while the systems think: an impostor could file as the person and wait for just that."""
    filed = builders.file(at=clock(), email=first, identifiers=CLAIMS)
    change, asked = readdressing(filed.submission, then, clock.tick(minutes=2)), known_people.standing_of

    def slowly(*args: Any, **more: Any) -> known_people.Merged:
        said = asked(*args, **more)
        if change in pending:
            pending.remove(change)
            change()
        return said

    pending = [change]
    monkeypatch.setattr(known_people, "standing_of", slowly)
    onfile.look(looking(filed.submission), clock.tick())
    between = Submission.objects.get()
    drain(clock.tick())

    assert (between.looked_at, between.vouched) == (None, Vouched.OPEN)
    assert Submission.objects.get().vouched == (Vouched.ON_FILE if then == builders.ADA else Vouched.ELSEWHERE)
    check(filed.submission)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_readdressed_while_the_systems_are_asked_is_asked_about_anew(clock: Clock, _round: int) -> None:
    filed = builders.file(at=clock(), identifiers=CLAIMS)
    row, at = looking(filed.submission), clock.tick(minutes=2)

    results = together([lambda: onfile.look(row, at), readdressing(filed.submission, AT_HOME, at)])

    assert [each for each in results if isinstance(each, Exception)] == []
    drain(clock.tick())
    assert Submission.objects.get().vouched == Vouched.ELSEWHERE
    check(filed.submission)


def test_check_recorded_by_two_is_recorded_once(clock: Clock) -> None:
    filed = builders.file(at=clock())
    people = [
        Caller.of_user(builders.staff(name, "work_requests", "check_identity", "officer_requests"), "admin")
        for name in ("dora", "dana", "dirk")
    ]
    pk, at = builders.only(filed.submission).pk, clock.tick()

    results = together([partial(proving.check_identity, pk, Method.DOCUMENT, "passed", by=by, at=at) for by in people])

    assert kinds(results) == {"SubjectRequest": 1, "WrongState": 2}, results
    assert (moves(filed.submission, "check_identity"), moves(filed.submission, "confirm_identity")) == (1, 1)
    check(filed.submission)


def test_version_that_two_looked_at_is_decided_on_by_one(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    hal, vera, at = builders.hal(), builders.vera(), clock.tick()
    version = builders.again(request).version

    results = together(
        [
            lambda: proving.ask_more(request.pk, "other", "Odd.", by=hal, at=at, expect=version),
            lambda: stopping.hold(request.pk, "Odd.", by=vera, at=at, expect=version),
            lambda: review.prepare(request.pk, by=hal, at=at, expect=version),
        ]
    )

    assert kinds(results) == {"SubjectRequest": 1, "Stale": 2}, results
    check(request.submission)


# --- What is counted -------------------------------------------------------------------------------------------------


def test_ten_documents_at_once_are_six(clock: Clock) -> None:
    filed = builders.file(at=clock())
    photo, at = evidence.cleaned(papers.photo()), clock.tick()

    def hand_in() -> Evidence:
        wanted = [Purpose.IDENTITY]
        return evidence.receive(filed.submission.pk, Purpose.IDENTITY, photo, by=PERSON, at=at, wanted=wanted)

    results = together([hand_in] * 10)

    assert kinds(results) == {"Evidence": 6, "WrongState": 4}, results
    assert {error.code for error in results if isinstance(error, RecourseError)} == {"evidence-full"}
    assert len(list(storage.vault().list_prefix("evidence/"))) == 6
    check(filed.submission)


def test_somebody_on_file_is_written_to_three_times_a_day_however_many_file_at_once(clock: Clock) -> None:
    filed = [
        builders.file(at=clock.tick(), email=f"ada{number}@home.example.net", identifiers=CLAIMS) for number in range(8)
    ]
    rows, at = [looking(each.submission) for each in filed], clock.tick()

    results = together([partial(onfile.look, row, at) for row in rows])

    assert kinds(results) == {"NoneType": 8}, results
    assert Message.objects.filter(kind="somebody_asked").count() == onfile.ALERTS_PER_DAY
    assert Alert.objects.filter(channel="email").count() == onfile.ALERTS_PER_DAY
    assert set(Submission.objects.values_list("vouched", flat=True)) == {Vouched.ELSEWHERE}


def test_link_that_a_stop_ended_opens_nothing(clock: Clock) -> None:
    filed = builders.file(at=clock())
    link = builders.token_in(builders.letters_to(filed.submission, "confirm_address")[-1].link)
    at = clock.tick()

    results = together(
        [lambda: identity.confirm_link(link, by=PERSON, at=at)] * 3 + [lambda: stop(filed.submission, at)]
    )

    assert kinds(results).keys() <= {"Confirmed", "NoneType", "Superseded"}, results
    confirmed = any(isinstance(each, identity.Confirmed) for each in results)
    assert mail.proof_of(filed.submission.pk) is not None if confirmed else True
    check(filed.submission)
