"""Reads a finished package as a stranger would, and looks for what was taken out of it."""

import csv
import io
import json
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import IO, Any, Final, cast

from dsr.packaging.redacting.documents import pdf_texts
from dsr.packaging.redacting.finding import STOPS, Finder
from dsr.packaging.redacting.folding import HARD, SOFT

_INLINE: Final = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "code",
        "em",
        "i",
        "mark",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "wbr",
    }
)
_CELLS: Final = frozenset({"td"})
_OWN_PAGES: Final = frozenset({"tags"})
"""What is not taken off pages of ours as plain text: it would run one cell into the next. They are read as pages."""
_LONGEST: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Leak:
    """Where something still stands that was taken out. ``place`` is safe to show: the value is not in it."""

    place: str
    what: str
    """``name``, ``contents`` or ``unreadable``."""


def leaks(package: IO[bytes] | io.RawIOBase, finder: Finder, *, passed: Collection[str] = ()) -> Iterator[Leak]:
    """Yield every member of a package in which something stands that was taken out.

    ``passed`` are names of files whose contents two people looked at instead.
    """
    with zipfile.ZipFile(cast("IO[bytes]", package)) as archive:
        for info in archive.infolist():
            place = finder.blacken(info.filename)[0]
            if finder.found(info.filename, stops="/"):
                yield Leak(place, "name")
            if info.filename.rsplit("/", 1)[-1] in passed and info.filename.startswith("files/"):
                continue
            data = archive.read(info)
            try:
                if any(finder.found(text, stops=stops, without=without) for text, stops, without in _read(info, data)):
                    yield Leak(place, "contents")
            except ValueError:
                yield Leak(place, "unreadable")


_Reading = tuple[str, str, frozenset[str]]


def _read(info: zipfile.ZipInfo, data: bytes) -> Iterator[_Reading]:
    """Yield the texts of a member, each with what parts one value from the next in it. Raises ValueError."""
    name, ours = info.filename, not info.filename.startswith("files/")
    if data.startswith(b"%PDF-"):
        yield from ((text, "", frozenset()) for text in pdf_texts(data))
        yield data.decode("latin-1"), STOPS, frozenset()
        return
    text = data.decode("utf-8-sig")
    if ours and name.endswith(".json"):
        yield from ((each, "", frozenset()) for each in _of_json(json.loads(text)))
    elif ours and name.endswith(".csv"):
        rows = csv.reader(io.StringIO(text, newline=""))
        yield from ((SOFT.join(row), STOPS, frozenset()) for row in rows)
        yield from ((cell, "", frozenset()) for row in csv.reader(io.StringIO(text, newline="")) for cell in row)
    elif ours and name.endswith(".html"):
        reader = _Page()
        reader.feed(text)
        reader.close()
        yield from ((each, STOPS, frozenset()) for each in reader.texts())
    elif not ours:
        yield text, "", frozenset()
    for part in _parts(text):
        yield part, STOPS, _OWN_PAGES if ours else frozenset()


def _parts(text: str) -> Iterator[str]:
    """A long text line by line, as nothing of ours reaches from one into the next."""
    if len(text) <= _LONGEST:
        yield text.replace("\n", HARD)
    else:
        yield from text.split("\n")


def _of_json(value: Any) -> Iterator[str]:
    """Each record as one text with its keys and one without; anything else leaf by leaf."""
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        for record in value:
            yield SOFT.join(_leaves(record, keys=True))
            yield SOFT.join(_leaves(record, keys=False))
    else:
        yield from _leaves(value, keys=True)


def _leaves(value: Any, *, keys: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if keys:
                yield key
            yield from _leaves(each, keys=keys)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, keys=keys)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


class _Page(HTMLParser):
    """A page as it is read: cells of a row side by side, everything else by itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._beside: list[str] = []

    def texts(self) -> Iterator[str]:
        """Everything that stands on the page, then everything that stands in its source."""
        yield from "".join(self._parts).split(HARD)
        yield from self._beside

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._beside += [value for _, value in attrs if value]
        self._edge(tag)

    def handle_endtag(self, tag: str) -> None:
        self._edge(tag)

    def handle_data(self, data: str) -> None:
        self._parts.append(data)

    def handle_comment(self, data: str) -> None:
        self._beside.append(data)

    def _edge(self, tag: str) -> None:
        if tag not in _INLINE:
            self._parts.append(SOFT if tag in _CELLS else HARD)
