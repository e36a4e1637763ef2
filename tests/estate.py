"""Systems for tests whose records are protected in different ways: a person leaves exactly what the law wants kept."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dsr.models import LedgerEntry, SubjectRequest, System
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import review
from dsr.services.erasure import waiting
from dsr.services.systems import Entry, enter
from tests import builders

ADA_ACCOUNT, ADA_PHONE = "AC-1", "+12025550147"
ADA_WORDS = (builders.ADA, "Ada Lovelace", "12 Bell Lane", ADA_PHONE, "198.51.100.7", "ada-paid-nothing-yet")
"""Every text that says something about Ada in the estate, but for what an invoice has to say."""

metadata = sa.MetaData()
customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account", sa.String(16), unique=True),
    sa.Column("email", sa.String(120), index=True),
    sa.Column("name", sa.String(120)),
    sa.Column("street", sa.String(120)),
    sa.Column("phone", sa.String(32)),
    sa.Column("marketing_ok", sa.Boolean, nullable=False),
    sa.Column("restricted", sa.Boolean, nullable=False),
    sa.Column("note", sa.String(300)),
)
invoices = sa.Table(
    "invoices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True),
    sa.Column("issued_on", sa.Date),
    sa.Column("status", sa.String(16)),
    sa.Column("total", sa.Numeric(10, 2)),
)
calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account", sa.String(16), index=True),
    sa.Column("made_on", sa.Date),
    sa.Column("called", sa.String(32)),
    sa.Column("from_ip", sa.String(45)),
)
profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(120), index=True),
    sa.Column("interests", sa.String(200)),
)
flags = sa.Table(
    "flags",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), index=True),
    sa.Column("flagged_on", sa.Date),
    sa.Column("why", sa.String(60)),
)

TABLES: list[dict[str, Any]] = [
    {
        "dataset": "customers",
        "table": "customers",
        "title": "Your account",
        "category": "customer_account_data",
        "identity": [
            {"kind": "email", "column": "email", "normalise": "lower"},
            {"kind": "account", "column": "account"},
        ],
        "resolves": [{"kind": "account", "column": "account"}],
        "erase": "rows",
        "restrict": {"restricted": True},
        "unrestrict": {"restricted": False},
        "suppress": {"marketing": {"marketing_ok": False}},
        "note": "note",
        "columns": {
            "account": {"title": "Account", "erase": "null"},
            "email": {
                "title": "Mail address",
                "category": "contact_data",
                "erase": "null",
                "correctable": True,
                "login": True,
            },
            "name": {"title": "Name", "category": "contact_data", "erase": "null", "correctable": True},
            "street": {"title": "Street", "category": "contact_data", "erase": "null", "correctable": True},
            "phone": {"title": "Telephone", "category": "contact_data", "erase": "null", "correctable": True},
            "marketing_ok": {"title": "Mailings", "type": "boolean", "erase": {"fixed": False}},
        },
        "ignore": ["id", "restricted", "note"],
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
        "columns": {"issued_on": {"title": "Date", "type": "date"}, "total": {"title": "Total", "type": "decimal"}},
        "ignore": ["id", "status"],
    },
    {
        "dataset": "flags",
        "table": "flags",
        "title": "Warnings about misuse",
        "category": "fraud_signals",
        "parent": {"dataset": "customers", "on": {"customer_id": "id"}},
        "event": {"name": "flagged", "column": "flagged_on"},
        "erase": "rows",
        "columns": {"flagged_on": {"title": "Date", "type": "date"}, "why": {"title": "Why"}},
        "ignore": ["id"],
    },
    {
        "dataset": "calls",
        "table": "calls",
        "title": "Calls",
        "category": "call_records",
        "identity": [{"kind": "account", "column": "account"}],
        "event": {"name": "call_made", "column": "made_on"},
        "erase": "rows",
        "columns": {
            "made_on": {"title": "Date", "type": "date"},
            "called": {"title": "Number called"},
            "from_ip": {"title": "Network address", "category": "device_data", "erase": "null"},
        },
        "ignore": ["id", "account"],
    },
    {
        "dataset": "profiles",
        "table": "profiles",
        "title": "Marketing profile",
        "category": "marketing_communications_data",
        "identity": [{"kind": "email", "column": "email", "normalise": "lower"}],
        "erase": "rows",
        "columns": {"interests": {"title": "Interests"}},
        "ignore": ["id"],
    },
]  # fmt: skip


def months_before(day: dt.date, months: int) -> dt.date:
    """Return a day some months earlier, on the first of its month."""
    total = day.year * 12 + day.month - 1 - months
    return dt.date(total // 12, total % 12 + 1, 1)


def fill(url: str, on: dt.date) -> None:
    """Make the tables anew, with Ada and Max in them, as of a day."""
    engine = sa.create_engine(_driver(url))
    with engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
        for number, account, address, name in (
            (1, ADA_ACCOUNT, builders.ADA, "Ada Lovelace"),
            (2, "AC-2", builders.MAX, "Max"),
        ):
            _person(connection, number, account, address, name, on)
    engine.dispose()


def _person(connection: sa.Connection, number: int, account: str, address: str, name: str, on: dt.date) -> None:
    ada = number == 1
    street, phone = ("12 Bell Lane", ADA_PHONE) if ada else ("9 Elm Court", "+12025550199")
    person = {"id": number, "account": account, "email": address, "name": name, "street": street, "phone": phone}
    connection.execute(customers.insert(), {**person, "marketing_ok": True, "restricted": False, "note": None})
    ages = ((10, 2, "open"), (11, 20, "paid"), (12, 130, "paid"))
    for invoice, months, status in ages if ada else ():
        row = {
            "id": invoice,
            "customer_id": number,
            "issued_on": months_before(on, months),
            "status": status,
            "total": 5,
        }
        connection.execute(invoices.insert(), row)
    for call, months in ((20, 12), (21, 20)) if ada else ((30, 20),):
        row = {"id": call, "account": account, "made_on": months_before(on, months), "called": "+12025550111"}
        connection.execute(calls.insert(), {**row, "from_ip": "198.51.100.7" if ada else "198.51.100.8"})
    connection.execute(profiles.insert(), {"id": number, "email": address, "interests": "engines"})
    if ada:
        flag = {"id": 40, "customer_id": number, "flagged_on": months_before(on, 6), "why": "ada-paid-nothing-yet"}
        connection.execute(flags.insert(), flag)


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://").replace("mariadb://", "mysql+pymysql://")


def estate(url: str, at: dt.datetime, key: str = "estate", role: str = "own") -> System:
    """Enter a filled estate as a system."""
    config = {"url": url, "tables": TABLES, "hash_key": "a key for tests that is as long as one"}
    system = enter(Entry(key, "The estate", "Olga Owner", "olga@staff.example.org", "sql", config), at=at)
    System.objects.filter(pk=system.pk).update(role=role)
    return system


def sqlite(folder: Path, at: dt.datetime, key: str = "estate") -> str:
    """Make an estate in a file and return its address."""
    url = f"sqlite:///{folder / key}.sqlite3"
    fill(url, at.date())
    return url


@contextmanager
def looking_at(url: str) -> Iterator[sa.Connection]:
    """Yield a connection that sees what is there now."""
    engine = sa.create_engine(_driver(url))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def ids(url: str, table: sa.Table) -> list[int]:
    """Return the keys of a table's records, in order."""
    with looking_at(url) as connection:
        return [row[0] for row in connection.execute(sa.select(table.c.id).order_by(table.c.id))]


def texts(url: str) -> str:
    """Return everything that is in the database, as one text."""
    with looking_at(url) as connection:
        return "\n".join(
            str(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(table.select())
        )


def asked(at: dt.datetime, *rights: Right, **changes: Any) -> SubjectRequest:
    """Ada asks from the United States to be erased, shows who she is, and confirms it twice."""
    found = builders.in_review(*(rights or (Right.DELETION,)), at=at, **{"country": "US", "region": "CA", **changes})
    request = SubjectRequest.objects.get(submission=found.submission, right=Right.DELETION)
    waiting.confirm(request.pk, by=Caller.person(), at=at)
    return builders.again(request)


def approve(request: SubjectRequest, at: dt.datetime) -> SubjectRequest:
    """Hal and Vera decide."""
    builders.argue(request, at)
    review.prepare(request.pk, by=builders.hal(), at=at)
    review.approve(request.pk, by=builders.vera(), at=at)
    return builders.again(request)


def approved(at: dt.datetime, *rights: Right, **changes: Any) -> SubjectRequest:
    """A deletion that Hal and Vera have decided on."""
    return approve(asked(at, *rights, **changes), at)


def lines(request: SubjectRequest) -> dict[tuple[str, str], tuple[int, str, dt.date | None]]:
    """The ledger: category and outcome to records, ground and day."""
    rows = LedgerEntry.objects.filter(request=request)
    return {(row.category, row.outcome): (row.count, row.ground, row.until) for row in rows}
