"""The worksheet for what an owner, or a recipient, is to do: what that is, for whom, and what was done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.errors import Incomplete
from dsr.models import TaskKind
from dsr.public import pages, tickets
from dsr.public.forms import PlainText, PublicForm
from dsr.rights import Right
from dsr.rules import NotInRules, pack
from dsr.services import leftout, taskpaper
from dsr.services.leftout import LeftOut
from dsr.services.taskpaper import WORDS, Said, TaskSheet, Word
from verification import grants

KINDS: Mapping[str, str | Promise] = {
    "email": gettext_lazy("Mail address"),
    "phone": gettext_lazy("Telephone number"),
    "account": gettext_lazy("Account number"),
    "name": gettext_lazy("Name"),
}
_DONE: Mapping[TaskKind, str | Promise] = {
    TaskKind.ERASE: gettext_lazy("It is deleted"),
    TaskKind.CORRECT: gettext_lazy("It is put right"),
    TaskKind.ANNOTATE: gettext_lazy("The statement is kept beside it"),
    TaskKind.RESTRICT: gettext_lazy("It is only stored from now on"),
    TaskKind.UNRESTRICT: gettext_lazy("It may be used again there"),
    TaskKind.TELL: gettext_lazy("We have acted on it"),
}
_NOT_FOR_OWNERS = frozenset({"generic", "officer"})
"""Marks of grounds that say nothing by themselves, or that only the privacy officer uses."""


def known_by(who: Mapping[str, Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    """Return identifiers with the words for their kinds."""
    return [(str(KINDS.get(kind, kind)), values) for kind, values in who.items()]


@dataclass(frozen=True, slots=True)
class Row:
    """What is asked about one category, or about the whole."""

    title: str
    word: BoundField
    count: BoundField
    ground: BoundField | None = None
    until: BoundField | None = None

    @property
    def is_open(self) -> bool:
        """Whether the part about keeping is to be seen at once."""
        return bool(self.word.value() == Word.KEPT)


class TaskForm(PublicForm):
    """What the owner did: of each category of a deletion, of the whole of anything else."""

    def __init__(self, *args: Any, sheet: TaskSheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        self.asked = sheet.categories or ("",)
        if sheet.asks_to_leave_out:
            self.fields["left_out"] = forms.ChoiceField(
                widget=forms.RadioSelect,
                label=_("Before you delete: is the person left out from now on?"),
                help_text=_("Of mailings, lists and what is taken in, so that nothing deleted comes back by itself."),
                choices=[(str(word), said) for word, said in leftout.WORDS.items()],
                error_messages={
                    "required": _("Say whether the person is left out."),
                    "invalid_choice": _("Choose one of these."),
                },
            )
        for number, category in enumerate(self.asked):
            self._add(number, _title(category))
        self.fields["note"] = PlainText(
            lines=True,
            required=False,
            max_length=4000,
            label=_("What should the privacy team know? (optional)"),
            help_text=_("If you could not do it, say what stood in the way."),
            widget=forms.Textarea(attrs={"rows": 4}),
        )

    def _add(self, number: int, title: str) -> None:
        words = [word for word in Word if word != Word.KEPT or self.sheet.categories]
        labels = {**WORDS, Word.DONE: _DONE.get(self.sheet.kind, WORDS[Word.DONE])}
        self.fields[f"word_{number}"] = forms.ChoiceField(
            widget=forms.RadioSelect,
            label=title or _("What did you do?"),
            choices=[(str(word), labels[word]) for word in words],
            error_messages={"required": _("Say what you did."), "invalid_choice": _("Choose one of these.")},
        )
        self.fields[f"count_{number}"] = forms.IntegerField(
            required=False,
            min_value=0,
            max_value=10_000_000,
            label=_of(title, _("How many records was it? (optional)")),
            widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
            error_messages=dict.fromkeys(
                ("invalid", "min_value", "max_value"), _("Enter how many records it was about, as a whole number.")
            ),
        )
        if self.sheet.categories:
            self.fields[f"ground_{number}"] = forms.ChoiceField(
                required=False,
                label=_of(title, _("Why must it be kept?")),
                choices=[("", _("Choose one")), *_grounds()],
                error_messages={"invalid_choice": _("Choose one of these.")},
            )
            self.fields[f"until_{number}"] = forms.DateField(
                required=False,
                label=_of(title, _("Until which day?")),
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
                error_messages={"invalid": _("Enter a day, as 2027-03-31.")},
            )

    def clean(self) -> dict[str, Any]:
        """Ask for ground and day where something must be kept."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("left_out") == LeftOut.COULD_NOT:
            for number in range(len(self.asked)):
                self.errors.pop(f"word_{number}", None)  # nothing was deleted, so there is nothing to say of it
            return found
        for number in range(len(self.asked)):
            if found.get(f"word_{number}") == Word.KEPT:
                if f"ground_{number}" not in self.errors and not found.get(f"ground_{number}"):
                    self.add_error(f"ground_{number}", _("Choose the ground on which it must be kept."))
                if f"until_{number}" not in self.errors and not found.get(f"until_{number}"):
                    self.add_error(f"until_{number}", _("Enter the day until which it must be kept."))
        return found

    @property
    def left_out(self) -> BoundField | None:
        """Whether the person is left out, where that is asked."""
        return self["left_out"] if self.sheet.asks_to_leave_out else None

    @property
    def rows(self) -> Iterator[Row]:
        """What is asked, in order."""
        for number, category in enumerate(self.asked):
            kept = (self[f"ground_{number}"], self[f"until_{number}"]) if self.sheet.categories else ()
            yield Row(_title(category), self[f"word_{number}"], self[f"count_{number}"], *kept)

    def said(self) -> list[Said]:
        """Return the report."""
        return [self._said(number, category) for number, category in enumerate(self.asked)]

    def _said(self, number: int, category: str) -> Said:
        given = self.cleaned_data
        word, count = given.get(f"word_{number}", Word.COULD_NOT), given.get(f"count_{number}") or 0
        if word != Word.KEPT:
            return Said(word, category, count)
        return Said(word, category, count, given[f"ground_{number}"], given[f"until_{number}"])

    def explain(self, error: Incomplete) -> None:
        """Put what the service found wrong beside the field it belongs to."""
        places = {category or "word": number for number, category in enumerate(self.asked)}
        for where, sentence in error.problems.items():
            number = places.get(where)
            if where in self.fields:
                self.add_error(where, sentence)
            elif number is None:
                self.add_error("note", sentence)
            else:
                kept = self.cleaned_data.get(f"word_{number}") == Word.KEPT
                self.add_error(f"until_{number}" if kept else f"word_{number}", sentence)


class ProofForm(PublicForm):
    """One file that proves what was done."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("This file is empty."),
            "invalid": gettext_lazy("Choose a file first."),
        },
    )

    def __init__(self, *args: Any, endings: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ",".join(endings)


def answer(request: HttpRequest, key: str, at: datetime) -> HttpResponse:
    """Show the task, or what became of it; on POST, take the report."""
    try:
        sheet = taskpaper.sheet_of(key, at)
        if request.method != "POST" or not sheet.open:
            return show(request, sheet, key)
        form = TaskForm(request.POST, sheet=sheet)
        if form.is_valid():
            taskpaper.report(
                key, form.said(), form.cleaned_data["note"], at=at, left_out=form.cleaned_data.get("left_out", "")
            )
            return pages.see_other(f"{reverse('public:worksheet')}?key={key}")
    except grants.NoGrant:
        return pages.page(request, "worksheets/ended", status=HTTPStatus.NOT_FOUND)
    except Incomplete as error:
        form.explain(error)
    return show(request, sheet, key, report=form)


def show(
    request: HttpRequest,
    sheet: TaskSheet,
    key: str,
    *,
    report: TaskForm | None = None,
    proof: ProofForm | None = None,
) -> HttpResponse:
    """Draw the task, with the form that was not taken, or say that it is over."""
    if not sheet.open:
        return pages.page(request, "worksheets/done", {"sheet": sheet})
    wrong = report or proof
    rules = sheet.file_rules
    context = {
        "sheet": sheet,
        "who": known_by(sheet.who),
        "only": [_title(category) for category in sheet.only],
        "form": report or TaskForm(sheet=sheet),
        "proof": proof or (ProofForm(endings=rules.endings) if rules else None),
        "wrong": wrong,
        "problems": wrong is not None,
        "key": key,
        "nonce": tickets.nonce(),
        "is_deletion": sheet.right == Right.DELETION,
        "is_restriction": sheet.right == Right.RESTRICTION,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return pages.page(request, "worksheets/task", context, status=status)


def _of(title: str, question: str) -> str:
    """Return a question that says what it is about, as the same one is asked about each category."""
    return f"{title}: {question}" if title else question


def _title(category: str) -> str:
    """Return what a category is called in the notice of today."""
    notice = pages.notice_today()
    try:
        return pack().category_words(category, notice.id, notice.version, pages.language()).title if category else ""
    except NotInRules:
        return category


def _grounds() -> list[tuple[str, str]]:
    """Return the grounds on which a part may be kept, in the words for people."""
    rows = [
        row
        for row in pack().refusals.values()
        if Right.DELETION in row.rights
        and row.scope == "category"
        and row.second_person
        and not any(getattr(row, mark) for mark in _NOT_FOR_OWNERS)
    ]
    return sorted(((row.id, row.wording("title", pages.language())) for row in rows), key=lambda pair: pair[1])
