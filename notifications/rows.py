"""Writing rows of several tables in one exchange with the database.

A filing is seven inserts, a move two updates and some more. Put together and sent one by one they cost more than
everything else about it. Here the text of a statement is written once per process, and PostgreSQL gets all of them in
one message.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeAlias
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, JSONField, Model
from django.db.models.expressions import DatabaseDefault

AnyField: TypeAlias = "Field[Any, Any]"
_PLAIN = frozenset({str, int, bool, UUID, datetime, date, bytes, type(None)})
"""Types that the driver for PostgreSQL writes as our fields would have it, JSON apart."""
_UNLESS_THERE = " ON CONFLICT DO NOTHING"
_Statement: TypeAlias = tuple[str, list[Any]]


def insert(*rows: Model) -> None:
    """Insert new rows in the order given: all of them, or none. Raises IntegrityError.

    Like `bulk_create`, it runs neither `save` nor signals. Keys that the database makes are not read back.
    """
    database = connections[DEFAULT_DB_ALIAS]
    _send(_inserts(rows, database), database)
    _mark_as_stored(rows, database)


def write(
    *,
    gone: Iterable[tuple[type[Model], Mapping[str, Collection[Any]]]] = (),
    changed: Iterable[tuple[Model, Collection[str]]] = (),
    new: Sequence[Model] = (),
    once: Sequence[Model] = (),
) -> None:
    """Delete and update rows, then insert `new` ones, then of `once` those that are not there yet, by any key.

    `gone` are rows of a table whose named fields all have one of the values given; nothing may refer to them. `changed`
    are rows with the names of the fields to update; one that is not there is passed over. Inside the caller's
    transaction, which an error ends.
    """
    # The connection itself: Django's stand-in for it looks it up again at each of some hundred steps.
    database = connections[DEFAULT_DB_ALIAS]
    statements = [_deletion(model, by, database) for model, by in gone]
    statements += [_update(row, fields, database) for row, fields in changed if fields]
    statements += _inserts(new, database) + _inserts(once, database, _UNLESS_THERE)
    if statements:
        _send(statements, database, savepoint=False)
    _mark_as_stored((*new, *once), database)


def _send(statements: Sequence[_Statement], database: BaseDatabaseWrapper, *, savepoint: bool = True) -> None:
    with database.cursor() as cursor:
        if hasattr(cursor, "mogrify"):
            together = ";\n".join(cursor.mogrify(text, values) for text, values in statements)
            # What PostgreSQL gets as one message is one transaction of its own, unless another is open.
            with transaction.atomic(savepoint=savepoint) if database.in_atomic_block else nullcontext():
                cursor.execute(together)
        else:
            with transaction.atomic(savepoint=savepoint):
                for text, values in statements:
                    cursor.execute(text, values)


def _mark_as_stored(rows: Iterable[Model], database: BaseDatabaseWrapper) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, database.alias


def _inserts(rows: Iterable[Model], database: BaseDatabaseWrapper, ending: str = "") -> list[_Statement]:
    return [_insert(list(group), database, ending) for _model, group in groupby(rows, key=type)]


def _deletion(model: type[Model], by: Mapping[str, Collection[Any]], database: BaseDatabaseWrapper) -> _Statement:
    """Return the statement that deletes the rows whose fields have one of the values given."""
    known: dict[str, AnyField] = {field.name: field for field in model._meta.concrete_fields}
    values = [known[name].get_db_prep_save(value, database) for name, some in by.items() for value in some]
    return _deletion_text(model, tuple((known[name].column, len(some)) for name, some in by.items())), values


@lru_cache(maxsize=256)
def _deletion_text(model: type[Model], columns: tuple[tuple[str, int], ...]) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    where = " AND ".join(f"{quote(column)} IN ({', '.join(['%s'] * number)})" for column, number in columns)
    return f"DELETE FROM {quote(model._meta.db_table)} WHERE {where}"  # noqa: S608


def _update(row: Model, names: Collection[str], database: BaseDatabaseWrapper) -> _Statement:
    """Return the statement that brings the named fields of a row up to date, and its values."""
    key: AnyField = row._meta.pk
    known: dict[str, AnyField] = {field.name: field for field in row._meta.concrete_fields}
    fields = [known[name] for name in names]
    text = _update_text(type(row), tuple(field.column for field in fields), key.column)
    return text, [_value(field, row, database) for field in (*fields, key)]


@lru_cache(maxsize=256)
def _update_text(model: type[Model], columns: tuple[str, ...], key: str) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    places = ", ".join(f"{quote(column)} = %s" for column in columns)
    return f"UPDATE {quote(model._meta.db_table)} SET {places} WHERE {quote(key)} = %s"  # noqa: S608


def _insert(rows: list[Model], database: BaseDatabaseWrapper, ending: str = "") -> _Statement:
    """Return the statement that inserts rows of one table, and its values."""
    fields = [field for field in rows[0]._meta.concrete_fields if any(_given(field, row) for row in rows)]
    values = [_value(field, row, database) for row in rows for field in fields]
    return _insert_text(type(rows[0]), tuple(field.column for field in fields), len(rows)) + ending, values


def _given(field: AnyField, row: Model) -> bool:
    """Say whether a row brings a value; what is null, or the database's to fill in, need not be written."""
    value = row.__dict__[field.attname]
    return not isinstance(value, DatabaseDefault) and (value is not None or field.has_db_default())


def _value(field: AnyField, row: Model, database: BaseDatabaseWrapper) -> Any:
    value = row.__dict__[field.attname]
    if type(value) in _PLAIN and database.vendor == "postgresql" and not isinstance(field, JSONField):
        return value
    return field.get_db_prep_save(value, database)


@lru_cache(maxsize=256)
def _insert_text(model: type[Model], columns: tuple[str, ...], number: int) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    places = f"({', '.join(['%s'] * len(columns))})"
    named = ", ".join(quote(column) for column in columns)
    return f"INSERT INTO {quote(model._meta.db_table)} ({named}) VALUES {', '.join([places] * number)}"  # noqa: S608
