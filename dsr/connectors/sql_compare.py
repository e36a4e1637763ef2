"""Is this record about this person? Exact comparison of identifiers, the same in every database.

A database's own `=` may not be trusted with it: MariaDB's usual collations call `ada@exämple.org` equal to
`ada@example.org` and read the text `12abc` as the number 12, PostgreSQL's citext ignores capitals, SQLite's NOCASE
too. Each would hand one person's data to another. So the comparison that an index can answer comes first, and one
byte for byte follows it.
"""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from dsr.connectors.mapping import Normalise

Expression = ColumnElement[Any]
Predicate = ColumnElement[bool]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_BETWEEN_DIGITS = " -+()./"
_LONGEST = 1_000
_CODECS = {"utf8mb4": "utf-8", "utf8mb3": "utf-8", "utf8": "utf-8", "latin1": "cp1252", "ascii": "ascii"}


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """What the database says about one column."""

    type: sa.types.TypeEngine[Any]
    collation: str = ""
    nullable: bool = True

    @property
    def integer(self) -> bool:
        """Whether it holds whole numbers."""
        return isinstance(self.type, sa.Integer)

    @property
    def uuid(self) -> bool:
        """Whether it holds UUIDs in a type of their own."""
        return isinstance(self.type, sa.Uuid)

    @property
    def text(self) -> bool:
        """Whether it holds text that compares as it stands."""
        return isinstance(self.type, sa.String) and not isinstance(self.type, sa.Enum)

    @property
    def codec(self) -> str:
        """Python's name for the character set of a MariaDB column, where it is a usual one."""
        return _CODECS.get(self.collation.partition("_")[0], "")

    @property
    def wide(self) -> bool:
        """Whether one value may be of any size."""
        return not isinstance(self.type, (sa.Integer, sa.Numeric, sa.Boolean, sa.Date, sa.DateTime, sa.Time, sa.Uuid))

    def parameter(self) -> tuple[str, sa.types.TypeEngine[Any]]:
        """Return the shape in which values are compared with it, by name and type."""
        if self.integer:
            return "integer", sa.BigInteger()
        return ("uuid", sa.Uuid()) if self.uuid else ("text", sa.String())


def candidates(values: Sequence[str], normalise: Normalise, column: LiveColumn) -> list[Any]:
    """Return what to compare a column with. A value that no row can hold falls out, an empty list finds nothing."""
    found: dict[Any, None] = {}
    for value in values:
        if not 0 < len(value) <= _LONGEST or "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            continue
        for shape in _shapes(value, normalise):
            typed = _typed(shape, column)
            if typed is not None and _storable(typed, column):
                found[typed] = None
    return list(found)


def _storable(value: Any, column: LiveColumn) -> bool:
    """Tell whether the column's character set has every letter: MariaDB refuses to compare others."""
    if not column.codec or not isinstance(value, str):
        return True
    if column.collation.startswith(("utf8_", "utf8mb3_")):
        return max(value) <= "\uffff"
    try:
        value.encode(column.codec)
    except UnicodeEncodeError:
        return False
    return True


def _shapes(value: str, normalise: Normalise) -> list[str]:
    if normalise is Normalise.LOWER:
        # Some databases lower only ASCII; then the other letters must stay as they are.
        return [value.lower(), "".join(letter.lower() if letter.isascii() else letter for letter in value)]
    if normalise is Normalise.DIGITS:
        digits = "".join(letter for letter in value if letter.isascii() and letter.isdigit())
        return [digits] if digits else []
    return [value]


def _typed(value: str, column: LiveColumn) -> Any:
    if column.integer:
        return int(value) if _INTEGER.fullmatch(value) else None
    if column.uuid:
        try:
            return uuid.UUID(value)
        except ValueError:
            return None
    return value


def _digits(expression: Expression) -> Expression:
    return reduce(lambda inner, letter: sa.func.replace(inner, letter, ""), _BETWEEN_DIGITS, expression)


def _shaped(expression: Expression, normalise: Normalise) -> Expression:
    if normalise is Normalise.LOWER:
        return sa.func.lower(expression)
    return _digits(expression) if normalise is Normalise.DIGITS else expression


def _postgresql(column: Expression, live: LiveColumn, normalise: Normalise, values: Any) -> Predicate:
    shaped = _shaped(column if live.text else sa.cast(column, sa.Text), normalise)
    return shaped.in_(values) & sa.cast(shaped, sa.Text).collate("C").in_(values)


def _mysql(column: Expression, live: LiveColumn, normalise: Normalise, values: Any) -> Predicate:
    text: Expression = sa.func.convert(_shaped(column, normalise).op("USING")(sa.literal_column("utf8mb4")))
    exact = sa.cast(text, sa.LargeBinary).in_(values)
    # An index on the column serves unless capitals count in it and not to us. In an unusual character set the plain
    # comparison might be an error ("illegal mix of collations").
    folded = live.collation.endswith("_ci")
    if live.codec and (normalise is Normalise.EXACT or (normalise is Normalise.LOWER and folded)):
        return column.in_(values) & exact
    return exact


def _sqlite(column: Expression, live: LiveColumn, normalise: Normalise, values: Any) -> Predicate:
    shaped = _shaped(column, normalise)
    return shaped.in_(values) if normalise is not Normalise.EXACT else shaped.collate("BINARY").in_(values)


_TEXT: dict[str, Callable[[Expression, LiveColumn, Normalise, Any], Predicate]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "sqlite": _sqlite,
}


def exact(vendor: str, column: Expression, live: LiveColumn) -> Expression:
    """Return the column so that two values are the same only if they are byte for byte."""
    if live.integer or live.uuid or vendor == "sqlite":
        return column
    if vendor == "postgresql":
        return sa.cast(column, sa.Text).collate("C")
    return sa.cast(column, sa.LargeBinary)


def matches(vendor: str, column: Expression, live: LiveColumn, normalise: Normalise, values: Any) -> Predicate:
    """Return the condition that the column holds one of the values, which are those of `candidates`."""
    if live.integer or live.uuid:
        return column.in_(values)
    return _TEXT[vendor](column, live, normalise, values)
