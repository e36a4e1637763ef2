"""The attacks of the published studies, lived through: none obtains data, and each leaves a trace.

Pavur and Knerr 2019; Di Martino and others 2019; Cagnazzo and others 2019; Bufalieri and others 2020. What worked
there: a look-alike address, a self-made statement, an edited scan, facts bought from a breach, an agent's letter that
nobody checks, an answer to the address in the request, and taking an account over first.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsr import demands
from dsr.connectors import PermanentFailure
from dsr.errors import NotAllowed, RecourseError, TooMany, WrongState
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Alert, Event, Signal, Step, SubjectRequest, Submission, Vouched
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    calling,
    delivery,
    evidence,
    facts,
    housekeeping,
    identity,
    mandated,
    onfile,
    proving,
    review,
    signals,
    stopping,
    threads,
)
from notifications.models import Message
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from verification import mail
from verification.models import Check, Purpose
from verification.proofs import Method
from verification.uploads import Clean

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_of_its_own")]
PERSON = Caller.person()
IMPOSTOR = "ada.lovelace@exarnple.org"
CLAIMS = {"account": (organisation.ADA_NUMBER,)}


@pytest.fixture
def console(clock: Clock, tmp_path: Path) -> Any:
    """The organisation's console, where Ada has an account that nothing was changed about for years."""
    return organisation.console(tmp_path, clock())


def impostor(clock: Clock, **changes: Any) -> Submission:
    """Somebody files as Ada from an address of their own, confirms that, and the systems are asked who is known."""
    filed = builders.file(at=clock.tick(), **{"email": IMPOSTOR, "identifiers": CLAIMS, **changes})
    drain(clock.tick())
    builders_confirm(filed.submission, clock.tick())
    drain(clock.tick())
    return Submission.objects.get(pk=filed.submission.pk)


def builders_confirm(submission: Submission, at: datetime) -> None:
    """Open the mail and press the button, whichever copy of the letter is still there."""
    identity.confirm_link(mail.remind(submission.pk, at).token, by=PERSON, at=at)


def obtained_nothing(submission: Submission) -> bool:
    """Nothing was searched for that could be given, and nothing is ready."""
    secret = organisation.ADA_SECRET.encode()
    for request in submission.requests.all():
        found = Step.objects.filter(request=request, result="found")
        if found.exists() or request.packages.exists():
            return False
    return all(secret not in bytes(message.body_sealed or b"") for message in Message.objects.all())


def traces(submission: Submission) -> set[str]:
    return set(Event.objects.filter(submission=submission).values_list("verb", flat=True))


def codes(submission: Submission) -> set[str]:
    return set(Signal.objects.filter(submission=submission).values_list("code", flat=True))


def test_lookalike_address_obtains_nothing_and_everybody_on_file_hears_of_it(console: Any, clock: Clock) -> None:
    submission = impostor(clock)

    [request] = submission.requests.all()
    assert (request.state, submission.vouched) == (State.VERIFYING, Vouched.ELSEWHERE)
    assert obtained_nothing(submission)
    assert {"address_differs", "lookalike_domain"} <= codes(submission)
    assert {"alert_sent", "signal_seen", "looked"} <= traces(submission)
    [alert] = Alert.objects.filter(channel="email")
    assert Message.objects.filter(kind="somebody_asked", to_fingerprint=alert.fingerprint).count() == 1


def test_owner_of_the_address_stops_it_and_people_are_called(console: Any, clock: Clock) -> None:
    builders.dora()
    filed = builders.file(at=clock.tick(), email=IMPOSTOR, identifiers=CLAIMS)
    onfile.look(filed.submission.deadlines.get(kind="look"), clock.tick())
    link = builders.token_in(builders.letters_to(filed.submission, "somebody_asked")[0].link)

    assert onfile.alert_of(link, clock()) is not None  # a scanner of mails looks, and nothing happens
    onfile.stop(link, at=clock.tick())
    onfile.stop(link, at=clock.tick())  # pressed twice

    submission = Submission.objects.get(pk=filed.submission.pk)
    request = builders.only(submission)
    assert (request.turn, submission.stopped_at is not None) == (Turn.STAFF, True)
    assert Message.objects.filter(kind="staff_called").count() == 1
    with pytest.raises(mail.Superseded):
        builders.confirm(submission, clock.tick())
    builders.prove(submission, clock.tick())  # even a sign-in opens nothing now
    assert builders.only(submission).state == State.VERIFYING
    assert obtained_nothing(submission)

    proving.end_unproved(request.pk, "Ada says it was not her.", by=builders.vera(), at=clock.tick())
    assert builders.only(submission).outcome == Outcome.UNVERIFIED
    with pytest.raises(WrongState):
        identity.reopen(submission.pk, by=PERSON, at=clock.tick())


def test_real_person_who_writes_from_elsewhere_says_it_was_her_and_gets_it_where_she_is_on_file(
    console: Any, clock: Clock
) -> None:
    other = "ada@home.example.net"
    filed = builders.file(at=clock.tick(), email=other, identifiers=CLAIMS)
    onfile.look(filed.submission.deadlines.get(kind="look"), clock.tick())
    link = builders.token_in(builders.letters_to(filed.submission, "somebody_asked")[0].link)

    onfile.was_me(link, at=clock.tick())
    assert builders.only(filed.submission).state == State.VERIFYING  # letters go to an address nobody has read yet
    builders.confirm(filed.submission, clock.tick())

    submission = Submission.objects.get(pk=filed.submission.pk)
    assert builders.only(submission).state == State.IN_REVIEW
    assert mandated.release_address(builders.only(submission), clock()) == builders.ADA
    request = _released(submission, clock)
    delivery.ask_code(request.pk, at=clock.tick())
    [code] = Message.objects.filter(kind="download_code")
    assert code.open("to") == builders.ADA


def _released(submission: Submission, clock: Clock) -> SubjectRequest:
    drain(clock.tick())
    request = builders.only(submission)
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    return builders.again(request)


def test_address_in_the_request_gets_only_what_is_on_file_under_it(console: Any, clock: Clock) -> None:
    submission = impostor(clock)

    proving.go_without(submission.pk, by=PERSON, at=clock.tick())
    drain(clock.tick())

    assert builders.only(submission).state == State.IN_REVIEW
    assert obtained_nothing(submission)
    assert set(Step.objects.values_list("result", flat=True)) == {"nothing_held"}


def test_readdressing_after_the_systems_were_asked_gains_nothing(console: Any, clock: Clock) -> None:
    """File with the address of somebody on file, have it found there, and only then put one's own in its place."""
    filed = builders.file(at=clock.tick(), identifiers=CLAIMS)
    drain(clock.tick())
    assert Submission.objects.get().vouched == Vouched.ON_FILE

    assert filed.challenge_id is not None
    clock.tick(minutes=5)
    challenge = identity.readdress(filed.challenge_id, IMPOSTOR, at=clock())
    builders_confirm(filed.submission, clock.tick())
    drain(clock.tick())

    submission = Submission.objects.get()
    assert challenge != filed.challenge_id
    assert (builders.only(submission).state, submission.vouched) == (State.VERIFYING, Vouched.ELSEWHERE)
    assert obtained_nothing(submission)


def test_facts_from_a_breach_are_not_asked_and_guesses_run_out(console: Any, clock: Clock) -> None:
    submission = impostor(clock)
    stolen = {"date_of_birth": "1815-12-10", "card_digits": "4242", "plan_name": "Team", "event_attended": "2025-11"}

    for _ in range(facts.TRIES):
        quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())
        asked = {question.name for question in quiz.questions}
        assert not asked & {"date_of_birth", "card_digits", "home_address", "mothers_maiden_name"}
        assert not facts.answer(submission.pk, quiz.check_id, stolen, signed="Ada", by=PERSON, at=clock.tick())
    with pytest.raises(TooMany):
        facts.begin(submission.pk, by=PERSON, at=clock.tick())
    again = impostor(clock, email="another@example.net")
    with pytest.raises(TooMany):
        facts.begin(again.pk, by=PERSON, at=clock.tick())

    assert obtained_nothing(submission)
    assert obtained_nothing(again)
    assert "proof_failed" in traces(submission)
    assert Check.objects.filter(about=submission.pk, state="failed").count() == facts.TRIES


def test_somebody_who_makes_answers_up_falls_for_a_decoy(console: Any, clock: Clock) -> None:
    submission = impostor(clock)
    quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())

    everything = {question.name: organisation.ANSWERS.get(question.name, "2026-01") for question in quiz.questions}

    assert len(everything) == facts.REAL + facts.DECOYS
    assert not facts.answer(submission.pk, quiz.check_id, everything, signed="Ada", by=PERSON, at=clock.tick())
    assert obtained_nothing(submission)


def test_real_person_answers_what_she_knows_and_is_let_through(console: Any, clock: Clock) -> None:
    submission = impostor(clock, email="ada@home.example.net")
    quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())

    assert facts.answer(submission.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())
    drain(clock.tick())

    assert builders.only(submission).state == State.IN_REVIEW
    assert Step.objects.get().result == "found"
    check = Check.objects.get(about=submission.pk)
    assert (check.state, check.workings_sealed) == ("passed", None)


def test_one_try_is_one_try_however_often_the_button_is_pressed(console: Any, clock: Clock) -> None:
    submission = impostor(clock)
    quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())
    facts.answer(submission.pk, quiz.check_id, {}, signed="Ada", by=PERSON, at=clock.tick())

    with pytest.raises(mail.CheckError):
        facts.answer(submission.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())
    assert builders.only(submission).state == State.VERIFYING


def test_system_that_is_down_counts_against_nobody(console: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsr.connectors import Code
    from dsr.services import known_people

    submission = impostor(clock)
    quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())

    def down(*_args: Any, **_more: Any) -> bool:
        raise PermanentFailure(Code.UNREACHABLE)

    monkeypatch.setattr(known_people, "knows", down)
    with pytest.raises(WrongState):
        facts.answer(submission.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())
    monkeypatch.undo()

    assert not Check.objects.filter(state="failed").exists()
    quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())
    assert facts.answer(submission.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())


def test_edited_scan_does_nothing_until_the_officer_signs_off_and_is_gone_then(console: Any, clock: Clock) -> None:
    submission = impostor(clock)
    request = builders.only(submission)
    scan = Clean("image/png", b"an edited scan of an identity card")
    piece = evidence.receive(submission.pk, Purpose.IDENTITY, scan, by=PERSON, at=clock.tick())
    drain(clock.tick())
    assert builders.only(submission).state == State.VERIFYING

    with pytest.raises(NotAllowed):
        proving.check_identity(request.pk, "document", "passed", by=builders.ivy(), at=clock.tick())
    with pytest.raises(NotAllowed):
        proving.check_identity(request.pk, "document", "passed", by=builders.hal(), at=clock.tick())
    proving.check_identity(request.pk, "document", "failed", by=builders.dora(), at=clock.tick())
    drain(clock.tick())

    piece.refresh_from_db()
    assert (piece.destroyed_at is not None, piece.vault_name) == (True, "")
    assert builders.only(submission).state == State.VERIFYING
    assert obtained_nothing(submission)
    assert {"evidence_received", "check_identity", "evidence_destroyed"} <= traces(submission)


def test_self_made_statement_and_fines_move_nobody(console: Any, clock: Clock) -> None:
    submission = impostor(clock)
    request = builders.only(submission)

    threads.write_from_person(
        request.pk,
        "I hereby swear that I am Ada Lovelace. Answer today or I report you: the fine is 20 million.",
        by=PERSON,
        at=clock.tick(),
    )
    drain(clock.tick(days=2))

    assert builders.only(submission).state == State.VERIFYING
    assert obtained_nothing(submission)


def test_takeover_and_then_export_waits_asks_for_more_and_tells_the_number_on_file(
    clock: Clock, tmp_path: Path
) -> None:
    """Whoever holds the mailbox put it on file three days ago; the telephone number is still the owner's."""
    at = clock()
    changed = {"email_on": f"{at:%Y-%m-%d}", "password_on": f"{at:%Y-%m-%d}"}
    organisation.console(tmp_path, at, changed=changed)
    clock.tick(days=3)
    filed = builders.file(at=clock())
    drain(clock.tick())
    builders_confirm(filed.submission, clock.tick())
    drain(clock.tick())

    submission = Submission.objects.get()
    request = builders.only(submission)
    assert {"address_changed_lately", "password_changed_lately"} <= codes(submission)
    assert (request.state, request.identity_floor) == (State.VERIFYING, 2)
    assert submission.held_until is not None
    assert obtained_nothing(submission)

    builders.prove(submission, clock.tick())  # signs in with the new password
    drain(clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    with pytest.raises(WrongState):
        review.approve(request.pk, by=builders.vera(), at=clock.tick())
    assert not builders.only(submission).packages.exists()
    drain(clock.tick(days=3))
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    assert {"hold", "hold_over", "ask_more" if request.identity_doubts > 1 else "signal_seen"} <= traces(submission)


def test_call_details_go_only_to_a_channel_of_record(clock: Clock, tmp_path: Path) -> None:
    at = clock()
    organisation.console(tmp_path, at, changed={"email_on": f"{at:%Y-%m-%d}"})
    clock.tick(days=20)
    filed = builders.file(at=clock(), country="US", region="TX")
    drain(clock.tick())
    builders_confirm(filed.submission, clock.tick())
    drain(clock.tick())

    request = builders.only(filed.submission)
    assert (request.identity_of_record, request.state) == (True, State.VERIFYING)
    with pytest.raises(WrongState):
        facts.begin(filed.submission.pk, by=PERSON, at=clock.tick())
    with pytest.raises(WrongState, match="number on file"):
        proving.check_identity(request.pk, "call_back", "passed", by=builders.ivy(), at=clock.tick())
    calling.show(request.pk, by=builders.ivy(), at=clock.tick())
    proving.check_identity(request.pk, "call_back", "passed", by=builders.ivy(), at=clock.tick())
    assert builders.only(filed.submission).state == State.IN_REVIEW


def test_address_of_record_is_enough_for_call_details(console: Any, clock: Clock) -> None:
    filed = builders.file(at=clock.tick(), country="US", region="TX")
    drain(clock.tick())
    builders_confirm(filed.submission, clock.tick())
    drain(clock.tick())

    submission = Submission.objects.get()
    assert (builders.only(submission).state, submission.of_record) == (State.IN_REVIEW, True)


def test_stop_after_the_answer_is_ready_shuts_the_download(console: Any, clock: Clock) -> None:
    filed = builders.file(at=clock.tick(), email="ada@home.example.net", identifiers=CLAIMS)
    onfile.look(filed.submission.deadlines.get(kind="look"), clock.tick())
    link = builders.token_in(builders.letters_to(filed.submission, "somebody_asked")[0].link)
    builders.confirm(filed.submission, clock.tick())
    with_account = {"email": ["ada@home.example.net"], "account": [organisation.ADA_NUMBER]}
    from dsr.services._moves import holding

    with holding(submission_id=filed.submission.pk) as case:
        proving.record(case, Method.LOGIN, by=PERSON, at=clock.tick(), proved=with_account)
    request = _released(filed.submission, clock)
    challenge = delivery.ask_code(request.pk, at=clock.tick())
    code = builders.letters_to(request.submission, "download_code")[-1].code
    session = delivery.open_download(request.pk, challenge, code, by=PERSON, at=clock.tick())

    onfile.stop(link, at=clock.tick())

    with pytest.raises((RecourseError, Exception)):
        delivery.stream(session, first=None, last=None, at=clock.tick())
    with pytest.raises(WrongState):
        delivery.ask_code(request.pk, at=clock.tick(minutes=5))
    with pytest.raises(NotAllowed):
        stopping.resume(request.pk, "I rang.", by=builders.hal(), at=clock.tick())
    stopping.resume(request.pk, "I rang the number on file.", by=builders.vera(), at=clock.tick())
    assert builders.again(request).state == State.READY
    delivery.ask_code(request.pk, at=clock.tick(minutes=5))


def test_nobody_is_pestered_by_alerts(console: Any, clock: Clock) -> None:
    for number in range(onfile.ALERTS_PER_DAY + 2):
        impostor(clock, email=f"max{number}@example.net")

    assert Alert.objects.filter(channel="email").count() == onfile.ALERTS_PER_DAY


def test_many_names_from_one_device_are_noticed_asked_more_and_the_device_is_forgotten(
    console: Any, clock: Clock
) -> None:
    for number in range(signals.SUBJECTS_FROM_ONE_PLACE):
        last = impostor(clock, email=f"name{number}@example.net", identifiers={}, origin="192.0.2.7 Browser")

    assert "many_subjects_one_origin" in codes(last)
    assert builders.only(last).identity_floor == 2
    assert Submission.objects.exclude(origin_fingerprint="").count() == signals.SUBJECTS_FROM_ONE_PLACE
    housekeeping.housekeep(clock.tick(days=3))
    assert not Submission.objects.exclude(origin_fingerprint="").exists()


def test_address_for_minutes_is_a_signal_and_no_refusal(console: Any, clock: Clock) -> None:
    submission = impostor(clock, email="ada@mailinator.com", identifiers={})

    request = builders.only(submission)
    assert codes(submission) == {"disposable_domain"}
    assert (request.state, request.identity_floor, request.outcome) == (State.VERIFYING, 2, "")


@pytest.mark.parametrize("address", [IMPOSTOR, "max@elsewhere.example.net"], ids=["look-alike", "another"])
@pytest.mark.parametrize("changed", [0, 3], ids=["stable", "changed lately"])
def test_guessing_account_numbers_tells_nothing(address: str, changed: int, clock: Clock, tmp_path: Path) -> None:
    """Not by a rung more, not by a wait, not by a letter: an account that is there and one that is not look alike."""
    day = f"{clock() - timedelta(days=changed):%Y-%m-%d}" if changed else "2022-01-03"
    organisation.console(tmp_path, clock(), changed={"email_on": day, "phone_on": day, "password_on": day})
    known = impostor(clock, email=address)
    unknown = impostor(clock, email=address, identifiers={"account": ("A-999",)})

    def seen(submission: Submission) -> tuple[Any, ...]:
        request = builders.only(submission)
        letters = Message.objects.filter(about=submission.pk, to_fingerprint=submission.email_fingerprint)
        told = sorted(letters.values_list("kind", flat=True))
        shown = (request.state, request.turn, request.identity_floor, submission.held_until, submission.vouched)
        return (*shown, demands.demand_of(request), told)

    assert seen(known) == seen(unknown)
    assert obtained_nothing(unknown)
    if changed:  # once it is shown to be hers, the wait begins
        quiz = facts.begin(known.pk, by=PERSON, at=clock.tick())
        assert facts.answer(known.pk, quiz.check_id, organisation.ANSWERS, by=PERSON, at=clock.tick())
        known.refresh_from_db()
        assert known.held_until is not None


def test_whoever_alone_doubts_does_not_end_it(console: Any, clock: Clock) -> None:
    request = builders.in_review(at=clock.tick())
    wilma = Caller.of_user(builders.staff("wilma", "work_requests", "approve_requests"), "admin")
    proving.ask_more(request.pk, "other", "I do not like it.", by=wilma, at=clock.tick())

    with pytest.raises(NotAllowed):
        proving.end_unproved(request.pk, "Nobody answers.", by=wilma, at=clock.tick())
    proving.end_unproved(request.pk, "Nobody answers.", by=builders.vera(), at=clock.tick())

    assert builders.again(request).outcome == Outcome.UNVERIFIED


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
def test_doubt_by_staff_asks_for_more_and_says_why(console: Any, clock: Clock, right: Right) -> None:
    request = builders.in_review(right, at=clock.tick())

    proving.ask_more(request.pk, "contradiction", "The name differs.", by=builders.hal(), at=clock.tick())

    after = builders.again(request)
    assert (after.state, after.identity_floor, after.turn) == (State.VERIFYING, 2, Turn.PERSON)
    [letter] = builders.letters_to(after.submission, "identity_asked")
    assert letter.because
    assert letter.ways
    builders.prove(after.submission, clock.tick())
    assert builders.again(request).state == State.IN_REVIEW
