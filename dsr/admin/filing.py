"""The form by which staff file for somebody: who asks, from where, what for, with the details that each right needs."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from babel import Locale
from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dsr.choices import uses
from dsr.rights import SPECS, Right
from dsr.rules import COUNTRIES, Notice, pack
from dsr.selectors import asking
from dsr.services.intake import Want
from dsr.services.threads import LONGEST

_SHORT = frozenset(
    {"decision_id", "decision_when", "complaint_reference", "childs_account", "cpni_account", "exporter"}
)
"""Questions that are answered in a few words."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, under a title."""

    title: str
    fields: tuple[BoundField, ...]


@dataclass(frozen=True, slots=True)
class Ticked:
    """One right to tick, with the questions that it brings; ``is_kept`` where an answer must not go out of sight."""

    box: BoundWidget
    title: str
    questions: tuple[tuple[BoundField, bool], ...]
    """Each with whether it has to be answered where the right is ticked."""
    is_kept: bool


class FilingForm(forms.Form):
    """What somebody read, heard or was handed, as a filing. Only what is ticked is filed."""

    drawn_by = "admin/dsr/inboundmail/filing.html"
    groups_of: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("name", "email", "language"),
        ("country", "region", "relationship"),
    )
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
            "region": _("State or province, such as CA"),
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
            self.fields[f"{right}.{question}"] = _detail(right, question, notice)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def groups(self) -> list[Group]:
        """The fields beside what is asked for, by what they are about."""
        titles = {"channel": _("How and when"), "name": _("Who asks"), "country": _("Which rules apply")}
        return [Group(titles[names[0]], tuple(self[name] for name in names)) for names in self.groups_of]

    @property
    def rest(self) -> list[BoundField]:
        """What somebody added to the form that belongs to none of its groups."""
        named = {name for names in self.groups_of for name in names} | {"rights"}
        asked = {f"{right}.{question}" for right, question in _questions()}
        return [field for field in self.visible_fields() if field.name not in named | asked]

    @property
    def ticked(self) -> Iterator[Ticked]:
        """Every right in its order, each with its questions beneath it."""
        for box, right in zip(self["rights"].subwidgets, SPECS, strict=True):
            spec = SPECS[right]
            asked = tuple((self[f"{right}.{name}"], name in spec.must_answer) for name in spec.questions)
            yield Ticked(box, str(spec.title), asked, any(field.errors for field, _needed in asked))

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
            yield question, " ".join(answer) if isinstance(answer, list) else str(answer)


def _questions() -> Iterator[tuple[Right, str]]:
    for right, spec in SPECS.items():
        for question in spec.questions:
            yield right, question


def _detail(right: Right, question: str, notice: Notice) -> forms.Field:
    label = str(asking.FOR_STAFF.get(question) or asking.TITLES[question])
    if question in uses.MANY:
        box = forms.CheckboxSelectMultiple({"class": "r-laws"})
        return forms.MultipleChoiceField(
            label=label, required=False, choices=list(uses.options(question, notice, "").items()), widget=box
        )
    if question in asking.CHOICES:
        meanings = asking.CHOICES_FOR_STAFF.get(question) or asking.CHOICES[question]
        words = [(word, str(meaning)) for word, meaning in meanings.items()]
        return forms.ChoiceField(label=label, required=False, choices=[("", _("Not said")), *words])
    area = forms.Textarea({"rows": 1 if question in _SHORT else 2})
    return forms.CharField(label=label, required=False, max_length=LONGEST, widget=area)


@lru_cache(maxsize=8)
def _countries(language: str) -> list[tuple[str, str]]:
    names = dict(Locale.parse(language.replace("-", "_")).territories)
    found = ((code, str(names.get(code, code))) for code in COUNTRIES)
    return sorted(found, key=lambda row: unicodedata.normalize("NFD", row[1].casefold()))
