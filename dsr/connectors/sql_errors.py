"""What the databases' error numbers mean to us: try again, or tell somebody."""

import contextlib
import os
import re
import select
import sqlite3

from psycopg import conninfo, pq
from sqlalchemy.engine import Engine

from dsr.connectors.base import Code, ConnectorError, PermanentFailure, TemporaryFailure
from dsr.connectors.deadline import Deadline

TEMPORARY = frozenset({Code.UNREACHABLE, Code.TIMED_OUT, Code.BUSY, Code.INTERRUPTED, Code.SYSTEM_ERROR})
"""Codes that may pass by themselves."""

# SQLSTATE, longest match first: PostgreSQL, "Appendix A. Error Codes".
_POSTGRESQL: dict[str, Code] = {
    "08": Code.UNREACHABLE,
    "22": Code.UNREADABLE_VALUE,
    "25006": Code.PERMISSION_DENIED,
    "25P03": Code.TIMED_OUT,
    "28": Code.BAD_CREDENTIALS,
    "3D000": Code.MISSING_DATABASE,
    "3F000": Code.MISSING_TABLE,
    "40": Code.INTERRUPTED,
    "42": Code.SCHEMA_MISMATCH,
    "42501": Code.PERMISSION_DENIED,
    "42703": Code.MISSING_COLUMN,
    "42P01": Code.MISSING_TABLE,
    "53": Code.BUSY,
    "54": Code.TOO_LARGE,
    "55P03": Code.BUSY,
    "57": Code.INTERRUPTED,
    "57014": Code.TIMED_OUT,
    "57P03": Code.BUSY,
    "58": Code.SYSTEM_ERROR,
    "XX": Code.SYSTEM_ERROR,
}

# MariaDB Knowledge Base, "MariaDB Error Codes"; 2xxx come from the client library, 3024 from MySQL.
_MARIADB: dict[int, Code] = {
    1020: Code.INTERRUPTED,
    1040: Code.BUSY,
    1044: Code.PERMISSION_DENIED,
    1045: Code.BAD_CREDENTIALS,
    1049: Code.MISSING_DATABASE,
    1053: Code.INTERRUPTED,
    1054: Code.MISSING_COLUMN,
    1129: Code.BAD_CREDENTIALS,
    1130: Code.BAD_CREDENTIALS,
    1142: Code.PERMISSION_DENIED,
    1143: Code.PERMISSION_DENIED,
    1146: Code.MISSING_TABLE,
    1153: Code.TOO_LARGE,
    1203: Code.BUSY,
    1205: Code.BUSY,
    1213: Code.INTERRUPTED,
    1226: Code.BUSY,
    1227: Code.PERMISSION_DENIED,
    1317: Code.INTERRUPTED,
    1698: Code.BAD_CREDENTIALS,
    1792: Code.PERMISSION_DENIED,
    1927: Code.INTERRUPTED,
    1969: Code.TIMED_OUT,
    2002: Code.UNREACHABLE,
    2003: Code.UNREACHABLE,
    2005: Code.UNREACHABLE,
    2006: Code.INTERRUPTED,
    2013: Code.INTERRUPTED,
    2026: Code.TLS_FAILED,
    3024: Code.TIMED_OUT,
    4031: Code.INTERRUPTED,
}

# SQLite, "Result and Error Codes"; the low byte is the primary code.
_SQLITE: dict[int, Code] = {
    sqlite3.SQLITE_PERM: Code.PERMISSION_DENIED,
    sqlite3.SQLITE_BUSY: Code.BUSY,
    sqlite3.SQLITE_LOCKED: Code.BUSY,
    sqlite3.SQLITE_NOMEM: Code.SYSTEM_ERROR,
    sqlite3.SQLITE_READONLY: Code.PERMISSION_DENIED,
    sqlite3.SQLITE_INTERRUPT: Code.TIMED_OUT,
    sqlite3.SQLITE_IOERR: Code.SYSTEM_ERROR,
    sqlite3.SQLITE_CORRUPT: Code.MISSING_DATABASE,
    sqlite3.SQLITE_CANTOPEN: Code.MISSING_DATABASE,
    sqlite3.SQLITE_NOTADB: Code.MISSING_DATABASE,
    sqlite3.SQLITE_AUTH: Code.PERMISSION_DENIED,
    sqlite3.SQLITE_TOOBIG: Code.TOO_LARGE,
}


_REFERRED_TO: frozenset[object] = frozenset({"23503", "23001", 1217, 1451, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY})
_TRIGGER = sqlite3.SQLITE_CONSTRAINT_TRIGGER
"""SQLite says so when a foreign key with ON DELETE RESTRICT is in the way."""


def still_referred_to(error: BaseException) -> bool:
    """Tell whether a driver's error means that some record refers to the one that should go."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    names = {getattr(error, "sqlstate", None), getattr(error, "sqlite_errorcode", None), number}
    return bool(names & (_REFERRED_TO | {_TRIGGER}))


def failure(code: Code, where: str = "") -> ConnectorError:
    """Return the failure that belongs to a code."""
    return TemporaryFailure(code, where) if code in TEMPORARY else PermanentFailure(code, where)


def postgresql(state: str | None) -> ConnectorError:
    """Return what an SQLSTATE means. None: the connection broke before the server could say."""
    if state is None:
        return TemporaryFailure(Code.INTERRUPTED)
    for length in (5, 2):
        if state[:length] in _POSTGRESQL:
            return failure(_POSTGRESQL[state[:length]])
    return PermanentFailure(Code.SCHEMA_MISMATCH)


def mariadb(number: int) -> ConnectorError:
    """Return what an error number means. 0: the driver itself gave up."""
    if number == 0:
        return TemporaryFailure(Code.INTERRUPTED)
    return failure(_MARIADB.get(number, Code.SCHEMA_MISMATCH))


def sqlite(code: int | None) -> ConnectorError:
    """Return what a result code means. Plain SQLITE_ERROR is a statement that does not fit the schema."""
    return failure(_SQLITE.get((code or sqlite3.SQLITE_ERROR) & 0xFF, Code.SCHEMA_MISMATCH))


_FATAL = re.compile(rb'^B\t\d+\tErrorResponse\t S "[A-Z]+" V "[A-Z]+" C "([0-9A-Z]{5})"', re.MULTILINE)


def postgresql_refusal(engine: Engine, seconds: float = 5.0) -> str | None:
    """Connect once more and return the SQLSTATE with which the server refuses; None if none was sent.

    libpq keeps only the text of a refusal during connection. Its protocol trace (from version 17 on also of this
    phase) has the fields; it goes to memory and is thrown away. Elsewhere than on Linux there is no such trace.
    """
    if not hasattr(os, "memfd_create"):
        return None
    _, options = engine.dialect.create_connect_args(engine.url)
    options.pop("context", None)
    text = conninfo.make_conninfo(**{**options, "connect_timeout": int(seconds)})
    deadline = Deadline(seconds)
    trace = os.memfd_create("recourse-trace")
    try:
        connection = pq.PGconn.connect_start(text.encode())
        try:
            connection.trace(trace)
            connection.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
            _poll(connection, deadline)
            connection.untrace()
        finally:
            connection.finish()
        os.lseek(trace, 0, os.SEEK_SET)
        found = _FATAL.findall(os.read(trace, 65_536))
    finally:
        os.close(trace)
    return found[-1].decode() if found else None


def _poll(connection: pq.abc.PGconn, deadline: Deadline) -> None:
    if connection.status == pq.ConnStatus.BAD:
        return
    while (state := connection.connect_poll()) in (pq.PollingStatus.READING, pq.PollingStatus.WRITING):
        if deadline.passed():
            return
        reading = [connection.socket] if state == pq.PollingStatus.READING else []
        writing = [connection.socket] if state == pq.PollingStatus.WRITING else []
        with contextlib.suppress(OSError):
            select.select(reading, writing, [], max(0.0, deadline.left))
