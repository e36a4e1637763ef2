"""Which records of `marketing` go, which stay and why, in the words of the protocol.

A record goes when all that it holds may go. Where a part must stay, the rest of it is emptied.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsr.demo.marketing import DATASETS, contact_ids, key_of

_DAYS = {"mailings": "sent_at", "events": "held_on"}
"""Data set to the column that holds a record's own day."""
_FIELDS = {dataset["name"]: {part["name"]: part["category"] for part in dataset["fields"]} for dataset in DATASETS}
"""Data set to column to data category."""

Terms = Mapping[tuple[str, str], tuple[bool, str]]
"""Data set and category to whether it may go, and before which day ("" for all)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record and what there is in it."""

    dataset: str
    number: int
    categories: frozenset[str]
    day: str
    is_open: bool
    """An event that is still to come."""
    on_hold: bool
    """The team keeps everything about this contact for a dispute of its own."""

    def fate(self, category: str, terms: Terms) -> str:
        """Return what becomes of one category: erase, keep, or open or refused for kept in spite of the terms."""
        may_go, before = terms.get((self.dataset, category), (False, ""))
        if not may_go or (before and not (self.day and self.day < before)):
            return "keep"
        return "refused" if self.on_hold else "open" if self.is_open else "erase"

    def going(self, terms: Terms) -> frozenset[str]:
        """Return the categories that go."""
        return frozenset(category for category in self.categories if self.fate(category, terms) == "erase")


def records(
    file: sqlite3.Connection, who: Mapping[str, Sequence[str]], handles: Mapping[str, Sequence[str]], today: str
) -> list[Record]:
    """Return the records of a person, and those of these handles."""
    ids = contact_ids(file, who)
    return [record for dataset in _FIELDS for record in _of(file, dataset, ids, handles.get(dataset, ()), today)]


def _of(
    file: sqlite3.Connection, dataset: str, ids: Sequence[int], handles: Sequence[str], today: str
) -> Iterator[Record]:
    fields, key = _FIELDS[dataset], key_of(dataset)
    asked = (
        f"SELECT id, {key} IN (SELECT id FROM contacts WHERE on_hold), {', '.join(fields)} "  # noqa: S608 - our names
        f"FROM {dataset} WHERE "
    )
    found: dict[int, Record] = {}
    keys = [*((key, number) for number in ids), *(("id", int(handle)) for handle in handles if _is_number(handle))]
    for column, number in keys:
        for id_, on_hold, *values in file.execute(f"{asked}{column} = ?", (number,)):
            held = {name: value for name, value in zip(fields, values, strict=True) if value not in (None, "")}
            day = str(held.get(_DAYS.get(dataset, ""), ""))[:10]
            categories = frozenset(fields[name] for name in held)
            is_open = dataset == "events" and day > today
            found[id_] = Record(dataset, id_, categories, day, is_open, bool(on_hold))
    return iter(found.values())


def _is_number(handle: str) -> bool:
    return handle.isascii() and handle.isdigit() and len(handle) < 16


def lines(found: Sequence[Record], terms: Terms) -> list[dict[str, Any]]:
    """Return a line for every term."""
    return [_line(dataset, category, found, terms) for dataset, category in terms]


def _line(dataset: str, category: str, found: Sequence[Record], terms: Terms) -> dict[str, Any]:
    here = [record for record in found if record.dataset == dataset and category in record.categories]
    fates = [record.fate(category, terms) for record in here]
    kept = [record.day for record, fate in zip(here, fates, strict=True) if fate != "erase" and record.day]
    gone = fates.count("erase")
    days = {"first_kept": min(kept), "last_kept": max(kept)} if kept else {}
    return {
        "dataset": dataset,
        "category": category,
        "found": len(here),
        "erase": gone,
        "keep": len(here) - gone,
        "open": fates.count("open"),
        "refused": fates.count("refused"),
        **days,
    }


def handles_of(found: Sequence[Record], terms: Terms) -> dict[str, list[str]]:
    """Return the records of which something stays, by data set."""
    kept: dict[str, list[str]] = {}
    for record in found:
        if record.categories - record.going(terms):
            kept.setdefault(record.dataset, []).append(str(record.number))
    return kept


def carry_out(file: sqlite3.Connection, found: Sequence[Record], terms: Terms) -> dict[str, int]:
    """Delete and empty; return the number of records by table."""
    done: dict[str, int] = {}
    for record in found:
        going = record.going(terms)
        if not going and record.categories:
            continue
        if going == record.categories:
            file.execute(f"DELETE FROM {record.dataset} WHERE id = ?", (record.number,))  # noqa: S608 - our names
        else:
            emptied = ", ".join(f"{name} = NULL" for name, of in _FIELDS[record.dataset].items() if of in going)
            file.execute(f"UPDATE {record.dataset} SET {emptied} WHERE id = ?", (record.number,))  # noqa: S608
        done[record.dataset] = done.get(record.dataset, 0) + 1
    return done
