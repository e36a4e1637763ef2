"""Finding out whether an account is a child's, and having it shut before it is erased.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import Proposal, RequestRow


class ShelteringMoves(RequestRow):
    """Finding out whether an account is a child's, and having it shut before it is erased."""

    class Meta:
        abstract = True

    @fsm.move("find_account")
    def find_account(self, at: datetime) -> None:
        """Have the systems counted by what was reported."""

    @fsm.move("assess_age")
    def assess_age(self, at: datetime, by_id: int | None, agrees: bool) -> None:
        """Say what was found; ``by_id`` is given where a second person has to agree."""
        if by_id is not None:
            self._propose(at, by_id, Proposal.RELEASE if agrees else Proposal.REFUSE)

    @fsm.move("confirm_age")
    def confirm_age(self, at: datetime, by_id: int) -> None:
        """Agree with what was found, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("weigh_age_anew")
    def weigh_age_anew(self, at: datetime) -> None:
        """Return what was found to the desk."""
        self.unprepare()

    @fsm.move("settle")
    def settle(self, at: datetime) -> None:
        """End the report with words that are the same whatever was found."""

    @fsm.move("shut")
    def shut(self, at: datetime) -> None:
        """Have the account shut, on what was found about it."""
        self.approved_at = at

    @fsm.move("leave_be")
    def leave_be(self, at: datetime) -> None:
        """End the case of an account that is no child's, or that is not there."""
