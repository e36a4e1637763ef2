"""Reads about what everybody at the console sees first: open incidents, and cases of authorities beside them."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from dsr.caselife import CaseState
from dsr.models import AuthorityCase, Incident, IncidentEntry, IncidentKind, Mechanism

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


@dataclass(frozen=True, slots=True)
class OpenCase:
    """One open case of an authority, as the banner names it."""

    pk: UUID
    state: str
    authority: str
    office: str
    due_on: date


def open_now(*, cases: bool = False) -> tuple[list[Open], list[OpenCase]]:
    """Return the open incidents, the oldest first, and, if asked for, the open cases of authorities, the first due.

    In one statement over the two indexes of open ones: each page of the console asks.
    """
    names = ("pk", "kind", "mechanism", "where", "due_on", "reported_at", "working", "opened_at", "sort")
    found = (
        Incident.objects.filter(closed_at=None)
        .annotate(where=Coalesce("system__name", Value("")), sort=Value(0))
        .order_by()
        .values_list(*names)
    )
    if cases:
        found = found.union(_open_cases(), all=True)
    rows = list(found.order_by("sort", "opened_at")[: MOST_SHOWN * (2 + cases)])
    incidents = [
        Open(pk, IncidentKind(kind), Mechanism(mechanism), system, None if told else due_on, working)
        for pk, kind, mechanism, system, due_on, told, working, _at, sort in rows
        if sort == 0
    ]
    opened = [OpenCase(row[0], row[1], row[2], row[3], row[4]) for row in rows if row[8]]
    return incidents[:MOST_SHOWN], sorted(opened, key=lambda each: (each.due_on, each.pk))[:MOST_SHOWN]


def _open_cases() -> QuerySet[AuthorityCase, tuple[Any, ...]]:
    """Return the open cases in the columns of incidents."""
    shown = AuthorityCase.objects.exclude(state=str(CaseState.CLOSED)).annotate(
        as_false=Value(False), sort=Value(1), never=Cast(Value(None), DateTimeField())
    )
    names = ("pk", "state", "authority", "office", "due_on", "never", "as_false", "entered_at", "sort")
    return shown.order_by().values_list(*names)


def time_line(incident: Incident) -> QuerySet[IncidentEntry]:
    """Return what happened to an incident, the oldest first."""
    return incident.entries.order_by("id")
