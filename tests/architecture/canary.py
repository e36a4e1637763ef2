"""A value that must stay inside: where it could get out, and how to notice that it did."""

import base64
import io
import logging
import logging.config
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar
from urllib.parse import unquote

from django.core.cache.backends.locmem import LocMemCache
from django.db import connection
from django.test import Client

from dsr import logs
from dsr.services import doorbell

STEM = "kanarienvogel"
"""In every personal value of the journey, followed by a word that says which."""
ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(str(ROOT / app) for app in ("dsr", "notifications", "verification"))


def _disguises() -> list[bytes]:
    """The value as it looks in hexadecimal and in base64, wherever in a text it begins."""
    stem = STEM.encode()
    found = [stem, stem.hex().encode(), STEM.encode("utf-16-le")]
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + stem)
        found.append(coded[4 if shift else 0 : len(coded) - 4])
    return found


DISGUISES = _disguises()


def holds(value: Any) -> bool:
    """Say whether the canary is in a value, openly or in one of its disguises."""
    if isinstance(value, memoryview):
        value = bytes(value)
    raw = value if isinstance(value, bytes) else unquote(str(value)).encode("utf-8", "replace")
    return any(disguise in raw for disguise in DISGUISES) or STEM.encode() in raw.lower()


class RecordingCache(LocMemCache):
    """A cache that tells which keys and values went in."""

    seen: ClassVar[list[Any]] = []

    def make_key(self, key: Any, version: int | None = None) -> str:
        """Every operation makes its key here."""
        self.seen.append(key)
        return super().make_key(key, version)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        """Keep a value."""
        self.seen.append(repr(value))
        super().set(key, value, *args, **kwargs)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        """Keep a value that is not there yet."""
        self.seen.append(repr(value))
        return super().add(key, value, *args, **kwargs)


class Watch:
    """Looks at every way out while something happens."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders
        self.lines = io.StringIO()
        self.bells: list[tuple[str, Sequence[str]]] = []
        self.addresses: list[str] = []
        self.exceptions: list[str] = []

    @contextmanager
    def watching(self, monkeypatch: Any, settings: Any) -> Iterator["Watch"]:
        """Record logs at DEBUG as production writes them, bells, addresses, the cache and exceptions of our code."""
        settings.CACHES = {"default": {"BACKEND": f"{__name__}.RecordingCache"}}
        RecordingCache.seen.clear()
        doorbell.install(doorbell.Wire(lambda name, ids: self.bells.append((name, ids)), lambda: None))
        self._record_addresses(monkeypatch)
        logging.config.dictConfig(logs.configuration("DEBUG"))
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logs.Handler):
                handler.setStream(self.lines)
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        try:
            yield self
        finally:
            sys.settrace(None)
            threading.settrace(None)
            logging.config.dictConfig(settings.LOGGING)
            doorbell.install(None)

    def _record_addresses(self, monkeypatch: Any) -> None:
        send = Client.request

        def recorded(client: Client, **request: Any) -> Any:
            self.addresses.append(f"{request.get('PATH_INFO')}?{request.get('QUERY_STRING')}")
            answer = send(client, **request)
            self.addresses.append(answer.headers.get("Location", ""))
            return answer

        monkeypatch.setattr(Client, "request", recorded)

    def _trace(self, frame: FrameType, event: str, _arg: Any) -> Callable[..., Any] | None:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        frame.f_trace_lines = False
        return self._in_ours

    def _in_ours(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any]:
        if event == "exception":
            kind, error, _trace = arg
            self.exceptions.append(f"{kind.__name__} in {frame.f_code.co_qualname}: {error!r} {error}")
        return self._in_ours

    # --- what got out ------------------------------------------------------------------------------------------------

    def leaks(self) -> list[str]:
        """Return every place where the canary is, as ``way out: where``."""
        return [
            *(f"log: {line}" for line in self.lines.getvalue().splitlines() if holds(line)),
            *(f"task: {name} {ids}" for name, ids in self.bells if holds(ids)),
            *(f"address: {address}" for address in self.addresses if holds(address)),
            *(f"cache: {seen}" for seen in RecordingCache.seen if holds(seen)),
            *(f"exception: {text}" for text in self.exceptions if holds(text)),
            *(f"database: {place}" for place in in_database()),
            *(f"file: {path}" for folder in self.folders for path in in_files(folder)),
        ]


def in_database() -> Iterator[str]:
    """Yield table and column of every value that holds the canary, sealed columns included."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                yield from (f"{table}.{name}" for name, value in zip(names, row, strict=True) if holds(value))


def in_files(folder: Path) -> Iterator[str]:
    """Yield every file below a folder whose name or contents hold the canary."""
    for path in folder.rglob("*"):
        if holds(path.name) or (path.is_file() and holds(path.read_bytes())):
            yield str(path.relative_to(folder))
