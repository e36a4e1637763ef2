"""How columns are emptied, and how it is told that they are: in the database, so that no value need leave it.

The one exception is a hash, which is made here, under a key that the database never sees. It begins with letters that
only its label and key give, so that a hashed column is known for one.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from dsr.connectors.base import Code, PermanentFailure
from dsr.connectors.mapping import SqlConfig, Table
from dsr.connectors.mapping_changes import Fixed, Hashed, Strategy, Truncated
from dsr.connectors.sql_compare import Expression, LiveColumn, Predicate
from dsr.connectors.sql_plan import Plan
from dsr.connectors.sql_typed import bound, typed

_MARK = 6
SHORTEST_HASH, LONGEST_HASH = 16, 64
_DATED = (sa.Date, sa.DateTime)


class Hasher:
    """Keyed digests for one label and column."""

    def __init__(self, key: str, label: str, live: LiveColumn) -> None:
        self._key, self._label = key.encode(), label.encode()
        self.length = hash_length(live)
        self.mark = self._digest(b"mark")[:_MARK]

    def __call__(self, value: str) -> str:
        """Return the digest of a value; one that is a digest already stays."""
        if len(value) == self.length and value.startswith(self.mark):
            return value
        return self.mark + self._digest(b"value\x00" + value.encode())[: self.length - _MARK]

    def _digest(self, text: bytes) -> str:
        return hmac.new(self._key, self._label + b"\x00" + text, hashlib.sha256).hexdigest()


def hash_length(live: LiveColumn) -> int:
    """Return how long a digest in this column is; 0 where it holds none."""
    length = getattr(live.type, "length", None) or LONGEST_HASH
    return min(length, LONGEST_HASH) if live.text and length >= SHORTEST_HASH else 0


def can_truncate(live: LiveColumn) -> bool:
    """Tell whether a column can hold days."""
    return live.text or isinstance(live.type, (*_DATED, sa.types.NullType))


class Emptying:
    """What is emptied in the records of one data set, by data category."""

    def __init__(self, plan: Plan, config: SqlConfig, table: Table) -> None:
        self._plan, self._table = plan, table
        self._key = config.hash_key.get_secret_value() if config.hash_key else ""
        self._live = plan.columns(table.dataset)

    @cached_property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Return the columns of each category that hold something of it and can be emptied.

        A column by which records hang together stays as it is, unless it names the person: is one by which people are
        found, or leads to one.
        """
        found: dict[str, list[str]] = {category: [] for category in self._table.categories}
        joins = self._plan.joins(self._table.dataset)
        naming = [name for name in self._live if self._plan.names_person(self._table.dataset, name)]
        for name in dict.fromkeys([*self._table.columns, *naming]):
            if name in naming or name not in joins or self.strategy(name) is not None:
                found[self._table.category_of(name)].append(name)
        return {category: tuple(names) for category, names in found.items()}

    def strategy(self, column: str) -> Strategy | None:
        """Return how a column is emptied; to nothing where it names people and is not declared."""
        declared = self._table.columns.get(column)
        return declared.erase if declared is not None else "null"

    def held(self, source: Any, category: str) -> Predicate:
        """Return the condition that a record still holds something of a category."""
        emptied = [self.emptied(source.c[name], name) for name in self.columns[category]]
        return sa.not_(sa.and_(*emptied)) if emptied else sa.true()

    def settings(self, source: Any, categories: Collection[str]) -> dict[str, Expression]:
        """Return what the columns of these categories are set to, but for those that are hashed.

        Raises `PermanentFailure(no_strategy)` with the first column of which nobody has said how it is emptied.
        """
        found: dict[str, Expression] = {}
        for name in self._of(categories):
            strategy = self.strategy(name)
            if strategy is None:
                raise self._no_strategy(name)
            if isinstance(strategy, Hashed):
                self.hasher(name)
            elif isinstance(strategy, Truncated):
                found[name] = self._truncated(source.c[name], name, strategy)
            else:
                found[name] = self._constant(name, strategy)
        note = self._table.note
        if note is not None and note not in self._table.columns and self._table.category in categories:
            found[note] = sa.null()  # what the person had us keep beside it goes with it
        return found

    def hashed(self, categories: Collection[str]) -> tuple[str, ...]:
        """Return the columns of these categories that are hashed."""
        return tuple(name for name in self._of(categories) if isinstance(self.strategy(name), Hashed))

    def hasher(self, column: str) -> Hasher:
        """Return what makes the digests of a column; raises `PermanentFailure(no_strategy)` where it holds none."""
        strategy = self.strategy(column)
        if not isinstance(strategy, Hashed) or not hash_length(self._live[column]):
            raise self._no_strategy(column)
        return Hasher(self._key, strategy.hash, self._live[column])

    def _of(self, categories: Iterable[str]) -> Iterator[str]:
        for category in sorted(categories):
            yield from self.columns[category]

    def _constant(self, name: str, strategy: Strategy) -> Expression:
        value = strategy.fixed if isinstance(strategy, Fixed) else None
        try:
            return bound(self._plan.vendor, typed(value, self._live[name]), self._live[name])
        except ValueError:
            failure = self._no_strategy(name)
        raise failure

    def emptied(self, column: Expression, name: str) -> Predicate:
        strategy, nothing = self.strategy(name), column.is_(None)
        if isinstance(strategy, Fixed):
            return nothing | (column == self._constant(name, strategy))
        if isinstance(strategy, Truncated):
            return nothing | (column == self._truncated(column, name, strategy))
        if isinstance(strategy, Hashed):
            hasher = self.hasher(name)
            marked = sa.func.substr(column, 1, _MARK) == hasher.mark
            return nothing | (marked & (sa.func.length(column) == hasher.length))
        return nothing

    def _truncated(self, column: Expression, name: str, strategy: Truncated) -> Expression:
        live, vendor = self._live[name], self._plan.vendor
        if vendor == "sqlite" or live.text:
            day = sa.func.substr(column, 1, 7) + "-01" if strategy.truncate == "month" else _year(column)
            hour = sa.func.substr(column, 11, 1) + "00:00:00"
            return sa.case((sa.func.length(column) > 10, day + hour), else_=day)
        if not isinstance(live.type, _DATED):
            raise self._no_strategy(name)
        if vendor == "postgresql":
            return sa.cast(sa.func.date_trunc(strategy.truncate, column), live.type)
        pattern = "%Y-%m-01" if strategy.truncate == "month" else "%Y-01-01"
        return sa.cast(sa.func.date_format(column, pattern), sa.Date if isinstance(live.type, sa.Date) else sa.DateTime)

    def _no_strategy(self, column: str) -> PermanentFailure:
        return PermanentFailure(Code.NO_STRATEGY, f"{self._table.dataset}.{column}")


def _year(column: Expression) -> Expression:
    return sa.func.substr(column, 1, 4) + "-01-01"
