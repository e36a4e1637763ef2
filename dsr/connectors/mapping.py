"""The declared mapping of a database: which tables hold what about whom. Nothing here speaks to a database."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field as Key
from pydantic import SecretStr, field_validator, model_validator

from dsr.connectors.base import Dataset, Field, FieldType, WithheldField
from dsr.connectors.config import LimitsConfig, Name, Slug, Strict, Words

SCHEMES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mariadb": "mysql",
    "mysql": "mysql",
    "sqlite": "sqlite",
}


class Normalise(StrEnum):
    """How a stored value and a given one are made alike before they are compared."""

    EXACT = "exact"
    LOWER = "lower"
    """Capitals do not count (mail addresses)."""
    DIGITS = "digits"
    """Only digits count (telephone numbers)."""


class Identity(Strict):
    """A column that says whom a record is about."""

    kind: Slug
    column: Name
    normalise: Normalise = Normalise.EXACT


class Resolves(Strict):
    """A column that holds another identifier of the same person."""

    kind: Slug
    column: Name


class Parent(Strict):
    """A record belongs to the person if its parent does: `on` maps a column here to a column there."""

    dataset: Slug
    on: Annotated[dict[Name, Name], Key(min_length=1, max_length=8)]


class Withheld(Strict):
    """Why a column never leaves the database."""

    ground: Slug
    reason: Words


class Column(Strict):
    """One entry of the data dictionary. Without a category the table's applies."""

    title: Words
    description: str = ""
    category: Slug | None = None
    type: FieldType = FieldType.TEXT
    withheld: Withheld | None = None


class Table(Strict):
    """One table as one data set. Found by its own identity columns, by its parent, or by either."""

    dataset: Slug
    table: Name
    in_schema: Name | None = Key(default=None, alias="schema")
    title: Words
    description: str = ""
    category: Slug
    identity: tuple[Identity, ...] = ()
    parent: Parent | None = None
    resolves: tuple[Resolves, ...] = ()
    columns: Annotated[dict[Name, Column], Key(min_length=1)]
    order: tuple[Name, ...] = ()
    """Columns to sort by; the primary key where nothing is named."""
    ignore: tuple[Name, ...] = ()
    """Columns that hold nothing about the person; `check` is then silent about them."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.identity and self.parent is None:
            raise ValueError("needs an identity or a parent, else nothing in it can be found")
        if all(column.withheld for column in self.columns.values()):
            raise ValueError("withholds every column")
        both = sorted(set(self.columns) & set(self.ignore))
        if both:
            raise ValueError(f"both maps and ignores {', '.join(both)}")
        return self

    @property
    def given(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(name for name, column in self.columns.items() if column.withheld is None)

    @property
    def mentioned(self) -> tuple[str, ...]:
        """Every column that must exist, each once."""
        names = [*self.columns, *self.order, *(identity.column for identity in self.identity)]
        names += [resolved.column for resolved in self.resolves]
        return tuple(dict.fromkeys([*names, *(self.parent.on if self.parent else ())]))

    def describe(self) -> Dataset:
        """Return the data dictionary of this table."""
        return Dataset(
            name=self.dataset,
            title=self.title,
            description=self.description,
            category=self.category,
            fields=tuple(
                Field(name, column.title, column.description, column.category or self.category, column.type)
                for name, column in self.columns.items()
                if column.withheld is None
            ),
            withheld=tuple(
                WithheldField(name, column.title, column.category or self.category, *_why(column.withheld))
                for name, column in self.columns.items()
                if column.withheld is not None
            ),
        )


def _why(withheld: Withheld) -> tuple[str, str]:
    return withheld.ground, withheld.reason


class SqlConfig(Strict):
    """Everything the `sql` connector needs to know about one database."""

    url: SecretStr
    """`postgresql://`, `mariadb://` (or `mysql://`), `sqlite:///`; driver options in the query part."""
    tables: Annotated[tuple[Table, ...], Key(min_length=1)]
    limits: LimitsConfig = LimitsConfig()
    connections: int = Key(default=4, ge=1, le=64)
    """At most this many at once from one process of ours."""
    connect_timeout_seconds: int = Key(default=5, ge=1, le=60)

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: SecretStr) -> SecretStr:
        if urlsplit(url.get_secret_value()).scheme not in SCHEMES:
            raise ValueError("must begin with postgresql://, mariadb://, mysql:// or sqlite:///")
        return url

    @model_validator(mode="after")
    def _joined(self) -> Self:
        repeated = [name for name, times in Counter(table.dataset for table in self.tables).items() if times > 1]
        if repeated:
            raise ValueError(f"tables: data set {', '.join(repeated)} is declared twice")
        seen: set[str] = set()
        for number, table in enumerate(self.tables):
            if table.parent and table.parent.dataset not in seen:
                raise ValueError(
                    f"tables[{number}].parent.dataset: must name a data set declared before {table.dataset}"
                )
            seen.add(table.dataset)
        return self

    @property
    def vendor(self) -> Literal["postgresql", "mysql", "sqlite"]:
        """Which kind of database it is."""
        return SCHEMES[urlsplit(self.url.get_secret_value()).scheme]  # type: ignore[return-value]

    @property
    def identifiers(self) -> frozenset[str]:
        """Every kind of identifier that some table knows."""
        return frozenset(identity.kind for table in self.tables for identity in table.identity)
