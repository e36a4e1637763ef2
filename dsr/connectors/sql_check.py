"""Compares a mapping with the live schema, and says of each mismatch what it means and what helps."""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _
from sqlalchemy.engine import Connection
from sqlalchemy.engine.reflection import Inspector

from dsr.connectors.base import FieldType, Level, Problem
from dsr.connectors.mapping import Column, SqlConfig, Table
from dsr.connectors.sql_check_changes import changing_problems
from dsr.connectors.sql_check_facts import asking_problems
from dsr.connectors.sql_compare import LiveColumn
from dsr.connectors.sql_plan import LiveTable, reflect

_FITS: dict[FieldType, tuple[type[sa.types.TypeEngine[Any]], ...]] = {
    FieldType.INTEGER: (sa.Integer, sa.Numeric),
    FieldType.DECIMAL: (sa.Numeric, sa.Integer),
    FieldType.BOOLEAN: (sa.Boolean, sa.Integer),
    FieldType.DATE: (sa.Date, sa.DateTime, sa.String),
    FieldType.DATETIME: (sa.DateTime, sa.Date, sa.Time, sa.String),
    FieldType.JSON: (sa.JSON, sa.String, sa.ARRAY),
    FieldType.BINARY: (sa.LargeBinary,),
}


def problems(connection: Connection, config: SqlConfig) -> list[Problem]:
    """Return every mismatch, in the order of the mapping; what matters most about a table comes first."""
    live = reflect(connection, config)
    inspector = sa.inspect(connection)
    found: list[Problem] = []
    for table in config.tables:
        here = live.get(table.dataset)
        if here is None:
            found.append(_missing_table(table, inspector))
            continue
        found += _missing_columns(table, here)
        found += _wrong_types(table, here)
        found += _join(table, here, live)
        found += _unmapped_columns(table, here)
        found += _slow_searches(table, here, inspector, config)
    found += asking_problems(config, live)
    found += changing_problems(config, live, inspector)
    found += _unmapped_tables(config, inspector)
    found += _may_write(connection, config, live)
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return " " + _("Is it %(name)s now?") % {"name": near[0]} if near else ""


def _missing_table(table: Table, inspector: Inspector) -> Problem:
    names = [*inspector.get_table_names(table.in_schema), *inspector.get_view_names(table.in_schema)]
    text = _("There is no table %(table)s, or our account may not see it.") % {"table": table.table}
    return Problem("missing_table", table.dataset, text + _nearest(table.table, names))


def _missing_columns(table: Table, live: LiveTable) -> Iterator[Problem]:
    for name in table.mentioned:
        if name not in live.columns:
            text = _("Table %(table)s has no column %(column)s.") % {"table": table.table, "column": name}
            unknown = [column for column in live.columns if column not in table.columns]
            yield Problem("missing_column", f"{table.dataset}.{name}", text + _nearest(name, unknown))


def _wrong_types(table: Table, live: LiveTable) -> Iterator[Problem]:
    for name, column in table.columns.items():
        there = live.columns.get(name)
        if there is not None and column.withheld is None and not _fits(column, there):
            yield Problem(
                "type_differs",
                f"{table.dataset}.{name}",
                _("The mapping says %(declared)s, the column is %(live)s. People would be told the wrong thing.")
                % {"declared": column.type, "live": str(there.type)},
                Level.WARNING,
            )


def _fits(column: Column, live: LiveColumn) -> bool:
    if isinstance(live.type, sa.types.NullType) or column.type is FieldType.TEXT:
        return not isinstance(live.type, sa.LargeBinary)
    return isinstance(live.type, _FITS[column.type])


def _join(table: Table, live: LiveTable, all_live: dict[str, LiveTable]) -> Iterator[Problem]:
    if table.parent is None or table.parent.dataset not in all_live:
        return
    above = all_live[table.parent.dataset]
    for here, there in table.parent.on.items():
        where = f"{table.dataset}.{here}"
        if there not in above.columns:
            text = _("The parent %(parent)s has no column %(column)s.")
            yield Problem("missing_column", where, text % {"parent": table.parent.dataset, "column": there})
        elif here in live.columns and live.columns[here].parameter()[0] != above.columns[there].parameter()[0]:
            text = _("It is joined to %(parent)s.%(column)s, which is of another type.")
            values = {"parent": table.parent.dataset, "column": there}
            yield Problem("join_types_differ", where, text % values, Level.WARNING)


def _unmapped_columns(table: Table, live: LiveTable) -> Iterator[Problem]:
    known = {*table.mentioned, *table.changed_columns, *table.ignore}
    for name in live.columns:
        if name not in known:
            text = _("Column %(column)s of %(table)s is not in the mapping: people would not be given it.")
            values = {"column": name, "table": table.table}
            yield Problem("unmapped_column", f"{table.dataset}.{name}", text % values, Level.WARNING)


def _indexes(inspector: Inspector, table: Table) -> Iterator[str]:
    """Yield what each index begins with: a column, or the text of an expression."""
    for index in inspector.get_indexes(table.table, schema=table.in_schema):
        first = index["column_names"][0] if index["column_names"] else None
        yield str(first if first is not None else index.get("expressions", [""])[0])
    for unique in inspector.get_unique_constraints(table.table, schema=table.in_schema):
        yield from unique["column_names"][:1]


def _file_indexes(inspector: Inspector, table: Table) -> Iterator[str]:
    """Do the same in SQLite, of which SQLAlchemy does not read expressions."""
    connection: Any = inspector.bind
    for index, first, text in connection.execute(_FILE_INDEXES, {"name": table.table}).all():
        yield first if first is not None else (text or index).partition("(")[2].split(",")[0]


_FILE_INDEXES = sa.text(
    "SELECT list.name, info.name, master.sql FROM pragma_index_list(:name) AS list"
    " JOIN pragma_index_xinfo(list.name) AS info ON info.seqno = 0"
    " LEFT JOIN sqlite_master AS master ON master.type = 'index' AND master.name = list.name"
)


def _slow_searches(table: Table, live: LiveTable, inspector: Inspector, config: SqlConfig) -> Iterator[Problem]:
    if live.view:
        return
    leading = [live.key[0]] if live.key else []
    leading += _file_indexes(inspector, table) if config.vendor == "sqlite" else _indexes(inspector, table)
    searched = [identity.column for identity in table.identity]
    searched += [next(iter(table.parent.on))] if table.parent else []
    for name in dict.fromkeys(searched):
        if name in live.columns and not any(_about(name, lead) for lead in leading):
            text = _("No index begins with %(column)s; every search reads the whole of %(table)s.")
            values = {"column": name, "table": table.table}
            yield Problem("no_index", f"{table.dataset}.{name}", text % values, Level.WARNING)


def _about(column: str, lead: str) -> bool:
    """Tell whether the first part of an index, a column or an expression, is about this column."""
    return column == lead or re.search(rf"(?<!\w){re.escape(column)}(?!\w)", lead) is not None


def _unmapped_tables(config: SqlConfig, inspector: Inspector) -> Iterator[Problem]:
    for in_schema in dict.fromkeys(table.in_schema for table in config.tables):
        mapped = {table.table for table in config.tables if table.in_schema == in_schema}
        known = {*mapped, *config.ignore_tables}
        for (_schema, name), keys in inspector.get_multi_foreign_keys(schema=in_schema).items():
            targets = {key["referred_table"] for key in keys} & mapped
            if name not in known and targets:
                text = _("Table %(table)s refers to %(target)s and is not in the mapping: it may be about people too.")
                values = {"table": name, "target": ", ".join(sorted(targets))}
                yield Problem("unmapped_table", name, text % values, Level.WARNING)


def _may_write(connection: Connection, config: SqlConfig, live: dict[str, LiveTable]) -> Iterator[Problem]:
    """Our own transactions are read-only; an account that could not write anyway would be safer still."""
    if config.vendor != "postgresql" or (config.changes and config.write_url is None):
        return
    asked = sa.text("SELECT has_table_privilege(:name, 'INSERT, UPDATE, DELETE, TRUNCATE')")
    quote = connection.dialect.identifier_preparer.quote_identifier
    for table in config.tables:
        if table.dataset not in live:
            continue
        name = quote(table.table) if table.in_schema is None else f"{quote(table.in_schema)}.{quote(table.table)}"
        if connection.execute(asked, {"name": name}).scalar():
            text = _("Our account may also change %(table)s. Give it SELECT and nothing else.")
            yield Problem("may_write", table.dataset, text % {"table": table.table}, Level.WARNING)
