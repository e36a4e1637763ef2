"""Control of a mail address: by link, by code, sent again, corrected, expired; and what an attacker learns of it."""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from notifications.models import DataKey
from tests.clock import Clock
from tests.statements import counted
from verification import limits, mail
from verification.mail import PeekState
from verification.models import Challenge, Channel, Link
from verification.proofs import LEVELS, Level, Method

pytestmark = pytest.mark.django_db
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")


@pytest.fixture
def key(clock: Clock) -> DataKey:
    """Ada's data key."""
    key = DataKey.new(clock())
    key.save()
    return key


@pytest.fixture
def started(key: DataKey, clock: Clock) -> mail.Started:
    """A challenge that Ada was just sent."""
    return mail.start(ABOUT, "Ada@example.org", key, clock())


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


# --- Starting


def test_start_keeps_nothing_readable(key: DataKey, clock: Clock) -> None:
    with counted() as statements:
        started = mail.start(ABOUT, " Ada@example.org ", key, clock())

    row = Challenge.objects.get()
    stored = repr({field.name: getattr(row, field.attname) for field in Challenge._meta.concrete_fields}).lower()
    assert len(statements) == 1
    assert (started.address, row.address()) == ("Ada@example.org", "Ada@example.org")
    assert len(started.token) == 43
    assert len(started.code) == 6
    assert started.code not in repr(started)
    for personal in (started.token.lower(), started.code, "ada@", "example.org"):
        assert personal not in stored
    assert (row.level, row.method, row.sends) == (Level.CHANNEL, "", 1)


def test_start_refuses_what_is_no_mail_address(key: DataKey, clock: Clock) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        mail.start(ABOUT, "ada", key, clock())


def test_start_proves_the_mailbox_that_is_looked_up(key: DataKey, clock: Clock) -> None:
    started = mail.start(ABOUT, "ａda@example.org", key, clock())

    assert started.address == "ada@example.org"


# --- The link


def test_peek_uses_nothing_up_however_often_a_scanner_looks(started: mail.Started, clock: Clock) -> None:
    for _ in range(50):
        assert mail.peek(started.token, clock.tick()).state == PeekState.OPEN

    assert mail.confirm(started.token, clock()).first
    assert mail.peek(started.token, clock()).state == PeekState.CONFIRMED


def test_confirm_proves_control_of_the_channel(started: mail.Started, clock: Clock) -> None:
    confirmed = mail.confirm(started.token, clock.tick())

    assert confirmed.first
    assert confirmed.about == ABOUT
    assert confirmed.address == "Ada@example.org"
    assert confirmed.proof == mail.Proof(Level.CHANNEL, Method.MAIL_LINK, clock())


def test_confirm_gives_the_same_proof_when_clicked_twice(started: mail.Started, clock: Clock) -> None:
    first = mail.confirm(started.token, clock.tick())
    second = mail.confirm(started.token, clock.tick(days=1))

    assert (first.first, second.first) == (True, False)
    assert second.proof == first.proof


def test_confirm_refuses_a_link_that_has_ended_and_peek_says_so(started: mail.Started, clock: Clock) -> None:
    clock.tick(seconds=mail.LINK_LASTS.total_seconds() - 1)
    assert mail.peek(started.token, clock()).state == PeekState.OPEN

    clock.tick(seconds=1)

    assert mail.peek(started.token, clock()).state == PeekState.EXPIRED
    with pytest.raises(mail.Expired):
        mail.confirm(started.token, clock())
    assert Challenge.objects.get().confirmed_at is None


def test_old_link_opens_nothing_although_it_was_used_in_time(started: mail.Started, clock: Clock) -> None:
    mail.confirm(started.token, clock.tick())
    clock.tick(days=8)

    assert mail.peek(started.token, clock()).state == PeekState.CONFIRMED
    with pytest.raises(mail.Expired):
        mail.confirm(started.token, clock())


@pytest.mark.parametrize("token", ["", "x", "é\ud800", "a" * 100_000, "' OR 1=1 --", "\x00"])
def test_unknown_token_is_unknown(started: mail.Started, clock: Clock, token: str) -> None:
    assert mail.peek(token, clock()) == mail.Peek(PeekState.UNKNOWN, None)
    with pytest.raises(mail.Unknown):
        mail.confirm(token, clock())


def test_unknown_token_costs_the_same_statements_as_a_known_one(started: mail.Started, clock: Clock) -> None:
    renewed = mail.resend(started.challenge.pk, clock.tick(minutes=2))
    costs: dict[str, list[int]] = {}
    for name, token in {"unknown": "x" * 43, "first": started.token, "further": renewed.token}.items():
        with counted() as looking:
            mail.peek(token, clock())
        with counted() as confirming, suppress(mail.Unknown):
            mail.confirm(token, clock())
        costs[name] = [len(looking), len(confirming)]

    assert costs == {"unknown": [2, 4], "first": [2, 4], "further": [2, 4]}


# --- The code


def test_confirm_code_proves_control_of_the_channel(started: mail.Started, clock: Clock) -> None:
    confirmed = mail.confirm_code(started.challenge.pk, f" {started.code[:3]}-{started.code[3:]} ", clock.tick())

    assert confirmed.first
    assert confirmed.proof == mail.Proof(Level.CHANNEL, Method.MAIL_CODE, clock())
    assert mail.peek(started.token, clock()).state == PeekState.CONFIRMED


def test_confirm_code_gives_the_same_proof_when_sent_twice(started: mail.Started, clock: Clock) -> None:
    first = mail.confirm_code(started.challenge.pk, started.code, clock.tick())
    second = mail.confirm_code(started.challenge.pk, started.code, clock.tick())

    assert (first.first, second.first) == (True, False)
    assert second.proof == first.proof


def test_code_and_link_agree_on_the_first_proof(started: mail.Started, clock: Clock) -> None:
    by_link = mail.confirm(started.token, clock.tick())
    by_code = mail.confirm_code(started.challenge.pk, started.code, clock.tick())

    assert by_code.proof == by_link.proof
    assert not by_code.first


def test_wrong_code_opens_nothing_although_the_challenge_is_confirmed(started: mail.Started, clock: Clock) -> None:
    mail.confirm(started.token, clock())

    with pytest.raises(mail.WrongCode):
        mail.confirm_code(started.challenge.pk, _wrong(started.code), clock())


def test_wrong_codes_kill_the_code_and_not_the_link(started: mail.Started, clock: Clock) -> None:
    left = []
    for _ in range(mail_tries := limits.TRIES_PER_CODE):
        with pytest.raises(mail.WrongCode) as wrong:
            mail.confirm_code(started.challenge.pk, _wrong(started.code), clock())
        left.append(wrong.value.tries_left)

    assert left == list(reversed(range(mail_tries)))
    with pytest.raises(mail.TooMany) as refusal:
        mail.confirm_code(started.challenge.pk, started.code, clock())
    assert refusal.value.retry_at == clock() + limits.RESEND_AFTER
    assert mail.confirm(started.token, clock()).first


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "1" * 5000, "\x00"])
def test_code_of_any_shape_is_merely_wrong(started: mail.Started, clock: Clock, code: str) -> None:
    if started.code == "123456":
        pytest.skip("the one in a million")

    with pytest.raises(mail.WrongCode):
        mail.confirm_code(started.challenge.pk, code, clock())


def test_code_may_be_typed_in_other_digits(started: mail.Started, clock: Clock) -> None:
    arabic = started.code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    assert mail.confirm_code(started.challenge.pk, arabic, clock()).first


def test_code_ends_before_its_link(started: mail.Started, clock: Clock) -> None:
    clock.tick(seconds=mail.CODE_LASTS.total_seconds())

    with pytest.raises(mail.Expired):
        mail.confirm_code(started.challenge.pk, started.code, clock())
    assert mail.confirm(started.token, clock()).first


def test_code_of_one_challenge_does_not_answer_another(started: mail.Started, key: DataKey, clock: Clock) -> None:
    other = mail.start(uuid4(), "max@example.org", key, clock())
    if other.code == started.code:
        pytest.skip("the one in a million")

    with pytest.raises(mail.WrongCode):
        mail.confirm_code(other.challenge.pk, started.code, clock())


def test_unknown_challenge_costs_the_same_statements_as_a_known_one(started: mail.Started, clock: Clock) -> None:
    costs = []
    for challenge_id in (uuid4(), started.challenge.pk):
        with counted() as statements, suppress(mail.CheckError):
            mail.confirm_code(challenge_id, _wrong(started.code), clock())
        costs.append(len(statements))
    with counted() as right:
        mail.confirm_code(started.challenge.pk, started.code, clock())

    assert [*costs, len(right)] == [3, 3, 3]


def test_guesses_at_one_address_are_limited_over_all_its_challenges(key: DataKey, clock: Clock) -> None:
    for _ in range(limits.WRONG_PER_ADDRESS // limits.TRIES_PER_CODE):
        guessed = mail.start(uuid4(), "ADA@example.org", key, clock())
        for _ in range(limits.TRIES_PER_CODE):
            with pytest.raises(mail.WrongCode):
                mail.confirm_code(guessed.challenge.pk, _wrong(guessed.code), clock())
    fresh = mail.start(uuid4(), "ada@example.org", key, clock())

    with pytest.raises(mail.TooMany) as refusal:
        mail.confirm_code(fresh.challenge.pk, fresh.code, clock())

    assert refusal.value.retry_at == clock() + timedelta(days=1)
    assert mail.confirm(fresh.token, clock()).first
    later = clock.tick(days=1)
    again = mail.start(uuid4(), "ada@example.org", key, later)
    assert mail.confirm_code(again.challenge.pk, again.code, later).first


def test_confirm_code_refuses_to_run_in_a_transaction_that_could_forget_the_count(
    started: mail.Started, clock: Clock
) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        mail.confirm_code(started.challenge.pk, "000000", clock())


# --- Sending again


def test_resend_makes_a_new_code_and_keeps_earlier_links(started: mail.Started, clock: Clock) -> None:
    again = mail.resend(started.challenge.pk, clock.tick(minutes=2))

    assert again.challenge.pk == started.challenge.pk
    assert again.address == started.address
    assert again.challenge.sends == 2
    if again.code != started.code:
        with pytest.raises(mail.WrongCode):
            mail.confirm_code(started.challenge.pk, started.code, clock())
    assert mail.peek(again.token, clock()).state == PeekState.OPEN
    assert mail.confirm(started.token, clock()).first
    assert not mail.confirm(again.token, clock()).first


def test_resend_gives_fresh_tries(started: mail.Started, clock: Clock) -> None:
    for _ in range(limits.TRIES_PER_CODE):
        with pytest.raises(mail.WrongCode):
            mail.confirm_code(started.challenge.pk, _wrong(started.code), clock())

    again = mail.resend(started.challenge.pk, clock.tick(minutes=2))

    assert mail.confirm_code(again.challenge.pk, again.code, clock()).first


def test_resend_waits_a_minute(started: mail.Started, clock: Clock) -> None:
    with pytest.raises(mail.TooSoon) as refusal:
        mail.resend(started.challenge.pk, clock.tick(seconds=59))

    assert refusal.value.retry_at == clock.tick(seconds=1)
    mail.resend(started.challenge.pk, clock())


def test_resend_stops_after_five_in_a_day_and_goes_on_the_next(started: mail.Started, clock: Clock) -> None:
    begun = clock()
    for _ in range(limits.SENDS_PER_DAY - 1):
        mail.resend(started.challenge.pk, clock.tick(minutes=10))

    with pytest.raises(mail.TooSoon) as refusal:
        mail.resend(started.challenge.pk, clock.tick(minutes=10))

    assert refusal.value.retry_at == begun + timedelta(days=1)
    clock.now = refusal.value.retry_at
    mail.resend(started.challenge.pk, clock())
    with pytest.raises(mail.TooSoon):
        mail.resend(started.challenge.pk, clock.tick(minutes=5))


def test_resend_is_limited_for_an_address_over_all_its_challenges(key: DataKey, clock: Clock) -> None:
    for _ in range(limits.SENDS_PER_ADDRESS[Channel.EMAIL]):
        started = mail.start(uuid4(), "ada@example.org", key, clock.tick())

    with pytest.raises(mail.TooSoon):
        mail.resend(started.challenge.pk, clock.tick(minutes=2))


def test_resend_renews_an_expired_challenge_and_not_its_old_links(started: mail.Started, clock: Clock) -> None:
    again = mail.resend(started.challenge.pk, clock.tick(days=8))

    assert mail.peek(started.token, clock()).state == PeekState.EXPIRED
    with pytest.raises(mail.Expired):
        mail.confirm(started.token, clock())
    assert mail.confirm(again.token, clock()).first


def test_resend_refuses_what_is_confirmed_or_unknown(started: mail.Started, clock: Clock) -> None:
    mail.confirm(started.token, clock())

    with pytest.raises(mail.AlreadyConfirmed):
        mail.resend(started.challenge.pk, clock.tick(hours=1))
    with pytest.raises(mail.Unknown):
        mail.resend(uuid4(), clock())


def test_ask_replaces_what_is_open_and_is_throttled(key: DataKey, clock: Clock) -> None:
    first = mail.ask(ABOUT, "ada@example.org", key, clock())
    with pytest.raises(mail.TooSoon) as refusal:
        mail.ask(ABOUT, "ada@example.org", key, clock.tick())
    assert refusal.value.retry_at == clock.tick(seconds=59)

    second = mail.ask(ABOUT, "ada@example.org", key, clock())

    assert second.challenge.pk != first.challenge.pk
    with pytest.raises(mail.Superseded):
        mail.confirm_code(first.challenge.pk, first.code, clock())
    assert mail.confirm_code(second.challenge.pk, second.code, clock()).first
    for _ in range(limits.SENDS_PER_DAY - 2):
        mail.ask(ABOUT, "ada@example.org", key, clock.tick(minutes=2))
    with pytest.raises(mail.TooSoon):
        mail.ask(ABOUT, "ada@example.org", key, clock.tick(minutes=2))


def test_ask_is_limited_for_an_address_over_everything_it_is_asked_about(key: DataKey, clock: Clock) -> None:
    for _ in range(limits.SENDS_PER_ADDRESS[Channel.EMAIL]):
        mail.ask(uuid4(), "ada@example.org", key, clock())

    with pytest.raises(mail.TooSoon):
        mail.ask(uuid4(), "ada@example.org", key, clock())


# --- Correcting the address


def test_readdress_ends_the_old_link_and_code(started: mail.Started, clock: Clock) -> None:
    moved = mail.readdress(started.challenge.pk, "ada@example.net", clock.tick(minutes=2))

    assert moved.challenge.pk != started.challenge.pk
    assert (moved.challenge.about, moved.address) == (ABOUT, "ada@example.net")
    assert mail.peek(started.token, clock()).state == PeekState.SUPERSEDED
    for attempt in (
        lambda: mail.confirm(started.token, clock()),
        lambda: mail.confirm_code(started.challenge.pk, started.code, clock()),
        lambda: mail.resend(started.challenge.pk, clock()),
        lambda: mail.readdress(started.challenge.pk, "max@example.org", clock()),
    ):
        with pytest.raises(mail.Superseded):
            attempt()
    assert mail.confirm(moved.token, clock()).address == "ada@example.net"


def test_readdress_to_the_same_address_is_a_resend(started: mail.Started, clock: Clock) -> None:
    again = mail.readdress(started.challenge.pk, "ada@EXAMPLE.org", clock.tick(minutes=2))

    assert again.challenge.pk == started.challenge.pk
    assert mail.peek(started.token, clock()).state == PeekState.OPEN


def test_readdress_is_throttled_like_a_resend(started: mail.Started, clock: Clock) -> None:
    challenge_id = started.challenge.pk
    with pytest.raises(mail.TooSoon):
        mail.readdress(challenge_id, "max0@example.org", clock.tick())

    for number in range(limits.SENDS_PER_DAY - 1):
        challenge_id = mail.readdress(challenge_id, f"max{number}@example.org", clock.tick(minutes=2)).challenge.pk

    with pytest.raises(mail.TooSoon):
        mail.readdress(challenge_id, "max9@example.org", clock.tick(minutes=2))


def test_readdress_refuses_once_the_address_is_confirmed(started: mail.Started, clock: Clock) -> None:
    mail.confirm(started.token, clock())

    with pytest.raises(mail.AlreadyConfirmed):
        mail.readdress(started.challenge.pk, "max@example.org", clock.tick(hours=1))


def test_readdress_changes_nothing_for_an_address_that_is_none(started: mail.Started, clock: Clock) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        mail.readdress(started.challenge.pk, "nonsense", clock.tick(hours=1))

    assert mail.peek(started.token, clock()).state == PeekState.OPEN


# --- Reminding, expiring, asking what became of it


def test_remind_renews_the_open_challenge_whatever_was_sent_today(started: mail.Started, clock: Clock) -> None:
    for _ in range(limits.SENDS_PER_DAY - 1):
        mail.resend(started.challenge.pk, clock.tick(minutes=2))

    reminded = mail.remind(ABOUT, clock.tick())

    assert mail.confirm(reminded.token, clock()).about == ABOUT


def test_remind_refuses_what_is_confirmed_or_was_never_asked(started: mail.Started, clock: Clock) -> None:
    mail.confirm(started.token, clock())

    with pytest.raises(mail.AlreadyConfirmed):
        mail.remind(ABOUT, clock())
    with pytest.raises(mail.Unknown):
        mail.remind(uuid4(), clock())


def test_expire_due_tells_each_lapse_once(started: mail.Started, key: DataKey, clock: Clock) -> None:
    answered = mail.start(uuid4(), "max@example.org", key, clock())
    mail.confirm(answered.token, clock())
    assert mail.expire_due(clock.tick(days=6)) == []

    lapsed = mail.expire_due(clock.tick(days=1))

    assert [challenge.about for challenge in lapsed] == [ABOUT]
    assert mail.expire_due(clock()) == []
    again = mail.resend(started.challenge.pk, clock())
    assert mail.confirm(again.token, clock()).first


def test_proof_of_is_none_until_there_is_one(started: mail.Started, clock: Clock) -> None:
    assert mail.proof_of(ABOUT) is None

    confirmed = mail.confirm(started.token, clock())

    found = mail.proof_of(ABOUT)
    assert found is not None
    assert found.proof == confirmed.proof
    assert not found.first


def test_current_is_the_challenge_that_counts(started: mail.Started, clock: Clock) -> None:
    moved = mail.readdress(started.challenge.pk, "ada@example.net", clock.tick(minutes=2))

    assert mail.current(ABOUT) == moved.challenge
    assert mail.current(uuid4()) is None


def test_every_method_reaches_a_level() -> None:
    assert set(LEVELS) == set(Method)


@pytest.mark.parametrize(
    "fields",
    [
        {"confirmed_at": "2026-03-05T09:30Z"},
        {"method": Method.MAIL_LINK},
        {"confirmed_at": "2026-03-05T09:30Z", "method": "hearsay"},
        {"confirmed_at": "2026-03-05T09:30Z", "method": Method.MAIL_LINK, "superseded_at": "2026-03-05T09:30Z"},
        {"expires_at": "2020-01-01T00:00Z"},
    ],
)
def test_database_refuses_a_challenge_that_cannot_be(started: mail.Started, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Challenge.objects.filter(pk=started.challenge.pk).update(**fields)


def test_further_links_go_with_their_challenge(started: mail.Started, clock: Clock) -> None:
    mail.resend(started.challenge.pk, clock.tick(minutes=2))

    Challenge.objects.all().delete()

    assert not Link.objects.exists()
