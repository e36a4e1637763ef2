"""Sending an answer to somebody else.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import RequestRow


class SendingMoves(RequestRow):
    """Sending an answer to somebody else."""

    class Meta:
        abstract = True

    @fsm.move("name_receiver")
    def name_receiver(self, at: datetime) -> None:
        """Say to whom the answer is to be sent. Nothing is sent by that."""

    @fsm.move("confirm_receiver")
    def confirm_receiver(self, at: datetime) -> None:
        """Have it sent."""

    @fsm.move("cancel_receiver")
    def cancel_receiver(self, at: datetime) -> None:
        """Have nothing more sent."""

    @fsm.move("transmitted")
    def transmitted(self, at: datetime) -> None:
        """The receiver has all of it."""

    @fsm.move("transmission_failed")
    def transmission_failed(self, at: datetime) -> None:
        """Give up sending it there; it can be downloaded, or sent to somebody else."""
