"""What goes into a package, as plain values. Titles and reasons arrive in the person's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dsr.packaging.parcel import Parcel


class Kind(StrEnum):
    """Which package it is."""

    FULL = "full"
    """A copy for the person to read, and everything behind it."""
    PORTABLE = "portable"
    """What can be taken elsewhere: machine-readable first, nothing derived."""
    STATEMENT = "statement"
    """Only how data of people like this person is used."""


class SearchOutcome(StrEnum):
    """What the search of one system came to."""

    FOUND = "found"
    NOTHING_HELD = "nothing_held"
    REFUSED = "refused"
    FAILED = "failed"
    LEFT_OUT = "left_out"
    """It could not be searched, and somebody decided to answer without it."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why data is used, and what allows it."""

    title: str
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """One entry of the data dictionary: a kind of data, where it comes from, what it is for."""

    id: str
    title: str
    description: str = ""
    source: str = ""
    purposes: tuple[Purpose, ...] = ()
    portable: bool = True
    """Given by the person or observed from their use; not worked out about them, nor got elsewhere."""


@dataclass(frozen=True, slots=True)
class SystemPart:
    """One system that was searched."""

    key: str
    title: str
    outcome: SearchOutcome
    parcel: Parcel | None = None
    """What it brought; none where nothing was found."""
    note: str = ""
    """For the person: why it refused or could not be searched."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A category that is not given. Whatever carries it is left out: data sets, single fields, files."""

    category: str
    ground: str
    """The title of the ground."""
    reason: str
    system: str | None = None
    """Key of the one system it concerns; none means all."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Things of one kind that were taken out of what is given. What they were is in no package."""

    kind: str
    """Such as `the name of somebody else`."""
    places: int
    ground: str
    """The title of the ground."""
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts. Every row is as long as the header."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in this order."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """How data of people in this person's relationship and region is used. Holds nothing about the person."""

    title: str
    introduction: tuple[str, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who answers."""

    name: str
    contact: tuple[str, ...] = ()
    """How to reach it, a line each."""


@dataclass(frozen=True)
class PackageContents:
    """One answer. The same contents give the same bytes."""

    reference: str
    kind: Kind
    right: str
    """Its word, such as `access`."""
    right_title: str
    made_at: datetime
    """Aware; shown, and stamped on every member."""
    made_on: str
    """The same day in words, in the person's language and the organisation's zone."""
    language: str
    organisation: Organisation
    person_hint: str
    """Masked, such as `a…@example.org`: enough to recognise oneself."""
    statement: Statement
    complain: tuple[str, ...]
    """Whom to complain to, and how; a paragraph each."""
    dictionary: Mapping[str, Category] = field(default_factory=dict)
    systems: tuple[SystemPart, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    removed: tuple[Removed, ...] = ()
