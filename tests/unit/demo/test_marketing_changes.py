"""What the demonstration's marketing does when it is told to: for real, once, and no more than that."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsr.demo.marketing import DATASETS, Marketing
from dsr.demo.marketing_changes import Changes, KeyReused
from dsr.demo.people import ADA_EMAIL, NORA_EMAIL
from dsr.demo.places import Places

AT = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "a secret of the service's own"
WHO = {"identifiers": {"email": [ADA_EMAIL]}}
PAIRS = sorted({(dataset["name"], part["category"]) for dataset in DATASETS for part in dataset["fields"]})
ALL = [{"dataset": dataset, "category": category, "erase": True} for dataset, category in PAIRS]


@pytest.fixture
def path(places: Places, tmp_path: Path) -> Path:
    """A copy of the file, to be changed."""
    return Path(shutil.copy(places.marketing, tmp_path / "marketing.sqlite3"))


@pytest.fixture
def changes(path: Path) -> Changes:
    """What carries them out."""
    return Changes(path, SECRET)


def run(path: Path, statement: str, *values: object) -> list[Any]:
    """Rows of one statement."""
    with closing(sqlite3.connect(path)) as file, file:
        return file.execute(statement, values).fetchall()


def everything(path: Path) -> str:
    """All that is in the file, as text."""
    with closing(sqlite3.connect(path)) as file:
        return "\n".join(file.iterdump())


def ada(path: Path) -> int:
    """Ada's number."""
    [[number]] = run(path, "SELECT id FROM contacts WHERE email = ?", ADA_EMAIL)
    return int(number)


def test_holds_nothing_of_somebody_erased(changes: Changes, path: Path) -> None:
    number = ada(path)

    answer = changes.do("erase", {**WHO, "terms": ALL}, key="k", at=AT)

    assert answer["rows"] == {"contacts": 1, "preferences": 4, "mailings": 5, "events": 2}
    assert ADA_EMAIL not in everything(path)
    for dataset in ("preferences", "mailings", "events"):
        assert run(path, f"SELECT count(*) FROM {dataset} WHERE contact_id = ?", number) == [(0,)]
    assert Marketing(path).count({"email": [NORA_EMAIL]})["contacts"] == 1


def test_keeps_whom_to_leave_alone_apart_from_the_list(changes: Changes, path: Path) -> None:
    assert ADA_EMAIL in set(changes.audience())

    changes.do("suppress", {**WHO, "purposes": ["marketing"]}, key="k1", at=AT)
    told = [changes.suppressed({**WHO, "purposes": each}) for each in (["marketing"], ["marketing", "research"], [])]
    assert [each["suppressed"] for each in told] == [True, False, False]
    changes.do("erase", {**WHO, "terms": ALL}, key="k2", at=AT)
    run(path, "INSERT INTO contacts (email) VALUES (?)", ADA_EMAIL.upper())

    assert ADA_EMAIL.upper() not in set(changes.audience())
    assert NORA_EMAIL in set(changes.audience())
    assert ADA_EMAIL not in everything(path)


def test_reaches_nobody_who_is_restricted(changes: Changes) -> None:
    changes.do("restrict", {**WHO, "on": True}, key="k1", at=AT)
    restricted = ADA_EMAIL in set(changes.audience())
    changes.do("restrict", {**WHO, "on": False}, key="k2", at=AT)

    assert not restricted
    assert ADA_EMAIL in set(changes.audience())


def test_answers_a_repeat_as_before_and_does_nothing(changes: Changes, path: Path) -> None:
    body = {**WHO, "terms": ALL}
    first = changes.do("erase", body, key="k", at=AT)
    run(path, "INSERT INTO contacts (email) VALUES (?)", ADA_EMAIL)

    assert Changes(path, SECRET).do("erase", body, key="k", at=AT) == first
    assert Marketing(path).count(WHO["identifiers"])["contacts"] == 1
    with pytest.raises(KeyReused):
        changes.do("erase", {**body, "terms": ALL[:1]}, key="k", at=AT)
    changes.do("restrict", {**WHO, "on": True}, key="x", at=AT + timedelta(days=3))
    assert run(path, "SELECT count(*) FROM answers") == [(1,)]


def test_waits_for_a_mailing_that_goes_out(changes: Changes, path: Path) -> None:
    run(path, "INSERT INTO sending VALUES (?)", (AT + timedelta(minutes=5)).isoformat())
    body = {**WHO, "terms": ALL}

    first = changes.do("erase", body, key="k", at=AT)
    soon = changes.do("erase", {**body, "cursor": first["cursor"]}, key="k2", at=AT + timedelta(minutes=4))
    held = Marketing(path).count(WHO["identifiers"])["contacts"]
    last = changes.do("erase", {**body, "cursor": first["cursor"]}, key="k3", at=AT + timedelta(minutes=5))

    assert (first["outcome"], first["again_after"]) == ("accepted", 300)
    assert (soon["outcome"], soon["again_after"], held) == ("accepted", 60, 1)
    assert last["outcome"] == "done"
    assert Marketing(path).count(WHO["identifiers"])["contacts"] == 0


def test_keeps_what_is_too_young_and_finds_it_again_by_its_handle(changes: Changes, path: Path) -> None:
    number = ada(path)
    run(path, "UPDATE mailings SET sent_at = '2020-01-01T09:00:00' WHERE contact_id = ?", number)
    run(path, "INSERT INTO mailings VALUES (NULL, ?, 'Last news', '2027-01-07T09:00:00', NULL, NULL)", number)
    terms = [{**term, "before": "2027-01-01"} if term["dataset"] == "mailings" else term for term in ALL]

    answer = changes.do("erase", {**WHO, "terms": terms}, key="k", at=AT)

    [line] = [line for line in answer["lines"] if line["dataset"] == "mailings" and line["keep"]]
    assert (line["found"], line["erase"], line["keep"], line["open"]) == (6, 5, 1, 0)
    assert line["first_kept"] == line["last_kept"] == "2027-01-07"
    assert [dataset for dataset, found in answer["handles"].items() if found] == ["mailings"]
    later = {"identifiers": {}, "terms": ALL, "handles": answer["handles"]}
    assert changes.do("erase", later, key="k2", at=AT)["rows"] == {"mailings": 1}


def test_keeps_what_is_going_on_and_what_the_team_must_keep(changes: Changes, path: Path) -> None:
    run(path, "INSERT INTO events VALUES (NULL, ?, 'Cork again', '2027-04-01', NULL, NULL)", ada(path))

    before = changes.do("preview", {**WHO, "terms": ALL}, key="k", at=AT)
    run(path, "UPDATE contacts SET on_hold = 1 WHERE id = ?", ada(path))
    after = changes.do("erase", {**WHO, "terms": ALL}, key="k", at=AT)

    [event] = [line for line in before["lines"] if line["dataset"] == "events"]
    assert (event["found"], event["erase"], event["keep"], event["open"], event["refused"]) == (3, 2, 1, 1, 0)
    assert all(line["refused"] == line["keep"] == line["found"] for line in after["lines"])
    assert after["rows"] == {}


def test_empties_the_part_that_may_go(changes: Changes, path: Path) -> None:
    number = ada(path)
    terms = [{"dataset": "contacts", "category": "contact_data", "erase": True}]

    answer = changes.do("erase", {**WHO, "terms": terms}, key="k", at=AT)

    [row] = run(path, "SELECT email, name, company, country, source FROM contacts WHERE id = ?", number)
    assert row[:4] == (None, None, None, None)
    assert row[4]
    assert answer["handles"]["contacts"] == [str(number)]
    rest = {"identifiers": {}, "terms": ALL, "handles": {"contacts": [str(number), "x", "9" * 40]}}
    assert changes.do("erase", rest, key="k2", at=AT)["rows"] == {"contacts": 1}


def test_hands_a_statement_over_with_the_rest(changes: Changes, path: Path) -> None:
    changes.do("annotate", {**WHO, "notes": [{"dataset": "mailings", "text": "I never read it."}]}, key="k", at=AT)

    rows = dict(Marketing(path).read(WHO["identifiers"]))

    assert rows["statements"] == {"about": "mailings", "statement": "I never read it.", "noted_on": "2027-03-02"}


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("erase", {}),
        ("erase", {"terms": [{"dataset": "sqlite_master", "category": "x", "erase": True}]}),
        ("erase", {"terms": [{"dataset": "contacts", "category": "x", "erase": True, "before": "soon"}]}),
        ("erase", {"terms": "x"}),
        ("erase", {"terms": [], "handles": []}),
        ("correct", {"changes": [{"dataset": "contacts", "field": "name"}]}),
        ("correct", {"changes": [{"dataset": "contacts", "field": "name", "value": 1}]}),
        ("annotate", {"notes": [{"dataset": "sqlite_master", "text": "x"}]}),
        ("annotate", {"notes": [{"dataset": "contacts", "text": "\ud800"}]}),
        ("restrict", {"on": "yes"}),
        ("suppress", {"purposes": [1]}),
    ],
)
def test_changes_nothing_where_it_does_not_understand(
    changes: Changes, path: Path, verb: str, body: dict[str, Any]
) -> None:
    before = everything(path)

    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        changes.do(verb, {**WHO, **body}, key="k", at=AT)

    assert everything(path) == before
