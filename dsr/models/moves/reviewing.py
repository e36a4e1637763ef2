"""Having a human review what a machine decided.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from dsr import fsm
from dsr.models.moves.row import RequestRow


class ReviewingMoves(RequestRow):
    """Having a human review what a machine decided."""

    class Meta:
        abstract = True

    @fsm.move("link_decision")
    def link_decision(self, at: datetime) -> None:
        """Say which decision is meant."""

    @fsm.move("record_decision")
    def record_decision(self, at: datetime) -> None:
        """Write down a decision that no system told us of."""

    @fsm.move("take_review")
    def take_review(self, at: datetime, by_id: int) -> None:
        """Become the reviewer."""
        self.assignee_id = by_id

    @fsm.move("hand_over")
    def hand_over(self, at: datetime) -> None:
        """Leave the review to another reviewer."""
        self.assignee_id = None

    @fsm.move("ask_representations")
    def ask_representations(self, at: datetime) -> None:
        """Ask the person what they have to say."""

    @fsm.move("represent")
    def represent(self, at: datetime) -> None:
        """Take what the person has to say."""

    @fsm.move("none_sent")
    def none_sent(self, at: datetime) -> None:
        """Note that the person was asked and sent nothing."""

    @fsm.move("open_material")
    def open_material(self, at: datetime) -> None:
        """Look at something that the decision rests on."""

    @fsm.move("weigh_information")
    def weigh_information(self, at: datetime) -> None:
        """Note what was weighed beyond what the machine put out."""

    @fsm.move("raise_point")
    def raise_point(self, at: datetime) -> None:
        """Note one point that the person makes."""

    @fsm.move("answer_point")
    def answer_point(self, at: datetime) -> None:
        """Answer one point that the person makes."""

    @fsm.move("interim_measure")
    def interim_measure(self, at: datetime) -> None:
        """Say what eases the effect meanwhile, or that nothing has to."""

    @fsm.move("uphold")
    def uphold(self, at: datetime, by_id: int) -> None:
        """Let the decision stand."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("overturn")
    def overturn(self, at: datetime, by_id: int) -> None:
        """Change the decision; the reviewer is the second one who decided, after the machine."""
        self.approved_by_id, self.approved_at = by_id, at
        self.question_at = None

    @fsm.move("effect_failed")
    def effect_failed(self, at: datetime) -> None:
        """Note that the deciding system did not confirm, so that people look after it."""

    @fsm.move("retry_effect")
    def retry_effect(self, at: datetime) -> None:
        """Have the deciding system told once more."""

    @fsm.move("record_effect")
    def record_effect(self, at: datetime) -> None:
        """Take the signed word of the system's owner that it took effect."""

    @fsm.move("effect_applied")
    def effect_applied(self, at: datetime) -> None:
        """The changed decision is in effect."""

    @fsm.move("review_again")
    def review_again(self, at: datetime) -> None:
        """Have somebody else review it once more."""
        self.approved_by_id = self.approved_at = self.assignee_id = None
