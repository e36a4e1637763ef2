"""Reads about letters that came by mail: what waits, what is late, and how it stands with the mailbox."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from dsr.models import InboundMail, MailboxState, MailState


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits at one instant."""

    waiting: int
    overdue: int
    """Not looked at by the day it should have been."""


def waiting() -> QuerySet[InboundMail]:
    """Return the letters that wait for people, what goes first first."""
    return InboundMail.objects.filter(state=MailState.WAITING).order_by("rank", "received_at", "id")


def standing(at: datetime) -> Standing:
    """Return what waits, in one statement over the index of what waits."""
    rows = InboundMail.objects.filter(state=MailState.WAITING).order_by()
    counted = rows.aggregate(waiting=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=at)))
    return Standing(counted["waiting"], counted["overdue"])


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
