"""The page of one request: what each part shows, worked out from the case file. Draws nothing, changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from dsr import doors, reckoning, rules, why
from dsr.admin import asking, childforms, doing, looking, proving, words
from dsr.admin import reviewed as record
from dsr.admin.consequences import title_of
from dsr.admin.moveforms import FIRST, MoveForm, move_form
from dsr.admin.movehandlers import HANDLERS
from dsr.admin.rows import ClockRow, EventRow, MachineRow, PostRow, StepRow, Stop, ValueRow, WithholdingRow
from dsr.errors import RecourseError
from dsr.lifecycle import COPIED, Actor, Move, State, of
from dsr.models import (
    ACTED_ON,
    Deadline,
    Direction,
    LedgerEntry,
    Package,
    Proposal,
    Step,
    StepState,
    SubjectRequest,
    Transmission,
)
from dsr.policies import Caller
from dsr.rights import Right
from dsr.selectors import masking, queue
from dsr.selectors.casefile import CaseFile, text_of
from dsr.selectors.earlier import Earlier
from dsr.services import codes
from dsr.services._moves import OpenMove, open_moves
from dsr.services.revealing import check_can_reveal
from dsr.services.sending import naming
from dsr.why import Why
from notifications.models import TROUBLE, Message, MessageState

_MOMENT = timedelta(microseconds=1)
_RECENT = 12
_TALK = ("message", "ask", "answer", "note")
_COMPLAINT = ("enquire", "note_reply", "add_finding", "drop_finding", "promise", "drop_promise", "keep_promise")
_OUTSIDE = ("note_outside", "redate_outside", "end_outside")
_BY_ROW = ("retry_system", "go_without", "retry_task", "accept_failure", "erase_again", "decide_item", "disagree")
MARKING = ("seek_marks", "mark", "unmark", "decide_mark", "look_over")
"""Moves that have a page of their own."""
_PLACED = {
    *_TALK,
    *_BY_ROW,
    *_COMPLAINT,
    *_OUTSIDE,
    asking.CHECK,
    "assign",
    "withhold",
    "release",
    "add_item",
    "argue_refusal",
    *MARKING,
}
"""Moves that stand next to what they are about and not in the list of decisions."""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template draws."""

    case: CaseFile
    at: datetime
    by: Caller
    moves: Mapping[str, OpenMove]
    bound: Mapping[str, forms.Form]
    values: list[masking.Value]
    why: Why
    who: asking.Asking | None
    """Who is asking; None where nobody has to show it."""
    acts: doing.Doing | None
    """What is done in the systems; None where nothing is."""
    reviewed: record.Record | None
    """The record of the review of a decision; None where nothing is reviewed."""
    complaint: looking.Looking | None
    """What was asked, found and promised; None where nobody complains."""
    put_off_to: date | None
    """The date that would be told if the answer were put off now as far as the laws let it."""

    @property
    def request(self) -> SubjectRequest:
        """The request itself."""
        return self.case.request

    @property
    def zone(self) -> str:
        """The organisation's time zone, in which every time is shown."""
        return self.request.submission.zone

    @property
    def right(self) -> str:
        """What was asked for."""
        return words.right_title(self.request.right)

    @property
    def authority_case(self) -> object:
        """The open case of an authority about it, for those who may know of it; None where there is none."""
        may = self.by.user is not None and self.by.user.has_perm("dsr.view_authoritycase")
        return getattr(self.request, "authority_case", None) if may else None

    @property
    def state(self) -> str:
        """Where the request stands."""
        return words.state_title(self.request.state)

    @property
    def turn(self) -> str:
        """Whose turn it is."""
        return words.turn_title(self.request.turn)

    @property
    def outcome(self) -> str:
        """Why it closed, "" while it is open."""
        return words.outcome_title(self.request.outcome)

    @property
    def law(self) -> str:
        """The law that governs the date."""
        return words.regime_title(self.request.regime)

    @property
    def assignee(self) -> str:
        """Who works on it, "" for nobody."""
        return words.colleague(self.request.assignee)

    @property
    def due_on(self) -> date:
        """The date of the answer; where the clock stands still, the earliest that it can be as of today."""
        return self.why.governing.clock.promised if self.why.waiting else self.request.due_on

    @property
    def left(self) -> tuple[str, str] | None:
        """How long there is and how urgent that is; None once it is answered."""
        if self.request.state in queue.ANSWERED:
            return None
        if self.why.waiting:
            return words.standing_still()
        return words.time_left(self.request.due_on, self.request.due_at, self.zone, self.at)

    @property
    def proposal(self) -> str:
        """What waits for a second person, as a sentence; "" when nothing does."""
        if not self.request.proposal or self.request.state not in (State.VERIFYING, State.IN_REVIEW):
            return ""
        who = words.colleague(self.request.prepared_by)
        if self.request.proposal == Proposal.UNASKED:
            return _("%(who)s proposes to end it, as it was not asked for. Somebody else must agree.") % {"who": who}
        if self.request.right == Right.OBJECTION:
            return _("%(who)s proposes what was weighed below. Somebody else must decide.") % {"who": who}
        if self.request.proposal == Proposal.RELEASE and self.request.spec.acts:
            return _("%(who)s proposes to do as asked. Somebody else must approve it.") % {"who": who}
        if self.request.proposal == Proposal.ANSWER:
            outcome = words.outcome_title(self.request.proposed_outcome)
            return _("%(who)s proposes an answer: %(outcome)s. Somebody else must agree.") % {
                "who": who,
                "outcome": outcome,
            }
        if self.request.proposal == Proposal.RELEASE:
            return _("%(who)s proposes to give the data. Somebody else must approve it.") % {"who": who}
        ground = words.ground_title(self.request.refusal_ground)
        return _("%(who)s proposes to refuse: %(ground)s. Somebody else must agree.") % {"who": who, "ground": ground}

    @property
    def proposed_reason(self) -> str:
        """The reasons of a proposed or made refusal, or of a redirection."""
        return text_of(self.request, "reason") if self.may_read else ""

    @property
    def may_read(self) -> bool:
        """Whether this reader's role reaches what people wrote."""
        return bool(self.by.roles)

    @property
    def machine(self) -> tuple[Move, ...]:
        """Every move of this right."""
        return of(Right(self.request.right))

    @property
    def strip(self) -> list[Stop]:
        """The states of this right's machine in their order."""
        known = {State.RECEIVED, *(move.target for move in self.machine)}
        been = {event.to_state for event in self.case.events if event.request_id == self.request.pk}
        return [
            Stop(state, words.state_title(state), state in been, state == self.request.state)
            for state in State
            if state in known
        ]

    def _form(self, verb: str, **initial: Any) -> MoveForm | None:
        move = self.moves.get(verb)
        if move is None or not move.allowed:
            return None
        form = move_form(move, self.case, self.bound, self.at, **initial)
        return replace(form, consequence=self._putting_off(form)) if verb == "extend" else form

    def _putting_off(self, form: MoveForm) -> str:
        if self.put_off_to is None:
            return form.consequence
        latest = _("At the latest to %(day)s.") % {"day": words.day(self.put_off_to)}
        return f"{form.consequence} {latest}"

    @property
    def decisions(self) -> list[MoveForm]:
        """The moves that take the request on, the likeliest first."""
        verbs = sorted((verb for verb in self.moves if verb not in _PLACED), key=lambda verb: verb not in FIRST)
        return [form for verb in verbs if (form := self._form(verb))]

    @property
    def impossible(self) -> list[tuple[str, list[str]]]:
        """The moves that would be this reader's were it not for a reason, by reason."""
        found: dict[str, list[str]] = {}
        for move in self.moves.values():
            if not move.allowed:
                title = title_of(move.verb, self.request.right, move.title)
                found.setdefault(move.because, []).append(title)
        return list(found.items())

    @property
    def unsent(self) -> str:
        """What somebody typed into a form that the page no longer has, so that it is not lost."""
        lost = [form for key, form in self.bound.items() if not self._offers(key.partition("-")[0])]
        return "\n\n".join(
            form.data[name] for form in lost for name in ("text", "reason", "asked") if form.data.get(name)
        )

    def _offers(self, verb: str) -> bool:
        if verb == "decide_item" and self.acts is not None and not self.acts.revealed:
            return False
        return verb in self.moves and self.moves[verb].allowed

    @property
    def assign(self) -> MoveForm | None:
        """Giving it to a colleague."""
        return self._form("assign")

    @property
    def may_take(self) -> bool:
        """Whether the reader could have it with one press."""
        user = self.by.user
        free = user is not None and self._offers("assign") and user.pk != self.request.assignee_id
        return free and user is not None and user.has_perm("dsr.work_requests")

    @property
    def withhold(self) -> MoveForm | None:
        """Holding something back."""
        fitting = self.request.right not in (Right.CORRECTION, Right.RESTRICTION)
        return self._form("withhold") if self.case.categories and fitting else None

    @property
    def talk(self) -> list[MoveForm]:
        """Writing to the person, for the person, or among staff."""
        return [form for verb in _TALK if (form := self._form(verb))]

    @property
    def steps(self) -> list[StepRow]:
        """The systems and how far each has come."""
        return [self._step(step) for step in self.case.steps]

    def _step(self, step: Step) -> StepRow:
        usable = []
        if step.state in (StepState.STUCK, StepState.DONE) or step.attempts:
            usable.append(self._form("retry_system", step=step.pk))
        if step.state != StepState.DONE:
            usable.append(self._form("go_without", step=step.pk))
        return StepRow(
            step=step,
            sentence=codes.said(step.code),
            counts=[
                (words.category_title(self.request.submission, name), number)
                for name, number in sorted(step.counts.items())
            ],
            tries=[(attempt, codes.said(attempt.code)) for attempt in step.tries.all()],
            reason=text_of(step, "reason") if self.may_read else "",
            forms=[form for form in usable if form],
        )

    @property
    def withholdings(self) -> list[WithholdingRow]:
        """What is held back, and what was."""
        return [
            WithholdingRow(
                row,
                words.category_title(self.request.submission, row.category),
                words.ground_title(row.ground),
                text_of(row, "reason") if self.may_read else "",
                proving.proved(self.case, row.pk) if self.may_read else None,
                not row.lifted_at and self._wants_proof(row.ground, row.pk),
                None if row.lifted_at else self._form("argue_refusal", withholding=row.pk),
                None if row.lifted_at else self._form("release", withholding=row.pk),
            )
            for row in self.case.withholdings
        ]

    @property
    def proved(self) -> proving.Proved | None:
        """What was put on record for the refusal that is proposed."""
        return proving.proved(self.case) if self.may_read and self.request.refusal_ground else None

    @property
    def wants_proof(self) -> bool:
        """Whether the ground of the proposed refusal has to be proved and is not yet."""
        return bool(self.proposal) and self._wants_proof(self.request.refusal_ground, None)

    def _wants_proof(self, ground: str, about: UUID | None) -> bool:
        row = rules.pack().refusals.get(ground)
        said = any(each.withholding_id == about and each.ground == ground for each in self.case.arguments)
        return row is not None and row.must_argue and not said

    @property
    def argue(self) -> MoveForm | None:
        """Proving the ground of the proposed refusal."""
        return self._form("argue_refusal") if self.request.refusal_ground else None

    @property
    def speaks_of_earlier(self) -> bool:
        """Whether the ground of the proposed refusal is about earlier requests."""
        row = rules.pack().refusals.get(self.request.refusal_ground)
        return row is not None and row.repeats

    @property
    def earlier(self) -> list[tuple[Earlier, str, str]]:
        """Earlier requests of the same person, where a ground speaks of them, with right and outcome in words."""
        return [
            (row, words.right_title(row.right), words.outcome_title(row.outcome) or words.state_title(row.state))
            for row in self.case.earlier
        ]

    @property
    def child(self) -> childforms.Child | None:
        """What is known of a reported account; None for every other request."""
        return childforms.child(self.request)

    @property
    def transmissions(self) -> list[tuple[Transmission, str]]:
        """To whom it was sent on: the row, without the receiver, and why the last try did not work."""
        if Right(self.request.right) != Right.PORTABILITY:
            return []
        return [(row, naming.said(row.code)) for row in naming.all_of(self.request)]

    @property
    def copied(self) -> bool:
        """Whether what was found is handed over, so that what is about others may have to be taken out."""
        return Right(self.request.right) in COPIED and bool(self.case.steps)

    @property
    def ledger(self) -> list[tuple[LedgerEntry, str, str]]:
        """What became of each category in each system: the entry, the category's name, the ground's."""
        return [
            (
                entry,
                words.category_title(self.request.submission, entry.category),
                words.ground_title(entry.ground) if entry.ground else "",
            )
            for entry in self.case.ledger
        ]

    @property
    def posts(self) -> list[PostRow]:
        """The conversation with the person, and the notes."""
        return [
            PostRow(
                post,
                post.direction != Direction.FROM_PERSON,
                words.colleague(post.author) or (_("the person") if post.direction == Direction.FROM_PERSON else ""),
                text_of(post, "body") if self.may_read else None,
            )
            for post in self.case.posts
        ]

    @property
    def events(self) -> list[EventRow]:
        """The history of the submission, the newest first; those of other requests in it are marked."""
        staff = self.case.staff
        return [
            EventRow(
                event,
                words.actor(event, staff),
                words.happened(event),
                words.particulars(event, staff),
                event.request_id in (None, self.request.pk),
            )
            for event in self.case.events
        ]

    @property
    def recent_events(self) -> list[EventRow]:
        """The newest of the history."""
        return self.events[:_RECENT]

    @property
    def earlier_events(self) -> list[EventRow]:
        """The rest of the history."""
        return self.events[_RECENT:]

    @property
    def method(self) -> str:
        """How the identity was confirmed."""
        method = self.request.submission.verified_method
        return str(words.METHODS.get(method, method))

    @property
    def clocks(self) -> list[ClockRow]:
        """Every clock of every law and why its date is what it is, the governing one first."""
        rows = [self.why.governing, *self.why.others]
        return [ClockRow(row, words.confidence(row.clock.confidence), words.waits(row.clock.waits_for)) for row in rows]

    @property
    def people(self) -> list[ValueRow]:
        """The personal values, each under its name."""
        return [ValueRow(str(words.PERSONAL[value.kind]), value) for value in self.values]

    @property
    def relationship(self) -> str:
        """What the person is to the organisation."""
        return words.relationship_title(self.request.submission)

    @property
    def elsewhere(self) -> str:
        """Who else is likely to answer, and whether the person lets it be passed on; "" for nobody."""
        submission = self.request.submission
        found = ", ".join(door.wording("title") for door in doors.fitting(submission, self.at))
        if not (found and submission.may_pass_on):
            return found
        return _("%(whom)s; the person lets us pass it on") % {"whom": found}

    @property
    def machine_rows(self) -> list[MachineRow]:
        """The machine of this right as a table."""
        return [
            MachineRow(
                title_of(move.verb, self.request.right, str(move.title)),
                ", ".join(words.state_title(state) for state in State if state in move.sources),
                words.state_title(move.target) if move.target else _("stays"),
                ", ".join(str(words.ACTORS[actor]).lower() for actor in Actor if actor in move.actors),
            )
            for move in self.machine
        ]

    @property
    def deadlines(self) -> list[tuple[Deadline, datetime, str, bool]]:
        """The dates: the row, its last moment, the law's name, and whether the service acts on it by itself."""
        return [
            (row, row.due_at - _MOMENT, words.regime_title(row.regime) if row.regime else "", row.kind in ACTED_ON)
            for row in self.case.deadlines
        ]

    @property
    def packages(self) -> list[Package]:
        """The answers that were built, the newest first."""
        return self.case.packages

    @property
    def letters(self) -> list[tuple[Message, bool, bool]]:
        """The letters that went out: the row, whether it is in trouble, and whether it may be sent again."""
        may = bool(self.by.roles)
        return [
            (letter, letter.state in TROUBLE, may and letter.state == MessageState.FAILED)
            for letter in self.case.letters
        ]

    @property
    def letters_in_trouble(self) -> bool:
        """Whether some letter did not get through."""
        return any(letter.state in TROUBLE for letter in self.case.letters)

    @property
    def siblings(self) -> list[tuple[SubjectRequest, str, str]]:
        """The other requests that were filed together with this one."""
        return [
            (
                other,
                words.right_title(other.right),
                words.outcome_title(other.outcome) or words.state_title(other.state),
            )
            for other in self.case.siblings
        ]


def build(
    case: CaseFile,
    by: Caller,
    at: datetime,
    *,
    revealed: frozenset[str],
    bound: Mapping[str, forms.Form],
    numbers: tuple[str, ...] = (),
) -> Page:
    """Return the page for one reader; ``numbers`` is the number on file while it is shown to them."""
    moves = {move.verb: move for move in open_moves(case.request, by, at) if move.verb in HANDLERS}
    history = reckoning.read(case.request.submission)
    may_extend = "extend" in moves and moves["extend"].allowed
    who = asking.build(case, by, at, moves, bound, numbers)
    return Page(
        case,
        at,
        by,
        moves,
        bound,
        masking.values(case.request, revealed),
        why.explain(case.request, at, history),
        who,
        doing.build(case, by, at, moves, bound, revealed),
        record.build(case, by, at, [piece.row.pk for piece in who.heard] if who else []),
        looking.build(case, by, at, moves, bound, revealed),
        why.put_off_to(case.request, at, history) if may_extend else None,
    )


def why_not_reveal(case: CaseFile, by: Caller, at: datetime) -> str:
    """Return why this reader may not see personal values, "" when it is allowed."""
    try:
        check_can_reveal(case.request, by, at)
    except RecourseError as error:
        return str(error.sentence)
    return ""
