"""What travels between an `http` connector and a service, as types. The JSON Schema beside it says the same."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, NoReturn, TypeVar

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
from dsr.connectors.config import Slug, Strict, Words

LONGEST_LINE = 1024 * 1024
DAY_SECONDS = 86_400.0

Text = Annotated[str, Key(max_length=2000)]
Name = Annotated[str, Key(min_length=1, max_length=255)]
Answer = TypeVar("Answer", bound=Strict)


class WireField(Strict):
    """One field of a data set."""

    name: Name
    title: Words
    description: Text = ""
    category: Slug
    type: FieldType = FieldType.TEXT


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

    def dataset(self) -> Dataset:
        """Return it as connectors carry it."""
        return Dataset(
            self.name,
            self.title,
            self.description,
            self.category,
            tuple(Field(part.name, part.title, part.description, part.category, part.type) for part in self.fields),
            tuple(
                WithheldField(part.name, part.title, part.category, part.ground, part.reason) for part in self.withheld
            ),
        )


class Described(Strict):
    """Answer to `describe`."""

    datasets: Annotated[tuple[WireDataset, ...], Key(min_length=1, max_length=500)]


class LocatedAnswer(Strict):
    """Answer to `locate`."""

    outcome: Outcome | Literal["refused"]
    datasets: dict[Slug, Annotated[int, Key(ge=0)]] = {}
    code: str = ""


class Resolved(Strict):
    """Answer to `resolve`."""

    identifiers: dict[
        Slug, Annotated[tuple[Annotated[str, Key(min_length=1, max_length=1000)], ...], Key(max_length=MOST_RESOLVED)]
    ]


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


class Reader:
    """Turns the lines of one answer to `collect` into pieces, and keeps count of what came."""

    def __init__(self, described: Iterable[Dataset]) -> None:
        self._datasets = {dataset.name: dataset for dataset in described}
        self._in_file = False
        self.rows = 0
        self.files = 0
        self.end: dict[str, Any] | None = None

    def piece(self, line: bytes) -> Piece | None:
        """Return the piece of one line; None at the end, which is then in `end`."""
        kind, value = self._entry(line)
        if kind == "row":
            return self._row(value)
        if kind == "file":
            return self._file(value)
        if kind == "chunk":
            return self._chunk(value)
        if kind == "end":
            if not isinstance(value, dict):
                raise PermanentFailure(Code.BAD_ANSWER)
            self.end = value
            return None
        if kind == "refused":
            refuse(value.get("code") if isinstance(value, dict) else None)
        if kind == "failed":
            raise TemporaryFailure(Code.SYSTEM_ERROR, retry_after=_seconds(value))
        raise PermanentFailure(Code.BAD_ANSWER)

    def complete(self) -> bool:
        """Tell whether the end promises exactly what came."""
        return self.end is not None and self.end.get("rows") == self.rows and self.end.get("files") == self.files

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


def _no_constant(name: str) -> NoReturn:
    raise ValueError


def _seconds(value: Any) -> float | None:
    seconds = value.get("retry_after") if isinstance(value, dict) else None
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 <= seconds <= DAY_SECONDS:
        return float(seconds)
    return None
