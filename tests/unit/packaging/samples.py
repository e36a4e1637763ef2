"""Invented contents for packages: one person, a few systems, every kind of value."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsr.connectors.base import Dataset, Field, FieldType, FileChunk, FileStart, Piece, Row, WithheldField
from dsr.packaging import parcel
from dsr.packaging.contents import (
    Category,
    Kind,
    Organisation,
    PackageContents,
    Purpose,
    SearchOutcome,
    Section,
    Statement,
    SystemPart,
    Table,
)
from dsr.packaging.parcel import Parcel
from dsr.packaging.stores import FolderStore
from dsr.packaging.vault import Vault

AT = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
KEY = bytes(range(32))
OPENED: list[Parcel] = []
"""Parcels that somebody has to close."""

STATEMENT = Statement(
    title="How your data is used",
    introduction=("This is what Brightwater does with data about its customers.",),
    sections=(
        Section(
            "What is collected",
            ("Some of it you gave, some of it your use produced.",),
            items=("Account details", "Orders"),
            tables=(
                Table(
                    "What is used for what",
                    ("Purpose", "Kinds of data", "Legal basis"),
                    (
                        ("To run your account", "Account details, orders", "Contract"),
                        ("To prevent abuse", "Account details, risk marks", "Legitimate interests"),
                    ),
                ),
            ),
        ),
        Section("Who receives it", ("Companies that run our servers.",)),
    ),
)

DICTIONARY = {
    each.id: each
    for each in (
        Category(
            "account",
            "Account details",
            "Who you are and how you can be reached.",
            "You, when you signed up or changed it",
            (Purpose("To run your account", ("contract",)), Purpose("To prevent abuse", ("legitimate interests",))),
        ),
        Category(
            "orders",
            "Orders and payments",
            "What you bought and paid.",
            "Your use of the service",
            (Purpose("To bill you", ("contract", "legal obligation")),),
        ),
        Category("tickets", "Letters to support", "", "You", (Purpose("To answer you", ("contract",)),)),
        Category("risk", "Risk marks", "How likely abuse is.", "Worked out by us", portable=False),
    )
}

CUSTOMER = Dataset(
    "customer",
    "Your account",
    "The record that your login leads to.",
    "account",
    (
        Field("id", "Customer number", "", "account", FieldType.INTEGER),
        Field("name", "Name", "As you wrote it.", "account"),
        Field("email", "Mail address", "Where we write to you.", "account"),
        Field("phone", "Telephone", "", "account"),
        Field("active", "Active", "Whether the account can be used.", "account", FieldType.BOOLEAN),
        Field("risk_score", "Risk score", "From 0, none, to 100.", "risk", FieldType.DECIMAL),
    ),
    (WithheldField("password_hash", "Password", "account", "security", "kept only as a one-way digest"),),
)
ORDERS = Dataset(
    "orders",
    "Orders",
    "One record for each order.",
    "orders",
    (
        Field("id", "Order number", "", "orders", FieldType.INTEGER),
        Field("placed", "Placed on", "When you ordered.", "orders", FieldType.DATETIME),
        Field("total", "Total", "In euro, tax included.", "orders", FieldType.DECIMAL),
        Field("note", "Note", "What you asked for.", "orders"),
    ),
)
TICKETS = Dataset(
    "tickets",
    "Letters to support",
    "What you wrote to us and what you attached.",
    "tickets",
    (
        Field("subject", "Subject", "", "tickets"),
        Field("body", "Text", "The whole letter.", "tickets"),
        Field("tags", "Tags", "", "tickets", FieldType.JSON),
    ),
)


def vault_in(folder: Path, *, chunk_bits: int = 18) -> Vault:
    """A vault in an empty folder."""
    return Vault(FolderStore(folder / "vault"), chunk_bits=chunk_bits)


def spooled(vault: Vault, pieces: Iterable[Piece], datasets: Iterable[Dataset], name: str = "parcels/one") -> Parcel:
    """What a system would have brought, written and opened again."""
    parcel.write(pieces, vault, name, KEY, datasets=tuple(datasets))
    opened = parcel.open_parcel(vault, name, KEY)
    OPENED.append(opened)
    return opened


def account_pieces() -> Iterable[Piece]:
    """Six records in two data sets, mixed as a connector may yield them."""
    yield Row(
        "customer",
        {
            "id": 7,
            "name": "Ada Ng",
            "email": "ada@example.org",
            "phone": "+353 1 555 0100",
            "active": True,
            "risk_score": "12.50",
        },
    )
    for number in range(1, 6):
        yield Row(
            "orders",
            {
                "id": number,
                "placed": f"2026-01-0{number}T10:00:00Z",
                "total": f"{number * 10}.90",
                "note": "Please ring twice" if number == 2 else None,
            },
        )


def ticket_pieces() -> Iterable[Piece]:
    """Two letters and two files."""
    yield Row("tickets", {"subject": "Bill", "body": "Dear all,\nthe bill is wrong.\nAda", "tags": ["bill", "urgent"]})
    yield Row("tickets", {"subject": "Thanks", "body": "It is right now.", "tags": []})
    yield FileStart("tickets", "bill.pdf", "application/pdf", "tickets")
    yield FileChunk(b"%PDF-1.7 ")
    yield FileChunk(b"not really")
    yield FileStart("tickets", "../../page.html", "text/html", "tickets")
    yield FileChunk(b"<script>alert(1)</script>")


def systems(vault: Vault) -> tuple[SystemPart, ...]:
    """Four systems, one of each result."""
    return (
        SystemPart(
            "accounts",
            "Accounts and billing",
            SearchOutcome.FOUND,
            spooled(vault, account_pieces(), (CUSTOMER, ORDERS), "parcels/accounts"),
        ),
        SystemPart(
            "support",
            "Support files",
            SearchOutcome.FOUND,
            spooled(vault, ticket_pieces(), (TICKETS,), "parcels/support"),
        ),
        SystemPart("marketing", "Marketing", SearchOutcome.NOTHING_HELD),
        SystemPart("archive", "Old archive", SearchOutcome.LEFT_OUT, note="It is being rebuilt; ask again in May."),
    )


def contents(parts: tuple[SystemPart, ...] = (), **changes: Any) -> PackageContents:
    """An answer to Ada; `changes` replaces whatever a test is about."""
    values: dict[str, Any] = {
        "reference": "7K3MX-9TCRA",
        "kind": Kind.FULL,
        "right": "access",
        "right_title": "Get a copy of your data",
        "made_at": AT,
        "made_on": "5 March 2026",
        "language": "en",
        "organisation": Organisation("Brightwater", ("privacy@brightwater.example", "1 Quay Street, Dublin")),
        "person_hint": "a…@example.org",
        "statement": STATEMENT,
        "complain": (
            "Write to our data protection officer first.",
            "You can complain to the Data Protection Commission.",
        ),
        "dictionary": DICTIONARY,
        "systems": parts,
    }
    return PackageContents(**{**values, **changes})
