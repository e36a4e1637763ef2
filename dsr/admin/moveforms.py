"""The moves as forms: how the page draws each, and what becomes of what is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from dsr.admin import consequences
from dsr.admin.movehandlers import HANDLERS
from dsr.admin.moveinputs import fields_for
from dsr.errors import NotAllowed, RecourseError
from dsr.lifecycle import BY_VERB
from dsr.models import SubjectRequest
from dsr.policies import Caller, reason_against
from dsr.selectors.casefile import CaseFile
from dsr.services._moves import OpenMove

FIRST = (
    "take_complaint", "propose_answer", "answer_complaint", "propose_ruling", "decide_appeal",
    "link_decision", "take_review", "confirm_erasure", "weigh", "propose_decision", "decide_objection", "prepare",
    "approve", "refuse", "reopen", "take_up", "meant", "meant_unproved", "reissue", "renew",
)  # fmt: skip
GRAVE = frozenset({
    "refuse", "refuse_late", "decide_objection_late", "redirect", "withdraw", "go_without", "end_unproved",
    "accept_failure", "close_misunderstood",
})  # fmt: skip
_BESIDE = {"argue_refusal": ("withholding",)}
"""Inputs that say which row a move is about, where it need not be about one."""
_ROWS = ("step", "withholding", "method", "task", "item", "mark", "enquiry", "finding", "remedy", "outside")
"""Inputs that say which of several rows a move is about; they belong to the form's key."""


@dataclass(frozen=True, slots=True)
class MoveForm:
    """One move as the page draws it."""

    verb: str
    title: str
    consequence: str
    form: forms.Form

    @property
    def weight(self) -> str:
        """How much it stands out: what usually comes next, what closes a request, or neither."""
        return "first" if self.verb in FIRST else "grave" if self.verb in GRAVE else ""

    @property
    def open(self) -> bool:
        """Whether it was sent and came back, and so should be unfolded."""
        return self.form.is_bound


class _Form(forms.Form):
    """A move's inputs and the version of the request that somebody looked at when deciding."""

    required_css_class = "r-required"
    version = forms.IntegerField(widget=forms.HiddenInput)

    def refuse(self, error: RecourseError) -> None:
        """Show why a use case said no, next to the field where it names one."""
        problems = getattr(error, "problems", None) or {error.field or "": error.sentence}
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, str(sentence))


def key_of(verb: str, data: Mapping[str, Any]) -> str:
    """Return the key of the form that something was sent with: its verb, and the row that it is about."""
    known = {*BY_VERB[verb].inputs, *_BESIDE.get(verb, ())}
    rows = [str(data[name]) for name in _ROWS if name in known and data.get(name)]
    return "-".join([verb, *rows])


def form_for(verb: str, case: CaseFile, data: Mapping[str, Any] | None = None, **initial: Any) -> forms.Form:
    """Return a move's form, filled with what was sent if anything was."""
    prefix = "-".join([verb, *(str(value) for value in initial.values())])
    about = (data or initial).get("withholding")
    form_class = type(f"{verb.title()}Form", (_Form,), fields_for(verb, case, about))
    form: forms.Form = form_class(
        data, initial={"version": case.request.version, **initial}, auto_id=f"id_{prefix}_%s", label_suffix=""
    )
    return form


def move_form(
    move: OpenMove, case: CaseFile, bound: Mapping[str, forms.Form], at: datetime, **initial: Any
) -> MoveForm:
    """Return a move as the page draws it; ``bound`` holds the form that came back, by its key."""
    key = "-".join([move.verb, *(str(value) for value in initial.values())])
    form = bound.get(key) or form_for(move.verb, case, **initial)
    title = consequences.title_of(move.verb, case.request.right, move.title)
    return MoveForm(move.verb, title, consequences.of_move(move.verb, case.request, at), form)


def attempt(form: forms.Form, verb: str, subject: SubjectRequest, by: Caller, at: datetime) -> RecourseError | None:
    """Call the one use case of a move if it is theirs and the form can be read; return what is objected to."""
    against = reason_against(subject, verb, by, at)
    if isinstance(against, NotAllowed):  # what a form lacks is nobody's business whose move it is not
        form.refuse(against)  # type: ignore[attr-defined]
        return against
    if not form.is_valid():
        return None
    try:
        HANDLERS[verb](subject, form.cleaned_data, by, at)
    except RecourseError as error:
        form.refuse(error)  # type: ignore[attr-defined]
        return error
    return None
