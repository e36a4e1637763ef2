"""Figures of the present moment for those who watch the service. Counts over partial indexes: the work that is open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, Max, Value, When

from dsr.lifecycle import State
from dsr.models import (
    ACTED_ON,
    REAPPEARED,
    Deadline,
    Incident,
    Kept,
    Probe,
    ProbeResult,
    Step,
    StepState,
    SubjectRequest,
    Task,
    TaskKind,
    TaskState,
    WebhookDelivery,
)
from dsr.selectors import queue, windows
from notifications.models import TROUBLE, Message, MessageState


@dataclass(frozen=True, slots=True)
class Figures:
    """What is open and what is late, at one instant."""

    open_requests: dict[tuple[str, str], int]
    """By (right, state)."""
    overdue_requests: int
    """Open past the date they are due by law."""
    steps: dict[str, int]
    """Searches of systems that wait for a worker or for an owner, by state."""
    late_deadlines: int
    """Work of the scheduler whose time has come."""
    waiting_messages: int
    troubled_messages: int
    """Could not be delivered, and nobody of the staff has taken note."""
    waiting_webhooks: int
    """What webhooks are still to be told."""
    open_choices: int
    """Choices that a system has not confirmed; counted to ten thousand, as the next."""
    late_choices: int
    came_back: dict[tuple[str, str], int]
    """People whom a later look found again where they had been erased, by system and whether staff have decided."""
    overdue_kept: dict[str, int]
    """Rows of what was kept whose day has come and that are not erased yet, by system."""
    open_incidents: dict[tuple[str, str], int]
    """About choices, by kind and whether it works again."""
    heartbeats: dict[str, float]
    """Seconds since the last test choice that was taken everywhere was begun, by path."""


def figures(at: datetime) -> Figures:
    """Return the figures at one instant, in thirteen statements."""
    opened = SubjectRequest.objects.exclude(state=State.CLOSED)
    by_right = opened.order_by().values_list("right", "state").annotate(number=Count("id"))
    waiting = Step.objects.filter(state__in=(StepState.WAITING, StepState.WITH_OWNER)).order_by()
    back = Task.objects.filter(kind=TaskKind.RECHECK, code=REAPPEARED).order_by()
    decided = Case(When(state=TaskState.STUCK, then=Value("open")), default=Value("decided"))
    due = Kept.objects.filter(ended_at__isnull=True, check_at__lt=at).order_by()
    incidents = Incident.objects.filter(closed_at=None).order_by()
    taken = Probe.objects.filter(result=ProbeResult.TAKEN, made_at__gte=at - timedelta(days=2)).order_by()
    open_choices, late_choices = windows.open_choices(at)
    return Figures(
        open_requests={(right, state): number for right, state, number in by_right},
        overdue_requests=queue.overdue(opened, at).count(),
        steps=dict(waiting.values_list("state").annotate(number=Count("id"))),
        late_deadlines=Deadline.objects.filter(done_at__isnull=True, kind__in=ACTED_ON, due_at__lt=at).count(),
        waiting_messages=Message.objects.filter(state=MessageState.WAITING).count(),
        troubled_messages=Message.objects.filter(state__in=TROUBLE, noted_at__isnull=True).count(),
        waiting_webhooks=WebhookDelivery.objects.filter(done_at=None, given_up_at=None).count(),
        open_choices=open_choices,
        late_choices=late_choices,
        came_back={
            (system, word): number
            for system, word, number in back.annotate(word=decided)
            .values_list("system__key", "word")
            .annotate(number=Count("request", distinct=True))
        },
        overdue_kept=dict(due.values_list("system__key").annotate(number=Count("id"))),
        open_incidents={
            (kind, "working" if working else "failing"): number
            for kind, working, number in incidents.values_list("kind", "working").annotate(number=Count("id"))
        },
        heartbeats={
            path: (at - last).total_seconds() for path, last in taken.values_list("path").annotate(last=Max("made_at"))
        },
    )
