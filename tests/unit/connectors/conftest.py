"""The shop behind each kind of connector, well and ill."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from dsr.connectors import Code, Connector, close_all, open_connector
from tests import outpost
from tests.thirdparty import sendgrid
from tests.unit.connectors import desks, ledger, service, shop
from tests.unit.connectors.ground import Ground


@dataclass
class Bench:
    """One connector under test, and how to get it into each kind of trouble."""

    name: str
    kind: str
    config: Callable[..., dict[str, Any]]
    down: Callable[[], dict[str, Any]]
    down_code: Code
    slow: Callable[[], dict[str, Any]]
    denied: Callable[[], dict[str, Any]]
    denied_code: Code

    def open(self, config: dict[str, Any] | None = None, **more: Any) -> Connector:
        """A connector for the shop."""
        return open_connector(self.kind, config or self.config(**more))


def free_port() -> int:
    """A port on which nobody answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def sql_config(url: str, **more: Any) -> dict[str, Any]:
    """The shop's mapping for a database."""
    return {"url": url, "tables": shop.TABLES, **shop.ASKING, **more}


def slow_config(url: str) -> dict[str, Any]:
    """A mapping that never finishes by itself."""
    asking = {
        "person": {"dataset": "sleepy", "column": "email"},
        "facts": [{"name": "plan_name", "dataset": "sleepy", "column": "id"}],
        "standing": {"on_file": [{"kind": "email", "column": "email"}]},
    }
    return {"url": url, "tables": shop.sleepy_table(), **asking, "limits": {"timeout_seconds": 0.4}}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """No connection outlives its test."""
    yield
    close_all()


@pytest.fixture(scope="session")
def sqlite_shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a shop in a file."""
    return shop.sqlite_url(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def postgres_shop(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a shop in PostgreSQL."""
    yield from shop.postgres_shop(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def mariadb_shop(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a shop in MariaDB."""
    yield from shop.mariadb_shop(request.getfixturevalue("mariadb_url"))


@pytest.fixture(scope="session")
def shop_service() -> Iterator[service.Service]:
    """A shop behind HTTP."""
    with service.running() as running:
        yield running


@pytest.fixture
def sqlite_bench(sqlite_shop: str, tmp_path: Path) -> Iterator[Bench]:
    """SQLite: down means that somebody else has the file to himself."""
    locked = tmp_path / "locked.sqlite3"
    with closing(sqlite3.connect(locked, isolation_level=None)) as owner:
        owner.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY)")
        owner.execute("BEGIN EXCLUSIVE")
        yield Bench(
            name="sqlite",
            kind="sql",
            config=lambda **more: sql_config(sqlite_shop, **more),
            down=lambda: sql_config(f"sqlite:///{locked}", connect_timeout_seconds=1),
            down_code=Code.BUSY,
            slow=lambda: slow_config(sqlite_shop),
            denied=lambda: sql_config(f"sqlite:///{tmp_path}/nobody.sqlite3"),
            denied_code=Code.MISSING_DATABASE,
        )


def _server_bench(name: str, url: str, scheme: str) -> Bench:
    nowhere = f"{scheme}://nobody@127.0.0.1:{free_port()}{urlsplit(url).path}"
    return Bench(
        name=name,
        kind="sql",
        config=lambda **more: sql_config(url, **more),
        down=lambda: sql_config(nowhere),
        down_code=Code.UNREACHABLE,
        slow=lambda: slow_config(url),
        denied=lambda: sql_config(shop.nobody(url, scheme)),
        denied_code=Code.PERMISSION_DENIED,
    )


@pytest.fixture
def postgresql_bench(postgres_shop: str) -> Bench:
    """PostgreSQL."""
    return _server_bench("postgresql", postgres_shop, "postgresql")


@pytest.fixture
def mariadb_bench(mariadb_shop: str) -> Bench:
    """MariaDB."""
    return _server_bench("mariadb", mariadb_shop, "mariadb")


@pytest.fixture
def http_bench(shop_service: service.Service) -> Bench:
    """A service."""
    nowhere = {**shop_service.config(), "url": f"http://127.0.0.1:{free_port()}"}
    return Bench(
        name="http",
        kind="http",
        config=lambda **more: shop_service.config(**more),
        down=lambda: nowhere,
        down_code=Code.UNREACHABLE,
        slow=lambda: shop_service.config("any-sleeping", facts=["plan_name"], limits={"timeout_seconds": 0.4}),
        denied=lambda: {**shop_service.config(), "secret": "not the secret, but as long as it is"},
        denied_code=Code.BAD_CREDENTIALS,
    )


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
        "http",
    ]
)
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each kind of connector in turn."""
    found: Bench = request.getfixturevalue(f"{request.param}_bench")
    return found


@pytest.fixture
def postgres_aged(postgres_url: str) -> Iterator[str]:
    """An empty database in PostgreSQL."""
    yield from shop.postgres_empty(postgres_url, "aged")


@pytest.fixture
def mariadb_aged(mariadb_url: str) -> Iterator[str]:
    """An empty database in MariaDB."""
    yield from shop.mariadb_empty(mariadb_url, "aged")


GROUNDS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgres),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
    "outpost",
    "marketing",
    "sendgrid",
]
"""Connectors that are told to change something, by the fixture `<name>_ground`."""


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> tuple[sa.Engine, str]:
    """A shop to be changed, in a file."""
    engine, url = ledger.sqlite_engine(tmp_path)
    ledger.fill(engine)
    return engine, url


@pytest.fixture(scope="session")
def _postgresql_ledger(request: pytest.FixtureRequest) -> Iterator[tuple[sa.Engine, str]]:
    for url in shop.postgres_empty(request.getfixturevalue("postgres_url"), "ledger"):
        yield from ledger.on_server(url, "postgresql+psycopg:")


@pytest.fixture(scope="session")
def _mariadb_ledger(request: pytest.FixtureRequest) -> Iterator[tuple[sa.Engine, str]]:
    for url in shop.mariadb_empty(request.getfixturevalue("mariadb_url"), "ledger"):
        yield from ledger.on_server(url, "mysql+pymysql:")


@pytest.fixture
def postgresql_ledger(_postgresql_ledger: tuple[sa.Engine, str]) -> tuple[sa.Engine, str]:
    """The same in PostgreSQL."""
    ledger.fill(_postgresql_ledger[0])
    return _postgresql_ledger


@pytest.fixture
def mariadb_ledger(_mariadb_ledger: tuple[sa.Engine, str]) -> tuple[sa.Engine, str]:
    """The same in MariaDB."""
    ledger.fill(_mariadb_ledger[0])
    return _mariadb_ledger


@pytest.fixture
def sqlite_ground(sqlite_ledger: tuple[sa.Engine, str]) -> Ground:
    """SQLite."""
    return ledger.ground(sqlite_ledger[1])


@pytest.fixture
def postgresql_ground(postgresql_ledger: tuple[sa.Engine, str]) -> Ground:
    """PostgreSQL."""
    return ledger.ground(postgresql_ledger[1])


@pytest.fixture
def mariadb_ground(mariadb_ledger: tuple[sa.Engine, str]) -> Ground:
    """MariaDB."""
    return ledger.ground(mariadb_ledger[1])


@pytest.fixture
def outpost_ground() -> Iterator[Ground]:
    """A service that does as a test tells it."""
    with outpost.running() as found:
        yield desks.outpost_ground(found)


@pytest.fixture(scope="session")
def marketing_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What marketing knows before anybody asks."""
    return desks.build(tmp_path_factory.mktemp("marketing") / "marketing.sqlite3")


@pytest.fixture
def marketing_ground(marketing_file: Path, tmp_path: Path) -> Iterator[Ground]:
    """The demonstration's own service."""
    with desks.marketing_running(marketing_file, tmp_path) as (places, port):
        yield desks.marketing_ground(places, port)


@pytest.fixture
def sendgrid_ground() -> Iterator[Ground]:
    """Mailing lists at SendGrid."""
    with sendgrid.running() as account:
        for email in (shop.ADA, shop.BOB):
            account.contact(email)
        yield Ground(
            connector=open_connector("sendgrid", account.config(activity=None)),
            ada={"email": [shop.ADA]},
            bob={"email": [shop.BOB]},
            nobody={"email": ["max@example.org"]},
        )


@pytest.fixture(params=GROUNDS)
def ground(request: pytest.FixtureRequest) -> Ground:
    """Each connector in turn, over data of its own."""
    found: Ground = request.getfixturevalue(f"{request.param}_ground")
    return found
