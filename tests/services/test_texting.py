"""Codes by text message about a case: what is sent, what is recorded, what is left out."""

import logging
from typing import Any

import pytest

from dsr.errors import WrongState
from dsr.models import Event
from dsr.services import history, letters, texting
from dsr.services._moves import holding
from notifications import gsm
from notifications.delivery import sent_body
from notifications.letters import text_twice
from notifications.models import Message
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.textbox import NUMBER, Memory, Textbox, textbox, texts
from verification import challenges, mail, sms
from verification.models import Challenge
from verification.proofs import Method

__all__ = ["textbox", "texts"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def submission(clock: Clock) -> Any:
    """What Ada filed, with her address still to be confirmed."""
    return builders.file(at=clock()).submission


def _send(submission: Any, clock: Clock, number: str = NUMBER) -> Any:
    with holding(submission_id=submission.pk) as case:
        return texting.send_code(case, number, at=clock.tick())


def _code(submission: Any) -> str:
    return str(builders.letters_to(submission, "sms_code")[-1].code)


def test_code_goes_out_by_text_message_and_proves_the_number(submission: Any, clock: Clock, textbox: Textbox) -> None:
    challenge = _send(submission, clock, "087 123 4567")
    code = _code(submission)
    drain(clock())

    [(number, text)] = textbox.taken()
    assert number == NUMBER
    assert text.startswith(f"{code} is your code for request {submission.reference} at ")
    assert text.endswith("It works for 30 minutes. Give it to nobody.")
    confirmed = sms.confirm_code(challenge, code, clock.tick())
    assert (confirmed.about, confirmed.proof.method) == (submission.pk, Method.SMS_CODE)


def test_text_says_nothing_of_who_asks_for_what(submission: Any, clock: Clock, texts: Memory) -> None:
    _send(submission, clock)
    drain(clock())

    [(_, text)] = texts.taken()
    for personal in ("Ada", "Lovelace", builders.ADA, "data", "http"):
        assert personal not in text


def test_code_is_blotted_out_of_the_copy_that_is_kept(submission: Any, clock: Clock, texts: Memory) -> None:
    _send(submission, clock)
    code = _code(submission)
    drain(clock())

    row = Message.objects.select_related("data_key").get(kind="sms_code")
    kept = sent_body(row)
    assert (row.state, row.channel) == ("sent", "sms")
    assert kept is not None
    assert code not in kept.text
    assert kept.text.startswith("[…] is your code for request ")


def test_event_holds_neither_number_nor_code(submission: Any, clock: Clock, texts: Memory) -> None:
    _send(submission, clock)
    drain(clock())

    event = Event.objects.get(verb="number_asked")
    assert (event.data, event.via) == ({}, "web")
    history.verify(submission.reference)


def test_number_is_in_no_line_of_a_log_and_no_letter_about_trouble(
    submission: Any, clock: Clock, textbox: Textbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    textbox.refused = {NUMBER}
    _send(submission, clock)
    code = _code(submission)
    drain(clock())

    row = Message.objects.get(kind="sms_code")
    assert (row.state, row.error_code) == ("failed", "refused-bad_number")
    event = Event.objects.get(verb="message_failed")
    said = " ".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpcore", "django.db"))
    )
    for secret in ("871234567", code):
        assert secret not in said + repr(event.data) + repr(row.tries)


def test_code_is_sent_again_and_to_another_number(submission: Any, clock: Clock, texts: Memory) -> None:
    first = _send(submission, clock)
    with holding(submission_id=submission.pk) as case:
        again = texting.send_again(case, first, at=clock.tick(minutes=2))
    with holding(submission_id=submission.pk) as case:
        moved = texting.send_instead(case, first, "087 765 4321", at=clock.tick(minutes=2))
    code = _code(submission)
    drain(clock())

    assert (again == first, moved == first) == (True, False)
    assert [number for number, _ in texts.taken()] == [NUMBER, NUMBER, "+353877654321"]
    assert sms.confirm_code(moved, code, clock()).address == "+353877654321"
    with pytest.raises(sms.Superseded):
        sms.confirm_code(first, code, clock())


def test_code_is_texted_instead_of_the_mail_that_did_not_come(submission: Any, clock: Clock, texts: Memory) -> None:
    mailed = mail.current(submission.pk)
    assert mailed is not None

    with holding(submission_id=submission.pk) as case:
        texted = texting.send_instead(case, mailed.pk, NUMBER, at=clock.tick())

    mailed.refresh_from_db()
    assert mailed.superseded_at == clock()
    assert challenges.confirm_code(texted, _code(submission), clock.tick()).about == submission.pk


def test_challenge_of_another_case_is_unknown(submission: Any, clock: Clock, texts: Memory) -> None:
    other = _send(builders.file(at=clock.tick()).submission, clock)

    for attempt in (texting.send_again, lambda case, pk, at: texting.send_instead(case, pk, NUMBER, at=at)):
        with pytest.raises(sms.Unknown), holding(submission_id=submission.pk) as case:
            attempt(case, other, at=clock.tick(minutes=2))

    assert Challenge.objects.get(pk=other).sends == 1


def test_nothing_is_texted_where_no_provider_is_set_up(submission: Any, clock: Clock, settings: Any) -> None:
    settings.SMS_URL = ""

    with pytest.raises(WrongState):
        _send(submission, clock)

    assert not texting.offered()
    assert not Message.objects.filter(kind="sms_code").exists()


def test_code_that_was_texted_too_often_is_refused_and_nothing_is_queued(
    submission: Any, clock: Clock, texts: Memory
) -> None:
    _send(submission, clock)

    with pytest.raises(sms.TooSoon):
        _send(submission, clock)

    assert Message.objects.filter(kind="sms_code").count() == 1
    assert Event.objects.filter(verb="number_asked").count() == 1


def test_letter_is_of_use_for_as_long_as_its_code_works() -> None:
    assert letters.SmsCode.useful_for == sms.CODE_LASTS


@pytest.mark.parametrize("organisation", ["Corrib Library", "M" * 200, "Ж" * 200])
def test_letter_comes_to_two_segments_at_most(organisation: str) -> None:
    letter = letters.SmsCode(organisation=organisation, reference="7K3MX-9TCRA", code="123456", minutes=30)

    said, kept = text_twice(letter, "en")

    assert gsm.segments(said) <= 2
    assert gsm.fits(said) == gsm.fits(organisation)
    assert "123456" in said
    assert "123456" not in kept
