"""Erasing and correcting in databases: in one transaction, by the records' own days, and never more than was said."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from dsr.connectors import (
    Ability,
    Change,
    Code,
    Connector,
    Erased,
    PermanentFailure,
    TemporaryFailure,
    Term,
    open_connector,
)
from tests.unit.connectors import ledger
from tests.unit.connectors.ledger import ADA, all_of
from tests.unit.connectors.test_contract import fresh

Shop = tuple[sa.Engine, str]
TEN_YEARS = dt.date(2016, 1, 1)


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


def opened(shop: Shop, change: Callable[[dict[str, Any]], Any] | None = None, **more: Any) -> Connector:
    """A connector for the shop; `change` has its way with each table of the mapping."""
    tables = json.loads(json.dumps(ledger.TABLES))
    for table in tables if change is not None else ():
        change(table)  # type: ignore[misc]
    return open_connector("sql", {"url": shop[1], "tables": tables, "hash_key": ledger.HASH_KEY, **more})


def erased(connector: Connector, terms: list[Term], **more: Any) -> Erased:
    """An erasure of Ada."""
    return connector.erase({} if "handles" in more else ADA, terms, key=fresh(), **more)


def counts(done: Any) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Found, erased, kept, open by data set and category."""
    return {(line.dataset, line.category): (line.found, line.erase, line.keep, line.open) for line in done.lines}


def of_ada(shop: Shop, table: sa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Her records."""
    who = table.c.id == 1 if table is ledger.customers else table.c.customer_id == 1
    with shop[0].connect() as connection:
        found = sa.select(*(table.c[name] for name in columns)).where(who).order_by(table.c.id)
        return [tuple(row) for row in connection.execute(found)]


def test_keeps_by_the_day_and_while_something_is_open(shop: Shop) -> None:
    connector, terms = opened(shop), all_of(before=TEN_YEARS)
    foreseen = connector.preview(ADA, terms, key=fresh())

    done = erased(connector, terms)

    assert counts(done) == counts(foreseen)
    assert counts(done)["invoices", "purchase_payment_data"] == (4, 1, 3, 1)
    assert counts(done)["customers", "contact_data"] == (1, 1, 0, 0)
    [line] = [each for each in foreseen.lines if (each.dataset, each.category) == ("invoices", "purchase_payment_data")]
    assert counts(done)["lines", "purchase_payment_data"] == (8, 2, 6, 2)
    assert (line.first_kept, line.last_kept) == (dt.date(2014, 7, 1), dt.date(2024, 5, 1))
    assert of_ada(shop, ledger.invoices, "id") == [(11,), (12,), (13,)]
    assert done.rows == {"invoice lines": 2, "invoices": 3, "customers": 1, "sign_ins": 1}


def test_empties_what_must_stay_so_that_nobody_is_found_by_it(shop: Shop) -> None:
    connector = opened(shop)

    done = erased(connector, all_of(before=TEN_YEARS))

    [(email, login, name, born, balance, mailings, password)] = of_ada(
        shop, ledger.customers, "email", "login", "name", "born", "balance", "marketing_ok", "password_hash"
    )
    assert (email, name, born, balance, mailings, password) == (None, "", dt.date(1985, 1, 1), None, False, "")
    assert len(login) == 64
    assert set(login) <= set("0123456789abcdef")
    [(at, ip, device)] = of_ada(shop, ledger.sign_ins, "at", "ip", "device")
    assert (at.strftime("%Y-%m-%d %H:%M:%S"), ip, len(device)) == ("2026-03-01 00:00:00", None, 64)
    assert connector.locate(ADA, key=fresh()).datasets == {}
    assert done.handles["customers"] == ["[1]"]
    assert done.handles["invoices"] == ["[11]", "[12]", "[13]"]
    assert len(done.handles["lines"]) == 6
    assert connector.preview(ADA, all_of(before=TEN_YEARS), key=fresh()).lines[0].found == 0


def test_names_beforehand_what_it_will_keep(shop: Shop) -> None:
    connector, terms = opened(shop), all_of(before=TEN_YEARS)
    foreseen = connector.preview(ADA, terms, key=fresh())

    assert foreseen.handles == erased(connector, terms).handles


def test_finds_what_was_kept_by_its_handle_when_the_day_comes(shop: Shop) -> None:
    connector = opened(shop)
    kept = erased(connector, all_of(before=TEN_YEARS)).handles
    with shop[0].begin() as connection:
        connection.execute(ledger.invoices.update().where(ledger.invoices.c.id == 12).values(status="paid"))
        connection.execute(ledger.sign_ins.delete().where(ledger.sign_ins.c.customer_id == 1))

    later = connector.erase({}, all_of(before=dt.date(2035, 1, 1)), key=fresh(), handles=kept)
    last = connector.erase({}, all_of(), key=fresh(), handles=later.handles)

    assert counts(later)["invoices", "purchase_payment_data"] == (3, 2, 1, 0)
    assert later.handles == {"customers": ["[1]"], "invoices": ["[13]"], "lines": ["[13, 1]", "[13, 2]"]}
    assert last.rows == {"invoice lines": 2, "invoices": 1, "customers": 1}
    assert last.handles == {}
    assert of_ada(shop, ledger.customers, "id") == of_ada(shop, ledger.invoices, "id") == []
    assert len(ledger.rows(shop[0], ledger.customers, "id")) == 1


def test_does_not_wait_for_what_is_never_deleted(shop: Shop) -> None:
    with shop[0].begin() as connection:
        connection.execute(ledger.invoices.update().values(status="paid"))

    done = erased(opened(shop), all_of())

    assert done.handles == {}
    assert of_ada(shop, ledger.customers, "name") == [("",)]
    assert of_ada(shop, ledger.invoices, "id") == []


def test_is_bored_by_a_second_call(shop: Shop) -> None:
    connector, terms = opened(shop), all_of(before=TEN_YEARS)
    kept = erased(connector, terms).handles
    before = [ledger.rows(shop[0], table, *table.c.keys()) for table in ledger.metadata.sorted_tables]

    again = connector.erase(ADA, terms, key=fresh(), handles=kept)

    assert again.rows == {}
    assert again.handles == kept
    assert counts(again)["invoices", "purchase_payment_data"] == (3, 0, 3, 1)
    assert before == [ledger.rows(shop[0], table, *table.c.keys()) for table in ledger.metadata.sorted_tables]


def test_keeps_a_parent_whose_child_no_term_names(shop: Shop) -> None:
    terms = [term for term in all_of() if term.dataset == "customers"]

    done = erased(opened(shop), terms)

    assert of_ada(shop, ledger.customers, "name") == [("",)]
    assert len(of_ada(shop, ledger.invoices, "id")) == 4
    assert done.handles == {"customers": ["[1]"]}


def test_keeps_what_was_opened_after_the_preview(shop: Shop) -> None:
    connector = opened(shop)
    foreseen = connector.preview(ADA, all_of(), key=fresh())
    with shop[0].begin() as connection:
        connection.execute(ledger.invoices.update().where(ledger.invoices.c.id == 10).values(status="open"))

    done = erased(connector, all_of())

    assert counts(foreseen)["invoices", "contact_data"] == (4, 3, 1, 1)
    assert counts(done)["invoices", "contact_data"] == (4, 2, 2, 2)
    assert of_ada(shop, ledger.invoices, "id", "billed_to") == [(10, "Ada"), (12, "Ada")]


def _unsaid(table: dict[str, Any]) -> None:
    if table["dataset"] == "customers":
        del table["columns"]["name"]["erase"]


def _undeclared(table: dict[str, Any]) -> None:
    if table["dataset"] == "sign_ins":
        del table["erase"]


def _misfit(table: dict[str, Any]) -> None:
    if table["dataset"] == "customers":
        table["columns"]["name"]["erase"] = "null"


@pytest.mark.parametrize(
    ("change", "where"), [(_unsaid, "customers.name"), (_undeclared, "sign_ins"), (_misfit, "customers.name")]
)
def test_changes_nothing_where_nobody_said_how(shop: Shop, change: Any, where: str) -> None:
    before = [ledger.rows(shop[0], table, *table.c.keys()) for table in ledger.metadata.sorted_tables]

    with pytest.raises(PermanentFailure) as caught:
        erased(opened(shop, change), all_of(before=TEN_YEARS))

    assert (caught.value.code, caught.value.where) == (Code.NO_STRATEGY, where)
    assert before == [ledger.rows(shop[0], table, *table.c.keys()) for table in ledger.metadata.sorted_tables]


def test_changes_nothing_where_something_undeclared_refers_to_it(shop: Shop) -> None:
    tables = [table for table in ledger.TABLES if table["dataset"] != "sign_ins"]
    connector = open_connector("sql", {"url": shop[1], "tables": tables, "hash_key": ledger.HASH_KEY})
    with shop[0].begin() as connection:
        connection.execute(ledger.invoices.update().values(status="paid"))

    with pytest.raises(PermanentFailure) as caught:
        erased(connector, [term for term in all_of() if term.dataset != "sign_ins"])

    assert caught.value.code == Code.STILL_REFERRED_TO
    assert len(of_ada(shop, ledger.invoices, "id")) == 4


_STUBBORN = {
    "sqlite": ["CREATE TRIGGER stubborn BEFORE DELETE ON invoices BEGIN SELECT RAISE(IGNORE); END"],
    "postgresql": [
        "CREATE FUNCTION stubborn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER stubborn BEFORE DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION stubborn()",
    ],
    # Nothing there makes a deletion pass without effect, but an update can.
    "mysql": ["CREATE TRIGGER stubborn BEFORE UPDATE ON invoices FOR EACH ROW SET NEW.billed_to = OLD.billed_to"],
}


def test_changes_nothing_where_the_database_will_not_let_go(shop: Shop) -> None:
    terms = all_of(invoices="purchase_payment_data") if shop[0].dialect.name == "mysql" else all_of()
    with shop[0].begin() as connection:
        for statement in _STUBBORN[shop[0].dialect.name]:
            connection.exec_driver_sql(statement)
    try:
        with pytest.raises(PermanentFailure) as caught:
            erased(opened(shop), terms)
    finally:
        with shop[0].begin() as connection:
            function = shop[0].dialect.name == "postgresql"
            connection.exec_driver_sql("DROP FUNCTION stubborn CASCADE" if function else "DROP TRIGGER stubborn")

    assert (caught.value.code, caught.value.where) == (Code.NOTHING_CHANGED, "invoices")
    assert of_ada(shop, ledger.customers, "name") == [("Ada",)]


@pytest.mark.parametrize("term", [Term("gone", "contact_data"), Term("customers", "gone")])
def test_does_not_take_what_it_does_not_know_for_gone(shop: Shop, term: Term) -> None:
    connector = opened(shop)

    for call in (connector.preview, connector.erase):
        with pytest.raises(PermanentFailure) as caught:
            call(ADA, [term], key=fresh())
        assert caught.value.code == Code.SCHEMA_MISMATCH


@pytest.mark.parametrize("text", ["", "1", "[]", '["x"]', "[1, 2]", "[999]", '{"id": 1}', "[null]", "[1.5]"])
def test_finds_nothing_by_a_handle_that_names_nothing(shop: Shop, text: str) -> None:
    done = erased(opened(shop), all_of(), handles={"customers": [text], "nothing": ["[1]"]})

    assert done.rows == {}
    assert len(of_ada(shop, ledger.customers, "id")) == 1


def test_waits_no_longer_than_it_may_for_somebody_elses_lock(shop: Shop) -> None:
    connector = opened(shop, limits={"timeout_seconds": 1.0}, connect_timeout_seconds=1)
    begin = "BEGIN IMMEDIATE" if shop[0].dialect.name == "sqlite" else ""
    with shop[0].connect() as other:
        if begin:
            other.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
            other.exec_driver_sql(begin)
        other.execute(ledger.customers.update().values(name="locked"))
        with pytest.raises(TemporaryFailure):
            erased(connector, all_of())
        other.connection.driver_connection.rollback()  # type: ignore[union-attr]

    assert erased(connector, all_of()).rows


@pytest.mark.parametrize(
    ("field", "text", "stored"),
    [
        ("born", "1986-01-02", dt.date(1986, 1, 2)),
        ("born", None, None),
        ("balance", "1234.5", 1234.5),
        ("marketing_ok", "false", False),
        ("email", "ada@new.example.org", "ada@new.example.org"),
        ("name", "日本語 🎉 O'Neil", "日本語 🎉 O'Neil"),
    ],
)
def test_sets_values_of_each_type(shop: Shop, field: str, text: str | None, stored: Any) -> None:
    done = opened(shop).correct(ADA, [Change("customers", field, text)], key=fresh())

    [(found,)] = of_ada(shop, ledger.customers, field)
    assert (float(found) if field == "balance" else found) == stored
    assert done.records == {"customers": 1}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("born", "1986-02-30"),
        ("balance", "1234567.00"),
        ("balance", "1.234"),
        ("balance", "NaN"),
        ("balance", "x"),
        ("marketing_ok", "maybe"),
        ("marketing_ok", None),
        ("name", "x" * 201),
        ("name", "a\x00b"),
    ],
)
def test_refuses_values_of_another_type(shop: Shop, field: str, text: str | None) -> None:
    with pytest.raises(PermanentFailure) as caught:
        opened(shop).correct(ADA, [Change("customers", field, text)], key=fresh())

    assert (caught.value.code, caught.value.where) == (Code.NOT_CORRECTABLE, f"customers.{field}")


def test_sets_only_what_still_holds_the_disputed_value(shop: Shop) -> None:
    connector = opened(shop)
    change = [Change("customers", "born", "1986-01-02", held="1985-12-10"), Change("customers", "name", "A", held="B")]

    neither = connector.correct(ADA, change, key=fresh())
    one = connector.correct(ADA, change[:1], key=fresh())

    assert (neither.records, one.records) == ({"customers": 0}, {"customers": 1})
    assert of_ada(shop, ledger.customers, "born", "name") == [(dt.date(1986, 1, 2), "Ada")]


def test_reads_nothing_withheld_and_cannot_write_where_it_reads(shop: Shop) -> None:
    connector = opened(shop)
    seen: list[str] = []
    engines = (connector._engine, connector._writing)  # type: ignore[attr-defined]
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    connector.preview(ADA, all_of(before=TEN_YEARS), key=fresh())
    reads = [text for text in seen if "password_hash" in text]
    erased(connector, all_of(before=TEN_YEARS))

    assert all("CASE WHEN" in text for text in reads)
    with engines[0].connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.execute(ledger.customers.delete())


def test_says_what_it_can(shop: Shop) -> None:
    def plain(table: dict[str, Any]) -> None:
        for name in ("erase", "note", "restrict", "unrestrict", "suppress"):
            table.pop(name, None)
        for column in table["columns"].values():
            column.pop("correctable", None)

    assert opened(shop).abilities() == frozenset(Ability)
    assert opened(shop, plain).abilities() == {Ability.ROSTER}


def test_tells_of_nobody_unknown_that_they_are_reached(shop: Shop) -> None:
    connector = opened(shop)

    assert connector.suppressed({"email": ["max@example.org"]}, ["marketing"], key=fresh()) is True
    assert connector.suppressed(ADA, ["marketing"], key=fresh()) is False
    assert [connector.suppressed(ADA, each, key=fresh()) for each in (["advertising"], [])] == [None, None]


def test_lists_identifiers_made_alike(shop: Shop) -> None:
    assert sorted(opened(shop).roster("email")) == ["ada@example.org", "bob@example.org"]
