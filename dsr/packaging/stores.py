"""Where sealed bytes lie: here, a folder. A store sees names and ciphertext only; sealing is the vault's business."""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

SUFFIX = ".sealed"
"""Ends the name under which an object lies, and keeps an object `a` apart from the folder of `a/b`."""


class Missing(LookupError):
    """There is nothing under this name: never written, deleted, or destroyed on schedule."""


class Upload(Protocol):
    """An object on its way in; invisible until it is published."""

    def write(self, data: bytes) -> None:
        """Appends bytes."""

    def publish(self) -> None:
        """Makes the whole object visible under its name at once, replacing an older one; durable on return."""

    def abandon(self) -> None:
        """Forgets what was written. Safe to call twice, and after a failed `publish`."""


class Blob(Protocol):
    """A stored object, open for reading."""

    size: int

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer only at the end."""

    def close(self) -> None:
        """Lets go of it."""


class Store(Protocol):
    """What the vault needs of a place."""

    def upload(self, name: str) -> Upload:
        """Starts a new object."""

    def open(self, name: str) -> Blob:
        """The object of that name. Raises `Missing`."""

    def delete(self, name: str) -> bool:
        """Removes it; false when it was already gone."""

    def names(self, prefix: str) -> Iterator[str]:
        """Every stored name that starts with `prefix`, in order."""

    def sweep(self, before: datetime) -> int:
        """Removes what crashed writers left before that instant; returns how many."""


class FolderStore:
    """A folder on a local or mounted file system, readable by this service's user alone.

    `objects/` holds what is published, `incoming/` what is being written; a rename moves from one to the other, so
    both have to lie on the same file system.
    """

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self._incoming = root / "incoming"

    def upload(self, name: str) -> "_FolderUpload":
        """Starts a new object in `incoming/`."""
        _make_folder(self._incoming)
        return _FolderUpload(self._incoming / secrets.token_hex(16), self._path(name))

    def open(self, name: str) -> "_FolderBlob":
        """The object of that name. Raises `Missing`."""
        try:
            return _FolderBlob(self._path(name))
        except FileNotFoundError:
            raise Missing(name) from None

    def delete(self, name: str) -> bool:
        """Removes it; false when it was already gone."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        _sync_folder(path.parent)
        for folder in path.parents:
            if folder == self._objects:
                break
            # An empty folder's name would outlive the person it was made for.
            with suppress(OSError):
                folder.rmdir()
        return True

    def names(self, prefix: str) -> Iterator[str]:
        """Every stored name that starts with `prefix`, in order."""
        # Only the folder that can hold such names is walked, not the whole store.
        start = self._objects / prefix.rpartition("/")[0]
        found = (path.relative_to(self._objects).as_posix() for path in start.rglob(f"*{SUFFIX}"))
        yield from sorted(name for each in found if (name := each.removesuffix(SUFFIX)).startswith(prefix))

    def sweep(self, before: datetime) -> int:
        """Removes what crashed writers left before that instant; returns how many."""
        removed = 0
        for path in self._incoming.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, name: str) -> Path:
        return self._objects / f"{name}{SUFFIX}"


class _FolderUpload:
    """A file in `incoming/`, opened by nobody else."""

    def __init__(self, path: Path, target: Path) -> None:
        self._path, self._target = path, target
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def publish(self) -> None:
        os.fsync(self._descriptor)
        self._close()
        target = self._target
        while True:
            try:
                _make_folder(target.parent)
                os.replace(self._path, target)
                break
            except FileNotFoundError:
                # A deletion next door removed the empty folder in between; the draft is still here.
                if not self._path.exists():
                    raise
        _sync_folder(target.parent)

    def abandon(self) -> None:
        self._close()
        self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _FolderBlob:
    """An open file; reads by position, so that one blob serves any range."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def read(self, offset: int, length: int) -> bytes:
        parts = []
        while length > 0 and (part := os.pread(self._file.fileno(), length, offset)):
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        self._file.close()


def _make_folder(folder: Path) -> None:
    """Makes a folder and those above it, each closed to other users (`mkdir` would close only the last)."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    """Makes a rename or a removal survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
