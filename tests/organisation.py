"""Systems for tests: a small database that really is searched, and one that its owner searches by hand."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from dsr.models import System
from dsr.services.systems import Entry, enter
from tests import builders

TABLES: list[dict[str, Any]] = [
    {
        "dataset": "customers",
        "table": "customers",
        "title": "Your account",
        "description": "Who you are to us.",
        "category": "customer_account_data",
        "identity": [{"kind": "email", "column": "email", "normalise": "lower"}],
        "resolves": [{"kind": "account", "column": "number"}],
        "key": ["number"],
        "erase": "rows",
        "restrict": {"restricted": True},
        "unrestrict": {"restricted": False},
        "note": "note",
        "columns": {
            "name": {"title": "Name", "category": "contact_data", "correctable": True},
            "email": {"title": "Mail address", "category": "contact_data"},
            "number": {"title": "Account number"},
        },
        "ignore": ["restricted", "note"],
    },
]
MANUAL: dict[str, Any] = {
    "instructions": "Look in the cabinet.",
    "identifiers": ["email"],
    "datasets": [
        {"name": "letters", "title": "Letters", "description": "What was written.", "category": "support_feedback_data"}
    ],
}


def database(folder: Path, name: str = "desk") -> str:
    """Make a database with Ada and Max in it and return its address."""
    path = folder / f"{name}.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS customers (email TEXT, name TEXT, number TEXT, restricted BOOLEAN, note TEXT)"
        )
        connection.execute("DELETE FROM customers")
        people = [(builders.ADA, "Ada Lovelace", "A-1"), (builders.MAX, "Max Stranger", "A-2")]
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, FALSE, NULL)", people)
    return f"sqlite:///{path}"


def desk(folder: Path, at: datetime, key: str = "desk", tables: list[dict[str, Any]] | None = None) -> System:
    """A system with a database."""
    config = {"url": database(folder, key), "tables": tables or TABLES}
    return enter(Entry(key, "The desk", "Olga Owner", "olga@staff.example.org", "sql", config), at=at)


def row(folder: Path, email: str, name: str = "desk") -> dict[str, Any]:
    """Return what stands in a database about somebody."""
    with closing(sqlite3.connect(folder / f"{name}.sqlite3")) as connection:
        connection.row_factory = sqlite3.Row
        return dict(connection.execute("SELECT * FROM customers WHERE email = ?", (email,)).fetchone())


def mailers(at: datetime, *purposes: str, key: str = "mailers") -> System:
    """A system whose owner leaves people out by hand, of some purposes or all."""
    words = purposes or ("marketing", "advertising", "sensitive", "disclosure")
    config = {**MANUAL, "leaves_out": list(words)}
    return enter(Entry(key, f"The {key}", "Olga Owner", "olga@staff.example.org", "manual", config), at=at)


def contacts(
    folder: Path, at: datetime, *people: tuple[str | None, ...], told: tuple[str, ...] = ("email", "phone")
) -> System:
    """A system that knows how people are reached: mail address, account, telephone, and when that was last changed.

    ``told`` are the kinds of which it says that they are on file.
    """
    path = folder / "contacts.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE people (email TEXT, account TEXT, phone TEXT, phone_changed TEXT)")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", people)
    found_by = [{"kind": "email", "column": "email", "normalise": "lower"}, {"kind": "account", "column": "account"}]
    columns = {
        name: {"title": name, "category": "contact_data"} for name in ("email", "account", "phone", "phone_changed")
    }
    table = {**TABLES[0], "dataset": "people", "table": "people", "identity": found_by, "columns": columns}
    standing = {
        "on_file": [{"kind": kind, "column": kind} for kind in told],
        "changed": [{"what": "phone", "column": "phone_changed"}],
    }
    config = {
        "url": f"sqlite:///{path}",
        "tables": [{name: value for name, value in table.items() if name != "resolves"}],
        "person": {"dataset": "people", "column": "account"},
        "standing": standing,
    }
    return enter(Entry("contacts", "The contacts", "Olga Owner", "olga@staff.example.org", "sql", config), at=at)


def cabinet(at: datetime) -> System:
    """A system that its owner searches by hand."""
    return enter(Entry("cabinet", "The cabinet", "Olga Owner", "olga@staff.example.org", "manual", MANUAL), at=at)


CONSOLE_TABLES: list[dict[str, Any]] = [
    {
        "dataset": "accounts",
        "table": "accounts",
        "title": "Your account",
        "description": "Who you are to us.",
        "category": "customer_account_data",
        "identity": [
            {"kind": "email", "column": "email", "normalise": "lower"},
            {"kind": "account", "column": "number"},
        ],
        "resolves": [{"kind": "account", "column": "number"}, {"kind": "email", "column": "email"}],
        "columns": {
            "number": {"title": "Account number"},
            "email": {"title": "Mail address", "category": "contact_data"},
            "secret": {"title": "Secret"},
        },
    },
]
CONSOLE_ASKING: dict[str, Any] = {
    "person": {"dataset": "accounts", "column": "number"},
    "facts": [
        {"name": "last_payment_amount", "dataset": "accounts", "column": "paid", "order_by": "paid_on"},
        {"name": "last_payment_month", "dataset": "accounts", "column": "paid_on"},
        {"name": "account_opened_month", "dataset": "accounts", "column": "opened_on"},
        {"name": "plan_name", "dataset": "accounts", "column": "plan"},
    ],
    "standing": {
        "on_file": [{"kind": "email", "column": "email"}, {"kind": "phone", "column": "phone"}],
        "changed": [
            {"what": "email", "column": "email_on"},
            {"what": "phone", "column": "phone_on"},
            {"what": "password", "column": "password_on"},
        ],
    },
}
ANSWERS = {
    "last_payment_amount": "49.50",
    "last_payment_month": "2026-02",
    "account_opened_month": "2021-06",
    "plan_name": "Team",
}
"""What Ada answers to the questions that the console can compare with."""
ADA_NUMBER, ADA_PHONE, ADA_SECRET = "A-1", "+353209100001", "ada-only-7f3a"


def console(folder: Path, at: datetime, *, changed: dict[str, str] | None = None) -> System:
    """A system with accounts, which says how people are reached, since when, and whether an answer is right.

    ``changed`` says what of Ada's was changed when, as ISO dates: ``email_on``, ``phone_on``, ``password_on``.
    """
    path = folder / "console.sqlite3"
    when = {"email_on": "2022-01-03", "phone_on": "2022-01-03", "password_on": "2023-05-01", **(changed or {})}
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS accounts")
        connection.execute(
            "CREATE TABLE accounts (number TEXT PRIMARY KEY, email TEXT, phone TEXT, secret TEXT, paid NUMERIC,"
            " paid_on DATE, opened_on DATE, plan TEXT, email_on DATE, phone_on DATE, password_on DATE)"
        )
        long_ago = ["2024-03-01"] * 3
        facts = ("49.50", "2026-02-11", "2021-06-20", "Team")
        rows = [
            (ADA_NUMBER, builders.ADA, ADA_PHONE, ADA_SECRET, *facts, *when.values()),
            ("A-2", builders.MAX, "+353209100002", "max-only", "12.00", *long_ago[:2], "Solo", *long_ago),
        ]
        connection.executemany(f"INSERT INTO accounts VALUES ({', '.join('?' * 11)})", rows)
    config = {"url": f"sqlite:///{path}", "tables": CONSOLE_TABLES, **CONSOLE_ASKING}
    return enter(Entry("console", "The console", "Olga Owner", "olga@staff.example.org", "sql", config), at=at)
