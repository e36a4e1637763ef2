"""Takes what was marked out of a file, where a program can read it; says so where it cannot.

Texts are changed in place. Of a PDF file the pages are drawn as pictures with boxes burnt in and written anew, so that
nothing stays beneath: no text layer, no notes, no attachments, no metadata. Pictures, archives, scans and what is too
broken to be read are for people to look at.
"""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from dsr.packaging.redacting.finding import Finder

_TEXTS: Final = re.compile(
    r"text/.*|application/(json|.*\+json|xml|.*\+xml|csv|x-ndjson|yaml|x-yaml)|message/.*|image/svg\+xml"
)
_TEXT_NAMES: Final = re.compile(
    r"\.(txt|csv|tsv|log|md|json|ndjson|xml|html?|eml|vcf|ics|ya?ml|svg|ini|sql)$", re.IGNORECASE
)
_PDF: Final = "application/pdf"
_PROGRAM: Final = Path(__file__).with_name("drawing.py")
_PATIENCE: Final = 180
"""Seconds, by the clock on the wall."""
_PACKED: Final = re.compile(rb"(?:[A-Za-z0-9+/]{40,}\r?\n?){5,}")


class Treatment(StrEnum):
    """What was done with a file."""

    SAME = "same"
    """Read to the end, and nothing that was marked is in it."""
    CHANGED = "changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Treated:
    """A file as it may go."""

    treatment: Treatment
    data: bytes = b""
    media_type: str = ""
    marks: tuple[str, ...] = ()


_UNREADABLE: Final = Treated(Treatment.UNREADABLE)


def treat(data: bytes, name: str, media_type: str, finder: Finder) -> Treated:
    """Return what may go of a file. Its own beginning says what it is, and its label only where that says nothing."""
    if data.startswith(b"%PDF-") or media_type == _PDF:
        return _pdf(data, finder)
    if (text := text_of(data, name, media_type)) is None:
        return _UNREADABLE
    black, marks = finder.blacken(text)
    if not marks:
        return Treated(Treatment.SAME, data, media_type)
    return Treated(Treatment.CHANGED, black.encode("utf-8", "replace"), media_type, tuple(marks))


def text_of(data: bytes, name: str, media_type: str) -> str | None:
    """Return a file as text; None where it is none, or holds more than a program can read."""
    kind = media_type.partition(";")[0].strip().lower()
    if not (_TEXTS.fullmatch(kind) or _TEXT_NAMES.search(name)):
        return None
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        unseen = sum(not char.isprintable() and char not in "\r\n\t\f\ufeff\u00ad\u200b" for char in text[:4096])
        if unseen * 50 > len(text[:4096]) or _holds_files(data):
            return None
        return text
    return None


def _encodings(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
        return
    yield from ("utf-8-sig", "cp1252")


def _holds_files(data: bytes) -> bool:
    """Whether something is packed into it that is no text, such as a picture in a mail."""
    for run in _PACKED.finditer(data):
        packed = re.sub(rb"\s", b"", run[0])
        unpacked = base64.b64decode(packed[: len(packed) // 4 * 4])
        try:
            unpacked[: len(unpacked) - 4].decode()
        except UnicodeDecodeError:
            return True
    return False


# --- PDF -------------------------------------------------------------------------------------------------------------


def _pdf(data: bytes, finder: Finder) -> Treated:
    """Draw a PDF file anew, even where nothing was found: what a program reads of it is not all that it can hold."""
    if (said := _run(b"read", data)) is None:
        return _UNREADABLE
    found = json.loads(said)
    if not found["readable"]:
        return _UNREADABLE
    hits = [finder.hits(text) for text in found["pages"]]
    covered = [[[hit.start, hit.end] for hit in page] for page in hits]
    drawn = _run(b"draw " + json.dumps(covered).encode(), data)
    if drawn is None:
        return _UNREADABLE
    marks = [hit.mark for page in hits for hit in page]
    marks += [hit.mark for text in found["beside"] for hit in finder.hits(text)]
    return Treated(Treatment.CHANGED if marks else Treatment.SAME, drawn, _PDF, tuple(marks))


def pdf_texts(data: bytes) -> list[str]:
    """Return everything that a program can read in a PDF file. Raises ValueError where none can."""
    if (said := _run(b"read", data)) is None:
        raise ValueError("no program can read this PDF file")
    found = json.loads(said)
    return [*found["pages"], *found["beside"]]


def _run(what: bytes, data: bytes) -> bytes | None:
    """Have a PDF file read or drawn without our keys in the surroundings; None where that does not work out."""
    kept = {name: value for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if (value := os.environ.get(name))}
    try:
        done = subprocess.run(  # noqa: S603 - our own file; what was found goes in as bytes
            [sys.executable, "-I", str(_PROGRAM)],
            input=what + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None
