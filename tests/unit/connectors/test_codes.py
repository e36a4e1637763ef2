"""Error numbers, values and sentences: what the databases' own words become."""

import datetime as dt
import decimal
import sqlite3
import uuid
from typing import Any

import pytest

from dsr.connectors import Code, ConnectorError, PermanentFailure, RefusalCode, Remark, TemporaryFailure
from dsr.connectors import sql_errors as errors
from dsr.connectors.base import FieldType
from dsr.connectors.reasons import SENTENCES, reason
from dsr.connectors.values import MEANT, plain


@pytest.mark.parametrize(
    ("found", "kind", "code"),
    [
        (errors.postgresql("08006"), TemporaryFailure, Code.UNREACHABLE),
        (errors.postgresql("40001"), TemporaryFailure, Code.INTERRUPTED),
        (errors.postgresql("40P01"), TemporaryFailure, Code.INTERRUPTED),
        (errors.postgresql("53300"), TemporaryFailure, Code.BUSY),
        (errors.postgresql("55P03"), TemporaryFailure, Code.BUSY),
        (errors.postgresql("57014"), TemporaryFailure, Code.TIMED_OUT),
        (errors.postgresql("57P01"), TemporaryFailure, Code.INTERRUPTED),
        (errors.postgresql("57P03"), TemporaryFailure, Code.BUSY),
        (errors.postgresql("58030"), TemporaryFailure, Code.SYSTEM_ERROR),
        (errors.postgresql(None), TemporaryFailure, Code.INTERRUPTED),
        (errors.postgresql("28P01"), PermanentFailure, Code.BAD_CREDENTIALS),
        (errors.postgresql("3D000"), PermanentFailure, Code.MISSING_DATABASE),
        (errors.postgresql("42P01"), PermanentFailure, Code.MISSING_TABLE),
        (errors.postgresql("42703"), PermanentFailure, Code.MISSING_COLUMN),
        (errors.postgresql("42501"), PermanentFailure, Code.PERMISSION_DENIED),
        (errors.postgresql("42883"), PermanentFailure, Code.SCHEMA_MISMATCH),
        (errors.postgresql("25006"), PermanentFailure, Code.PERMISSION_DENIED),
        (errors.postgresql("22P05"), PermanentFailure, Code.UNREADABLE_VALUE),
        (errors.postgresql("99999"), PermanentFailure, Code.SCHEMA_MISMATCH),
        (errors.mariadb(1040), TemporaryFailure, Code.BUSY),
        (errors.mariadb(1205), TemporaryFailure, Code.BUSY),
        (errors.mariadb(1213), TemporaryFailure, Code.INTERRUPTED),
        (errors.mariadb(1969), TemporaryFailure, Code.TIMED_OUT),
        (errors.mariadb(3024), TemporaryFailure, Code.TIMED_OUT),
        (errors.mariadb(2003), TemporaryFailure, Code.UNREACHABLE),
        (errors.mariadb(2013), TemporaryFailure, Code.INTERRUPTED),
        (errors.mariadb(0), TemporaryFailure, Code.INTERRUPTED),
        (errors.mariadb(1045), PermanentFailure, Code.BAD_CREDENTIALS),
        (errors.mariadb(1049), PermanentFailure, Code.MISSING_DATABASE),
        (errors.mariadb(1142), PermanentFailure, Code.PERMISSION_DENIED),
        (errors.mariadb(1146), PermanentFailure, Code.MISSING_TABLE),
        (errors.mariadb(1054), PermanentFailure, Code.MISSING_COLUMN),
        (errors.mariadb(1792), PermanentFailure, Code.PERMISSION_DENIED),
        (errors.mariadb(1064), PermanentFailure, Code.SCHEMA_MISMATCH),
        (errors.sqlite(sqlite3.SQLITE_BUSY), TemporaryFailure, Code.BUSY),
        (errors.sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), TemporaryFailure, Code.BUSY),
        (errors.sqlite(sqlite3.SQLITE_INTERRUPT), TemporaryFailure, Code.TIMED_OUT),
        (errors.sqlite(sqlite3.SQLITE_READONLY), PermanentFailure, Code.PERMISSION_DENIED),
        (errors.sqlite(sqlite3.SQLITE_NOTADB), PermanentFailure, Code.MISSING_DATABASE),
        (errors.sqlite(sqlite3.SQLITE_ERROR), PermanentFailure, Code.SCHEMA_MISMATCH),
        (errors.sqlite(None), PermanentFailure, Code.SCHEMA_MISMATCH),
    ],
)
def test_tells_what_may_pass_from_what_will_not(found: ConnectorError, kind: type, code: Code) -> None:
    assert (type(found), found.code) == (kind, code)


def test_has_a_sentence_for_every_code() -> None:
    assert set(SENTENCES) == {*Code, *RefusalCode, *Remark}
    assert all(reason(code).endswith((".", "?")) for code in SENTENCES)
    assert reason("something_new") == "It gives a reason for which there are no words here: something_new."


@pytest.mark.parametrize(
    ("value", "json"),
    [
        ("text", "text"),
        (None, None),
        (True, True),
        (2**70, 2**70),
        (0.5, 0.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (decimal.Decimal("1E+3"), "1000"),
        (decimal.Decimal("0.10"), "0.10"),
        (decimal.Decimal("NaN"), "NaN"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), "2026-01-02T03:00:00+00:00"),
        (dt.time(3, 4), "03:04:00"),
        (dt.timedelta(days=1), "1 day, 0:00:00"),
        (b"\x00\xff", "AP8="),
        (bytearray(b"a"), "YQ=="),
        (memoryview(b"a"), "YQ=="),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"a": [b"a", {1: decimal.Decimal(1)}]}, {"a": ["YQ==", {"1": "1"}]}),
        ({"b", "a"}, ["a", "b"]),
        ((1, 2), [1, 2]),
    ],
)
def test_turns_values_into_json(value: Any, json: Any) -> None:
    assert plain(value) == json


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        (FieldType.BOOLEAN, 1, True),
        (FieldType.BOOLEAN, 0, False),
        (FieldType.BOOLEAN, None, None),
        (FieldType.BOOLEAN, 7, 7),
        (FieldType.BOOLEAN, "yes", "yes"),
        (FieldType.DECIMAL, 1.5, "1.5"),
        (FieldType.DECIMAL, None, None),
        (FieldType.DATETIME, "2026-01-02 03:04:05.000000", "2026-01-02T03:04:05"),
        (FieldType.DATETIME, "2026-01-02 03:04:05.25+02", "2026-01-02T03:04:05.25+02"),
        (FieldType.DATETIME, "yesterday", "yesterday"),
        (FieldType.DATETIME, None, None),
        (FieldType.JSON, '{"a": 1}', {"a": 1}),
        (FieldType.JSON, "{", "{"),
        (FieldType.JSON, "[" * 100_000, "[" * 100_000),
        (FieldType.JSON, None, None),
    ],
)
def test_adds_what_a_type_means(kind: FieldType, value: Any, meant: Any) -> None:
    found = MEANT[kind](value)

    assert found == meant
    assert type(found) is type(meant)
