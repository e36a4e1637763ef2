"""Challenges that somebody answers to prove control of an address, whatever channel it is reached by.

A six-digit code does for every channel; `mail` adds a link. A code can be tried again, sent again, and moved to another
address or channel. All counters live in rows, so that they hold over many processes. What is unknown costs the same
statements as what is not.
"""

import secrets
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from notifications import mail, sealing, sms
from notifications.ids import uuid7
from notifications.models import DataKey
from verification import tokens
from verification.errors import (
    AlreadyConfirmed,
    CheckError,
    Expired,
    Superseded,
    TooMany,
    Unknown,
    WrongCode,
)
from verification.limits import RESEND_AFTER, TRIES_PER_CODE, Guesses, check_sends, guesses
from verification.models import Challenge, Channel, Link
from verification.proofs import LEVELS, Level, Method, Proof

LINK_LASTS: Final = timedelta(days=7)
CODE_LASTS: Final = timedelta(minutes=30)
CODE_DIGITS: Final = 6
NOBODY: Final = UUID(int=0)
ANY: Final[frozenset[Channel]] = frozenset(Channel)


@dataclass(frozen=True, slots=True)
class Way:
    """What differs between channels: what is written to, how it is looked up, what a code proves, when all ends."""

    deliverable: Callable[[str], str]
    kind: str
    by_code: Method
    lasts: timedelta


WAYS: Final[dict[str, Way]] = {
    Channel.EMAIL: Way(mail.deliverable, "email", Method.MAIL_CODE, LINK_LASTS),
    Channel.SMS: Way(sms.deliverable, "phone", Method.SMS_CODE, CODE_LASTS),
}


@dataclass(frozen=True, slots=True)
class Started:
    """A challenge, and the only copies of its link token and code: they go into the mail and nowhere else."""

    challenge: Challenge
    token: str = field(repr=False)
    code: str = field(repr=False)
    address: str = field(repr=False)


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


def start(channel: Channel, about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Start a challenge, in one INSERT. The caller sends what it returns. Raises ValueError for no address."""
    started = prepare(channel, about, address, data_key, at)
    started.challenge.save(force_insert=True)
    return started


def prepare(channel: Channel, about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Return what `start` would, with the row not inserted yet, for a caller who inserts it together with others."""
    way = WAYS[channel]
    chosen = way.deliverable(address)
    token, code = tokens.new(), _new_code()
    challenge = Challenge(
        id=uuid7(at),
        about=about,
        data_key=data_key,
        channel=channel,
        level=LEVELS[way.by_code],
        address_fingerprint=sealing.fingerprint(way.kind, chosen),
        token_hash=tokens.digest(token),
        code_expires_at=at + CODE_LASTS,
        created_at=at,
        last_sent_at=at,
        expires_at=at + way.lasts,
    )
    challenge.address_sealed = data_key.seal(chosen, challenge.place())
    challenge.code_hash = _code_hash(challenge.pk, code)
    return _started(challenge, token, code, chosen)


def _started(challenge: Challenge, token: str, code: str, address: str) -> Started:
    # What goes by text message has a code only: the token of its row is thrown away, and opens nothing.
    return Started(challenge, token if challenge.channel == Channel.EMAIL else "", code, address)


def ask(channel: Channel, about: UUID, address: str, data_key: DataKey, at: datetime) -> Started:
    """Start afresh because somebody asks for it now, in place of what is still open by this channel about the thing.

    Unlike `start`, it is throttled: use it for whatever a visitor can press a button for. Raises TooSoon, ValueError.
    """
    way = WAYS[channel]
    chosen = way.deliverable(address)
    with transaction.atomic():
        # The lock makes those who press at once wait for each other; the count then sees who was first.
        list(Challenge.objects.select_for_update().filter(about=about).order_by("created_at", "id").only("pk"))
        check_sends(about, channel, set(sealing.fingerprints(way.kind, chosen)), at)
        end(about, at, channels={channel})
        return start(channel, about, chosen, data_key, at)


def resend(challenge_id: UUID, at: datetime, *, channels: Collection[Channel] = ANY) -> Started:
    """Renew a challenge with a new code, and by mail with a further link; the earlier code does not work any more.

    An expired challenge is renewed likewise. Raises Unknown, Superseded, AlreadyConfirmed, TooSoon.
    """
    with transaction.atomic():
        challenge = _locked(challenge_id, channels)
        check_sends(challenge.about, Channel(challenge.channel), {challenge.address_fingerprint}, at)
        return _renew(challenge, at)


def move(challenge_id: UUID, channel: Channel, address: str, at: datetime) -> Started:
    """Start again at a corrected address, or by another channel; what was sent before about the thing stops working.

    Raises Unknown, Superseded, AlreadyConfirmed, TooSoon, and ValueError for no address of the channel.
    """
    way = WAYS[channel]
    chosen = way.deliverable(address)
    fingerprints = sealing.fingerprints(way.kind, chosen)
    with transaction.atomic():
        challenge = _locked(challenge_id, ANY)
        check_sends(challenge.about, channel, set(fingerprints), at)
        if challenge.address_fingerprint in fingerprints:
            return _renew(challenge, at)
        end(challenge.about, at, channels={channel, Channel(challenge.channel)})
        return start(channel, challenge.about, chosen, challenge.data_key, at)


def remind(about: UUID, at: datetime, *, channels: Collection[Channel] = ANY) -> Started:
    """Renew the challenge about a thing unasked, whatever was sent today. Raises Unknown, AlreadyConfirmed."""
    with transaction.atomic():
        rows = _open_about(about, channels).select_for_update(of=("self",)).select_related("data_key")
        challenge = rows.last()
        if challenge is None:
            raise AlreadyConfirmed if proof_of(about, channels=channels) else Unknown
        return _renew(challenge, at)


def _open_about(about: UUID, channels: Collection[Channel]) -> QuerySet[Challenge]:
    rows = _by(Challenge.objects.filter(about=about, confirmed_at=None, superseded_at=None), channels)
    return rows.order_by("created_at", "id")


def _by(rows: QuerySet[Challenge], channels: Collection[Channel]) -> QuerySet[Challenge]:
    return rows if len(channels) == len(Channel) else rows.filter(channel__in=sorted(channels))


def _locked(challenge_id: UUID, channels: Collection[Channel]) -> Challenge:
    """Return an unanswered challenge, its row locked."""
    rows = Challenge.objects.select_for_update(of=("self",)).select_related("data_key")
    challenge = _by(rows.filter(pk=challenge_id), channels).first()
    if challenge is None:
        raise Unknown
    if challenge.superseded_at is not None:
        raise Superseded
    if challenge.confirmed_at is not None:
        raise AlreadyConfirmed
    return challenge


def _renew(challenge: Challenge, at: datetime) -> Started:
    token, code = tokens.new(), _new_code()
    # A row by text message too, although its token goes nowhere: it is by these rows that sendings are counted.
    Link.objects.create(challenge=challenge, token_hash=tokens.digest(token), sent_at=at)
    challenge.code_hash = _code_hash(challenge.pk, code)
    challenge.code_expires_at = at + CODE_LASTS
    challenge.tries = 0
    challenge.sends += 1
    challenge.last_sent_at = at
    challenge.expires_at = at + WAYS[challenge.channel].lasts
    challenge.lapsed_at = None
    challenge.save(
        update_fields=["code_hash", "code_expires_at", "tries", "sends", "last_sent_at", "expires_at", "lapsed_at"]
    )
    return _started(challenge, token, code, challenge.address())


def _new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _digits(code: str) -> str:
    """Return the digits of a code as somebody typed it, whatever script they are in; one too many is kept as wrong."""
    return "".join(str(unicodedata.decimal(mark)) for mark in code[:100] if mark.isdecimal())[: CODE_DIGITS + 1]


def _code_hash(challenge_id: UUID, code: str) -> str:
    return sealing.secret_digest(f"code:{challenge_id}", code)


# --- The code --------------------------------------------------------------------------------------------------------


def confirm_code(challenge_id: UUID, code: str, at: datetime, *, channels: Collection[Channel] = ANY) -> Confirmed:
    """Confirm by a code. The right code given again, in time, gives the same proof.

    Raises WrongCode, TooMany, Expired, Superseded, Unknown. Call outside a transaction: one that is rolled back would
    take the count of wrong codes with it, so being inside one is an error (RuntimeError).
    """
    given = _digits(code)
    with transaction.atomic(durable=True):
        rows = Challenge.objects.select_for_update(of=("self",)).select_related("data_key")
        challenge = _by(rows.filter(pk=challenge_id), channels).first()
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
        challenge.confirmed_at, challenge.method = at, WAYS[challenge.channel].by_code
    return confirmed(challenge, first=first)


def confirmed(challenge: Challenge, *, first: bool) -> Confirmed:
    """Return a confirmed challenge with its proof."""
    assert challenge.confirmed_at is not None
    proof = Proof(Level(challenge.level), Method(challenge.method), challenge.confirmed_at)
    return Confirmed(challenge, proof, first)


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
    row = Challenge.objects.filter(pk=challenge.pk if challenge and refusal is None else NOBODY)
    if right:
        by = WAYS[challenge.channel].by_code if challenge else ""
        return bool(row.filter(confirmed_at=None).update(confirmed_at=at, method=by))
    row.update(tries=F("tries") + 1, wrong=F("wrong") + 1)
    return False


# --- What became of it -----------------------------------------------------------------------------------------------


def proof_of(about: UUID, *, channels: Collection[Channel] = ANY) -> Confirmed | None:
    """Return the latest proof about a thing, None when there is none."""
    rows = Challenge.objects.select_related("data_key").filter(about=about, confirmed_at__isnull=False)
    found = _by(rows, channels).order_by("confirmed_at").last()
    return confirmed(found, first=False) if found is not None else None


def about(challenge_id: UUID) -> UUID:
    """Return what a challenge is about, so that a caller can lock that first. Raises Unknown."""
    found = Challenge.objects.filter(pk=challenge_id).values_list("about", flat=True).first()
    if found is None:
        raise Unknown
    return found


def current(about: UUID, *, channels: Collection[Channel] = ANY) -> Challenge | None:
    """Return the challenge about a thing that was made last and is not superseded, None when there is none."""
    rows = Challenge.objects.select_related("data_key").filter(about=about, superseded_at=None)
    return _by(rows, channels).order_by("created_at", "id").last()


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


def end(about: UUID, at: datetime, *, channels: Collection[Channel] = ANY) -> int:
    """End every open challenge about a thing, so that its links and codes do nothing more; return how many."""
    return _open_about(about, channels).order_by().update(superseded_at=at)
