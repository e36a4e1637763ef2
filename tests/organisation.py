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
        "columns": {
            "name": {"title": "Name", "category": "contact_data"},
            "email": {"title": "Mail address", "category": "contact_data"},
            "number": {"title": "Account number"},
        },
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
        connection.execute("CREATE TABLE IF NOT EXISTS customers (email TEXT, name TEXT, number TEXT)")
        connection.execute("DELETE FROM customers")
        people = [(builders.ADA, "Ada Lovelace", "A-1"), (builders.MAX, "Max Stranger", "A-2")]
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", people)
    return f"sqlite:///{path}"


def desk(folder: Path, at: datetime, key: str = "desk") -> System:
    """A system with a database."""
    config = {"url": database(folder, key), "tables": TABLES}
    return enter(Entry(key, "The desk", "Olga Owner", "olga@staff.example.org", "sql", config), at=at)


def cabinet(at: datetime) -> System:
    """A system that its owner searches by hand."""
    return enter(Entry("cabinet", "The cabinet", "Olga Owner", "olga@staff.example.org", "manual", MANUAL), at=at)
