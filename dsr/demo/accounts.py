"""The system `accounts`: who the customers are, what they bought and how they paid. A database of its own."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from dsr.demo.people import ADA, MOVED_MAIL, MOVED_NUMBER, Person, customers
from dsr.demo.shapes import Part, child_of, column, found_by, not_mariadb, withheld

Rows = dict[str, list[dict[str, Any]]]
UNTIL = datetime(2026, 9, 30, 12, tzinfo=UTC)
"""When the invented history ends."""
_PLANS = ("Starter", "Team", "Team Plus", "Scale")
_ITEMS = ("Messages", "Voice minutes", "Telephone numbers", "Mail sending", "Support plan", "Short code")

_MAIL_MOVED, _NUMBER_MOVED = timedelta(days=5), timedelta(days=7)

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
    sa.Column("plan", sa.String(40)),
    sa.Column("last_ticket_on", sa.Date),
    sa.Column("email_changed_at", _when),
    sa.Column("phone_changed_at", _when),
    sa.Column("password_changed_at", _when),
    sa.Column("identity_checked", sa.Boolean),
    sa.Column("password_hash", _text),
    sa.Column("totp_secret", _text),
    sa.Column("marketing_ok", sa.Boolean),
    sa.Column("restricted", sa.Boolean),
    sa.Column("note", sa.String(2_000)),
    sa.Column("closed_at", _when),
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
    sa.Column("changed_on", sa.Date),
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
_flags = sa.Table(
    "fraud_flags",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("customer_id", _id, sa.ForeignKey("customers.id"), index=True),
    sa.Column("flagged_on", sa.Date),
    sa.Column("reason_code", sa.String(40)),
)


def rows() -> Rows:
    """Return everything, by table."""
    found: Rows = {table.name: [] for table in metadata.sorted_tables}
    for person in customers():
        _add(person, found)
    return found


def _add(person: Person, found: Rows) -> None:
    dice, number = person.dice("accounts"), person.number
    status = "open" if person is ADA or dice.random() < 0.93 else "closed"
    created = UNTIL - timedelta(days=dice.randint(200, 2_000), minutes=dice.randint(0, 1_440))
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
            "status": status,
            "created_at": created,
            **_lately(person, created),
            "identity_checked": dice.random() < 0.8,
            "password_hash": f"argon2id$demo${number}",
            "totp_secret": f"demo-{number}",
            "marketing_ok": number % 4 != 0 or person is ADA,
            "restricted": False,
            "note": None,
            "closed_at": None if status == "open" else UNTIL - timedelta(days=30),
        }
    )
    place = {"street": person.street, "town": person.town, "region": person.region, "postcode": person.postcode}
    for kind in ("billing", "service") if person is ADA or dice.random() < 0.5 else ("billing",):
        address = {"id": len(found["addresses"]) + 1, "customer_id": number, "kind": kind, "country": person.country}
        found["addresses"].append({**address, **place, "changed_on": _moved_in(person, created)})
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
    if person is ADA:
        # One that is long past what any law wants kept, one that some want, and one that is not paid.
        for month in (136, 84):
            _add_invoice(person, month, person.dice(f"accounts {month}"), found)
        _add_invoice(person, 0, person.dice("accounts unpaid"), found, unpaid=True)
    if person is ADA or person.dice("accounts flags").random() < 0.03:
        flagged = UNTIL.date() - timedelta(days=240)
        flag = {"customer_id": number, "flagged_on": flagged, "reason_code": "traffic_pattern"}
        found["fraud_flags"].append({"id": len(found["fraud_flags"]) + 1, **flag})


def _lately(person: Person, created: datetime) -> dict[str, Any]:
    """Return what changes now and then. Has dice of its own, so that nothing else falls otherwise for it."""
    dice = person.dice("accounts lately")
    days = [dice.randint(120, (UNTIL - created).days) for _ in range(3)]
    mail, phone, password = (UNTIL - timedelta(days=each) if dice.random() < 0.4 else None for each in days)
    asked = dice.randint(1, (UNTIL - created).days)
    if person is ADA:
        # Her ticket is in the support folder; all else has been the same for a long time.
        return {
            "plan": "Team Plus",
            "last_ticket_on": date(2026, 5, 12),
            "email_changed_at": created,
            "phone_changed_at": created,
            "password_changed_at": datetime(2024, 11, 4, 18, 5, tzinfo=UTC),
        }
    return {
        "plan": dice.choice(_PLANS),
        "last_ticket_on": (UNTIL - timedelta(days=asked)).date() if dice.random() < 0.6 else None,
        "email_changed_at": UNTIL - _MAIL_MOVED if person.number == MOVED_MAIL else mail,
        "phone_changed_at": UNTIL - _NUMBER_MOVED if person.number == MOVED_NUMBER else phone,
        "password_changed_at": password,
    }


def _moved_in(person: Person, created: datetime) -> date:
    days = person.dice("accounts moved in").randint(120, (UNTIL - created).days)
    return (created if person is ADA else UNTIL - timedelta(days=days)).date()


def freshen(connection: sa.Connection, at: datetime) -> None:
    """Let the two changes that are meant to be recent have been so at this moment."""
    mail, phone = _customers.c.email_changed_at, _customers.c.phone_changed_at
    for number, changed, ago in ((MOVED_MAIL, mail, _MAIL_MOVED), (MOVED_NUMBER, phone, _NUMBER_MOVED)):
        connection.execute(_customers.update().where(_customers.c.id == number).values({changed: at - ago}))


def _add_invoice(person: Person, month: int, dice: Random, found: Rows, *, unpaid: bool = False) -> None:
    number = len(found["invoices"]) + 1
    issued = UNTIL - timedelta(days=30 * month + 1)
    amounts = [Decimal(dice.randint(100, 40_000)) / 100 for _ in range(dice.randint(2, 4))]
    paid = not unpaid and (month > 0 or dice.random() < 0.7 or person is ADA)
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
    return [_customers_part(), _addresses_part(), _users_part(), *_money_parts(), _flags_part()]


def asking() -> Part:
    """Return the rest of the mapping: what answers are compared with, and how customers are reached."""
    return {
        "person": {"dataset": "customers", "column": "id"},
        "facts": [
            {"name": "last_payment_amount", "dataset": "payments", "column": "amount", "order_by": "paid_at"},
            {"name": "last_payment_month", "dataset": "payments", "column": "paid_at"},
            {"name": "account_opened_month", "dataset": "customers", "column": "created_at"},
            {"name": "last_ticket_month", "dataset": "customers", "column": "last_ticket_on"},
            {"name": "plan_name", "dataset": "customers", "column": "plan"},
        ],
        "standing": {
            "on_file": [{"kind": "email", "column": "email"}, {"kind": "phone", "column": "phone"}],
            "changed": [
                {"what": "email", "column": "email_changed_at"},
                {"what": "phone", "column": "phone_changed_at"},
                {"what": "password", "column": "password_changed_at"},
                {"what": "address", "dataset": "addresses", "column": "changed_on"},
            ],
        },
    }


_SECRET = "Kept only in a form that proves a sign-in and cannot be read back; giving it out would endanger the account."


_secured: Part = {"category": "security_verification_data", "erase": "null"}


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
        "event": {"name": "account_closed", "column": "closed_at"},
        "erase": "rows",
        "note": "note",
        "restrict": {"restricted": True},
        "unrestrict": {"restricted": False},
        "suppress": {"marketing": {"marketing_ok": False}},
        "columns": {
            "account": column("Account number", erase={"hash": "account"}),
            "email": column("Mail address", category="contact_data", erase="null", correctable=True, login=True),
            "phone": column("Telephone number", category="contact_data", erase="null", correctable=True),
            "full_name": column("Name", category="contact_data", erase="null", correctable=True),
            "company": column("Company", category="contact_data", erase="null", correctable=True),
            "job_title": column("Job title", category="contact_data", erase="null", correctable=True),
            "language": column("Language", description="In which we write to you.", erase="null", correctable=True),
            "status": column("Status of the account", erase={"fixed": "erased"}),
            "created_at": column("Account opened", "datetime", erase={"truncate": "year"}),
            "closed_at": column("Account closed", "datetime", erase={"truncate": "month"}),
            "plan": column("Plan", erase="null"),
            "last_ticket_on": column("Last question to support", "date", erase="null"),
            "marketing_ok": column("News and offers wanted", "boolean", erase={"fixed": False}),
            "restricted": column("Restricted", "boolean", erase={"fixed": False}, description="Stored and not used."),
            "note": column("Statement", description="What you asked us to keep beside your data.", erase="null"),
            "email_changed_at": column("Mail address last changed", "datetime", **_secured),
            "phone_changed_at": column("Number last changed", "datetime", **_secured),
            "password_changed_at": column("Password last changed", "datetime", **_secured),
            "identity_checked": column(
                "Identity checked",
                "boolean",
                **_secured,
                description="Whether we have seen proof of who you are.",
            ),
            "password_hash": withheld("Password", "security_verification_data", "security", _SECRET, erase="null"),
            "totp_secret": withheld("Sign-in code", "security_verification_data", "security", _SECRET, erase="null"),
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
        "erase": "rows",
        "columns": {
            "kind": column("Used for"),
            "street": column("Street", correctable=True),
            "town": column("Town", correctable=True),
            "region": column("State or region", correctable=True),
            "postcode": column("Postcode", correctable=True),
            "country": column("Country", description="Two letters, ISO 3166."),
            "changed_on": column("The same since", "date"),
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
        "erase": "rows",
        "columns": {
            "username": column("User name", **_secured),
            "role": column("Role", erase="null"),
            "last_sign_in_at": column("Last sign-in", "datetime", erase={"truncate": "month"}),
            "last_ip": column("Address of the device", category="device_data", description="IP address.", erase="null"),
            "browser": column("Browser", category="device_data", erase="null"),
            "api_token_hash": withheld(
                "Token for programs", "security_verification_data", "security", _SECRET, erase="null"
            ),
        },
        "ignore": ["id"],
    }


def _money_parts() -> list[Part]:
    common: Part = {
        "category": "purchase_payment_data",
        "erase": "rows",
        "event": {"name": "invoice_issued", "column": "issued_on", "dataset": "invoices"},
        "open": {"name": "invoice_unpaid", "column": "status", "values": ["open"], "dataset": "invoices"},
    }
    return [
        {
            **common,
            "dataset": "invoices",
            "table": "invoices",
            "title": "Invoices",
            "description": "What we asked you to pay.",
            "event": {"name": "invoice_issued", "column": "issued_on"},
            "open": {"name": "invoice_unpaid", "column": "status", "values": ["open"]},
            "parent": child_of("customers", customer_id="id"),
            "columns": {
                "id": column("Internal number", "integer"),
                "number": column("Number", erase="null"),
                "issued_on": column("Date", "date", erase={"truncate": "year"}),
                "currency": column("Currency", erase="null"),
                "total": column("Total", "decimal", erase="null"),
                "status": column("Status", erase="null"),
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


def _flags_part() -> Part:
    return {
        "dataset": "fraud_flags",
        "table": "fraud_flags",
        "title": "Warnings of fraud",
        "description": "Why the account was looked at for fraud or abuse, and when.",
        "category": "fraud_signals",
        "parent": child_of("customers", customer_id="id"),
        "event": {"name": "flagged", "column": "flagged_on"},
        "erase": "rows",
        "columns": {"flagged_on": column("Day", "date"), "reason_code": column("Reason")},
        "ignore": ["id"],
    }
