"""A shop whose records may be changed: invoices that must be kept for years, and one that is not paid."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dsr.connectors import Change, Term, open_connector
from tests.unit.connectors.ground import Ground

ADA, BOB = {"email": ["ada@example.org"]}, {"email": ["bob@example.org"]}
HASH_KEY = "a key for tests that is as long as one"
metadata = sa.MetaData()
customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(200), index=True),
    sa.Column("login", sa.String(64), unique=True, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("born", sa.Date),
    sa.Column("balance", sa.Numeric(8, 2)),
    sa.Column("marketing_ok", sa.Boolean, nullable=False),
    sa.Column("restricted", sa.Boolean, nullable=False),
    sa.Column("note", sa.String(300)),
    sa.Column("password_hash", sa.String(200)),
)
invoices = sa.Table(
    "invoices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True),
    sa.Column("issued_on", sa.Date),
    sa.Column("status", sa.String(16)),
    sa.Column("total", sa.Numeric(12, 2)),
    sa.Column("billed_to", sa.String(200)),
)
lines = sa.Table(
    "invoice lines",  # a name that must be quoted
    metadata,
    sa.Column("invoice_id", sa.Integer, sa.ForeignKey("invoices.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("what", sa.String(100)),
)
sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("ip", sa.String(45)),
    sa.Column("device", sa.String(64)),
)

_PEOPLE = [
    {
        "id": number, "email": f"{name.title()}@Example.org", "login": f"{name}-login", "name": name.title(),
        "born": dt.date(1985, 12, 10), "balance": Decimal("12.50"), "marketing_ok": True, "restricted": False,
        "note": None, "password_hash": "never-leaves",
    }
    for number, name in ((1, "ada"), (2, "bob"))
]  # fmt: skip
_INVOICES = [
    (10, 1, dt.date(2015, 3, 1), "paid"),
    (11, 1, dt.date(2024, 5, 1), "paid"),
    (12, 1, dt.date(2014, 7, 1), "open"),
    (13, 1, None, "paid"),
    (20, 2, dt.date(2015, 3, 1), "paid"),
]

TABLES: list[dict[str, Any]] = [
    {
        "dataset": "customers",
        "table": "customers",
        "title": "Your account",
        "category": "contact_data",
        "identity": [{"kind": "email", "column": "email", "normalise": "lower"}],
        "erase": "rows",
        "note": "note",
        "restrict": {"restricted": True},
        "unrestrict": {"restricted": False},
        "suppress": {"marketing": {"marketing_ok": False}},
        "columns": {
            "id": {"title": "Number", "type": "integer"},
            "email": {"title": "Mail address", "erase": "null", "correctable": True},
            "login": {"title": "Sign-in", "erase": {"hash": "login"}, "login": True},
            "name": {"title": "Name", "erase": {"fixed": ""}, "correctable": True},
            "born": {"title": "Born", "type": "date", "erase": {"truncate": "year"}, "correctable": True},
            "balance": {"title": "Balance", "type": "decimal", "erase": "null", "correctable": True},
            "marketing_ok": {"title": "Mailings", "type": "boolean", "erase": {"fixed": False}, "correctable": True},
            "password_hash": {
                "title": "Password",
                "category": "security_verification_data",
                "withheld": {"ground": "security", "reason": "It cannot be read back."},
                "erase": {"fixed": ""},
            },
        },
    },
    {
        "dataset": "invoices",
        "table": "invoices",
        "title": "Invoices",
        "category": "purchase_payment_data",
        "parent": {"dataset": "customers", "on": {"customer_id": "id"}},
        "event": {"name": "invoice_issued", "column": "issued_on"},
        "open": {"name": "invoice_unpaid", "column": "status", "values": ["open"]},
        "erase": "rows",
        "columns": {
            "issued_on": {"title": "Date", "type": "date"},
            "status": {"title": "Status"},
            "total": {"title": "Total", "type": "decimal"},
            "billed_to": {"title": "Billed to", "category": "contact_data", "erase": {"fixed": "erased"}},
        },
    },
    {
        "dataset": "lines",
        "table": "invoice lines",
        "title": "What was on them",
        "category": "purchase_payment_data",
        "parent": {"dataset": "invoices", "on": {"invoice_id": "id"}},
        "event": {"name": "invoice_issued", "column": "issued_on", "dataset": "invoices"},
        "open": {"name": "invoice_unpaid", "column": "status", "values": ["open"], "dataset": "invoices"},
        "erase": "rows",
        "columns": {"what": {"title": "What"}},
        "ignore": ["position"],
    },
    {
        "dataset": "sign_ins",
        "table": "sign_ins",
        "title": "Sign-ins",
        "category": "device_data",
        "parent": {"dataset": "customers", "on": {"customer_id": "id"}},
        "event": {"name": "signed_in", "column": "at"},
        "erase": "columns",
        "columns": {
            "at": {"title": "When", "type": "datetime", "erase": {"truncate": "month"}},
            "ip": {"title": "Address", "erase": "null"},
            "device": {"title": "Device", "erase": {"hash": "device"}},
        },
    },
]  # fmt: skip


def all_of(*, before: dt.date | None = None, **kept: str) -> list[Term]:
    """Terms for everything. `before`: of invoices and their lines; `kept`: a category of a data set that stays."""
    return [
        Term(
            name,
            category,
            kept.get(name) != category,
            before if name in ("invoices", "lines") and category != "contact_data" else None,
        )
        for name, category in (
            ("customers", "contact_data"),
            ("customers", "security_verification_data"),
            ("invoices", "purchase_payment_data"),
            ("invoices", "contact_data"),
            ("lines", "purchase_payment_data"),
            ("sign_ins", "device_data"),
        )
    ]


def fill(engine: sa.Engine) -> None:
    """Make the tables and put everybody in."""
    metadata.drop_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(customers.insert(), _PEOPLE)
        for number, customer, day, status in _INVOICES:
            name = "Ada" if customer == 1 else "Bob"
            row = {"id": number, "customer_id": customer, "issued_on": day, "status": status, "total": Decimal("5.25")}
            connection.execute(invoices.insert(), {**row, "billed_to": name})
            connection.execute(lines.insert(), [{"invoice_id": number, "position": n, "what": "lamp"} for n in (1, 2)])
        at = dt.datetime(2026, 3, 14, 15, 9, 26, tzinfo=dt.UTC)
        seen = [{"id": n, "customer_id": n, "at": at, "ip": f"203.0.113.{n}", "device": f"phone {n}"} for n in (1, 2)]
        connection.execute(sign_ins.insert(), seen)


def sqlite_engine(folder: Path) -> tuple[sa.Engine, str]:
    """A file with the shop in it, and its address."""
    path = folder / "ledger.sqlite3"
    return sa.create_engine("sqlite+pysqlite://", creator=lambda: sqlite3.connect(path), poolclass=sa.pool.NullPool), (
        f"sqlite:///{path}"
    )


def ground(url: str, **more: Any) -> Ground:
    """The shop for the contract."""
    return Ground(
        connector=open_connector("sql", {"url": url, "tables": TABLES, "hash_key": HASH_KEY, **more}),
        ada=ADA,
        bob=BOB,
        nobody={"email": ["max@example.org"]},
        change=Change("customers", "name", "Ada King"),
        wrong=(
            Change("customers", "born", "10.12.1985"),
            Change("customers", "login", "ada"),
            Change("customers", "password_hash", "x"),
            Change("customers", "name", None),
            Change("customers", "nothing", "x"),
            Change("nothing", "name", "x"),
        ),
        annotated="customers",
    )


def rows(engine: sa.Engine, table: sa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """What is in a table."""
    with engine.connect() as connection:
        found = sa.select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)
        return [tuple(row) for row in connection.execute(found)]


def on_server(url: str, driver: str) -> Iterator[tuple[sa.Engine, str]]:
    """An engine and the address of a database on a server."""
    engine = sa.create_engine(driver + url.partition(":")[2], poolclass=sa.pool.NullPool)
    yield engine, url
    engine.dispose()
