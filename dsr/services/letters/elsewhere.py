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
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed(Letter):
    """Says who answers for what was asked, how that is reached, and whether we passed it on."""

    kind: ClassVar[str] = "routed"
    must_show: ClassVar[frozenset[str]] = frozenset(
        {"reference", "lines", "title", "responsible", "how", "email", "languages", "remedies", "tracker"}
    )
    reference: str
    lines: tuple[str, ...]
    """Each right that is meant, with the number of its line in the register."""
    part: bool
    """The rest goes on here."""
    title: str
    responsible: str
    notice: str
    how: str
    email: str
    url: str
    languages: str
    text: str
    """What a colleague adds, "" for nothing."""
    passed_on: bool
    due_on: date | None
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn(Letter):
    """Passes on to another desk, brand or company that somebody asks for what it answers for."""

    kind: ClassVar[str] = "passed_on"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "lines", "email", "received_on", "due_on"})
    reference: str
    lines: tuple[str, ...]
    name: str
    email: str
    received_on: date
    due_on: date
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WordDue(Letter):
    """Warns colleagues that the other side has not said by the day that it has a matter in hand."""

    kind: ClassVar[str] = "word_due"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "whom", "due_on", "link"})
    reference: str
    number: str
    whom: str
    right: str
    due_on: date
    times: int
    link: str


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
