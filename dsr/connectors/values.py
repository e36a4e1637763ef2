"""Values as a database driver gives them, turned into JSON values without losing anything."""

import base64
import datetime as dt
import decimal
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from dsr.connectors.base import FieldType, Json

SIMPLE = frozenset({str, int, bool, type(None)})
"""Types that are JSON values already; a caller in a hurry looks here first."""


def plain(value: Any) -> Json:
    """Return the JSON form of any value: exact numbers and moments as text, bytes as base64."""
    if type(value) in SIMPLE:
        return value  # type: ignore[no-any-return]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    return str(value)


_SPACED = re.compile(r"(\d{4,6}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?)(?:\.0+)?(.*)")


def _boolean(value: Json) -> Json:
    return bool(value) if value in (0, 1) else value


def _decimal(value: Json) -> Json:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _datetime(value: Json) -> Json:
    if isinstance(value, str) and (parts := _SPACED.fullmatch(value)):
        return f"{parts[1]}T{parts[2]}{parts[3]}"
    return value


def _json(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return plain(json.loads(value))
    except (ValueError, RecursionError):
        return value


MEANT: dict[FieldType, Callable[[Json], Json]] = {
    FieldType.BOOLEAN: _boolean,
    FieldType.DECIMAL: _decimal,
    FieldType.DATETIME: _datetime,
    FieldType.JSON: _json,
}
"""What a declared type adds where a database has no type for it: MariaDB's 0 and 1, SQLite's text."""
