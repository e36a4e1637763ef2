"""The part of a request's page about an objection: what is objected to, and what was weighed, use by use."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.admin import words
from dsr.choices import uses
from dsr.models import Weighed, Weighing
from dsr.policies.objecting import wanted
from dsr.rules import pack
from dsr.selectors.casefile import CaseFile
from dsr.services import threads
from notifications.models import Forgotten

_LABELS = ("interest", "compelling", "alternatives", "effect", "remains", "reason")


def label(name: str) -> str:
    """Return what a text of a weighing is called."""
    return {
        "interest": _("Which interest of ours it serves"),
        "compelling": _("Why that is compelling, and weighs more than what the person says"),
        "alternatives": _("Which milder ways were looked at, and why they do not do"),
        "effect": _("What it means for this person"),
        "remains": _("What goes on, where a part stops"),
        "reason": _("Why, in words for the person"),
    }[name]


@dataclass(frozen=True, slots=True)
class Row:
    """One use: what it is called, what was decided, and what was written; texts only for those who may read them."""

    title: str
    weighing: Weighing | None
    outcome: str
    ground: str
    by: str
    texts: list[tuple[str, str]]


def rows(case: CaseFile, *, may_read: bool) -> list[Row]:
    """Return every use that is objected to, and those that were weighed beside."""
    notice, found = reckoning.notice_of(case.request.submission), {row.use: row for row in case.acts.weighings}
    names = list(dict.fromkeys([*wanted(case.request), *found]))
    return [_row(uses.title(name, notice, get_language()), found.get(name), may_read) for name in names]


def _row(title: str, row: Weighing | None, may_read: bool) -> Row:
    if row is None:
        return Row(title, None, "", "", "", [])
    said = _said(row) if may_read else {}
    return Row(
        title,
        row,
        str(Weighed(row.outcome).label),
        words.ground_title(row.ground) if row.ground else "",
        words.colleague(row.by),
        [(label(name), said[name]) for name in _LABELS if said.get(name)],
    )


def _said(row: Weighing) -> Mapping[str, str]:
    try:
        return row.open_json("content")
    except Forgotten:
        return {}


def weighing_fields(case: CaseFile) -> dict[str, forms.Field]:
    """Return the inputs of a weighing: which of them are needed hangs on the outcome, so the use case says it."""
    notice = reckoning.notice_of(case.request.submission)
    known = {**dict.fromkeys(wanted(case.request), ""), **{row.id: "" for row in notice.purposes}}
    named = [(name, uses.title(name, notice, get_language())) for name in known]
    bases = [(row.id, row.wording("title", get_language())) for row in notice.legal_bases]
    choose = ("", _("Choose one"))
    texts = {
        name: forms.CharField(
            label=label(name), max_length=threads.LONGEST, required=name == "reason", widget=forms.Textarea({"rows": 2})
        )
        for name in _LABELS
    }
    return {
        "use": forms.ChoiceField(label=_("Use"), choices=[choose, *named]),
        "basis": forms.ChoiceField(label=_("Legal basis by the notice"), choices=[choose, *bases]),
        "outcome": forms.ChoiceField(label=_("What becomes of it"), choices=[choose, *Weighed.choices]),
        "ground": forms.ChoiceField(label=_("Ground, where something goes on"), choices=_grounds(), required=False),
        "vulnerable": forms.BooleanField(
            label=_("It is about a child, or about somebody who needs protection"), required=False
        ),
        **texts,
    }


def _grounds() -> list[tuple[str, str]]:
    rows = [row for row in pack().refusals.values() if "objection" in row.rights]
    return [("", _("none")), *((row.id, row.wording("title", get_language())) for row in rows)]
