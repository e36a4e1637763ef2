"""How long one call may still take."""

import time

from dsr.connectors.base import Code, TemporaryFailure


class Deadline:
    """Counts down from the moment it is made, by a clock that nobody can set."""

    __slots__ = ("_end", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left; zero or less when time is up."""
        return self._end - time.monotonic()

    def passed(self) -> bool:
        """Tell whether time is up."""
        return time.monotonic() >= self._end

    def check(self, where: str = "") -> None:
        """Raise `TemporaryFailure(timed_out)` when time is up."""
        if self.passed():
            raise TemporaryFailure(Code.TIMED_OUT, where)
