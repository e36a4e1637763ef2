"""What every right has in common in which somebody judges.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import RequestRow


class JudgingMoves(RequestRow):
    """What every right has in common in which somebody judges."""

    class Meta:
        abstract = True

    @fsm.move("take_in")
    def take_in(self, at: datetime) -> None:
        """Put it before somebody who decides."""
