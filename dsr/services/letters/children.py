"""Letters about a child's account: to whoever reported it, to the account itself, and to those who lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dsr.services.letters.base import LegalLetter
from notifications.letters import Letter, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DealtWith(LegalLetter):
    """Says that a report was dealt with. Its words are the same whatever was found, and whether or not anything was."""

    kind: ClassVar[str] = "dealt_with"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "remedies"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": ("right",),
        "reasons": (),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    right: str
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShut(Letter):
    """Tells the account itself that it is shut and will be erased, why, and what its holder can do about it."""

    kind: ClassVar[str] = "account_shut"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "remedies", "tracker"})
    reference: str
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildReported(Letter):
    """Alerts those who lead that a child's account was reported. Holds nothing about the child or the reporter."""

    kind: ClassVar[str] = "child_reported"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "hours", "link"})
    reference: str
    hours: int
    link: str
