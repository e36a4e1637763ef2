"""The wrong door: directing somebody to the organisation that decides, and parting what one message asks for.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import RequestRow


class ReferringMoves(RequestRow):
    """Directing somebody to the organisation that decides about part of the data."""

    class Meta:
        abstract = True

    @fsm.move("refer")
    def refer(self, at: datetime) -> None:
        """Direct the person elsewhere with what is processed for a customer; the rest goes on here."""

    @fsm.move("referral_answered")
    def referral_answered(self, at: datetime) -> None:
        """Note that the customer says that it has the matter in hand."""

    @fsm.move("add_right")
    def add_right(self, at: datetime) -> None:
        """Note that the same words ask for something more, which becomes a request of its own."""
