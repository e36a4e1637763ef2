"""Keeps what is read from a database within its limits."""

from dsr.connectors.base import Code, Json, Limits, PermanentFailure


class Tally:
    """Counts what has been read, and stops at the limits."""

    __slots__ = ("_bytes", "_rows")

    def __init__(self, limits: Limits) -> None:
        self._rows, self._bytes = limits.max_rows, limits.max_bytes

    def add(self, dataset: str, data: dict[str, Json]) -> None:
        """Count one row; raises `PermanentFailure` at a limit."""
        self._rows -= 1
        if self._rows < 0:
            raise PermanentFailure(Code.TOO_MANY_ROWS, dataset)
        for value in data.values():
            self._bytes -= len(value) if type(value) is str else 8
        if self._bytes < 0:
            raise PermanentFailure(Code.TOO_LARGE, dataset)
