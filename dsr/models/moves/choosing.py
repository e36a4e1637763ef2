"""Having systems mind what somebody chose.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import RequestRow


class ChoosingMoves(RequestRow):
    """Having systems mind what somebody chose."""

    class Meta:
        abstract = True

    @fsm.move("choose")
    def choose(self, at: datetime) -> None:
        """Let a choice stand."""

    @fsm.move("late")
    def late(self, at: datetime) -> None:
        """Note that systems do not mind a choice in time, which the person is told."""

    @fsm.move("in_effect")
    def in_effect(self, at: datetime) -> None:
        """Every system minds the choice."""

    @fsm.move("chosen_anew")
    def chosen_anew(self, at: datetime) -> None:
        """Stop, as the person chose something else since."""
