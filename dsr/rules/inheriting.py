"""How a regime that follows a model is put together: what it says itself, over what the model says."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from dsr.rules.schema.base import Figure, Many, Row, Slug, Text
from dsr.rules.words import Confidence, RightWord

Document = Mapping[str, Any]

_KEYS: Mapping[str, tuple[str, ...]] = {
    "rights": ("right",),
    "clocks": ("id",),
    "pauses": ("event",),
    "must_state": ("letter",),
    "repeats": ("text",),
    "notes": ("topic", "id"),
    "child_ages": ("under",),
    "identity": ("demand", "rights"),
    "agents": ("allowed", "rights"),
}
"""What makes a row of a list the same row in both."""
_OWN = ("title", "law", "covers", "window", "proposal", "authorities", "switched_on", "switched_off_because")
"""What no model can say for another law."""


class Follows(Row):
    """What a law that follows a model says of the model.

    ``lacks`` names rights of the model that this law does not give, and ``drops`` keys of it, or single rows of them
    by their id (``clocks.decide_appeal``). ``cites`` is what everything that is taken over rests on under this law: its
    own text and how sure we are of it, in the place of the model's, though never surer than the model is. Only the law
    that the model was drawn from can do without.
    """

    model: Slug
    lacks: Many[RightWord] = ()
    drops: Many[Annotated[Text, Field(pattern=r"^[a-z_]+(\.[a-z_0-9]+)?$")]] = ()
    cites: Figure | None = None


_UNSURE: tuple[Confidence, ...] = ("GKq", "GK", "C2", "SEED", "C")
"""The marks, the least sure first."""
KEYS = tuple(Follows.model_fields)
"""The keys of a regime that are about its model; the others are the regime's own."""


def inherited(model: Document, own: Document, how: Follows) -> dict[str, Any]:
    """``own`` over ``model``: keys replace keys, tables and rows of lists are merged, the rest is taken over."""
    merged: dict[str, Any] = {
        key: _cited(value, how.cites) for key, value in _less(model, how.drops).items() if key not in _OWN
    }
    for key, value in own.items():
        if key not in KEYS:
            merged[key] = _merged(key, merged.get(key), value)
    return _without(merged, set(how.lacks)) if how.lacks else merged


def amiss(model: Document, how: Follows) -> Iterator[tuple[str, str]]:
    """What ``lacks`` and ``drops`` name and the model does not have, each with its key."""
    rights = {row.get("right") for row in model.get("rights", ())}
    for index, right in enumerate(how.lacks):
        if right not in rights:
            yield f"lacks[{index}]", f"{how.model!r} gives no right {right!r} that could be lacking"
    for index, name in enumerate(how.drops):
        key, _, row_id = name.partition(".")
        rows = model.get(key)
        if rows is None or (row_id and not any(_first(key, row) == row_id for row in rows)):
            yield f"drops[{index}]", f"{how.model!r} has no {name!r} that could be dropped"


def _less(model: Document, drops: tuple[str, ...]) -> dict[str, Any]:
    """The model without the keys and rows that are dropped."""
    return {
        key: [row for row in value if f"{key}.{_first(key, row)}" not in drops] if isinstance(value, list) else value
        for key, value in model.items()
        if key not in drops
    }


def _first(key: str, row: Any) -> object:
    """What a row of a list is called in ``drops``: the first key that makes it the row it is."""
    return row.get(_KEYS[key][0]) if key in _KEYS and isinstance(row, Mapping) else None


def _cited(value: Any, cites: Figure | None) -> Any:
    """A table or list of tables of the model, resting on what this law cites."""
    if isinstance(value, list):
        return [_cited(row, cites) for row in value]
    if cites is None or not isinstance(value, Mapping) or "source" not in value:
        return value
    marks = (value.get("confidence"), cites.confidence)
    rests = {"source": cites.source, "confidence": next(mark for mark in _UNSURE if mark in marks)}
    return {**value, **rests, **({"policy": True} if cites.policy else {})}


def _merged(key: str, theirs: Any, ours: Any) -> Any:
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        return {**theirs, **ours}
    if key in _KEYS and isinstance(theirs, list) and isinstance(ours, list):
        return _rows(_KEYS[key], theirs, ours)
    return ours


def _rows(keys: tuple[str, ...], theirs: list[Any], ours: list[Any]) -> list[Any]:
    """The model's rows in their order, each with what we say of it, then the rows that are ours alone."""
    found = list(theirs)
    places = {_id(keys, row): place for place, row in enumerate(theirs)}
    for row in ours:
        place = places.get(_id(keys, row)) if isinstance(row, Mapping) else None
        if place is None:
            found.append(row)
        else:
            found[place] = {**found[place], **row}
    return found


def _id(keys: tuple[str, ...], row: Mapping[str, Any]) -> str:
    return repr([row.get(key) for key in keys])


def _without(document: dict[str, Any], lacks: set[str]) -> dict[str, Any]:
    """The document without some rights, wherever a list names them; a row or table for nothing else goes with them."""
    kept: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, list):
            kept[key] = [still for row in value if (still := _less_rights(row, lacks)) is not None]
        elif (still := _less_rights(value, lacks)) is not None:
            kept[key] = still
    return kept


def _less_rights(row: Any, lacks: set[str]) -> Any:
    """A row or table without those rights; None where it was about nothing else."""
    if not isinstance(row, Mapping):
        return row
    named = row.get("rights")
    if row.get("right") in lacks or (named and not (set(named) - lacks)):
        return None
    less = {key: _less_rights(value, lacks) for key, value in row.items() if isinstance(value, Mapping)}
    found = {key: value for key, value in {**row, **less}.items() if value is not None}
    return {**found, "rights": [right for right in named if right not in lacks]} if named else found
