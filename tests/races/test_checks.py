"""Identity checks under many hands: one proof, five guesses, as many uses as were granted."""

from datetime import timedelta
from uuid import UUID

import pytest

from notifications.models import DataKey
from tests.clock import Clock
from tests.together import kinds, together
from verification import grants, mail, sms
from verification.models import Challenge, Grant, Link

pytestmark = pytest.mark.django_db(transaction=True)
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")


@pytest.fixture
def started(clock: Clock) -> mail.Started:
    """A challenge that Ada was just sent."""
    key = DataKey.new(clock())
    key.save()
    return mail.start(ABOUT, "ada@example.org", key, clock())


def test_link_clicked_by_many_is_proved_once(started: mail.Started, clock: Clock) -> None:
    results = together([lambda: mail.confirm(started.token, clock())] * 8)

    confirmed = [result for result in results if isinstance(result, mail.Confirmed)]
    assert len(confirmed) == 8, results
    assert [result.first for result in confirmed].count(True) == 1
    assert len({result.proof for result in confirmed}) == 1


def test_link_and_code_at_once_agree_on_one_proof(started: mail.Started, clock: Clock) -> None:
    for _ in range(5):
        Challenge.objects.update(confirmed_at=None, method="")
        results = together(
            [lambda: mail.confirm(started.token, clock())] * 3
            + [lambda: mail.confirm_code(started.challenge.pk, started.code, clock())] * 3
        )

        confirmed = [result for result in results if isinstance(result, mail.Confirmed)]
        assert len(confirmed) == 6, results
        assert [result.first for result in confirmed].count(True) == 1


def test_codes_guessed_at_once_are_counted_one_by_one(started: mail.Started, clock: Clock) -> None:
    wrong = f"{(int(started.code) + 1) % 1_000_000:06}"

    results = together([lambda: mail.confirm_code(started.challenge.pk, wrong, clock())] * 12)

    assert kinds(results) == {"WrongCode": 5, "TooMany": 7}, results
    assert sorted(result.tries_left for result in results if isinstance(result, mail.WrongCode)) == [0, 1, 2, 3, 4]
    assert Challenge.objects.get().tries == 5


def test_grant_is_spent_as_often_as_it_says(clock: Clock) -> None:
    token = grants.issue("download", ABOUT, clock(), lasts=timedelta(hours=1), uses=3)

    results = together([lambda: grants.spend(token, "download", clock())] * 12)

    assert kinds(results) == {"Grant": 3, "NoGrant": 9}, results
    assert Grant.objects.get().uses_left == 0


def test_resend_pressed_by_many_sends_once(started: mail.Started, clock: Clock) -> None:
    clock.tick(minutes=2)

    results = together([lambda: mail.resend(started.challenge.pk, clock())] * 8)

    assert kinds(results) == {"Started": 1, "TooSoon": 7}, results
    assert Link.objects.count() == 1


def test_code_asked_for_by_many_is_sent_once(started: mail.Started, clock: Clock) -> None:
    clock.tick(minutes=2)

    results = together([lambda: mail.ask(ABOUT, "ada@example.org", started.challenge.data_key, clock())] * 6)

    assert kinds(results) == {"Started": 1, "TooSoon": 5}, results


@pytest.mark.parametrize("round_", range(5))
def test_address_corrected_while_it_is_confirmed_ends_one_way(started: mail.Started, clock: Clock, round_: int) -> None:
    clock.tick(minutes=2)

    confirmed, moved = together(
        [
            lambda: mail.confirm(started.token, clock()),
            lambda: mail.readdress(started.challenge.pk, "ada@example.net", clock()),
        ]
    )

    row = Challenge.objects.get(pk=started.challenge.pk)
    if row.confirmed_at is not None:
        assert isinstance(confirmed, mail.Confirmed)
        assert isinstance(moved, mail.AlreadyConfirmed)
        assert Challenge.objects.count() == 1
    else:
        assert isinstance(confirmed, mail.Superseded)
        assert isinstance(moved, mail.Started)
        assert row.superseded_at is not None


# --- By text message

NUMBER = "+353871234567"


@pytest.fixture
def texted(clock: Clock) -> sms.Started:
    """A challenge that Ada was just sent to her telephone."""
    key = DataKey.new(clock())
    key.save()
    return sms.ask(ABOUT, NUMBER, key, clock())


def test_code_by_text_message_is_proved_once_by_many(texted: sms.Started, clock: Clock) -> None:
    results = together([lambda: sms.confirm_code(texted.challenge.pk, texted.code, clock())] * 8)

    confirmed = [result for result in results if isinstance(result, sms.Confirmed)]
    assert len(confirmed) == 8, results
    assert [result.first for result in confirmed].count(True) == 1
    assert len({result.proof for result in confirmed}) == 1


def test_right_and_wrong_codes_at_once_end_one_way(texted: sms.Started, clock: Clock) -> None:
    wrong = f"{(int(texted.code) + 1) % 1_000_000:06}"

    results = together(
        [lambda: sms.confirm_code(texted.challenge.pk, wrong, clock())] * 8
        + [lambda: sms.confirm_code(texted.challenge.pk, texted.code, clock())]
    )

    row = Challenge.objects.get()
    right = results[-1]
    assert kinds(results[:-1]) == {"WrongCode": 5, "TooMany": 3}, results
    assert isinstance(right, sms.Confirmed | sms.TooMany)
    assert (row.confirmed_at is not None) == isinstance(right, sms.Confirmed)
    assert row.tries == 5


def test_text_messages_asked_for_by_many_are_one(texted: sms.Started, clock: Clock) -> None:
    clock.tick(minutes=2)

    results = together(
        [lambda: sms.ask(ABOUT, NUMBER, texted.challenge.data_key, clock())] * 4
        + [lambda: sms.resend(texted.challenge.pk, clock())] * 4
    )

    sent = [result for result in results if isinstance(result, sms.Started)]
    assert len(sent) == 1, results
    assert kinds(results).keys() <= {"Started", "TooSoon", "Superseded"}, results


@pytest.mark.parametrize("round_", range(5))
def test_code_moved_to_another_channel_while_it_is_confirmed_ends_one_way(
    started: mail.Started, clock: Clock, round_: int
) -> None:
    confirmed, moved = together(
        [
            lambda: mail.confirm_code(started.challenge.pk, started.code, clock()),
            lambda: sms.renumber(started.challenge.pk, NUMBER, clock()),
        ]
    )

    row = Challenge.objects.get(pk=started.challenge.pk)
    if row.confirmed_at is not None:
        assert isinstance(confirmed, mail.Confirmed)
        assert isinstance(moved, sms.AlreadyConfirmed)
        assert Challenge.objects.count() == 1
    else:
        assert isinstance(confirmed, mail.Superseded)
        assert isinstance(moved, sms.Started)
        assert row.superseded_at is not None


def test_lapses_are_told_once_each_by_many_sweepers(clock: Clock) -> None:
    key = DataKey.new(clock())
    key.save()
    for number in range(30):
        mail.start(UUID(int=number + 1), "ada@example.org", key, clock())
    clock.tick(days=7)

    def drain() -> list[UUID]:
        told: list[UUID] = []
        while found := mail.expire_due(clock(), limit=4):
            told += [challenge.about for challenge in found]
        return told

    results = together([drain] * 5)

    told = [about for result in results if isinstance(result, list) for about in result]
    assert sorted(told) == [UUID(int=number + 1) for number in range(30)], results
