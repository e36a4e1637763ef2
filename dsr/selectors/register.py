"""The register of people who were directed elsewhere: which lines wait, which are late, and who the other side is."""

from datetime import date

from django.db.models import QuerySet

from dsr import doors
from dsr.lifecycle import Outcome
from dsr.models import Direction, Post, Referral

OPEN, LATE = "open", "late"


def lines(state: str, *, today: date, door: str = "") -> QuerySet[Referral]:
    """Return lines of the register, the newest first, all in one statement."""
    rows = Referral.objects.select_related("customer", "request__submission").order_by("-id")
    rows = waiting(rows, state, today)
    return rows.filter(door=door) if door else rows


def waiting(rows: QuerySet[Referral], state: str, today: date) -> QuerySet[Referral]:
    """Return those on whose word somebody waits, or for too long; all of them for any other state."""
    if state not in (OPEN, LATE):
        return rows
    rows = rows.filter(confirmed_at=None, due_on__isnull=False)
    return rows.filter(due_on__lt=today) if state == LATE else rows


def is_late(row: Referral, today: date) -> bool:
    """Whether word should have come by now."""
    return row.confirmed_at is None and row.due_on is not None and row.due_on < today


def whom(row: Referral) -> str:
    """Return the name of the other side; "" for a customer that nobody knows."""
    return row.customer.name if row.customer is not None else doors.titled(row.door) if row.door else ""


def kind(row: Referral) -> str:
    """Return what the other side is: a customer, or the kind of its door."""
    if row.customer is not None:
        return "customer"
    found = doors.find(row.door) if row.door else None
    return str(found.kind) if found is not None else "unknown"


def words(row: Referral) -> str:
    """Return the words in which the person was told; "" where a letter said all, or once the case is forgotten.

    They stand with the request that was closed, or in the conversation of one that goes on.
    """
    if row.request.submission.purged_at is not None:
        return ""
    if row.request.outcome == Outcome.REDIRECTED:
        return row.request.open("reason")
    posts = Post.objects.filter(request=row.request, direction=Direction.TO_PERSON, at=row.made_at)
    post = posts.order_by("id").first()
    return post.open("body") if post is not None else ""
