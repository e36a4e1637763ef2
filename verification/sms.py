"""Proves that somebody controls a telephone number, by a six-digit code sent there by text message.

There is no link: whoever picks up a telephone could open it. What is asked here is answered about challenges by text
message only: to this module one by mail is unknown. Numbers are those that `notifications.sms.deliverable` takes.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from notifications.models import DataKey
from verification import challenges
from verification.challenges import CODE_LASTS, Confirmed, Started
from verification.errors import (
    AlreadyConfirmed,
    CheckError,
    Expired,
    Superseded,
    TooMany,
    TooSoon,
    Unknown,
    WrongCode,
)
from verification.models import Challenge, Channel

__all__ = [
    "CODE_LASTS",
    "AlreadyConfirmed",
    "CheckError",
    "Confirmed",
    "Expired",
    "Started",
    "Superseded",
    "TooMany",
    "TooSoon",
    "Unknown",
    "WrongCode",
    "ask",
    "confirm_code",
    "current",
    "proof_of",
    "renumber",
    "resend",
]

_BY_SMS: Final = frozenset({Channel.SMS})


def ask(about: UUID, number: str, data_key: DataKey, at: datetime) -> Started:
    """Start afresh because somebody asks for it now, in place of what is still open by text message about the thing.

    A challenge by mail about it stays open: `challenges.move` is what replaces it. Raises TooSoon, and ValueError for
    no number that codes are sent to.
    """
    return challenges.ask(Channel.SMS, about, number, data_key, at)


def resend(challenge_id: UUID, at: datetime) -> Started:
    """Renew a challenge, expired or not, with a new code; the earlier one does not work any more.

    Raises Unknown, Superseded, AlreadyConfirmed, TooSoon.
    """
    return challenges.resend(challenge_id, at, channels=_BY_SMS)


def renumber(challenge_id: UUID, number: str, at: datetime) -> Started:
    """Send to a corrected number, or to a number instead of a mail address; what was sent before stops working.

    Raises Unknown, Superseded, AlreadyConfirmed, TooSoon, and ValueError for no number that codes are sent to.
    """
    return challenges.move(challenge_id, Channel.SMS, number, at)


def confirm_code(challenge_id: UUID, code: str, at: datetime) -> Confirmed:
    """Confirm by a code, as `challenges.confirm_code` does: not in a transaction.

    Raises WrongCode, TooMany, Expired, Superseded, Unknown.
    """
    return challenges.confirm_code(challenge_id, code, at, channels=_BY_SMS)


def proof_of(about: UUID) -> Confirmed | None:
    """Return the latest proof about a thing, None when there is none."""
    return challenges.proof_of(about, channels=_BY_SMS)


def current(about: UUID) -> Challenge | None:
    """Return the challenge about a thing that was made last and is not superseded, None when there is none."""
    return challenges.current(about, channels=_BY_SMS)
