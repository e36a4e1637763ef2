"""Values on their way into a column: read from text or configuration, refused where the column cannot hold them."""

import datetime as dt
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from dsr.connectors.base import FieldType
from dsr.connectors.mapping_changes import Plain
from dsr.connectors.sql_compare import Expression, LiveColumn

_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0"})
_UNSET = (sa.LargeBinary, sa.JSON, sa.ARRAY)
"""Types that are emptied and nothing else."""


def typed(value: Plain | None, live: LiveColumn, meant: FieldType = FieldType.TEXT) -> Any:
    """Return a value as the column holds it. `meant` is the declared type, where the database has none for it.

    Raises `ValueError`, which never repeats the value.
    """
    if value is None:
        if not live.nullable:
            raise ValueError("must hold something")
        return None
    try:
        found = _read(value, live, meant)
    except (ArithmeticError, ValueError, TypeError, InvalidOperation):
        raise ValueError("is of another type") from None
    length = getattr(live.type, "length", None)
    if isinstance(found, str) and isinstance(length, int) and len(found) > length:
        raise ValueError("is too long")
    return found


def _read(value: Plain, live: LiveColumn, meant: FieldType) -> Any:
    kind, text = live.type, value if isinstance(value, str) else str(value)
    if isinstance(kind, _UNSET) or meant in (FieldType.BINARY, FieldType.JSON) or "\x00" in text:
        raise ValueError
    if isinstance(kind, sa.Boolean) or meant is FieldType.BOOLEAN:
        found = _truth(text)
        return int(found) if live.integer else found
    if live.integer or meant is FieldType.INTEGER:
        return value if isinstance(value, int) and not isinstance(value, bool) else _whole(value, text)
    if isinstance(kind, (sa.Numeric, sa.Float)) or meant is FieldType.DECIMAL:
        return _number(text, kind)
    if isinstance(kind, sa.DateTime) or meant is FieldType.DATETIME:
        return _moment(text, kind)
    if isinstance(kind, sa.Date) or meant is FieldType.DATE:
        return dt.date.fromisoformat(text)
    if isinstance(kind, sa.Time):
        return dt.time.fromisoformat(text)
    if live.uuid:
        return uuid.UUID(text)
    if isinstance(kind, sa.Enum) and text not in kind.enums:
        raise ValueError
    return text


def _truth(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise ValueError
    return text.lower() in _YES


def _whole(value: Plain, text: str) -> int:
    return int(value) if isinstance(value, bool) else int(text)


def _number(text: str, kind: sa.types.TypeEngine[Any]) -> Decimal:
    found = Decimal(text)
    if not found.is_finite():
        raise ValueError
    scale, precision = getattr(kind, "scale", None), getattr(kind, "precision", None)
    exact = isinstance(scale, int) and not isinstance(kind, sa.Float)
    # Not rounded: a value that is set is the value that was decided.
    if exact and (found != round(found, scale) or (precision and found.adjusted() >= precision - scale)):
        raise ValueError
    return found


def _moment(text: str, kind: sa.types.TypeEngine[Any]) -> dt.datetime:
    found = dt.datetime.fromisoformat(text)
    if found.tzinfo is not None and not getattr(kind, "timezone", False):
        found = found.astimezone(dt.UTC).replace(tzinfo=None)
    return found


def bound(vendor: str, value: Any, live: LiveColumn) -> Expression:
    """Return a value as part of a statement."""
    if value is None:
        return sa.null()
    if vendor != "sqlite":
        return sa.literal(value, live.type) if not isinstance(live.type, sa.types.NullType) else sa.literal(value)
    # SQLite has no types for these; their text is what others write there.
    if isinstance(value, dt.datetime):
        return sa.literal(value.isoformat(" "))
    return sa.literal(value if isinstance(value, (str, int, float)) else str(value))
