"""Control of a number: by a code, sent again, moved, limited; and apart from what goes by mail."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from notifications import sealing
from notifications.models import DataKey
from tests.clock import Clock
from tests.statements import counted
from verification import challenges, limits, mail, sms
from verification.models import Challenge, Channel, Link
from verification.proofs import Level, Method

pytestmark = pytest.mark.django_db
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")
NUMBER, OTHER = "+353871234567", "+353877654321"


@pytest.fixture
def key(clock: Clock) -> DataKey:
    """Ada's data key."""
    key = DataKey.new(clock())
    key.save()
    return key


@pytest.fixture
def started(key: DataKey, clock: Clock) -> sms.Started:
    """A challenge that Ada was just sent to her telephone."""
    return sms.ask(ABOUT, "00353 (87) 123 4567", key, clock())


@pytest.fixture
def mailed(key: DataKey, clock: Clock) -> mail.Started:
    """A challenge that Ada was just sent by mail."""
    return mail.start(ABOUT, "ada@example.org", key, clock())


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


# --- Asking


def test_ask_keeps_nothing_readable_and_hands_out_no_link(started: sms.Started) -> None:
    row = Challenge.objects.get()
    stored = repr({field.name: getattr(row, field.attname) for field in Challenge._meta.concrete_fields})

    assert (started.address, row.address()) == (NUMBER, NUMBER)
    assert (started.token, len(started.code)) == ("", 6)
    assert (row.channel, row.level, row.method) == (Channel.SMS, Level.CHANNEL, "")
    assert row.address_fingerprint in sealing.fingerprints("phone", "+353 87 123 45 67")
    for personal in (NUMBER, "871234567", started.code):
        assert personal not in stored
        assert personal not in repr(started)


@pytest.mark.parametrize("number", ["", "087 123 4567", "ada@example.org", "+1 900 555 1234"])
def test_ask_refuses_what_is_no_number_to_write_to(key: DataKey, clock: Clock, number: str) -> None:
    with pytest.raises(ValueError, match=r"telephone number|kind of number"):
        sms.ask(ABOUT, number, key, clock())

    assert not Challenge.objects.exists()


def test_code_by_text_message_leaves_the_link_in_the_mail_alone(
    mailed: mail.Started, key: DataKey, clock: Clock
) -> None:
    started = sms.ask(ABOUT, NUMBER, key, clock.tick())

    assert sms.confirm_code(started.challenge.pk, started.code, clock()).first
    assert mail.confirm(mailed.token, clock()).first
    assert mail.ask(ABOUT, "ada@example.org", key, clock.tick(minutes=2)).token


# --- Confirming


def test_code_proves_control_of_the_number(started: sms.Started, clock: Clock) -> None:
    confirmed = sms.confirm_code(started.challenge.pk, f"{started.code[:3]} {started.code[3:]}", clock.tick())
    again = sms.confirm_code(started.challenge.pk, started.code, clock.tick())

    assert confirmed.proof == mail.Proof(Level.CHANNEL, Method.SMS_CODE, again.proof.at)
    assert (confirmed.first, again.first) == (True, False)
    assert (confirmed.about, confirmed.address) == (ABOUT, NUMBER)
    assert Challenge.objects.get().method == Method.SMS_CODE
    found = sms.proof_of(ABOUT)
    assert found is not None
    assert found.proof == confirmed.proof


def test_code_can_be_tried_again_and_dies_after_five(started: sms.Started, clock: Clock) -> None:
    left = []
    for _ in range(limits.TRIES_PER_CODE):
        with pytest.raises(sms.WrongCode) as wrong:
            sms.confirm_code(started.challenge.pk, _wrong(started.code), clock())
        left.append(wrong.value.tries_left)

    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(sms.TooMany) as refusal:
        sms.confirm_code(started.challenge.pk, started.code, clock())
    assert refusal.value.retry_at == clock() + limits.RESEND_AFTER
    again = sms.resend(started.challenge.pk, clock.tick(minutes=1))
    assert sms.confirm_code(again.challenge.pk, again.code, clock()).first


def test_code_ends_after_half_an_hour(started: sms.Started, clock: Clock) -> None:
    clock.tick(minutes=30)

    with pytest.raises(sms.Expired):
        sms.confirm_code(started.challenge.pk, started.code, clock())
    assert [row.pk for row in mail.expire_due(clock())] == [started.challenge.pk]
    again = sms.resend(started.challenge.pk, clock())
    assert sms.confirm_code(again.challenge.pk, again.code, clock()).first


def test_unknown_challenge_costs_the_same_statements_as_a_known_one(started: sms.Started, clock: Clock) -> None:
    costs = []
    for challenge_id in (uuid4(), started.challenge.pk):
        with counted() as statements, suppress(sms.CheckError):
            sms.confirm_code(challenge_id, _wrong(started.code), clock())
        costs.append(len(statements))

    assert costs == [3, 3]


def test_guesses_at_one_number_are_limited_over_all_its_challenges(key: DataKey, clock: Clock) -> None:
    for _ in range(limits.WRONG_PER_ADDRESS // limits.TRIES_PER_CODE):
        guessed = sms.ask(uuid4(), NUMBER, key, clock())
        for _ in range(limits.TRIES_PER_CODE):
            with pytest.raises(sms.WrongCode):
                sms.confirm_code(guessed.challenge.pk, _wrong(guessed.code), clock())
    fresh = sms.ask(uuid4(), "00353871234567", key, clock())

    with pytest.raises(sms.TooMany) as refusal:
        sms.confirm_code(fresh.challenge.pk, fresh.code, clock())

    assert refusal.value.retry_at == clock() + timedelta(days=1)


# --- Limits


def test_ask_waits_a_minute_and_stops_after_five_in_a_day(key: DataKey, clock: Clock) -> None:
    begun = clock()
    sms.ask(ABOUT, NUMBER, key, clock())
    with pytest.raises(sms.TooSoon) as refusal:
        sms.ask(ABOUT, OTHER, key, clock.tick(seconds=59))
    assert refusal.value.retry_at == begun + timedelta(minutes=1)

    for number in range(limits.SENDS_PER_DAY - 1):
        sms.ask(ABOUT, f"+35387123456{number}", key, clock.tick(minutes=2))
    with pytest.raises(sms.TooSoon) as refusal:
        sms.ask(ABOUT, OTHER, key, clock.tick(minutes=2))

    assert refusal.value.retry_at == begun + timedelta(days=1)


def test_number_is_written_to_ten_times_a_day_whatever_it_is_about(key: DataKey, clock: Clock) -> None:
    for _ in range(limits.SENDS_PER_ADDRESS[Channel.SMS]):
        started = sms.ask(uuid4(), NUMBER, key, clock())

    for attempt in (
        lambda: sms.ask(uuid4(), "+353 87 123 4567", key, clock()),
        lambda: sms.resend(started.challenge.pk, clock.tick(minutes=2)),
    ):
        with pytest.raises(sms.TooSoon):
            attempt()
    assert sms.ask(uuid4(), OTHER, key, clock()).address == OTHER
    assert limits.SENDS_PER_ADDRESS[Channel.SMS] < limits.SENDS_PER_ADDRESS[Channel.EMAIL]


def test_resend_counts_and_makes_the_earlier_code_useless(started: sms.Started, clock: Clock) -> None:
    for _ in range(limits.SENDS_PER_DAY - 1):
        again = sms.resend(started.challenge.pk, clock.tick(minutes=2))

    assert (again.challenge.sends, again.token) == (limits.SENDS_PER_DAY, "")
    assert Link.objects.count() == limits.SENDS_PER_DAY - 1
    with pytest.raises(sms.TooSoon):
        sms.resend(started.challenge.pk, clock.tick(minutes=2))
    if again.code != started.code:
        with pytest.raises(sms.WrongCode):
            sms.confirm_code(started.challenge.pk, started.code, clock())


# --- Moving


def test_code_moves_to_a_corrected_number(started: sms.Started, clock: Clock) -> None:
    moved = sms.renumber(started.challenge.pk, OTHER, clock.tick(minutes=2))

    assert (moved.address, moved.challenge.about) == (OTHER, ABOUT)
    for attempt in (
        lambda: sms.confirm_code(started.challenge.pk, started.code, clock()),
        lambda: sms.resend(started.challenge.pk, clock()),
        lambda: sms.renumber(started.challenge.pk, NUMBER, clock()),
    ):
        with pytest.raises(sms.Superseded):
            attempt()
    assert sms.confirm_code(moved.challenge.pk, moved.code, clock()).address == OTHER


def test_move_to_the_same_number_is_a_resend(started: sms.Started, clock: Clock) -> None:
    again = sms.renumber(started.challenge.pk, "+353 87 1234567", clock.tick(minutes=2))

    assert again.challenge.pk == started.challenge.pk


def test_code_moves_from_mail_to_the_telephone_without_waiting_and_back(mailed: mail.Started, clock: Clock) -> None:
    texted = sms.renumber(mailed.challenge.pk, NUMBER, clock.tick())
    assert mail.peek(mailed.token, clock()).state == mail.PeekState.SUPERSEDED
    assert mail.current(ABOUT) is None

    back = mail.readdress(texted.challenge.pk, "ada@example.net", clock.tick(minutes=2))

    with pytest.raises(sms.Superseded):
        sms.confirm_code(texted.challenge.pk, texted.code, clock())
    confirmed = mail.confirm(back.token, clock())
    assert (confirmed.address, confirmed.proof.method) == ("ada@example.net", Method.MAIL_LINK)


def test_move_refuses_what_is_confirmed_or_unknown_or_no_number(mailed: mail.Started, clock: Clock) -> None:
    with pytest.raises(ValueError, match="telephone number"):
        sms.renumber(mailed.challenge.pk, "ada@example.org", clock.tick(minutes=2))
    assert mail.confirm(mailed.token, clock()).first

    with pytest.raises(sms.AlreadyConfirmed):
        sms.renumber(mailed.challenge.pk, NUMBER, clock())
    with pytest.raises(sms.Unknown):
        sms.renumber(uuid4(), NUMBER, clock())


# --- Apart from mail


def test_challenge_of_one_channel_is_unknown_to_the_other(
    started: sms.Started, mailed: mail.Started, clock: Clock
) -> None:
    clock.tick(minutes=2)
    text, letter = started.challenge.pk, mailed.challenge.pk
    for attempt in (
        lambda: mail.confirm_code(text, started.code, clock()),
        lambda: mail.resend(text, clock()),
        lambda: sms.confirm_code(letter, mailed.code, clock()),
        lambda: sms.resend(letter, clock()),
    ):
        with pytest.raises(mail.Unknown):
            attempt()

    # The one that knows both.
    assert challenges.confirm_code(text, started.code, clock()).proof.method == Method.SMS_CODE
    assert mail.proof_of(ABOUT) is None
    assert challenges.confirm_code(letter, mailed.code, clock()).proof.method == Method.MAIL_CODE
    assert {mail.current(ABOUT), sms.current(ABOUT)} == {mailed.challenge, started.challenge}


def test_remind_by_mail_leaves_what_went_by_text_message(started: sms.Started, clock: Clock) -> None:
    with pytest.raises(mail.Unknown):
        mail.remind(ABOUT, clock())

    sms.confirm_code(started.challenge.pk, started.code, clock())
    with pytest.raises(mail.Unknown):
        mail.remind(ABOUT, clock())


def test_end_ends_every_channel(started: sms.Started, mailed: mail.Started, clock: Clock) -> None:
    assert mail.end(ABOUT, clock.tick()) == 2

    with pytest.raises(sms.Superseded):
        sms.confirm_code(started.challenge.pk, started.code, clock())


def test_refusals_hold_no_number(started: sms.Started, clock: Clock) -> None:
    for attempt in (
        lambda: sms.ask(ABOUT, NUMBER, started.challenge.data_key, clock()),
        lambda: sms.confirm_code(started.challenge.pk, _wrong(started.code), clock()),
        lambda: sms.renumber(started.challenge.pk, f"{NUMBER}x{NUMBER}", clock()),
    ):
        with pytest.raises((sms.CheckError, ValueError)) as refusal:
            attempt()
        assert "871234567" not in f"{refusal.value!r} {refusal.value}"
