"""The form by which staff file for somebody: who asks, from where, what for, with the details that each right needs."""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dsr.rights import SPECS, Right
from dsr.rules import COUNTRIES, pack
from dsr.selectors import asking
from dsr.services.intake import Want
from dsr.services.threads import LONGEST


class FilingForm(forms.Form):
    """What somebody read, heard or was handed, as a filing. Only what is ticked is filed."""

    name = forms.CharField(max_length=200, required=False)
    email = forms.CharField(max_length=254)
    country = forms.ChoiceField()
    region = forms.CharField(max_length=8, required=False)
    relationship = forms.ChoiceField()
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    rights = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple({"class": "r-laws"}))

    def __init__(self, data: Any = None, *, on: Any, **kwargs: Any) -> None:
        """``on``: the day whose notice says how people know the organisation."""
        super().__init__(data, label_suffix="", **kwargs)
        labels = {
            "name": _("Name, as it was given"),
            "email": _("Mail address for answers"),
            "country": _("Country where the person lives"),
            "region": _("State or province, as a code such as CA"),
            "relationship": _("How the person knows the organisation"),
            "language": _("Language to write in"),
            "rights": _("What is asked for"),
        }
        for name, label in labels.items():
            self.fields[name].label = label
        notice = pack().notice_then(on)
        people = [(row.id, row.wording("title")) for row in notice.relationships]
        self._choose("country", [("", _("Choose one")), *_countries(get_language() or "en")])
        self._choose("relationship", [("", _("Choose one")), *people])
        self._choose("rights", [(str(right), str(spec.title)) for right, spec in SPECS.items()])
        for right, question in _questions():
            self.fields[f"{right}.{question}"] = _detail(right, question)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Let no answer be lost because its right is not ticked."""
        said: dict[str, Any] = self.cleaned_data
        for right, question in _questions():
            if said.get(f"{right}.{question}") and right not in said.get("rights", ()):
                self.add_error(f"{right}.{question}", _("Tick what this belongs to, or empty it."))
        return said

    def wants(self) -> tuple[Want, ...]:
        """Return what is ticked, each with its details."""
        said: Mapping[str, Any] = self.cleaned_data
        return tuple(Want(Right(right), dict(_given(Right(right), said))) for right in said["rights"])


def _given(right: Right, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for question in SPECS[right].questions:
        if answer := said.get(f"{right}.{question}"):
            yield question, str(answer)


def _questions() -> Iterator[tuple[Right, str]]:
    for right, spec in SPECS.items():
        for question in spec.questions:
            yield right, question


def _detail(right: Right, question: str) -> forms.Field:
    label = f"{SPECS[right].title}: {asking.TITLES[question]}"
    if question in asking.CHOICES:
        words = [(word, str(meaning)) for word, meaning in asking.CHOICES[question].items()]
        return forms.ChoiceField(label=label, required=False, choices=[("", _("Not said")), *words])
    area = forms.Textarea({"rows": 2})
    return forms.CharField(label=label, required=False, max_length=LONGEST, widget=area)


@lru_cache(maxsize=8)
def _countries(language: str) -> list[tuple[str, str]]:
    names = dict(Locale.parse(language.replace("-", "_")).territories)
    found = ((code, str(names.get(code, code))) for code in COUNTRIES)
    return sorted(found, key=lambda row: unicodedata.normalize("NFD", row[1].casefold()))
