"""What an audit says about a mapping that no longer fits."""

import copy
from typing import Any

import pytest

from dsr.connectors import Code, PermanentFailure, open_connector
from tests.unit.connectors import shop
from tests.unit.connectors.test_sql import writer

SCHEMA = """
CREATE TABLE clients (id INTEGER PRIMARY KEY, mail VARCHAR(100), name VARCHAR(100), nickname VARCHAR(100),
                      born VARCHAR(20), portrait {blob});
CREATE TABLE orders (id INTEGER PRIMARY KEY, client_id VARCHAR(20), placed_at INTEGER);
CREATE TABLE complaints (id INTEGER PRIMARY KEY, client_id INTEGER, FOREIGN KEY (client_id) REFERENCES clients (id))
"""


def tables(prefix: str = "") -> list[dict[str, Any]]:
    """A mapping that has aged."""
    clients, orders, items = copy.deepcopy(shop.TABLES)
    clients |= {
        "table": "clients",
        "identity": [{"kind": "email", "column": "mail"}],
        "resolves": [],
        "columns": {
            "mail": {"title": "Mail address"},
            "names": {"title": "Name"},
            "born": {"title": "Born", "type": "integer"},
            "portrait": {"title": "Portrait"},
        },
    }
    orders |= {"parent": {"dataset": "customers", "on": {"client_id": "id"}}}
    orders["columns"] = {"id": {"title": "Number"}, "placed_at": {"title": "When", "type": "boolean"}}
    items |= {"table": "order_items", "parent": {"dataset": "customers", "on": {"order_id": "uuid"}}}
    return [clients, orders, items]


@pytest.mark.parametrize(
    "bench",
    [
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
)
def test_explains_every_mismatch(bench: str, request: pytest.FixtureRequest, tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/aged.sqlite3"
    if bench != "sqlite":
        url = request.getfixturevalue({"postgresql": "postgres_aged", "mariadb": "mariadb_aged"}[bench])
    with writer(url) as connection:
        for statement in SCHEMA.format(blob="BYTEA" if bench == "postgresql" else "BLOB").split(";"):
            connection.exec_driver_sql(statement)

    problems = open_connector("sql", {"url": url, "tables": tables()}).check()

    found = [(problem.level, problem.code, problem.where) for problem in problems if problem.code != "may_write"]
    assert found == [
        ("error", "missing_column", "customers.names"),
        ("warning", "type_differs", "customers.born"),
        ("warning", "type_differs", "customers.portrait"),
        ("warning", "unmapped_column", "customers.id"),
        ("warning", "unmapped_column", "customers.name"),
        ("warning", "unmapped_column", "customers.nickname"),
        ("warning", "no_index", "customers.mail"),
        ("warning", "join_types_differ", "orders.client_id"),
        ("warning", "no_index", "orders.client_id"),
        ("error", "missing_table", "items"),
        ("warning", "unmapped_table", "complaints"),
    ]
    assert "Is it name now?" in problems[0].message
    assert all(problem.message for problem in problems)


def test_says_that_a_parent_lacks_the_column(sqlite_shop: str) -> None:
    aged = copy.deepcopy(shop.TABLES)
    aged[1]["parent"]["on"] = {"customer_id": "uuid"}

    problems = open_connector("sql", {"url": sqlite_shop, "tables": aged}).check()

    assert [(problem.code, problem.where) for problem in problems if problem.level == "error"] == [
        ("missing_column", "orders.customer_id")
    ]


def test_knows_an_index_on_an_expression(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/indexed.sqlite3"
    with writer(url) as connection:
        connection.exec_driver_sql("CREATE TABLE people (email TEXT, old_email TEXT, name TEXT)")
        connection.exec_driver_sql("CREATE INDEX by_mail ON people (lower(email), name)")
    people = {
        "dataset": "people",
        "table": "people",
        "title": "People",
        "category": "contact_data",
        "identity": [
            {"kind": "email", "column": "email", "normalise": "lower"},
            {"kind": "old_email", "column": "old_email"},
        ],
        "columns": {"name": {"title": "Name"}},
    }

    problems = open_connector("sql", {"url": url, "tables": [people]}).check()

    assert [(problem.code, problem.where) for problem in problems] == [("no_index", "people.old_email")]


@pytest.mark.postgres
def test_warns_of_an_account_that_may_write(postgres_shop: str) -> None:
    problems = open_connector("sql", {"url": postgres_shop, "tables": shop.TABLES}).check()

    assert {(problem.code, problem.where) for problem in problems} == {
        ("may_write", "customers"),
        ("may_write", "orders"),
        ("may_write", "items"),
        ("no_index", "customers.phone"),
    }


def test_names_what_facts_and_standing_have_wrong(sqlite_shop: str) -> None:
    asking = copy.deepcopy(shop.ASKING)
    asking["person"]["column"] = "uuid"
    asking["facts"] = [
        {"name": "last_payment_amount", "dataset": "items", "column": "what", "order_by": "paid_on"},
        {"name": "plan_name", "dataset": "customers", "column": "opened_on"},
        {"name": "account_opened_month", "dataset": "customers", "column": "number"},
    ]
    asking["standing"]["on_file"].append({"kind": "phone", "column": "mobile"})
    asking["standing"]["changed"] = [{"what": "address", "dataset": "orders", "column": "total"}]

    problems = open_connector("sql", {"url": sqlite_shop, "tables": shop.TABLES, **asking}).check()

    assert [(problem.code, problem.where) for problem in problems if problem.level == "error"] == [
        ("missing_column", "person"),
        ("missing_column", "facts.last_payment_amount"),
        ("missing_column", "standing.phone"),
        ("fact_type_differs", "facts.last_payment_amount"),
        ("fact_type_differs", "facts.plan_name"),
        ("fact_type_differs", "facts.account_opened_month"),
        ("no_date", "standing.address"),
    ]
    assert any(problem.message.startswith("Column opened_on is DATE") for problem in problems)


def test_still_searches_with_a_fact_that_cannot_be_asked(sqlite_shop: str) -> None:
    asking = copy.deepcopy(shop.ASKING)
    asking["facts"] = [{"name": "plan_name", "dataset": "customers", "column": "tariff"}]
    connector = open_connector("sql", {"url": sqlite_shop, "tables": shop.TABLES, **asking})

    with pytest.raises(PermanentFailure) as caught:
        connector.knows({"email": [shop.ADA]}, "plan_name", "solo", key="k")

    assert (caught.value.code, caught.value.where) == (Code.MISSING_COLUMN, "customers.tariff")
    assert connector.locate({"email": [shop.ADA]}, key="k").datasets == shop.ADA_COUNTS
