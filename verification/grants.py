"""Grants: whoever bears the token may do one thing about one subject. Requesters hold these instead of accounts."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from notifications.ids import uuid7
from verification import tokens
from verification.models import Grant


class NoGrant(Exception):
    """No such grant: unknown, for something else, ended, revoked or used up. Which of these is never said."""


def issue(purpose: str, about: UUID, at: datetime, *, lasts: timedelta, uses: int | None = None) -> str:
    """Issue a grant in one INSERT and return its token, of which only a digest is kept; 43 URL-safe characters.

    `uses` is how often it may be spent, None for as often as one likes while it lasts. Raises ValueError for a grant
    that could never be used.
    """
    grant, token = prepare(purpose, about, at, lasts=lasts, uses=uses)
    grant.save(force_insert=True)
    return token


def prepare(purpose: str, about: UUID, at: datetime, *, lasts: timedelta, uses: int | None = None) -> tuple[Grant, str]:
    """Return the row that `issue` would insert, for a caller who inserts it together with others, and its token."""
    if not purpose or lasts <= timedelta(0) or (uses is not None and uses < 1):
        raise ValueError("a grant needs a purpose, a time and at least one use")
    token = tokens.new()
    grant = Grant(
        id=uuid7(at),
        purpose=purpose,
        about=about,
        token_hash=tokens.digest(token),
        created_at=at,
        expires_at=at + lasts,
        uses_left=uses,
    )
    return grant, token


def look(token: str, purpose: str, at: datetime) -> Grant:
    """Return a grant that may be used, without using it. Raises NoGrant."""
    grant = _live(token, purpose, at).first()
    if grant is None:
        raise NoGrant
    return grant


def spend(token: str, purpose: str, at: datetime) -> Grant:
    """Use a grant once and return it. Raises NoGrant. Of many who spend the last use, one succeeds.

    The update takes the row lock and puts the condition at once; in a transaction that rolls back, nothing was spent.
    """
    spent = _live(token, purpose, at).update(uses_left=F("uses_left") - 1, spent_at=at)
    grant = Grant.objects.filter(token_hash=tokens.digest(token)).first()
    if not spent or grant is None:
        raise NoGrant
    return grant


def revoke(about: UUID, purpose: str | None = None, *, at: datetime) -> int:
    """Revoke every grant about a subject, or those for one purpose; return how many were live."""
    rows = Grant.objects.filter(about=about, revoked_at=None, expires_at__gt=at)
    return (rows.filter(purpose=purpose) if purpose is not None else rows).update(revoked_at=at)


def delete_ended(before: datetime, limit: int = 1000) -> int:
    """Delete grants that ended before an instant, in a batch; return how many."""
    ended = Grant.objects.filter(expires_at__lt=before).order_by("expires_at").values_list("pk", flat=True)[:limit]
    deleted, _ = Grant.objects.filter(pk__in=list(ended)).delete()
    return deleted


def _live(token: str, purpose: str, at: datetime) -> QuerySet[Grant]:
    return Grant.objects.filter(
        Q(uses_left=None) | Q(uses_left__gt=0),
        token_hash=tokens.digest(token),
        purpose=purpose,
        revoked_at=None,
        expires_at__gt=at,
    )
