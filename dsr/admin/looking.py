"""The part of a page about a complaint or an appeal: what it is about, what was found and promised, where it went.

What people wrote is drawn only while the details are revealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django import forms

from dsr.admin import words
from dsr.admin.moveforms import MoveForm, move_form
from dsr.deadlines import day_ends
from dsr.lifecycle import COMPLAINTS
from dsr.models import Enquiry, Finding, OutsideReference, Remedy, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules.routes import Route
from dsr.selectors.casefile import CaseFile, text_of
from dsr.selectors.masking import Personal
from dsr.services._moves import OpenMove
from dsr.services.complaints import outside, routes


@dataclass(frozen=True, slots=True)
class Row:
    """One enquiry, finding, promise or outside reference: its texts while revealed, who did it, what can be done."""

    row: Enquiry | Finding | Remedy | OutsideReference
    texts: Mapping[str, str]
    by: str
    forms: list[MoveForm]
    title: str = ""
    urgency: str = ""


@dataclass(frozen=True)
class Looking:
    """Everything that the template draws."""

    case: CaseFile
    at: datetime
    moves: Mapping[str, OpenMove]
    bound: Mapping[str, forms.Form]
    revealed: bool

    @property
    def request(self) -> SubjectRequest:
        """The complaint or the appeal."""
        return self.case.request

    @property
    def is_complaint(self) -> bool:
        """Whether somebody complains, rather than appeals."""
        return self.request.right in COMPLAINTS

    @property
    def about(self) -> SubjectRequest | None:
        """The request that it is about."""
        return self.request.about

    @property
    def about_title(self) -> str:
        """What was asked for in it, and its outcome."""
        about = self.request.about
        return (
            f"{words.right_title(about.right)}, {words.outcome_title(about.outcome) or words.state_title(about.state)}"
            if about
            else ""
        )

    @property
    def investigator(self) -> str:
        """Who looks into it, "" for nobody."""
        return words.colleague(self.request.investigator)

    def _forms(self, *verbs: str, **initial: object) -> list[MoveForm]:
        open_ones = [self.moves[verb] for verb in verbs if verb in self.moves and self.moves[verb].allowed]
        return [move_form(move, self.case, self.bound, self.at, **initial) for move in open_ones]

    def _row(self, row: Enquiry | Finding | Remedy | OutsideReference, names: tuple[str, ...], **moves: str) -> Row:
        texts = {name: text_of(row, name) if self.revealed else "" for name in names}
        found = [form for verb, name in moves.items() for form in self._forms(verb, **{name: row.number})]
        return Row(row, texts, words.colleague(row.by), found)

    @property
    def enquiries(self) -> list[Row]:
        """Who was asked what, and what came of it."""
        return [
            self._row(
                row,
                ("whom", "asked", "reply"),
                **({} if row.replied_at or not self.revealed else {"note_reply": "enquiry"}),
            )
            for row in self.case.contest.enquiries
        ]

    @property
    def findings(self) -> list[Row]:
        """What was found, point by point."""
        names = ("point", "facts", "measure", "reason")
        return [self._row(row, names, drop_finding="finding") for row in self.case.contest.findings]

    @property
    def remedies(self) -> list[Row]:
        """What is promised, or will be."""
        return [
            self._row(row, ("what",), drop_promise="remedy", **({} if row.done_at else {"keep_promise": "remedy"}))
            for row in self.case.contest.remedies
        ]

    @property
    def outside(self) -> list[Row]:
        """Where it went beside us, each with the day by which it is answered."""
        return [self._outside(row) for row in self.case.contest.outside]

    def _outside(self, row: OutsideReference) -> Row:
        moves = {} if row.ended_on else {"redate_outside": "outside", "end_outside": "outside"}
        found = self._row(row, ("reference", "outcome"), **moves)
        zone, urgency = self.request.submission.zone, ""
        if row.due_on and not row.ended_on:
            _left, urgency = words.time_left(row.due_on, day_ends(row.due_on, zone), zone, self.at)
        return replace(found, title=outside.title_of(self.request, row.body), urgency=urgency)

    @property
    def add_outside(self) -> list[MoveForm]:
        """Where it can be noted that it went."""
        return self._forms("note_outside")

    @property
    def add(self) -> list[MoveForm]:
        """What can be added."""
        return self._forms("enquire", "add_finding", "promise") if self.revealed else []

    @property
    def routes(self) -> tuple[Route, ...]:
        """Where the person can go on once it is answered."""
        return routes.left(self.request, self.case.contest.outside or routes.outside(self.request))


def build(
    case: CaseFile,
    by: Caller,
    at: datetime,
    moves: Mapping[str, OpenMove],
    bound: Mapping[str, forms.Form],
    revealed: frozenset[str],
) -> Looking | None:
    """Return what there is of a complaint or an appeal; None for anything else."""
    if case.request.right not in COMPLAINTS | {Right.APPEAL}:
        return None
    return Looking(case, at, moves, bound, bool(by.roles) and Personal.DETAILS in revealed)
