"""The system that is erased from: five related tables of a million rows each, in a database of its own.

A fifth of a million accounts ever bought something: five addresses, five orders, five tickets each, and what was in
the orders. Of a quarter of these people everything may go. The others have three orders that must stay, one of them
not paid yet, so their account stays as well, emptied of all that says who they are.
"""

from dataclasses import dataclass

import psycopg

ROWS = 1_000_000
PEOPLE = 200_000
_TABLES = """
CREATE TABLE customers (id integer PRIMARY KEY, email text, name text NOT NULL, phone text, joined date NOT NULL);
CREATE TABLE addresses (
    id integer PRIMARY KEY, customer_id integer NOT NULL, street text NOT NULL,
    city text NOT NULL, country text NOT NULL
);
CREATE TABLE orders (
    id integer PRIMARY KEY, customer_id integer NOT NULL, placed date NOT NULL,
    total numeric(10, 2) NOT NULL, state text NOT NULL
);
CREATE TABLE order_items (
    id integer PRIMARY KEY, order_id integer NOT NULL, article text NOT NULL,
    pieces integer NOT NULL, price numeric(10, 2) NOT NULL
);
CREATE TABLE tickets (
    id integer PRIMARY KEY, customer_id integer NOT NULL, opened timestamptz NOT NULL,
    subject text NOT NULL, body text NOT NULL
);
"""
_FILL = f"""
SET synchronous_commit = off;
INSERT INTO customers
    SELECT n, 'ada.' || lpad(n::text, 9, '0') || '@example.org', 'Ada ' || n, '+353 1 555 ' || lpad(n::text, 6, '0'),
           date '2010-01-01' + n % 3000 FROM generate_series(0, {ROWS - 1}) n;
INSERT INTO addresses
    SELECT n, n % {PEOPLE}, n || ' Fleet Street', 'Dublin', 'IE' FROM generate_series(0, {ROWS - 1}) n;
INSERT INTO orders
    SELECT n, n % {PEOPLE},
           (now() - make_interval(years => CASE WHEN n % 4 = 0 THEN 8 + n / {PEOPLE}
                                                ELSE (ARRAY[12, 8, 5, 3, 1])[1 + n / {PEOPLE}] END))::date,
           n % 900 + 0.99, CASE WHEN n % 4 <> 0 AND n / {PEOPLE} = 4 THEN 'open' ELSE 'paid' END
    FROM generate_series(0, {ROWS - 1}) n;
INSERT INTO order_items
    SELECT n, n, 'Article number ' || n % 700, n % 4 + 1, n % 300 + 0.5 FROM generate_series(0, {ROWS - 1}) n;
INSERT INTO tickets
    SELECT n, n % {PEOPLE}, timestamptz '2025-06-01' + n * interval '1 second', 'Where is my order?',
           'It has not arrived, and nobody answers.' FROM generate_series(0, {ROWS - 1}) n;
CREATE INDEX ON customers (email);
CREATE INDEX ON addresses (customer_id);
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON order_items (order_id);
CREATE INDEX ON tickets (customer_id);
ALTER TABLE addresses ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE order_items ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE tickets ADD FOREIGN KEY (customer_id) REFERENCES customers;
"""
TABLES = ("customers", "addresses", "orders", "order_items", "tickets")
_OWNER = {
    "customers": "t.id",
    "addresses": "t.customer_id",
    "orders": "t.customer_id",
    "order_items": f"t.order_id %% {PEOPLE}",
    "tickets": "t.customer_id",
}
_MAY_GO = "o.placed < (now() - interval '6 years')::date AND o.state <> 'open'"
COUNTS = (
    "SELECT count(*) FROM customers WHERE email = %(email)s",
    "SELECT count(*) FROM addresses WHERE customer_id IN (SELECT id FROM customers WHERE email = %(email)s)",
    f"SELECT count(*), count(*) FILTER (WHERE {_MAY_GO}) FROM orders o"
    " WHERE o.customer_id IN (SELECT id FROM customers WHERE email = %(email)s)",
    f"SELECT count(*), count(*) FILTER (WHERE {_MAY_GO}) FROM order_items i JOIN orders o ON o.id = i.order_id"
    " WHERE o.customer_id IN (SELECT id FROM customers WHERE email = %(email)s)",
    "SELECT count(*) FROM tickets WHERE customer_id IN (SELECT id FROM customers WHERE email = %(email)s)",
)
"""The bare counting of what goes and what stays of one person."""
_MINE = "(SELECT id FROM customers WHERE email = %(email)s)"
CHANGES = (
    f"DELETE FROM tickets WHERE customer_id IN {_MINE}",
    f"DELETE FROM order_items i USING orders o WHERE o.id = i.order_id AND o.customer_id IN {_MINE} AND {_MAY_GO}",
    f"DELETE FROM orders o WHERE o.customer_id IN {_MINE} AND {_MAY_GO}",
    f"DELETE FROM addresses WHERE customer_id IN {_MINE}",
    "DELETE FROM customers c WHERE c.email = %(email)s"
    " AND NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)",
    "UPDATE customers SET email = NULL, name = '', phone = NULL, joined = date_trunc('year', joined)"
    " WHERE email = %(email)s",
)
"""The bare erasing of one person."""


@dataclass(frozen=True, slots=True)
class State:
    """What the database holds: of some people by number of rows, of everybody else as one sum over all columns."""

    rows: dict[str, int]
    others: dict[str, int]
    named: int
    """Of these people's accounts, how many still say anything about whose they are."""


def fill(url: str) -> None:
    """Make the tables and their rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLES)
        connection.execute(_FILL)
        connection.execute("VACUUM (ANALYZE)")


def address(number: int) -> str:
    """Return the mail address of one of the people."""
    return f"ada.{number:09}@example.org"


def state(url: str, people: range) -> State:
    """Look at the whole database."""
    rows, others = {}, {}
    values = {"first": people.start, "end": people.stop}
    with psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            theirs = f"{_OWNER[table]} >= %(first)s AND {_OWNER[table]} < %(end)s"
            found = connection.execute(
                f"SELECT count(*) FILTER (WHERE {theirs}),"
                f" coalesce(sum(hashtextextended(t::text, 0)) FILTER (WHERE NOT ({theirs})), 0) FROM {table} t",
                values,
            ).fetchone()
            assert found is not None
            rows[table], others[table] = found[0], int(found[1])
        named = connection.execute(
            "SELECT count(*) FROM customers WHERE id >= %(first)s AND id < %(end)s AND"
            " (email IS NOT NULL OR name <> '' OR phone IS NOT NULL OR joined <> date_trunc('year', joined))",
            values,
        ).fetchone()
        assert named is not None
    return State(rows, others, named[0])


def left(people: range) -> dict[str, int]:
    """Return how many rows of some people must be left, by table."""
    staying = sum(number % 4 != 0 for number in people)
    return {"customers": staying, "addresses": 0, "orders": staying * 3, "order_items": staying * 3, "tickets": 0}


def register(url: str) -> None:
    """Enter the system, as its owner would in the console. Runs inside an installation."""
    from django.utils import timezone

    from dsr.services.systems import Entry, enter

    config = {"url": url.replace("postgres://", "postgresql://"), "tables": _MAPPING}
    entry = Entry("store", "The store", "Olga Owner", "olga@staff.example.org", "sql", config, "Customers and orders.")
    enter(entry, at=timezone.now())


def _table(name: str, title: str, category: str, columns: dict[str, dict[str, object]], **more: object) -> object:
    return {
        "dataset": name, "table": name, "title": title, "category": category, "columns": columns, "erase": "rows",
        **more,
    }  # fmt: skip


def _columns(names: str) -> dict[str, dict[str, object]]:
    return {name: {"title": name.capitalize()} for name in names.split()}


def _below(dataset: str, column: str) -> dict[str, object]:
    return {"dataset": dataset, "on": {column: "id"}}


_CONTACT = {"category": "contact_data"}
_ISSUED = {"name": "invoice_issued", "column": "placed"}
_UNPAID = {"name": "invoice_unpaid", "column": "state", "values": ["open"]}
_MAPPING = [
    _table(
        "customers", "Your account", "customer_account_data",
        {
            "email": {"title": "Mail address", **_CONTACT, "erase": "null"},
            "name": {"title": "Name", **_CONTACT, "erase": {"fixed": ""}},
            "phone": {"title": "Telephone", **_CONTACT, "erase": "null"},
            "joined": {"title": "Since", "type": "date", "erase": {"truncate": "year"}},
        },
        identity=[{"kind": "email", "column": "email"}], ignore=["id"],
    ),
    _table(
        "addresses", "Your addresses", "contact_data", _columns("street city country"),
        parent=_below("customers", "customer_id"), ignore=["id"],
    ),
    _table(
        "orders", "Your orders", "purchase_payment_data", _columns("placed total state"),
        parent=_below("customers", "customer_id"), ignore=["id"], event=_ISSUED, open=_UNPAID,
    ),
    _table(
        "order_items", "What you ordered", "purchase_payment_data", _columns("article pieces price"),
        parent=_below("orders", "order_id"), ignore=["id"],
        event={**_ISSUED, "dataset": "orders"}, open={**_UNPAID, "dataset": "orders"},
    ),
    _table(
        "tickets", "What you wrote to us", "support_feedback_data", _columns("opened subject body"),
        parent=_below("customers", "customer_id"), ignore=["id"],
    ),
]  # fmt: skip
