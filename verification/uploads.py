"""Takes a file from a stranger: told by its content, written anew, and never on a disk.

No sniffer catches a file that is two kinds at once, so nothing is kept as it came. A picture is drawn anew from its
pixels; a PDF file is bound anew from what its pages draw. The work is done in a process of its own, which cannot write
a file and is stopped when it takes too much.
"""

import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verification import rewriting

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
PDF: Final = rewriting.PDF
KINDS: Final = frozenset({JPEG, PNG, PDF})
"""What comes out."""
MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = rewriting.MOST_PIXELS
MOST_PAGES: Final = rewriting.MOST_PAGES
_PATIENCE: Final = 30
"""Seconds, by the clock on the wall."""


class Refusal(StrEnum):
    """Why a file is not taken. Stable: callers put their words to these."""

    EMPTY = "empty"
    TOO_LARGE = "too-large"
    WRONG_KIND = "wrong-kind"
    PHONE_PICTURE = "phone-picture"
    """HEIC, HEIF or AVIF, as telephones make them."""
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_MANY_PAGES = "too-many-pages"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    TOO_COMPLEX = "too-complex"


class NotAccepted(Exception):
    """The file is not taken. ``code`` says why; nothing of the file is in here."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True, slots=True)
class Clean:
    """A document as it was written anew: JPEG, PNG or PDF."""

    media_type: str
    data: bytes


def clean(data: bytes, *, allowed: Collection[str] = KINDS) -> Clean:
    """Return a document written anew; ``allowed`` are the media types that may come out.

    JPEG, PNG, WebP and PDF come in: at most 10 MiB, 40 megapixels, 30 pages. Raises NotAccepted.
    """
    if not data:
        raise NotAccepted(Refusal.EMPTY)
    if len(data) > MOST_BYTES:
        raise NotAccepted(Refusal.TOO_LARGE)
    written = _in_a_process_of_its_own(data)
    if written.startswith(b"! "):
        raise NotAccepted(Refusal(written[2:].decode("ascii")))
    media_type, _, rewritten = written.partition(b"\n")
    found = Clean(media_type.decode("ascii"), rewritten)
    if found.media_type not in allowed:
        raise NotAccepted(Refusal.WRONG_KIND)
    if len(found.data) > 2 * MOST_BYTES:
        raise NotAccepted(Refusal.TOO_LARGE)
    return found


def _in_a_process_of_its_own(data: bytes) -> bytes:
    """Run the rewriting without our keys in its surroundings. One that was stopped had too much to do."""
    command = [sys.executable, "-I", rewriting.__file__]
    kept = {name: value for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if (value := os.environ.get(name))}
    try:
        done = subprocess.run(  # noqa: S603 - our own file; what strangers send goes in as bytes
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotAccepted(Refusal.TOO_COMPLEX) from None
    if done.returncode != 0 or not done.stdout:
        raise NotAccepted(Refusal.TOO_COMPLEX)
    return done.stdout
