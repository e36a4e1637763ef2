"""Keys of records: how one is named to us, and how it is found again by that name."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from dsr.connectors.sql_compare import Predicate
from dsr.connectors.sql_plan import Plan
from dsr.connectors.sql_typed import bound, typed
from dsr.connectors.values import plain

Key = tuple[Any, ...]
BATCH = 500


def handle(key: Key) -> str:
    """Return the text by which a record is named."""
    return json.dumps([plain(value) for value in key], ensure_ascii=False)


def keys(plan: Plan, dataset: str, handles: Iterable[str]) -> list[Key]:
    """Return the keys that these texts name. One that names no record of the table as it is now falls out."""
    columns = [plan.live(dataset, name) for name in plan.key(dataset)]
    found: dict[Key, None] = {}
    for text in handles:
        try:
            values = json.loads(text)
            if isinstance(values, list) and len(values) == len(columns):
                found[tuple(typed(value, live) for value, live in zip(values, columns, strict=True))] = None
        except (ValueError, TypeError):
            continue
    return list(found)


def among(plan: Plan, dataset: str, source: Any, some: Sequence[Key]) -> Predicate:
    """Return the condition that a record has one of these keys."""
    names = plan.key(dataset)
    live = [plan.live(dataset, name) for name in names]
    values = [[bound(plan.vendor, value, one) for value, one in zip(key, live, strict=True)] for key in some]
    if len(names) == 1:
        return source.c[names[0]].in_([value for (value,) in values])  # type: ignore[no-any-return]
    same = [sa.and_(*(source.c[name] == value for name, value in zip(names, row, strict=True))) for row in values]
    return sa.or_(*same)


def batches(some: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    """Yield them in portions that fit into one statement."""
    for start in range(0, len(some), size):
        yield some[start : start + size]
