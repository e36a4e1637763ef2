"""The questions that only the chosen rights need: how each is put, and how the answers are shown again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.choices import uses
from dsr.public.forms import LONGEST_TEXT, PlainText, PublicForm
from dsr.rights import CORRECTION_ROWS, SPECS, Right
from dsr.rules import Notice
from dsr.selectors import asking
from dsr.services.intake import Want

CONSEQUENCES: Sequence[str | Promise] = (
    gettext_lazy("An account is closed for good: nobody can open it again, and what is in it is lost."),
    gettext_lazy(
        "What a law makes us keep, such as invoices, stays until its day has come and is deleted then. You are told "
        "what it is, and until when."
    ),
    gettext_lazy("If a copy of the data is asked for as well, the copy comes first."),
    gettext_lazy(
        "A scrambled form of your address stays, so that you are not taken in again by mistake. Nobody can read it."
    ),
)
"""What a deletion means, told before each of the two confirmations."""
_TWICE = gettext_lazy("Before anything is deleted we ask you once more. Until it begins you can stop it.")


@dataclass(frozen=True, slots=True)
class Question:
    """How a detail that some right asks for is put into words."""

    label: str | Promise
    hint: str | Promise = ""
    rows: int = 2


QUESTIONS: Mapping[str, Question] = {
    "scope": Question(
        gettext_lazy("Is there something in particular you are looking for? (optional)"),
        gettext_lazy(
            "For example a service, a period or a conversation. Leave it empty to get everything. "
            "Please write no passwords, card numbers or identity numbers here."
        ),
        rows=4,
    ),
    "consequences": Question(gettext_lazy("Do you want this all the same?")),
    "cpni_account": Question(
        gettext_lazy("Which account is it about?"),
        gettext_lazy("Its number, as it stands on your bills and in the console. Capitals make no difference."),
        rows=1,
    ),
    "reporter": Question(gettext_lazy("Who are you to the child?")),
    "childs_account": Question(
        gettext_lazy("Which account is it about?"),
        gettext_lazy("Its number, mail address or telephone number, whatever you know; one on a line."),
    ),
    "childs_why": Question(
        gettext_lazy("Why do you think that it is a child's?"),
        gettext_lazy("A sentence is enough. Please send no document of the child: we do not want one."),
    ),
    "decision_kind": Question(
        gettext_lazy("What was decided about you?"),
        gettext_lazy("You need not be able to sign in. If you still get mail at the address you gave, that is enough."),
    ),
    "decision_id": Question(
        gettext_lazy("The number of the decision, if you were told one (optional)"),
        gettext_lazy("It stands in the message that told you of the decision."),
        rows=1,
    ),
    "decision_when": Question(gettext_lazy("When about was that? (optional)"), rows=1),
    "decision_what": Question(
        gettext_lazy("What happened? (optional)"),
        gettext_lazy("For example: since Monday it says that the account is closed. Please write no passwords here."),
        rows=3,
    ),
    "decision_wrong": Question(
        gettext_lazy("Why do you think that it is wrong? (optional)"),
        gettext_lazy("You can add to it later, on the page of your request. Whoever reviews it reads all of it."),
        rows=5,
    ),
    "restriction_ground": Question(gettext_lazy("Why should the data be kept and not used?")),
    "consents": Question(
        gettext_lazy("Which consent do you take back?"),
        gettext_lazy("Tick as many as you like. You need not say why, and nothing gets worse for you by it."),
    ),
    "objected": Question(
        gettext_lazy("To which use of your data do you object?"),
        gettext_lazy("Tick as many as you like. Direct marketing stops at once, without a reason and without proof."),
    ),
    "own_grounds": Question(
        gettext_lazy("What in your situation speaks against it?"),
        gettext_lazy(
            "In your own words; a few sentences are enough. It is weighed against our reasons. Against direct "
            "marketing alone you need not write anything."
        ),
        rows=6,
    ),
    "complaint": Question(
        gettext_lazy("What went wrong?"),
        gettext_lazy(
            "What happened, and when, as far as you know. If there is more than one thing, write each in a line of its "
            "own: each is answered. Please write no passwords, card numbers or identity numbers here."
        ),
        rows=6,
    ),
    "complaint_subject": Question(gettext_lazy("What is it about? (optional)")),
    "complaint_reference": Question(
        gettext_lazy("Is it about a request that you made? (optional)"),
        gettext_lazy("Its reference, as it stands in our mails. You need not have made any request to complain."),
        rows=1,
    ),
    "complaint_wish": Question(gettext_lazy("What should we do about it? (optional)")),
    "exporter": Question(
        gettext_lazy("Which company sent the data out of Europe? (optional)"),
        gettext_lazy("The company of our group that you gave the data to. If you do not know, we find out."),
        rows=1,
    ),
    "wrong_1": Question(
        gettext_lazy("What is wrong?"),
        gettext_lazy(
            "What it is about, and what it says now. For example: my street, it says 12 Bell Lane. If something shows "
            "that it is wrong, such as a letter or a contract, name it; once this is sent you can add it on the page "
            "of your request."
        ),
    ),
    "right_1": Question(
        gettext_lazy("What should it say?"),
        gettext_lazy(
            "Only the new words, as they are to stand there. Please write no passwords, card numbers or identity "
            "numbers here."
        ),
    ),
    "wrong_2": Question(gettext_lazy("What else is wrong? (optional)")),
    "right_2": Question(gettext_lazy("What should that say?")),
    "wrong_3": Question(gettext_lazy("And what besides? (optional)")),
    "right_3": Question(gettext_lazy("What should that one say?")),
}
"""A word for every question that ``dsr.rights`` names; a test fails on one without."""
_LABELS: Mapping[str, str | Promise] = {
    "consequences": gettext_lazy("You know what it means"),
    "restriction_ground": gettext_lazy("Why the data should be kept and not used"),
    "cpni_account": gettext_lazy("The account that it is about"),
    "consents": gettext_lazy("Consents that you take back"),
    "objected": gettext_lazy("Uses that you object to"),
    "own_grounds": gettext_lazy("What speaks against it in your situation"),
    "reporter": gettext_lazy("Who you are to the child"),
    "childs_account": gettext_lazy("The account that it is about"),
    "childs_why": gettext_lazy("Why it is a child's"),
    "decision_kind": gettext_lazy("What was decided"),
    "decision_id": gettext_lazy("The number of the decision"),
    "decision_when": gettext_lazy("When about"),
    "decision_what": gettext_lazy("What happened"),
    "decision_wrong": gettext_lazy("Why you think that it is wrong"),
    "complaint": gettext_lazy("What went wrong"),
    "complaint_subject": gettext_lazy("What it is about"),
    "complaint_reference": gettext_lazy("The request that it is about"),
    "complaint_wish": gettext_lazy("What should be done"),
    "exporter": gettext_lazy("The company that sent the data"),
}
"""What stands before an answer when it is shown again, where it is no wish for something in particular."""


_EMPTY: Mapping[str, str | Promise] = dict.fromkeys(
    (
        "decision_id",
        "decision_when",
        "decision_what",
        "decision_wrong",
        "complaint_subject",
        "complaint_reference",
        "complaint_wish",
        "exporter",
    ),
    gettext_lazy("nothing said"),
)
"""What stands in place of an answer that was not given, where that is not everything."""


class Several(forms.MultipleChoiceField):
    """Boxes to tick; the answer is their words, with spaces between."""

    def clean(self, value: Any) -> str:
        """Return the words."""
        return " ".join(super().clean(value))


class Sure(forms.MultipleChoiceField):
    """One box to tick; its answer is the word of the box, or nothing."""

    def clean(self, value: Any) -> str:
        """Return the word."""
        return "".join(super().clean(value)[:1])


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that stand together: under the title of their right where there are several, in a frame if named."""

    part: str
    means: tuple[str, ...]
    legend: str
    fields: tuple[BoundField, ...]


class DetailsForm(PublicForm):
    """What the chosen rights need to know, and nothing else."""

    def __init__(
        self,
        *args: Any,
        questions: Sequence[tuple[str, str, str]],
        options: Mapping[str, Sequence[tuple[str, str]]],
        **kwargs: Any,
    ) -> None:
        """``questions`` are (right, name of the detail, title of the right), ``options`` those of `uses.MANY`."""
        super().__init__(*args, **kwargs)
        self._titles = {Right(right): title for right, _name, title in questions}
        for right, name, _title in questions:
            self.fields[field_name(right, name)] = _field(name, options.get(name, ()))

    def clean(self) -> dict[str, Any]:
        """Say what is missing, in the words of whoever checks it again."""
        said = self.cleaned_data
        for right in self._titles:
            given = {name: said.get(field_name(right, name), "") for name in SPECS[right].questions}
            for name, sentence in asking.unanswered(right, given).items():
                if field_name(right, name) not in self.errors:
                    self.add_error(field_name(right, name), sentence)
        return said

    @property
    def is_optional(self) -> bool:
        """Whether everything may stay empty."""
        return not any(SPECS[right].must_answer for right in self._titles)

    @property
    def groups(self) -> Iterator[Group]:
        """The questions in the order of the page."""
        for right, title in self._titles.items():
            part = title if len(self._titles) > 1 else ""
            if right is Right.CORRECTION:
                legends = (_("The first thing"), _("A second thing"), _("A third thing"))
                for row, legend in zip(range(1, CORRECTION_ROWS + 1), legends, strict=True):
                    yield Group(part, (), legend, self._fields(right, (f"wrong_{row}", f"right_{row}")))
            else:
                means = (*map(str, CONSEQUENCES), str(_TWICE)) if right is Right.DELETION else ()
                yield Group(part, means, "", self._fields(right, SPECS[right].questions))

    def _fields(self, right: Right, names: Sequence[str]) -> tuple[BoundField, ...]:
        return tuple(self[field_name(right, name)] for name in names)


def _field(name: str, options: Sequence[tuple[str, str]] = ()) -> forms.Field:
    asked, choices = QUESTIONS[name], asking.CHOICES.get(name)
    words: dict[str, Any] = {"required": False, "label": asked.label, "help_text": asked.hint}
    if name in uses.MANY:
        wrong = {"invalid_choice": _("Choose among these.")}
        return Several(widget=forms.CheckboxSelectMultiple, choices=list(options), error_messages=wrong, **words)
    if choices is None and asked.rows == 1:
        line = forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"})
        return PlainText(max_length=LONGEST_TEXT, widget=line, **words)
    if choices is None:
        area = forms.Textarea(attrs={"rows": asked.rows})
        return PlainText(lines=True, max_length=LONGEST_TEXT, widget=area, **words)
    words |= {"choices": list(choices.items()), "error_messages": {"invalid_choice": _("Choose one of these.")}}
    if len(choices) == 1:
        return Sure(widget=forms.CheckboxSelectMultiple, **words)
    return forms.ChoiceField(widget=forms.RadioSelect, **words)


def field_name(right: str, name: str) -> str:
    """Return the name of the field that holds a detail."""
    return f"{right}.{name}"


def _only_marketing(something_left: bool) -> str:
    if something_left:
        return _("It stops as soon as you send this, without proof. Only the rest is weighed.")
    return _("It stops as soon as you send this, without proof. Nothing is left to weigh, so it is no objection.")


def shown(want: Want, notice: Notice, language: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the answers about one right as they are shown before they are sent: a label, and what was answered."""
    title, said = str(SPECS[want.right].title), want.details
    if want.right is Right.CORRECTION:
        rows = ((said.get(f"wrong_{row}"), said.get(f"right_{row}")) for row in range(1, CORRECTION_ROWS + 1))
        told = [_("%(wrong)s To be: %(right)s") % {"wrong": wrong, "right": right} for wrong, right in rows if wrong]
        yield _("What is wrong"), told
        return
    for name in SPECS[want.right].questions:
        answer = said.get(name, "")
        if name in uses.MANY:
            titles = uses.options(name, notice, "", language)
            yield str(_LABELS[name]), [titles.get(word, word) for word in uses.named(answer)]
            if any(uses.is_marketing(word, notice) for word in uses.named(answer)):
                left = [word for word in uses.named(answer) if not uses.is_marketing(word, notice)]
                yield _("Direct marketing"), [_only_marketing(bool(left))]
            continue
        if name == "own_grounds" and not answer:
            continue
        unsaid = str(_EMPTY[name]) if name in _EMPTY else _("everything")
        label = _LABELS.get(name, _("In particular, for: %(right)s"))
        yield (
            str(label) % {"right": title},
            [str(asking.CHOICES[name][answer]) if name in asking.CHOICES and answer else answer or unsaid],
        )
