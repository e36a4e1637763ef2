"""How often something may be asked. The counters are the rows themselves, so they hold over many processes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db.models import Max, Q, Sum

from verification import grants
from verification.errors import TooSoon
from verification.models import Challenge, Channel, Grant, Link

TRIES_PER_CODE: Final = 5
WRONG_PER_ADDRESS: Final = 25
"""Wrong codes for one address, over all its challenges of a day: opening many checks buys no more guesses."""
RESEND_AFTER: Final = timedelta(seconds=60)
SENDS_PER_DAY: Final = 5
"""Messages about one thing by one channel in any 24 hours, the first included."""
SENDS_PER_ADDRESS: Final = {Channel.EMAIL: 20, Channel.SMS: 10}
"""Messages to one address in any 24 hours, whatever they are about, before asking again is refused.

Fewer to a number: each is paid for, and rings in somebody's pocket.
"""
DAY: Final = timedelta(days=1)


def check_sends(about: UUID, channel: Channel, fingerprints: set[str], at: datetime) -> None:
    """Raise TooSoon after a message about this a moment ago, or too many in a day: about this or to the address.

    Each channel counts for itself, so that whoever waits in vain for a mail need not wait to be sent a text message.
    """
    about_this = _sent(Q(about=about, channel=channel), since=at - DAY)
    if about_this and at < about_this[-1] + RESEND_AFTER:
        raise TooSoon(about_this[-1] + RESEND_AFTER)
    if len(about_this) >= SENDS_PER_DAY:
        raise TooSoon(about_this[-SENDS_PER_DAY] + DAY)
    to_address = _sent(Q(address_fingerprint__in=fingerprints), since=at - DAY)
    most = SENDS_PER_ADDRESS[channel]
    if len(to_address) >= most:
        raise TooSoon(to_address[-most] + DAY)


def _sent(which: Q, since: datetime) -> list[datetime]:
    """Return when messages went out for some challenges, in order."""
    first = Challenge.objects.filter(which, created_at__gt=since).values_list("created_at", flat=True)
    renewed = Challenge.objects.filter(which, last_sent_at__gt=since)
    again = Link.objects.filter(challenge__in=renewed, sent_at__gt=since).values_list("sent_at", flat=True)
    return sorted([*first, *again])


TRY: Final = "try"
"""Purpose of the rows that count tries about somebody: grants of which nobody has the token."""


def note(marks: Iterable[str], at: datetime, *, lasts: timedelta) -> list[UUID]:
    """Count one try for each look-up value of the person it is about, and return the rows, to take it back by.

    Noted before anything is tried, so that of many tries at once each sees the others.
    """
    rows = [grants.prepare(TRY, _about(mark), at, lasts=lasts)[0] for mark in sorted(marks)]
    Grant.objects.bulk_create(rows)
    return [row.pk for row in rows]


def take_back(noted: Iterable[UUID], at: datetime) -> None:
    """Have a try count no more: it succeeded, or nobody could say."""
    Grant.objects.filter(pk__in=list(noted), purpose=TRY).update(revoked_at=at)


def used_up(marks: Iterable[str], most: int, at: datetime) -> datetime | None:
    """Return when the next try about somebody counts again, None while fewer than ``most`` count now."""
    rows = Grant.objects.filter(
        about__in=[_about(mark) for mark in marks], purpose=TRY, revoked_at=None, expires_at__gt=at
    )
    ends: dict[UUID, list[datetime]] = {}
    for about, expires_at in rows.order_by("-expires_at").values_list("about", "expires_at"):
        ends.setdefault(about, []).append(expires_at)
    return max((found[most - 1] for found in ends.values() if len(found) >= most), default=None)


def _about(mark: str) -> UUID:
    return uuid5(NAMESPACE_OID, mark)


@dataclass(frozen=True, slots=True)
class Guesses:
    """Wrong codes for one address in a day, and when the address was last written to."""

    wrong: int
    last_sent_at: datetime | None

    def blocked_until(self) -> datetime | None:
        """Return when codes for the address are looked at again, None when they are now."""
        if self.wrong < WRONG_PER_ADDRESS or self.last_sent_at is None:
            return None
        return self.last_sent_at + DAY


def guesses(fingerprint: str, at: datetime) -> Guesses:
    """Count the wrong codes for an address, in one statement."""
    found = Challenge.objects.filter(address_fingerprint=fingerprint, last_sent_at__gt=at - DAY).aggregate(
        wrong=Sum("wrong"), last=Max("last_sent_at")
    )
    return Guesses(found["wrong"] or 0, found["last"])
