"""A sealed object as a file that can be sought in, so that a finished package is read as anybody would read it."""

import io

from dsr.packaging.vault import Reading


class SealedFile(io.RawIOBase):
    """Reads a package in place. Closing it lets go of the object."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self._reading, self._position = reading, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, and return where it is now."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._reading.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        """Where it is."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer is one
        """Read what fits."""
        data = self._reading.at(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Let go of the object."""
        if not self.closed:
            self._reading.close()
        super().close()
