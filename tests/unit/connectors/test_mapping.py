"""A wrong mapping is refused by the key that is wrong."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsr.connectors import KINDS, BadConfig, open_connector
from tests.unit.connectors import shop

URL = "sqlite:////nowhere/shop.sqlite3"
Change = Callable[[dict[str, Any]], object]


def config() -> dict[str, Any]:
    """The shop's configuration, to be spoiled."""
    return {"url": URL, "tables": copy.deepcopy(shop.TABLES), **copy.deepcopy(shop.ASKING)}


WRONG: dict[str, tuple[Change, str]] = {
    "another scheme": (lambda c: c.update(url="oracle://db/x"), "url"),
    "no address": (lambda c: c.pop("url"), "url"),
    "number for address": (lambda c: c.update(url=5), "url"),
    "no tables": (lambda c: c.update(tables=[]), "tables"),
    "unknown key": (lambda c: c.update(colour="red"), "colour"),
    "unknown key of a table": (lambda c: c["tables"][0].update(colour="red"), "tables[0].colour"),
    "null": (lambda c: c["tables"][0].update(title=None), "tables[0].title"),
    "empty title": (lambda c: c["tables"][0]["columns"]["email"].update(title=" "), "tables[0].columns.email.title"),
    "unknown type": (lambda c: c["tables"][0]["columns"]["id"].update(type="int"), "tables[0].columns.id.type"),
    "unknown normalisation": (
        lambda c: c["tables"][0]["identity"][0].update(normalise="fuzzy"),
        "tables[0].identity[0].normalise",
    ),
    "category that is no id": (lambda c: c["tables"][0].update(category="Contact Data"), "tables[0].category"),
    "data set that is no id": (lambda c: c["tables"][0].update(dataset="a'; --"), "tables[0].dataset"),
    "nul in a name": (lambda c: c["tables"][0].update(table="a\x00b"), "tables[0].table"),
    "neither identity nor parent": (lambda c: c["tables"][1].pop("parent"), "tables[1]"),
    "no columns": (lambda c: c["tables"][1].update(columns={}), "tables[1].columns"),
    "withholds all": (
        lambda c: c["tables"][2]["columns"]["what"].update(withheld={"ground": "security", "reason": "So."}),
        "tables[2]",
    ),
    "withheld without reason": (
        lambda c: c["tables"][2]["columns"]["what"].update(withheld={"ground": "security"}),
        "tables[2].columns.what.withheld.reason",
    ),
    "maps and ignores": (lambda c: c["tables"][2].update(ignore=["what"]), "tables[2]"),
    "join without columns": (lambda c: c["tables"][1]["parent"].update(on={}), "tables[1].parent.on"),
    "limit as text": (lambda c: c.update(limits={"max_rows": "many"}), "limits.max_rows"),
    "no connections": (lambda c: c.update(connections=0), "connections"),
    "fact out of a breach": (lambda c: c["facts"][0].update(name="date_of_birth"), "facts[0].name"),
    "month out of a breach": (lambda c: c["facts"][2].update(column="born"), "facts[2]"),
    "any amount ever paid": (lambda c: c["facts"][0].pop("order_by"), "facts[0]"),
    "last count": (lambda c: c["facts"][3].update(order_by="select"), "facts[3]"),
    "another channel": (lambda c: c["standing"]["on_file"][0].update(kind="account"), "standing.on_file[0].kind"),
    "another change": (lambda c: c["standing"]["changed"][0].update(what="name"), "standing.changed[0].what"),
    "reached nowhere": (lambda c: c["standing"].update(on_file=[]), "standing.on_file"),
    "patience without end": (lambda c: c.update(limits={"question_seconds": 61.0}), "limits.question_seconds"),
    "not JSON": (lambda c: c.update(limits={1, 2}), "config"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_names_the_key_that_is_wrong(name: str) -> None:
    change, key = WRONG[name]
    spoiled = config()
    change(spoiled)

    with pytest.raises(BadConfig) as caught:
        open_connector("sql", spoiled)

    assert [where for where, _ in caught.value.problems] == [key]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["tables"][1].update(dataset="customers"), "customers is declared twice"),
        (lambda c: c["tables"][1]["parent"].update(dataset="nobody"), "tables[1].parent.dataset"),
        (lambda c: c["tables"][1]["parent"].update(dataset="items"), "tables[1].parent.dataset"),
        (lambda c: c["tables"][1]["parent"].update(dataset="orders"), "tables[1].parent.dataset"),
        (lambda c: c.pop("person"), "person: must say which column"),
        (lambda c: c["person"].update(dataset="nobody"), "person.dataset"),
        (lambda c: c["person"].update(dataset="orders"), "facts[2].dataset: must be orders"),
        (lambda c: c["facts"][1].update(dataset="nowhere"), "facts[1].dataset"),
        (lambda c: c["facts"][4].update(column="password_hash"), "facts[4]"),
        (lambda c: c["standing"]["on_file"][0].update(column="password_hash"), "standing.on_file[0].column"),
        (lambda c: c["standing"]["changed"][0].update(dataset="nowhere"), "standing.changed[0].dataset"),
        (lambda c: c["facts"].append(c["facts"][0]), "last_payment_amount is declared twice"),
    ],
    ids=[
        "twice",
        "unknown parent",
        "later parent",
        "own parent",
        "no person",
        "unknown person",
        "person below",
        "unknown fact",
        "withheld fact",
        "withheld address",
        "unknown change",
        "fact twice",
    ],
)
def test_refuses_tables_that_do_not_hang_together(change: Change, words: str) -> None:
    spoiled = config()
    change(spoiled)

    with pytest.raises(BadConfig) as caught:
        open_connector("sql", spoiled)

    assert words in str(caught.value)


def test_does_not_repeat_values() -> None:
    spoiled = {**config(), "url": "oracle://admin:hunter2@db/x"}

    with pytest.raises(BadConfig) as caught:
        open_connector("sql", spoiled)

    error: BaseException | None = caught.value
    assert error is not None
    assert "hunter2" not in f"{error} {error!r} {error.__context__!r} {error.__cause__!r}"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "postgresql://[::1/x", "mariadb://host:port/x"])
def test_refuses_an_address_that_leads_nowhere(url: str) -> None:
    with pytest.raises(BadConfig) as caught:
        open_connector("sql", {**config(), "url": url})

    assert [where for where, _ in caught.value.problems] == ["url"]


def test_refuses_an_unknown_kind() -> None:
    with pytest.raises(BadConfig) as caught:
        open_connector("telepathy", {})

    assert caught.value.problems == (("connector", f"must be one of {', '.join(KINDS)}"),)


def test_describes_without_reaching_the_database() -> None:
    described = open_connector("sql", config()).describe()

    assert [dataset.name for dataset in described] == ["customers", "orders", "items"]
    assert described[0].categories == {"contact_data", "customer_support_feedback_data", "purchase_payment_data"}


def test_takes_the_examples_of_the_documentation() -> None:
    text = Path("docs/how-to/connect-a-system.md").read_text(encoding="utf-8")

    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]

    own = ["sql", "http", "manual"]
    assert [open_connector(kind, example).kind for kind, example in zip(own, examples, strict=True)] == own
