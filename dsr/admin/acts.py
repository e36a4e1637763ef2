"""Acts beside the moves of requests, as forms: what each asks for, and the reason where it is not possible."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _

from dsr.errors import RecourseError
from dsr.services.threads import LONGEST


@dataclass(frozen=True, slots=True)
class ActForm:
    """One act as the page draws it; ``because`` says why it is not possible, and then there is no form."""

    title: str
    consequence: str
    link: str
    form: forms.Form | None
    because: str = ""
    grave: bool = False

    @property
    def open(self) -> bool:
        """Whether it was sent and came back, and so should be unfolded."""
        return self.form is not None and self.form.is_bound


def reason_against(check: Callable[[], None]) -> str:
    """Return the sentence with which a check says no, "" where it does not."""
    try:
        check()
    except RecourseError as error:
        return str(error.sentence)
    return ""


def refuse(form: forms.Form, error: RecourseError) -> None:
    """Show why a use case said no, each problem next to the field that it is about."""
    problems = getattr(error, "problems", None) or {error.field or "": str(error.sentence)}
    for name, sentence in problems.items():
        form.add_error(name if name in form.fields else None, str(sentence))
    first = next((name for name in form.fields if name in problems), None)
    if first is not None:  # the page opens where there is something to mend, however long it is
        form.fields[first].widget.attrs["autofocus"] = True


def day(label: str, *, required: bool = True) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(label=label, required=required, widget=forms.DateInput({"type": "date"}))


def words(label: str, *, rows: int = 3, required: bool = True) -> forms.CharField:
    """Return a field for a text."""
    return forms.CharField(
        label=label, max_length=LONGEST, required=required, widget=forms.Textarea({"rows": rows})
    )  # fmt: skip


def several(label: str, choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    """Return a field for any number of choices; none stands for all."""
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple({"class": "r-laws"})
    )


def one(label: str, choices: list[tuple[str, str]], *, required: bool = True) -> forms.ChoiceField:
    """Return a field for one choice."""
    return forms.ChoiceField(label=label, choices=[("", _("Choose one")), *choices], required=required)
