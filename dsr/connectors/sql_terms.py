"""Which records a term erases and which it keeps, as conditions that the database decides."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from dsr.connectors.base import Code, Identifiers, PermanentFailure
from dsr.connectors.changes import Handles, Line, Term
from dsr.connectors.mapping import Table
from dsr.connectors.mapping_changes import Event, Open
from dsr.connectors.sql_compare import Expression, LiveColumn, Predicate
from dsr.connectors.sql_keys import among, batches, keys
from dsr.connectors.sql_plan import Plan
from dsr.connectors.sql_typed import bound, typed

ROOM = "room"
"""The parameter for how many records are read at most."""
_FIRST_DAY = date(1000, 1, 1)
"""MariaDB writes 0000-00-00 for a day that nobody knows."""


def is_open(plan: Plan, table: Table, source: Any) -> Predicate:
    """Return the condition that something about a record is still going on. Never unknown."""
    return _runs(plan, table.dataset, source, table.open) if table.open else sa.false()


def _runs(plan: Plan, dataset: str, source: Any, running: Open) -> Predicate:
    above = plan.above(dataset)
    if above is not None and running.dataset not in (None, dataset):
        parent, on = above
        there = plan.place(parent.dataset).alias()
        where = [*_joined(source, there, on), _runs(plan, parent.dataset, there, running)]
        return sa.select(sa.literal_column("1")).select_from(there).where(*where).correlate(source).exists()
    live, column = plan.live(dataset, running.column), source.c[running.column]
    try:
        listed = [bound(plan.vendor, typed(value, live), live) for value in running.values if value is not None]
    except ValueError:
        failure = PermanentFailure(Code.SCHEMA_MISMATCH, f"{dataset}.{running.column}")
        raise failure from None
    ways = [column.is_not(None) & column.in_(listed)] if listed else []
    return sa.or_(*ways, *([column.is_(None)] if None in running.values else []))


def _joined(here: Any, there: Any, on: Iterable[tuple[str, str]]) -> list[Predicate]:
    return [there.c[above] == here.c[below] for below, above in on]


def own_day(plan: Plan, table: Table, source: Any) -> Expression | None:
    """Return a record's own day; None where records of this kind have none."""
    return _day(plan, table.dataset, source, table.event) if table.event else None


def _day(plan: Plan, dataset: str, source: Any, event: Event) -> Expression:
    above = plan.above(dataset)
    if above is None or event.dataset in (None, dataset):
        return source.c[event.column]  # type: ignore[no-any-return]
    parent, on = above
    there = plan.place(parent.dataset).alias()
    # Were there several above, the last day would count: it keeps for longest.
    last = sa.func.max(_day(plan, parent.dataset, there, event))
    return sa.select(last).select_from(there).where(*_joined(source, there, on)).correlate(source).scalar_subquery()


def may_go(plan: Plan, table: Table, source: Any, term: Term | None) -> Predicate:
    """Return the condition that a term lets a record's part go. Never unknown."""
    if term is None or not term.erase:
        return sa.false()
    closed = sa.not_(is_open(plan, table, source))
    if term.before is None:
        return closed
    day = own_day(plan, table, source)
    if table.event is None or day is None:
        return sa.false()
    live = plan.live(table.event.dataset or table.dataset, table.event.column)
    return sa.and_(closed, *_before(plan.vendor, day, live, term.before))


def _before(vendor: str, column: Any, live: LiveColumn, day: date) -> list[Predicate]:
    if vendor == "sqlite" or live.text:
        # A text that is no day in ISO 8601 is a day that nobody knows.
        return [column.is_not(None), column.like("____-__-__%"), column < day.isoformat()]
    return [column.is_not(None), column >= sa.literal(_FIRST_DAY), column < sa.literal(day)]


def places(
    plan: Plan, table: Table, who: Identifiers, handles: Handles | None
) -> Iterator[tuple[sa.FromClause, Predicate]]:
    """Yield a table and the condition for its records that are meant: the person's, then others of the handles."""
    source, where = plan.source(table.dataset, frozenset(who))
    if where is not None:
        yield source, where
    for some in batches(keys(plan, table.dataset, (handles or {}).get(table.dataset, ()))):
        source, where = plan.source(table.dataset, frozenset(who))
        # A column that holds nothing makes the condition neither true nor false.
        others = yes(where) == 0 if where is not None else sa.true()
        yield source, among(plan, table.dataset, source, some) & others


def room() -> sa.BindParameter[int]:
    """Return the limit of a statement that is kept for others who have more or less room left."""
    return sa.bindparam(ROOM, type_=sa.Integer)


def yes(condition: Predicate) -> Expression:
    """Return a condition as 1 or 0; what is unknown is no."""
    return sa.case((condition, 1), else_=0)


def day_of(value: Any) -> date | None:
    """Return a record's own day from its column; None where that holds none."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


class Counts:
    """Numbers of one line, added up."""

    def __init__(self) -> None:
        self.found = self.erase = self.open = 0
        self._days: list[date] = []

    def add(self, found: int, erase: int, still_open: int, *kept: date | None) -> None:
        """Count records; `kept` are days of those that are kept."""
        self.found += found
        self.erase += erase
        self.open += still_open
        days = [*self._days, *(day for day in kept if day is not None)]
        self._days = [min(days), max(days)] if days else []

    def line(self, dataset: str, category: str) -> Line:
        """Return the line."""
        first, last = self._days or (None, None)
        return Line(
            dataset,
            category,
            found=self.found,
            erase=self.erase,
            keep=self.found - self.erase,
            open=self.open,
            first_kept=first,
            last_kept=last,
        )
