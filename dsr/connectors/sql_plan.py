"""From the mapping and the live schema to statements: one per table, whatever the depth of its joins.

A statement finds its rows through nested `IN (SELECT ...)` up to the table that knows the person, so its text does
not depend on the person, databases can keep its plan, and nothing but the answer travels.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.sql.elements import quoted_name

from dsr.connectors.base import MOST_RESOLVED, Code, Json, PermanentFailure
from dsr.connectors.mapping import Identity, SqlConfig, Table
from dsr.connectors.sql_compare import Expression, LiveColumn, Predicate, candidates, matches
from dsr.connectors.values import MEANT

_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class LiveTable:
    """What the database says about one table."""

    columns: dict[str, LiveColumn]
    key: tuple[str, ...]
    view: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """The statement that reads one data set."""

    dataset: str
    names: tuple[str, ...]
    statement: sa.Select[Any]
    meant: tuple[tuple[str, Callable[[Json], Json]], ...]
    """Columns whose values the declared type still changes."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """The statement that reads other identifiers of the same person from one column."""

    kind: str
    statement: sa.Select[Any]


@dataclass(frozen=True, slots=True)
class Statements:
    """Everything needed to search for a person of whom these kinds of identifier are known."""

    reads: tuple[Read, ...]
    count: sa.CompoundSelect[Any]
    """Data set, rows."""
    measure: sa.CompoundSelect[Any]
    """Data set, rows, bytes as stored; PostgreSQL only."""
    resolves: tuple[Resolve, ...]


def reflect(connection: Connection, config: SqlConfig) -> dict[str, LiveTable]:
    """Return what the database says about the mapped tables and views, by data set; missing ones are left out."""
    inspector = sa.inspect(connection)
    live: dict[str, LiveTable] = {}
    for in_schema in dict.fromkeys(table.in_schema for table in config.tables):
        here = [table for table in config.tables if table.in_schema == in_schema]
        names = list({table.table for table in here})
        columns = inspector.get_multi_columns(schema=in_schema, filter_names=names, kind=ObjectKind.ANY)
        keys = inspector.get_multi_pk_constraint(schema=in_schema, filter_names=names, kind=ObjectKind.ANY)
        collations = _collations(connection, in_schema) if config.vendor == "mysql" else {}
        tables = set(inspector.get_table_names(in_schema))
        for table in here:
            found = columns.get((in_schema, table.table))
            if found:
                key = keys.get((in_schema, table.table))
                live[table.dataset] = LiveTable(
                    {
                        column["name"]: LiveColumn(
                            column["type"],
                            collations.get((table.table, column["name"]), ""),
                            column["nullable"],
                        )
                        for column in found
                    },
                    tuple(key["constrained_columns"]) if key else (),
                    view=table.table not in tables,
                )
    return live


def _collations(connection: Connection, in_schema: str | None) -> dict[tuple[str, str], str]:
    # Reflection omits a collation that a column inherits from its table.
    rows = connection.execute(
        sa.text(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns"
            " WHERE table_schema = COALESCE(:in_schema, DATABASE()) AND collation_name IS NOT NULL"
        ),
        {"in_schema": in_schema},
    )
    return {(table, column): collation for table, column, collation in rows}


class Plan:
    """The statements for one database as it was when the plan was made."""

    def __init__(self, config: SqlConfig, live: Mapping[str, LiveTable]) -> None:
        self.vendor = config.vendor
        self._tables = {table.dataset: table for table in config.tables}
        self._live = live
        self._known: dict[frozenset[str], Statements] = {}
        self._remembered: OrderedDict[Hashable, Sequence[Any]] = OrderedDict()
        self._lock = Lock()
        for table in config.tables:
            self._must_fit(table)

    def statements(self, kinds: frozenset[str]) -> Statements:
        """Return the statements for these kinds of identifier; made once."""
        with self._lock:
            if kinds not in self._known:
                self._known[kinds] = self._build(kinds)
            return self._known[kinds]

    def remembered(self, name: Hashable, make: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        """Return the statements that go by a name, made where they are not known any more.

        Putting one together and into words costs more than having it answered, and they do not depend on the person.
        """
        with self._lock:
            found = self._remembered.get(name)
            if found is not None:
                self._remembered.move_to_end(name)
                return found
        found = make()
        with self._lock:
            self._remembered[name] = found
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    def parameters(self, who: Mapping[str, Sequence[str]]) -> dict[str, list[Any]]:
        """Return the values to bind, each in the shape its column compares with."""
        values: dict[str, list[Any]] = {}
        for table in self._tables.values():
            for identity in table.identity:
                if identity.kind in who:
                    column = self._live[table.dataset].columns[identity.column]
                    name = _parameter(identity, column)
                    if name not in values:
                        values[name] = candidates(who[identity.kind], identity.normalise, column)
        return values

    def live(self, dataset: str, column: str) -> LiveColumn:
        """Return what the database says about a column; raises `PermanentFailure(missing_column)`."""
        found = self._live[dataset].columns.get(column)
        if found is None:
            raise PermanentFailure(Code.MISSING_COLUMN, f"{dataset}.{column}")
        return found

    def of_person(self, dataset: str, kinds: frozenset[str], person: str) -> tuple[sa.FromClause, Predicate]:
        """Return a data set and the condition for records that belong to whoever the data set `person` finds.

        What a data set below knows of people by itself is left aside: whose it is must be certain. Raises
        `PermanentFailure(no_identifier)` where `person` finds nobody by these kinds.
        """
        source, where = self._source(self._tables[dataset], kinds, person)
        if where is None:
            raise PermanentFailure(Code.NO_IDENTIFIER)
        return source, where

    def source(self, dataset: str, kinds: frozenset[str]) -> tuple[sa.FromClause, Predicate | None]:
        """Return a data set and the condition for the person's records; None where these kinds find none there."""
        return self._source(self._tables[dataset], kinds)

    def above(self, dataset: str) -> tuple[Table, tuple[tuple[str, str], ...]] | None:
        """Return the table above, and by which columns here and there its records are found; None at the top."""
        parent = self._tables[dataset].parent
        return (self._tables[parent.dataset], tuple(parent.on.items())) if parent else None

    def place(self, dataset: str) -> sa.TableClause:
        """Return the table of a data set, to be changed."""
        return self._place(self._tables[dataset])

    def columns(self, dataset: str) -> Mapping[str, LiveColumn]:
        """Return what the database says about each column of a data set."""
        return self._live[dataset].columns

    def key(self, dataset: str) -> tuple[str, ...]:
        """Return the columns that tell records apart; raises `PermanentFailure(unable)` where there are none."""
        found = self._tables[dataset].key or self._live[dataset].key
        if not found:
            raise PermanentFailure(Code.UNABLE, dataset)
        return found

    def below(self, dataset: str) -> tuple[Table, ...]:
        """Return the tables whose records belong to those of this data set."""
        return tuple(table for table in self._tables.values() if table.parent and table.parent.dataset == dataset)

    def joins(self, dataset: str) -> frozenset[str]:
        """Return the columns by which records of this data set hang together with others."""
        table = self._tables[dataset]
        here = [*(table.key or self._live[dataset].key), *(table.parent.on if table.parent else ())]
        return frozenset(here).union(*(child.parent.on.values() for child in self.below(dataset) if child.parent))

    def names_person(self, dataset: str, column: str) -> bool:
        """Tell whether people are found by a column, be it by way of the column above that it is joined to."""
        table = self._tables[dataset]
        if any(identity.column == column for identity in table.identity):
            return True
        above = table.parent.on.get(column) if table.parent else None
        return table.parent is not None and above is not None and self.names_person(table.parent.dataset, above)

    def _must_fit(self, table: Table) -> None:
        live = self._live.get(table.dataset)
        if live is None:
            raise PermanentFailure(Code.MISSING_TABLE, table.dataset)
        for name in table.mentioned:
            if name not in live.columns:
                raise PermanentFailure(Code.MISSING_COLUMN, f"{table.dataset}.{name}")
        if table.parent is not None:
            above = self._live[table.parent.dataset]
            for name in table.parent.on.values():
                if name not in above.columns:
                    raise PermanentFailure(Code.MISSING_COLUMN, f"{table.parent.dataset}.{name}")

    def _build(self, kinds: frozenset[str]) -> Statements:
        reads: list[Read] = []
        resolves: list[Resolve] = []
        counts: list[Any] = []
        sizes: list[Any] = []
        for table in self._tables.values():
            source, where = self._source(table, kinds)
            if where is None:
                continue
            order = table.order or self._live[table.dataset].key
            statement = sa.select(*(source.c[name] for name in table.given)).where(where)
            statement = statement.order_by(*(source.c[name] for name in order))
            meant = tuple((name, MEANT[kind]) for name in table.given if (kind := table.columns[name].type) in MEANT)
            reads.append(Read(table.dataset, table.given, statement, meant))
            for resolved in table.resolves:
                column = source.c[resolved.column]
                other = sa.select(column).distinct().where(where, column.is_not(None)).limit(MOST_RESOLVED + 1)
                resolves.append(Resolve(resolved.kind, other))
            # The name of a data set is a slug, checked when the mapping was read.
            label: Expression = sa.literal_column(f"'{table.dataset}'").label("dataset")
            count: Any = sa.select(label, sa.func.count().label("held")).select_from(source).where(where)
            counts.append(count)
            sizes.append(count.add_columns(self._stored(table, source).label("stored")))
        if not reads:
            raise PermanentFailure(Code.NO_IDENTIFIER)
        return Statements(tuple(reads), sa.union_all(*counts), sa.union_all(*sizes), tuple(resolves))

    def _source(
        self, table: Table, kinds: frozenset[str], below: str | None = None
    ) -> tuple[sa.FromClause, Predicate | None]:
        """Return a table and the condition for its rows; with `below` only by way of that data set."""
        passing = below is not None and table.dataset != below
        live = self._live[table.dataset]
        source = self._place(table).alias()
        ways: list[Predicate] = [
            self._matches(source.c[identity.column], live.columns[identity.column], identity)
            for identity in table.identity
            if identity.kind in kinds and not passing
        ]
        if table.parent is not None:
            parent, where = self._source(self._tables[table.parent.dataset], kinds, below if passing else None)
            if where is not None:
                here = [source.c[name] for name in table.parent.on]
                there = sa.select(*(parent.c[name] for name in table.parent.on.values())).where(where)
                one: Expression = here[0] if len(here) == 1 else sa.tuple_(*here)
                ways.append(one.in_(there.correlate(None)))
        return source, sa.or_(*ways) if ways else None

    def _place(self, table: Table) -> sa.TableClause:
        # Quoted always: a name is never taken for a keyword, nor folded to another case.
        return sa.table(
            quoted_name(table.table, quote=True),
            *(sa.column(quoted_name(name, quote=True)) for name in self._live[table.dataset].columns),
            schema=quoted_name(table.in_schema, quote=True) if table.in_schema else None,
        )

    def _matches(self, column: Expression, live: LiveColumn, identity: Identity) -> Predicate:
        _, bound = live.parameter()
        values = sa.bindparam(_parameter(identity, live), expanding=True, type_=bound)
        return matches(self.vendor, column, live, identity.normalise, values)

    def _stored(self, table: Table, source: sa.FromClause) -> Expression:
        live = self._live[table.dataset].columns
        total: Expression = sa.literal_column("0")
        for name in table.given:
            if live[name].wide:
                total = total + sa.func.coalesce(sa.func.pg_column_size(source.c[name]), 0)
        return sa.func.coalesce(sa.func.sum(total), 0)


def _parameter(identity: Identity, column: LiveColumn) -> str:
    return f"{identity.kind}__{identity.normalise}__{column.parameter()[0]}"
