"""Letters about what is done in the systems: confirming an erasure, what is planned, what was done, what ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from dsr.lifecycle import Outcome
from dsr.services.letters.base import LegalLetter
from notifications.letters import Letter, Paragraphs, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureConfirm(Letter):
    """Says what an erasure means and asks for the second confirmation, until when."""

    kind: ClassVar[str] = "erasure_confirm"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "ends_on", "tracker"})
    reference: str
    organisation: str
    ends_on: date
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureUnconfirmed(Letter):
    """Says that nothing was erased, as it was not confirmed, and how to go on all the same."""

    kind: ClassVar[str] = "erasure_unconfirmed"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "tracker"})
    reference: str
    organisation: str
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlanned(Letter):
    """Says from when the erasure is carried out, and that it can be stopped until then."""

    kind: ClassVar[str] = "erasure_planned"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "acts_on", "tracker"})
    reference: str
    organisation: str
    acts_on: date
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOut(LegalLetter):
    """Says what was done, that the signed statement of it is behind the link, and how to complain."""

    kind: ClassVar[str] = "carried_out"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "tracker", "remedies", "withheld"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": ("right",),
        "reasons": ("withheld",),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    organisation: str
    right: str
    outcome: Outcome | str
    withheld: tuple[str, ...] = ()
    """What we decided to keep or leave, each with ground, reasons and law."""
    choices_kept: bool = False
    """Whether what the person does not want outlives an erasure, as a hash."""
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictionEnds(LegalLetter):
    """Says that a restriction ends, when and why, before it does (GDPR Art 18(3))."""

    kind: ClassVar[str] = "restriction_ends"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "reason", "ends_on", "remedies", "tracker"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {"reasons": ("reason",), "complaint_route": ("remedies",)}
    reference: str
    organisation: str
    reason: Paragraphs
    ends_on: date
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWorksheet(Letter):
    """Asks the owner of a system, or a recipient, to do something there, without naming the person."""

    kind: ClassVar[str] = "task_worksheet"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "system", "due_on", "link"})
    reference: str
    organisation: str
    task: str
    system: str
    owner: str
    reminder: int
    due_on: date
    link: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReview(Letter):
    """Reminds the owner of a legal hold that it has to be looked at."""

    kind: ClassVar[str] = "hold_review"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"review_on", "link"})
    ground: str
    review_on: date
    link: str
