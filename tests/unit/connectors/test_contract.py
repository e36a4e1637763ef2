"""What every connector does alike, against the real thing."""

import gc
import re
import time
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import pytest
import sqlalchemy as sa

from dsr.connectors import (
    Code,
    Connector,
    ConnectorError,
    Outcome,
    PermanentFailure,
    Row,
    Standing,
    TemporaryFailure,
    close_all,
    open_connector,
)
from tests.unit.connectors import shop
from tests.unit.connectors.conftest import Bench

CALLS: dict[str, Callable[[Connector, dict[str, list[str]]], object]] = {
    "locate": lambda connector, who: connector.locate(who, key=fresh()),
    "collect": lambda connector, who: list(connector.collect(who, key=fresh())),
}
BY_ADA = {"email": [shop.ADA]}


def fresh() -> str:
    """A key that was never used."""
    return uuid.uuid4().hex


HOSTILE_IDENTIFIERS = [
    "' OR '1'='1",
    "ada@example.org' --",
    "%",
    "_da@example.org",
    "ada@example.org%",
    "\\",
    "ada@example.org\x00",
    "\x00",
    "\ud800",
    "ada@example.org\n",
    " ada@example.org",
    "ada@example.org ",
    "ada@exämple.org",
    "ＡＤＡ@example.org",
    "a" * 100_000,
    "🎉",
    "\u202eada@example.org",
    "{}",
    "%(email)s",
    ":email",
    "?",
    "",
]


@pytest.fixture(params=sorted(CALLS))
def call(request: pytest.FixtureRequest) -> Callable[[Connector, dict[str, list[str]]], object]:
    """Each way to search."""
    return CALLS[request.param]


def test_is_a_connector(bench: Bench) -> None:
    connector = bench.open()

    assert isinstance(connector, Connector)
    assert connector.kind == bench.kind
    assert connector.automatic
    assert connector.identifiers() == {"email", "phone", "account"}


def test_describes_fields_and_withheld_ones(bench: Bench) -> None:
    described = {dataset.name: dataset for dataset in bench.open().describe()}

    fields = {field.name: field for field in described["customers"].fields}
    [withheld] = described["customers"].withheld
    assert fields["email"].title == "Mail address"
    assert fields["email"].category == "contact_data"
    assert fields["note"].category == "customer_support_feedback_data"
    assert (withheld.name, withheld.ground) == ("password_hash", "security")
    assert "password_hash" not in fields


def test_locates_by_category_without_contents(bench: Bench) -> None:
    located = bench.open().locate(BY_ADA, key=fresh())

    assert located.outcome is Outcome.FOUND
    assert located.datasets == shop.ADA_COUNTS
    assert located.counts["contact_data"] == 1
    assert located.counts["purchase_payment_data"] == 6


def test_collects_every_row_in_order(bench: Bench) -> None:
    pieces = list(bench.open().collect(BY_ADA, key=fresh()))

    assert pieces == shop.ADA_ROWS


def test_finds_by_each_identifier_it_knows(bench: Bench) -> None:
    connector = bench.open()

    by_phone = list(connector.collect({"phone": ["353209100001"]}, key=fresh()))
    by_account = list(connector.collect({"account": ["12"]}, key=fresh()))

    assert by_phone == by_account == shop.ADA_ROWS


def test_ignores_identifiers_it_does_not_know(bench: Bench) -> None:
    pieces = list(bench.open().collect({**BY_ADA, "shoe_size": ["39"]}, key=fresh()))

    assert pieces == shop.ADA_ROWS


def test_says_nothing_held_when_nothing_is(bench: Bench) -> None:
    connector = bench.open()
    who = {"email": ["max@example.org"], "phone": ["+353 20 910 9999"], "account": ["99"]}

    located, pieces = connector.locate(who, key=fresh()), list(connector.collect(who, key=fresh()))

    assert located.outcome is Outcome.NOTHING_HELD
    assert located.counts == {}
    assert pieces == []


@pytest.mark.parametrize("who", [{}, {"email": []}, {"shoe_size": ["39"]}], ids=["none", "empty", "unknown"])
def test_does_not_say_nothing_held_when_it_could_not_search(
    bench: Bench, call: Callable[[Connector, dict[str, list[str]]], object], who: dict[str, list[str]]
) -> None:
    with pytest.raises(PermanentFailure) as caught:
        call(bench.open(), who)

    assert caught.value.code == Code.NO_IDENTIFIER


def test_repeats_itself_by_key(bench: Bench) -> None:
    connector = bench.open()

    first = list(connector.collect(BY_ADA, key="same"))
    second = list(connector.collect(BY_ADA, key="same"))

    assert first == second == shop.ADA_ROWS


def test_fails_for_a_while_when_the_system_is_down(
    bench: Bench, call: Callable[[Connector, dict[str, list[str]]], object]
) -> None:
    connector = bench.open(bench.down())

    with pytest.raises(TemporaryFailure) as caught:
        call(connector, BY_ADA)

    assert caught.value.code == bench.down_code


def test_fails_for_a_while_when_the_system_is_slow(
    bench: Bench, call: Callable[[Connector, dict[str, list[str]]], object]
) -> None:
    connector = bench.open(bench.slow())

    with pytest.raises(TemporaryFailure) as caught:
        call(connector, BY_ADA)

    assert caught.value.code == Code.TIMED_OUT


def test_fails_for_good_when_it_may_not_look(
    bench: Bench, call: Callable[[Connector, dict[str, list[str]]], object]
) -> None:
    connector = bench.open(bench.denied())

    with pytest.raises(PermanentFailure) as caught:
        call(connector, BY_ADA)

    assert caught.value.code == bench.denied_code


def test_works_again_after_trouble(bench: Bench) -> None:
    for trouble in (bench.down(), bench.denied(), bench.slow()):
        with pytest.raises(ConnectorError):
            list(bench.open(trouble).collect(BY_ADA, key=fresh()))

    pieces = list(bench.open().collect(BY_ADA, key=fresh()))

    assert pieces == shop.ADA_ROWS


def test_collects_a_large_answer(bench: Bench) -> None:
    pieces = list(bench.open().collect({"email": [shop.HEAVY]}, key=fresh()))

    assert len(pieces) == 1 + shop.HEAVY_ORDERS
    assert isinstance(pieces[0], Row)
    assert pieces[0].data["note"] == "x" * 50_000


def test_stops_at_the_row_limit(bench: Bench) -> None:
    connector = bench.open(limits={"max_rows": 2_000})

    with pytest.raises(PermanentFailure) as caught:
        list(connector.collect({"email": [shop.HEAVY]}, key=fresh()))

    assert caught.value.code == Code.TOO_MANY_ROWS


def test_stops_at_the_size_limit(bench: Bench) -> None:
    connector = bench.open(limits={"max_bytes": 20_000})

    with pytest.raises(PermanentFailure) as caught:
        list(connector.collect({"email": [shop.HEAVY]}, key=fresh()))

    assert caught.value.code == Code.TOO_LARGE


def test_can_be_left_in_the_middle_and_asked_again(bench: Bench) -> None:
    connector = bench.open()
    pieces = connector.collect({"email": [shop.HEAVY]}, key=fresh())

    some = list(islice(pieces, 5))
    pieces.close()  # type: ignore[attr-defined]
    del pieces
    gc.collect()

    assert len(some) == 5
    assert list(connector.collect(BY_ADA, key=fresh())) == shop.ADA_ROWS


def test_streams_without_holding_the_answer(bench: Bench) -> None:
    connector = bench.open()
    list(connector.collect(BY_ADA, key=fresh()))

    tracemalloc.start()
    count = sum(1 for _ in connector.collect({"email": [shop.HEAVY]}, key=fresh()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 1 + shop.HEAVY_ORDERS
    assert peak < 2_500_000


def test_finds_nobody_by_a_hostile_identifier(
    bench: Bench, call: Callable[[Connector, dict[str, list[str]]], object]
) -> None:
    connector = bench.open()

    answers = {
        (kind, value): call(connector, {kind: [value]})
        for kind in ("email", "phone", "account")
        for value in HOSTILE_IDENTIFIERS
    }

    assert {
        asked for asked, found in answers.items() if found != [] and getattr(found, "datasets", None) != {}
    } == set()


def test_takes_no_text_for_a_number(bench: Bench) -> None:
    connector = bench.open()
    values = ["12abc", "012", "12.0", "1e1", "0x0c", "abc", "+12", "9" * 40, "-0", "-12", "１２"]

    found = {value: connector.locate({"account": [value]}, key=fresh()).datasets for value in values}

    assert {value: datasets for value, datasets in found.items() if datasets} == {}


def test_finds_letters_beyond_ascii(bench: Bench) -> None:
    if bench.kind == "http":
        pytest.skip("the service's own affair")

    located = bench.open().locate({"email": [shop.ZOE]}, key=fresh())

    assert located.datasets == {"customers": 1}


def test_resolves_other_identifiers_of_the_same_person(bench: Bench) -> None:
    more: dict[str, Any] = {"resolves": ["phone"]} if bench.kind == "http" else {}
    connector = bench.open(**more)

    found = connector.resolve(BY_ADA, key=fresh())

    assert found["phone"] == ["+353 (20) 910-0001"]
    assert connector.resolve({"email": ["max@example.org"]}, key=fresh()).get("phone", []) == []
    assert connector.resolve({"shoe_size": ["39"]}, key=fresh()) == {}


def test_reports_no_problem_when_there_is_none(bench: Bench) -> None:
    problems = bench.open().check()

    assert [problem for problem in problems if problem.level == "error"] == []


def test_reports_what_is_wrong_when_the_system_is_down(bench: Bench) -> None:
    [problem] = bench.open(bench.down()).check()

    assert problem.code == bench.down_code
    assert problem.message


def test_names_nobody_in_its_failures(bench: Bench) -> None:
    seen: list[str] = []
    for config in (bench.down(), bench.slow(), bench.denied(), bench.config(limits={"max_rows": 1})):
        with pytest.raises(ConnectorError) as caught:
            list(bench.open(config).collect({"email": [shop.ADA]}, key=fresh()))
        error: BaseException | None = caught.value
        while error is not None:
            seen.append(f"{error!r} {error}")
            error = error.__cause__ or error.__context__

    assert len(seen) == 4, "no failure drags another one along"
    assert "ada" not in " ".join(seen).lower()
    assert "127.0.0.1" not in " ".join(seen)


def test_is_the_same_connector_for_the_same_configuration(bench: Bench) -> None:
    one, two = bench.open(), bench.open()
    close_all()
    three = open_connector(bench.kind, bench.config())

    assert one is two
    assert three is not one
    assert list(three.collect(BY_ADA, key=fresh())) == shop.ADA_ROWS


ASKED: dict[str, Callable[[Connector, dict[str, list[str]]], object]] = {
    "knows": lambda connector, who: connector.knows(who, "plan_name", "team größe", key=fresh()),
    "standing": lambda connector, who: connector.standing(who, key=fresh()),
}
HOSTILE_ANSWERS = [
    "' OR '1'='1",
    "team größe' --",
    "%",
    "team%",
    "_eam größe",
    "\\",
    "team größe\x00",
    "\x00",
    "\ud800",
    "team grösse",
    "team grosse",
    "3 OR 1=1",
    "2026-02' OR ''='",
    "2026-13",
    "2026-02-30-01",
    "0",
    "0.00",
    "-3",
    "1e1",
    "0x3",
    "³",
    "Ⅲ",
    "5,2,5",
    "5.25.",
    "NaN",
    "Infinity",
    "9" * 4_000,
    "a" * 4_000,
    "5.25" + " " * 4_000,
    "🎉",
    "{}",
    "%(answer)s",
    ":answer",
    "?",
    " ",
    "",
]


@pytest.fixture(params=sorted(ASKED))
def ask(request: pytest.FixtureRequest) -> Callable[[Connector, dict[str, list[str]]], object]:
    """Each question about a person."""
    return ASKED[request.param]


@contextmanager
def watched(connector: Connector) -> Iterator[list[str]]:
    """The statements that a database is sent meanwhile."""
    engine, statements = connector._engine, []  # type: ignore[attr-defined]

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def right_ones(connector: Connector, who: dict[str, list[str]], answers: dict[str, str]) -> set[str]:
    """Facts of which these answers are right."""
    return {name for name, answer in answers.items() if connector.knows(who, name, answer, key=fresh())}


def test_names_the_facts_that_it_compares_answers_with(bench: Bench) -> None:
    assert {(fact.name, fact.word, str(fact.kind)) for fact in bench.open().facts()} == {
        ("last_payment_amount", "last_payment_amount", "amount"),
        ("last_payment_month", "last_payment_month", "month"),
        ("account_opened_month", "account_opened_month", "month"),
        ("numbers_held", "numbers_held", "count"),
        ("plan_name", "plan_name", "words"),
        ("event_attended", "event_attended", "words"),
    }


def test_says_yes_to_right_answers_and_no_to_others(bench: Bench) -> None:
    connector = bench.open()

    assert right_ones(connector, BY_ADA, shop.ADA_KNOWS) == set(shop.ADA_KNOWS)
    assert right_ones(connector, {"account": ["0"]}, shop.BOB_KNOWS) == set(shop.BOB_KNOWS)
    assert right_ones(connector, BY_ADA, shop.BOB_KNOWS) == set()
    assert right_ones(connector, {"email": [shop.BOB]}, shop.ADA_KNOWS) == set()


def test_forgives_how_an_answer_is_written(bench: Bench) -> None:
    connector = bench.open()
    ways = {
        "last_payment_amount": ["5,25", " 5.250 ", "€5.25", "5.25 EUR", "٥٫٢٥".replace("٫", "."), "５.２５"],
        "last_payment_month": ["02/2026", "2.2026", "2026/2", "2026-02-28", "٢٠٢٦-٠٢"],
        "numbers_held": ["03", " 3\n", "٣"],
        "plan_name": ["TEAM  GRÖSSE".replace("SS", "ß"), "Team Gro\u0308ße", "\u3000ｔｅａｍ größe "],
        "event_attended": ["A Bulb", "a lamp", "a desk"],
    }

    wrong = [
        (fact, answer)
        for fact, answers in ways.items()
        for answer in answers
        if not connector.knows(BY_ADA, fact, answer, key=fresh()) and (bench.kind, fact) != ("http", "event_attended")
    ]

    assert wrong == []


def test_takes_the_last_where_there_are_several(bench: Bench) -> None:
    connector = bench.open()

    assert not connector.knows(BY_ADA, "last_payment_amount", "19.95", key=fresh())
    assert not connector.knows(BY_ADA, "last_payment_month", "2026-01", key=fresh())


def test_says_no_of_people_it_does_not_know(bench: Bench) -> None:
    stranger = {"email": ["max@example.org"], "account": ["99"]}

    assert right_ones(bench.open(), stranger, shop.ADA_KNOWS) == set()
    assert bench.open().standing(stranger, key=fresh()) == Standing()


@pytest.mark.parametrize(
    "who",
    [{"email": [shop.ADA, shop.BOB]}, {"email": [shop.ADA], "account": ["0"]}],
    ids=["one kind", "two kinds"],
)
def test_says_no_of_several_people_and_only_where_to_warn_them(bench: Bench, who: dict[str, list[str]]) -> None:
    connector = bench.open()

    assert right_ones(connector, who, shop.ADA_KNOWS) == right_ones(connector, who, shop.BOB_KNOWS) == set()
    standing = connector.standing(who, key=fresh())
    assert (standing.people, standing.on_file, standing.changed) == (2, {}, {})
    assert {kind: sorted(values) for kind, values in standing.to_warn.items()} == shop.BOTH_REACHED


def test_takes_several_identifiers_of_one_person(bench: Bench) -> None:
    who = {"email": [shop.ADA, shop.ADA.upper(), "max@example.org"], "account": ["12"], "shoe_size": ["39"]}

    assert right_ones(bench.open(), who, shop.ADA_KNOWS) == set(shop.ADA_KNOWS)
    assert bench.open().standing(who, key=fresh()) == shop.ADA_STANDING


def test_says_no_to_a_hostile_answer(bench: Bench) -> None:
    connector = bench.open()

    taken = {
        (fact, answer)
        for fact in shop.ADA_KNOWS
        for answer in HOSTILE_ANSWERS
        if connector.knows(BY_ADA, fact, answer, key=fresh())
    }

    assert taken == set()


def test_knows_nobody_by_a_hostile_identifier(bench: Bench) -> None:
    connector = bench.open()

    taken = {
        (kind, value)
        for kind in ("email", "phone", "account")
        for value in HOSTILE_IDENTIFIERS
        if connector.knows({kind: [value]}, "numbers_held", "3", key=fresh())
        or connector.standing({kind: [value]}, key=fresh()) != Standing()
    }

    assert taken == set()


def test_tells_how_somebody_is_reached_and_since_when(bench: Bench) -> None:
    found = bench.open().standing({"account": ["12"]}, key=fresh())

    assert found == shop.ADA_STANDING
    assert found.to_warn == found.on_file


def test_does_not_compare_with_what_is_no_fact_of_it(bench: Bench) -> None:
    for fact in ("last_ticket_month", "date_of_birth", "customers.email", ""):
        with pytest.raises(PermanentFailure) as caught:
            bench.open().knows(BY_ADA, fact, "x", key=fresh())

        assert caught.value.code == Code.UNKNOWN_FACT


@pytest.mark.parametrize("who", [{}, {"email": []}, {"shoe_size": ["39"]}], ids=["none", "empty", "unknown"])
def test_does_not_say_no_when_it_could_not_look(
    bench: Bench, ask: Callable[[Connector, dict[str, list[str]]], object], who: dict[str, list[str]]
) -> None:
    with pytest.raises(PermanentFailure) as caught:
        ask(bench.open(), who)

    assert caught.value.code == Code.NO_IDENTIFIER


def test_does_not_say_no_when_the_system_does_not_answer(
    bench: Bench, ask: Callable[[Connector, dict[str, list[str]]], object]
) -> None:
    for trouble, code in ((bench.slow(), Code.TIMED_OUT), (bench.down(), bench.down_code)):
        with pytest.raises(TemporaryFailure) as caught:
            ask(bench.open({**trouble, **({"facts": ["plan_name"]} if bench.kind == "http" else {})}), BY_ADA)

        assert caught.value.code == code


def test_does_not_keep_anybody_waiting(bench: Bench, ask: Callable[[Connector, dict[str, list[str]]], object]) -> None:
    slow = {**bench.slow(), "limits": {"timeout_seconds": 60.0, "question_seconds": 0.3}}

    began = time.monotonic()
    with pytest.raises(TemporaryFailure) as caught:
        ask(bench.open(slow), BY_ADA)

    assert caught.value.code == Code.TIMED_OUT
    assert time.monotonic() - began < 3


def test_asks_the_same_whether_or_not_there_is_such_a_person(bench: Bench) -> None:
    if bench.kind == "http":
        pytest.skip("what a service asks of itself is its own affair")
    connector = bench.open()
    asked: list[list[str]] = []
    for who in (BY_ADA, {"email": ["max@example.org"]}, {"email": [shop.ADA, shop.BOB]}):
        right_ones(connector, who, shop.ADA_KNOWS)
        with watched(connector) as statements:
            right_ones(connector, who, shop.ADA_KNOWS)
            connector.standing(who, key=fresh())
        asked.append([re.sub(r"\d+", "0", statement) for statement in statements])

    assert len({len(statements) for statements in asked}) == 1
    assert asked[0] == asked[1]


def test_writes_no_answer_and_nobody_down(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for config in (bench.config(), bench.slow(), bench.down()):
        with suppress(ConnectorError):
            bench.open({**config, "facts": ["plan_name"]} if bench.kind == "http" else config).knows(
                BY_ADA, "plan_name", "a telling answer", key=fresh()
            )

    assert "telling" not in caplog.text
    assert "ada@" not in caplog.text
