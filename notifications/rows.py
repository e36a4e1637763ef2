"""Inserting rows of several tables in one exchange with the database.

A filing is seven inserts. Put together and sent one by one they cost more than everything else about it. Here the text
of a statement is written once per process, and PostgreSQL gets all of them in one message.
"""

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


def insert(*rows: Model) -> None:
    """Insert new rows in the order given: all of them, or none. Raises IntegrityError.

    Like `bulk_create`, it runs neither `save` nor signals. Keys that the database makes are not read back.
    """
    # The connection itself: Django's stand-in for it looks it up again at each of some hundred steps.
    database = connections[DEFAULT_DB_ALIAS]
    statements = [_statement(list(group), database) for _model, group in groupby(rows, key=type)]
    with database.cursor() as cursor:
        if hasattr(cursor, "mogrify"):
            together = ";\n".join(cursor.mogrify(text, values) for text, values in statements)
            # What PostgreSQL gets as one message is one transaction of its own, unless another is open.
            with transaction.atomic() if database.in_atomic_block else nullcontext():
                cursor.execute(together)
        else:
            with transaction.atomic():
                for text, values in statements:
                    cursor.execute(text, values)
    for row in rows:
        row._state.adding, row._state.db = False, database.alias


def _statement(rows: list[Model], database: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
    """Return the statement for rows of one table, and its values."""
    fields = [field for field in rows[0]._meta.concrete_fields if any(_given(field, row) for row in rows)]
    values = [_value(field, row, database) for row in rows for field in fields]
    return _text(type(rows[0]), tuple(field.column for field in fields), len(rows), database.vendor), values


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
def _text(model: type[Model], columns: tuple[str, ...], number: int, vendor: str) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    places = f"({', '.join(['%s'] * len(columns))})"
    named = ", ".join(quote(column) for column in columns)
    return f"INSERT INTO {quote(model._meta.db_table)} ({named}) VALUES {', '.join([places] * number)}"  # noqa: S608
