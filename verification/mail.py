"""Proves that somebody controls a mail address, by a link or by a six-digit code sent there.

Looking at a link uses nothing up, however often a scanner does it; confirming twice gives the same proof twice. What is
asked here is answered about challenges by mail only: to this module one by text message is unknown.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from notifications.models import DataKey
from notifications.reads import Prepared
from verification import challenges, tokens
from verification.challenges import CODE_LASTS, LINK_LASTS, NOBODY, Confirmed, Started, about, end, expire_due
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
from verification.models import Challenge, Channel, Link
from verification.proofs import Level, Method, Proof

__all__ = [
    "CODE_LASTS",
    "LINK_LASTS",
    "AlreadyConfirmed",
    "CheckError",
    "Confirmed",
    "Expired",
    "Level",
    "Method",
    "Peek",
    "PeekState",
    "Proof",
    "Started",
    "Superseded",
    "TooMany",
    "TooSoon",
    "Unknown",
    "WrongCode",
    "about",
    "ask",
    "confirm",
    "confirm_code",
    "current",
    "end",
    "expire_due",
    "peek",
    "prepare",
    "proof_of",
    "readdress",
    "remind",
    "resend",
    "start",
]

_BY_MAIL: Final = frozenset({Channel.EMAIL})


class PeekState(StrEnum):
    """What a link would do."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Peek:
    """What a link stands for; no challenge when it is unknown."""

    state: PeekState
    challenge: Challenge | None


# --- Starting, and sending again -------------------------------------------------------------------------------------


def start(about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Start a challenge, in one INSERT. The caller sends what it returns. Raises ValueError for no mail address."""
    return challenges.start(Channel.EMAIL, about, address, data_key, at)


def prepare(about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Return what `start` would, with the row not inserted yet, for a caller who inserts it together with others."""
    return challenges.prepare(Channel.EMAIL, about, address, data_key, at)


def ask(about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Start afresh because somebody asks for it now, as `challenges.ask` does. Raises TooSoon, ValueError."""
    return challenges.ask(Channel.EMAIL, about, address, data_key, at)


def resend(challenge_id: UUID, at: datetime) -> Started:
    """Renew a challenge with a further link and a new code; earlier links live on, the earlier code does not.

    An expired challenge is renewed likewise. Raises Unknown, Superseded, AlreadyConfirmed, TooSoon.
    """
    return challenges.resend(challenge_id, at, channels=_BY_MAIL)


def readdress(challenge_id: UUID, address: str, at: datetime) -> Started:
    """Start again at a corrected address; every earlier link and code about the same thing stops working.

    Raises Unknown, Superseded, AlreadyConfirmed, TooSoon, and ValueError for no mail address.
    """
    return challenges.move(challenge_id, Channel.EMAIL, address, at)


def remind(about: UUID, at: datetime) -> Started:
    """Renew the challenge about a thing unasked, whatever was sent today. Raises Unknown, AlreadyConfirmed."""
    return challenges.remind(about, at, channels=_BY_MAIL)


# --- The link --------------------------------------------------------------------------------------------------------


_BY_TOKEN = Prepared(lambda digest: Challenge.objects.select_related("data_key").filter(token_hash=digest))
_LINK_BY_TOKEN = Prepared(lambda digest: Link.objects.select_related("challenge__data_key").filter(token_hash=digest))
_BY_ID = Prepared(lambda pk: Challenge.objects.select_related("data_key").filter(pk=pk))


def _find(token: str) -> tuple[Challenge | None, datetime | None]:
    """Return the challenge behind a token, and when this very link ends. Two statements, whatever is found."""
    digest = tokens.digest(token)
    firsts, links = _BY_TOKEN.rows(digest), _LINK_BY_TOKEN.rows(digest)
    if firsts:
        return firsts[0], firsts[0].created_at + LINK_LASTS
    return (links[0].challenge, links[0].sent_at + LINK_LASTS) if links else (None, None)


def peek(token: str, at: datetime) -> Peek:
    """Say what a link would do. Changes nothing, so that a mail scanner may look as often as it likes."""
    challenge, ends = _find(token)
    if challenge is None or ends is None:
        return Peek(PeekState.UNKNOWN, None)
    if challenge.confirmed_at is not None:
        return Peek(PeekState.CONFIRMED, challenge)
    if challenge.superseded_at is not None:
        return Peek(PeekState.SUPERSEDED, challenge)
    return Peek(PeekState.OPEN if at < ends else PeekState.EXPIRED, challenge)


def confirm(token: str, at: datetime) -> Confirmed:
    """Confirm by a link. While the link lasts, a second time gives the same proof. Raises Unknown, Superseded, Expired.

    A link that has ended proves nothing any more, even where it was used in time: old mails must not stay keys.
    """
    found, ends = _find(token)
    live = found is not None and ends is not None and at < ends
    # One conditional update decides, and it is made for unknown tokens too.
    first = Challenge.objects.filter(
        pk=found.pk if found is not None and live else NOBODY, confirmed_at=None, superseded_at=None
    ).update(confirmed_at=at, method=Method.MAIL_LINK)
    now = _BY_ID.rows(found.pk if found else NOBODY)
    if not now:
        raise Unknown
    challenge = now[0]
    if challenge.superseded_at is not None:
        raise Superseded
    if not live:
        raise Expired
    return challenges.confirmed(challenge, first=bool(first))


# --- The code, and what became of it ---------------------------------------------------------------------------------


def confirm_code(challenge_id: UUID, code: str, at: datetime) -> Confirmed:
    """Confirm by a code, as `challenges.confirm_code` does: not in a transaction.

    Raises WrongCode, TooMany, Expired, Superseded, Unknown.
    """
    return challenges.confirm_code(challenge_id, code, at, channels=_BY_MAIL)


def proof_of(about: UUID) -> Confirmed | None:
    """Return the latest proof about a thing, None when there is none."""
    return challenges.proof_of(about, channels=_BY_MAIL)


def current(about: UUID) -> Challenge | None:
    """Return the challenge about a thing that was made last and is not superseded, None when there is none."""
    return challenges.current(about, channels=_BY_MAIL)
