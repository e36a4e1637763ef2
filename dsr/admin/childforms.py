"""The inputs of the moves on a report of a child's account, with the words of the rule files."""

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _

from dsr.admin import words
from dsr.models import Found, SubjectRequest
from dsr.rules.schema.ladder import AgeSign, Point
from dsr.services import childalert, sheltering, threads
from dsr.services.sheltering import Overview


def fields_for(verb: str) -> dict[str, forms.Field]:
    """Return the inputs of ``find_account`` or ``assess_age``, in the order of the page."""
    if verb == "find_account":
        label = _("By something else than what was reported: numbers or addresses, set apart by commas")
        return {"account": forms.CharField(label=label, max_length=1000, required=False)}
    rules = childalert.rules()
    conflicts = [("", _("nobody disagrees")), *((row.id, row.wording("says")) for row in rules.conflicts)]
    return {
        "finding": forms.ChoiceField(label=_("Finding"), choices=[("", _("Choose one")), *Found.choices]),
        "signs": _ticked(_("What speaks for it or against it"), rules.signs),
        "conflict": forms.ChoiceField(
            label=_("Whether those around the child disagree"), choices=conflicts, required=False
        ),
        "guidance": _ticked(_("What you went through, where they disagree: all of it"), rules.guidance),
        "tell_account": forms.BooleanField(
            label=_("Write to the account's own address. Leave it out where that could harm the child."),
            required=False,
            initial=True,
        ),
        "reason": forms.CharField(
            label=_("Reasons, for colleagues alone"),
            max_length=threads.LONGEST,
            widget=forms.Textarea({"rows": 3}),
        ),
    }


def _ticked(label: str, rows: Iterable[AgeSign | Point]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=[(row.id, row.wording("says")) for row in rows],
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "r-laws"}),
    )


@dataclass(frozen=True, slots=True)
class Child:
    """What the page of a report says beside it, in words."""

    found: Overview
    law: str
    signs: list[str]
    conflict: str
    counts: list[tuple[str, int]]
    parts: list[tuple[SubjectRequest, str, str]]


def child(request: SubjectRequest) -> Child | None:
    """Return what is known of a reported account; None for every other request."""
    found = sheltering.overview(request)
    if found is None:
        return None
    rules, age = childalert.rules(), found.age
    law = {"notice": _("the notice"), "": _("a policy of the service")}.get(found.law) or words.regime_title(found.law)
    counts = [(words.category_title(request.submission, name), count) for name, count in found.counts.items() if count]
    return Child(
        found=found,
        law=law,
        signs=[sign.wording("says") for sign in rules.signs if age and sign.id in age.signs],
        conflict=next((row.wording("says") for row in rules.conflicts if age and row.id == age.conflict), ""),
        counts=counts,
        parts=[(each, words.right_title(each.right), words.state_title(each.state)) for each in found.parts],
    )
