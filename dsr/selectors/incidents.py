"""Reads about incidents: those that are open, for the banner and for the list."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from dsr.models import Incident, IncidentEntry, IncidentKind, Mechanism

MOST_SHOWN = 20
"""More than this the banner does not tell apart: they are counted up to here."""


@dataclass(frozen=True, slots=True)
class Open:
    """One open incident, as the banner names it."""

    pk: UUID
    kind: IncidentKind
    mechanism: Mechanism
    system: str
    due_on: date | None
    """By when the authority has to be told; None once it was, or where none has to be."""
    working: bool


def open_now() -> list[Open]:
    """Return the open incidents, the oldest first, in one statement over the index of open ones."""
    rows = Incident.objects.filter(closed_at=None).order_by("opened_at")
    names = ("pk", "kind", "mechanism", "system__name", "due_on", "reported_at", "working")
    return [
        Open(pk, IncidentKind(kind), Mechanism(mechanism), system or "", None if told else due_on, working)
        for pk, kind, mechanism, system, due_on, told, working in rows.values_list(*names)[:MOST_SHOWN]
    ]


def time_line(incident: Incident) -> QuerySet[IncidentEntry]:
    """Return what happened to an incident, the oldest first."""
    return incident.entries.order_by("id")
