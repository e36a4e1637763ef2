"""Hunts for bytes that should be gone: every cell of the database, a dump of it, every file, every temporary folder.

It is given the keys that are left, and tries them on everything: what can still be read with them is not gone.
"""

import base64
import io
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from PIL import Image, UnidentifiedImageError

from dsr.packaging.vault import Broken
from dsr.services.storage import vault
from notifications.models import DataKey

PLACES = ("evidence/", "packages/", "parcels/", "worksheets/")
_PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff")


class Hunt:
    """Looks everywhere for some marks; ``since`` holds the temporary files that were there before."""

    def __init__(self, folder: Path, marks: Iterable[bytes]) -> None:
        self.folder, self.marks = folder, tuple(marks)
        self.since = set(_temporary())

    def finds(self) -> dict[str, set[bytes]]:
        """Return where which marks are, by place."""
        found: dict[str, set[bytes]] = {}
        for place, data in self._everything():
            if hit := self._in(data):
                found.setdefault(place, set()).update(hit)
        return found

    def _everything(self) -> Iterator[tuple[str, bytes]]:
        for table, column, value in cells():
            yield f"cell {table}.{column}", _bytes(value)
        for line in dump():
            yield "dump", line
        for path in _files(self.folder):
            yield "name of a file", str(path.relative_to(self.folder)).encode()
            yield "file", path.read_bytes()
        for path in kept_by_the_service():
            yield "file of the service", path.read_bytes()
        for name in (name for place in PLACES for name in vault().list_prefix(place)):
            yield "name in the vault", name.encode()
            for data in _opened(name):
                yield "vault, opened with a key that is left", data
        for path in set(_temporary()) - self.since:
            yield f"temporary file {path.name}", path.read_bytes()

    def _in(self, data: bytes) -> set[bytes]:
        return {mark for mark in self.marks for shown in revealed(data) for guise in _guises(mark) if guise in shown}


def cells() -> Iterator[tuple[str, str, Any]]:
    """Every value of every column of every table, asked of the database itself."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    if value is not None:
                        yield table, column, value


def dump() -> Iterator[bytes]:
    """What a backup of the database holds, made as its own tools make it."""
    connection.ensure_connection()
    assert connection.connection is not None
    if connection.vendor == "sqlite":
        for line in connection.connection.iterdump():
            yield line.encode()
        return
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            with cursor.cursor.copy(f'COPY "{table}" TO STDOUT') as copied:
                yield from (bytes(piece) for piece in copied)


def kept_by_the_service() -> Iterator[Path]:
    """What else the service keeps in files, such as its cache. The database's own file is asked as a database."""
    for path in _files(Path(settings.DATA_DIR)):
        if "sqlite3" not in path.name:
            yield path


def revealed(data: bytes) -> Iterator[bytes]:
    """Yield bytes as they are, unpacked wherever something packed begins, and as pixels where a picture begins."""
    yield data
    for head in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"):
        at = -1
        while (at := data.find(head, at + 1)) >= 0:
            try:
                yield zlib.decompressobj().decompress(data[at:], 1 << 22)
            except zlib.error:
                continue
    for head in _PICTURES:
        if (at := data.find(head)) >= 0:
            try:
                with Image.open(io.BytesIO(data[at:])) as picture:
                    yield picture.convert("RGB").tobytes()
            except (UnidentifiedImageError, OSError, SyntaxError):
                continue


def _opened(name: str) -> Iterator[bytes]:
    for row in DataKey.objects.filter(wrapped__isnull=False):
        try:
            with vault().reader(name, row.key_bytes()) as pieces:
                yield b"".join(pieces)
        except Broken:
            continue


def _guises(mark: bytes) -> Iterator[bytes]:
    """Yield a mark as it looks plain, in hexadecimal, and in base64 wherever it begins."""
    yield mark
    yield mark.hex().encode()
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + mark)
        yield coded[4 if shift else 0 : len(coded) - 4]


def _bytes(value: Any) -> bytes:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    return str(value).encode()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _temporary() -> Iterator[Path]:
    """Files in the folders where Django, Python and others put what they do not keep."""
    for folder in {Path(settings.FILE_UPLOAD_TEMP_DIR), Path(tempfile.gettempdir())}:
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if path.is_file())
