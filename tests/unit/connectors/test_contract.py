"""What every connector does alike, against the real thing."""

import gc
import tracemalloc
import uuid
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from dsr.connectors import (
    Code,
    Connector,
    ConnectorError,
    Outcome,
    PermanentFailure,
    Row,
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
