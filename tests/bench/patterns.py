"""A case as a pattern: the text of its rows as PostgreSQL's COPY reads it, with places for what every copy has anew.

The places of all rows are numbers into one list of values that is made for each copy: new ids, later days, another
address, values sealed under a new key, and hashes of the history one after the other.
"""

import hashlib
import json
import os
import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import Any

import psycopg
from psycopg.rows import dict_row

from dsr.ids import ALPHABET, format_reference
from notifications import sealing
from tests.builders import ADA

_REQUESTS = "SELECT id FROM dsr_subjectrequest WHERE submission_id = %(case)s"
_STEPS = f"SELECT id FROM dsr_step WHERE request_id IN ({_REQUESTS})"
TABLES: Mapping[str, str] = {
    "notifications_datakey": "id = (SELECT data_key_id FROM dsr_submission WHERE id = %(case)s)",
    "dsr_submission": "id = %(case)s",
    "dsr_subjectrequest": "submission_id = %(case)s",
    "dsr_event": "submission_id = %(case)s",
    "dsr_deadline": "submission_id = %(case)s",
    "dsr_step": f"request_id IN ({_REQUESTS})",
    "verification_challenge": "about = %(case)s",
    "verification_grant": f"about = %(case)s OR about IN ({_REQUESTS}) OR about IN ({_STEPS})",
    "notifications_message": "about = %(case)s",
}
"""The tables that hold something about a case, and which of their rows do."""
_CONTEXTS = {
    "dsr_submission": "dsr.submission",
    "dsr_subjectrequest": "dsr.subjectrequest",
    "dsr_step": "dsr.step",
    "verification_challenge": "challenge",
    "notifications_message": "message",
}
"""What binds a sealed value to its place begins with this."""
_MADE_BY_THE_DATABASE = {("dsr_event", "recorded_at"): "at", ("dsr_submission", "created_at"): "received_at"}
"""The moment at which a row was written, taken to be the moment of what it tells."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

Values = list[str]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with places, filled from the values."""

    text: str
    places: tuple[int, ...]

    def filled(self, values: Values) -> str:
        return self.text % tuple(map(values.__getitem__, self.places))


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A value that is sealed anew: its plain parts around the address, and the context of the new place."""

    parts: tuple[bytes, ...]
    context: _Text


class _Places:
    """Numbers for what varies, handed out in the order in which the values are made."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, what: Any) -> int:
        return self.known.setdefault(what, len(self.known))


class _Builder:
    """Puts a text together from fixed parts and places."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._parts: list[str] = []
        self._numbers: list[int] = []

    def fixed(self, text: str) -> "_Builder":
        self._parts.append(text.replace("%", "%%"))
        return self

    def place(self, what: Any) -> "_Builder":
        self._parts.append("%s")
        self._numbers.append(self._places.of(what))
        return self

    def done(self) -> _Text:
        return _Text("".join(self._parts), tuple(self._numbers))


@dataclass(slots=True)
class Case:
    """One case that was lived through, as a pattern."""

    ids: list[uuid.UUID]
    days: list[date]
    tokens: int
    forgotten: bool
    seals: list[_Sealed] = field(default_factory=list)
    events: list[_Text] = field(default_factory=list)
    rows: dict[str, _Text] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: psycopg.Connection[Any], case: uuid.UUID) -> "Case":
        """Return the pattern of a case that is in the database."""
        rows: dict[str, list[dict[str, Any]]] = {}
        with connection.cursor(row_factory=dict_row) as cursor:
            for table, which in TABLES.items():
                order = "seq" if table == "dsr_event" else "id"
                cursor.execute(f"SELECT * FROM {table} WHERE {which} ORDER BY {order}", {"case": case})
                rows[table] = cursor.fetchall()
        return _Reader(rows).case()


def columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Return the columns of a table that a copy brings; numbers that the database counts are left to it."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s AND is_identity = 'NO' ORDER BY ordinal_position",
        [table],
    )
    return [name for (name,) in found]


class _Reader:
    """Turns the rows of one case into a pattern."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        self._rows = rows
        key = rows["notifications_datakey"][0]
        self._key = sealing.unwrap(bytes(key["wrapped"])) if key["wrapped"] else b""
        self._print = sealing.fingerprint("email", ADA)
        self._places = _Places()
        self._seals: list[_Sealed] = []
        self._tokens = 0
        ids = [row["id"] for each in rows.values() for row in each if isinstance(row["id"], uuid.UUID)]
        every = (value for each in rows.values() for row in each for value in row.values())
        days = sorted({_day(value) for value in every if isinstance(value, date)})
        # The order of the values: whatever is asked for a place first, this is how they are made.
        for pk in ids:
            self._places.of(pk)
        for day in days:
            self._places.of(day)
        self._ids, self._days = ids, days

    def case(self) -> Case:
        for what in ("reference", "email", "fingerprint", "wrapped"):
            self._places.of(what)
        tokens = [row["token_hash"] for each in self._rows.values() for row in each if row.get("token_hash")]
        for token in tokens:
            self._places.of(("token", token))
        found = Case(self._ids, self._days, len(tokens), forgotten=not self._key)
        found.seals = list(self._sealed())
        found.events = [self._event(row) for row in self._rows["dsr_event"]]
        for table, rows in self._rows.items():
            builder = _Builder(self._places)
            for row in rows:
                self._row(builder, table, row)
            if rows:
                found.rows[table] = builder.done()
        return found

    def _sealed(self) -> Iterator[_Sealed]:
        """Open every sealed value and give its copy a place."""
        for table, rows in self._rows.items() if self._key else ():
            for row in rows:
                for name, value in row.items():
                    if name.endswith("_sealed") and value is not None:
                        yield self._opened(table, row, name, bytes(value))

    def _opened(self, table: str, row: dict[str, Any], name: str, value: bytes) -> _Sealed:
        short, label = name.removesuffix("_sealed"), _CONTEXTS[table]
        plain = sealing.unseal(self._key, value, context=f"{label}:{row['id']}:{short}")
        self._places.of(("seal", table, row["id"], name))
        context = _Builder(self._places).fixed(f"{label}:").place(row["id"]).fixed(f":{short}").done()
        return _Sealed(tuple(plain.split(ADA.encode())), context)

    def _event(self, row: dict[str, Any]) -> _Text:
        """Return what the hash of an event is made of, see `history.digest`, and give the hash a place."""
        builder = _Builder(self._places)
        given = {
            "actor": row["actor"],
            "actor_id": row["actor_id"],
            "at": row["at"],
            "data": row["data"],
            "from": row["from_state"],
            "prev": ("hash", row["seq"] - 1),
            "request": row["request_id"] or "",
            "seq": row["seq"],
            "submission": row["submission_id"],
            "to": row["to_state"],
            "verb": row["verb"],
            "via": row["via"],
        }
        for number, (name, value) in enumerate(given.items()):
            builder.fixed(f'{"," if number else "{"}"{name}":')
            if isinstance(value, datetime):
                rest = value.astimezone(UTC).isoformat(timespec="microseconds")[10:]
                builder.fixed('"').place(_day(value)).fixed(f'{rest}"')
            elif isinstance(value, uuid.UUID):
                builder.fixed('"').place(value).fixed('"')
            elif isinstance(value, tuple):
                builder.fixed('"')
                if row["prev_hash"]:
                    builder.place(value)
                builder.fixed('"')
            else:
                builder.fixed(json.dumps(value, sort_keys=True, separators=(",", ":")))
        self._places.of(("hash", row["seq"]))
        return builder.fixed("}").done()

    def _row(self, builder: _Builder, table: str, row: dict[str, Any]) -> None:
        counted = not isinstance(row["id"], uuid.UUID)
        cells = [name for name in row if not (counted and name == "id")]
        for number, name in enumerate(cells):
            if number:
                builder.fixed("\t")
            value = row[_MADE_BY_THE_DATABASE.get((table, name), name)]
            self._cell(builder, table, row, name, value)
        builder.fixed("\n")

    def _cell(self, builder: _Builder, table: str, row: dict[str, Any], name: str, value: Any) -> None:
        if value is None:
            builder.fixed("\\N")
        elif (special := self._special(table, row, name, value)) is not None:
            builder.place(special)
        elif isinstance(value, datetime):
            builder.place(_day(value)).fixed(value.astimezone(UTC).isoformat(sep=" ")[10:])
        elif isinstance(value, date | uuid.UUID) and value in self._places.known:
            builder.place(value)
        elif isinstance(value, bytes):
            builder.fixed(f"\\\\x{value.hex()}")
        elif isinstance(value, dict | list):
            builder.fixed(json.dumps(value).translate(_ESCAPES))
        elif name == "dedupe_key" and not any(str(pk) in value for pk in self._ids):
            # Named after a number that the database counts.
            builder.fixed(f"{value.partition(':')[0]}:").place(row["id"])
        elif isinstance(value, str):
            self._with_ids(builder, value)
        else:
            builder.fixed(str(value))

    def _special(self, table: str, row: dict[str, Any], name: str, value: Any) -> Any:
        """Return what stands for a value that no rule of types covers."""
        if name == "token_hash":
            return ("token", value)
        if name.endswith("_fingerprint") and value == self._print:
            return "fingerprint"
        if self._key and name.endswith("_sealed"):
            return ("seal", table, row["id"], name)
        match table, name:
            case "dsr_submission", "reference":
                return "reference"
            case "notifications_datakey", "wrapped":
                return "wrapped"
            case "dsr_event", "hash":
                return ("hash", row["seq"])
            case "dsr_event", "prev_hash" if value:
                return ("hash", row["seq"] - 1)
            case "dsr_submission", "chain_head":
                return ("hash", row["chain_seq"])
        return None

    def _with_ids(self, builder: _Builder, text: str) -> None:
        """Add a text, with places for the ids in it."""
        for pk in self._ids:
            before, found, after = text.partition(str(pk))
            if found:
                self._with_ids(builder, before)
                builder.place(pk)
                self._with_ids(builder, after)
                return
        builder.fixed(text.translate(_ESCAPES))


def _day(value: date) -> date:
    return value.astimezone(UTC).date() if isinstance(value, datetime) else value


# --- Copies ----------------------------------------------------------------------------------------------------------


class Copies:
    """Makes copies of cases, no two alike."""

    def __init__(self) -> None:
        self._random = random.Random(23)
        self._references = references()

    def of(self, case: Case, number: int, later: int) -> dict[str, str]:
        """Return the rows of one copy by table, moved by so many days."""
        values = [f"{_moment(pk, later)}{self._rest()}" for pk in case.ids]
        values += [_shown(day, later) for day in case.days]
        email = f"person.{number:07}@example.org"
        key = os.urandom(32)
        values += [
            next(self._references),
            email,
            "" if case.forgotten else sealing.fingerprint("email", email),
            "\\N" if case.forgotten else f"\\\\x{sealing.wrap(key).hex()}",
        ]
        values += [os.urandom(32).hex() for _ in range(case.tokens)]
        address = email.encode()
        for each in case.seals:
            sealed = sealing.seal(key, address.join(each.parts), context=each.context.filled(values))
            values.append(f"\\\\x{sealed.hex()}")
        for event in case.events:
            values.append(hashlib.sha256(event.filled(values).encode()).hexdigest())
        return {table: text.filled(values) for table, text in case.rows.items()}

    def _rest(self) -> str:
        """Return the random end of a version 7 UUID."""
        digits = f"{self._random.getrandbits(72):018x}"
        return f"7{digits[:3]}-8{digits[3:6]}-{digits[6:]}"


@lru_cache(maxsize=100_000)
def _moment(pk: uuid.UUID, later: int) -> str:
    """Return the beginning of a version 7 UUID, so many days after another."""
    digits = f"{(pk.int >> 80) + later * 86_400_000:012x}"
    return f"{digits[:8]}-{digits[8:]}-"


@lru_cache(maxsize=100_000)
def _shown(day: date, later: int) -> str:
    """Return a day, moved by so many days, as text."""
    return (day + timedelta(days=later)).isoformat()


def references() -> Iterator[str]:
    """Yield references, each once, in no order that can be seen."""
    triples = ["".join(each) for each in product(ALPHABET, repeat=3)]
    weighed = [
        [sum((2 + at * 3 + place) * ALPHABET.index(symbol) for place, symbol in enumerate(each)) for each in triples]
        for at in range(3)
    ]
    size = len(triples)
    number = 0
    while True:
        # No factor of 23 in it, so all numbers come up before one comes again.
        number = (number + 700_000_000_019) % size**3
        first, rest = divmod(number, size**2)
        second, third = divmod(rest, size)
        check = ALPHABET[(weighed[0][first] + weighed[1][second] + weighed[2][third]) % len(ALPHABET)]
        yield format_reference(triples[first] + triples[second] + triples[third] + check)
