"""The system that is searched: five related tables, 25 rows a person, in a database of its own."""

import psycopg

PEOPLE = 1_000
ROWS_EACH = 25
_TABLES = """
CREATE TABLE customers (
    id integer PRIMARY KEY, email text NOT NULL, name text NOT NULL, phone text NOT NULL, joined timestamptz NOT NULL
);
CREATE TABLE addresses (
    id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, street text NOT NULL,
    city text NOT NULL, country text NOT NULL
);
CREATE TABLE orders (
    id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, placed timestamptz NOT NULL,
    total numeric(10, 2) NOT NULL, state text NOT NULL
);
CREATE TABLE order_items (
    id integer PRIMARY KEY, order_id integer NOT NULL REFERENCES orders, article text NOT NULL,
    pieces integer NOT NULL, price numeric(10, 2) NOT NULL
);
CREATE TABLE tickets (
    id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, opened timestamptz NOT NULL,
    subject text NOT NULL, body text NOT NULL
);
"""
_ROWS = f"""
INSERT INTO customers
    SELECT n, 'ada.' || lpad(n::text, 9, '0') || '@example.org', 'Ada ' || n, '+353 1 555 ' || lpad(n::text, 4, '0'),
           timestamptz '2024-01-01' + n * interval '1 hour' FROM generate_series(0, {PEOPLE - 1}) n;
INSERT INTO addresses
    SELECT n, n / 2, n || ' Fleet Street', 'Dublin', 'IE' FROM generate_series(0, {PEOPLE * 2 - 1}) n;
INSERT INTO orders
    SELECT n, n / 5, timestamptz '2025-01-01' + n * interval '1 minute', n % 900 + 0.99, 'delivered'
    FROM generate_series(0, {PEOPLE * 5 - 1}) n;
INSERT INTO order_items
    SELECT n, n / 3, 'Article number ' || n % 700, n % 4 + 1, n % 300 + 0.5
    FROM generate_series(0, {PEOPLE * 15 - 1}) n;
INSERT INTO tickets
    SELECT n, n / 2, timestamptz '2025-06-01' + n * interval '1 minute', 'Where is my order?',
           repeat('It has not arrived, and nobody answers. ', 5) FROM generate_series(0, {PEOPLE * 2 - 1}) n;
CREATE INDEX ON customers (email);
CREATE INDEX ON addresses (customer_id);
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON order_items (order_id);
CREATE INDEX ON tickets (customer_id);
ANALYZE;
"""
READS = (
    "SELECT * FROM customers WHERE email = %(email)s",
    "SELECT a.* FROM addresses a JOIN customers c ON c.id = a.customer_id WHERE c.email = %(email)s ORDER BY a.id",
    "SELECT o.* FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.email = %(email)s ORDER BY o.id",
    "SELECT i.* FROM order_items i JOIN orders o ON o.id = i.order_id JOIN customers c ON c.id = o.customer_id"
    " WHERE c.email = %(email)s ORDER BY i.id",
    "SELECT t.* FROM tickets t JOIN customers c ON c.id = t.customer_id WHERE c.email = %(email)s ORDER BY t.id",
)
"""The bare reading of one person's rows."""


def fill(url: str) -> None:
    """Make the tables and their rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLES)
        connection.execute(_ROWS)


def register(url: str) -> None:
    """Enter the system, as its owner would in the console. Runs inside an installation."""
    from django.utils import timezone

    from dsr.services.systems import Entry, enter

    config = {"url": url.replace("postgres://", "postgresql://"), "tables": _MAPPING}
    entry = Entry("shop", "The shop", "Olga Owner", "olga@staff.example.org", "sql", config, "Customers and orders.")
    enter(entry, at=timezone.now())


def _table(name: str, title: str, category: str, columns: str, **more: object) -> dict[str, object]:
    given = {column: {"title": column.replace("_", " ").capitalize()} for column in columns.split()}
    return {"dataset": name, "table": name, "title": title, "category": category, "columns": given, **more}


def _below(dataset: str, column: str) -> dict[str, object]:
    return {"dataset": dataset, "on": {column: "id"}}


_MAPPING = [
    _table(
        "customers", "Your account", "customer_account_data", "id email name phone joined",
        identity=[{"kind": "email", "column": "email"}],
    ),
    _table(
        "addresses", "Your addresses", "contact_data", "id street city country",
        parent=_below("customers", "customer_id"), ignore=["customer_id"],
    ),
    _table(
        "orders", "Your orders", "customer_account_data", "id placed total state",
        parent=_below("customers", "customer_id"), ignore=["customer_id"],
    ),
    _table(
        "order_items", "What you ordered", "customer_account_data", "id order_id article pieces price",
        parent=_below("orders", "order_id"),
    ),
    _table(
        "tickets", "What you wrote to us", "support_feedback_data", "id opened subject body",
        parent=_below("customers", "customer_id"), ignore=["customer_id"],
    ),
]  # fmt: skip
