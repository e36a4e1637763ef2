"""The address is proved by link or code, corrected, sent again; what nobody proves lapses and can be reopened."""

from datetime import timedelta
from uuid import UUID

import pytest

from dsr.errors import NotFound, WrongState
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Deadline, DeadlineKind, Event, Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import delivery, history, identity, intake, proving, review, telling, tracking
from notifications.models import Message
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from verification import grants, mail
from verification.models import Challenge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems")]
WRONG = "ada.lovelac@example.org"
PERSON = Caller.person()


def _token(submission: Submission, kind: str = "confirm_address") -> str:
    return builders.token_in(builders.letters_to(submission, kind)[-1].link)


def _code(submission: Submission, kind: str = "confirm_address") -> str:
    return str(builders.letters_to(submission, kind)[-1].code)


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def _verbs(submission: Submission) -> list[str]:
    return list(Event.objects.filter(submission=submission).order_by("seq").values_list("verb", flat=True))


def _challenge(filed: intake.Filed) -> Challenge:
    assert filed.challenge_id is not None
    return Challenge.objects.get(pk=filed.challenge_id)


# --- by link ---------------------------------------------------------------------------------------------------------


def test_link_lets_every_waiting_request_through_at_once(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, Right.BE_INFORMED, at=clock())

    confirmed = builders.confirm(filed.submission, clock.tick())

    assert not confirmed.again
    states = dict(filed.submission.requests.values_list("right", "state"))
    assert states == {"access": "in_review", "portability": "in_review", "be_informed": "fulfilling"}
    filed.submission.refresh_from_db()
    assert (filed.submission.verified_at, filed.submission.verified_method) == (clock(), "mail_link")
    assert len(builders.letters_to(filed.submission, "received")) == 1


def test_link_looked_at_by_a_scanner_is_not_used_up(clock: Clock) -> None:
    filed = builders.file(at=clock())
    token = _token(filed.submission)

    seen = {mail.peek(token, clock.tick()).state for _ in range(20)}

    assert seen == {mail.PeekState.OPEN}
    assert builders.only(filed.submission).state == State.VERIFYING
    assert not identity.confirm_link(token, by=PERSON, at=clock.tick()).again


def test_link_clicked_twice_shows_the_state_and_changes_nothing(clock: Clock) -> None:
    filed = builders.file(at=clock())
    token = _token(filed.submission)
    identity.confirm_link(token, by=PERSON, at=clock.tick())
    before = _verbs(filed.submission)

    second = identity.confirm_link(token, by=PERSON, at=clock.tick())

    assert second.again
    assert grants.look(second.tracker_token, telling.TRACKER, clock()).about == filed.submission.pk
    assert _verbs(filed.submission) == before
    assert mail.peek(token, clock()).state == mail.PeekState.CONFIRMED


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "\u202e", "\ud800", "0" * 100_000])
def test_link_that_was_never_sent_opens_nothing(clock: Clock, token: str) -> None:
    filed = builders.file(at=clock())

    with pytest.raises(mail.Unknown):
        identity.confirm_link(token, by=PERSON, at=clock.tick())

    assert builders.only(filed.submission).state == State.VERIFYING


def test_link_of_last_week_is_refused_and_a_new_one_works(clock: Clock) -> None:
    filed = builders.file(at=clock())
    old = _token(filed.submission)
    clock.tick(days=7)

    with pytest.raises(mail.Expired):
        identity.confirm_link(old, by=PERSON, at=clock())
    identity.resend(_challenge(filed).pk, at=clock())

    assert not identity.confirm_link(_token(filed.submission), by=PERSON, at=clock.tick()).again


# --- by code ---------------------------------------------------------------------------------------------------------


def test_code_may_be_mistyped_and_tried_again(clock: Clock) -> None:
    filed = builders.file(at=clock())
    code = _code(filed.submission)

    with pytest.raises(mail.WrongCode) as wrong:
        identity.confirm_code(_challenge(filed).pk, _wrong(code), by=PERSON, at=clock.tick())
    identity.confirm_code(_challenge(filed).pk, f" {code[:3]} {code[3:]} ", by=PERSON, at=clock.tick())

    assert wrong.value.tries_left == 4
    assert builders.only(filed.submission).state == State.IN_REVIEW


def test_code_guessed_too_often_dies_and_a_new_one_works(clock: Clock) -> None:
    filed = builders.file(at=clock())
    challenge, code = _challenge(filed), _code(filed.submission)
    for _ in range(5):
        with pytest.raises(mail.WrongCode):
            identity.confirm_code(challenge.pk, _wrong(code), by=PERSON, at=clock.tick())

    with pytest.raises(mail.TooMany):
        identity.confirm_code(challenge.pk, code, by=PERSON, at=clock.tick())
    identity.resend(challenge.pk, at=clock.tick(minutes=2))
    identity.confirm_code(challenge.pk, _code(filed.submission), by=PERSON, at=clock.tick())

    assert builders.only(filed.submission).state == State.IN_REVIEW


def test_code_ends_after_half_an_hour_while_the_link_of_the_same_mail_lives(clock: Clock) -> None:
    filed = builders.file(at=clock())
    code, token = _code(filed.submission), _token(filed.submission)
    clock.tick(minutes=30)

    with pytest.raises(mail.Expired):
        identity.confirm_code(_challenge(filed).pk, code, by=PERSON, at=clock())

    assert not identity.confirm_link(token, by=PERSON, at=clock.tick()).again


# --- sending again, and to a corrected address -----------------------------------------------------------------------


def test_resend_is_throttled_and_says_until_when(clock: Clock) -> None:
    filed = builders.file(at=clock())
    challenge = _challenge(filed)

    with pytest.raises(mail.TooSoon) as early:
        identity.resend(challenge.pk, at=clock.tick(seconds=30))
    for _ in range(4):
        identity.resend(challenge.pk, at=clock.tick(minutes=5))
    with pytest.raises(mail.TooSoon) as often:
        identity.resend(challenge.pk, at=clock.tick(minutes=5))

    assert early.value.retry_at == challenge.created_at + timedelta(minutes=1)
    assert often.value.retry_at == challenge.created_at + timedelta(days=1)
    assert len(builders.letters_to(filed.submission, "confirm_address")) == 5
    assert _verbs(filed.submission).count("address_asked") == 4


def test_resend_for_a_check_that_is_not_there_says_so(clock: Clock) -> None:
    with pytest.raises(mail.Unknown):
        identity.resend(UUID(int=1), at=clock())


def test_resend_of_a_check_about_something_else_is_refused(clock: Clock) -> None:
    request = builders.ready(clock())
    challenge_id = delivery.ask_code(request.pk, at=clock.tick(minutes=5))

    with pytest.raises(NotFound):
        identity.resend(challenge_id, at=clock.tick(minutes=5))


def test_earlier_link_goes_on_working_after_a_resend_but_not_the_earlier_code(clock: Clock) -> None:
    filed = builders.file(at=clock())
    token, code = _token(filed.submission), _code(filed.submission)
    identity.resend(_challenge(filed).pk, at=clock.tick(minutes=2))

    if code != _code(filed.submission):
        with pytest.raises(mail.WrongCode):
            identity.confirm_code(_challenge(filed).pk, code, by=PERSON, at=clock.tick())

    assert not identity.confirm_link(token, by=PERSON, at=clock.tick()).again


def test_corrected_address_ends_the_wrong_one_and_is_what_systems_are_searched_by(clock: Clock) -> None:
    filed = builders.file(at=clock(), email=WRONG)
    old_token, old_code = _token(filed.submission), _code(filed.submission)
    corrected = identity.readdress(_challenge(filed).pk, builders.ADA, at=clock.tick(minutes=2))

    with pytest.raises(mail.Superseded):
        identity.confirm_link(old_token, by=PERSON, at=clock.tick())
    with pytest.raises(mail.Superseded):
        identity.confirm_code(_challenge(filed).pk, old_code, by=PERSON, at=clock.tick())
    identity.confirm_code(corrected, _code(filed.submission), by=PERSON, at=clock.tick())
    drain(clock.tick())

    request = builders.only(filed.submission)
    assert request.submission.open("email") == builders.ADA
    assert request.steps.get().result == "found"


def test_corrected_address_takes_the_tracker_away_from_the_wrong_one(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock(), email=WRONG)
    leaked = telling.tracker_grant(filed.submission.pk, clock())

    identity.readdress(_challenge(filed).pk, builders.ADA, at=clock.tick(minutes=2))
    confirmed = builders.confirm(filed.submission, clock.tick())

    with pytest.raises(grants.NoGrant):
        tracking.admit(filed.submission.reference, leaked, at=clock.tick())
    assert tracking.admit(filed.submission.reference, confirmed.tracker_token, at=clock()) == filed.submission.pk


def test_corrected_address_is_the_one_that_gets_the_link_to_the_tracker(clock: Clock) -> None:
    filed = builders.file(at=clock(), email=WRONG)
    identity.readdress(_challenge(filed).pk, builders.ADA, at=clock.tick(minutes=2))

    tracking.send_link(filed.submission.reference, builders.ADA, at=clock.tick())
    tracking.send_link(filed.submission.reference, WRONG, at=clock.tick(minutes=5))

    [letter] = Message.objects.filter(about=filed.submission.pk, kind="tracker_link")
    assert letter.open("to") == builders.ADA


def test_address_that_is_confirmed_is_not_corrected_any_more(clock: Clock) -> None:
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())

    with pytest.raises(mail.AlreadyConfirmed):
        identity.readdress(_challenge(filed).pk, builders.MAX, at=clock.tick(minutes=2))

    filed.submission.refresh_from_db()
    assert filed.submission.open("email") == builders.ADA


def test_address_that_is_none_changes_nothing(clock: Clock) -> None:
    filed = builders.file(at=clock())

    with pytest.raises(ValueError, match="mail address"):
        identity.readdress(_challenge(filed).pk, "ada@", at=clock.tick(minutes=2))

    assert mail.peek(_token(filed.submission), clock()).state == mail.PeekState.OPEN


# --- lapsing, and coming back ----------------------------------------------------------------------------------------


def test_request_is_warned_about_then_lapses_with_a_way_back(clock: Clock) -> None:
    filed = builders.file(at=clock())

    clock.tick(days=20)
    drain(clock())
    assert _verbs(filed.submission) == ["file", "ask_identity", "acknowledge"]
    clock.tick(days=1)
    drain(clock())
    assert _verbs(filed.submission)[3:] == ["warn_lapse"]
    clock.tick(days=7)
    drain(clock())

    request = builders.only(filed.submission)
    assert (request.state, request.outcome, request.turn) == (State.CLOSED, Outcome.UNVERIFIED, Turn.NOBODY)
    kinds = Message.objects.filter(about=filed.submission.pk).order_by("created_at").values_list("kind", flat=True)
    assert list(kinds) == ["confirm_address", "acknowledged", "lapse_warning", "not_identified"]


@pytest.mark.parametrize(
    ("where", "days", "letter"),
    [
        ({"country": "IE"}, 28, "not_identified"),
        ({"country": "GB"}, 30, "lapsed"),
        ({"country": "US", "region": "CA"}, 45, "not_identified"),
        ({"country": "KR"}, 10, "not_identified"),
    ],
    ids=["in time", "never begun", "denied at the end of the time", "before a short time is over"],
)
def test_waiting_ends_as_the_law_has_it(where: dict[str, str], days: int, letter: str, clock: Clock) -> None:
    filed = builders.file(at=clock(), **where)

    drain(clock.tick(days=days - 1))
    assert builders.only(filed.submission).state == State.VERIFYING
    drain(clock.tick(days=1))

    request = builders.only(filed.submission)
    assert (request.outcome, request.closed_at is not None) == (Outcome.UNVERIFIED, True)
    kinds = Message.objects.filter(about=filed.submission.pk).values_list("kind", flat=True)
    assert letter in kinds
    assert "overdue" not in kinds


def test_person_who_confirmed_the_address_is_not_told_that_nobody_did(clock: Clock) -> None:
    request = builders.in_review(at=clock(), country="GB")
    proving.ask_more(request.pk, "contradiction", "The name differs.", by=builders.hal(), at=clock.tick())

    ends = request.deadlines.filter(kind=DeadlineKind.LAPSE, done_at=None).get()
    identity.lapse(ends, ends.due_at)

    [letter] = builders.letters_to(request.submission, "not_identified")
    assert letter.end == "lapsed"
    assert builders.letters_to(request.submission, "lapsed") == []
    assert builders.again(request).outcome == Outcome.UNVERIFIED


def test_warning_carries_a_link_that_still_works(clock: Clock) -> None:
    filed = builders.file(at=clock())
    [warning] = Deadline.objects.filter(submission=filed.submission, kind=DeadlineKind.LAPSE_WARNING)
    identity.warn_of_lapse(warning, warning.due_at)

    identity.confirm_link(_token(filed.submission, "lapse_warning"), by=PERSON, at=warning.due_at + timedelta(days=6))

    assert builders.only(filed.submission).state == State.IN_REVIEW


def test_two_requests_of_one_filing_are_warned_about_and_lapse_with_one_letter_each(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())

    for days in (21, 7):
        clock.tick(days=days)
        drain(clock())

    kinds = list(Message.objects.filter(about=filed.submission.pk).values_list("kind", flat=True))
    assert sorted(kinds) == ["acknowledged", "confirm_address", "lapse_warning", "not_identified"]
    assert set(filed.submission.requests.values_list("outcome", flat=True)) == {"unverified"}


def test_lapsed_request_is_reopened_under_the_same_reference_and_lapses_again(clock: Clock) -> None:
    filed = builders.file(at=clock())
    due = builders.only(filed.submission).due_on
    clock.tick(days=28)
    drain(clock())

    identity.reopen(filed.submission.pk, by=PERSON, at=clock.tick(days=3))
    reopened = builders.only(filed.submission)
    clock.tick(days=27)
    drain(clock())
    still = builders.only(filed.submission).state
    clock.tick(days=1)
    drain(clock())

    assert (reopened.state, reopened.outcome, reopened.due_on) == (State.VERIFYING, "", due)
    assert reopened.submission.reference == filed.submission.reference
    assert still == State.VERIFYING
    assert builders.only(filed.submission).outcome == Outcome.UNVERIFIED
    assert _verbs(filed.submission).count("lapse") == 2
    assert history.verify().whole


def test_reopened_request_goes_on_when_the_address_is_confirmed(clock: Clock) -> None:
    filed = builders.file(at=clock())
    clock.tick(days=28)
    drain(clock())
    identity.reopen(filed.submission.pk, by=PERSON, at=clock.tick())

    confirmed = identity.confirm_link(_token(filed.submission), by=PERSON, at=clock.tick())

    assert not confirmed.again
    assert builders.only(filed.submission).state == State.IN_REVIEW
    assert Submission.objects.get().purge_at is None


def test_reopened_request_asks_at_the_corrected_address(clock: Clock) -> None:
    filed = builders.file(at=clock(), email=WRONG)
    identity.readdress(_challenge(filed).pk, builders.ADA, at=clock.tick(minutes=2))
    clock.tick(days=29)
    drain(clock())

    identity.reopen(filed.submission.pk, by=PERSON, at=clock.tick())

    newest = Message.objects.filter(about=filed.submission.pk).latest("created_at", "id")
    assert (newest.kind, newest.open("to")) == ("confirm_address", builders.ADA)


@pytest.mark.parametrize("closed", [False, True])
def test_request_that_did_not_lapse_is_not_reopened_and_no_mail_goes_out(clock: Clock, closed: bool) -> None:
    filed = builders.file(at=clock())
    if closed:
        review.withdraw(builders.only(filed.submission).pk, by=PERSON, at=clock.tick())
    letters = Message.objects.count()

    with pytest.raises(WrongState) as refused:
        identity.reopen(filed.submission.pk, by=PERSON, at=clock.tick())

    assert refused.value.code == "not-lapsed"
    assert Message.objects.count() == letters
    assert mail.peek(_token(filed.submission), clock()).state == mail.PeekState.OPEN


def test_proof_whose_worker_died_before_it_counted_is_found_by_the_warning(clock: Clock) -> None:
    filed = builders.file(at=clock())
    mail.confirm(_token(filed.submission), clock.tick())

    drain(clock.tick(days=21))

    assert builders.only(filed.submission).state == State.IN_REVIEW


def test_proof_whose_worker_died_before_it_counted_wins_over_the_lapse(clock: Clock) -> None:
    filed = builders.file(at=clock())
    mail.confirm(_token(filed.submission), clock.tick())
    [lapse] = Deadline.objects.filter(submission=filed.submission, kind=DeadlineKind.LAPSE)

    identity.lapse(lapse, lapse.due_at)

    assert builders.only(filed.submission).state == State.IN_REVIEW
    assert not Deadline.objects.filter(kind=DeadlineKind.LAPSE, done_at=None).exists()


def test_warning_and_lapse_done_twice_are_done_once(clock: Clock) -> None:
    filed = builders.file(at=clock())
    for kind, handler in (
        (DeadlineKind.LAPSE_WARNING, identity.warn_of_lapse),
        (DeadlineKind.LAPSE, identity.lapse),
    ):
        [deadline] = Deadline.objects.filter(submission=filed.submission, kind=kind)
        handler(deadline, deadline.due_at)
        events, letters = Event.objects.count(), Message.objects.count()
        handler(deadline, deadline.due_at + timedelta(seconds=1))

        assert (Event.objects.count(), Message.objects.count()) == (events, letters)
