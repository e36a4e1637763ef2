"""The declared mapping of a database: which tables hold what about whom. Nothing here speaks to a database."""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field as Key
from pydantic import SecretStr, field_validator, model_validator

from dsr.connectors.base import Dataset, Field, FieldType, WithheldField
from dsr.connectors.config import LimitsConfig, Name, Slug, Strict, Words
from dsr.connectors.mapping_changes import Changes, Hashed, Strategy
from dsr.connectors.mapping_facts import FactColumn, PersonColumn, StandingColumns, misfits

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
    erase: Strategy | None = None
    """How it is emptied where its record stays."""
    correctable: bool = False
    login: bool = False
    """Whether somebody signs in with it."""

    @model_validator(mode="after")
    def _may_be_set(self) -> Self:
        if self.withheld is not None and (self.correctable or self.login):
            raise ValueError("is withheld, so it is neither correctable nor said to be a login")
        return self


class Table(Changes):
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
        for problem in self.unfit():
            raise ValueError(problem)
        return self

    @property
    def given(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(name for name, column in self.columns.items() if column.withheld is None)

    @property
    def withheld_columns(self) -> frozenset[str]:
        """The columns that never leave the database."""
        return frozenset(name for name, column in self.columns.items() if column.withheld is not None)

    @property
    def mentioned(self) -> tuple[str, ...]:
        """Every column that must exist, each once."""
        names = [*self.columns, *self.order, *(identity.column for identity in self.identity)]
        names += [resolved.column for resolved in self.resolves]
        return tuple(dict.fromkeys([*names, *(self.parent.on if self.parent else ())]))

    @property
    def categories(self) -> frozenset[str]:
        """Every data category of which a record holds something, handed over or not."""
        return frozenset(column.category or self.category for column in self.columns.values()) | {self.category}

    def category_of(self, column: str) -> str:
        """Return the data category of a column, declared or not."""
        declared = self.columns.get(column)
        return (declared.category if declared else None) or self.category

    def describe(self) -> Dataset:
        """Return the data dictionary of this table."""
        return Dataset(
            name=self.dataset,
            title=self.title,
            description=self.description,
            category=self.category,
            fields=tuple(
                Field(
                    name,
                    column.title,
                    column.description,
                    column.category or self.category,
                    column.type,
                    correctable=column.correctable,
                    login=column.login,
                )
                for name, column in self.columns.items()
                if column.withheld is None
            ),
            withheld=tuple(
                WithheldField(name, column.title, column.category or self.category, *_why(column.withheld))
                for name, column in self.columns.items()
                if column.withheld is not None
            ),
            event=self.event.name if self.event else "",
            open_while=self.open.name if self.open else "",
        )


def _why(withheld: Withheld) -> tuple[str, str]:
    return withheld.ground, withheld.reason


def _vendor(url: SecretStr) -> Literal["postgresql", "mysql", "sqlite"]:
    return SCHEMES[urlsplit(url.get_secret_value()).scheme]  # type: ignore[return-value]


class SqlConfig(Strict):
    """Everything the `sql` connector needs to know about one database."""

    url: SecretStr
    """`postgresql://`, `mariadb://` (or `mysql://`), `sqlite:///`; driver options in the query part."""
    write_url: SecretStr | None = None
    """The same database by an account that may change it; `url` where nothing is named."""
    hash_key: Annotated[SecretStr, Key(min_length=32)] | None = None
    """The secret under which columns are hashed; nobody who reads the database may know it."""
    tables: Annotated[tuple[Table, ...], Key(min_length=1)]
    ignore_tables: tuple[Name, ...] = ()
    """Tables that hold nothing about people; the audit is then silent about them."""
    person: PersonColumn | None = None
    """What tells one person from the next; facts and standing need it."""
    facts: tuple[FactColumn, ...] = ()
    """What an answer of the person can be compared with."""
    standing: StandingColumns | None = None
    """How the person is reached, and since when."""
    limits: LimitsConfig = LimitsConfig()
    connections: int = Key(default=4, ge=1, le=64)
    """At most this many at once from one process of ours."""
    connect_timeout_seconds: int = Key(default=5, ge=1, le=60)

    @field_validator("url", "write_url")
    @classmethod
    def _known_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and urlsplit(url.get_secret_value()).scheme not in SCHEMES:
            raise ValueError("must begin with postgresql://, mariadb://, mysql:// or sqlite:///")
        return url

    @model_validator(mode="after")
    def _writable(self) -> Self:
        if self.write_url is not None and _vendor(self.write_url) != self.vendor:
            raise ValueError("write_url: must lead to the same kind of database as url")
        hashed = any(isinstance(column.erase, Hashed) for table in self.tables for column in table.columns.values())
        if hashed and self.hash_key is None:
            raise ValueError("hash_key: is needed, as columns are hashed")
        return self

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
            for part in (table.event, table.open):
                if part is not None and part.dataset is not None and part.dataset not in self._above(table):
                    raise ValueError(f"tables[{number}]: {part.name} must be of a data set above {table.dataset}")
        for dataset, column in self._joined_and_correctable():
            raise ValueError(f"tables: {dataset}.{column} joins records, so it cannot be correctable")
        for problem in misfits(self.person, self.facts, self.standing, {table.dataset: table for table in self.tables}):
            raise ValueError(problem)
        return self

    def _above(self, table: Table) -> Iterator[str]:
        tables = {each.dataset: each for each in self.tables}
        while table.parent is not None:
            table = tables[table.parent.dataset]
            yield table.dataset

    def _joined_and_correctable(self) -> Iterator[tuple[str, str]]:
        correctable = {
            (table.dataset, name)
            for table in self.tables
            for name, column in table.columns.items()
            if column.correctable
        }
        for table in self.tables:
            if table.parent is not None:
                for here, there in table.parent.on.items():
                    yield from correctable & {(table.dataset, here), (table.parent.dataset, there)}

    @property
    def vendor(self) -> Literal["postgresql", "mysql", "sqlite"]:
        """Which kind of database it is."""
        return _vendor(self.url)

    @property
    def changes(self) -> bool:
        """Whether anything is ever to be changed."""
        return any(
            table.erase
            or table.note
            or table.restrict
            or table.suppress
            or any(column.correctable for column in table.columns.values())
            for table in self.tables
        )

    @property
    def identifiers(self) -> frozenset[str]:
        """Every kind of identifier that some table knows."""
        return frozenset(identity.kind for table in self.tables for identity in table.identity)
