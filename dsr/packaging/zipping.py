"""Writes a ZIP archive to something that cannot seek, in constant memory and byte for byte repeatable.

The standard library's writer takes the clock's time and one level for a whole archive. Here every member carries the
same given instant, is hashed on its way in, and is deflated at a level that its first bytes suggest: media that are
compressed already pass through nearly untouched (deflate's stored blocks, which unlike stored members can be read
from a stream). Format: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5, with data descriptors and ZIP64 where needed.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from isal import isal_zlib

_SAMPLE = 64 * 1024
_POOR = 0.9
_FLAGS = 0x0808  # sizes follow the data; names are UTF-8
_DEFLATE = 8
_UNIX = 3 << 8
_FILE_MODE = 0o100644 << 16
_LIMIT = 0xFFFFFFFF
_LARGE = 1 << 31


class Output(Protocol):
    """Where bytes go: anything with a `write`."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A member that has been written; size and digest are those of its contents."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """What an archive says about a member, beside its contents. `large` members have sizes of eight bytes."""

    path: str
    crc: int
    packed: int
    size: int
    offset: int
    large: bool

    @property
    def name(self) -> bytes:
        """The path as it is stored."""
        return self.path.encode()


class ZipStream:
    """An archive being written. `made_at` is stamped on every member; `entries` tells what has been written."""

    def __init__(self, out: Output, made_at: datetime) -> None:
        self._out, self._offset = out, 0
        self._stamp = stamp(made_at)
        self._records: list[Record] = []
        self.entries: list[Entry] = []

    @contextmanager
    def member(self, path: str, *, at_most: int = 0) -> "Iterator[Member]":
        """A member to write into. `at_most` is a bound on its size; needed from 2 GiB on."""
        offset, large = self._offset, at_most >= _LARGE
        self.put(local_header(path, self._stamp, large=large))
        member = Member(self)
        yield member
        member.finish()
        if not large and max(member.size, member.packed) > _LIMIT:
            raise ValueError("a member grew past 4 GiB without having been announced")
        record = Record(path, member.crc, member.packed, member.size, offset, large)
        self.put(descriptor(record))
        self._records.append(record)
        self.entries.append(Entry(path, member.size, member.sha256))

    def add(self, path: str, data: bytes) -> None:
        """A whole member at once."""
        with self.member(path, at_most=len(data)) as member:
            member.write(data)

    def finish(self) -> None:
        """Writes the central directory."""
        self.put(directory(self._records, self._offset, self._stamp))

    def put(self, data: bytes) -> None:
        """Bytes of the archive itself."""
        self._out.write(data)
        self._offset += len(data)


class Member:
    """One member being written."""

    def __init__(self, archive: ZipStream) -> None:
        self._put = archive.put
        self._digest = hashlib.sha256()
        self._early: bytearray | None = bytearray()
        self.size = self.packed = self.crc = 0

    @property
    def sha256(self) -> str:
        """The digest in hex of what was written so far."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Appends bytes to the member."""
        self.size += len(data)
        if self._early is None:
            self._deflate(data)
            return
        self._early += data
        if len(self._early) >= _SAMPLE:
            self._begin()

    def finish(self) -> None:
        """Flushes what the compressor holds back."""
        if self._early is not None:
            self._begin()
        self._pack(self._compressor.flush())

    def _begin(self) -> None:
        early, self._early = bytes(self._early or b""), None
        sample = early[:_SAMPLE]
        # A short member is compressed at once; a long one whose beginning hardly shrinks is not worth the time.
        poor = len(sample) == _SAMPLE and len(isal_zlib.compress(sample, 1)) > _POOR * _SAMPLE
        raw = (zlib.DEFLATED, -zlib.MAX_WBITS)
        self._compressor = zlib.compressobj(0, *raw) if poor else isal_zlib.compressobj(1, *raw)
        self._deflate(early)

    def _deflate(self, data: bytes) -> None:
        self._digest.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self._pack(self._compressor.compress(data))

    def _pack(self, packed: bytes) -> None:
        if packed:
            self.packed += len(packed)
            self._put(packed)


def local_header(path: str, at: tuple[int, int], *, large: bool) -> bytes:
    """What stands before a member's contents."""
    name, size = path.encode(), _LIMIT if large else 0
    extra = struct.pack("<HHQQ", 1, 16, 0, 0) if large else b""
    head = (45 if large else 20, _FLAGS, _DEFLATE, *at, 0, size, size, len(name), len(extra))
    return struct.pack("<4s5H3L2H", b"PK\x03\x04", *head) + name + extra


def descriptor(record: Record) -> bytes:
    """What stands behind a member's contents."""
    layout = "<4sLQQ" if record.large else "<4s3L"
    return struct.pack(layout, b"PK\x07\x08", record.crc, record.packed, record.size)


def directory(records: Sequence[Record], start: int, at: tuple[int, int]) -> bytes:
    """What stands at the end of an archive whose last member ends at `start`."""
    listed = b"".join(_listed(record, at) for record in records)
    size, count = len(listed), len(records)
    wide = b""
    if start > _LIMIT or size > _LIMIT or count > 0xFFFE:
        tail = (44, _UNIX | 45, 45, 0, 0, count, count, size, start)
        wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", *tail)
        wide += struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1)
        start, size, count = _LIMIT, _LIMIT, 0xFFFF
    return listed + wide + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, start, 0)


def _listed(record: Record, at: tuple[int, int]) -> bytes:
    wide = [record.size, record.packed] if record.large else []
    far = record.offset > _LIMIT
    wide += [record.offset] if far else []
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = 45 if wide else 20
    sizes = (_LIMIT, _LIMIT) if record.large else (record.packed, record.size)
    return (
        struct.pack("<4s6H3L", b"PK\x01\x02", _UNIX | version, version, _FLAGS, _DEFLATE, *at, record.crc, *sizes)
        + struct.pack("<5H2L", len(record.name), len(extra), 0, 0, 0, _FILE_MODE, _LIMIT if far else record.offset)
        + record.name
        + extra
    )


def stamp(at: datetime) -> tuple[int, int]:
    """Time and date as ZIP stores them: in UTC, to two seconds, from 1980 on."""
    at = at.astimezone(UTC)
    if not 1980 <= at.year <= 2107:
        raise ValueError("a ZIP archive can only carry years from 1980 to 2107")
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day
