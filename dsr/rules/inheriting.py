"""How a regime that follows a model is put together: what it says itself, over what the model says."""

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

_KEYS: Mapping[str, tuple[str, ...]] = {
    "rights": ("right",),
    "clocks": ("id",),
    "pauses": ("event",),
    "must_state": ("letter",),
    "repeats": ("text",),
    "notes": ("topic", "id"),
    "authorities": ("title",),
    "child_ages": ("under",),
    "identity": ("demand", "rights"),
    "agents": ("allowed", "rights"),
}
"""What makes a row of a list the same row in both."""
_OWN = ("window", "proposal", "switched_on", "switched_off_because")
"""What no model can say for another law."""


def inherited(model: Document, own: Document) -> dict[str, Any]:
    """``own`` over ``model``: keys replace keys, tables and rows of lists are merged, the rest is taken over.

    ``lacks`` names rights of the model that this law does not give, and ``drops`` whole keys of it.
    """
    lacks, drops = set(own.get("lacks", ())), set(own.get("drops", ()))
    merged: dict[str, Any] = {key: value for key, value in model.items() if key not in (*_OWN, *drops)}
    for key, value in own.items():
        if key in ("model", "lacks", "drops"):
            continue
        merged[key] = _merged(key, merged.get(key), value)
    return _without(merged, lacks) if lacks else merged


def _merged(key: str, theirs: Any, ours: Any) -> Any:
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        return {**theirs, **ours}
    if key in _KEYS and isinstance(theirs, list) and isinstance(ours, list):
        return _rows(_KEYS[key], theirs, ours)
    return ours


def _rows(keys: tuple[str, ...], theirs: list[Any], ours: list[Any]) -> list[Any]:
    """The model's rows in their order, each with what we say of it, then the rows that are ours alone."""
    left = {_id(keys, row): row for row in ours if isinstance(row, Mapping)}
    found = [{**row, **left.pop(_id(keys, row), {})} for row in theirs]
    return [*found, *left.values()]


def _id(keys: tuple[str, ...], row: Mapping[str, Any]) -> str:
    return repr([row.get(key) for key in keys])


def _without(document: dict[str, Any], lacks: set[str]) -> dict[str, Any]:
    """The document without some rights, wherever a list names them; a row for nothing else goes with them."""
    kept: dict[str, Any] = {}
    for key, value in document.items():
        if not isinstance(value, list):
            kept[key] = value
            continue
        rows = []
        for row in value:
            if not isinstance(row, Mapping):
                rows.append(row)
                continue
            named = row.get("rights")
            still = [right for right in named if right not in lacks] if isinstance(named, list) else named
            if row.get("right") in lacks or (named and not still):
                continue
            rows.append({**row, "rights": still} if named else row)
        kept[key] = rows
    return kept
