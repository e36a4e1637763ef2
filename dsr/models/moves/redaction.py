"""Taking out of an answer what is about others.

The methods stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.
"""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr import fsm
from dsr.models.moves.row import RequestRow


class RedactionMoves(RequestRow):
    """Taking out of an answer what is about others. The counts spare every other request a look into the marks."""

    marks_standing = models.PositiveIntegerField(_("marks that count"), default=0, db_default=0)
    marks_proposed = models.PositiveIntegerField(_("marks a program proposes"), default=0, db_default=0)
    marks_unseen = models.PositiveIntegerField(_("marks nobody else has seen"), default=0, db_default=0)

    class Meta:
        abstract = True

    @fsm.move("seek_marks")
    def seek_marks(self, at: datetime, proposed: int) -> None:
        """Have a program propose what may be about others."""
        self.marks_proposed += proposed

    @fsm.move("mark")
    def mark(self, at: datetime) -> None:
        """Take something out of the answer, once somebody else has looked at it."""
        self.marks_standing += 1
        self.marks_unseen += 1

    @fsm.move("unmark")
    def unmark(self, at: datetime, seen: bool) -> None:
        """Leave in the answer what was to be taken out."""
        self.marks_standing -= 1
        self.marks_unseen -= not seen

    @fsm.move("decide_mark")
    def decide_mark(self, at: datetime, taken_up: int, rejected: int) -> None:
        """Take up what a program proposes, or do not."""
        self.marks_proposed -= taken_up + rejected
        self.marks_standing += taken_up
        self.marks_unseen += taken_up

    @fsm.move("look_over")
    def look_over(self, at: datetime, seen: int) -> None:
        """Confirm, as the second person, what others marked."""
        self.marks_unseen -= seen

    @fsm.move("leak_found")
    def leak_found(self, at: datetime) -> None:
        """Bring an answer back to the desk in which something still stood that was taken out."""
        self.unprepare()
