"""Weighing an objection.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import Proposal, RequestRow


class ObjectingMoves(RequestRow):
    """Weighing an objection."""

    class Meta:
        abstract = True

    @fsm.move("weigh")
    def weigh(self, at: datetime) -> None:
        """Keep what was found about one use."""

    @fsm.move("propose_decision")
    def propose_decision(self, at: datetime, by_id: int, proposal: Proposal) -> None:
        """Propose what was weighed, use by use."""
        self._propose(at, by_id, proposal)

    @fsm.move("decide_objection")
    def decide_objection(self, at: datetime, by_id: int) -> None:
        """Decide as proposed, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("decide_objection_late")
    def decide_objection_late(self, at: datetime, by_id: int) -> None:
        """Decide after the last day for telling that something goes on, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("objection_over")
    def objection_over(self, at: datetime) -> None:
        """Everything that has to stop has stopped."""
