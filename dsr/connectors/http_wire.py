"""What travels between an `http` connector and a service, as types. The JSON Schema beside it says the same."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Generic, Literal, NoReturn, TypeVar

from pydantic import Field as Key
from pydantic import ValidationError

from dsr.connectors.base import (
    MOST_RESOLVED,
    Code,
    Dataset,
    Field,
    FieldType,
    FileChunk,
    FileStart,
    Level,
    Outcome,
    PermanentFailure,
    Piece,
    Problem,
    RefusalCode,
    Refused,
    Row,
    TemporaryFailure,
    WithheldField,
    alone,
)
from dsr.connectors.changes import Ability
from dsr.connectors.config import Slug, Strict, Words
from dsr.connectors.facts import MOST_PEOPLE, MOST_WARNED, Standing

LONGEST_LINE = 1024 * 1024
DAY_SECONDS = 86_400.0
LONGEST_VALUE = 1000
"""Of an identifier."""

Text = Annotated[str, Key(max_length=2000)]
Name = Annotated[str, Key(min_length=1, max_length=255)]
Value = Annotated[str, Key(min_length=1, max_length=LONGEST_VALUE)]
Values = Annotated[tuple[Value, ...], Key(max_length=MOST_RESOLVED)]
"""Identifiers of one kind."""
Answer = TypeVar("Answer", bound=Strict)
Item = TypeVar("Item")


class WireField(Strict):
    """One field of a data set."""

    name: Name
    title: Words
    description: Text = ""
    category: Slug
    type: FieldType = FieldType.TEXT
    correctable: bool = False
    """Whether `correct` may set it."""
    login: bool = False
    """Whether somebody signs in with it."""

    def field(self) -> Field:
        """Return it as connectors carry it."""
        return Field(self.name, self.title, self.description, self.category, self.type, self.correctable, self.login)


class WireWithheld(Strict):
    """One field that the service keeps to itself."""

    name: Name
    title: Words
    category: Slug
    ground: Slug
    reason: Words


class WireDataset(Strict):
    """One data set."""

    name: Slug
    title: Words
    description: Text = ""
    category: Slug
    fields: tuple[WireField, ...] = ()
    withheld: tuple[WireWithheld, ...] = ()
    event: Slug | Literal[""] = ""
    """What happened on the day of each record."""
    open_while: Slug | Literal[""] = ""
    """What is still going on with some records, which are kept meanwhile."""

    def dataset(self) -> Dataset:
        """Return it as connectors carry it."""
        return Dataset(
            self.name,
            self.title,
            self.description,
            self.category,
            tuple(part.field() for part in self.fields),
            tuple(
                WithheldField(part.name, part.title, part.category, part.ground, part.reason) for part in self.withheld
            ),
            self.event,
            self.open_while,
        )


class Described(Strict):
    """Answer to `describe`."""

    datasets: Annotated[tuple[WireDataset, ...], Key(min_length=1, max_length=500)]
    abilities: tuple[Ability, ...] = ()
    """What the service can be told to do."""

    def dictionary(self) -> tuple[Dataset, ...]:
        """Return the data dictionary as connectors carry it."""
        return tuple(part.dataset() for part in self.datasets)


class LocatedAnswer(Strict):
    """Answer to `locate`."""

    outcome: Outcome | Literal["refused"]
    datasets: dict[Slug, Annotated[int, Key(ge=0)]] = {}
    code: str = ""


class Resolved(Strict):
    """Answer to `resolve`."""

    identifiers: dict[
        Slug,
        Annotated[
            tuple[Annotated[str, Key(min_length=1, max_length=LONGEST_VALUE)], ...], Key(max_length=MOST_RESOLVED)
        ],
    ]


class FactsAnswer(Strict):
    """Answer to `facts`."""

    facts: Annotated[tuple[Slug, ...], Key(max_length=50)]


class KnowsAnswer(Strict):
    """Answer to `knows`."""

    knows: bool


class SuppressedAnswer(Strict):
    """Answer to `suppressed`."""

    suppressed: bool | None
    """None of purposes that the service does not know."""


OnFile = Annotated[
    tuple[Annotated[str, Key(min_length=1, max_length=LONGEST_VALUE)], ...], Key(max_length=MOST_RESOLVED)
]


class StandingAnswer(Strict):
    """Answer to `standing`."""

    people: Annotated[int, Key(ge=0, le=MOST_PEOPLE)]
    on_file: dict[Literal["email", "phone"], Values] = {}
    changed: dict[Literal["email", "phone", "address", "password"], date] = {}

    def standing(self) -> Standing:
        """Return it as connectors carry it: of several people nothing but where to warn them, whatever was sent."""
        on_file: dict[str, list[str]] = {kind: list(values) for kind, values in self.on_file.items() if values}
        if self.people > 1:
            warned = {kind: values[:MOST_WARNED] for kind, values in on_file.items()}
            return Standing(self.people, of_several=warned)
        return Standing(1, on_file, dict(self.changed.items())) if self.people else Standing()


class WireProblem(Strict):
    """One entry of an answer to `check`."""

    code: Slug
    where: Text = ""
    message: Words
    level: Level = Level.ERROR


class Checked(Strict):
    """Answer to `check`."""

    problems: tuple[WireProblem, ...] = ()

    def all(self) -> list[Problem]:
        """Return them as connectors carry them."""
        return [Problem(part.code, part.where, part.message, part.level) for part in self.problems]


def parse(model: type[Answer], body: bytes) -> Answer:
    """Return a whole answer as its type; raises `PermanentFailure(bad_answer)`."""
    try:
        return model.model_validate_json(body)
    except ValidationError:
        alone(PermanentFailure(Code.BAD_ANSWER))


def refuse(code: object) -> NoReturn:
    """Raise `Refused` with the service's reason if it is one we know: free text might name somebody."""
    known = {str(reason): reason for reason in RefusalCode}
    raise Refused(known.get(str(code), RefusalCode.OTHER))


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream into lines, each with its line feed; raises where one is too long or the last is cut off."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > LONGEST_LINE:
            raise PermanentFailure(Code.TOO_LARGE)
    if rest:
        raise TemporaryFailure(Code.INTERRUPTED)


class Stream(Generic[Item]):
    """Turns the lines of one streamed answer into what they carry, and keeps count of what came."""

    def __init__(self) -> None:
        self.end: dict[str, Any] | None = None

    def read(self, line: bytes) -> Item | None:
        """Return what one line carries; None at the end, which is then in `end`."""
        kind, value = self._entry(line)
        if kind == "end":
            if not isinstance(value, dict):
                raise PermanentFailure(Code.BAD_ANSWER)
            self.end = value
            return None
        if kind == "refused":
            refuse(value.get("code") if isinstance(value, dict) else None)
        if kind == "failed":
            raise TemporaryFailure(Code.SYSTEM_ERROR, retry_after=_seconds(value))
        return self.item(kind, value)

    def item(self, kind: str, value: Any) -> Item:
        """Return what a line of this kind carries; raises `PermanentFailure(bad_answer)`."""
        raise NotImplementedError

    def complete(self) -> bool:
        """Tell whether the end promises exactly what came."""
        raise NotImplementedError

    def _entry(self, line: bytes) -> tuple[str, Any]:
        try:
            entry = json.loads(line, parse_constant=_no_constant)
            if b"\\u" in line:
                # Half a surrogate pair is valid JSON and no text: nobody could write it down again.
                json.dumps(entry, ensure_ascii=False).encode()
            [(kind, value)] = entry.items()
        except (ValueError, AttributeError, RecursionError):
            alone(PermanentFailure(Code.BAD_ANSWER))
        if self.end is not None:
            raise PermanentFailure(Code.BAD_ANSWER)
        return kind, value


class Reader(Stream[Piece]):
    """Reads the answer to `collect`."""

    def __init__(self, described: Iterable[Dataset]) -> None:
        super().__init__()
        self._datasets = {dataset.name: dataset for dataset in described}
        self._in_file = False
        self.rows = 0
        self.files = 0

    def item(self, kind: str, value: Any) -> Piece:
        """Return a row, the start of a file or a part of one."""
        if kind == "row":
            return self._row(value)
        if kind == "file":
            return self._file(value)
        if kind == "chunk":
            return self._chunk(value)
        raise PermanentFailure(Code.BAD_ANSWER)

    def complete(self) -> bool:
        """Tell whether the end promises exactly what came."""
        return self.end is not None and self.end.get("rows") == self.rows and self.end.get("files") == self.files

    def _row(self, value: Any) -> Row:
        self._in_file = False
        match value:
            case {"dataset": str(name), "data": dict(data)} if len(value) == 2 and name in self._datasets:
                self.rows += 1
                return Row(name, data)
        raise PermanentFailure(Code.BAD_ANSWER)

    def _file(self, value: Any) -> FileStart:
        match value:
            case {"dataset": str(dataset), "name": str(name), "media_type": str(media_type)} if (
                dataset in self._datasets and 0 < len(name) <= 255 and len(media_type) <= 127
            ):
                self._in_file = True
                self.files += 1
                return FileStart(dataset, name, media_type, self._datasets[dataset].category)
        raise PermanentFailure(Code.BAD_ANSWER)

    def _chunk(self, value: Any) -> FileChunk:
        if self._in_file and isinstance(value, str):
            try:
                return FileChunk(base64.b64decode(value, validate=True))
            except (binascii.Error, ValueError):
                alone(PermanentFailure(Code.BAD_ANSWER))
        raise PermanentFailure(Code.BAD_ANSWER)


class Roster(Stream[str]):
    """Reads the answer to `roster`."""

    def __init__(self) -> None:
        super().__init__()
        self.values = 0

    def item(self, kind: str, value: Any) -> str:
        """Return one value."""
        if kind != "value" or not isinstance(value, str) or not 0 < len(value) <= LONGEST_VALUE:
            raise PermanentFailure(Code.BAD_ANSWER)
        self.values += 1
        return value

    def complete(self) -> bool:
        """Tell whether the end promises exactly what came."""
        return self.end is not None and self.end.get("values") == self.values


def _no_constant(name: str) -> NoReturn:
    raise ValueError


def _seconds(value: Any) -> float | None:
    seconds = value.get("retry_after") if isinstance(value, dict) else None
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 <= seconds <= DAY_SECONDS:
        return float(seconds)
    return None
