"""What every connector is: how a system is described, asked, read and checked.

A connector knows one system and the identifiers of one person. It knows nothing of requests, rights or clocks,
keeps no state between calls but a pool of connections, and is safe to call from several threads.

- `resolve` tells by which other identifiers the same person is on file, so that other systems can be searched.
- `locate` counts, without reading contents.
- `collect` streams what is held, as rows and files, in constant memory.
- `knows` compares what somebody answers to one of its `facts` with what is held, and says yes or no.
- `standing` tells by which channels a person is reached, and since when.
- `preview`, `erase`, `correct`, `annotate`, `restrict`, `suppress` and `roster` change what is held, or make ready for
  it, as far as the system has the `abilities`; see `changes`. `suppressed` asks whether somebody is left out now.
- `check` compares what we believe about the system with the system.

Failures are typed: `TemporaryFailure` may be tried again, `PermanentFailure` needs somebody, `Refused` is the
system's own no. Each carries a code from `Code` and never a personal value, so it may be stored and logged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, NoReturn, Protocol, runtime_checkable

from dsr.connectors.changes import Ability, Change, Changed, Erased, Handles, Note, Preview, Still, Term
from dsr.connectors.facts import Fact, Standing

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

Identifiers = Mapping[str, Sequence[str]]
"""Kind of identifier (`email`, `phone`, `account` ...) to the values that the person has *proven*. Values that
nobody proved must not be passed but to `knows` and `standing`: a connector hands over what any single one finds."""


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
    correctable: bool = False
    """Whether `correct` may set it."""
    login: bool = False
    """Whether somebody signs in with it, so that changing it could hand the account to somebody else."""


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
    event: str = ""
    """What happened on a record's own day (`invoice_issued`), from which the time that it is kept counts; "" where its
    records have no day of their own."""
    open_while: str = ""
    """What is still going on with some of its records (`invoice_unpaid`), which are kept meanwhile; "" with none."""

    @property
    def categories(self) -> frozenset[str]:
        """Every data category of which a record of this kind hands something over."""
        return frozenset(part.category for part in self.fields) | {self.category}

    @property
    def held_categories(self) -> frozenset[str]:
        """Every data category of which a record of this kind holds something, handed over or not."""
        return self.categories | {part.category for part in self.withheld}


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
    """The system cannot be searched completely, or not asked as configured."""
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
    question_seconds: float = 5.0
    """The same for `facts`, `knows` and `standing`, which somebody waits for; never more than `timeout_seconds`."""

    @property
    def question(self) -> float:
        """Seconds that one question may take."""
        return min(self.question_seconds, self.timeout_seconds)


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
    UNABLE = "unable"
    """The system cannot be told to do this; somebody has to do it there."""
    NOT_CORRECTABLE = "not_correctable"
    """No such field may be set, or not to such a value."""
    NO_STRATEGY = "no_strategy"
    """A record must stay although part of it must go, and nobody has said how that part is emptied."""
    STILL_REFERRED_TO = "still_referred_to"
    """Records that the mapping does not name refer to what should go."""
    CALLED_OFF = "called_off"
    """It was no longer wanted when it came to what cannot be undone."""
    NOTHING_CHANGED = "nothing_changed"
    """The system says that it is done, and what should have gone is still there."""
    UNKNOWN_FACT = "unknown_fact"
    """The system does not compare answers to this fact."""
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

    def facts(self) -> tuple[Fact, ...]:
        """Return the facts that the system can compare an answer with; none where it cannot."""
        ...

    def knows(self, who: Identifiers, fact: str, answer: str, *, key: str) -> bool:
        """Tell whether the answer to a fact, by its name, is right for the one person of these identifiers.

        No, too, where nobody or several people are found; a no never says why. Raises `ConnectorError` where the
        system was not asked: `unknown_fact`, `no_identifier`, or what kept it from answering. As with `standing` the
        identifiers need not be proven: that is what the answer is for.
        """
        ...

    def standing(self, who: Identifiers, *, key: str) -> Standing:
        """Return by what channels the one person of these identifiers is reached, and when those last changed.

        Empty where the system does not tell. Nothing of the answer is for the eyes of whoever names the identifiers.
        """
        ...

    def abilities(self) -> frozenset[Ability]:
        """Return what the system can be told to do; the calls for anything else raise `PermanentFailure(unable)`."""
        ...

    def preview(self, who: Identifiers, terms: Sequence[Term], *, key: str, handles: Handles | None = None) -> Preview:
        """Count what the terms would erase and keep, a line for every term. Changes nothing.

        With `handles` only those records are looked at, and `who` may be empty.
        """
        ...

    def erase(
        self,
        who: Identifiers,
        terms: Sequence[Term],
        *,
        key: str,
        handles: Handles | None = None,
        cursor: str = "",
        still: Still | None = None,
    ) -> Erased:
        """Erase what the terms say and nothing else; all of it in one system, or none, where the system can do that.

        With `handles` only those records are looked at, and `who` may be empty. What is gone already is a success.
        `still` is asked right before what cannot be undone (a commit, each single deletion); a no raises
        `PermanentFailure(called_off)`, and nothing more is done. Raises `PermanentFailure(nothing_changed)`
        where what should have gone is still there, and `Refused` where the system says no to all of it.
        """
        ...

    def correct(self, who: Identifiers, changes: Sequence[Change], *, key: str, cursor: str = "") -> Changed:
        """Set fields for this person. Raises `PermanentFailure(not_correctable)` for a field that may not be set."""
        ...

    def annotate(self, who: Identifiers, notes: Sequence[Note], *, key: str) -> Changed:
        """Keep a statement of the person beside the records; an earlier one is replaced, an empty one removed."""
        ...

    def restrict(self, who: Identifiers, on: bool, *, key: str) -> Changed:
        """Set or lift the flag that stops every use of the data but storing it."""
        ...

    def suppress(self, who: Identifiers, purposes: Sequence[str], *, key: str, cursor: str = "") -> Changed:
        """Have the person left out of these purposes from now on (`marketing`), known to the system or not."""
        ...

    def suppressed(self, who: Identifiers, purposes: Sequence[str], *, key: str) -> bool | None:
        """Tell whether the person is left out of all of these purposes now; None where the system cannot tell.

        Asked of the system each time and never answered from what it was told before. Where a system reaches nobody
        but those on file, somebody of whom it holds nothing is left out. `key` is only for the record: nothing is
        changed. Raises `ConnectorError` where it could tell and did not.
        """
        ...

    def leaves_out(self) -> tuple[str, ...]:
        """Return the purposes that `suppress` takes, `*` where it takes any; by hand where nobody can call it."""
        ...

    def roster(self, kind: str) -> Iterator[str]:
        """Yield each value of one kind of identifier that the system knows, in no order, perhaps more than once."""
        ...

    def check(self) -> list[Problem]:
        """Return what stands in the way of a complete search, or of what the system is said to be able to do."""
        ...

    def close(self) -> None:
        """Let go of connections. The connector may be used again afterwards."""
        ...


@runtime_checkable
class Auditable(Protocol):
    """A connector that can see more of its system than its configuration names."""

    def audit(self) -> list[Problem]:
        """Return what `check` does, and what the configuration forgot: an error where that leads to people."""
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
