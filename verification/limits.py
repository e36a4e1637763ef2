"""How often something may be asked. The counters are the rows themselves, so they hold over many processes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Max, Q, Sum

from verification.errors import TooSoon
from verification.models import Challenge, Link

TRIES_PER_CODE: Final = 5
WRONG_PER_ADDRESS: Final = 25
"""Wrong codes for one address, over all its challenges of a day: opening many checks buys no more guesses."""
RESEND_AFTER: Final = timedelta(seconds=60)
SENDS_PER_DAY: Final = 5
"""Mails about one thing in any 24 hours, the first included."""
SENDS_PER_ADDRESS: Final = 20
"""Mails to one address in any 24 hours, whatever they are about, before asking again is refused."""
DAY: Final = timedelta(days=1)


def check_sends(about: UUID, fingerprints: set[str], at: datetime) -> None:
    """Raise TooSoon after a mail about this a moment ago, or after too many in a day: about this or to the address."""
    about_this = _sent(Q(about=about), since=at - DAY)
    if about_this and at < about_this[-1] + RESEND_AFTER:
        raise TooSoon(about_this[-1] + RESEND_AFTER)
    if len(about_this) >= SENDS_PER_DAY:
        raise TooSoon(about_this[-SENDS_PER_DAY] + DAY)
    to_address = _sent(Q(address_fingerprint__in=fingerprints), since=at - DAY)
    if len(to_address) >= SENDS_PER_ADDRESS:
        raise TooSoon(to_address[-SENDS_PER_ADDRESS] + DAY)


def _sent(which: Q, since: datetime) -> list[datetime]:
    """Return when mails went out for some challenges, in order."""
    first = Challenge.objects.filter(which, created_at__gt=since).values_list("created_at", flat=True)
    renewed = Challenge.objects.filter(which, last_sent_at__gt=since)
    again = Link.objects.filter(challenge__in=renewed, sent_at__gt=since).values_list("sent_at", flat=True)
    return sorted([*first, *again])


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
