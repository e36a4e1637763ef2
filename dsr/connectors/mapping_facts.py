"""The part of a database's mapping that says what answers are compared with, and how people are reached."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Protocol, Self

from pydantic import Field as Key
from pydantic import field_validator, model_validator

from dsr.connectors.config import Name, Slug, Strict
from dsr.connectors.facts import KINDS, FactKind, breached, why_refused


class PersonColumn(Strict):
    """The column that is the same in all records of one person and differs from the next one's."""

    dataset: Slug
    column: Name


class FactColumn(Strict):
    """A column that a person's answer is compared with, inside the database: its value does not leave it."""

    name: Annotated[str, Key(json_schema_extra={"enum": list(KINDS)})]
    dataset: Slug
    """The person's data set, or one below it."""
    column: Name
    """The value; of `numbers_held` what is counted, each different value once."""
    order_by: Name | None = None
    """Of several records only the last by this column counts. A month that was `last` is its own order."""

    @field_validator("name")
    @classmethod
    def _may_be_asked(cls, name: str) -> str:
        refused = why_refused(name)
        if refused:
            raise ValueError(refused)
        return name

    @model_validator(mode="after")
    def _of_no_breach(self) -> Self:
        refused = breached(self.column) if self.kind in (FactKind.MONTH, FactKind.WORDS) else None
        if refused:
            raise ValueError(f"column {self.column} {refused}")
        if self.kind is FactKind.AMOUNT and self.order_by is None:
            raise ValueError("needs order_by: without it any amount ever paid would be right")
        if self.kind is FactKind.COUNT and self.order_by is not None:
            raise ValueError("counts, so nothing is the last: leave order_by out")
        return self

    @property
    def kind(self) -> FactKind:
        """How its answer is read."""
        return KINDS[self.name]

    @property
    def last_by(self) -> str | None:
        """The column that tells the last record; None where any record's value is right."""
        if self.kind is FactKind.MONTH and self.name.startswith("last_"):
            return self.order_by or self.column
        return self.order_by


class Reached(Strict):
    """A column that holds an address or a number on file."""

    kind: Literal["email", "phone"]
    column: Name
    dataset: Slug | None = None
    """The person's own where nothing is named."""


class Changed(Strict):
    """A column that holds the day or the moment at which something was last changed."""

    what: Literal["email", "phone", "address", "password"]
    column: Name
    dataset: Slug | None = None


class StandingColumns(Strict):
    """How people are reached, and since when."""

    on_file: Annotated[tuple[Reached, ...], Key(min_length=1)]
    changed: tuple[Changed, ...] = ()


class _Table(Protocol):
    """What is looked at of a mapped table."""

    @property
    def parent(self) -> "_Parent | None": ...
    @property
    def withheld_columns(self) -> frozenset[str]: ...


class _Parent(Protocol):
    @property
    def dataset(self) -> str: ...


def misfits(
    person: PersonColumn | None,
    facts: tuple[FactColumn, ...],
    standing: StandingColumns | None,
    tables: Mapping[str, _Table],
) -> Iterator[str]:
    """Yield what does not hang together, as key and sentence."""
    if person is None:
        if facts or standing:
            yield "person: must say which column tells one person from the next, else answers could be another's"
        return
    if person.dataset not in tables:
        yield f"person.dataset: there is no data set {person.dataset}"
        return
    for name, times in Counter(fact.name for fact in facts).items():
        if times > 1:
            yield f"facts: {name} is declared twice"
    for where, dataset, column in _columns(person, facts, standing):
        if not _below(dataset, person.dataset, tables):
            yield f"{where}.dataset: must be {person.dataset} or have it as a parent, else whose it is stays unknown"
        elif column in tables[dataset].withheld_columns:
            yield f"{where}.column: {column} is withheld, so nothing is asked of it"


def _columns(
    person: PersonColumn, facts: tuple[FactColumn, ...], standing: StandingColumns | None
) -> Iterator[tuple[str, str, str]]:
    for number, fact in enumerate(facts):
        yield f"facts[{number}]", fact.dataset, fact.column
    if standing is not None:
        for number, reached in enumerate(standing.on_file):
            yield f"standing.on_file[{number}]", reached.dataset or person.dataset, reached.column
        for number, changed in enumerate(standing.changed):
            yield f"standing.changed[{number}]", changed.dataset or person.dataset, changed.column


def _below(dataset: str, person: str, tables: Mapping[str, _Table]) -> bool:
    """Tell whether a data set is the person's or reached from it. Parents are declared first, so this ends."""
    while dataset in tables:
        if dataset == person:
            return True
        above = tables[dataset].parent
        if above is None:
            return False
        dataset = above.dataset
    return False
