"""Time in tests: it stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class Clock:
    """An instant to pass as `at`. Starts on Thursday, 5 March 2026, 09:30 UTC."""

    def __init__(self, start: datetime = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        """The present instant."""
        return self.now

    def tick(self, **span: float) -> datetime:
        """Move on, by a second or by what `timedelta` is told, and return the new instant."""
        self.now += timedelta(**span) if span else timedelta(seconds=1)
        return self.now
