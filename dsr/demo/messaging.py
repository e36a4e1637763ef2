"""The system `messaging`: which numbers customers have, and the facts about messages and calls. A database of its own.

What was said or written is the customers' content: it is kept for them, is not theirs alone, and stays there.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import sqlalchemy as sa

from dsr.demo.accounts import UNTIL, Rows
from dsr.demo.people import ADA, Person, customers
from dsr.demo.shapes import Part, child_of, column, found_by, not_mariadb, withheld

LONG_AGO = (timedelta(days=365), timedelta(days=610))
"""Two calls of Ada's: twelve and twenty months ago."""

metadata = sa.MetaData()
_id, _number, _when = sa.Integer, sa.String(40), sa.DateTime(timezone=True)
_numbers = sa.Table(
    "numbers",
    metadata,
    sa.Column("number", _number, primary_key=True),
    sa.Column("account", sa.String(34), index=True),
    sa.Column("subscriber_email", sa.String(200), index=True),
    sa.Column("subscriber_name", sa.String(200)),
    sa.Column("service_address", sa.String(300)),
    sa.Column("country", sa.String(2)),
    sa.Column("carrier", sa.String(60)),
    sa.Column("assigned_on", sa.Date),
)
# MariaDB has no indexes on expressions, and needs none: capitals do not count in its usual collations.
sa.Index("numbers_email_lower", sa.func.lower(_numbers.c.subscriber_email)).ddl_if(callable_=not_mariadb)
_messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("from_number", _number, index=True),
    sa.Column("to_number", _number),
    sa.Column("kind", sa.String(8)),
    sa.Column("sent_at", _when),
    sa.Column("segments", _id),
    sa.Column("status", sa.String(16)),
    sa.Column("error_code", _id),
    sa.Column("body", sa.String(500)),
    sa.Column("route", sa.String(60)),
)
_calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", _id, primary_key=True),
    sa.Column("from_number", _number, index=True),
    sa.Column("to_number", _number),
    sa.Column("started_at", _when),
    sa.Column("seconds", _id),
    sa.Column("destination_country", sa.String(2)),
    sa.Column("status", sa.String(16)),
    sa.Column("price", sa.Numeric(10, 4)),
)


def rows() -> Rows:
    """Return everything, by table."""
    found: Rows = {table.name: [] for table in metadata.sorted_tables}
    everybody = customers()
    for person in everybody:
        dice = person.dice("messaging")
        if person is not ADA and dice.random() < 0.15:
            continue
        found["numbers"].append(
            {
                "number": person.phone,
                "account": person.account,
                "subscriber_email": person.email,
                "subscriber_name": person.name,
                "service_address": f"{person.street}, {person.town}",
                "country": person.country,
                "carrier": dice.choice(("Demo Mobile", "Invented Telecom", "Paper Cup Networks")),
                "assigned_on": (UNTIL - timedelta(days=dice.randint(100, 900))).date(),
            }
        )
        for _ in range(8 if person is ADA else dice.randint(0, 14)):
            _add_message(person, dice.choice(everybody), dice, found)
        for _ in range(3 if person is ADA else dice.randint(0, 4)):
            _add_call(person, dice.choice(everybody), dice, found)
        if person is ADA:
            # Besides those of late one a year old and one that no law wants kept any more.
            older = person.dice("messaging long ago")
            for ago in LONG_AGO:
                _add_call(person, older.choice(everybody), older, found, ago)
    return found


def _add_message(person: Person, other: Person, dice: Random, found: Rows) -> None:
    good = dice.random() < 0.95
    found["messages"].append(
        {
            "id": len(found["messages"]) + 1,
            "from_number": person.phone,
            "to_number": other.phone,
            "kind": dice.choice(("sms", "sms", "chat")),
            "sent_at": UNTIL - timedelta(minutes=dice.randint(1, 120_000)),
            "segments": dice.randint(1, 3),
            "status": "delivered" if good else "failed",
            "error_code": None if good else dice.choice((30003, 30005, 30006)),
            "body": dice.choice(("Your parcel arrives today.", "See you at five.", "Thank you for your order.")),
            "route": f"route-{dice.randint(1, 9)}",
        }
    )


def _add_call(person: Person, other: Person, dice: Random, found: Rows, ago: timedelta | None = None) -> None:
    seconds = dice.randint(0, 1_200)
    lately = timedelta(minutes=dice.randint(1, 120_000))
    found["calls"].append(
        {
            "id": len(found["calls"]) + 1,
            "from_number": person.phone,
            "to_number": other.phone,
            "started_at": UNTIL - (lately if ago is None else ago),
            "seconds": seconds,
            "destination_country": other.country,
            "status": "completed" if seconds else "no answer",
            "price": Decimal(seconds) / 60 * Decimal("0.0135"),
        }
    )


def freshen(connection: sa.Connection, at: datetime) -> None:
    """Let the calls of long ago have been as long ago as is meant at this moment."""
    mine = sa.select(_calls.c.id).where(_calls.c.from_number == ADA.phone).order_by(_calls.c.id.desc())
    oldest = [number for (number,) in connection.execute(mine.limit(len(LONG_AGO)))]
    for number, ago in zip(oldest, reversed(LONG_AGO), strict=False):
        connection.execute(_calls.update().where(_calls.c.id == number).values(started_at=at - ago))


def mapping() -> list[Part]:
    """Return the mapping of the `sql` connector."""
    return [_numbers_part(), _messages_part(), _calls_part()]


def asking() -> Part:
    """Return the rest of the mapping: what answers are compared with, and how subscribers are reached."""
    return {
        "person": {"dataset": "numbers", "column": "account"},
        "facts": [
            {"name": "numbers_held", "dataset": "numbers", "column": "number"},
            {"name": "last_number_added_month", "dataset": "numbers", "column": "assigned_on"},
            {"name": "last_message_month", "dataset": "messages", "column": "sent_at"},
        ],
        "standing": {
            "on_file": [{"kind": "email", "column": "subscriber_email"}, {"kind": "phone", "column": "number"}]
        },
    }


def _numbers_part() -> Part:
    return {
        "dataset": "numbers",
        "table": "numbers",
        "title": "Your telephone numbers",
        "description": "Numbers that you use with us, and what local law asks us to know about whoever uses them.",
        "category": "subscriber_records",
        "identity": [
            found_by("email", "subscriber_email", "lower"),
            found_by("phone", "number"),
            found_by("account", "account"),
        ],
        "erase": "rows",
        "columns": {
            "number": column("Number", erase={"hash": "number"}),
            "account": column("Account number", category="customer_account_data", erase={"hash": "account"}),
            "subscriber_email": column("Mail address", category="contact_data", erase="null"),
            "subscriber_name": column("Name", erase="null"),
            "service_address": column("Address where it is used", erase="null"),
            "country": column("Country", erase="null"),
            "carrier": column(
                "Carrier",
                category="telecommunications_data",
                description="As other operators tell us.",
                erase="null",
            ),
            "assigned_on": column("Yours since", "date", erase={"truncate": "year"}),
        },
    }


def _messages_part() -> Part:
    return {
        "dataset": "messages",
        "table": "messages",
        "title": "Messages you sent",
        "description": "The facts about each message, not what it said.",
        "category": "electronic_communications_metadata",
        "parent": child_of("numbers", from_number="number"),
        "event": {"name": "message_sent", "column": "sent_at"},
        "erase": "rows",
        "columns": {
            "from_number": column("From", erase={"hash": "number"}),
            "to_number": column("To", erase={"hash": "number"}),
            "kind": column("Kind", erase="null"),
            "sent_at": column("Sent", "datetime", erase={"truncate": "month"}),
            "segments": column("Parts", "integer", description="Long messages travel in several parts.", erase="null"),
            "status": column("What became of it", erase="null"),
            "error_code": column("Error", "integer", erase="null"),
            "body": withheld(
                "What it said",
                "customer_content",
                "processor",
                "We carry contents for our customer and do not decide about them. Please ask whoever sent the message.",
                erase="null",
            ),
            "route": withheld(
                "Route",
                "electronic_communications_metadata",
                "trade_secret",
                "How messages are routed says nothing about you and would help those who abuse the network.",
                erase="null",
            ),
        },
        "order": ["sent_at", "id"],
    }


def _calls_part() -> Part:
    return {
        "dataset": "calls",
        "table": "calls",
        "title": "Calls you made",
        "description": "Number, time and length of each call, not what was said.",
        "category": "call_records",
        "parent": child_of("numbers", from_number="number"),
        "event": {"name": "call_made", "column": "started_at"},
        "erase": "rows",
        "columns": {
            "from_number": column("From", erase={"hash": "number"}),
            "to_number": column("To", erase={"hash": "number"}),
            "started_at": column("Began", "datetime", erase={"truncate": "month"}),
            "seconds": column("Length in seconds", "integer", erase="null"),
            "destination_country": column("To which country", category="cpni", erase="null"),
            "status": column("What became of it", category="electronic_communications_metadata", erase="null"),
            "price": column("Price", "decimal", erase="null"),
        },
        "order": ["started_at", "id"],
    }
