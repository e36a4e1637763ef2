"""Proves that somebody controls a mail address, by a link or by a six-digit code sent there.

Looking at a link uses nothing up, however often a scanner does it; confirming twice gives the same proof twice. All
counters live in rows, so that they hold over many processes. What is unknown costs the same statements as what is not.
"""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from notifications import sealing
from notifications.ids import uuid7
from notifications.mail import deliverable
from notifications.models import DataKey
from notifications.reads import Prepared
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
from verification.limits import RESEND_AFTER, TRIES_PER_CODE, Guesses, check_sends, guesses
from verification.models import Challenge, Link
from verification.proofs import LEVELS, Level, Method, Proof

__all__ = [
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

LINK_LASTS: Final = timedelta(days=7)
CODE_LASTS: Final = timedelta(minutes=30)
CODE_DIGITS: Final = 6
_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Started:
    """A challenge, and the only copies of its link token and code: they go into the mail and nowhere else."""

    challenge: Challenge
    token: str = field(repr=False)
    code: str = field(repr=False)
    address: str = field(repr=False)


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


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A proof, the challenge it answers, and whether it is new."""

    challenge: Challenge
    proof: Proof
    first: bool

    @property
    def about(self) -> UUID:
        """What was being checked."""
        return self.challenge.about

    @property
    def address(self) -> str:
        """The address that was proved. Raises notifications.sealing.Forgotten."""
        return self.challenge.address()


# --- Starting, and sending again -------------------------------------------------------------------------------------


def start(about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Start a challenge, in one INSERT. The caller sends what it returns. Raises ValueError for no mail address."""
    started = prepare(about, address, data_key, at)
    started.challenge.save(force_insert=True)
    return started


def prepare(about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Return what `start` would, with the row not inserted yet, for a caller who inserts it together with others."""
    chosen = deliverable(address)
    token, code = _new_token(), _new_code()
    challenge = Challenge(
        id=uuid7(at),
        about=about,
        data_key=data_key,
        level=LEVELS[Method.MAIL_LINK],
        address_fingerprint=sealing.fingerprint("email", chosen),
        token_hash=_digest(token),
        code_expires_at=at + CODE_LASTS,
        created_at=at,
        last_sent_at=at,
        expires_at=at + LINK_LASTS,
    )
    challenge.address_sealed = data_key.seal(chosen, challenge.place())
    challenge.code_hash = _code_hash(challenge.pk, code)
    return Started(challenge, token, code, chosen)


def ask(about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Start afresh because somebody asks for it now, in place of what is still open about the same thing.

    Unlike `start`, it is throttled: use it for whatever a visitor can press a button for. Raises TooSoon, ValueError.
    """
    chosen = deliverable(address)
    with transaction.atomic():
        # The lock makes those who press at once wait for each other; the count then sees who was first.
        list(Challenge.objects.select_for_update().filter(about=about).order_by("created_at", "id").only("pk"))
        check_sends(about, set(sealing.fingerprints("email", chosen)), at)
        end(about, at)
        return start(about, chosen, data_key, at)


def resend(challenge_id: UUID, at: datetime) -> Started:
    """Renew a challenge with a further link and a new code; earlier links live on, the earlier code does not.

    An expired challenge is renewed likewise. Raises Unknown, Superseded, AlreadyConfirmed, TooSoon.
    """
    with transaction.atomic():
        challenge = _locked(challenge_id)
        check_sends(challenge.about, {challenge.address_fingerprint}, at)
        return _renew(challenge, at)


def readdress(challenge_id: UUID, address: str, at: datetime) -> Started:
    """Start again at a corrected address; every earlier link and code about the same thing stops working.

    Raises Unknown, Superseded, AlreadyConfirmed, TooSoon, and ValueError for no mail address.
    """
    chosen = deliverable(address)
    fingerprints = sealing.fingerprints("email", chosen)
    with transaction.atomic():
        challenge = _locked(challenge_id)
        check_sends(challenge.about, set(fingerprints), at)
        if challenge.address_fingerprint in fingerprints:
            return _renew(challenge, at)
        end(challenge.about, at)
        return start(challenge.about, chosen, challenge.data_key, at)


def remind(about: UUID, at: datetime) -> Started:
    """Renew the challenge about a thing unasked, whatever was sent today. Raises Unknown, AlreadyConfirmed."""
    with transaction.atomic():
        challenge = _open_about(about).select_for_update(of=("self",)).select_related("data_key").last()
        if challenge is None:
            raise AlreadyConfirmed if proof_of(about) else Unknown
        return _renew(challenge, at)


def _open_about(about: UUID) -> QuerySet[Challenge]:
    return Challenge.objects.filter(about=about, confirmed_at=None, superseded_at=None).order_by("created_at", "id")


def _locked(challenge_id: UUID) -> Challenge:
    """Return an unanswered challenge, its row locked."""
    rows = Challenge.objects.select_for_update(of=("self",)).select_related("data_key")
    challenge = rows.filter(pk=challenge_id).first()
    if challenge is None:
        raise Unknown
    if challenge.superseded_at is not None:
        raise Superseded
    if challenge.confirmed_at is not None:
        raise AlreadyConfirmed
    return challenge


def _renew(challenge: Challenge, at: datetime) -> Started:
    token, code = _new_token(), _new_code()
    Link.objects.create(challenge=challenge, token_hash=_digest(token), sent_at=at)
    challenge.code_hash = _code_hash(challenge.pk, code)
    challenge.code_expires_at = at + CODE_LASTS
    challenge.tries = 0
    challenge.sends += 1
    challenge.last_sent_at = at
    challenge.expires_at = at + LINK_LASTS
    challenge.lapsed_at = None
    challenge.save(
        update_fields=["code_hash", "code_expires_at", "tries", "sends", "last_sent_at", "expires_at", "lapsed_at"]
    )
    return Started(challenge, token, code, challenge.address())


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _digest(token: str) -> str:
    # 256 random bits: nothing to guess, so a plain hash will do, and it survives a change of keys.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _digits(code: str) -> str:
    """Return the digits of a code as somebody typed it, whatever script they are in; one too many is kept as wrong."""
    return "".join(str(unicodedata.decimal(mark)) for mark in code[:100] if mark.isdecimal())[: CODE_DIGITS + 1]


def _code_hash(challenge_id: UUID, code: str) -> str:
    return sealing.secret_digest(f"code:{challenge_id}", code)


# --- The link --------------------------------------------------------------------------------------------------------


_BY_TOKEN = Prepared(lambda digest: Challenge.objects.select_related("data_key").filter(token_hash=digest))
_LINK_BY_TOKEN = Prepared(lambda digest: Link.objects.select_related("challenge__data_key").filter(token_hash=digest))
_BY_ID = Prepared(lambda pk: Challenge.objects.select_related("data_key").filter(pk=pk))


def _find(token: str) -> tuple[Challenge | None, datetime | None]:
    """Return the challenge behind a token, and when this very link ends. Two statements, whatever is found."""
    digest = _digest(token)
    challenges, links = _BY_TOKEN.rows(digest), _LINK_BY_TOKEN.rows(digest)
    if challenges:
        return challenges[0], challenges[0].created_at + LINK_LASTS
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
        pk=found.pk if found is not None and live else _NOBODY, confirmed_at=None, superseded_at=None
    ).update(confirmed_at=at, method=Method.MAIL_LINK)
    now = _BY_ID.rows(found.pk if found else _NOBODY)
    if not now:
        raise Unknown
    challenge = now[0]
    if challenge.superseded_at is not None:
        raise Superseded
    if not live:
        raise Expired
    return _confirmed(challenge, first=bool(first))


def _confirmed(challenge: Challenge, *, first: bool) -> Confirmed:
    assert challenge.confirmed_at is not None
    proof = Proof(Level(challenge.level), Method(challenge.method), challenge.confirmed_at)
    return Confirmed(challenge, proof, first)


# --- The code --------------------------------------------------------------------------------------------------------


def confirm_code(challenge_id: UUID, code: str, at: datetime) -> Confirmed:
    """Confirm by a code. The right code given again, in time, gives the same proof.

    Raises WrongCode, TooMany, Expired, Superseded, Unknown. Call outside a transaction: one that is rolled back would
    take the count of wrong codes with it, so being inside one is an error (RuntimeError).
    """
    given = _digits(code)
    with transaction.atomic(durable=True):
        rows = Challenge.objects.select_for_update(of=("self",)).select_related("data_key")
        challenge = rows.filter(pk=challenge_id).first()
        right = sealing.secret_matches(f"code:{challenge_id}", given, challenge.code_hash if challenge else "-")
        guessed = guesses(challenge.address_fingerprint if challenge else "-", at)
        refusal = _refusal(challenge, guessed, at)
        first = _record_code(challenge, right, refusal, at)
    if refusal is not None:
        raise refusal
    assert challenge is not None
    if not right:
        raise WrongCode(TRIES_PER_CODE - challenge.tries - 1)
    if first:
        challenge.confirmed_at, challenge.method = at, Method.MAIL_CODE
    return _confirmed(challenge, first=first)


def _refusal(challenge: Challenge | None, guessed: Guesses, at: datetime) -> CheckError | None:
    """Return why a code is not even looked at, or None."""
    if challenge is None:
        return Unknown()
    if challenge.superseded_at is not None:
        return Superseded()
    if challenge.tries >= TRIES_PER_CODE:
        return TooMany(max(at, challenge.last_sent_at + RESEND_AFTER))
    if (blocked_until := guessed.blocked_until()) is not None:
        return TooMany(blocked_until)
    return Expired() if at >= challenge.code_expires_at else None


def _record_code(challenge: Challenge | None, right: bool, refusal: CheckError | None, at: datetime) -> bool:
    """Count a wrong code or record the proof; one statement in every case. True when the proof is new."""
    row = Challenge.objects.filter(pk=challenge.pk if challenge and refusal is None else _NOBODY)
    if right:
        return bool(row.filter(confirmed_at=None).update(confirmed_at=at, method=Method.MAIL_CODE))
    row.update(tries=F("tries") + 1, wrong=F("wrong") + 1)
    return False


# --- What became of it -----------------------------------------------------------------------------------------------


def proof_of(about: UUID) -> Confirmed | None:
    """Return the latest proof about a thing, None when there is none."""
    found = (
        Challenge.objects.select_related("data_key")
        .filter(about=about, confirmed_at__isnull=False)
        .order_by("confirmed_at")
        .last()
    )
    return _confirmed(found, first=False) if found is not None else None


def about(challenge_id: UUID) -> UUID:
    """Return what a challenge is about, so that a caller can lock that first. Raises Unknown."""
    found = Challenge.objects.filter(pk=challenge_id).values_list("about", flat=True).first()
    if found is None:
        raise Unknown
    return found


def current(about: UUID) -> Challenge | None:
    """Return the challenge about a thing that was made last and is not superseded, None when there is none."""
    rows = Challenge.objects.select_related("data_key").filter(about=about, superseded_at=None)
    return rows.order_by("created_at", "id").last()


def expire_due(at: datetime, limit: int = 100) -> list[Challenge]:
    """Mark challenges that ended unanswered, and return them, each once. What that means is the caller's business."""
    with transaction.atomic():
        due = Challenge.objects.filter(
            expires_at__lte=at, confirmed_at=None, superseded_at=None, lapsed_at=None
        ).order_by("expires_at")
        rows = list(due.select_for_update(skip_locked=True)[:limit])
        if rows:
            Challenge.objects.filter(pk__in=[row.pk for row in rows]).update(lapsed_at=at)
    for row in rows:
        row.lapsed_at = at
    return rows


def end(about: UUID, at: datetime) -> int:
    """End every open challenge about a thing, so that its links and codes do nothing more; return how many."""
    return _open_about(about).order_by().update(superseded_at=at)
