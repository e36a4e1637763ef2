"""Reading rows by their keys with a statement whose text is made once per process.

Making the text of a SELECT costs Django more than sending it and reading the answer. Where the same few rows are read
for every step of every case that is most of what the step costs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
_populators: Any = get_related_populators  # its types are those of a later Django


@dataclass(frozen=True, slots=True)
class _Made:
    """What a query came to on one kind of database, and how its rows become objects."""

    vendor: str
    text: str
    values: tuple[Any, ...]
    places: tuple[int, ...]
    """Which of the values stand for the keys, in the order in which those are given."""
    converters: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...]
    model: type[Model]
    names: tuple[str, ...]
    own: slice
    others: tuple[Any, ...]


class Prepared(Generic[M]):
    """A query in which nothing varies but keys. Each is given once and is a UUID or a text.

    Where the query locks rows, the caller has to be in a transaction, as always.
    """

    def __init__(self, query: Callable[..., QuerySet[M, M]]) -> None:
        self._query = query
        self._made: _Made | None = None

    def rows(self, *keys: UUID | str) -> list[M]:
        """Return the rows, with what the query says is to come with them."""
        database = connections[DEFAULT_DB_ALIAS]
        made = self._made
        if made is None or made.vendor != database.vendor:
            made = self._made = self._make(keys, database)
        values = list(made.values)
        for place, given in zip(made.places, keys, strict=True):
            values[place] = _as_stored(given, database)
        with database.cursor() as cursor:
            cursor.execute(made.text, values)
            found = cursor.fetchall()
        return [_object(made, list(row), database) for row in found]

    def _make(self, keys: Sequence[UUID | str], database: BaseDatabaseWrapper) -> _Made:
        # Found again in the statement by not being anything else there.
        nobodies: list[UUID | str] = [uuid4() if isinstance(key, UUID) else f"nobody-{uuid4()}" for key in keys]
        compiler: Any = self._query(*nobodies).query.get_compiler(database.alias)
        text, values = compiler.as_sql()
        columns = [column for column, _sql, _alias in compiler.select]
        own = compiler.klass_info["select_fields"]
        mine = slice(own[0], own[-1] + 1)
        return _Made(
            vendor=database.vendor,
            text=text,
            values=tuple(values),
            places=tuple(values.index(_as_stored(nobody, database)) for nobody in nobodies),
            converters=tuple((at, tuple(all_), of) for at, (all_, of) in compiler.get_converters(columns).items()),
            model=compiler.klass_info["model"],
            names=tuple(column.target.attname for column in columns[mine]),
            own=mine,
            others=tuple(_populators(compiler.klass_info, compiler.select, database.alias)),
        )


class PreparedSet(Generic[M]):
    """A query for the rows of some keys, of which there are few as a rule. Each number of keys has its own text."""

    MOST = 8
    """For more it costs nothing that counts to make the text anew."""

    def __init__(self, query: Callable[[Sequence[UUID | str]], QuerySet[M, M]]) -> None:
        self._query = query
        self._prepared: dict[int, Prepared[M]] = {}

    def rows(self, keys: Sequence[UUID | str]) -> list[M]:
        """Return the rows of keys that differ from each other."""
        if not keys or len(keys) > self.MOST:
            return list(self._query(keys))
        if len(keys) not in self._prepared:
            self._prepared[len(keys)] = Prepared(lambda *few: self._query(few))
        return self._prepared[len(keys)].rows(*keys)


def among(values: Sequence[str]) -> RawSQL | Sequence[str]:
    """Return what `filter(field__in=...)` takes for thousands of texts: one value for the statement, not one for each.

    Writing a place for each of them takes longer than looking them up.
    """
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        return values
    return RawSQL("SELECT unnest(%s::text[])", [list(values)])


def _as_stored(key: UUID | str, database: BaseDatabaseWrapper) -> Any:
    return key.hex if isinstance(key, UUID) and not database.features.has_native_uuid_field else key


def _object(made: _Made, row: list[Any], database: BaseDatabaseWrapper) -> Any:
    """Make an object of a row as a queryset does."""
    for place, converters, expression in made.converters:
        for convert in converters:
            row[place] = convert(row[place], expression, database)
    found = made.model.from_db(database.alias, made.names, row[made.own])
    for other in made.others:
        other.populate(row, found)
    return found
