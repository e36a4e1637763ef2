"""What differs between PostgreSQL, MariaDB or MySQL, and SQLite: opening, read-only snapshots, time-outs, errors.

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
    def engine(self) -> Engine:
        """Return a pool of read-only connections. Opens nothing yet."""

    @abstractmethod
    def begin(self, connection: Connection, deadline: Deadline) -> None:
        """Start one read-only snapshot that ends itself when time is up."""

    @abstractmethod
    def classify(self, error: BaseException) -> ConnectorError:
        """Return what an error of the driver means."""

    def refused(self, engine: Engine, error: BaseException) -> ConnectorError:
        """Return what a failure to connect means."""
        return self.classify(error)

    def abandon(self, connection: Connection, cursor: Any) -> None:  # noqa: B027
        """Leave a half-read answer behind, at no further cost. Nothing to do where its rest is fetched on demand."""

    def _url(self, driver: str) -> URL:
        try:
            return make_url(self.config.url.get_secret_value()).set(drivername=driver)
        except (sa.exc.ArgumentError, ValueError):
            alone(BadConfig([("url", "is not an address")]))

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

    def engine(self) -> Engine:
        """Return a pool of read-only connections. Opens nothing yet."""
        engine = self._pooled(
            self._url("postgresql+psycopg"),
            isolation_level="REPEATABLE READ",
            connect_args={"connect_timeout": self.config.connect_timeout_seconds, "application_name": "recourse"},
        )

        @sa.event.listens_for(engine, "connect")
        def read_only(connection: Any, _record: Any) -> None:
            # psycopg then opens every transaction with BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY.
            connection.read_only = True
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
        """Start one read-only snapshot that ends itself when time is up."""
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


class MariaDB(Backend):
    """MariaDB or MySQL by PyMySQL."""

    def engine(self) -> Engine:
        """Return a pool of read-only connections. Opens nothing yet."""
        seconds = self.config.limits.timeout_seconds
        engine = self._pooled(
            self._url("mysql+pymysql"),
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
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SET SESSION time_zone = '+00:00'")
                if "MariaDB" in connection.get_server_info():
                    cursor.execute("SET SESSION max_statement_time = %s", (float(seconds),))
                else:
                    cursor.execute("SET SESSION max_execution_time = %s", (int(seconds * 1000),))

        @sa.event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

        return engine

    def begin(self, connection: Connection, deadline: Deadline) -> None:
        """Start one read-only snapshot that ends itself when time is up."""
        # The session was given its limits when it was opened.

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
    """SQLite by the standard library: opened read-only, and told so twice."""

    def engine(self) -> Engine:
        """Return a pool of read-only connections. Opens nothing yet."""
        path = Path(unquote(urlsplit(self.config.url.get_secret_value()).path.removeprefix("/")))
        if not path.name:
            raise BadConfig([("url", "must name a file, as sqlite:////folder/file.sqlite3")])

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=self.config.connect_timeout_seconds,
            )
            connection.text_factory = _forgiving
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            return connection

        # No pool: opening a file is cheap, and a pooled one would go on reading a file that has been replaced.
        engine = sa.create_engine("sqlite+pysqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

        @sa.event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

        return engine

    def begin(self, connection: Connection, deadline: Deadline) -> None:
        """Start one read-only snapshot that ends itself when time is up."""
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(deadline.passed, 5_000)

    def classify(self, error: BaseException) -> ConnectorError:
        """Return what an error of the driver means."""
        return sql_errors.sqlite(getattr(error, "sqlite_errorcode", None))


def _forgiving(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


BACKENDS: dict[str, type[Backend]] = {"postgresql": PostgreSQL, "mysql": MariaDB, "sqlite": SQLite}
