"""Keeps packages, parcels and evidence sealed, whatever the place they lie in.

An object is a header and a row of chunks, each sealed on its own with AES-256-GCM, so that any range can be read
without opening the rest, in constant memory both ways:

    header  "RVLT", version 1, chunk size as a power of two, two zero bytes, 32 random bytes (the object's id)
    chunk   ciphertext of up to 2**n bytes, then the 16-byte tag

The key of an object is HKDF-SHA256 of the caller's key with the object's id as salt, so no two objects ever share
a key and nonces may simply count: three zero bytes, the chunk's number in eight bytes, one byte that is 1 on the
last chunk and 0 before (the STREAM construction: chunks cannot be dropped, added, repeated or moved). The header and
the name are authenticated with every chunk: an object put under another name does not open.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured

from dsr.packaging.stores import FolderStore, Missing, Store, Upload

__all__ = ["Broken", "Missing", "Reading", "Vault", "Writing", "open_vault"]

_MAGIC = b"RVLT\x01"
_ID_SIZE = 32
_HEADER_SIZE = len(_MAGIC) + 3 + _ID_SIZE
_TAG_SIZE = 16
_KEY_SIZE = 32
_CHUNK_BITS = 18
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}(/[a-z0-9][a-z0-9_-]{0,79}){0,7}")


class Broken(ValueError):
    """What is stored is not what was written: damaged, cut short, moved, or sealed with another key."""


@dataclass(frozen=True, slots=True)
class _Seal:
    """The key and the fixed inputs of one object."""

    cipher: AESGCM
    bound: bytes

    @classmethod
    def of(cls, name: str, key: bytes, header: bytes) -> Self:
        if len(key) != _KEY_SIZE:
            raise ValueError("a vault key has 32 bytes")
        salt = header[-_ID_SIZE:]
        derived = HKDF(SHA256(), _KEY_SIZE, salt=salt, info=b"recourse/vault/1").derive(key)
        return cls(AESGCM(derived), header + name.encode())

    def close(self, number: int, chunk: bytes | memoryview, *, last: bool) -> bytes:
        return self.cipher.encrypt(_nonce(number, last=last), chunk, self.bound)

    def open(self, number: int, chunk: bytes, *, last: bool) -> bytes:
        try:
            return self.cipher.decrypt(_nonce(number, last=last), chunk, self.bound)
        except InvalidTag:
            raise Broken("a chunk does not open: damaged, cut short, moved, or sealed with another key") from None


def _nonce(number: int, *, last: bool) -> bytes:
    return b"\0\0\0" + number.to_bytes(8) + (b"\1" if last else b"\0")


class Writing:
    """A file-like that cannot seek. `size` and `sha256` are those of the plain bytes so far."""

    def __init__(self, upload: Upload, name: str, key: bytes, bits: int) -> None:
        header = _MAGIC + bytes((bits, 0, 0)) + secrets.token_bytes(_ID_SIZE)
        self._upload, self._seal, self._chunk_size = upload, _Seal.of(name, key, header), 1 << bits
        self._digest = hashlib.sha256()
        self._pending = bytearray()
        self._number = 0
        self.size = 0
        upload.write(header)

    @property
    def sha256(self) -> str:
        """The digest in hex of everything written so far."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        """Appends bytes; returns how many."""
        self._digest.update(data)
        self.size += len(data)
        self._pending += data
        # The last chunk carries a mark, so one full chunk stays back until it is known that more follows.
        if len(self._pending) > self._chunk_size:
            self._drain()
        return len(data)

    def flush(self) -> None:
        """Nothing to do: bytes go out by whole chunks."""

    def seekable(self) -> bool:
        """Never."""
        return False

    def finish(self) -> None:
        """Seals what is pending as the last chunk. Nothing can be written after it."""
        self._upload.write(self._seal.close(self._number, bytes(self._pending), last=True))
        self._pending.clear()

    def _drain(self) -> None:
        size, start = self._chunk_size, 0
        with memoryview(self._pending) as view:
            while len(view) - start > size:
                with view[start : start + size] as chunk:
                    self._upload.write(self._seal.close(self._number, chunk, last=False))
                self._number += 1
                start += size
        del self._pending[:start]


class Reading:
    """An iterator over the plain bytes of a range. `size` is the whole object's, whatever the range.

    The header and the last chunk are checked on opening, so a truncated object is refused before a byte of it goes
    out, even when the range asked for would not have touched the end.
    """

    def __init__(self, store: Store, name: str, key: bytes, start: int, end: int | None) -> None:
        self._blob = store.open(name)
        try:
            header = self._blob.read(0, _HEADER_SIZE)
            self._chunk_size = _chunk_size(header)
            self._seal = _Seal.of(name, key, header)
            sealed = self._chunk_size + _TAG_SIZE
            body = self._blob.size - _HEADER_SIZE
            self._count = max(1, -(-body // sealed))
            self.size = body - self._count * _TAG_SIZE
            if self.size < 0:
                raise Broken("the object is cut short")
            self._cached = (-1, b"")
            self._chunk(self._count - 1)
        except BaseException:
            self.close()
            raise
        self.start = min(max(start, 0), self.size)
        self.end = self.size if end is None else min(max(end, self.start), self.size)
        self._position = self.start

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._position >= self.end:
            self.close()
            raise StopIteration
        number, skipped = divmod(self._position, self._chunk_size)
        wanted = self._chunk(number)[skipped : skipped + self.end - self._position]
        self._position += len(wanted)
        return wanted

    def at(self, offset: int, length: int) -> bytes:
        """The plain bytes of one range, all at once; for small pieces."""
        parts, stop = [], min(offset + length, self.size)
        while offset < stop:
            number, skipped = divmod(offset, self._chunk_size)
            part = self._chunk(number)[skipped : skipped + stop - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Lets go of the object."""
        self._blob.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _chunk(self, number: int) -> bytes:
        # Small objects are one chunk, and small pieces of large ones lie side by side.
        if self._cached[0] != number:
            sealed = self._chunk_size + _TAG_SIZE
            stored = self._blob.read(_HEADER_SIZE + number * sealed, sealed)
            self._cached = (number, self._seal.open(number, stored, last=number == self._count - 1))
        return self._cached[1]


def _chunk_size(header: bytes) -> int:
    """The chunk size that a header names. Raises `Broken` on anything we did not write."""
    bits = header[len(_MAGIC)] if len(header) == _HEADER_SIZE else 0
    if header[: len(_MAGIC)] != _MAGIC or not 10 <= bits <= 24 or header[len(_MAGIC) + 1 : -_ID_SIZE] != b"\0\0":
        raise Broken("this is not a sealed object of a version we know")
    return 1 << bits


class Vault:
    """Sealed objects by name. Names are opaque: lower-case words, digits, `-`, `_`, levels parted by `/`."""

    def __init__(self, store: Store, *, chunk_bits: int = _CHUNK_BITS) -> None:
        self._store, self._chunk_bits = store, chunk_bits

    @contextmanager
    def writer(self, name: str, key: bytes) -> Iterator[Writing]:
        """A file-like for a new object, published whole when the block ends well and forgotten when it raises.

        `key` has 32 bytes. An object of the same name is replaced in one step.
        """
        _check_name(name)
        upload = self._store.upload(name)
        try:
            writing = Writing(upload, name, key, self._chunk_bits)
            yield writing
            writing.finish()
            upload.publish()
        except BaseException:
            upload.abandon()
            raise

    def reader(self, name: str, key: bytes, start: int = 0, end: int | None = None) -> Reading:
        """The plain bytes from `start` up to and without `end`. Raises `Missing` or `Broken` before the first byte."""
        _check_name(name)
        return Reading(self._store, name, key, start, end)

    def delete(self, name: str) -> bool:
        """Removes an object; false when it was already gone, which is no error."""
        _check_name(name)
        return self._store.delete(name)

    def list_prefix(self, prefix: str) -> Iterator[str]:
        """Every name that starts with `prefix`, in order. The prefix ends at a level: `packages/`."""
        if not prefix.endswith("/"):
            raise ValueError("a prefix ends with a slash")
        _check_name(prefix[:-1])
        return self._store.names(prefix)

    def sweep(self, before: datetime) -> int:
        """Removes what crashed writers left before that instant; returns how many."""
        return self._store.sweep(before)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError("a vault name is made of lower-case letters, digits, - and _, in levels parted by /")


@lru_cache(maxsize=8)
def open_vault(url: str) -> Vault:
    """The vault at STORAGE_URL: `file:///folder` or `s3://bucket/prefix`. Raises ImproperlyConfigured with the fix."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return Vault(FolderStore(Path(unquote(parts.path))))
    if parts.scheme == "s3" and parts.netloc:
        return Vault(_bucket(parts))
    raise ImproperlyConfigured(
        f"STORAGE_URL: saw {parts.scheme + '://' if parts.scheme else 'no scheme'}. "
        "Fix: name a folder with three slashes, for example STORAGE_URL=file:///var/lib/recourse/vault, "
        "or a bucket, for example STORAGE_URL=s3://recourse-packages/production?region=eu-west-1"
    )


def _bucket(parts: SplitResult) -> Store:
    try:
        from dsr.packaging.s3store import BucketStore
    except ModuleNotFoundError:
        raise ImproperlyConfigured(
            "STORAGE_URL: s3:// needs boto3, which is not installed. "
            "Fix: install the extra `s3` (pip install boto3), or name a folder such as file:///var/lib/recourse/vault"
        ) from None
    options = dict(parse_qsl(parts.query))
    if unknown := sorted(set(options) - {"region", "endpoint"}):
        raise ImproperlyConfigured(
            f"STORAGE_URL: saw the option {unknown[0]!r}. Fix: s3:// takes region and endpoint, and credentials "
            "come from the environment or the machine's role, never from the address"
        )
    prefix = unquote(parts.path).strip("/")
    return BucketStore(parts.netloc, prefix, region=options.get("region"), endpoint=options.get("endpoint"))
