"""Reads about letters that came by mail: what waits, what is late, and how it stands with the mailbox."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from dsr.models import InboundMail, MailboxState, MailState

CAP = 1000
"""Further than this nothing is counted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits at one instant; counted to CAP."""

    waiting: int
    overdue: int
    """Not looked at by the day it should have been."""


def waiting() -> QuerySet[InboundMail]:
    """Return the letters that wait for people, what goes first first."""
    return InboundMail.objects.filter(state=MailState.WAITING).order_by("rank", "received_at", "id")


def standing(at: datetime) -> Standing:
    """Return what waits, in two statements over the index of what waits."""
    rows = InboundMail.objects.filter(state=MailState.WAITING).order_by()
    overdue = rows.filter(due_at__lt=at)
    return Standing(*(each.values("pk")[: CAP + 1].count() for each in (rows, overdue)))


def failing_since() -> datetime | None:
    """Return since when the mailbox cannot be reached; None where it can, or where none is read."""
    if not settings.MAILBOX_URL:
        return None
    return MailboxState.objects.filter(id=1).values_list("failing_since", flat=True).first()


def failing() -> MailboxState | None:
    """Return how it stands with a mailbox that cannot be reached; None where it can, or where none is read."""
    if not settings.MAILBOX_URL:
        return None
    return MailboxState.objects.filter(id=1).exclude(failing_since=None).first()
