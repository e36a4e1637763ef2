"""Looks through a whole database for what its mapping forgot: tables that lead to people, columns that look like it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from django.utils.translation import gettext as _
from sqlalchemy.engine import Connection
from sqlalchemy.engine.reflection import Inspector

from dsr.connectors.base import Level, Problem
from dsr.connectors.mapping import SqlConfig, Table

_NAMES = re.compile(
    r"(^|_)(e?_?mails?|phones?|mobiles?|msisdn|tel|telephone|fax|(first|last|full|sur|given|family|user|nick)_?name|"
    r"address|street|postcode|zip|ip|ip_?addr(ess)?|birth|birthday|born|dob|iban|bic|ssn|passport|tax_?id|"
    r"lat|latitude|lon|lng|longitude|gender|religion)(_|$|\d)|e_?mail|birth|passport",
    re.IGNORECASE,
)
_HOLDALLS = (sa.JSON, sa.Text, sa.LargeBinary)
"""Types that may hold anything, so also something about somebody."""

_Place = tuple[str | None, str]


def forgotten(connection: Connection, config: SqlConfig) -> list[Problem]:
    """Return what is not declared: an error where it leads to people, a warning where somebody should look."""
    inspector = sa.inspect(connection)
    mapped = {(table.in_schema, table.table): table for table in config.tables}
    schemas = list(dict.fromkeys(in_schema for in_schema, _name in mapped))
    references = {
        (schema, name): {(key["referred_schema"] or schema, key["referred_table"]) for key in keys}
        for schema in schemas
        for (_schema, name), keys in inspector.get_multi_foreign_keys(schema=schema).items()
    }
    found: list[Problem] = []
    for place in sorted(references, key=str):
        if place in mapped:
            found += _of_mapped(mapped[place], (references[place] & mapped.keys()) - {place})
        elif place[1] not in config.ignore_tables:
            found += _of_unmapped(place, references, set(mapped), inspector)
    for schema in schemas:
        found += _unmapped_columns(config, inspector, schema)
    return found


def _of_unmapped(
    place: _Place, references: Mapping[_Place, set[_Place]], mapped: set[_Place], inspector: Inspector
) -> Iterator[Problem]:
    schema, name = place
    way = _way(place, references, mapped)
    if way:
        text = _("Table %(table)s leads to %(way)s and is not in the mapping. Map it, or say that it is to be ignored.")
        yield Problem("undeclared_table", name, text % {"table": name, "way": " > ".join(way)})
    for column in inspector.get_columns(name, schema=schema):
        yield from _suspicious(f"{name}.{column['name']}", column["name"], column["type"], name)


def _way(place: _Place, references: Mapping[_Place, set[_Place]], mapped: set[_Place]) -> list[str]:
    """Return over which tables one leads to a mapped one; nothing where it does not."""
    seen: set[_Place] = {place}
    waiting: list[tuple[_Place, list[str]]] = [(place, [])]
    while waiting:
        here, way = waiting.pop(0)
        for target in sorted(references.get(here, ()), key=str):
            if target in mapped:
                return [*way, target[1]]
            if target not in seen:
                seen.add(target)
                waiting.append((target, [*way, target[1]]))
    return []


def _suspicious(where: str, column: str, kind: sa.types.TypeEngine[Any], table: str) -> Iterator[Problem]:
    values = {"column": column, "table": table}
    if _NAMES.search(column):
        text = _("Column %(column)s of %(table)s looks as if it were about people, and is not in the mapping.")
        yield Problem("undeclared_column", where, text % values)
    elif isinstance(kind, _HOLDALLS):
        text = _("Column %(column)s of %(table)s may hold anything, also about people, and is not in the mapping.")
        yield Problem("undeclared_column", where, text % values, Level.WARNING)


def _unmapped_columns(config: SqlConfig, inspector: Inspector, schema: str | None) -> Iterator[Problem]:
    known: dict[str, set[str]] = {}
    for table in config.tables:
        if table.in_schema == schema:
            known.setdefault(table.table, set()).update(table.mentioned, table.changed_columns, table.ignore)
    kinds = inspector.get_multi_columns(schema=schema, filter_names=list(known))
    for (_schema, name), columns in kinds.items():
        for column in columns:
            if column["name"] not in known[name]:
                yield from _suspicious(f"{name}.{column['name']}", column["name"], column["type"], name)


def _of_mapped(table: Table, above: set[_Place]) -> Iterator[Problem]:
    if table.erase is None:
        text = _("Nobody has said how records of %(table)s are erased.")
        yield Problem("no_erasure", table.dataset, text % {"table": table.table}, Level.WARNING)
    if above and table.parent is None:
        text = _("Table %(table)s refers to %(above)s, which is not said to be its parent.")
        values = {"table": table.table, "above": ", ".join(sorted(name for _schema, name in above))}
        yield Problem("no_parent", table.dataset, text % values, Level.WARNING)
