"""Sets fields, statements and flags in a person's records, and lists whom a database knows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dsr.connectors.base import Code, FieldType, Identifiers, Json, PermanentFailure
from dsr.connectors.changes import Change, Changed, Note
from dsr.connectors.mapping import Normalise, SqlConfig, Table
from dsr.connectors.mapping_changes import Plain, Settings
from dsr.connectors.sql_emptying import Emptying
from dsr.connectors.sql_keys import Key, among, batches
from dsr.connectors.sql_plan import Plan
from dsr.connectors.sql_typed import bound, typed
from dsr.connectors.values import MEANT, plain


class Setting:
    """What is to be set in the records of one data set."""

    def __init__(self, plan: Plan, table: Table, values: Mapping[str, Any], held: Mapping[str, str]) -> None:
        self._plan, self._table, self._values, self._held = plan, table, values, held

    def carry_out(self, connection: Connection, who: Identifiers, most: int) -> int:
        """Set it where it is not so yet, and return how many of the person's records are as they should be."""
        right, wrong = 0, []
        for record, present in self._records(connection, who, most, locked=True):
            if self._is_right(present):
                right += 1
            elif self._may_be_set(present):
                wrong.append(record)
        return right + self._set(connection, wrong)

    def stands(self, connection: Connection, who: Identifiers, most: int) -> bool:
        """Tell whether every record of the person is as it should be; so it is where there is none."""
        return all(self._is_right(present) for _, present in self._records(connection, who, most, locked=False))

    def _records(
        self, connection: Connection, who: Identifiers, most: int, *, locked: bool
    ) -> Iterator[tuple[Key, Mapping[str, Any]]]:
        """Yield the key of each record and what it holds now in the columns that are to be set."""
        source, where = self._plan.source(self._table.dataset, frozenset(who))
        if where is None:
            return
        keys, names = self._plan.key(self._table.dataset), [*self._values]
        statement = sa.select(*(source.c[name].label(f"c{n}") for n, name in enumerate([*keys, *names]))).where(where)
        statement = statement.order_by(*(source.c[name] for name in keys)).limit(most + 1)
        if locked:
            statement = statement.with_for_update()
        rows = connection.execute(statement, self._plan.parameters(who)).all()
        if len(rows) > most:
            raise PermanentFailure(Code.TOO_MANY_ROWS, self._table.dataset)
        for row in rows:
            yield tuple(row[: len(keys)]), dict(zip(names, row[len(keys) :], strict=True))

    def _is_right(self, present: Mapping[str, Any]) -> bool:
        return all(self._text(name, present[name]) == self._text(name, to) for name, to in self._values.items())

    def _may_be_set(self, present: Mapping[str, Any]) -> bool:
        return all(
            self._text(name, present[name]) in (held, self._text(name, self._values[name]))
            for name, held in self._held.items()
        )

    def _text(self, name: str, value: Any) -> str | None:
        declared = self._table.columns.get(name)
        return as_text(value, declared.type if declared else FieldType.TEXT)

    def _set(self, connection: Connection, keys: Sequence[Key]) -> int:
        place, columns = self._plan.place(self._table.dataset), self._plan.columns(self._table.dataset)
        values = {name: bound(self._plan.vendor, value, columns[name]) for name, value in self._values.items()}
        for some in batches(keys):
            connection.execute(
                sa.update(place).where(among(self._plan, self._table.dataset, place, some)).values(values)
            )
        return len(keys)


def as_text(value: Any, kind: FieldType) -> str | None:
    """Return a value as it is handed over, as a text."""
    meant: Callable[[Json], Json] = MEANT.get(kind, lambda same: same)
    found = meant(plain(value))
    if found is None or isinstance(found, str):
        return found
    return str(found).lower() if isinstance(found, bool) else str(found)


def corrections(plan: Plan, config: SqlConfig, changes: Sequence[Change]) -> dict[str, Setting]:
    """Return what is to be set, by data set; raises `PermanentFailure(not_correctable)`."""
    tables = {table.dataset: table for table in config.tables}
    wanted: dict[str, list[Change]] = {}
    for change in changes:
        table = tables.get(change.dataset)
        column = table.columns.get(change.field) if table else None
        if column is None or not column.correctable:
            raise PermanentFailure(Code.NOT_CORRECTABLE, f"{change.dataset}.{change.field}")
        wanted.setdefault(change.dataset, []).append(change)
    return {
        dataset: Setting(
            plan,
            tables[dataset],
            {each.field: _readable(plan, tables[dataset], each) for each in asked},
            {each.field: each.held for each in asked if each.held is not None},
        )
        for dataset, asked in wanted.items()
    }


def _readable(plan: Plan, table: Table, change: Change) -> Any:
    where = f"{table.dataset}.{change.field}"
    return _typed(plan, table, change.field, change.value, PermanentFailure(Code.NOT_CORRECTABLE, where))


def _typed(plan: Plan, table: Table, column: str, value: Plain | None, failure: PermanentFailure) -> Any:
    live, declared = plan.live(table.dataset, column), table.columns.get(column)
    if column in plan.joins(table.dataset):
        raise failure
    try:
        return typed(value, live, declared.type if declared else FieldType.TEXT)
    except ValueError:
        raise failure from None


def statements(plan: Plan, config: SqlConfig, notes: Sequence[Note]) -> dict[str, Setting]:
    """Return where a statement of the person is put, by data set; raises `PermanentFailure(unable)` where it cannot."""
    tables = {table.dataset: table for table in config.tables}
    found = {}
    for note in notes:
        table = tables.get(note.dataset)
        if table is None or table.note is None:
            raise PermanentFailure(Code.UNABLE, note.dataset)
        nothing = None if plan.live(table.dataset, table.note).nullable else ""
        failure = PermanentFailure(Code.TOO_LARGE, f"{table.dataset}.{table.note}")
        found[note.dataset] = Setting(
            plan, table, {table.note: _typed(plan, table, table.note, note.text or nothing, failure)}, {}
        )
    return found


def flags(plan: Plan, config: SqlConfig, chosen: Callable[[Table], Sequence[Settings]]) -> dict[str, Setting]:
    """Return the flags to be set, by data set."""
    found = {}
    for table in config.tables:
        values = {name: value for settings in chosen(table) for name, value in settings.items()}
        if values:
            failure = {name: PermanentFailure(Code.NOT_CORRECTABLE, f"{table.dataset}.{name}") for name in values}
            typed_values = {name: _typed(plan, table, name, value, failure[name]) for name, value in values.items()}
            found[table.dataset] = Setting(plan, table, typed_values, {})
    return found


def carry_out(connection: Connection, settings: Mapping[str, Setting], who: Identifiers, config: SqlConfig) -> Changed:
    """Set all of it."""
    # From the children up: a parent that is found by another address afterwards would hide them.
    upwards = [table.dataset for table in reversed(config.tables) if table.dataset in settings]
    done = {name: settings[name].carry_out(connection, who, config.limits.max_rows) for name in upwards}
    return Changed(records={name: done[name] for name in settings})


def rosters(plan: Plan, config: SqlConfig, kind: str) -> Iterator[tuple[sa.Select[Any], Normalise]]:
    """Yield a statement for each column with identifiers of one kind; what was emptied is no identifier."""
    for table in config.tables:
        emptying = Emptying(plan, config, table)
        for identity in table.identity:
            if identity.kind == kind:
                column, strategy = plan.place(table.dataset).c[identity.column], emptying.strategy(identity.column)
                statement = sa.select(column).distinct().where(column.is_not(None))
                if strategy is not None:
                    statement = statement.where(sa.not_(emptying.emptied(column, identity.column)))
                yield statement, identity.normalise


def alike(value: str, normalise: Normalise) -> str:
    """Return a value made like others that mean the same."""
    if normalise is Normalise.LOWER:
        return value.strip().lower()
    if normalise is Normalise.DIGITS:
        return "".join(letter for letter in value if letter.isascii() and letter.isdigit())
    return value
