"""Loading: quickly, once, and never over somebody's own data."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import sqlalchemy as sa

from dsr.connectors import Row, open_connector
from dsr.demo import accounts, messaging
from dsr.demo.load import NotLoaded, load
from dsr.demo.people import ADA_EMAIL, MAX_EMAIL, NORA_EMAIL
from dsr.demo.places import Places
from dsr.demo.systems import Addresses, definitions
from dsr.rules import pack
from tests.unit.connectors import shop


def count(places: Places, table: str) -> int:
    """Rows of the accounts' file."""
    with closing(sqlite3.connect(places.accounts)) as file:
        return int(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_loads_in_seconds_and_only_once(data_dir: Places) -> None:
    began = time.monotonic()
    load(data_dir)
    took = time.monotonic() - began
    first = data_dir.accounts.stat()

    load(data_dir)

    assert took < 10
    assert data_dir.accounts.stat().st_ino == first.st_ino
    assert count(data_dir, "customers") == 1_200
    assert count(data_dir, "invoices") > 2_500


def test_replaces_what_an_earlier_version_left(data_dir: Places) -> None:
    load(data_dir)
    with closing(sqlite3.connect(data_dir.accounts)) as file, file:
        file.execute("DELETE FROM customers")
        file.execute("PRAGMA user_version = 0")
    data_dir.messaging.write_bytes(b"no database")

    load(data_dir)

    assert count(data_dir, "customers") == 1_200
    assert data_dir.messaging.stat().st_size > 100_000
    assert [path.name for path in data_dir.folder.iterdir() if path.name.startswith(".")] == []


def test_keeps_the_secret_to_the_owner_of_the_files(data_dir: Places) -> None:
    first = data_dir.secret()

    assert data_dir.secret() == first
    assert len(first) >= 48
    assert (data_dir.folder / "marketing.secret").stat().st_mode & 0o077 == 0
    assert [path.name for path in data_dir.folder.iterdir()] == ["marketing.secret"]


def test_uses_only_categories_of_the_newest_notice_and_of_the_schedule() -> None:
    newest = max(pack().notices, key=lambda notice: notice.version)
    older = {category.id for notice in pack().notices for category in notice.categories}
    known = {category.id for category in newest.categories} | (set(pack().categories) - older)
    addresses = Addresses("sqlite:////x/a", "sqlite:////x/m", "http://127.0.0.1:1")
    used: set[str] = set()

    for system in definitions(addresses, "s" * 40):
        for dataset in open_connector(system.connector, system.config).describe():
            used |= dataset.categories | {part.category for part in dataset.withheld}

    assert used - known == set()
    assert len(used) >= 12


def _collected(url: str, tables: list[dict[str, object]], email: str) -> list[str]:
    connector = open_connector("sql", {"url": url, "tables": tables, "hash_key": "x" * 32})
    return [piece.dataset for piece in connector.collect({"email": [email]}, key="k") if isinstance(piece, Row)]


def _agrees(accounts_url: str, messaging_url: str) -> None:
    ada = _collected(accounts_url, accounts.mapping(), ADA_EMAIL)
    facts = _collected(messaging_url, messaging.mapping(), ADA_EMAIL)

    assert set(ada) == {"customers", "addresses", "users", "invoices", "invoice_lines", "payments", "fraud_flags"}
    assert ada.count("customers") == 1
    assert (facts.count("numbers"), facts.count("messages"), facts.count("calls")) == (1, 8, 5)
    for stranger in (NORA_EMAIL, MAX_EMAIL):
        assert _collected(accounts_url, accounts.mapping(), stranger) == []
        assert _collected(messaging_url, messaging.mapping(), stranger) == []
    for url, tables in ((accounts_url, accounts.mapping()), (messaging_url, messaging.mapping())):
        problems = open_connector("sql", {"url": url, "tables": tables, "hash_key": "x" * 32}).check()
        assert [problem for problem in problems if problem.code != "may_write"] == []


def test_holds_what_the_mappings_say_in_files(places: Places) -> None:
    _agrees(f"sqlite:///{places.accounts}", f"sqlite:///{places.messaging}")


@contextmanager
def _dropped_after(url: str, driver: str, home: str) -> Iterator[str]:
    name = f"recourse_conn_demo_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    scheme = "postgresql" if "psycopg" in driver else "mariadb"
    try:
        yield shop.at(url, scheme, name)
    finally:
        engine = sa.create_engine(shop.at(url, driver, home), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")


@pytest.mark.postgres
@pytest.mark.mariadb
def test_holds_the_same_on_servers(data_dir: Places, postgres_url: str, mariadb_url: str) -> None:
    with (
        _dropped_after(postgres_url, "postgresql+psycopg", "postgres") as first,
        _dropped_after(mariadb_url, "mysql+pymysql", "") as second,
    ):
        load(data_dir, accounts_url=first, messaging_url=second)
        load(data_dir, accounts_url=first, messaging_url=second)

        _agrees(first, second)
        assert not data_dir.accounts.exists()
        from dsr.connectors import close_all

        close_all()


@pytest.mark.parametrize(
    "url", ["postgresql://localhost/production", "mariadb://localhost/", "sqlite:////tmp/x", "nonsense"]
)
def test_touches_no_database_that_is_not_plainly_its_own(data_dir: Places, url: str) -> None:
    with pytest.raises(NotLoaded):
        load(data_dir, accounts_url=url)


def test_says_when_a_server_cannot_be_used(data_dir: Places) -> None:
    with pytest.raises(NotLoaded) as caught:
        load(data_dir, accounts_url="postgresql://me:hunter2@127.0.0.1:9/recourse_demo")

    assert "127.0.0.1:9/recourse_demo" in str(caught.value)
    assert "hunter2" not in str(caught.value)
