"""Codes by text message: the first, another one, and one in place of a mail that did not come."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.errors import WrongState
from dsr.services import letters, telling
from dsr.services._moves import Caller, Case
from notifications.models import Channel
from notifications.sms import deliverable, offered
from verification import challenges, sms

__all__ = ["offered", "send_again", "send_code", "send_instead"]

_MINUTES = int(sms.CODE_LASTS.total_seconds() // 60)


def send_code(case: Case, number: str, *, at: datetime) -> UUID:
    """Text a code to a number, to prove that the person who files reads it; return the challenge that it answers.

    A number without its country is one of the submission's country. What is open by mail stays open. Raises
    WrongState where no text messages are sent, sms.TooSoon, and ValueError for no number that codes are sent to.
    """
    submission = case.submission
    chosen = _number(case, number)
    return _text(case, sms.ask(submission.pk, chosen, submission.data_key, at), at)


def send_again(case: Case, challenge_id: UUID, *, at: datetime) -> UUID:
    """Text a new code to the same number; the earlier one does not work any more.

    Raises Unknown, also for the challenge of another case, Superseded, AlreadyConfirmed and TooSoon of verification.
    """
    _own(case, challenge_id)
    return _text(case, sms.resend(challenge_id, at), at)


def send_instead(case: Case, challenge_id: UUID, number: str, *, at: datetime) -> UUID:
    """Text a code to a corrected number, or instead of the mail that a challenge was sent by; what was sent ends.

    Raises what `send_code` and `send_again` raise.
    """
    _own(case, challenge_id)
    return _text(case, sms.renumber(challenge_id, _number(case, number), at), at)


def _own(case: Case, challenge_id: UUID) -> None:
    if challenges.about(challenge_id) != case.submission.pk:
        raise sms.Unknown


def _number(case: Case, number: str) -> str:
    if not offered():
        raise WrongState(_("No text messages are sent from here."))
    return deliverable(number, case.submission.country)


def _text(case: Case, started: sms.Started, at: datetime) -> UUID:
    submission, challenge = case.submission, started.challenge
    letter = letters.SmsCode(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        code=started.code,
        minutes=_MINUTES,
    )
    telling.tell(
        submission,
        letter,
        at=at,
        dedupe=f"text:{challenge.pk}:{challenge.sends}",
        to=started.address,
        channel=Channel.SMS,
    )
    case.record("number_asked", by=Caller.system("web"), at=at)
    return challenge.pk
