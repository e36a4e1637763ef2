"""Finding what there is, and deciding on it by two people.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.lifecycle import TURN_OF, State
from dsr.models.moves.row import Proposal, RequestRow


class DeskMoves(RequestRow):
    """Finding what there is, and deciding on it by two people."""

    class Meta:
        abstract = True

    @fsm.move("begin")
    def begin(self, at: datetime) -> None:
        """Start on an answer that needs no identity."""

    @fsm.move("search")
    def search(self, at: datetime) -> None:
        """Ask the systems."""
        self.searched_at = None

    @fsm.move("found")
    def found(self, at: datetime) -> None:
        """Every system has answered, or somebody decided to go on without it."""
        self.searched_at = at

    @fsm.move("retry_system")
    def retry_system(self, at: datetime) -> None:
        """Ask one system once more."""
        self.searched_at = None

    @fsm.move("go_without")
    def go_without(self, at: datetime) -> None:
        """Record that one system is left out, which the person is told."""

    @fsm.move("assign")
    def assign(self, at: datetime, assignee_id: int | None) -> None:
        """Give the request to a colleague, or back to the queue."""
        self.assignee_id = assignee_id

    @fsm.move("note")
    def note(self, at: datetime) -> None:
        """Keep a note among staff."""

    @fsm.move("ask")
    def ask(self, at: datetime) -> None:
        """Put a question to the person."""
        self.question_at = at

    @fsm.move("answer")
    def answer(self, at: datetime) -> None:
        """Take the person's answer to an open question."""
        self.question_at = None

    @fsm.move("message")
    def message(self, at: datetime) -> None:
        """Keep a message, either way."""

    @fsm.move("withhold")
    def withhold(self, at: datetime) -> None:
        """Keep part of the answer back, on a coded ground."""

    @fsm.move("release")
    def release(self, at: datetime) -> None:
        """Undo a withholding."""

    @fsm.move("prepare")
    def prepare(self, at: datetime, by_id: int) -> None:
        """Propose to give what was found."""
        self._propose(at, by_id, Proposal.RELEASE)

    @fsm.move("propose_refusal")
    def propose_refusal(self, at: datetime, by_id: int, ground: str) -> None:
        """Propose to refuse, on a coded ground."""
        self._propose(at, by_id, Proposal.REFUSE)
        self.refusal_ground = ground

    @fsm.move("argue_refusal")
    def argue_refusal(self, at: datetime) -> None:
        """Record where the proof of a ground lies, and what answers its questions."""

    @fsm.move("send_back")
    def send_back(self, at: datetime) -> None:
        """Return a proposal to the desk; what waits for a proof waits for the person again."""
        self.unprepare()
        if self.state == State.VERIFYING:
            self.turn = str(TURN_OF[State.VERIFYING])

    @fsm.move("approve")
    def approve(self, at: datetime, by_id: int) -> None:
        """Release the answer, as the second person; a question that nobody answered is not waited for any longer."""
        self.approved_by_id, self.approved_at = by_id, at
        self.question_at = None

    @fsm.move("approve_by_rule")
    def approve_by_rule(self, at: datetime) -> None:
        """Release the answer under a rule the organisation has set for simple cases."""
        self.approved_at = at
        self.question_at = None

    @fsm.move("refuse")
    def refuse(self, at: datetime, by_id: int) -> None:
        """Refuse, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("refuse_late")
    def refuse_late(self, at: datetime, by_id: int) -> None:
        """Refuse after the last day for it, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("redirect")
    def redirect(self, at: datetime, by_id: int) -> None:
        """Send the person to whoever decides about this data, or answers for what is asked."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("withdraw")
    def withdraw(self, at: datetime) -> None:
        """Stop because the person asked."""
