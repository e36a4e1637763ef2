"""Handing an answer over.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import RequestRow


class HandingMoves(RequestRow):
    """Handing an answer over."""

    class Meta:
        abstract = True

    @fsm.move("built")
    def built(self, at: datetime) -> None:
        """Hold the finished answer ready."""
        self.ready_at = at

    @fsm.move("build_failed")
    def build_failed(self, at: datetime) -> None:
        """Bring an answer that could not be built back to the desk."""
        self.unprepare()

    @fsm.move("collect")
    def collect(self, at: datetime) -> None:
        """The person has the answer."""

    @fsm.move("warn_expiry")
    def warn_expiry(self, at: datetime) -> None:
        """Note that the person was warned."""

    @fsm.move("expire")
    def expire(self, at: datetime) -> None:
        """Stop holding an answer ready that nobody collected."""

    @fsm.move("reissue")
    def reissue(self, at: datetime) -> None:
        """Hold the same answer ready once more."""
        self.ready_at = at

    @fsm.move("renew")
    def renew(self, at: datetime) -> None:
        """Search and answer again, under the same reference."""
        self.searched_at = self.ready_at = None
        self.unprepare()
