"""Attacks that mix: one person's proof with another's data, one case with another, and steps out of their order."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsr.errors import TooMany, WrongState
from dsr.lifecycle import State
from dsr.models import Alert, Deadline, DeadlineKind, Signal, Step, Submission, Vouched
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules.words import FACT_WORDS
from dsr.services import (
    facts,
    identity,
    onfile,
    proving,
    review,
    stopping,
    ties,
)
from dsr.services._moves import holding
from notifications.models import Message
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from verification import mail
from verification.proofs import Method

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_of_its_own")]
PERSON = Caller.person()
ELSEWHERE = "ada@home.example.net"
CLAIMS = {"account": (organisation.ADA_NUMBER,)}
MAX_PHONE = "+353209100002"


@pytest.fixture
def console(clock: Clock, tmp_path: Path) -> Any:
    """The organisation's console, where nothing was changed about Ada for years."""
    return organisation.console(tmp_path, clock())


def filed(clock: Clock, *rights: Right, **changes: Any) -> Submission:
    """Somebody files, confirms the contact, and the systems are asked who is known."""
    submission = builders.file(*rights, at=clock.tick(), **changes).submission
    drain(clock.tick())
    identity.confirm_link(mail.remind(submission.pk, clock.tick()).token, by=PERSON, at=clock())
    drain(clock.tick())
    return again(submission)


def again(submission: Submission) -> Submission:
    return Submission.objects.get(pk=submission.pk)


def sign_in(submission: Submission, at: datetime, **proved: list[str]) -> None:
    with holding(submission_id=submission.pk) as case:
        proving.record(case, Method.LOGIN, by=PERSON, at=at, proved=proved)


def searched_by(submission: Submission) -> set[str]:
    from dsr.services.identifiers import known_identifiers

    return {value for values in known_identifiers(again(submission)).values() for value in values}


# --- One person's proof, another's data ------------------------------------------------------------------------------


def test_sign_in_to_an_own_account_lends_nothing_to_a_mailbox_that_was_taken_over(console: Any, clock: Clock) -> None:
    submission = filed(clock)
    request = builders.only(submission)
    proving.ask_more(request.pk, "contradiction", "The name differs.", by=builders.hal(), at=clock.tick())

    sign_in(submission, clock.tick(), email=[builders.MAX], account=["A-2"])
    drain(clock.tick())

    assert builders.only(submission).state == State.IN_REVIEW
    assert searched_by(submission) == {builders.MAX, "A-2"}


def test_sign_in_carries_the_contact_that_is_on_file_for_the_account(console: Any, clock: Clock) -> None:
    submission = filed(clock, identifiers=CLAIMS)
    request = builders.only(submission)
    proving.ask_more(request.pk, "contradiction", "The name differs.", by=builders.hal(), at=clock.tick())

    sign_in(submission, clock.tick(), account=[organisation.ADA_NUMBER])

    assert builders.only(submission).state == State.IN_REVIEW
    assert searched_by(submission) == {builders.ADA, organisation.ADA_NUMBER}


def test_signing_in_once_does_not_make_facts_about_another_account_a_sign_in(console: Any, clock: Clock) -> None:
    submission = filed(clock, country="US", region="TX", email=ELSEWHERE, identifiers=CLAIMS)
    sign_in(submission, clock.tick(), account=["A-2"])
    with holding(submission_id=submission.pk) as case:
        proving.record(case, Method.FACTS, by=PERSON, at=clock.tick(), proved={"account": ["A-1"]})

    found = again(submission)
    assert (found.signed_in, found.of_record) == (False, False)
    assert searched_by(submission) == {"A-1"}


def test_facts_about_an_own_account_prove_no_number_of_somebody_else(console: Any, clock: Clock) -> None:
    claims = {"account": (organisation.ADA_NUMBER,), "phone": (MAX_PHONE,)}
    submission = filed(clock, email=ELSEWHERE, identifiers=claims)
    quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())

    assert facts.answer(submission.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())

    assert again(submission).vouched == Vouched.DROPPED
    assert MAX_PHONE not in searched_by(submission)
    assert organisation.ADA_NUMBER in searched_by(submission)


def test_facts_prove_what_is_on_file_in_the_same_record(console: Any, clock: Clock) -> None:
    claims = {"account": (organisation.ADA_NUMBER,), "phone": (organisation.ADA_PHONE,)}
    submission = filed(clock, email=ELSEWHERE, identifiers=claims)
    quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())

    assert facts.answer(submission.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())
    assert again(submission).vouched == Vouched.ON_FILE


def test_number_that_was_merely_claimed_is_no_channel_of_record(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mailbox came on file two weeks ago; the number beside it is old, and nobody showed to read it."""
    at = clock()
    [table] = organisation.CONSOLE_TABLES
    by_number = {"kind": "phone", "column": "phone"}
    monkeypatch.setattr(organisation, "CONSOLE_TABLES", [{**table, "identity": [*table["identity"], by_number]}])
    organisation.console(tmp_path, at, changed={"email_on": f"{at:%Y-%m-%d}"})
    clock.tick(days=15)

    submission = filed(clock, country="US", region="TX", identifiers={"phone": (organisation.ADA_PHONE,)})

    assert submission.vouched == Vouched.ON_FILE
    assert (submission.of_record, builders.only(submission).state) == (False, State.VERIFYING)


def test_facts_make_no_channel_of_record(console: Any, clock: Clock) -> None:
    submission = filed(clock, country="US", region="TX", email=ELSEWHERE, identifiers={"email": (builders.ADA,)})
    with holding(submission_id=submission.pk) as case:
        proving.record(case, Method.FACTS_DECLARED, by=PERSON, at=clock.tick(), proved={"email": [builders.ADA]})

    assert not again(submission).of_record
    assert builders.only(submission).state == State.VERIFYING


def test_whoever_signs_in_first_still_confirms_where_letters_go(console: Any, clock: Clock) -> None:
    """An address with a slip of the pen in it is a stranger's, however well it is known who asks."""
    submission = builders.file(at=clock.tick(), email="adda@example.org").submission
    drain(clock.tick())
    sign_in(submission, clock.tick(), email=[builders.ADA], account=[organisation.ADA_NUMBER])

    assert builders.only(submission).state == State.VERIFYING
    assert not Message.objects.filter(about=submission.pk, kind="received").exists()

    identity.confirm_link(mail.remind(submission.pk, clock.tick()).token, by=PERSON, at=clock())
    assert builders.only(submission).state == State.IN_REVIEW
    assert searched_by(submission) == {builders.ADA, organisation.ADA_NUMBER}


# --- Guessing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["email", "phone", "account"])
def test_tries_are_counted_by_whom_they_are_about_whatever_address_files(console: Any, clock: Clock, kind: str) -> None:
    about = {"email": builders.ADA, "phone": organisation.ADA_PHONE, "account": organisation.ADA_NUMBER}[kind]
    for number in range(facts.TRIES):
        one = filed(
            clock, email=f"m{number}@example.net", identifiers={kind: ("Z-9", about) if kind == "account" else (about,)}
        )
        quiz = facts.begin(one.pk, by=PERSON, at=clock.tick())
        assert not facts.answer(one.pk, quiz.check_id, {}, signed="Ada", by=PERSON, at=clock.tick())

    last = filed(clock, email="m9@example.net", identifiers={kind: (about,)})
    with pytest.raises(TooMany):
        facts.begin(last.pk, by=PERSON, at=clock.tick())


def test_many_tries_begun_at_once_are_not_many_guesses(console: Any, clock: Clock) -> None:
    begun = []
    for number in range(facts.TRIES + 1):
        one = filed(clock, email=f"m{number}@example.net", identifiers=CLAIMS)
        begun.append((one, facts.begin(one.pk, by=PERSON, at=clock.tick())))
    for one, quiz in begun[:-1]:
        assert not facts.answer(one.pk, quiz.check_id, {}, signed="Ada", by=PERSON, at=clock.tick())

    one, quiz = begun[-1]
    with pytest.raises(TooMany):
        facts.answer(one.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())
    assert builders.only(one).state == State.VERIFYING


def test_right_answers_use_no_try_up(console: Any, clock: Clock) -> None:
    for number in range(facts.TRIES + 1):
        one = filed(clock, email=f"m{number}@example.net", identifiers=CLAIMS)
        quiz = facts.begin(one.pk, by=PERSON, at=clock.tick())
        assert facts.answer(one.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())


def test_at_most_one_question_is_easily_guessed(console: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = filed(clock, email=ELSEWHERE, identifiers=CLAIMS)
    everything = {str(word): [("console", "x")] for word in FACT_WORDS}
    monkeypatch.setattr(facts, "_on_offer", lambda _submission: everything)

    quiz = facts.begin(submission.pk, by=PERSON, at=clock.tick())  # though no word is left for a decoy

    assert sum(question.form in ("count", "words") for question in quiz.questions) == 1
    assert len(quiz.questions) == facts.REAL


# --- What the asker sees ---------------------------------------------------------------------------------------------


def test_what_was_changed_about_a_claimed_account_shows_to_nobody_who_merely_claims_it(
    clock: Clock, tmp_path: Path
) -> None:
    at = clock()
    changed = {"email_on": f"{at:%Y-%m-%d}", "password_on": f"{at:%Y-%m-%d}"}
    organisation.console(tmp_path, at, changed=changed)
    clock.tick(days=2)
    known = filed(clock, email="ada.lovelace@exarnple.org", identifiers=CLAIMS)
    unknown = filed(clock, email="eve.lovelace@exarnple.org", identifiers={"account": ("A-999",)})

    def seen(submission: Submission) -> tuple[Any, ...]:
        request = builders.only(submission)
        letters = Message.objects.filter(about=submission.pk, to_fingerprint=submission.email_fingerprint)
        return submission.held_until, request.identity_floor, sorted(letters.values_list("kind", flat=True))

    assert seen(known) == seen(unknown)
    codes = set(Signal.objects.filter(submission=known).values_list("code", flat=True))
    assert {"address_changed_lately", "password_changed_lately", "lookalike_domain"} <= codes

    quiz = facts.begin(known.pk, by=PERSON, at=clock.tick())  # once it is shown to be theirs, it counts
    assert facts.answer(known.pk, quiz.check_id, organisation.ANSWERS, signed="Ada", by=PERSON, at=clock.tick())
    assert again(known).held_until is not None


def test_long_list_of_claims_hides_nobody_from_those_who_are_warned(console: Any, clock: Clock) -> None:
    numbers = tuple(f"Z-{number}" for number in range(ties.MOST_CLAIMS))
    submission = filed(clock, email=ELSEWHERE, identifiers={"account": (*numbers, organisation.ADA_NUMBER)})

    assert submission.vouched == Vouched.ELSEWHERE
    assert Alert.objects.filter(submission=submission, channel="email").count() == 1


def test_own_address_written_in_another_way_is_no_claim(console: Any, clock: Clock) -> None:
    submission = filed(clock, identifiers={"email": (builders.ADA.upper(),)})

    assert submission.vouched == ""
    assert builders.only(submission).state == State.IN_REVIEW


def test_address_on_file_in_capitals_is_of_record(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builders, "ADA", builders.ADA.capitalize())
    organisation.console(tmp_path, clock())
    monkeypatch.undo()

    submission = filed(clock, country="US", region="TX")

    assert (submission.of_record, builders.only(submission).state) == (True, State.IN_REVIEW)


# --- Steps out of their order ----------------------------------------------------------------------------------------


def test_doubt_that_people_recorded_is_not_taken_back_by_going_without(console: Any, clock: Clock) -> None:
    submission = builders.file(at=clock.tick(), email=ELSEWHERE, identifiers=CLAIMS).submission
    request = builders.only(submission)
    proving.ask_more(request.pk, "told_so", "Somebody rang.", by=builders.hal(), at=clock.tick())
    drain(clock.tick())
    identity.confirm_link(mail.remind(submission.pk, clock.tick()).token, by=PERSON, at=clock())

    proving.go_without(submission.pk, by=PERSON, at=clock.tick())

    after = builders.only(submission)
    assert (after.state, after.identity_doubts) == (State.VERIFYING, 1)


def test_look_after_a_corrected_address_tells_nobody_twice_and_comes_to_an_end(console: Any, clock: Clock) -> None:
    first = builders.file(at=clock.tick(), email=ELSEWHERE, identifiers=CLAIMS)
    drain(clock.tick())
    assert Alert.objects.filter(channel="email").count() == 1
    assert first.challenge_id is not None

    identity.readdress(first.challenge_id, "ada@work.example.net", at=clock.tick(minutes=5))
    drain(clock.tick())

    assert again(first.submission).vouched == Vouched.ELSEWHERE
    assert Alert.objects.filter(channel="email").count() == 1


def lapsed(submission: Submission, clock: Clock) -> None:
    clock.tick(days=100)
    for _ in range(3):
        drain(clock.tick())
    assert builders.only(submission).state == State.CLOSED


def test_taken_up_again_everything_is_found_out_anew(console: Any, clock: Clock) -> None:
    """Said "was me" to and lapsed, it must not come back with what was claimed vouched for."""
    submission = builders.file(at=clock.tick(), email=ELSEWHERE, identifiers=CLAIMS).submission
    onfile.look(submission.deadlines.get(kind="look"), clock.tick())
    link = builders.token_in(builders.letters_to(submission, "somebody_asked")[0].link)
    onfile.was_me(link, at=clock.tick())
    lapsed(submission, clock)

    identity.reopen(submission.pk, by=PERSON, at=clock.tick())
    drain(clock.tick())
    identity.confirm_link(mail.remind(submission.pk, clock.tick()).token, by=PERSON, at=clock())

    assert again(submission).vouched == Vouched.ELSEWHERE
    assert builders.only(submission).state == State.VERIFYING
    assert organisation.ADA_NUMBER not in searched_by(submission)


def test_old_proof_does_not_come_back_after_it_was_taken_up_again(console: Any, clock: Clock) -> None:
    submission = filed(clock, email=ELSEWHERE, identifiers=CLAIMS)
    request = builders.only(submission)
    proving.ask_more(request.pk, "told_so", "Somebody rang.", by=builders.hal(), at=clock.tick())
    lapsed(submission, clock)
    challenge = identity.reopen(submission.pk, by=PERSON, at=clock.tick())
    identity.readdress(challenge, "ada@work.example.net", at=clock.tick(minutes=5))

    warning = Deadline.objects.filter(kind=DeadlineKind.LAPSE_WARNING, submission=submission, done_at=None).get()
    identity.warn_of_lapse(warning, warning.due_at)

    after = again(submission)
    assert (after.open("email"), after.verified_level) == ("ada@work.example.net", 0)


def test_going_on_after_a_stop_asks_for_the_address_again_and_ends_one_day(console: Any, clock: Clock) -> None:
    submission = builders.file(at=clock.tick(), email=ELSEWHERE, identifiers=CLAIMS).submission
    onfile.look(submission.deadlines.get(kind="look"), clock.tick())
    link = builders.token_in(builders.letters_to(submission, "somebody_asked")[0].link)
    onfile.stop(link, at=clock.tick())
    clock.tick(days=100)
    drain(clock.tick())
    drain(clock.tick())
    request = builders.only(submission)
    assert request.state == State.VERIFYING

    stopping.resume(request.pk, "It was her after all.", by=builders.vera(), at=clock.tick())

    builders.confirm(submission, clock.tick())
    assert again(submission).verified_level == 1
    assert request.deadlines.filter(kind=DeadlineKind.LAPSE, done_at=None).exists()


@pytest.mark.parametrize("held", [True, False])
def test_hold_that_comes_while_the_answer_is_built_holds_it(console: Any, clock: Clock, held: bool) -> None:
    submission = filed(clock)
    request = builders.only(submission)
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    if held:
        stopping.hold(request.pk, "The number is new.", by=builders.hal(), at=clock.tick())
    drain(clock.tick())

    assert builders.only(submission).state == (State.FULFILLING if held else State.READY)
    drain(clock.tick(days=4))
    drain(clock.tick(hours=2))
    assert builders.only(submission).state == State.READY


def test_hold_that_comes_when_the_answer_is_ready_shuts_the_download_for_a_while(console: Any, clock: Clock) -> None:
    from dsr.services import delivery

    submission = filed(clock)
    request = builders.only(submission)
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    stopping.hold(request.pk, "The number is new.", by=builders.hal(), at=clock.tick())
    with pytest.raises(WrongState):
        delivery.ask_code(request.pk, at=clock.tick())
    drain(clock.tick(days=4))
    delivery.ask_code(request.pk, at=clock.tick())


def test_nothing_is_released_while_the_systems_are_still_to_be_asked(console: Any, clock: Clock) -> None:
    submission = builders.file(at=clock.tick()).submission
    Deadline.objects.filter(submission=submission, kind=DeadlineKind.LOOK).update(
        claimed_until=clock() + timedelta(days=3)
    )
    builders.confirm(submission, clock.tick(minutes=1))
    drain(clock.tick())
    request = builders.only(submission)
    assert request.state == State.IN_REVIEW
    assert Step.objects.filter(request=request, result="found").exists()
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())

    with pytest.raises(WrongState) as caught:
        review.approve(request.pk, by=builders.vera(), at=clock.tick())
    assert caught.value.code == "not-looked"

    Deadline.objects.filter(submission=submission, kind=DeadlineKind.LOOK).update(claimed_until=None)
    drain(clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())


# --- Signing in after taking an account over -------------------------------------------------------------------------


def test_sign_in_from_an_address_that_is_not_on_file_is_told_to_those_on_file(console: Any, clock: Clock) -> None:
    submission = filed(clock, email="eve@evil.example.net")
    request = builders.only(submission)
    proving.ask_more(request.pk, "contradiction", "The name differs.", by=builders.hal(), at=clock.tick())
    assert not Alert.objects.filter(submission=submission).exists()

    sign_in(submission, clock.tick(), email=[builders.ADA], account=[organisation.ADA_NUMBER])
    drain(clock.tick())

    assert Alert.objects.filter(submission=submission, channel="email").count() == 1
    assert "address_differs" in set(Signal.objects.filter(submission=submission).values_list("code", flat=True))
    assert searched_by(submission) == {builders.ADA, organisation.ADA_NUMBER}


def test_new_password_of_the_account_that_was_signed_in_to_holds_the_release(clock: Clock, tmp_path: Path) -> None:
    at = clock()
    organisation.console(tmp_path, at, changed={"password_on": f"{at:%Y-%m-%d}"})
    clock.tick(days=2)
    submission = filed(clock, email="eve@evil.example.net")
    request = builders.only(submission)
    proving.ask_more(request.pk, "contradiction", "The name differs.", by=builders.hal(), at=clock.tick())

    sign_in(submission, clock.tick(), account=[organisation.ADA_NUMBER])
    drain(clock.tick())

    assert again(submission).held_until is not None
    assert builders.only(submission).state == State.IN_REVIEW


def test_contact_on_file_for_the_account_that_was_signed_in_to_counts_once_the_systems_say_so(
    console: Any, clock: Clock
) -> None:
    submission = filed(clock)
    request = builders.only(submission)
    proving.ask_more(request.pk, "contradiction", "The name differs.", by=builders.hal(), at=clock.tick())

    sign_in(submission, clock.tick(), account=[organisation.ADA_NUMBER])
    drain(clock.tick())

    assert searched_by(submission) == {builders.ADA, organisation.ADA_NUMBER}
    assert not Alert.objects.filter(submission=submission).exists()


def test_number_that_the_asker_types_in_is_told_all_the_same(
    console: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever gives somebody's number as their own must not keep that somebody from hearing of it."""
    from dsr.services import texting

    monkeypatch.setattr(texting, "offered", lambda: True)
    submission = filed(clock, email=ELSEWHERE, identifiers=CLAIMS, phone=organisation.ADA_PHONE)

    assert set(Alert.objects.filter(submission=submission).values_list("channel", flat=True)) == {"email", "phone"}


def test_flood_of_requests_keeps_no_alert_from_those_on_file_for_longer_than_a_day(console: Any, clock: Clock) -> None:
    for number in range(onfile.ALERTS_PER_DAY):
        filed(clock, email=f"m{number}@example.net", identifiers=CLAIMS)
    real = filed(clock, email=ELSEWHERE, identifiers=CLAIMS)
    assert not Alert.objects.filter(submission=real).exists()

    drain(clock.tick(days=1, hours=1))

    assert Alert.objects.filter(submission=real, channel="email").count() == 1
    assert not Deadline.objects.filter(submission=real, kind=DeadlineKind.LOOK, done_at=None).exists()


def test_yes_of_somebody_whose_number_was_given_up_takes_no_answer_from_whoever_asked(
    console: Any, clock: Clock
) -> None:
    from dsr.services import mandated

    submission = builders.file(at=clock.tick(), email=ELSEWHERE, identifiers=CLAIMS).submission
    onfile.look(submission.deadlines.get(kind="look"), clock.tick())
    link = builders.token_in(builders.letters_to(submission, "somebody_asked")[0].link)
    builders.confirm(submission, clock.tick())
    proving.go_without(submission.pk, by=PERSON, at=clock.tick())

    onfile.was_me(link, at=clock.tick())

    assert searched_by(submission) == {ELSEWHERE}
    assert mandated.release_address(builders.only(submission), clock()) == ELSEWHERE


def test_stop_that_comes_after_the_end_can_be_lifted_too(console: Any, clock: Clock) -> None:
    """Somebody on file pressed it when everything was handed over; it must not shut the answer away for ever."""
    from dsr.services import delivery

    submission = filed(clock)
    request = builders.only(submission)
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    builders.opened(builders.again(request), clock.tick())
    assert builders.again(request).state == State.CLOSED
    with holding(submission_id=submission.pk) as case:
        stopping.stop_all(case, clock.tick())
    with pytest.raises(WrongState):
        delivery.reissue(request.pk, by=PERSON, at=clock.tick())

    stopping.resume(request.pk, "It was her.", by=builders.vera(), at=clock.tick())

    assert delivery.reissue(request.pk, by=PERSON, at=clock.tick()).state == State.READY
