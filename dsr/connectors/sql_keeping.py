"""Names the records that terms would keep, before anything is erased: they must be found again whatever happens."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dsr.connectors.base import Code, Identifiers, PermanentFailure
from dsr.connectors.changes import Handles, Term
from dsr.connectors.mapping import SqlConfig, Table
from dsr.connectors.sql_compare import Expression, Predicate
from dsr.connectors.sql_emptying import Emptying
from dsr.connectors.sql_keys import handle
from dsr.connectors.sql_plan import Plan
from dsr.connectors.sql_terms import ROOM, is_open, may_go, places, room, yes

Terms = Mapping[str, Mapping[str, Term]]


class Keeping:
    """What stays under these terms."""

    def __init__(self, plan: Plan, config: SqlConfig, said: Sequence[Term], terms: Terms) -> None:
        """``terms`` are those ``said``, by data set and category."""
        self._plan, self._config, self._said, self._terms = plan, config, tuple(said), terms
        self._tables = {table.dataset: table for table in config.tables}

    def handles(self, connection: Connection, dataset: str, who: Identifiers, handles: Handles | None) -> list[str]:
        """Return the names of records that stay. Where a key will be hashed it is named as it will be."""
        table, names = self._tables[dataset], self._plan.key(dataset)
        emptying = Emptying(self._plan, self._config, table)
        hashed = [name for name in names if name in emptying.hashed(table.categories)]
        found: list[str] = []

        def make() -> list[Any]:
            return [self._named(table, hashed, *place) for place in places(self._plan, table, who, handles)]

        known = ("kept", dataset, frozenset(who), self._said)
        for statement in make() if handles else self._plan.remembered(known, make):
            left = self._config.limits.max_rows - len(found)
            rows = connection.execute(statement, {**self._plan.parameters(who), ROOM: left + 1}).all()
            if len(rows) > left:
                raise PermanentFailure(Code.TOO_MANY_ROWS, dataset)
            for row in rows:
                gone = {name for name, going in zip(hashed, row[len(names) :], strict=True) if going}
                values = zip(names, row[: len(names)], strict=True)
                found.append(handle(tuple(emptying.hasher(name)(str(v)) if name in gone else v for name, v in values)))
        return found

    def _named(self, table: Table, hashed: Sequence[str], source: Any, where: Predicate) -> sa.Select[Any]:
        names, terms = self._plan.key(table.dataset), self._terms[table.dataset]
        goes = [may_go(self._plan, table, source, terms.get(table.category_of(name))) for name in hashed]
        columns: list[Expression] = [*(source.c[name] for name in names), *map(yes, goes)]
        labelled = [column.label(f"c{place}") for place, column in enumerate(columns)]
        statement = sa.select(*labelled).where(where, self._waits(table, source))
        return statement.order_by(*(source.c[name] for name in names)).limit(room())

    def _waits(self, table: Table, source: Any) -> Predicate:
        """Return the condition that something of a record is kept, or that it can go once one that stays has gone."""
        keeps = self._keeps(table, source)
        return keeps | self._needed(table, source) if table.erase == "rows" else keeps

    def _keeps(self, table: Table, source: Any) -> Predicate:
        emptying, terms = Emptying(self._plan, self._config, table), self._terms.get(table.dataset, {})
        kept = [
            emptying.held(source, category) & sa.not_(may_go(self._plan, table, source, terms.get(category)))
            for category in sorted(table.categories)
        ]
        return sa.or_(is_open(self._plan, table, source), *kept)

    def _needed(self, table: Table, source: Any) -> Predicate:
        needs: list[Predicate] = []
        for child in self._plan.below(table.dataset):
            if child.erase != "rows":
                continue
            below = self._plan.place(child.dataset).alias()
            on = child.parent.on if child.parent else {}
            joined = [below.c[here] == source.c[there] for here, there in on.items()]
            stays: sa.Select[Any] = (
                sa.select(sa.literal_column("1")).select_from(below).where(*joined, self._waits(child, below))
            )
            needs.append(stays.exists())
        return sa.or_(sa.false(), *needs)
