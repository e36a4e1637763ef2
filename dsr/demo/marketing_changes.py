"""What `marketing` does when it is told to: each call one transaction, its answer kept, so that a repeat does nothing.

Whom no campaign may reach is kept apart from the address list and as a keyed hash, so that it outlasts an erasure.
"""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from dsr.demo import marketing_erasure
from dsr.demo.marketing import DATASETS, contact_ids, key_of

_ANSWERS_KEPT = timedelta(days=2)
_NAMES = frozenset(dataset["name"] for dataset in DATASETS)
_CORRECTABLE = frozenset(
    (dataset["name"], part["name"]) for dataset in DATASETS for part in dataset["fields"] if part.get("correctable")
)

Who = Mapping[str, Sequence[str]]
Answer = dict[str, Any]


class KeyReused(Exception):
    """The same key came before with another body."""


class Changes:
    """Carries changes out on the file. Methods named like the protocol's calls take its bodies and give its answers.

    They raise KeyError, TypeError or ValueError where a body is none.
    """

    def __init__(self, path: Path, secret: str) -> None:
        self._path = path
        self._secret = secret.encode()

    def do(self, verb: str, body: Mapping[str, Any], *, key: str, at: datetime) -> Answer:
        """Do what a call says, once for each key. Raises KeyReused."""
        work = self._work(verb)
        digest = self._hash(json.dumps(body, sort_keys=True))
        with closing(sqlite3.connect(self._path, timeout=5, isolation_level=None)) as file:
            file.execute("BEGIN" if verb == "preview" else "BEGIN IMMEDIATE")
            before = file.execute("SELECT body, answer FROM answers WHERE call = ?", (f"{verb} {key}",)).fetchone()
            if before is not None:
                if before[0] != digest:
                    raise KeyReused
                answer: Answer = json.loads(before[1])
                return answer
            answer = work(file, body, at)
            # A call with a cursor asks how it goes, so the next one must not get the same answer.
            if "cursor" not in body and verb != "preview" and answer["outcome"] in ("done", "accepted"):
                kept = (f"{verb} {key}", digest, json.dumps(answer), at.isoformat())
                file.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", kept)
                file.execute("DELETE FROM answers WHERE at < ?", ((at - _ANSWERS_KEPT).isoformat(),))
            file.execute("COMMIT")
        return answer

    def roster(self) -> Iterator[str]:
        """Yield every address in the list."""
        with closing(sqlite3.connect(self._path, timeout=5)) as file:
            for (email,) in file.execute("SELECT email FROM contacts WHERE email <> ''"):
                yield email

    def suppressed(self, body: Mapping[str, Any]) -> Answer:
        """Tell whether every address of a call is left out of every purpose of it. Asks the same of strangers."""
        emails = [_text(email).lower() for email in body["identifiers"].get("email", ())]
        wanted = {(self._hash(email), _text(purpose)) for email in emails for purpose in body["purposes"]}
        with closing(sqlite3.connect(self._path, timeout=5)) as file:
            asked = "SELECT count(*) FROM suppressed WHERE address = ? AND purpose = ?"
            found = sum(file.execute(asked, pair).fetchone()[0] for pair in wanted)
        return {"suppressed": bool(wanted) and found == len(wanted)}

    def audience(self) -> Iterator[str]:
        """Yield whom a campaign may reach: in the list, not restricted, not suppressed."""
        with closing(sqlite3.connect(self._path, timeout=5)) as file:
            asked = "SELECT address FROM suppressed WHERE purpose = 'marketing'"
            suppressed = {address for (address,) in file.execute(asked)}
            for (email,) in file.execute("SELECT email FROM contacts WHERE email <> '' AND NOT restricted"):
                if self._hash(email.lower()) not in suppressed:
                    yield email

    def _work(self, verb: str) -> Callable[[sqlite3.Connection, Mapping[str, Any], datetime], Answer]:
        return {
            "preview": self._preview,
            "erase": self._erase,
            "correct": self._correct,
            "annotate": self._annotate,
            "restrict": self._restrict,
            "suppress": self._suppress,
        }[verb]

    def _hash(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def _preview(self, file: sqlite3.Connection, body: Mapping[str, Any], at: datetime) -> Answer:
        found, terms = _looked_up(file, body, at)
        return {
            "outcome": "done",
            "lines": marketing_erasure.lines(found, terms),
            "handles": marketing_erasure.handles_of(found, terms),
        }

    def _erase(self, file: sqlite3.Connection, body: Mapping[str, Any], at: datetime) -> Answer:
        found, terms = _looked_up(file, body, at)
        wait = _sending(file, at)
        if wait > 0:
            # The list is in use until the mailing is out.
            return {"outcome": "accepted", "cursor": "after-the-mailing", "again_after": wait}
        return {
            "outcome": "done",
            "lines": marketing_erasure.lines(found, terms),
            "handles": marketing_erasure.handles_of(found, terms),
            "rows": marketing_erasure.carry_out(file, found, terms),
        }

    def _correct(self, file: sqlite3.Connection, body: Mapping[str, Any], at: datetime) -> Answer:
        ids = contact_ids(file, body["identifiers"])
        changes = [
            (each["dataset"], each["field"], _text_or_none(each["value"]), _text_or_none(each.get("held")))
            for each in body["changes"]
        ]
        for dataset, field, value, _ in changes:
            if (dataset, field) not in _CORRECTABLE or not _fits(field, value):
                return {"outcome": "unable", "code": "not_correctable", "where": f"{dataset}.{field}"}
        for _, field, value, held in changes:
            guard = "" if held is None else f" AND {field} = ?"
            for number in ids:
                file.execute(
                    f"UPDATE contacts SET {field} = ? WHERE id = ?{guard}",  # noqa: S608 - one of _CORRECTABLE
                    (value, number, *(() if held is None else (held,))),
                )
        right = [number for number in ids if all(_holds(file, number, field, value) for _, field, value, _ in changes)]
        return {"outcome": "done", "records": {dataset: len(right) for dataset, _, _, _ in changes}}

    def _annotate(self, file: sqlite3.Connection, body: Mapping[str, Any], at: datetime) -> Answer:
        ids = contact_ids(file, body["identifiers"])
        noted: dict[str, int] = {}
        for note in body["notes"]:
            dataset, text = note["dataset"], _text(note["text"])
            if dataset not in _NAMES:
                raise ValueError(dataset)
            for number in ids:
                file.execute("DELETE FROM statements WHERE contact_id = ? AND about = ?", (number, dataset))
                if text:
                    file.execute(
                        "INSERT INTO statements VALUES (NULL, ?, ?, ?, ?)",
                        (number, dataset, text, f"{at:%Y-%m-%d}"),
                    )
            asked = f"SELECT count(*) FROM {dataset} WHERE {key_of(dataset)} = ?"  # noqa: S608 - one of _NAMES
            noted[dataset] = sum(file.execute(asked, (number,)).fetchone()[0] for number in ids)
        return {"outcome": "done", "records": noted}

    def _restrict(self, file: sqlite3.Connection, body: Mapping[str, Any], at: datetime) -> Answer:
        ids = contact_ids(file, body["identifiers"])
        if not isinstance(body["on"], bool):
            raise TypeError
        file.executemany("UPDATE contacts SET restricted = ? WHERE id = ?", [(body["on"], number) for number in ids])
        return {"outcome": "done", "records": {"contacts": len(ids)}}

    def _suppress(self, file: sqlite3.Connection, body: Mapping[str, Any], at: datetime) -> Answer:
        for purpose in body["purposes"]:
            for email in body["identifiers"].get("email", ()):
                file.execute(
                    "INSERT OR IGNORE INTO suppressed VALUES (?, ?, ?)",
                    (self._hash(email.lower()), _text(purpose), at.isoformat()),
                )
        return {"outcome": "done", "records": {"contacts": len(contact_ids(file, body["identifiers"]))}}


def _looked_up(
    file: sqlite3.Connection, body: Mapping[str, Any], at: datetime
) -> tuple[list[marketing_erasure.Record], marketing_erasure.Terms]:
    terms = {
        (_text(each["dataset"]), _text(each["category"])): (each["erase"] is True, _day(each.get("before")))
        for each in body["terms"]
    }
    if not {dataset for dataset, _ in terms} <= _NAMES:
        raise ValueError
    found = marketing_erasure.records(file, body["identifiers"], body.get("handles", {}), f"{at:%Y-%m-%d}")
    return found, terms


def _sending(file: sqlite3.Connection, at: datetime) -> float:
    """Return the seconds for which a mailing still goes out."""
    [until] = file.execute("SELECT max(until) FROM sending").fetchone()
    return max((datetime.fromisoformat(until) - at).total_seconds(), 0.0) if until else 0.0


def _fits(field: str, value: str | None) -> bool:
    """Tell whether a field may hold this."""
    if field == "email":
        return value is not None and "@" in value
    return field != "country" or value is None or len(value) == 2


def _holds(file: sqlite3.Connection, number: int, field: str, value: str | None) -> bool:
    asked = f"SELECT {field} IS ? FROM contacts WHERE id = ?"  # noqa: S608 - one of _CORRECTABLE
    return bool(file.execute(asked, (value, number)).fetchone()[0])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _day(value: object) -> str:
    return "" if value is None else date.fromisoformat(_text(value)).isoformat()


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)
