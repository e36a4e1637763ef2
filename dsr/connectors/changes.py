"""What a system is told to change about a person, and what it says came of it: the words that all connectors share.

- `preview` counts what the terms would erase and what they would keep. It changes nothing.
- `erase` carries the terms out. Records that are kept are named by handles, by which they are found again when their
  day comes, after everything that names the person is gone.
- `correct` sets fields, `annotate` puts a statement of the person beside them.
- `restrict` sets or lifts the flag that stops other use of the data, `suppress` the one that stops mailings, and
  `suppressed` reads the latter back.
- `roster` streams whom the system knows, so that those who were erased are found again after a restore.

Every call may be made twice: the second finds done what the first did, and says the same of how things stand.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Remark(StrEnum):
    """What an answer to a change does not cover. ``reasons`` has the sentences."""

    COUNTED_BY_IDENTIFIER = "counted_by_identifier"
    """The service does not say how much there was; the numbers are those of the identifiers that it was given."""
    DOWNSTREAM_NOT_GUARANTEED = "downstream_not_guaranteed"
    """Those to whom it passed the data on were told, and whether they delete is not known."""
    DOWNSTREAM_NOT_TOLD = "downstream_not_told"
    PARTLY_DONE = "partly_done"
    """At least one of those failed."""
    ACCEPTED_NOT_CONFIRMED = "accepted_not_confirmed"
    """The service took the order, and has no way to say that it was carried out."""
    TAKES_EFFECT_LATER = "takes_effect_later"


class Foreign(str):
    """A remark in a service's own word, for which there is no sentence here."""

    __slots__ = ()


class Ability(StrEnum):
    """What a system can be told to do without a person doing it by hand."""

    ERASE = "erase"
    """Covers `preview`, too."""
    CORRECT = "correct"
    ANNOTATE = "annotate"
    RESTRICT = "restrict"
    SUPPRESS = "suppress"
    SUPPRESSED = "suppressed"
    """Can be asked whether somebody is left out. Without it nothing but its own word says that a suppression took."""
    ROSTER = "roster"


@dataclass(frozen=True, slots=True)
class Term:
    """What is to become of one data category in one data set. What no term names is kept."""

    dataset: str
    category: str
    erase: bool = True
    """False: kept whole."""
    before: date | None = None
    """Only records whose own day (`Dataset.event`) lies before this one are erased; None: all of them. A record of
    which the system does not know the day is kept where a day is given."""


@dataclass(frozen=True, slots=True)
class Line:
    """How one data category in one data set stands: what there is, what goes and what stays, in numbers of records."""

    dataset: str
    category: str
    found: int
    erase: int = 0
    """Of a preview: would be erased. Of an erasure: is erased now, whoever did it."""
    keep: int = 0
    open: int = 0
    """Of those kept: how many because something about them is still going on (an invoice that is not paid)."""
    refused: int = 0
    """Of those kept: how many because the system itself says that it must keep them (a legal hold of its own)."""
    first_kept: date | None = None
    """The earliest own day of a record that is kept although its data set's records have days."""
    last_kept: date | None = None


Handles = Mapping[str, Sequence[str]]
"""Data set to keys of records, each a text that only the system understands and that names no person."""


Still = Callable[[], bool]
"""Asked right before what cannot be undone: whether it is still wanted."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the terms come to before anything is done."""

    lines: tuple[Line, ...] = ()
    handles: Handles = field(default_factory=dict)
    """Records that would be kept, by data set, where the system can name them: taken down before anything is erased,
    so that they are found again even if the answer to the erasure is lost."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to, or how far it is: where `cursor` is set, call again with it after `again_after`."""

    lines: tuple[Line, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    """Records deleted or emptied by this very call, by place (a table, a collection): for the record."""
    handles: Handles = field(default_factory=dict)
    """Records that are kept, by data set."""
    cursor: str = ""
    """How far it is; may hold what names the person, so it is stored sealed."""
    again_after: float = 0
    """Seconds."""
    notes: tuple[Remark | Foreign, ...] = ()
    """What the answer does not cover."""
    known_as: str = ""
    """By what a system that reports by itself names what is under way; it says nothing of the person."""

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return not self.cursor


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a data set that is to have another value for this person. `value` is a text, None empties it."""

    dataset: str
    field: str
    value: str | None
    held: str | None = None
    """Only where it holds this now, so that what was put right meanwhile stays; None: whatever it holds."""


@dataclass(frozen=True, slots=True)
class Note:
    """A statement of the person, to be kept beside the records of a data set."""

    dataset: str
    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What a correction, a statement, a restriction or a suppression came to."""

    records: Mapping[str, int] = field(default_factory=dict)
    """By data set: how many records are now as they should be, whoever made them so. 0 where the person is unknown."""
    cursor: str = ""
    """As of `Erased`."""
    again_after: float = 0
    notes: tuple[Remark | Foreign, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return not self.cursor


def terms_by_dataset(terms: Iterable[Term]) -> dict[str, dict[str, Term]]:
    """Return the terms by data set and category; a pair named twice is kept more: less is erased, never more."""
    found: dict[str, dict[str, Term]] = {}
    for term in terms:
        there = found.setdefault(term.dataset, {})
        there[term.category] = stricter(there.get(term.category, term), term)
    return found


def stricter(one: Term, other: Term) -> Term:
    """Return what two terms for the same data allow both."""
    days = [day for day in (one.before, other.before) if day is not None]
    return Term(one.dataset, one.category, one.erase and other.erase, min(days, default=None))
