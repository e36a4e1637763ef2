"""Looking into a complaint, and deciding an appeal.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import Proposal, RequestRow


class ComplainingMoves(RequestRow):
    """Looking into a complaint, and deciding an appeal."""

    class Meta:
        abstract = True

    @fsm.move("take_complaint")
    def take_complaint(self, at: datetime, by_id: int) -> None:
        """Have somebody look into it who had no part in what is complained of."""
        self.investigator_id = self.assignee_id = by_id

    @fsm.move("enquire")
    def enquire(self, at: datetime) -> None:
        """Ask somebody about it."""

    @fsm.move("note_reply")
    def note_reply(self, at: datetime) -> None:
        """Note what came of an enquiry."""

    @fsm.move("add_finding")
    def add_finding(self, at: datetime) -> None:
        """Put down what was found about one point."""

    @fsm.move("drop_finding")
    def drop_finding(self, at: datetime) -> None:
        """Take a finding back, as it is looked at anew."""

    @fsm.move("promise")
    def promise(self, at: datetime) -> None:
        """Put down what will be done, by whom and by when."""

    @fsm.move("drop_promise")
    def drop_promise(self, at: datetime) -> None:
        """Take back what was not promised to the person yet."""

    @fsm.move("keep_promise")
    def keep_promise(self, at: datetime) -> None:
        """Note that something was done that had been promised."""

    @fsm.move("news")
    def news(self, at: datetime) -> None:
        """Tell the person how it goes."""

    @fsm.move("propose_answer")
    def propose_answer(self, at: datetime, by_id: int, outcome: str) -> None:
        """Propose how to answer; what it comes to follows from the findings."""
        self._propose(at, by_id, Proposal.ANSWER)
        self.proposed_outcome = outcome

    @fsm.move("answer_complaint")
    def answer_complaint(self, at: datetime, by_id: int) -> None:
        """Give the answer, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("note_outside")
    def note_outside(self, at: datetime) -> None:
        """Note that the matter went to an outside body."""

    @fsm.move("redate_outside")
    def redate_outside(self, at: datetime) -> None:
        """Note that an outside body set another day."""

    @fsm.move("end_outside")
    def end_outside(self, at: datetime) -> None:
        """Note what came of it at an outside body."""

    @fsm.move("appeal")
    def appeal(self, at: datetime) -> None:
        """Note that what was decided is to be looked at again."""

    @fsm.move("propose_ruling")
    def propose_ruling(self, at: datetime, by_id: int, outcome: str) -> None:
        """Propose what to decide on an appeal."""
        self._propose(at, by_id, Proposal.ANSWER)
        self.proposed_outcome = outcome

    @fsm.move("decide_appeal")
    def decide_appeal(self, at: datetime, by_id: int) -> None:
        """Decide an appeal, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("reconsider")
    def reconsider(self, at: datetime) -> None:
        """Go on under the same reference, as an appeal was won."""
        self.searched_at = self.ready_at = self.act_at = None
        self.unprepare()
