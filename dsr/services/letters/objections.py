"""Letters about objections: what was decided use by use, and that what has to stop has stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from dsr.services.letters.base import LegalLetter
from notifications.letters import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionDecided(LegalLetter):
    """Tells for each use whether it stops or goes on, on which ground and why, and from when paused data is used again.

    ``ends_on`` is the last day of the pause, where nothing stops; otherwise it lasts until everything is stopped.
    """

    kind: ClassVar[str] = "objection_decided"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "stops", "parts", "goes_on", "remedies", "tracker"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": ("stops",),
        "apology": (),
        "reasons": ("parts", "goes_on"),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    organisation: str
    stops: tuple[str, ...]
    parts: tuple[str, ...]
    goes_on: tuple[str, ...]
    ends_on: date | None
    late: bool
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionOver(LegalLetter):
    """Says that every system has stopped what has to stop, since when, and from when the rest is used again."""

    kind: ClassVar[str] = "objection_over"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "stopped", "remedies", "tracker"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": ("stopped",),
        "reasons": (),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    organisation: str
    stopped: tuple[str, ...]
    systems: tuple[str, ...]
    ends_on: date | None
    was_late: bool
    remedies: tuple[str, ...]
    tracker: Secret
