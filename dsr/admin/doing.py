"""The part of a request's page that says what is done in the systems: the plan, who does what, what stays, who is told.

What the person says is wrong, and what systems hold, is personal: it is drawn only while the details are revealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django import forms
from django.utils.translation import gettext as _

from dsr import rules
from dsr.admin import objecting, words
from dsr.admin.moveforms import MoveForm, move_form
from dsr.connectors import ConnectorError
from dsr.connectors.reasons import reason
from dsr.lifecycle import State
from dsr.models import (
    REAPPEARED,
    Certificate,
    CorrectionItem,
    DeadlineKind,
    ItemDecision,
    Kept,
    LegalHold,
    Restriction,
    Task,
    TaskKind,
    TaskState,
    WorksheetFile,
)
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import NotInRules
from dsr.selectors.casefile import CaseFile, text_of
from dsr.selectors.masking import Personal
from dsr.services import codes, correction, holds
from dsr.services._moves import OpenMove
from dsr.services.correction import Held
from dsr.services.erasure import plan
from dsr.services.identifiers import known_identifiers

_MOMENT = timedelta(microseconds=1)
_SUMMED = ("found", "erase", "keep")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What would become of one category in one system, in words."""

    part: plan.Part
    category: str
    ground: str
    rule: str
    """The sentence of the row of the schedule that decides, "" where none does."""
    held: bool
    """Whether a legal hold keeps it."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file by which an owner proves what was done; its name is for those who read what people wrote."""

    row: WorksheetFile
    name: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One system's part in carrying it out, and what can be decided about it."""

    task: Task
    what: str
    sentence: str
    note: str
    by: str
    files: list[FileRow]
    forms: list[MoveForm]


@dataclass(frozen=True, slots=True)
class KeptRow:
    """Records that stayed: why, until when."""

    row: Kept
    category: str
    ground: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One thing that is said to be wrong; its texts are empty while they are not revealed."""

    item: CorrectionItem
    about: str
    asked: str
    reason: str
    statement: str
    ground: str
    by: str
    decide: MoveForm | None
    disagree: MoveForm | None


@dataclass(frozen=True)
class Doing:
    """Everything that the template draws."""

    case: CaseFile
    at: datetime
    by: Caller
    moves: Mapping[str, OpenMove]
    bound: Mapping[str, forms.Form]
    revealed: bool
    """Whether the reader has the details shown."""

    @property
    def right(self) -> Right:
        """What was asked for."""
        return Right(self.case.request.right)

    @property
    def deletion(self) -> bool:
        """Whether something is to be erased."""
        return self.right == Right.DELETION

    def _form(self, verb: str, **initial: object) -> MoveForm | None:
        move = self.moves.get(verb)
        if move is None or not move.allowed:
            return None
        return move_form(move, self.case, self.bound, self.at, **initial)

    def _category(self, category: str) -> str:
        return words.category_title(self.case.request.submission, category)

    # --- The plan of an erasure ---------------------------------------------------------------------------------------

    @cached_property
    def plan(self) -> list[PlanRow]:
        """What would go and what would stay: a row for every category of every system in scope."""
        if not self.deletion:
            return []
        lines = [(step.system.key, line) for step in self.case.steps for line in step.plan]
        held = {(key, line["category"]) for key, line in lines if line["keep"] and line["hold"]}
        return [
            PlanRow(
                part,
                self._category(part.category),
                words.ground_title(part.ground) if part.ground else "",
                _rule(part.rule),
                (part.system, part.category) in held,
            )
            for part in plan.parts(self.case.request)
        ]

    @property
    def totals(self) -> dict[str, int]:
        """The sums of the plan: found is erase plus keep."""
        return {name: sum(getattr(row.part, name) for row in self.plan) for name in _SUMMED}

    @property
    def confirm_by(self) -> datetime | None:
        """The last moment for the second confirmation; None where it was given or is not waited for."""
        ends = (row for row in self.case.deadlines if row.kind == DeadlineKind.CONFIRM_END and row.done_at is None)
        return next((row.due_at - _MOMENT for row in ends), None)

    @property
    def waits_to_act(self) -> bool:
        """Whether it was approved and has not begun in any system."""
        request = self.case.request
        return request.state == State.FULFILLING and request.act_at is not None and not self.case.acts.tasks

    @cached_property
    def holds(self) -> list[tuple[LegalHold, str]]:
        """The legal holds that protect part of what is asked for, as things stand now, each with its ground."""
        submission = self.case.request.submission
        if not self.deletion or submission.purged_at is not None:
            return []
        scope = [(step.system.key, category) for step in self.case.steps for category in step.system.categories]
        return [
            (hold, words.ground_title(hold.ground))
            for hold in holds.covering(known_identifiers(submission))
            if any(holds.holds_here(hold, system, category) for system, category in scope)
        ]

    @property
    def may_open_holds(self) -> bool:
        """Whether the reader may look at a legal hold itself."""
        return self.by.user is not None and self.by.user.has_perm("dsr.set_holds")

    # --- Carrying it out ----------------------------------------------------------------------------------------------

    @property
    def tasks(self) -> list[TaskRow]:
        """Who does what, and how far each has come."""
        return [self._task(task) for task in self.case.acts.tasks if task.kind != TaskKind.TELL]

    @property
    def recipients(self) -> list[TaskRow]:
        """Those who were given the data and are told, with what they answer."""
        return [self._task(task) for task in self.case.acts.tasks if task.kind == TaskKind.TELL]

    def _task(self, task: Task) -> TaskRow:
        came_back = ("erase_again",) if task.code == REAPPEARED else ()
        stuck = (*came_back, "retry_task", "accept_failure")
        verbs = {TaskState.STUCK: stuck, TaskState.WITH_OWNER: ("accept_failure",)}.get(TaskState(task.state), ())
        return TaskRow(
            task,
            _what(task),
            codes.said(task.code),
            text_of(task, "note") if self.by.roles and task.note_sealed else "",
            words.colleague(task.decided_by),
            [FileRow(row, text_of(row, "name") if self.by.roles else "") for row in task.files.all()],
            [form for verb in verbs if (form := self._form(verb, task=task.pk))],
        )

    @property
    def kept(self) -> list[KeptRow]:
        """What stays, and what stayed until its day came."""
        return [
            KeptRow(row, self._category(row.category), words.ground_title(row.ground)) for row in self.case.acts.kept
        ]

    @property
    def restrictions(self) -> list[Restriction]:
        """The systems that hold the data restricted, and those that did."""
        return self.case.acts.restrictions

    @property
    def certificates(self) -> list[Certificate]:
        """The signed statements of what was done."""
        return self.case.acts.certificates

    @property
    def objection(self) -> list[objecting.Row]:
        """What is objected to and what was weighed, use by use; nothing for any other right."""
        return objecting.rows(self.case, may_read=bool(self.by.roles)) if self.right == Right.OBJECTION else []

    # --- What is said to be wrong -------------------------------------------------------------------------------------

    @property
    def correction(self) -> bool:
        """Whether something is to be put right."""
        return self.right == Right.CORRECTION

    @property
    def items(self) -> list[ItemRow]:
        """Each thing that is said to be wrong, and what was decided about it."""
        return [self._item(item) for item in self.case.acts.items]

    def _item(self, item: CorrectionItem) -> ItemRow:
        texts = {
            name: text_of(item, name) if self.revealed else "" for name in ("about", "asked", "reason", "statement")
        }
        refused = item.decision == ItemDecision.REFUSE
        return ItemRow(
            item,
            **texts,
            ground=words.ground_title(item.ground) if item.ground else "",
            by=words.colleague(item.decided_by),
            decide=self._decide(item) if self.revealed else None,
            disagree=self._form("disagree", item=item.number) if refused else None,
        )

    def _decide(self, item: CorrectionItem) -> MoveForm | None:
        form = self._form("decide_item", item=item.number)
        if form is not None:
            places = form.form.fields["places"]
            assert isinstance(places, forms.MultipleChoiceField)
            places.choices = [(str(each.place), f"{each.title} ({each.place})") for each in self.held]
            places.initial = item.places
        return form

    @property
    def add_item(self) -> MoveForm | None:
        """Adding something that came in a message or by telephone."""
        return self._form("add_item")

    @property
    def held(self) -> list[Held]:
        """What the fields that can be put right hold of the person; nothing while it is not revealed."""
        return self._looked[0]

    @property
    def why_not_held(self) -> str:
        """Why what is held cannot be shown, "" where it can."""
        return self._looked[1]

    @cached_property
    def _looked(self) -> tuple[list[Held], str]:
        open_now = self.case.request.state in (State.IN_REVIEW, State.FULFILLING)
        if not (self.correction and self.revealed and open_now):
            return [], ""
        try:
            return correction.held(self.case.request), ""
        except ConnectorError as error:
            return [], reason(str(error.code))


def build(
    case: CaseFile,
    by: Caller,
    at: datetime,
    moves: Mapping[str, OpenMove],
    bound: Mapping[str, forms.Form],
    revealed: frozenset[str],
) -> Doing | None:
    """Return the section for one reader; None for what is answered without doing anything in the systems."""
    if not (case.request.spec.acts or case.request.right == Right.OBJECTION):
        return None
    return Doing(case, at, by, moves, bound, Personal.DETAILS in revealed)


def _what(task: Task) -> str:
    if not task.late:
        return task.get_kind_display()
    if task.kind == TaskKind.TELL:
        return _("tell the recipient that what was kept is erased")
    return _("erase what was kept, as its day has come")


def _rule(rule: str) -> str:
    try:
        return rules.pack().retention.rule(rule).wording("plain") if rule else ""
    except NotInRules:
        return ""
