"""Check and audit: a mapping that forgets a table about people fails, and so does one whose changes cannot work."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from dsr.connectors import Auditable, Level, Problem, open_connector
from tests.unit.connectors import ledger

Shop = tuple[sa.Engine, str]


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def shop(request: pytest.FixtureRequest) -> Shop:
    """Each kind of database in turn."""
    found: Shop = request.getfixturevalue(f"{request.param}_ledger")
    return found


def audited(
    shop: Shop, *forget: str, change: Callable[[dict[str, Any]], Any] | None = None, **more: Any
) -> list[Problem]:
    """What an audit finds; without these data sets, or with a change to the customers' table."""
    tables = json.loads(json.dumps([table for table in ledger.TABLES if table["dataset"] not in forget]))
    if change is not None:
        change(tables[0])
    connector = open_connector("sql", {"url": shop[1], "tables": tables, "hash_key": ledger.HASH_KEY, **more})
    assert isinstance(connector, Auditable)
    return connector.audit()


def errors(found: list[Problem]) -> list[tuple[str, str]]:
    """What of it is an error."""
    return [(problem.code, problem.where) for problem in found if problem.level is Level.ERROR]


def test_finds_no_fault_with_a_mapping_that_names_everything(shop: Shop) -> None:
    assert errors(audited(shop)) == []


@pytest.mark.parametrize(
    ("forgotten", "found"),
    [
        (("sign_ins",), [("undeclared_table", "sign_ins"), ("undeclared_column", "sign_ins.ip")]),
        (("lines",), [("undeclared_table", "invoice lines")]),
        (("lines", "invoices"), [("undeclared_table", "invoice lines"), ("undeclared_table", "invoices")]),
    ],
)
def test_fails_a_mapping_that_forgets_a_table(shop: Shop, forgotten: tuple[str, ...], found: list[Any]) -> None:
    assert errors(audited(shop, *forgotten)) == found


def test_is_silent_about_tables_that_are_to_be_ignored(shop: Shop) -> None:
    assert errors(audited(shop, "sign_ins", ignore_tables=["sign_ins"])) == []


def test_fails_columns_that_look_like_people(shop: Shop) -> None:
    def forgetful(table: dict[str, Any]) -> None:
        del table["columns"]["born"]

    with shop[0].begin() as connection:
        connection.exec_driver_sql("CREATE TABLE newsletter (id INTEGER, contact_email VARCHAR(99), extra TEXT)")
    try:
        found = audited(shop, change=forgetful)
    finally:
        with shop[0].begin() as connection:
            connection.exec_driver_sql("DROP TABLE newsletter")

    assert sorted(errors(found)) == [
        ("undeclared_column", "customers.born"),
        ("undeclared_column", "newsletter.contact_email"),
    ]
    assert ("undeclared_column", "newsletter.extra") in {(one.code, one.where) for one in found}


def _column(name: str, erase: Any) -> Callable[[dict[str, Any]], None]:
    def change(table: dict[str, Any]) -> None:
        table["columns"][name]["erase"] = erase

    return change


def _with(**parts: Any) -> Callable[[dict[str, Any]], None]:
    return lambda table: table.update(parts)


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        (_column("name", "null"), "strategy_unfit", "customers.name"),
        (_column("login", {"fixed": "x"}), "strategy_unfit", "customers.login"),
        (_column("born", {"fixed": "x"}), "strategy_unfit", "customers.born"),
        (_column("born", {"hash": "x"}), "strategy_unfit", "customers.born"),
        (_column("balance", {"truncate": "year"}), "strategy_unfit", "customers.balance"),
        (_with(restrict={"restricted": "maybe"}), "value_unfit", "customers.restricted"),
        (_with(note="remark"), "missing_column", "customers.remark"),
        (_with(open={"name": "x", "column": "state", "values": [1]}), "missing_column", "customers.state"),
    ],
)
def test_fails_changes_that_cannot_work(shop: Shop, change: Any, code: str, where: str) -> None:
    assert (code, where) in errors(audited(shop, change=change))


def test_warns_of_what_nobody_said(shop: Shop) -> None:
    def unsaid(table: dict[str, Any]) -> None:
        del table["columns"]["name"]["erase"]

    def undeclared(table: dict[str, Any]) -> None:
        del table["erase"]

    assert "no_strategy" in {problem.code for problem in audited(shop, change=unsaid)}
    assert "no_erasure" in {problem.code for problem in audited(shop, change=undeclared)}
