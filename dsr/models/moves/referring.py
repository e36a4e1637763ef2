"""The wrong door: directing somebody to whoever decides or answers, and parting what one message asks for.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.lifecycle import Turn
from dsr.models.moves.row import Proposal, RequestRow


class ReferringMoves(RequestRow):
    """Directing somebody to whoever decides or answers, and what a message asks for."""

    class Meta:
        abstract = True

    @fsm.move("refer")
    def refer(self, at: datetime) -> None:
        """Direct the person elsewhere with what others decide about or answer for; the rest goes on here."""

    @fsm.move("referral_answered")
    def referral_answered(self, at: datetime) -> None:
        """Note what the other side says: that it has the matter in hand, or that it holds nothing of it either."""

    @fsm.move("add_right")
    def add_right(self, at: datetime) -> None:
        """Note that the same words ask for something more, which becomes a request of its own."""

    @fsm.move("propose_misunderstood")
    def propose_misunderstood(self, at: datetime, by_id: int) -> None:
        """Propose to end what nobody asked for; whatever it waited for, it is for a colleague to look at now."""
        self._propose(at, by_id, Proposal.UNASKED)
        self.turn = str(Turn.STAFF)

    @fsm.move("close_misunderstood")
    def close_misunderstood(self, at: datetime, by_id: int) -> None:
        """End what nobody asked for, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("meant")
    def meant(self, at: datetime, question_at: datetime | None) -> None:
        """Go on at the desk with what was taken for a misunderstanding, an open question included."""
        self.searched_at, self.question_at = None, question_at
        self.unprepare()

    @fsm.move("meant_unproved")
    def meant_unproved(self, at: datetime) -> None:
        """Go on waiting for a proof of who asks."""
        self.unprepare()
