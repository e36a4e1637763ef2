"""Compares what a mapping says of erasing and setting with the live schema."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _
from sqlalchemy.engine.reflection import Inspector

from dsr.connectors.base import Level, PermanentFailure, Problem
from dsr.connectors.mapping import SqlConfig, Table
from dsr.connectors.mapping_changes import Fixed, Hashed, Plain, Truncated
from dsr.connectors.sql_compare import LiveColumn
from dsr.connectors.sql_emptying import Emptying, can_truncate, hash_length
from dsr.connectors.sql_plan import LiveTable, Plan
from dsr.connectors.sql_typed import typed


def changing_problems(config: SqlConfig, live: Mapping[str, LiveTable], inspector: Inspector) -> Iterator[Problem]:
    """Yield what keeps records from being changed as declared, in the order of the mapping."""
    missing = list(_missing(config, live))
    yield from missing
    try:
        plan = Plan(config, live)
    except PermanentFailure:
        # What is missing has been told of already; the rest cannot be judged without it.
        return
    for table in config.tables if not missing else ():
        here = live[table.dataset]
        if table.erase and not (table.key or here.key):
            text = _("Nothing tells the records of %(table)s apart. Name the columns that do as its key.")
            yield Problem("no_key", table.dataset, text % {"table": table.table})
        unique = {*_unique(inspector, table), *(here.key if len(here.key) == 1 else ())} if not here.view else set()
        yield from _strategies(table, here, unique)
        yield from _values(table, here)
        yield from _unsaid(plan, config, table)


def _missing(config: SqlConfig, live: Mapping[str, LiveTable]) -> Iterator[Problem]:
    tables = {table.dataset: table for table in config.tables}
    for table in config.tables:
        above = [(part.dataset, part.column) for part in (table.event, table.open) if part and part.dataset]
        for dataset, column in [*((table.dataset, name) for name in table.changed_columns), *above]:
            if dataset in live and column not in live[dataset].columns:
                text = _("Table %(table)s has no column %(column)s.")
                values = {"table": tables[dataset].table, "column": column}
                yield Problem("missing_column", f"{dataset}.{column}", text % values)


_FILE_UNIQUE = sa.text(
    "SELECT min(info.name) FROM pragma_index_list(:name) AS list JOIN pragma_index_info(list.name) AS info"
    ' WHERE list."unique" = 1 GROUP BY list.name HAVING count(*) = 1'
)


def _unique(inspector: Inspector, table: Table) -> Iterator[str]:
    if inspector.dialect.name == "sqlite":
        # SQLAlchemy warns of indexes on expressions there.
        connection: Any = inspector.bind
        yield from (name for (name,) in connection.execute(_FILE_UNIQUE, {"name": table.table}))
        return
    for index in inspector.get_indexes(table.table, schema=table.in_schema):
        if index["unique"] and len(index["column_names"]) == 1:
            yield str(index["column_names"][0])
    for unique in inspector.get_unique_constraints(table.table, schema=table.in_schema):
        if len(unique["column_names"]) == 1:
            yield unique["column_names"][0]


def _strategies(table: Table, here: LiveTable, unique: set[str]) -> Iterator[Problem]:
    for name, column in table.columns.items():
        there = here.columns[name]
        if column.erase is None:
            continue
        unfit = ""
        if column.erase == "null" and not there.nullable:
            unfit = _("Column %(column)s must hold something, so it cannot be emptied to nothing.")
        elif isinstance(column.erase, Fixed) and name in unique:
            unfit = _("No two records may hold the same in %(column)s, so it cannot be set to one value. Hash it.")
        elif isinstance(column.erase, Fixed) and not _takes(column.erase.fixed, there):
            unfit = _("Column %(column)s cannot hold the value that it is to be set to.")
        elif isinstance(column.erase, Hashed) and not hash_length(there):
            unfit = _("Column %(column)s has no room for a digest of at least 16 letters.")
        elif isinstance(column.erase, Truncated) and not can_truncate(there):
            unfit = _("Column %(column)s holds no days, so it cannot be cut down to a month or year.")
        if unfit:
            yield Problem("strategy_unfit", f"{table.dataset}.{name}", unfit % {"column": name})
        elif table.event and table.event.column == name and not isinstance(column.erase, Truncated):
            text = _("Column %(column)s is the records' own day. Once it is emptied, what is left of them stays.")
            yield Problem("day_emptied", f"{table.dataset}.{name}", text % {"column": name}, Level.WARNING)


def _takes(value: Plain | None, there: LiveColumn) -> bool:
    try:
        typed(value, there)
    except ValueError:
        return False
    return True


def _values(table: Table, here: LiveTable) -> Iterator[Problem]:
    settings = [table.restrict or {}, table.unrestrict or {}, *table.suppress.values()]
    wanted = [(name, value) for each in settings for name, value in each.items()]
    if table.open is not None and table.open.dataset is None:
        wanted += [(table.open.column, value) for value in table.open.values if value is not None]
    for name in dict.fromkeys(name for name, value in wanted if not _takes(value, here.columns[name])):
        text = _("Column %(column)s cannot hold a value that the mapping names for it.")
        yield Problem("value_unfit", f"{table.dataset}.{name}", text % {"column": name})


def _unsaid(plan: Plan, config: SqlConfig, table: Table) -> Iterator[Problem]:
    """Yield columns that nobody has said how to empty, where a record may have to stay without them."""
    below = plan.below(table.dataset)
    if table.erase is None or not (len(table.categories) > 1 or below or table.erase == "columns"):
        return
    emptying = Emptying(plan, config, table)
    for category, names in emptying.columns.items():
        unsaid = [name for name in names if emptying.strategy(name) is None]
        if unsaid:
            text = _("A record may have to stay without %(category)s. Say how these are emptied: %(names)s.")
            values = {"category": category, "names": ", ".join(unsaid)}
            yield Problem("no_strategy", table.dataset, text % values, Level.WARNING)
