"""The part of a database's mapping that says how records are changed: emptied, kept, put right, flagged."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field as Key

from dsr.connectors.config import Name, Slug, Strict

Plain = str | int | float | bool
"""What a column is set to."""
Settings = Annotated[dict[Name, Plain | None], Key(min_length=1, max_length=32)]
"""Columns and what they are set to; null empties one."""


class Fixed(Strict):
    """The same value for everybody."""

    fixed: Plain


class Hashed(Strict):
    """A keyed digest, the same for the same value and label, so that what belonged together still does."""

    hash: Slug


class Truncated(Strict):
    """A day or moment cut down to where its month or year begins."""

    truncate: Literal["month", "year"]


Strategy = Literal["null"] | Fixed | Hashed | Truncated
"""How a column is emptied of what it says about a person."""


class Event(Strict):
    """A record's own day, from which the time that it is kept counts."""

    name: Slug
    column: Name
    dataset: Slug | None = None
    """A data set above, where the day is that of the record there (an invoice's, of its lines)."""


class Open(Strict):
    """What is still going on with a record: while the column holds one of the values (null: nothing), it is kept."""

    name: Slug
    column: Name
    values: Annotated[tuple[Plain | None, ...], Key(min_length=1, max_length=100)]
    dataset: Slug | None = None
    """A data set above, where it goes on with the record there."""


class Changes(Strict):
    """What may be done with the records of a table. Base of `Table`."""

    event: Event | None = None
    open: Open | None = None
    erase: Literal["rows", "columns"] | None = None
    """`rows`: a record is deleted once all of it may go and nothing that is kept refers to it; until then the columns
    that may go are emptied. `columns`: records are never deleted, only emptied. Without it nothing here is erased."""
    key: tuple[Name, ...] = ()
    """Columns that tell one record from the next; the primary key where nothing is named."""
    note: Name | None = None
    """The column for a statement of the person."""
    restrict: Settings | None = None
    """What says that the data may only be stored."""
    unrestrict: Settings | None = None
    """What lifts that again."""
    suppress: Annotated[dict[Slug, Settings], Key(max_length=32)] = {}
    """By purpose: what says that the person is left out of it."""

    @property
    def changed_columns(self) -> tuple[str, ...]:
        """The columns that must exist for this, each once."""
        settings = (self.restrict or {}, self.unrestrict or {}, *self.suppress.values())
        names = [*self.key, *(name for each in settings for name in each)]
        names += [part.column for part in (self.event, self.open) if part is not None and part.dataset is None]
        return tuple(dict.fromkeys([*names, *([self.note] if self.note else [])]))

    def restriction(self, on: bool) -> list[Settings]:
        """Return what sets the flag, or lifts it; nothing where there is none."""
        settings = self.restrict if on else self.unrestrict
        return [settings] if settings else []

    def suppression(self, purposes: Sequence[str]) -> list[Settings]:
        """Return what leaves the person out of these purposes."""
        return [self.suppress[purpose] for purpose in purposes if purpose in self.suppress]

    def unfit(self) -> Iterator[str]:
        """Yield what contradicts itself."""
        if (self.restrict is None) != (self.unrestrict is None):
            yield "needs both restrict and unrestrict, or neither"
