"""Dates, questions that stop a clock, fees.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import RequestRow


class TimeMoves(RequestRow):
    """Dates, questions that stop a clock, fees."""

    class Meta:
        abstract = True

    @fsm.move("acknowledge")
    def acknowledge(self, at: datetime) -> None:
        """Note that receipt was confirmed to the person."""

    @fsm.move("extend")
    def extend(self, at: datetime) -> None:
        """Put the answer off, which the person is told with the reasons."""

    @fsm.move("clarify")
    def clarify(self, at: datetime) -> None:
        """Put a question to the person that stops the clock."""
        self.question_at = at

    @fsm.move("tell_fee")
    def tell_fee(self, at: datetime) -> None:
        """Tell the person what answering costs, and wait for word."""
        self.fee_told_at = at

    @fsm.move("accept_fee")
    def accept_fee(self, at: datetime) -> None:
        """Go on, as the person accepts the fee."""
        self.fee_told_at = None

    @fsm.move("waive_fee")
    def waive_fee(self, at: datetime) -> None:
        """Go on without a fee."""
        self.fee_told_at = None

    @fsm.move("fee_unanswered")
    def fee_unanswered(self, at: datetime) -> None:
        """Stop, as the person did not accept the fee in time."""

    @fsm.move("miss")
    def miss(self, at: datetime) -> None:
        """Note that the promised date went by, which the person is told."""

    @fsm.move("change_laws")
    def change_laws(self, at: datetime) -> None:
        """Work the dates out under other laws; those are on the submission."""

    @fsm.move("change_rules")
    def change_rules(self, at: datetime, version: str) -> None:
        """Pin everything in the submission to other rules."""
        self.submission.rules_version = version
