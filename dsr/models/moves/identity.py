"""Who is asking, and what shields people from impostors.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.lifecycle import TURN_OF, State
from dsr.models.moves.row import RequestRow


class IdentityMoves(RequestRow):
    """Who is asking, and what shields people from impostors."""

    class Meta:
        abstract = True

    @fsm.move("ask_identity")
    def ask_identity(self, at: datetime) -> None:
        """Wait for the person to prove control of the address."""

    @fsm.move("confirm_identity")
    def confirm_identity(self, at: datetime) -> None:
        """Let the request through to the desk."""

    @fsm.move("ask_more")
    def ask_more(self, at: datetime) -> None:
        """Ask for one rung more of proof, as somebody has reason to doubt who is asking."""
        self.identity_doubts += 1

    @fsm.move("check_identity")
    def check_identity(self, at: datetime) -> None:
        """Record what a member of staff found out about who is asking."""

    @fsm.move("check_mandate")
    def check_mandate(self, at: datetime) -> None:
        """Record whether a member of staff accepts that one acts for another."""

    @fsm.move("revoke_mandate")
    def revoke_mandate(self, at: datetime) -> None:
        """Note that the person took the authority back."""

    @fsm.move("end_unproved")
    def end_unproved(self, at: datetime) -> None:
        """Stop, as it cannot be said who is asking."""

    @fsm.move("hold")
    def hold(self, at: datetime) -> None:
        """Release nothing for a while; until when is on the submission."""

    @fsm.move("lift_hold")
    def lift_hold(self, at: datetime) -> None:
        """Release again."""

    @fsm.move("stop")
    def stop(self, at: datetime) -> None:
        """Hold everything, as somebody on file says that they did not ask."""

    @fsm.move("resume")
    def resume(self, at: datetime) -> None:
        """Go on, as a member of staff found out that all is well."""
        self.turn = str(TURN_OF[State(self.state)])

    @fsm.move("note_unasked")
    def note_unasked(self, at: datetime) -> None:
        """Note that something came in that nobody asked for, and was destroyed."""

    @fsm.move("warn_lapse")
    def warn_lapse(self, at: datetime) -> None:
        """Note that the person was warned."""

    @fsm.move("lapse")
    def lapse(self, at: datetime) -> None:
        """Give up waiting for the identity, until the person comes back."""

    @fsm.move("reopen")
    def reopen(self, at: datetime) -> None:
        """Wait for the person again, under the same reference; what was proposed before is over."""
        self.unprepare()
