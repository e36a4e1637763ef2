"""The part of a request's page that proves a ground: its questions as fields, and what was answered."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dsr import rules
from dsr.admin import words
from dsr.models import Argument, ProofKind
from dsr.rules.schema.refusal import Question
from dsr.selectors.casefile import CaseFile, text_of
from dsr.services import threads
from notifications.models import Forgotten

ANSWER = "answers."
"""What the name of a field begins with that answers a question."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What was put on record for a ground, in words."""

    row: Argument
    kind: str
    place: str
    author: str
    by: str
    answers: list[tuple[str, str]]


def proving_fields(case: CaseFile, about: object = None) -> dict[str, forms.Field]:
    """Return where the proof lies, and every question of the ground of a proposed refusal or of what is held back."""
    ground = _ground_of(case, about)
    kinds = [("", _("Choose one")), *ProofKind.choices]
    fields: dict[str, forms.Field] = {
        "proof_kind": forms.ChoiceField(label=_("What the proof is"), choices=kinds),
        "proof_place": forms.CharField(label=_("Where it is on file"), max_length=500),
        "proof_author": forms.CharField(label=_("By whom it is"), max_length=200),
        "proof_on": forms.DateField(label=_("Of which day it is"), widget=forms.DateInput({"type": "date"})),
        "withholding": forms.UUIDField(widget=forms.HiddenInput, required=False),
    }
    for question in ground.checklist if ground else ():
        fields[ANSWER + question.id] = _field(question)
    return fields


def _ground_of(case: CaseFile, about: object) -> rules.Refusal | None:
    parts = {str(row.pk): row.ground for row in case.withholdings}
    code = parts.get(str(about), "") if about else case.request.refusal_ground
    return rules.pack().refusals.get(code)


def _field(question: Question) -> forms.Field:
    asks = question.wording("asks", get_language())
    if question.kind == "yes_no":
        return forms.ChoiceField(label=asks, choices=[("", _("Choose one")), ("yes", _("Yes")), ("no", _("No"))])
    if question.kind == "date":
        return forms.DateField(label=asks, widget=forms.DateInput({"type": "date"}))
    if question.kind == "count":
        return forms.IntegerField(label=asks, min_value=0, max_value=999_999)
    return forms.CharField(label=asks, max_length=threads.LONGEST, widget=forms.Textarea({"rows": 2}))


def proved(case: CaseFile, about: object = None) -> Proved | None:
    """Return what is on record for the refusal, or for one thing that is held back; None where nothing is."""
    row = next((row for row in case.arguments if row.withholding_id == about), None)
    if row is None:
        return None
    try:
        given = row.open_json("answers")
    except Forgotten:
        given = {}
    ground = rules.pack().refusals.get(row.ground)
    asked = ground.checklist if ground else ()
    return Proved(
        row=row,
        kind=str(ProofKind(row.proof_kind).label),
        place=text_of(row, "place"),
        author=text_of(row, "author"),
        by=words.colleague(row.by),
        answers=[(each.wording("asks", get_language()), _said(each, given.get(each.id, ""))) for each in asked],
    )


def _said(question: Question, answer: str) -> str:
    return {"yes": _("Yes"), "no": _("No")}.get(answer, answer) if question.kind == "yes_no" else answer
