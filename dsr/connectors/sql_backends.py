"""What differs between PostgreSQL, MariaDB or MySQL, and SQLite: opening, snapshots, changing, time-outs, errors.

Errors are told apart by SQLSTATE, errno or SQLite's result code. Their texts are never looked at and never passed on.
"""

import contextlib
import sqlite3
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

import psycopg
import sqlalchemy as sa
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import NullPool

from dsr.connectors import sql_errors
from dsr.connectors.base import BadConfig, Code, ConnectorError, PermanentFailure, TemporaryFailure, alone
from dsr.connectors.deadline import Deadline
from dsr.connectors.mapping import SqlConfig

SMALL_ROWS = 1_000
SMALL_BYTES = 4 * 1024 * 1024


class Backend(ABC):
    """One kind of database."""

    counts_first: ClassVar[bool] = False
    """Whether it pays to count before reading: a server-side cursor costs three round trips, a count one for all."""

    def __init__(self, config: SqlConfig) -> None:
        self.config = config

    @abstractmethod
    def engine(self, *, writing: bool = False) -> Engine:
        """Return a pool of connections that cannot write, or one of such that can. Opens nothing yet."""

    @abstractmethod
    def begin(self, connection: Connection, deadline: Deadline) -> None:
        """Have the transaction that was begun end itself when time is up."""

    @abstractmethod
    def classify(self, error: BaseException) -> ConnectorError:
        """Return what an error of the driver means."""

    def refused(self, engine: Engine, error: BaseException) -> ConnectorError:
        """Return what a failure to connect means."""
        return self.classify(error)

    def abandon(self, connection: Connection, cursor: Any) -> None:  # noqa: B027
        """Leave a half-read answer behind, at no further cost. Nothing to do where its rest is fetched on demand."""

    def _address(self, writing: bool) -> str:
        chosen = self.config.write_url if writing and self.config.write_url is not None else self.config.url
        return chosen.get_secret_value()

    def _url(self, driver: str, writing: bool) -> URL:
        try:
            return make_url(self._address(writing)).set(drivername=driver)
        except (sa.exc.ArgumentError, ValueError):
            alone(BadConfig([("write_url" if writing else "url", "is not an address")]))

    def _pooled(self, url: URL, **options: Any) -> Engine:
        return sa.create_engine(
            url,
            pool_size=self.config.connections,
            max_overflow=0,
            pool_timeout=self.config.connect_timeout_seconds,
            pool_pre_ping=True,
            pool_recycle=600,
            hide_parameters=True,
            **options,
        )


class PostgreSQL(Backend):
    """PostgreSQL by psycopg."""

    counts_first = True

    def engine(self, *, writing: bool = False) -> Engine:
        """Return a pool of connections that cannot write, or one of such that can. Opens nothing yet."""
        engine = self._pooled(
            self._url("postgresql+psycopg", writing),
            # Who changes locks, and judges what he has locked as it is by then.
            isolation_level="READ COMMITTED" if writing else "REPEATABLE READ",
            connect_args={"connect_timeout": self.config.connect_timeout_seconds, "application_name": "recourse"},
        )

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            # psycopg then opens every transaction with BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY.
            connection.read_only = not writing
            for name, loader in _LOADERS.items():
                connection.adapters.register_loader(name, loader)

        @sa.event.listens_for(engine, "handle_error")
        def tidy(context: sa.engine.ExceptionContext) -> None:
            # SQLAlchemy leaves the cursor of a lost connection open, and psycopg complains about it later.
            cursor = getattr(context.execution_context, "cursor", None)
            if context.is_disconnect and cursor is not None:
                _close(cursor)

        return engine

    def begin(self, connection: Connection, deadline: Deadline) -> None:
        """Have the transaction that was begun end itself when time is up."""
        # Local to the transaction, so that it also holds behind a pooler which hands connections around.
        milliseconds = max(1, int(deadline.left * 1000))
        connection.execute(_TIMEOUTS, {"statement": str(milliseconds), "idle": str(milliseconds + 60_000)})

    def classify(self, error: BaseException) -> ConnectorError:
        """Return what an error of the driver means."""
        if isinstance(error, psycopg.DataError) and error.sqlstate is None:
            return PermanentFailure(Code.UNREADABLE_VALUE)
        return sql_errors.postgresql(getattr(error, "sqlstate", None))

    def refused(self, engine: Engine, error: BaseException) -> ConnectorError:
        """Return what a failure to connect means."""
        state = getattr(error, "sqlstate", None)
        if state is None:
            state = sql_errors.postgresql_refusal(engine)
        return sql_errors.postgresql(state) if state else TemporaryFailure(Code.UNREACHABLE)

    def abandon(self, connection: Connection, cursor: Any) -> None:
        """Leave a half-read answer behind, at no further cost."""
        _close(cursor)


def _close(cursor: Any) -> None:
    # The first try on a lost connection only finds out that it is lost.
    for _ in range(2):
        with contextlib.suppress(psycopg.Error):
            cursor.close()


class _Date(DateLoader):
    def load(self, data: Any) -> Any:
        """Return a date, or its text where Python has none for it (infinity, the year 12000)."""
        with contextlib.suppress(psycopg.DataError):
            return super().load(data)
        return bytes(data).decode()


class _Timestamp(TimestampLoader):
    def load(self, data: Any) -> Any:
        """Return a moment, or its text where Python has none for it."""
        with contextlib.suppress(psycopg.DataError):
            return super().load(data)
        return bytes(data).decode()


class _Timestamptz(TimestamptzLoader):
    def load(self, data: Any) -> Any:
        """Return a moment with its offset, or its text where Python has none for it."""
        with contextlib.suppress(psycopg.DataError):
            return super().load(data)
        return bytes(data).decode()


_LOADERS = {"date": _Date, "timestamp": _Timestamp, "timestamptz": _Timestamptz}
_TIMEOUTS = sa.text(
    "SELECT set_config('statement_timeout', :statement, true), set_config('TimeZone', 'UTC', true),"
    " set_config('idle_in_transaction_session_timeout', :idle, true)"
)


_LIMIT = "recourse_seconds"


def _session_limit(connection: Any, seconds: float) -> tuple[str, tuple[float]]:
    """Return the statement that ends what takes longer, and its value."""
    if "MariaDB" in connection.get_server_info():
        return "SET SESSION max_statement_time = %s", (float(seconds),)
    return "SET SESSION max_execution_time = %s", (int(seconds * 1000),)


class MariaDB(Backend):
    """MariaDB or MySQL by PyMySQL."""

    def engine(self, *, writing: bool = False) -> Engine:
        """Return a pool of connections that cannot write, or one of such that can. Opens nothing yet."""
        seconds = self.config.limits.timeout_seconds
        access = "READ COMMITTED, READ WRITE" if writing else "REPEATABLE READ, READ ONLY"
        start = "START TRANSACTION READ WRITE" if writing else "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
        engine = self._pooled(
            self._url("mysql+pymysql", writing),
            connect_args={
                "connect_timeout": self.config.connect_timeout_seconds,
                "read_timeout": seconds + 5,
                "write_timeout": seconds + 5,
                "charset": "utf8mb4",
            },
        )

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET SESSION TRANSACTION ISOLATION LEVEL {access}")
                cursor.execute("SET SESSION time_zone = '+00:00'")
                cursor.execute(*_session_limit(connection, seconds))

        @sa.event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql(start)

        return engine

    def begin(self, connection: Connection, deadline: Deadline) -> None:
        """Have the transaction that was begun end itself when time is up."""
        # The session was given a limit when it was opened. Only a call with another one has to say so.
        if connection.info.get(_LIMIT, self.config.limits.timeout_seconds) != deadline.seconds:
            connection.exec_driver_sql(*_session_limit(connection.connection.driver_connection, deadline.seconds))
            connection.info[_LIMIT] = deadline.seconds

    def classify(self, error: BaseException) -> ConnectorError:
        """Return what an error of the driver means."""
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        return sql_errors.mariadb(number)

    def abandon(self, connection: Connection, cursor: Any) -> None:
        """Leave a half-read answer behind, at no further cost."""
        # PyMySQL would politely read all the rest before it closes a cursor, unless it believes to have done so.
        driver: Any = connection.connection.driver_connection
        if driver._result is not None:
            driver._result.unbuffered_active = False
            driver._result = None
        connection.invalidate()


class SQLite(Backend):
    """SQLite by the standard library: opened read-only, and told so twice, unless something is to be changed."""

    def engine(self, *, writing: bool = False) -> Engine:
        """Return a pool of connections that cannot write, or one of such that can. Opens nothing yet."""
        path = Path(unquote(urlsplit(self._address(writing)).path.removeprefix("/")))
        if not path.name:
            where = "write_url" if writing else "url"
            raise BadConfig([(where, "must name a file, as sqlite:////folder/file.sqlite3")])

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode={'rw' if writing else 'ro'}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=self.config.connect_timeout_seconds,
            )
            connection.text_factory = _forgiving
            connection.execute("PRAGMA trusted_schema = OFF")
            for pragma in _WRITING if writing else ("query_only",):
                connection.execute(f"PRAGMA {pragma} = ON")
            return connection

        # No pool: opening a file is cheap, and a pooled one would go on reading a file that has been replaced.
        engine = sa.create_engine("sqlite+pysqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

        @sa.event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

        return engine

    def begin(self, connection: Connection, deadline: Deadline) -> None:
        """Have the transaction that was begun end itself when time is up."""
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(deadline.passed, 5_000)

    def classify(self, error: BaseException) -> ConnectorError:
        """Return what an error of the driver means."""
        return sql_errors.sqlite(getattr(error, "sqlite_errorcode", None))


# What refers to a record keeps it from being deleted, and what was deleted is overwritten.
_WRITING = ("foreign_keys", "secure_delete")


def _forgiving(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


BACKENDS: dict[str, type[Backend]] = {"postgresql": PostgreSQL, "mysql": MariaDB, "sqlite": SQLite}
