"""What every connector is: how a system is described, asked, read and checked.

A connector knows one system and the identifiers of one person. It knows nothing of requests, rights or clocks,
keeps no state between calls but a pool of connections, and is safe to call from several threads.

- `resolve` tells by which other identifiers the same person is on file, so that other systems can be searched.
- `locate` counts, without reading contents.
- `collect` streams what is held, as rows and files, in constant memory.
- `check` compares what we believe about the system with the system.

Failures are typed: `TemporaryFailure` may be tried again, `PermanentFailure` needs somebody, `Refused` is the
system's own no. Each carries a code from `Code` and never a personal value, so it may be stored and logged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, NoReturn, Protocol, runtime_checkable

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

Identifiers = Mapping[str, Sequence[str]]
"""Kind of identifier (`email`, `phone`, `account` ...) to the values that the person has *proven*. Values that
nobody proved must not be passed: a connector hands over what any single one of them finds."""


class FieldType(StrEnum):
    """How a value is to be read. Everything but numbers, booleans and JSON travels as text."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    """As text, so that no digit is lost."""
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    """ISO 8601; with an offset where the system keeps one."""
    JSON = "json"
    BINARY = "binary"
    """Base64."""


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of the data dictionary: what a value means, in words for the person it is about."""

    name: str
    title: str
    description: str
    category: str
    """Id of a data category of the notice."""
    type: FieldType = FieldType.TEXT


@dataclass(frozen=True, slots=True)
class WithheldField:
    """A value that exists but never leaves the system, and why."""

    name: str
    title: str
    category: str
    ground: str
    """Short code, for counting."""
    reason: str
    """Plain words, for the person."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A kind of record or file that a system holds about people."""

    name: str
    title: str
    description: str
    category: str
    fields: tuple[Field, ...] = ()
    withheld: tuple[WithheldField, ...] = ()

    @property
    def categories(self) -> frozenset[str]:
        """Every data category of which a record of this kind hands something over."""
        return frozenset(part.category for part in self.fields) | {self.category}


@dataclass(frozen=True, slots=True)
class Row:
    """One record. Values are JSON values; see `FieldType`."""

    dataset: str
    data: dict[str, Json]


@dataclass(frozen=True, slots=True)
class FileStart:
    """A file begins; the `FileChunk`s up to the next piece of another kind are its contents."""

    dataset: str
    name: str
    media_type: str
    category: str


@dataclass(frozen=True, slots=True)
class FileChunk:
    """The next bytes of the file that began last."""

    data: bytes


Piece = Row | FileStart | FileChunk


class Outcome(StrEnum):
    """What a search came to when the system answered."""

    FOUND = "found"
    NOTHING_HELD = "nothing_held"


@dataclass(frozen=True, slots=True)
class Located:
    """How much is held, by what kind it is."""

    outcome: Outcome
    datasets: dict[str, int] = field(default_factory=dict)
    """Data set to number of records."""
    counts: dict[str, int] = field(default_factory=dict)
    """Data category to number of records that carry something of it; a record may count for several."""

    @classmethod
    def of(cls, datasets: Mapping[str, int], described: Sequence[Dataset]) -> "Located":
        """Return the answer that follows from records per data set."""
        counts: dict[str, int] = {}
        for dataset in described:
            for category in sorted(dataset.categories) if datasets.get(dataset.name) else ():
                counts[category] = counts.get(category, 0) + datasets[dataset.name]
        held = {name: number for name, number in datasets.items() if number}
        return cls(Outcome.FOUND if held else Outcome.NOTHING_HELD, held, counts)


class Level(StrEnum):
    """How bad a mismatch is."""

    ERROR = "error"
    """The system cannot be searched completely."""
    WARNING = "warning"
    """It can, but somebody should look."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that `check` found: where, what, and what to do about it."""

    code: str
    where: str
    message: str
    level: Level = Level.ERROR


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may be before we stop reading."""

    max_rows: int = 200_000
    max_bytes: int = 256 * 1024 * 1024
    timeout_seconds: float = 120.0
    """For the whole of one call, not for each step of it."""


class Code(StrEnum):
    """Why a call failed. Stable: stored, counted, explained in the documentation."""

    # may pass by itself
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    BUSY = "busy"
    INTERRUPTED = "interrupted"
    SYSTEM_ERROR = "system_error"
    FAULT = "fault"
    """Ours: something went wrong here that no connector foresaw."""
    # somebody has to do something
    BAD_CONFIG = "bad_config"
    BAD_CREDENTIALS = "bad_credentials"
    PERMISSION_DENIED = "permission_denied"
    MISSING_DATABASE = "missing_database"
    MISSING_TABLE = "missing_table"
    MISSING_COLUMN = "missing_column"
    SCHEMA_MISMATCH = "schema_mismatch"
    UNREADABLE_VALUE = "unreadable_value"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_LARGE = "too_large"
    NO_IDENTIFIER = "no_identifier"
    """None of the identifiers given is one this system knows people by: it was not searched."""
    NEEDS_OWNER = "needs_owner"
    """Only the system's owner can search it."""
    ADDRESS_REFUSED = "address_refused"
    REDIRECT_REFUSED = "redirect_refused"
    TLS_FAILED = "tls_failed"
    NOT_FOUND = "not_found"
    NOT_UNDERSTOOD = "not_understood"
    BAD_ANSWER = "bad_answer"
    BAD_SIGNATURE = "bad_signature"
    KEY_REUSED = "key_reused"
    WORKER_LOST = "worker_lost"
    """Ours: worker after worker died on it before anything could be recorded."""


class RefusalCode(StrEnum):
    """Why a system said no. A system's own words are never passed on; they might name somebody."""

    LEGAL_HOLD = "legal_hold"
    NOT_CONTROLLER = "not_controller"
    CANNOT_IDENTIFY = "cannot_identify"
    NOT_PERMITTED = "not_permitted"
    OTHER = "other"


class ConnectorError(Exception):
    """A call came to nothing. `code` says why; `where` names a data set or a key of the configuration."""

    def __init__(self, code: Code | RefusalCode, where: str = "") -> None:
        self.code = code
        self.where = where
        super().__init__(f"{code}: {where}" if where else str(code))


class TemporaryFailure(ConnectorError):
    """Try again, not before `retry_after` seconds where the system named them. When to give up is not our business."""

    def __init__(self, code: Code, where: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(code, where)
        self.retry_after = retry_after


class PermanentFailure(ConnectorError):
    """Trying again will not help until somebody has changed something."""


class Refused(ConnectorError):
    """The system understood and declined."""

    def __init__(self, code: RefusalCode, where: str = "") -> None:
        super().__init__(code, where)


class BadConfig(PermanentFailure):
    """The configuration of a system is wrong: each problem names its key and never repeats the value."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__(Code.BAD_CONFIG, "; ".join(f"{key}: {message}" for key, message in problems))


def alone(failure: ConnectorError) -> NoReturn:
    """Raise a failure without the exception that is being handled: drivers quote values, and those must not travel."""
    try:
        raise failure
    finally:
        failure.__context__ = None


@runtime_checkable
class Connector(Protocol):
    """One system, ready to be asked."""

    kind: ClassVar[str]
    automatic: ClassVar[bool]
    """False where only a person can search the system."""

    def identifiers(self) -> frozenset[str]:
        """Return the kinds of identifier by which the system knows people."""
        ...

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary, in the order in which `collect` yields."""
        ...

    def resolve(self, who: Identifiers, *, key: str) -> dict[str, list[str]]:
        """Return other identifiers on file for the same person, by kind; empty where the system knows of none."""
        ...

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Count what is held. `key` is the same for each repeat of one call."""
        ...

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Yield what is held. Nothing yielded counts until the iterator ended without an error."""
        ...

    def check(self) -> list[Problem]:
        """Return what stands in the way of a complete search; empty when nothing does."""
        ...

    def close(self) -> None:
        """Let go of connections. The connector may be used again afterwards."""
        ...


MOST_RESOLVED = 100
"""A person with more identifiers of one kind than this is no person but a mistake in the mapping."""


def usable(who: Identifiers, known: frozenset[str]) -> dict[str, list[str]]:
    """Return the given values of kinds that a system knows, without repeats.

    Raises `PermanentFailure(no_identifier)` when there is none: "not searched" must never look like "nothing held".
    """
    found = {kind: list(dict.fromkeys(who[kind])) for kind in sorted(known) if who.get(kind)}
    if not found:
        raise PermanentFailure(Code.NO_IDENTIFIER)
    return found
