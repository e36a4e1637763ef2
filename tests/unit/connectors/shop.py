"""A small shop, the same in every kind of database and behind a service: what the contract suite searches."""

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from dsr.connectors import Row, Standing

PREFIX = "recourse_conn_"
HOSTILE = "O'Neil \"; DROP TABLE customers; -- \\ %s :x ünï 日本語 🎉 \u202egnihton =1+1 \t end"
HEAVY_ORDERS = 3_000
ADA, BOB, ZOE, HEAVY = "ada@example.org", "bob@example.org", "zoë+tag@example.org", "heavy@example.org"

moment = dt.datetime.fromisoformat
metadata = sa.MetaData()
customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(200), index=True),
    sa.Column("phone", sa.String(40)),
    sa.Column("number", sa.Integer, index=True),
    sa.Column("name", sa.String(200)),
    sa.Column("note", sa.Text),
    sa.Column("born", sa.Date),
    sa.Column("balance", sa.Numeric(12, 2)),
    sa.Column("active", sa.Boolean),
    sa.Column("picture", sa.LargeBinary),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("plan", sa.String(60)),
    sa.Column("opened_on", sa.Date),
    sa.Column("email_changed_at", sa.DateTime(timezone=True)),
    sa.Column("phone_changed_on", sa.Date),
)
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, index=True),
    sa.Column("placed_at", sa.DateTime),
    sa.Column("total", sa.Numeric(12, 2)),
)
items = sa.Table(
    "order items",  # a name that must be quoted
    metadata,
    sa.Column("order_id", sa.Integer, primary_key=True),
    sa.Column("select", sa.Integer, primary_key=True),  # another one
    sa.Column("what", sa.String(100)),
)

_CUSTOMERS: list[dict[str, Any]] = [
    {
        "id": 1, "email": "Ada@Example.org", "phone": "+353 (20) 910-0001", "number": 12, "name": "Ada Byrne",
        "note": HOSTILE, "born": dt.date(1985, 12, 10), "balance": Decimal("1234.56"), "active": True,
        "picture": b"\x00\xff\x89", "password_hash": "never-leaves-ada",
    },
    {
        "id": 2, "email": BOB, "phone": "+353 20 910 0002", "number": 0, "name": "Bob Cole", "note": "", "born": None,
        "balance": Decimal("0.00"), "active": False, "picture": None, "password_hash": "never-leaves-bob",
    },
    {
        "id": 3, "email": ZOE, "phone": None, "number": 1200, "name": "Zoë", "note": None, "born": None,
        "balance": None, "active": None, "picture": None, "password_hash": "never-leaves-zoe",
    },
    {
        "id": 4, "email": HEAVY, "phone": "", "number": 7, "name": "Heavy", "note": "x" * 50_000, "born": None,
        "balance": None, "active": True, "picture": None, "password_hash": "never-leaves-heavy",
    },
]  # fmt: skip
_LATER: dict[int, dict[str, Any]] = {
    1: {
        "plan": " Team Größe", "opened_on": dt.date(2019, 7, 31), "phone_changed_on": dt.date(2026, 3, 30),
        "email_changed_at": dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC),
    },
    2: {"plan": "Solo", "opened_on": dt.date(2021, 2, 1), "phone_changed_on": None, "email_changed_at": None},
    3: {"plan": None, "opened_on": None, "phone_changed_on": None, "email_changed_at": None},
    4: {"plan": "solo", "opened_on": None, "phone_changed_on": None, "email_changed_at": None},
}  # fmt: skip
_ORDERS: list[dict[str, Any]] = [
    {"id": 10, "customer_id": 1, "placed_at": moment("2026-01-02T03:04:05"), "total": Decimal("19.95")},
    {"id": 11, "customer_id": 1, "placed_at": moment("2026-02-02"), "total": Decimal("5.25")},
    {"id": 12, "customer_id": 2, "placed_at": moment("2026-03-02"), "total": Decimal("7.75")},
] + [
    {"id": 100 + number, "customer_id": 4, "placed_at": moment("2026-04-02"), "total": Decimal("1.25")}
    for number in range(HEAVY_ORDERS)
]
_ITEMS: list[dict[str, Any]] = [
    {"order_id": 10, "select": 1, "what": "a lamp"},
    {"order_id": 10, "select": 2, "what": "a bulb"},
    {"order_id": 11, "select": 1, "what": "a desk"},
    {"order_id": 12, "select": 1, "what": "a chair"},
]

ADA_ROWS = [
    Row(
        "customers",
        {
            "id": 1, "email": "Ada@Example.org", "phone": "+353 (20) 910-0001", "number": 12, "name": "Ada Byrne",
            "note": HOSTILE, "born": "1985-12-10", "balance": "1234.56", "active": True, "picture": "AP+J",
        },
    ),
    Row("orders", {"id": 10, "placed_at": "2026-01-02T03:04:05", "total": "19.95"}),
    Row("orders", {"id": 11, "placed_at": "2026-02-02T00:00:00", "total": "5.25"}),
    Row("items", {"what": "a lamp"}),
    Row("items", {"what": "a bulb"}),
    Row("items", {"what": "a desk"}),
]  # fmt: skip
ADA_COUNTS = {"customers": 1, "orders": 2, "items": 3}

TABLES: list[dict[str, Any]] = [
    {
        "dataset": "customers",
        "table": "customers",
        "title": "Your account",
        "category": "contact_data",
        "identity": [
            {"kind": "email", "column": "email", "normalise": "lower"},
            {"kind": "phone", "column": "phone", "normalise": "digits"},
            {"kind": "account", "column": "number"},
        ],
        "resolves": [{"kind": "phone", "column": "phone"}, {"kind": "account", "column": "number"}],
        "columns": {
            "id": {"title": "Number", "type": "integer"},
            "email": {"title": "Mail address"},
            "phone": {"title": "Telephone"},
            "number": {"title": "Account", "type": "integer"},
            "name": {"title": "Name"},
            "note": {"title": "Note", "category": "customer_support_feedback_data"},
            "born": {"title": "Born", "type": "date"},
            "balance": {"title": "Balance", "type": "decimal", "category": "purchase_payment_data"},
            "active": {"title": "Active", "type": "boolean"},
            "picture": {"title": "Picture", "type": "binary"},
            "password_hash": {
                "title": "Password",
                "category": "security_verification_data",
                "withheld": {"ground": "security", "reason": "Kept only in a form from which it cannot be read."},
            },
        },
        "ignore": ["plan", "opened_on", "email_changed_at", "phone_changed_on"],
    },
    {
        "dataset": "orders",
        "table": "orders",
        "title": "Orders",
        "category": "purchase_payment_data",
        "parent": {"dataset": "customers", "on": {"customer_id": "id"}},
        "columns": {
            "id": {"title": "Number", "type": "integer"},
            "placed_at": {"title": "When", "type": "datetime"},
            "total": {"title": "Total", "type": "decimal"},
        },
    },
    {
        "dataset": "items",
        "table": "order items",
        "title": "What was in them",
        "category": "purchase_payment_data",
        "parent": {"dataset": "orders", "on": {"order_id": "id"}},
        "columns": {"what": {"title": "What"}},
        "ignore": ["select"],
    },
]


ASKING: dict[str, Any] = {
    "person": {"dataset": "customers", "column": "id"},
    "facts": [
        {"name": "last_payment_amount", "dataset": "orders", "column": "total", "order_by": "placed_at"},
        {"name": "last_payment_month", "dataset": "orders", "column": "placed_at"},
        {"name": "account_opened_month", "dataset": "customers", "column": "opened_on"},
        {"name": "numbers_held", "dataset": "items", "column": "what"},
        {"name": "plan_name", "dataset": "customers", "column": "plan"},
        {"name": "event_attended", "dataset": "items", "column": "what"},
    ],
    "standing": {
        "on_file": [{"kind": "email", "column": "email"}, {"kind": "phone", "column": "phone"}],
        "changed": [
            {"what": "email", "column": "email_changed_at"},
            {"what": "phone", "column": "phone_changed_on"},
            {"what": "address", "dataset": "orders", "column": "placed_at"},
        ],
    },
}
"""The rest of the mapping: what answers are compared with, and how people are reached."""
ADA_KNOWS: dict[str, str] = {
    "last_payment_amount": "5.25",
    "last_payment_month": "2026-02",
    "account_opened_month": "2019-07",
    "numbers_held": "3",
    "plan_name": "team größe",
    "event_attended": "a bulb",
}
BOB_KNOWS: dict[str, str] = {
    "last_payment_amount": "7.75",
    "last_payment_month": "2026-03",
    "account_opened_month": "2021-02",
    "numbers_held": "1",
    "plan_name": "solo",
    "event_attended": "a chair",
}
ADA_STANDING = Standing(
    people=1,
    on_file={"email": ["Ada@Example.org"], "phone": ["+353 (20) 910-0001"]},
    changed={"email": dt.date(2020, 1, 1), "phone": dt.date(2026, 3, 30), "address": dt.date(2026, 2, 2)},
)

BOTH_REACHED = {"email": ["Ada@Example.org", BOB], "phone": ["+353 (20) 910-0001", "+353 20 910 0002"]}


def sleepy_table(name: str = "sleepy") -> list[dict[str, Any]]:
    """A mapping onto the view that never finishes."""
    return [
        {
            "dataset": "sleepy",
            "table": name,
            "title": "Slow",
            "category": "contact_data",
            "identity": [{"kind": "email", "column": "email", "normalise": "lower"}],
            "columns": {"email": {"title": "Mail address"}},
        }
    ]


SLEEPY = {
    "postgresql": "CREATE VIEW sleepy AS SELECT id, email FROM customers WHERE pg_sleep(20) IS NOT NULL",
    "mysql": "CREATE VIEW sleepy AS SELECT id, email FROM customers WHERE SLEEP(20) = 0",
    "sqlite": (
        "CREATE VIEW sleepy AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 900000000)"
        " SELECT id, email FROM customers WHERE (SELECT count(*) FROM n) > 0"
    ),
}


def fill(engine: sa.Engine) -> None:
    """Make the tables and put everybody in."""
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(customers.insert(), [{**one, **_LATER[one["id"]]} for one in _CUSTOMERS])
        connection.execute(orders.insert(), _ORDERS)
        connection.execute(items.insert(), _ITEMS)
        connection.exec_driver_sql(SLEEPY[engine.dialect.name])
    engine.dispose()


def sqlite_url(folder: Path) -> str:
    """A file with the shop in it."""
    path = folder / "shop with spaces ü.sqlite3"
    engine = sa.create_engine("sqlite+pysqlite://", creator=lambda: sqlite3.connect(path), poolclass=sa.pool.NullPool)
    fill(engine)
    return f"sqlite:///{path}"


def _database(name: str) -> str:
    return f"{PREFIX}{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


def at(url: str, scheme: str, database: str, user: str | None = None) -> str:
    """The same server, another database and perhaps another user."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    login = parts.netloc.rpartition("@")[0] if user is None else user
    return f"{scheme}://{login}{'@' if login else ''}{place}/{database}"


def postgres_shop(url: str) -> Iterator[str]:
    """A PostgreSQL database with the shop, and a user who may do nothing."""
    name, nobody = _database("shop"), _database("nobody")
    engine = sa.create_engine(at(url, "postgresql+psycopg", "postgres"), isolation_level="AUTOCOMMIT")
    with closing(engine.connect()) as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        connection.exec_driver_sql(f'CREATE ROLE "{nobody}" LOGIN')
        fill(sa.create_engine(at(url, "postgresql+psycopg", name)))
        yield at(url, "postgresql", name)
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'DROP ROLE "{nobody}"')
    engine.dispose()


def mariadb_shop(url: str) -> Iterator[str]:
    """A MariaDB database with the shop, and a user who may do nothing."""
    name, nobody = _database("shop"), _database("nobody")
    engine = sa.create_engine(at(url, "mysql+pymysql", ""), isolation_level="AUTOCOMMIT")
    with closing(engine.connect()) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        connection.exec_driver_sql(f"CREATE USER '{nobody}'@'%%'")
        fill(sa.create_engine(at(url, "mysql+pymysql", name) + "?charset=utf8mb4"))
        yield at(url, "mariadb", name)
        connection.exec_driver_sql(f"DROP DATABASE {name}")
        connection.exec_driver_sql(f"DROP USER '{nobody}'@'%%'")
    engine.dispose()


def nobody(url: str, scheme: str) -> str:
    """The address of the shop for the user who may do nothing."""
    return at(url, scheme, urlsplit(url).path[1:], _database("nobody"))


def postgres_empty(url: str, what: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    name = _database(what)
    engine = sa.create_engine(at(url, "postgresql+psycopg", "postgres"), isolation_level="AUTOCOMMIT")
    with closing(engine.connect()) as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        yield at(url, "postgresql", name)
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    engine.dispose()


def mariadb_empty(url: str, what: str) -> Iterator[str]:
    """An empty MariaDB database."""
    name = _database(what)
    engine = sa.create_engine(at(url, "mysql+pymysql", ""), isolation_level="AUTOCOMMIT")
    with closing(engine.connect()) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        yield at(url, "mariadb", name)
        connection.exec_driver_sql(f"DROP DATABASE {name}")
    engine.dispose()
