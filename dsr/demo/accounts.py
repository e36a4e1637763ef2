"""The system `accounts`: who the customers are, what they bought and how they paid. A database of its own."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from dsr.demo.people import ADA, Person, customers
from dsr.demo.shapes import Part, child_of, column, found_by, not_mariadb, withheld

Rows = dict[str, list[dict[str, Any]]]
UNTIL = datetime(2026, 9, 30, 12, tzinfo=UTC)
"""When the invented history ends."""
_ITEMS = ("Messages", "Voice minutes", "Telephone numbers", "Mail sending", "Support plan", "Short code")

metadata = sa.MetaData()
_text, _id, _when, _money = sa.String(200), sa.Integer, sa.DateTime(timezone=True), sa.Numeric(12, 2)
_customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("account", sa.String(34), unique=True),
    sa.Column("email", _text, index=True),
    sa.Column("phone", sa.String(32), index=True),
    sa.Column("full_name", _text),
    sa.Column("company", _text),
    sa.Column("job_title", _text),
    sa.Column("language", sa.String(8)),
    sa.Column("status", sa.String(16)),
    sa.Column("created_at", _when),
    sa.Column("identity_checked", sa.Boolean),
    sa.Column("password_hash", _text),
    sa.Column("totp_secret", _text),
)
# MariaDB has no indexes on expressions, and needs none: capitals do not count in its usual collations.
sa.Index("customers_email_lower", sa.func.lower(_customers.c.email)).ddl_if(callable_=not_mariadb)
_addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("customer_id", _id, sa.ForeignKey("customers.id"), index=True),
    sa.Column("kind", sa.String(16)),
    sa.Column("street", _text),
    sa.Column("town", _text),
    sa.Column("region", sa.String(8)),
    sa.Column("postcode", sa.String(16)),
    sa.Column("country", sa.String(2)),
)
_users = sa.Table(
    "users",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("customer_id", _id, sa.ForeignKey("customers.id"), index=True),
    sa.Column("username", _text),
    sa.Column("role", sa.String(16)),
    sa.Column("last_sign_in_at", _when),
    sa.Column("last_ip", sa.String(45)),
    sa.Column("browser", _text),
    sa.Column("api_token_hash", _text),
)
_invoices = sa.Table(
    "invoices",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("customer_id", _id, sa.ForeignKey("customers.id"), index=True),
    sa.Column("number", sa.String(20)),
    sa.Column("issued_on", sa.Date),
    sa.Column("currency", sa.String(3)),
    sa.Column("total", _money),
    sa.Column("status", sa.String(16)),
)
_lines = sa.Table(
    "invoice_lines",
    metadata,
    sa.Column("invoice_id", _id, sa.ForeignKey("invoices.id"), primary_key=True),
    sa.Column("position", _id, primary_key=True),
    sa.Column("item", _text),
    sa.Column("quantity", _id),
    sa.Column("amount", _money),
)
_payments = sa.Table(
    "payments",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("invoice_id", _id, sa.ForeignKey("invoices.id"), index=True),
    sa.Column("paid_at", _when),
    sa.Column("method", sa.String(16)),
    sa.Column("card_ending", sa.String(4)),
    sa.Column("amount", _money),
    sa.Column("processor_token", _text),
)


def rows() -> Rows:
    """Return everything, by table."""
    found: Rows = {table.name: [] for table in metadata.sorted_tables}
    for person in customers():
        _add(person, found)
    return found


def _add(person: Person, found: Rows) -> None:
    dice, number = person.dice("accounts"), person.number
    found["customers"].append(
        {
            "id": number,
            "account": person.account,
            "email": person.email,
            "phone": person.phone,
            "full_name": person.name,
            "company": person.company,
            "job_title": person.job,
            "language": person.language,
            "status": "open" if person is ADA or dice.random() < 0.93 else "closed",
            "created_at": UNTIL - timedelta(days=dice.randint(200, 2_000), minutes=dice.randint(0, 1_440)),
            "identity_checked": dice.random() < 0.8,
            "password_hash": f"argon2id$demo${number}",
            "totp_secret": f"demo-{number}",
        }
    )
    place = {"street": person.street, "town": person.town, "region": person.region, "postcode": person.postcode}
    for kind in ("billing", "service") if person is ADA or dice.random() < 0.5 else ("billing",):
        address = {"id": len(found["addresses"]) + 1, "customer_id": number, "kind": kind, "country": person.country}
        found["addresses"].append({**address, **place})
    for role in ("owner", "developer")[: 2 if person is ADA else dice.randint(1, 2)]:
        found["users"].append(
            {
                "id": len(found["users"]) + 1,
                "customer_id": number,
                "username": f"{person.email.lower()}" if role == "owner" else f"build-{number}",
                "role": role,
                "last_sign_in_at": UNTIL - timedelta(hours=dice.randint(1, 3_000)),
                # RFC 5737: addresses for documentation.
                "last_ip": f"203.0.113.{dice.randint(1, 254)}",
                "browser": dice.choice(("Firefox on Linux", "Safari on macOS", "Chrome on Windows")),
                "api_token_hash": f"sha256$demo${number}",
            }
        )
    for month in range(4 if person is ADA else dice.randint(0, 6)):
        _add_invoice(person, month, dice, found)


def _add_invoice(person: Person, month: int, dice: Random, found: Rows) -> None:
    number = len(found["invoices"]) + 1
    issued = UNTIL - timedelta(days=30 * month + 1)
    amounts = [Decimal(dice.randint(100, 40_000)) / 100 for _ in range(dice.randint(2, 4))]
    paid = month > 0 or dice.random() < 0.7
    found["invoices"].append(
        {
            "id": number,
            "customer_id": person.number,
            "number": f"INV-{issued:%Y}-{number:05d}",
            "issued_on": issued.date(),
            "currency": {"GB": "GBP", "US": "USD", "JP": "JPY", "BR": "BRL"}.get(person.country, "EUR"),
            "total": sum(amounts),
            "status": "paid" if paid else "open",
        }
    )
    for place, amount in enumerate(amounts, 1):
        line = {"item": dice.choice(_ITEMS), "quantity": dice.randint(1, 900), "amount": amount}
        found["invoice_lines"].append({"invoice_id": number, "position": place, **line})
    if paid:
        found["payments"].append(
            {
                "id": len(found["payments"]) + 1,
                "invoice_id": number,
                "paid_at": issued + timedelta(days=dice.randint(0, 14), minutes=dice.randint(0, 1_440)),
                "method": dice.choice(("card", "card", "transfer")),
                "card_ending": f"{dice.randint(0, 9_999):04d}",
                "amount": sum(amounts),
                "processor_token": f"tok_demo_{number}",
            }
        )


def mapping() -> list[Part]:
    """Return the mapping of the `sql` connector."""
    return [_customers_part(), _addresses_part(), _users_part(), *_money_parts()]


_SECRET = "Kept only in a form that proves a sign-in and cannot be read back; giving it out would endanger the account."


def _customers_part() -> Part:
    return {
        "dataset": "customers",
        "table": "customers",
        "title": "Your account",
        "description": "Who you are to us as a customer.",
        "category": "customer_account_data",
        "identity": [
            found_by("email", "email", "lower"),
            found_by("phone", "phone"),
            found_by("account", "account"),
        ],
        "resolves": [{"kind": "account", "column": "account"}, {"kind": "phone", "column": "phone"}],
        "columns": {
            "account": column("Account number"),
            "email": column("Mail address", category="contact_data"),
            "phone": column("Telephone number", category="contact_data"),
            "full_name": column("Name", category="contact_data"),
            "company": column("Company", category="contact_data"),
            "job_title": column("Job title", category="contact_data"),
            "language": column("Language", description="In which we write to you."),
            "status": column("Status of the account"),
            "created_at": column("Account opened", "datetime"),
            "identity_checked": column(
                "Identity checked",
                "boolean",
                category="security_verification_data",
                description="Whether we have seen proof of who you are.",
            ),
            "password_hash": withheld("Password", "security_verification_data", "security", _SECRET),
            "totp_secret": withheld("Sign-in code", "security_verification_data", "security", _SECRET),
        },
        "ignore": ["id"],
    }


def _addresses_part() -> Part:
    return {
        "dataset": "addresses",
        "table": "addresses",
        "title": "Addresses",
        "description": "Where we send invoices, and where a service is used.",
        "category": "contact_data",
        "parent": child_of("customers", customer_id="id"),
        "columns": {
            "kind": column("Used for"),
            "street": column("Street"),
            "town": column("Town"),
            "region": column("State or region"),
            "postcode": column("Postcode"),
            "country": column("Country", description="Two letters, ISO 3166."),
        },
        "ignore": ["id"],
    }


def _users_part() -> Part:
    return {
        "dataset": "users",
        "table": "users",
        "title": "Sign-ins",
        "description": "Who may sign in to the account, and when that last happened.",
        "category": "customer_account_data",
        "parent": child_of("customers", customer_id="id"),
        "columns": {
            "username": column("User name", category="security_verification_data"),
            "role": column("Role"),
            "last_sign_in_at": column("Last sign-in", "datetime"),
            "last_ip": column("Address of the device", category="device_data", description="IP address."),
            "browser": column("Browser", category="device_data"),
            "api_token_hash": withheld("Token for programs", "security_verification_data", "security", _SECRET),
        },
        "ignore": ["id"],
    }


def _money_parts() -> list[Part]:
    common: Part = {"category": "purchase_payment_data"}
    return [
        {
            **common,
            "dataset": "invoices",
            "table": "invoices",
            "title": "Invoices",
            "description": "What we asked you to pay.",
            "parent": child_of("customers", customer_id="id"),
            "columns": {
                "id": column("Internal number", "integer"),
                "number": column("Number"),
                "issued_on": column("Date", "date"),
                "currency": column("Currency"),
                "total": column("Total", "decimal"),
                "status": column("Status"),
            },
            "order": ["issued_on", "id"],
        },
        {
            **common,
            "dataset": "invoice_lines",
            "table": "invoice_lines",
            "title": "What was on the invoices",
            "parent": child_of("invoices", invoice_id="id"),
            "columns": {
                "invoice_id": column("Internal number of the invoice", "integer"),
                "position": column("Line", "integer"),
                "item": column("Item"),
                "quantity": column("Quantity", "integer"),
                "amount": column("Amount", "decimal"),
            },
        },
        {
            **common,
            "dataset": "payments",
            "table": "payments",
            "title": "Payments",
            "parent": child_of("invoices", invoice_id="id"),
            "columns": {
                "paid_at": column("When", "datetime"),
                "method": column("How"),
                "card_ending": column("Card ending in"),
                "amount": column("Amount", "decimal"),
                "processor_token": withheld(
                    "Reference at the payment processor",
                    "purchase_payment_data",
                    "security",
                    "Money could be taken with it; it means nothing to anybody but the payment processor.",
                ),
            },
            "order": ["paid_at", "id"],
        },
    ]
