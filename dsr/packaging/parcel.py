"""What one search of one system brought, spooled into one sealed object: read back by data set, as often as needed.

Pieces arrive in any order and may be more than memory holds. Rows become lines of JSON, gathered per data set into
blocks; files are written through as they come. Behind them lies an index that says where each block and each file is
and repeats the system's data dictionary as it was on that day:

    blocks and files | index as JSON | its length in eight bytes | "RPCL", version 1

The object appears whole or not at all, so a search that died halfway left nothing, and one that is run again
replaces what it found before.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Self

from dsr.connectors.base import (
    Code,
    Dataset,
    Field,
    FieldType,
    FileChunk,
    FileStart,
    Json,
    Located,
    PermanentFailure,
    Piece,
    Row,
    WithheldField,
)
from dsr.packaging.text import json_line
from dsr.packaging.vault import Broken, Reading, Vault, Writing

_MAGIC = b"RPCL\x01"
_BLOCK = 256 * 1024
_PENDING = 8 * 1024 * 1024

_JSON_TYPES: dict[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one search of one system may bring before it is stopped."""

    rows: int = 5_000_000
    files: int = 50_000
    bytes: int = 20 * 1024**3
    """Rows and files together, before sealing."""
    row_bytes: int = 8 * 1024**2


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class ParcelInfo:
    """What was written, in numbers: nothing in it is personal."""

    name: str
    size: int
    sha256: str
    rows: int
    files: int
    datasets: dict[str, int]
    """Data set to number of records and files; those that hold something."""
    counts: dict[str, int]
    """Data category to number of records and files that carry something of it."""


@dataclass(slots=True)
class _Spool:
    """One data set on its way in."""

    dataset: Dataset
    rows: int = 0
    written: int = 0
    pending: list[bytes] = field(default_factory=list)
    waiting: int = 0
    blocks: list[tuple[int, int]] = field(default_factory=list)
    seen: set[tuple[str, type]] = field(default_factory=set)
    """Each field with each type of value that occurred in it."""


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file in a parcel."""

    dataset: str
    name: str
    media_type: str
    category: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class HeldRows:
    """One data set's rows in a parcel."""

    dataset: Dataset
    rows: int
    bytes: int
    blocks: tuple[tuple[int, int], ...]
    types: dict[str, frozenset[str]]
    """Field to the JSON types of the values that occurred, in order of declaration, undeclared ones last."""


def write(
    pieces: Iterable[Piece],
    vault: Vault,
    name: str,
    key: bytes,
    *,
    datasets: Sequence[Dataset],
    limits: Limits = DEFAULT_LIMITS,
) -> ParcelInfo:
    """Spools everything a connector yields into the object `name`, and counts it.

    Raises what the iterator raises, and `PermanentFailure` for too much (`too_many_rows`, `too_large`) and for pieces
    that break the connector's own promise (`bad_answer`: a data set it did not describe, a value JSON cannot hold, a
    chunk without a file). In each case nothing is stored.
    """
    with vault.writer(name, key) as out:
        spooler = _Spooler(out, datasets, limits)
        for piece in pieces:
            spooler.add(piece)
        spooler.finish()
    rows = {spool.dataset.name: spool.rows for spool in spooler.spools.values()}
    counts = Located.of(rows, datasets).counts
    for file in spooler.files:
        rows[file.dataset] += 1
        counts[file.category] = counts.get(file.category, 0) + 1
    return ParcelInfo(
        name=name,
        size=out.size,
        sha256=out.sha256,
        rows=spooler.rows,
        files=len(spooler.files),
        datasets={dataset: number for dataset, number in rows.items() if number},
        counts=counts,
    )


class _Spooler:
    """Sorts pieces into blocks while they pass."""

    def __init__(self, out: Writing, datasets: Sequence[Dataset], limits: Limits) -> None:
        self._out, self._limits = out, limits
        self.spools = {dataset.name: _Spool(dataset) for dataset in datasets}
        self.files: list[HeldFile] = []
        self.rows = 0
        self._waiting = 0
        self._open: tuple[FileStart, int] | None = None

    def add(self, piece: Piece) -> None:
        """Takes one piece."""
        if isinstance(piece, Row):
            self._end_file()
            self._add_row(piece)
        elif isinstance(piece, FileChunk):
            if self._open is None:
                raise PermanentFailure(Code.BAD_ANSWER, "file")
            self._out.write(piece.data)
        else:
            self._end_file()
            self._spool(piece.dataset)
            self._open = (piece, self._out.size)
        if self._out.size + self._waiting > self._limits.bytes:
            raise PermanentFailure(Code.TOO_LARGE)

    def finish(self) -> None:
        """Writes what is waiting, and the index."""
        self._end_file()
        for spool in self.spools.values():
            self._write_block(spool)
        index: Any = {
            "datasets": [_described(spool) for spool in self.spools.values()],
            "files": [asdict(file) for file in self.files],
        }
        data = json_line(index)
        self._out.write(data + len(data).to_bytes(8) + _MAGIC)

    def _add_row(self, row: Row) -> None:
        spool = self._spool(row.dataset)
        try:
            line = json_line(row.data)
        except (TypeError, ValueError, RecursionError):
            raise PermanentFailure(Code.BAD_ANSWER, row.dataset) from None
        self.rows += 1
        if self.rows > self._limits.rows:
            raise PermanentFailure(Code.TOO_MANY_ROWS, row.dataset)
        if len(line) > self._limits.row_bytes:
            raise PermanentFailure(Code.TOO_LARGE, row.dataset)
        spool.seen.update(zip(row.data, map(type, row.data.values()), strict=True))
        spool.pending.append(line)
        spool.rows += 1
        spool.waiting += len(line) + 1
        self._waiting += len(line) + 1
        if spool.waiting >= _BLOCK:
            self._write_block(spool)
        elif self._waiting >= _PENDING:
            self._write_block(max(self.spools.values(), key=lambda each: each.waiting))

    def _write_block(self, spool: _Spool) -> None:
        if not spool.pending:
            return
        block = b"\n".join(spool.pending)
        spool.blocks.append((self._out.size, len(block)))
        spool.written += len(block) + 1
        self._waiting -= spool.waiting
        spool.pending, spool.waiting = [], 0
        self._out.write(block)

    def _end_file(self) -> None:
        if self._open is None:
            return
        start, offset = self._open
        self._open = None
        size = self._out.size - offset
        self.files.append(HeldFile(start.dataset, start.name, start.media_type, start.category, offset, size))
        if len(self.files) > self._limits.files:
            raise PermanentFailure(Code.TOO_LARGE, start.dataset)

    def _spool(self, dataset: str) -> _Spool:
        spool = self.spools.get(dataset)
        if spool is None:
            raise PermanentFailure(Code.BAD_ANSWER, dataset)
        return spool


def _described(spool: _Spool) -> dict[str, Any]:
    return {
        "dataset": asdict(spool.dataset),
        "rows": spool.rows,
        "bytes": spool.written,
        "blocks": spool.blocks,
        "seen": sorted([name, _JSON_TYPES[kind]] for name, kind in spool.seen),
    }


class Parcel:
    """A parcel open for reading. Close it, or use it in a `with` block."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        index = self._index()
        self.rows: tuple[HeldRows, ...] = tuple(_held(entry) for entry in index["datasets"])
        self.files: tuple[HeldFile, ...] = tuple(HeldFile(**entry) for entry in index["files"])

    def blocks(self, held: HeldRows) -> Iterator[bytes]:
        """The rows of a data set as they lie there: lines of JSON without the last line end, many to a block."""
        for offset, length in held.blocks:
            yield self._reading.at(offset, length)

    def records(self, held: HeldRows) -> Iterator[dict[str, Json]]:
        """The rows of a data set, one by one."""
        for block in self.blocks(held):
            yield from parsed(block)

    def content(self, file: HeldFile) -> Iterator[bytes]:
        """The bytes of a file."""
        offset, stop = file.offset, file.offset + file.size
        while offset < stop:
            part = self._reading.at(offset, min(_BLOCK, stop - offset))
            yield part
            offset += len(part)

    def close(self) -> None:
        """Lets go of the object."""
        self._reading.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _index(self) -> dict[str, Any]:
        size, foot = self._reading.size, 8 + len(_MAGIC)
        tail = self._reading.at(max(size - foot, 0), foot)
        length = int.from_bytes(tail[:8])
        if tail[8:] != _MAGIC or length > size - foot:
            raise Broken("this sealed object is not a parcel of a version we know")
        index: dict[str, Any] = json.loads(self._reading.at(size - foot - length, length))
        return index


def open_parcel(vault: Vault, name: str, key: bytes) -> Parcel:
    """The parcel of that name. Raises `Missing` or `Broken`."""
    reading = vault.reader(name, key)
    try:
        return Parcel(reading)
    except BaseException:
        reading.close()
        raise


def parsed(block: bytes) -> list[dict[str, Json]]:
    """The rows of one block of lines."""
    rows: list[dict[str, Json]] = json.loads(b"[" + block.replace(b"\n", b",") + b"]")
    return rows


def _held(entry: dict[str, Any]) -> HeldRows:
    described = entry["dataset"]
    dataset = Dataset(
        name=described["name"],
        title=described["title"],
        description=described["description"],
        category=described["category"],
        fields=tuple(Field(**{**each, "type": FieldType(each["type"])}) for each in described["fields"]),
        withheld=tuple(WithheldField(**each) for each in described["withheld"]),
    )
    types: dict[str, set[str]] = {each.name: set() for each in dataset.fields}
    for name, kind in entry["seen"]:
        types.setdefault(name, set()).add(kind)
    return HeldRows(
        dataset=dataset,
        rows=entry["rows"],
        bytes=entry["bytes"],
        blocks=tuple((offset, length) for offset, length in entry["blocks"]),
        types={name: frozenset(kinds) for name, kinds in types.items()},
    )
