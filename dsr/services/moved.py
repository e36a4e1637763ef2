"""Telling the person that a promised date has moved, and why."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from dsr.rights import SPECS, Right
from dsr.services import letters, telling
from dsr.services._moves import Case, MovedDate

_WHY: Mapping[str, str | Promise] = {
    "answer": _("You answered our question. The law does not count the days on which we waited for the answer."),
    "clarify": _("We asked you a question. The law does not count the days until you answer."),
    "confirm_identity": _("You confirmed who you are. By law the time for the answer begins with that."),
    "reopen": _("You took the request up again."),
    "review_again": _("You asked for a second review. Somebody else begins anew, and so does the time."),
    "accept_fee": _("You accepted the fee. By law the time for the answer begins with that."),
    "waive_fee": _("You need not pay the fee. By law the time for the answer begins with that."),
    "tell_fee": _("We told you about a fee. By law the time for the answer begins when you accept it."),
    "change_laws": _("Another law applies to your request than we first assumed."),
    "change_rules": _("The rules that your date was worked out by have changed."),
}


def tell(case: Case, at: datetime) -> None:
    """Queue one letter with every promised date that moved in this case; nothing where none did."""
    moved = case.take_moved()
    if not moved:
        return
    submission = case.submission
    with override(submission.language):
        letter = letters.DatesMoved(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            moves=tuple(_line(each) for each in moved),
            tracker=telling.tracker_link(submission, at),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"moved:{submission.pk}:{submission.chain_seq}")


def _line(moved: MovedDate) -> letters.Moved:
    title = str(SPECS[Right(moved.request.right)].title)
    return letters.Moved(right=title, was=moved.was, now=moved.now, why=str(_WHY[moved.because]))
