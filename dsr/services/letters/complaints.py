"""Letters about complaints and what is promised in their answers, and to colleagues about matters outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from dsr.models import PointVerdict
from dsr.services.letters.base import LegalLetter
from notifications.letters import Letter, Paragraphs, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintNews(Letter):
    """Says that there is word on how a complaint goes, without its content, and when the answer comes."""

    kind: ClassVar[str] = "complaint_news"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "due_on", "tracker"})
    reference: str
    right: str
    due_on: date
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintAnswered(LegalLetter):
    """Answers a complaint: what it came to, every point with its reasons, what is promised, and where to go next."""

    kind: ClassVar[str] = "complaint_answered"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "outcome", "findings", "text", "next_steps"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": ("promises",),
        "reasons": ("findings", "text"),
        "complaint_route": ("next_steps", "further"),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    right: str
    outcome: PointVerdict
    findings: tuple[str, ...]
    text: Paragraphs
    promises: tuple[str, ...]
    next_steps: tuple[str, ...]
    further: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseDue(Letter):
    """Warns a colleague of the day by which something was promised to a person. Holds no personal value."""

    kind: ClassVar[str] = "promise_due"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "due_on", "late", "link"})
    reference: str
    right: str
    due_on: date
    late: bool
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideDue(Letter):
    """Warns a colleague of the day by which an outside body is answered. Holds no personal value."""

    kind: ClassVar[str] = "outside_due"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "body", "due_on", "late", "link"})
    reference: str
    right: str
    body: str
    due_on: date
    late: bool
    link: str
