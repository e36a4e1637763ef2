"""Which facts may be asked, and what an answer is taken for."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dsr.connectors import BadConfig, Code, FactKind, PermanentFailure, Standing, open_connector
from dsr.connectors.answers import scaled, shapes
from dsr.connectors.facts import KINDS, breached, why_refused
from dsr.rules import pack
from dsr.rules.words import FACT_WORDS
from tests.unit.connectors import shop
from tests.unit.connectors.conftest import sql_config
from tests.unit.connectors.service import Service
from tests.unit.connectors.test_contract import fresh
from tests.unit.connectors.test_sql import writer

BREACHED = [
    "date_of_birth", "birth_date", "birthday_date_of_birth", "dob", "home_address", "street", "postcode", "zip",
    "mothers_maiden_name", "card_ending", "card_digits", "iban", "bank_account", "ssn", "national_id", "passport",
    "tax_number", "phone", "mobile_number", "email", "mail_address", "security_question", "password", "pin",
    "first_name", "fullName", "lastFourOfCard",
]  # fmt: skip


@pytest.mark.parametrize("name", BREACHED)
def test_says_why_what_breaches_hold_is_refused(name: str) -> None:
    why = why_refused(name)

    assert why is not None
    assert "are in every breach" in why


@pytest.mark.parametrize("name", ["shoe_size", "last_ip", "favourite_colour", "LAST_PAYMENT_AMOUNT", ""])
def test_refuses_what_is_not_on_the_list(name: str) -> None:
    assert str(why_refused(name)).startswith("is none of the facts that may be asked: last_payment_amount, ")


@pytest.mark.parametrize("name", sorted(KINDS))
def test_takes_what_is_on_the_list(name: str) -> None:
    assert why_refused(name) is breached(name) is None


@pytest.mark.parametrize("column", ["paid_at", "plan", "event_name", "opened_on", "issued", "pinned_plan", "topic"])
def test_does_not_see_breaches_where_there_are_none(column: str) -> None:
    assert breached(column) is None


@pytest.mark.parametrize("name", ["date_of_birth", "shoe_size"])
def test_refuses_a_configuration_with_another_fact_and_says_why(name: str) -> None:
    fact = {"name": name, "dataset": "customers", "column": "plan"}
    sql = sql_config("sqlite:////nowhere/shop.sqlite3", facts=[fact])
    http = {"url": "https://x.example", "key_id": "k", "secret": "s" * 32, "identifiers": ["email"], "facts": [name]}

    for kind, config in (("sql", sql), ("http", http)):
        with pytest.raises(BadConfig) as caught:
            open_connector(kind, config)
        assert str(why_refused(name)) in str(caught.value)


def test_asks_what_the_rules_ask_in_the_same_form_and_nothing_that_they_bar() -> None:
    ladder = pack().ladder

    assert set(KINDS) == set(FACT_WORDS)
    assert {fact.id: fact.form for fact in ladder.facts} == {word: str(kind) for word, kind in KINDS.items()}
    assert [barred.id for barred in ladder.facts_barred if not why_refused(barred.id)] == []


def test_gives_the_schemas_the_same_words() -> None:
    wire = json.loads(Path("dsr/connectors/schema/http-connector-1.json").read_text(encoding="utf-8"))
    config = json.loads(Path("dsr/connectors/schema/sql-config.json").read_text(encoding="utf-8"))

    assert wire["$defs"]["fact"]["enum"] == config["$defs"]["FactColumn"]["properties"]["name"]["enum"] == list(KINDS)


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        (FactKind.MONTH, "2026-05", ("2026-05",)),
        (FactKind.MONTH, "5 2026", ("2026-05",)),
        (FactKind.MONTH, "\u06f2\u06f0\u06f2\u06f6-\u06f0\u06f5", ("2026-05",)),
        (FactKind.MONTH, "2026-00", ()),
        (FactKind.MONTH, "May 2026", ()),
        (FactKind.MONTH, "26-05", ()),
        (FactKind.MONTH, "0001-05", ()),
        (FactKind.AMOUNT, "12", ("12",)),
        (FactKind.AMOUNT, "12.50", ("12.5",)),
        (FactKind.AMOUNT, "12,50 €", ("12.5",)),
        (FactKind.AMOUNT, "1,234.50", ("1234.5",)),
        (FactKind.AMOUNT, "1.234,50", ("1234.5",)),
        (FactKind.AMOUNT, "1\u00a0234,50", ("1234.5",)),
        (FactKind.AMOUNT, "1'234.50", ("1234.5",)),
        (FactKind.AMOUNT, "1,234", ("1234", "1.234")),
        (FactKind.AMOUNT, "1,234,567", ("1234567",)),
        (FactKind.AMOUNT, "12.34567", ()),
        (FactKind.AMOUNT, "1,23,4.5", ()),
        (FactKind.AMOUNT, "-12", ()),
        (FactKind.AMOUNT, "0", ()),
        (FactKind.AMOUNT, ".", ()),
        (FactKind.AMOUNT, "1" + "0" * 12, ()),
        (FactKind.AMOUNT, "12 or 13", ()),
        (FactKind.COUNT, "007", ("7",)),
        (FactKind.COUNT, "1.0", ()),
        (FactKind.COUNT, "9" * 100, ()),
        (FactKind.WORDS, "  Große   Freiheit ", ("grosse freiheit", "große freiheit")),
        (FactKind.WORDS, "\ufb01ne", ("fine",)),
        (FactKind.WORDS, "a\x00b", ()),
    ],
)
def test_reads_an_answer(kind: FactKind, answer: str, expected: tuple[str, ...]) -> None:
    assert shapes(kind, answer) == expected


@pytest.mark.parametrize("amount", ["12.5", "0.0001", "999999999999.9999"])
def test_counts_money_exactly(amount: str) -> None:
    assert scaled(amount) == int(amount.replace(".", "").lstrip("0") or "0") * 10 ** (4 - len(amount.partition(".")[2]))


def test_stays_light_enough_for_a_service_to_copy() -> None:
    code = (
        "import sys, dsr.connectors.answers; print(sorted({'pydantic', 'sqlalchemy', 'dsr.rules'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_believes_nothing_that_a_service_says_of_several_people(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config("babbling"))

    said = connector.standing({"email": [shop.ADA]}, key=fresh())

    assert (said.people, said.on_file, said.changed) == (2, {}, {})


def test_asks_no_fact_that_a_service_must_not_offer_and_reports_it(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config("nosy"))

    problems = {(problem.code, problem.where) for problem in connector.check()}

    assert "date_of_birth" not in {fact.name for fact in connector.facts()}
    assert problems == {("refused_fact", "date_of_birth")}
    with pytest.raises(PermanentFailure) as caught:
        connector.knows({"email": [shop.ADA]}, "date_of_birth", "1815-12-10", key=fresh())
    assert caught.value.code == Code.UNKNOWN_FACT


def test_gets_along_with_a_service_that_lacks_the_calls(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config("old"))

    assert connector.facts() == ()
    assert connector.standing({"email": [shop.ADA]}, key=fresh()) == Standing()


def test_says_that_a_configured_fact_is_not_there(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config(facts=["plan_name", "last_ticket_month"]))

    assert [(problem.code, problem.where) for problem in connector.check()] == [("missing_fact", "last_ticket_month")]


def test_asks_a_service_once_which_facts_it_has(shop_service: Service) -> None:
    connector = open_connector("http", shop_service.config(connect_timeout_seconds=4.0))
    shop_service.requests.clear()

    first, second = connector.facts(), connector.facts()

    assert first == second
    assert [request["path"] for request in shop_service.requests] == ["/good/facts"]


def odd(tmp_path: Path, *statements: str, reached_by: str = "plan") -> Any:
    """A connector for a table of people whose columns are odd."""
    url = f"sqlite:///{tmp_path}/odd.sqlite3"
    with writer(url) as connection:
        connection.exec_driver_sql(
            "CREATE TABLE people (id INTEGER, email TEXT, plan TEXT, seen TEXT, moved DATETIME, fee REAL)"
        )
        for statement in statements:
            connection.exec_driver_sql(statement)
    people = {
        "dataset": "people", "table": "people", "title": "People", "category": "contact_data",
        "identity": [{"kind": "email", "column": "email"}], "columns": {"email": {"title": "Mail"}},
    }  # fmt: skip
    facts = [
        {"name": "plan_name", "dataset": "people", "column": "plan"},
        {"name": "last_message_month", "dataset": "people", "column": "seen"},
        {"name": "last_ticket_month", "dataset": "people", "column": "moved"},
        {"name": "last_payment_amount", "dataset": "people", "column": "fee", "order_by": "moved"},
    ]
    asking = {
        "person": {"dataset": "people", "column": "id"},
        "facts": facts,
        "standing": {
            "on_file": [{"kind": "email", "column": "email"}, {"kind": "phone", "column": reached_by}],
            "changed": [{"what": "email", "column": "moved"}],
        },
    }
    return open_connector("sql", {"url": url, "tables": [people], **asking})


BY_A = {"email": ["a"]}


def test_reads_months_from_text_and_a_month_near_midnight_either_way(tmp_path: Path) -> None:
    connector = odd(
        tmp_path, "INSERT INTO people VALUES (1, 'a', '', '2026-05-31T23:30', '2026-05-31 23:30:00', 19.99)"
    )

    def right(fact: str) -> list[str]:
        return [month for month in ("2026-04", "2026-05", "2026-06") if connector.knows(BY_A, fact, month, key="k")]

    assert right("last_message_month") == ["2026-05"]
    assert right("last_ticket_month") == ["2026-05", "2026-06"]
    assert connector.knows(BY_A, "last_payment_amount", "19,99", key="k")
    assert connector.standing(BY_A, key="k").changed == {"email": dt.date(2026, 5, 31)}


def test_takes_a_record_of_nobody_for_another_person(tmp_path: Path) -> None:
    connector = odd(
        tmp_path,
        "INSERT INTO people VALUES (1, 'a', 'big', '', '2026-05-01', 1)",
        "INSERT INTO people VALUES (NULL, 'a', 'big', '', '2026-05-01', 1)",
    )

    assert not connector.knows(BY_A, "plan_name", "big", key="k")
    assert connector.standing(BY_A, key="k") == Standing(people=2, of_several={"email": ["a"], "phone": ["big"]})


def test_has_nothing_to_compare_with_where_nothing_is_stored(tmp_path: Path) -> None:
    connector = odd(tmp_path, "INSERT INTO people VALUES (1, 'a', NULL, NULL, NULL, NULL)")

    asked = [connector.knows(BY_A, fact.name, answer, key="k") for fact in connector.facts() for answer in ("", "null")]

    assert not any(asked)
    assert connector.standing(BY_A, key="k") == Standing(1, {"email": ["a"]})


def test_takes_no_odd_day_for_never(tmp_path: Path) -> None:
    connector = odd(tmp_path, "INSERT INTO people VALUES (1, 'a', '', '', 'yesterday', 1)")

    with pytest.raises(PermanentFailure) as caught:
        connector.standing(BY_A, key="k")

    assert caught.value.code == Code.UNREADABLE_VALUE
    assert "yesterday" not in f"{caught.value} {caught.value.__context__}"


def test_warns_no_crowd(tmp_path: Path) -> None:
    rows = ", ".join(f"({number}, 'a', '', '', NULL, 1)" for number in range(30))
    connector = odd(tmp_path, f"INSERT INTO people VALUES {rows}", reached_by="id")

    standing = connector.standing(BY_A, key="k")

    assert standing.people == 2
    assert len(standing.to_warn["phone"]) == 10


def test_stops_reading_of_one_person_somewhere(tmp_path: Path) -> None:
    rows = ", ".join(f"(1, 'a', 'p{number}', '', NULL, 1)" for number in range(1_001))
    connector = odd(tmp_path, f"INSERT INTO people VALUES {rows}")

    with pytest.raises(PermanentFailure) as caught:
        connector.standing(BY_A, key="k")

    assert caught.value.code == Code.TOO_MANY_ROWS
