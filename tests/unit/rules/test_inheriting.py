"""A law that follows a model: what it takes over, on what that rests, and what it leaves out."""

from typing import Any

from dsr.rules.inheriting import KEYS, Follows, amiss, inherited
from dsr.rules.schema.base import Figure

MODEL: dict[str, Any] = {
    "id": "pattern",
    "title": "The pattern",
    "covers": "Nobody.",
    "kind": "law",
    "window": {"from": "2020"},
    "switched_on": False,
    "switched_off_because": "It is a pattern.",
    "rights": [
        {"right": "access", "source": "P 1", "confidence": "C"},
        {"right": "correction", "source": "P 2", "confidence": "C"},
    ],
    "clocks": [
        {"id": "respond", "n": 45, "source": "P 3", "confidence": "C"},
        {"id": "repair", "n": 5, "rights": ["correction"], "source": "P 4", "confidence": "C"},
        {"id": "appeal", "n": 60, "rights": ["access", "correction"], "source": "P 5", "confidence": "C"},
    ],
    "fee": {"may_charge": True, "free": {"n": 2, "months": 12}, "source": "P 6", "confidence": "C"},
    "appeal": {"offered": True, "source": "P 7", "confidence": "GK"},
}


def _followed(own: dict[str, Any], **how: Any) -> dict[str, Any]:
    return inherited(MODEL, own, Follows(model="pattern", **how))


def _clocks(document: dict[str, Any]) -> dict[str, int]:
    return {row["id"]: row["n"] for row in document["clocks"]}


def test_what_is_not_said_is_taken_over_and_the_model_stays_as_it_was() -> None:
    before = repr(MODEL)

    made = _followed({"id": "own", "clocks": [{"id": "respond", "n": 90}], "fee": {"free": {"n": 1, "months": 12}}})

    assert made["id"] == "own"
    assert made["kind"] == "law"
    assert _clocks(made) == {"respond": 90, "repair": 5, "appeal": 60}
    assert made["fee"] == {"may_charge": True, "free": {"n": 1, "months": 12}, "source": "P 6", "confidence": "C"}
    assert repr(MODEL) == before


def test_name_window_and_switch_are_never_taken_over() -> None:
    assert {"title", "covers", "window", "switched_on", "switched_off_because"} & _followed(
        {"id": "own"}
    ).keys() == set()


def test_what_is_taken_over_rests_on_what_the_law_cites() -> None:
    cites = Figure(source="O", confidence="GK")

    made = _followed({"clocks": [{"id": "respond", "n": 90, "source": "O 9", "confidence": "C2"}]}, cites=cites)

    marks = [(row["source"], row["confidence"]) for row in (*made["rights"], *made["clocks"], made["fee"])]
    assert marks == [("O", "GK"), ("O", "GK"), ("O 9", "C2"), ("O", "GK"), ("O", "GK"), ("O", "GK")]
    assert "policy" not in made["fee"]


def test_what_is_taken_over_is_never_surer_than_the_model_is() -> None:
    made = _followed({}, cites=Figure(source="O", confidence="C2"))

    assert (made["fee"]["confidence"], made["appeal"]["confidence"]) == ("C2", "GK")


def test_a_law_that_nobody_has_read_gives_targets_only() -> None:
    made = _followed({}, cites=Figure(source="O", confidence="C2", policy=True))

    assert all(row["policy"] for row in (*made["rights"], *made["clocks"], made["fee"]))


def test_a_right_that_is_lacking_is_gone_wherever_it_was_named() -> None:
    made = _followed({}, lacks=["correction"])

    assert [row["right"] for row in made["rights"]] == ["access"]
    assert {row["id"]: row.get("rights") for row in made["clocks"]} == {"respond": None, "appeal": ["access"]}


def test_a_table_that_was_about_a_lacking_right_alone_is_gone_too() -> None:
    def made(**tables: dict[str, Any]) -> dict[str, Any]:
        return inherited({**MODEL, **tables}, {}, Follows(model="pattern", lacks=("correction",)))

    assert "extension" not in made(extension={"n": 45, "rights": ["correction"]})
    assert made(extension={"n": 45, "rights": ["access", "correction"]})["extension"]["rights"] == ["access"]
    assert made(extension={"n": 45})["extension"] == {"n": 45}
    assert made(fee={"may_charge": True, "free": {"n": 1, "rights": ["correction"]}})["fee"] == {"may_charge": True}


def test_a_key_or_a_single_row_is_dropped() -> None:
    made = _followed({"clocks": [{"id": "own", "n": 1}]}, drops=["fee", "clocks.appeal"])

    assert "fee" not in made
    assert _clocks(made) == {"respond": 45, "repair": 5, "own": 1}


def test_words_about_the_model_are_no_part_of_the_law() -> None:
    made = _followed({"id": "own", "model": "pattern", "lacks": [], "drops": [], "cites": {}})

    assert set(KEYS) & made.keys() == set()


def test_names_that_the_model_does_not_have_are_told() -> None:
    how = Follows(model="pattern", lacks=("access", "restriction"), drops=("fee", "clocks.appeal", "clocks.x", "y"))

    assert [key for key, _ in amiss(MODEL, how)] == ["lacks[1]", "drops[2]", "drops[3]"]
