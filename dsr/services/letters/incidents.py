"""Letters to colleagues about incidents. They name means and systems, and nobody whose choice it was."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from notifications.letters import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(Letter):
    """Says that something about choices went wrong, and by when an authority has to be told of it, if one has."""

    kind: ClassVar[str] = "incident_opened"
    must_show: ClassVar[frozenset[str]] = frozenset({"what", "means", "link"})
    organisation: str
    what: str
    means: str
    system: str
    due_on: date | None
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDue(Letter):
    """Says that the time in which an authority has to be told of an incident is nearly over."""

    kind: ClassVar[str] = "incident_due"
    must_show: ClassVar[frozenset[str]] = frozenset({"what", "means", "due_on", "link"})
    organisation: str
    what: str
    means: str
    system: str
    due_on: date
    link: str
