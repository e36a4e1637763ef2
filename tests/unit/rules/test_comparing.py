"""What differs between two sets of rule files: rows are matched by what they are about, and each change has a kind."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.rules.comparing import compare
from dsr.rules.files import SHIPPED, read

LAW = "regimes/some_law/2026-01-01.toml"


def _only(file: str, old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str, Any, Any]:
    (change,) = compare({file: old}, {file: new})
    return change.key, change.what, change.old, change.new


def _nested(path: str, value: Any) -> dict[str, Any]:
    """``clocks[a].n`` and 1 as a document; the name of a row is its id, right or event, whichever the list goes by."""
    by = {"rights": "right", "pauses": "event", "vectors": "case"}
    key, _, rest = path.partition(".")
    inner = _nested(rest, value) if rest else value
    name, bracket, row = key.partition("[")
    return {name: [{by.get(name, "id"): row.rstrip("]"), **inner}] if bracket else inner}


@pytest.mark.parametrize(
    ("file", "key", "old", "new", "what"),
    [
        (LAW, "clocks[a].n", 1, 2, "clock"),
        (LAW, "clocks[a].unit", "day", "month", "clock"),
        (LAW, "clocks[a].text", "A month.", "A year.", "words"),
        (LAW, "clocks[a].source", "s.1", "s.2", "source"),
        (LAW, "extension.confidence", "GK", "C", "source"),
        (LAW, "pauses[fee].mode", "none", "toll", "clock"),
        (LAW, "window.from", date(2026, 1, 1), date(2026, 1, 2), "window"),
        (LAW, "switched_on", True, False, "switch"),
        (LAW, "switched_off_because", "Not read.", "Not read yet.", "switch"),
        (LAW, "rights[access].from", date(2026, 1, 1), date(2026, 1, 2), "right"),
        (LAW, "records.months", 24, 12, "figure"),
        (LAW, "calendar", "IE", "US-CA", "figure"),
        (LAW, "fee.exception", "Where it is much.", "Never.", "words"),
        ("regimes/some_law/2026-01-01.vectors.toml", "vectors[Leap day].respond", 1, 2, "worked case"),
        ("calendars/IE.toml", "years.2026.01-01", "New Year", "New Year's Day", "holiday"),
        ("calendars/IE.toml", "zone", "Europe/Dublin", "Europe/London", "figure"),
        ("notices/x/2026-01-01.toml", "categories[c].title", "Loans", "Lent", "words"),
        ("notices/x/2026-01-01.toml", "categories[c].source", "provided", "obtained", "figure"),
    ],
)
def test_a_change_is_told_by_key_and_kind(file: str, key: str, old: Any, new: Any, what: str) -> None:
    assert _only(file, _nested(key, old), _nested(key, new)) == (key, what, old, new)


def test_a_row_that_is_moved_is_no_change_and_one_put_in_between_is_one() -> None:
    one, two, three = ({"id": name, "n": n} for n, name in enumerate(("a", "b", "c")))

    assert compare({LAW: {"clocks": [one, two]}}, {LAW: {"clocks": [two, one]}}) == ()
    assert _only(LAW, {"clocks": [one, two]}, {"clocks": [one, three, two]}) == ("clocks[c]", "clock", None, three)
    assert _only(LAW, {"clocks": [one, two]}, {"clocks": [two]}) == ("clocks[a]", "clock", one, None)


def test_rows_that_are_called_alike_are_told_apart_by_their_rights_or_a_number() -> None:
    def row(n: int, *rights: str) -> dict[str, Any]:
        return {"letter": "refusal", "elements": [n], "rights": list(rights)}

    old = {"must_state": [row(1), row(2, "access"), row(3, "access")]}
    new = {"must_state": [row(1), row(2, "access"), row(4, "access")]}

    assert _only(LAW, old, new)[0] == "must_state[refusal: access 2].elements"


def test_a_file_that_is_new_or_gone_is_one_change_and_names_who_follows_it() -> None:
    model, follower = "regimes/model/2023-01-01.toml", "regimes/us_xx/2024-01-01.toml"

    (gone,) = compare({model: {"n": 1}, follower: {"model": "model"}}, {follower: {"model": "model"}})

    assert (gone.what, gone.key, gone.new, gone.followed_by) == ("file", "", None, ("us_xx",))


def test_a_change_can_be_written_as_json() -> None:
    old, new = {"window": {"from": date(2026, 1, 1)}, "x": [{"id": "a"}]}, {"window": {}, "x": [{"id": "b", "on": [1]}]}

    told = json.loads(json.dumps([change.as_dict() for change in compare({LAW: old}, {LAW: new})]))

    assert told[0]["old"] == "2026-01-01"
    assert [(row["old"], row["new"]) for row in told[1:]] == [(None, {"id": "b", "on": [1]}), ({"id": "a"}, None)]


SHIPPED_FILES = read(SHIPPED).documents


@given(st.sampled_from(sorted(SHIPPED_FILES)), st.sampled_from(sorted(SHIPPED_FILES)))
def test_what_is_new_one_way_is_gone_the_other_way(one: str, other: str) -> None:
    left, right = {"f.toml": SHIPPED_FILES[one]}, {"f.toml": SHIPPED_FILES[other]}

    there, back = compare(left, right), compare(right, left)

    assert {(change.key, str(change.old), str(change.new)) for change in there} == {
        (change.key, str(change.new), str(change.old)) for change in back
    }
    assert (there == ()) == (SHIPPED_FILES[one] == SHIPPED_FILES[other])
