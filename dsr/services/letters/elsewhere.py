"""Letters of the wrong door: to the person, and to the customer who decides; and what else a message asked for."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from notifications.letters import Letter, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred(Letter):
    """Says who decides about part of the data; without a name, how to find out. The rest goes on here."""

    kind: ClassVar[str] = "referred"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "customer", "remedies"})
    reference: str
    right: str
    customer: str
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTold(Letter):
    """Tells a customer that somebody turned to us about data that it decides about. Holds nothing about the person."""

    kind: ClassVar[str] = "customer_told"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "due_on"})
    reference: str
    right: str
    agreement: str
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RightAdded(Letter):
    """Says what else a message was read to ask for, until when that is answered, and how to object."""

    kind: ClassVar[str] = "right_added"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "due_on", "remedies", "tracker"})
    reference: str
    right: str
    due_on: date
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Misunderstood(Letter):
    """Says that something was read into a message that it did not ask for, and how to say that it was meant."""

    kind: ClassVar[str] = "misunderstood"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "reason", "remedies", "tracker"})
    reference: str
    right: str
    reason: str
    remedies: tuple[str, ...]
    tracker: Secret
