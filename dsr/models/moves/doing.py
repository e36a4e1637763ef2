"""Having systems do what was decided.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import RequestRow


class DoingMoves(RequestRow):
    """Having systems do what was decided."""

    class Meta:
        abstract = True

    @fsm.move("confirm_erasure")
    def confirm_erasure(self, at: datetime) -> None:
        """Note that the person wants it all the same, knowing what follows."""
        self.confirmed_at = at

    @fsm.move("remind_to_confirm")
    def remind_to_confirm(self, at: datetime) -> None:
        """Note that the person was reminded."""

    @fsm.move("erasure_unconfirmed")
    def erasure_unconfirmed(self, at: datetime) -> None:
        """Stop, as the person did not say a second time that this is wanted."""

    @fsm.move("take_up")
    def take_up(self, at: datetime) -> None:
        """Go on after all, under the same reference."""
        self.searched_at = None
        self.unprepare()

    @fsm.move("add_item")
    def add_item(self, at: datetime) -> None:
        """Add one thing that is said to be wrong."""

    @fsm.move("decide_item")
    def decide_item(self, at: datetime) -> None:
        """Decide one thing that is said to be wrong."""

    @fsm.move("disagree")
    def disagree(self, at: datetime) -> None:
        """Keep the person's statement beside the data."""

    @fsm.move("halt")
    def halt(self, at: datetime) -> None:
        """Bring what was approved back to the desk before more of it is carried out."""
        self.act_at = self.searched_at = None
        self.unprepare()

    @fsm.move("begin_acting")
    def begin_acting(self, at: datetime) -> None:
        """Carry out what was approved."""
        self.act_at = None

    @fsm.move("retry_task")
    def retry_task(self, at: datetime) -> None:
        """Have a system try its part once more."""

    @fsm.move("accept_failure")
    def accept_failure(self, at: datetime) -> None:
        """Go on without one system's part, which the person is told."""

    @fsm.move("acted")
    def acted(self, at: datetime) -> None:
        """Every system has done its part."""

    @fsm.move("erased_later")
    def erased_later(self, at: datetime) -> None:
        """Note that the day of something that was kept has come, and that it is gone."""

    @fsm.move("reappeared")
    def reappeared(self, at: datetime) -> None:
        """Note that something that was erased is there again."""

    @fsm.move("erase_again")
    def erase_again(self, at: datetime) -> None:
        """Have what is there again erased again."""

    @fsm.move("tell_lifting")
    def tell_lifting(self, at: datetime) -> None:
        """Tell the person that the restriction ends, before it does."""

    @fsm.move("lift_restriction")
    def lift_restriction(self, at: datetime) -> None:
        """Let the data be used again, after the notice."""
