"""What kind of file something is, by its own first bytes and not by what its sender calls it."""

from pathlib import PurePosixPath

from django.core.files.uploadedfile import UploadedFile

from dsr.connectors.manual import FileRules

LOOKED_AT = 4096
"""Bytes from the start that are enough to tell."""
_SIGNATURES: dict[str, tuple[tuple[int, bytes], ...]] = {
    "application/pdf": ((0, b"%PDF-"),),
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "audio/mpeg": ((0, b"ID3"), (0, b"\xff\xfb"), (0, b"\xff\xf3"), (0, b"\xff\xf2")),
    "audio/wav": ((8, b"WAVE"),),
    "application/zip": ((0, b"PK\x03\x04"), (0, b"PK\x05\x06")),
}
_TEXTS = frozenset({"text/plain", "text/csv", "application/json", "message/rfc822"})


def head(upload: "UploadedFile[bytes]") -> bytes:
    """Return as much of an upload as is enough to tell, and leave it at its start."""
    first: bytes = upload.read(LOOKED_AT)
    upload.seek(0)
    return first


def media_type(name: str, begins: bytes, rules: FileRules) -> str:
    """Return the type of a file if name and contents agree on one that is taken here, "" otherwise."""
    ending = PurePosixPath(name).suffix.lower()
    named = (kind for kind, endings in rules.media_types.items() if ending in endings)
    return next((kind for kind in named if _fits(kind, begins)), "")


def _fits(kind: str, head: bytes) -> bool:
    if kind in _TEXTS:
        return b"\0" not in head
    signatures = _SIGNATURES.get(kind)
    return signatures is None or any(head[at : at + len(mark)] == mark for at, mark in signatures)
