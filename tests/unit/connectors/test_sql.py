"""What is particular to databases: nothing written, nothing withheld selected, one snapshot, exact values."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from dsr.connectors import Code, ConnectorError, PermanentFailure, Row, TemporaryFailure, open_connector
from dsr.connectors.sql import SqlConnector
from tests.unit.connectors import shop
from tests.unit.connectors.conftest import Bench, sql_config

BY_ADA = {"email": [shop.ADA]}


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each kind of database in turn."""
    found: Bench = request.getfixturevalue(f"{request.param}_bench")
    return found


@contextmanager
def statements(connector: SqlConnector) -> Iterator[list[str]]:
    """Every statement that a connector sends."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    sa.event.listen(connector._engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(connector._engine, "before_cursor_execute", note)


def opened(bench: Bench, **more: Any) -> SqlConnector:
    """A connector, as what it is."""
    connector = bench.open(**more)
    assert isinstance(connector, SqlConnector)
    return connector


@contextmanager
def writer(url: str) -> Iterator[sa.Connection]:
    """Somebody who may write."""
    scheme = urlsplit(url).scheme
    driver = {"postgresql": "postgresql+psycopg", "mariadb": "mysql+pymysql", "sqlite": "sqlite+pysqlite"}[scheme]
    url = url.replace(scheme, driver, 1)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection


def table(name: str, columns: dict[str, str], **more: Any) -> dict[str, Any]:
    """A mapping of one table found by mail address."""
    return {
        "dataset": name,
        "table": name,
        "title": name,
        "category": "contact_data",
        "identity": [{"kind": "email", "column": "email"}],
        "columns": {column: {"title": column, "type": kind} for column, kind in columns.items()},
        **more,
    }


def test_never_selects_what_is_withheld(bench: Bench) -> None:
    connector = opened(bench)
    connector.locate(BY_ADA, key="k")

    with statements(connector) as seen:
        list(connector.collect(BY_ADA, key="k"))
        connector.locate(BY_ADA, key="k")

    assert seen
    assert not [statement for statement in seen if "password_hash" in statement]


def test_binds_what_it_is_given(bench: Bench) -> None:
    connector = opened(bench)

    with statements(connector) as seen:
        list(connector.collect({"email": ["it's me"], "phone": ["00353209100009"], "account": ["4711"]}, key="k"))

    sent = " ".join(seen)
    assert "SELECT" in sent
    assert [value for value in ("it's me", "it''s me", "9100009", "4711") if value in sent] == []


def test_sends_one_statement_for_each_table_that_holds_something(bench: Bench) -> None:
    connector = opened(bench)
    list(connector.collect(BY_ADA, key="k"))

    with statements(connector) as seen:
        list(connector.collect(BY_ADA, key="k"))

    selects = [statement for statement in seen if "FROM" in statement]
    counting = [statement for statement in selects if "count(" in statement]
    assert len(selects) - len(counting) == 3
    assert len(counting) == (1 if bench.name == "postgresql" else 0)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO orders (id, customer_id) VALUES (999, 1)",
        "UPDATE customers SET name = 'x'",
        "DELETE FROM orders",
        "CREATE TABLE mischief (id INTEGER)",
        "DROP TABLE orders",
    ],
)
def test_cannot_write(bench: Bench, statement: str) -> None:
    connector = opened(bench)

    with pytest.raises(ConnectorError) as caught, connector._snapshot() as (connection, _):
        connection.exec_driver_sql(statement)

    assert caught.value.code == Code.PERMISSION_DENIED
    assert list(connector.collect(BY_ADA, key="k")) == shop.ADA_ROWS


def test_sees_one_moment_however_long_it_takes(bench: Bench) -> None:
    if bench.name == "sqlite":
        pytest.skip("a writer waits for the reader there")
    late = {"id": 13, "customer_id": 1}

    with writer(bench.config()["url"]) as other:
        pieces = opened(bench).collect(BY_ADA, key="k")
        first = next(pieces)
        other.execute(shop.orders.insert(), [late])
        rest = list(pieces)
        other.execute(shop.orders.delete().where(shop.orders.c.id == 13))

    assert [first, *rest] == shop.ADA_ROWS


def test_is_busy_when_every_connection_is_in_use(bench: Bench) -> None:
    if bench.name == "sqlite":
        pytest.skip("files have no pool")
    connector = opened(bench, connections=1, connect_timeout_seconds=1)
    pieces = connector.collect({"email": [shop.HEAVY]}, key="k")
    next(pieces)

    with pytest.raises(TemporaryFailure) as caught:
        connector.locate(BY_ADA, key="k")

    assert caught.value.code == Code.BUSY
    pieces.close()  # type: ignore[attr-defined]
    assert connector.locate(BY_ADA, key="k").datasets == shop.ADA_COUNTS


def test_recovers_when_the_server_hung_up(bench: Bench) -> None:
    if bench.name == "sqlite":
        pytest.skip("files have no server")
    connector = opened(bench)
    connector.locate(BY_ADA, key="k")

    _hang_up(bench, connector)

    assert connector.locate(BY_ADA, key="k").datasets == shop.ADA_COUNTS


def test_fails_for_a_while_when_the_server_hangs_up_on_the_way(bench: Bench) -> None:
    if bench.name == "sqlite":
        pytest.skip("files have no server")
    connector = opened(bench)
    pieces = connector.collect({"email": [shop.HEAVY]}, key="k")
    next(pieces)

    _hang_up(bench, connector)
    with pytest.raises(TemporaryFailure) as caught:
        list(pieces)

    assert caught.value.code == Code.INTERRUPTED
    assert connector.locate(BY_ADA, key="k").datasets == shop.ADA_COUNTS


def test_gives_up_in_silence_when_the_server_had_hung_up(bench: Bench) -> None:
    if bench.name == "sqlite":
        pytest.skip("files have no server")
    connector = opened(bench, connections=1)
    pieces = connector.collect({"email": [shop.HEAVY]}, key="k")
    next(pieces)

    _hang_up(bench, connector)
    pieces.close()  # type: ignore[attr-defined]

    assert connector.locate(BY_ADA, key="k").datasets == shop.ADA_COUNTS


def _hang_up(bench: Bench, connector: SqlConnector) -> None:
    database = urlsplit(bench.config()["url"]).path[1:]
    with writer(bench.config()["url"]) as other:
        if bench.name == "postgresql":
            own = f"datname = '{database}' AND pid <> pg_backend_pid() AND application_name = 'recourse'"
            other.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {own}")
        else:
            own = f"db = '{database}' AND id <> CONNECTION_ID()"
            for (number,) in other.exec_driver_sql(f"SELECT id FROM information_schema.processlist WHERE {own}").all():
                other.exec_driver_sql(f"KILL CONNECTION {number}")


def test_works_in_a_forked_process(bench: Bench) -> None:
    connector = bench.open()
    list(connector.collect(BY_ADA, key="k"))

    child = os.fork()
    if child == 0:
        try:
            good = list(bench.open().collect(BY_ADA, key="k")) == shop.ADA_ROWS
            os._exit(0 if good else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert list(connector.collect(BY_ADA, key="k")) == shop.ADA_ROWS


def test_looks_at_the_schema_again_after_it_changed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/one.sqlite3"
    with writer(url) as connection:
        connection.exec_driver_sql("CREATE TABLE people (email TEXT, city TEXT)")
        connection.exec_driver_sql("INSERT INTO people VALUES ('ada@example.org', 'Cork')")
    connector = open_connector("sql", {"url": url, "tables": [table("people", {"city": "text"})]})
    list(connector.collect(BY_ADA, key="k"))

    with writer(url) as connection:
        connection.exec_driver_sql("ALTER TABLE people RENAME COLUMN city TO town")
    with pytest.raises(PermanentFailure) as first:
        list(connector.collect(BY_ADA, key="k"))
    with pytest.raises(PermanentFailure) as second:
        list(connector.collect(BY_ADA, key="k"))
    with writer(url) as connection:
        connection.exec_driver_sql("ALTER TABLE people RENAME COLUMN town TO city")

    assert first.value.code == Code.SCHEMA_MISMATCH
    assert (second.value.code, second.value.where) == (Code.MISSING_COLUMN, "people.city")
    assert list(connector.collect(BY_ADA, key="k")) == [Row("people", {"city": "Cork"})]


def test_finds_rows_by_their_own_column_or_by_their_parent(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/either.sqlite3"
    with writer(url) as connection:
        connection.exec_driver_sql("CREATE TABLE numbers (email TEXT, number TEXT)")
        connection.exec_driver_sql("CREATE TABLE calls (caller TEXT, callee TEXT, at TEXT)")
        connection.exec_driver_sql("INSERT INTO numbers VALUES ('ada@example.org', '+1'), ('bob@example.org', '+2')")
        connection.exec_driver_sql("INSERT INTO calls VALUES ('+1', '+9', 'one'), ('+2', '+7', '2'), ('+3', '+1', '3')")
    calls = table("calls", {"at": "text"}, parent={"dataset": "numbers", "on": {"caller": "number"}}, order=["at"])
    calls["identity"] = [{"kind": "phone", "column": "callee"}]
    config = {"url": url, "tables": [table("numbers", {"number": "text"}), calls]}
    connector = open_connector("sql", config)

    by_mail = list(connector.collect(BY_ADA, key="k"))
    by_both = list(connector.collect({**BY_ADA, "phone": ["+1"]}, key="k"))
    by_phone = list(connector.collect({"phone": ["+1"]}, key="k"))

    assert by_mail == [Row("numbers", {"number": "+1"}), Row("calls", {"at": "one"})]
    assert by_both == [Row("numbers", {"number": "+1"}), Row("calls", {"at": "3"}), Row("calls", {"at": "one"})]
    assert by_phone == [Row("calls", {"at": "3"})]


@pytest.mark.postgres
def test_joins_composite_keys_in_another_schema(postgres_shop: str) -> None:
    with writer(postgres_shop) as connection:
        connection.exec_driver_sql('CREATE SCHEMA "Odd ""one"""')
        connection.exec_driver_sql(
            'CREATE TABLE "Odd ""one"""."People" (a UUID, b INT, email TEXT, PRIMARY KEY (a, b));'
            'CREATE TABLE "Odd ""one"""."Pets" (x UUID, y INT, "Name" TEXT);'
            'INSERT INTO "Odd ""one"""."People" VALUES'
            " ('6f9619ff-8b86-d011-b42d-00cf4fc964ff', 1, 'ada@example.org'),"
            " ('6f9619ff-8b86-d011-b42d-00cf4fc964ff', 2, 'bob@example.org');"
            'INSERT INTO "Odd ""one"""."Pets" VALUES'
            " ('6f9619ff-8b86-d011-b42d-00cf4fc964ff', 1, 'Rex'), ('6f9619ff-8b86-d011-b42d-00cf4fc964ff', 2, 'Tom')"
        )
    people = table("people", {"b": "integer"}, table="People", schema='Odd "one"')
    people["identity"].append({"kind": "account", "column": "a"})
    pets = table("pets", {"Name": "text"}, table="Pets", schema='Odd "one"', order=["Name"])
    pets |= {"identity": [], "parent": {"dataset": "people", "on": {"x": "a", "y": "b"}}}
    connector = open_connector("sql", {"url": postgres_shop, "tables": [people, pets]})

    by_mail = list(connector.collect(BY_ADA, key="k"))
    by_uuid = list(connector.collect({"account": ["6F9619FF-8B86-D011-B42D-00CF4FC964FF"]}, key="k"))
    by_nonsense = connector.locate({"account": ["no uuid"]}, key="k")

    assert by_mail == [Row("people", {"b": 1}), Row("pets", {"Name": "Rex"})]
    assert by_uuid == [*(Row("people", {"b": b}) for b in (1, 2)), *(Row("pets", {"Name": n}) for n in ("Rex", "Tom"))]
    assert by_nonsense.datasets == {}


@pytest.mark.postgres
def test_reads_values_that_python_has_no_type_for(postgres_shop: str) -> None:
    with writer(postgres_shop) as connection:
        connection.exec_driver_sql(
            "CREATE TABLE odd (email TEXT, a DATE, b TIMESTAMPTZ, c NUMERIC, d JSONB, e TEXT[], f INTERVAL, g INET,"
            " h FLOAT8, i TIMESTAMPTZ, j BYTEA, k INT4RANGE);"
            "INSERT INTO odd VALUES ('ada@example.org', 'infinity', '12000-01-01 00:00Z', 'NaN', '{\"x\": [1, null]}',"
            " ARRAY['p', NULL], '1 day', '192.0.2.1', 'NaN', '2026-01-02 03:04:05+02', '\\x00ff', '[1,5)')"
        )
    columns = {"a": "date", "b": "datetime", "c": "decimal", "d": "json", "e": "json", "f": "text", "g": "text"}
    columns |= {"h": "decimal", "i": "datetime", "j": "binary", "k": "text"}
    connector = open_connector("sql", {"url": postgres_shop, "tables": [table("odd", columns)]})

    [piece] = connector.collect(BY_ADA, key="k")

    assert isinstance(piece, Row)
    assert piece.data == {
        "a": "infinity",
        "b": "12000-01-01T00:00:00+00",
        "c": "NaN",
        "d": {"x": [1, None]},
        "e": ["p", None],
        "f": "1 day, 0:00:00",
        "g": "192.0.2.1",
        "h": "nan",
        "i": "2026-01-02T01:04:05+00:00",
        "j": "AP8=",
        "k": "[1, 5)",
    }


@pytest.mark.mariadb
def test_reads_values_that_only_mariadb_has(mariadb_shop: str) -> None:
    with writer(mariadb_shop) as connection:
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        connection.exec_driver_sql(
            "CREATE TABLE odd (email VARCHAR(100) CHARACTER SET latin1, a DATE, b SET('x','y'), c BIT(3), d TIME,"
            " e TIMESTAMP, f JSON, g ENUM('p','q'), h DOUBLE, INDEX (email))"
        )
        connection.exec_driver_sql("SET SESSION time_zone = '+02:00'")
        connection.exec_driver_sql(
            "INSERT INTO odd VALUES ('ada@example.org', '0000-00-00', 'x,y', b'101', '25:00:00',"
            " '2026-01-02 03:04:05', '[1]', 'q', 0.5)"
        )
    columns = {"a": "date", "b": "text", "c": "binary", "d": "text", "e": "datetime", "f": "json", "g": "text"}
    connector = open_connector("sql", {"url": mariadb_shop, "tables": [table("odd", {**columns, "h": "decimal"})]})

    [piece] = connector.collect(BY_ADA, key="k")
    unencodable = connector.locate({"email": ["日本@example.org"]}, key="k")

    assert isinstance(piece, Row)
    assert piece.data == {
        "a": "0000-00-00",
        "b": "x,y",
        "c": "BQ==",
        "d": "1 day, 1:00:00",
        "e": "2026-01-02T01:04:05",
        "f": [1],
        "g": "q",
        "h": "0.5",
    }
    assert unencodable.datasets == {}


@pytest.mark.mariadb
def test_finds_by_an_index_where_capitals_do_not_count(mariadb_shop: str) -> None:
    connector = open_connector("sql", sql_config(mariadb_shop))
    assert isinstance(connector, SqlConnector)

    with connector._snapshot() as (connection, _):
        plan = connector._planned(connection)
        read = plan.statements(frozenset({"email"})).reads[0].statement
        explained = connection.execute(sa.text(f"EXPLAIN {_literal(read, connector)}")).mappings().one()

    assert explained["key"] == "ix_customers_email"


def _literal(read: sa.Select[Any], connector: SqlConnector) -> str:
    values = {"email__lower__text": ["ada@example.org"]}
    compiled = read.params(values).compile(connector._engine, compile_kwargs={"literal_binds": True})
    return str(compiled).replace(":", "\\:")


def test_reads_text_that_is_not_utf8(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bytes.sqlite3"
    with writer(url) as connection:
        connection.exec_driver_sql("CREATE TABLE odd (email TEXT, a TEXT, b REAL, c, d BOOLEAN)")
        connection.exec_driver_sql("INSERT INTO odd VALUES ('ada@example.org', CAST(x'41ff' AS TEXT), 1e999, x'00', 7)")
    columns = {"a": "text", "b": "decimal", "c": "binary", "d": "boolean"}
    connector = open_connector("sql", {"url": url, "tables": [table("odd", columns)]})

    [piece] = connector.collect(BY_ADA, key="k")

    assert piece == Row("odd", {"a": "A\ufffd", "b": "inf", "c": "AA==", "d": 7})


@pytest.mark.postgres
def test_tells_why_postgresql_lets_nobody_in(postgres_shop: str) -> None:
    missing = sql_config(shop.at(postgres_shop, "postgresql", "recourse_conn_no_such_database"))
    unknown = sql_config(shop.at(postgres_shop, "postgresql", "postgres", user="recourse_conn_no_such_role"))
    full = shop.nobody(postgres_shop, "postgresql")
    role = urlsplit(full).username

    found = [_refusal(missing), _refusal(unknown)]
    with writer(postgres_shop) as admin:
        admin.exec_driver_sql(f'ALTER ROLE "{role}" CONNECTION LIMIT 0')
        found.append(_refusal(sql_config(full)))
        admin.exec_driver_sql(f'ALTER ROLE "{role}" CONNECTION LIMIT -1 NOLOGIN')
        found.append(_refusal(sql_config(full)))
        admin.exec_driver_sql(f'ALTER ROLE "{role}" LOGIN')

    assert [(type(failure), failure.code) for failure in found] == [
        (PermanentFailure, Code.MISSING_DATABASE),
        (PermanentFailure, Code.BAD_CREDENTIALS),
        (TemporaryFailure, Code.BUSY),
        (PermanentFailure, Code.BAD_CREDENTIALS),
    ]


@pytest.mark.mariadb
def test_tells_why_mariadb_lets_nobody_in(mariadb_shop: str) -> None:
    missing = sql_config(shop.at(mariadb_shop, "mariadb", "recourse_conn_no_such_database"))
    unknown = sql_config(shop.at(mariadb_shop, "mariadb", "mysql", user="recourse_conn_nobody_at_all:wrong"))

    found = [_refusal(missing), _refusal(unknown)]

    assert [(type(failure), failure.code) for failure in found] == [
        (PermanentFailure, Code.MISSING_DATABASE),
        (PermanentFailure, Code.BAD_CREDENTIALS),
    ]


def _refusal(config: dict[str, Any]) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        open_connector("sql", config).locate(BY_ADA, key="k")
    return caught.value
