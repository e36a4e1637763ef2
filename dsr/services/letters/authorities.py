"""Letters to colleagues about cases of authorities. They name the authority and its day, and no person."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from notifications.letters import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Letter):
    """Says that an authority wrote, and by when it wants an answer."""

    kind: ClassVar[str] = "case_opened"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"authority", "due_on", "link"})
    organisation: str
    authority: str
    due_on: date
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDue(Letter):
    """Warns of the day by which an authority is answered, or something that it ordered is done."""

    kind: ClassVar[str] = "case_due"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"authority", "due_on", "late", "link"})
    organisation: str
    authority: str
    due_on: date
    measure: int
    """Its number; 0 where it is about the answer."""
    late: bool
    link: str
