"""Databases by a declared mapping: PostgreSQL, MariaDB or MySQL, SQLite. Reads, and cannot write.

One call is one read-only transaction on one snapshot. Withheld columns are not in any statement, so they do not
leave the database. Identifiers are bound, names are quoted, rows are streamed, and everything has an end.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, ClassVar, NoReturn

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from dsr.connectors.base import (
    MOST_RESOLVED,
    Code,
    ConnectorError,
    Dataset,
    Identifiers,
    Json,
    Limits,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    Row,
    TemporaryFailure,
    alone,
    usable,
)
from dsr.connectors.config import read
from dsr.connectors.deadline import Deadline
from dsr.connectors.mapping import SqlConfig
from dsr.connectors.reasons import reason
from dsr.connectors.sql_backends import BACKENDS, SMALL_BYTES, SMALL_ROWS, Backend
from dsr.connectors.sql_check import problems
from dsr.connectors.sql_plan import Plan, Read, Statements, reflect
from dsr.connectors.values import SIMPLE, plain

_BATCH = 500


class SqlConnector:
    """One database. Safe to share between threads; connections are opened when needed and pooled."""

    kind: ClassVar[str] = "sql"
    automatic: ClassVar[bool] = True

    def __init__(self, config: SqlConfig) -> None:
        self._config = config
        self._limits = config.limits.limits()
        self._backend: Backend = BACKENDS[config.vendor](config)
        self._engine: Engine = self._backend.engine()
        self._described = tuple(table.describe() for table in config.tables)
        self._resolves = any(table.resolves for table in config.tables)
        self._plan: Plan | None = None
        self._lock = Lock()

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "SqlConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(SqlConfig, config))

    def identifiers(self) -> frozenset[str]:
        """Return the kinds of identifier by which the database knows people."""
        return self._config.identifiers

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary as the mapping declares it."""
        return self._described

    def resolve(self, who: Identifiers, *, key: str) -> dict[str, list[str]]:
        """Return what the columns named in the mapping hold about the same person."""
        known = {kind: list(values) for kind, values in who.items() if kind in self.identifiers() and values}
        if not known or not self._resolves:
            return {}
        found: dict[str, dict[str, None]] = {}
        with self._snapshot() as (connection, deadline):
            plan = self._planned(connection)
            values = plan.parameters(known)
            for step in plan.statements(frozenset(known)).resolves:
                deadline.check()
                here = [str(plain(value)) for (value,) in connection.execute(step.statement, values)]
                if len(here) > MOST_RESOLVED:
                    raise PermanentFailure(Code.TOO_MANY_ROWS, step.kind)
                found.setdefault(step.kind, {}).update(dict.fromkeys(here))
        return {kind: [value for value in values if value] for kind, values in found.items()}

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Count the rows of every table in one statement. `key` is not needed: reading repeats itself harmlessly."""
        known = usable(who, self.identifiers())
        with self._snapshot() as (connection, deadline):
            plan = self._planned(connection)
            statements = plan.statements(frozenset(known))
            found = [(name, held) for name, held in connection.execute(statements.count, plan.parameters(known))]
            deadline.check()
        return Located.of(dict(found), self._described)

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Yield every row in the order of the mapping. `key` is not needed: reading repeats itself harmlessly."""
        known = usable(who, self.identifiers())
        with self._snapshot() as (connection, deadline):
            plan = self._planned(connection)
            statements, values = plan.statements(frozenset(known)), plan.parameters(known)
            tally = _Tally(self._limits)
            for step, streamed in self._steps(connection, statements, values):
                yield from self._rows(connection, step, values, streamed, tally, deadline)

    def check(self) -> list[Problem]:
        """Compare the mapping with the live schema; says why where the database cannot be reached at all."""
        self._plan = None
        try:
            with self._snapshot() as (connection, _):
                return problems(connection, self._config)
        except ConnectorError as failure:
            code, where = failure.code, failure.where
        return [Problem(str(code), where, reason(code))]

    def close(self) -> None:
        """Close the pooled connections."""
        self._engine.dispose()

    def forget(self) -> None:
        """Drop the pool without closing it: it belongs to the process this one was forked from."""
        self._engine.dispose(close=False)

    def _planned(self, connection: Connection) -> Plan:
        with self._lock:
            if self._plan is None:
                self._plan = Plan(self._config, reflect(connection, self._config))
            return self._plan

    def _steps(
        self, connection: Connection, statements: Statements, values: dict[str, list[Any]]
    ) -> Iterator[tuple[Read, bool]]:
        """Yield each statement that is worth running, and whether its rows should be streamed."""
        if not self._backend.counts_first:
            yield from ((step, True) for step in statements.reads)
            return
        held = {name: (rows, stored) for name, rows, stored in connection.execute(statements.measure, values)}
        if sum(rows for rows, _ in held.values()) > self._limits.max_rows:
            raise PermanentFailure(Code.TOO_MANY_ROWS)
        for step in statements.reads:
            rows, stored = held[step.dataset]
            if rows:
                yield step, rows > SMALL_ROWS or stored > SMALL_BYTES

    def _rows(
        self,
        connection: Connection,
        step: Read,
        values: dict[str, list[Any]],
        streamed: bool,
        tally: "_Tally",
        deadline: Deadline,
    ) -> Iterator[Row]:
        options = {"stream_results": True, "max_row_buffer": _BATCH} if streamed else {}
        result = connection.execute(step.statement, values, execution_options=options)
        cursor = result.cursor
        try:
            for batch in result.partitions(_BATCH):
                deadline.check(step.dataset)
                for found in batch:
                    data = dict(zip(step.names, (v if type(v) in SIMPLE else plain(v) for v in found), strict=True))
                    for name, convert in step.meant:
                        data[name] = convert(data[name])
                    tally.add(step.dataset, data)
                    yield Row(step.dataset, data)
        except BaseException:
            # The caller has had enough, or a limit was reached: what is still coming must not be read to its end.
            self._backend.abandon(connection, cursor)
            raise
        finally:
            result.close()

    @contextmanager
    def _snapshot(self) -> Iterator[tuple[Connection, Deadline]]:
        """Yield a connection in a read-only snapshot; afterwards it is clean and back in the pool, or discarded."""
        deadline = Deadline(self._limits.timeout_seconds)
        connection = self._connect()
        given_up = False
        try:
            with connection.begin():
                self._backend.begin(connection, deadline)
                try:
                    yield connection, deadline
                except GeneratorExit:
                    given_up = True
                    raise
        except (sa.exc.SQLAlchemyError, UnicodeDecodeError) as error:
            # Who reads no further has no use for the news that the connection had broken by then.
            if not given_up:
                self._fail(self._meaning(error))
        finally:
            connection.close()

    def _meaning(self, error: Exception) -> ConnectorError:
        if isinstance(error, sa.exc.DBAPIError):
            return self._backend.classify(error.orig or error)
        return PermanentFailure(Code.SCHEMA_MISMATCH)

    def _fail(self, failure: ConnectorError) -> NoReturn:
        if isinstance(failure, PermanentFailure):
            # The schema may have changed: look at it again next time.
            self._plan = None
        alone(failure)

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except sa.exc.TimeoutError:
            alone(TemporaryFailure(Code.BUSY))
        except sa.exc.DBAPIError as error:
            alone(self._backend.refused(self._engine, error.orig or error))


class _Tally:
    """Counts what has been read, and stops at the limits."""

    __slots__ = ("_bytes", "_rows")

    def __init__(self, limits: Limits) -> None:
        self._rows, self._bytes = limits.max_rows, limits.max_bytes

    def add(self, dataset: str, data: dict[str, Json]) -> None:
        """Count one row; raises `PermanentFailure` at a limit."""
        self._rows -= 1
        if self._rows < 0:
            raise PermanentFailure(Code.TOO_MANY_ROWS, dataset)
        for value in data.values():
            self._bytes -= len(value) if type(value) is str else 8
        if self._bytes < 0:
            raise PermanentFailure(Code.TOO_LARGE, dataset)
