"""Questions on recent dealings: asked, answered once, and what came of it. The same for people who are not on file.

Looking asks nothing and counts nothing. What cannot be read is handed back before it counts, with everything typed.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import formats
from django.utils.dates import MONTHS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from dsr import reckoning
from dsr.connectors import answers
from dsr.connectors.facts import FactKind
from dsr.errors import Incomplete, NotFound, TooMany
from dsr.policies import Caller
from dsr.public import pages, proofs, throttle, tickets
from dsr.public.choose import around, onward
from dsr.public.door import address, with_grant
from dsr.public.forms import PlainText, PublicForm
from dsr.public.guard import public, typed
from dsr.selectors import tracker as selector
from dsr.services import facts
from verification import checks
from verification.errors import CheckError
from verification.models import Check, CheckState
from verification.proofs import Method

_HINTS: Mapping[str, str | Promise] = {
    "month": gettext_lazy("Month and year, such as 5/2026 or May 2026."),
    "amount": gettext_lazy("In the currency you paid in, such as 12.50. The currency may be left out."),
    "count": gettext_lazy("A number, such as 2."),
    "words": gettext_lazy("As it stands on your bill or screen. Capitals make no difference."),
}
_UNREADABLE: Mapping[str, str | Promise] = {
    "month": gettext_lazy("Enter a month and a year, such as 5/2026."),
    "amount": gettext_lazy("Enter an amount, such as 12.50."),
    "count": gettext_lazy("Enter a whole number from 1 on."),
    "words": gettext_lazy("Enter a name in words."),
}
_ATTRS: Mapping[str, Mapping[str, str]] = {
    "month": {"class": "short"},
    "amount": {"class": "short", "inputmode": "decimal"},
    "count": {"class": "short", "inputmode": "numeric"},
    "words": {},
}


_SHORTEST = 3
"""Letters of a month's name."""


class Answer(django_forms.CharField):
    """An answer as people write it. It is judged by its form alone; nothing tells whether it is right."""

    def __init__(self, form: str, **kwargs: Any) -> None:
        self.form = form
        attrs = {"autocomplete": "off", "spellcheck": "false", **_ATTRS[form]}
        widget = django_forms.TextInput(attrs=attrs)
        super().__init__(
            required=False, max_length=answers.LONGEST, widget=widget, help_text=str(_HINTS[form]), **kwargs
        )

    def clean(self, value: Any) -> str:
        """Return the answer in a form that systems can compare."""
        text = str(super().clean(value) or "")
        if not text:
            return ""
        plain = in_digits(text) if self.form == "month" else text
        if not answers.shapes(FactKind(self.form), plain):
            raise ValidationError(str(_UNREADABLE[self.form]))
        return plain


def in_digits(text: str) -> str:
    """Return a month that is written in words as digits: `May 2026` as `5/2026`. Other texts stay as they are."""
    parts = text.replace(",", " ").split()
    years = [part for part in parts if part.isdecimal() and len(part) == 4]
    words = {part.casefold().strip(".") for part in parts if not part.isdecimal()}
    for number in range(1, 13) if years else ():
        names = _names(number)
        # Also cut short, as people do, and never shorter than tells months apart.
        if any(name.startswith(word) for word in words if len(word) >= _SHORTEST for name in names):
            return f"{number}/{years[0]}"
    return text


def _names(number: int) -> set[str]:
    with override("en"):
        in_english = str(MONTHS[number]).casefold()
    return {in_english, str(MONTHS[number]).casefold()}


class QuizForm(PublicForm):
    """Every question with a box for what does not apply, and a name under the declaration where one is needed."""

    def __init__(self, *args: Any, quiz: facts.Quiz, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.quiz = quiz
        for question in quiz.questions:
            self.fields[question.name] = Answer(question.form, label=_("Your answer"))
            self.fields[f"not-{question.name}"] = django_forms.BooleanField(
                required=False, label=_("This does not apply to me")
            )
        if quiz.declares:
            self.fields["signed"] = PlainText(
                max_length=200,
                label=_("Your full name, as your signature"),
                widget=django_forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
                error_messages={"required": _("Type your full name to sign the declaration.")},
            )

    def clean(self) -> dict[str, Any]:
        """Judge each question: an answer, or that it does not apply, and not both."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for number, question in enumerate(self.quiz.questions, 1):
            if question.name in self.errors:
                continue
            given, not_mine = cleaned.get(question.name, ""), cleaned.get(f"not-{question.name}")
            if not given and not not_mine:
                sentence = _("Question %(number)d: answer it, or tick that it does not apply to you.")
                self.add_error(question.name, sentence % {"number": number})
            if given and not_mine:
                sentence = _("Question %(number)d: you answered and ticked that it does not apply. Undo one of them.")
                self.add_error(question.name, sentence % {"number": number})
        return cleaned

    def answers(self) -> dict[str, str]:
        """Return the answers, "" for what does not apply."""
        return {question.name: self.cleaned_data.get(question.name, "") for question in self.quiz.questions}

    def rows(self) -> list[tuple[str, Any, Any]]:
        """Return each question with its two fields."""
        return [(each.text, self[each.name], self[f"not-{each.name}"]) for each in self.quiz.questions]


@public("GET", "POST")
@with_grant
def quiz(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Show the questions of the try that is running, or what this is; on POST, begin a try or take its answers."""
    if request.method == "POST":
        throttle.spend(request, throttle.CODES, at)
        if "check" in request.POST:
            return _take(request, reference, submission_id, at)
        return _begin(request, reference, submission_id, at)
    if "try" in request.GET:
        return _result(request, reference, submission_id, tickets.uuid(typed(request, "try")), at)
    running = _running(submission_id, at)
    if running is not None:
        return _ask(request, reference, submission_id, QuizForm(quiz=running))
    return _intro(request, reference, submission_id)


def _running(submission_id: UUID, at: datetime) -> facts.Quiz | None:
    """Return the try whose answers were not sent yet."""
    running = facts.open_quiz(submission_id, at=at)
    if running is None or Check.objects.filter(pk=running.check_id, tries__gt=0).exists():
        return None
    return running


def _found(submission_id: UUID) -> selector.Filed:
    found = selector.filed(submission_id)
    if found is None:
        raise NotFound(_("There is no such request."))
    return found


def _intro(request: HttpRequest, reference: str, submission_id: UUID) -> HttpResponse:
    found = _found(submission_id)
    method = next((each for each in proofs.BY_FACTS if proofs.is_for(found.submission, found.requests, each)), "")
    if not method:
        return pages.see_other(address("choose", request, reference))
    rules = reckoning.rules_of(found.submission).ladder
    context = {
        **around(request, reference),
        "minutes": int(facts.LASTS.total_seconds()) // 60,
        "declares": proofs.is_for(found.submission, found.requests, Method.FACTS_DECLARED),
        "tries": facts.TRIES,
        "never": [row.wording("title", pages.language()) for row in rules.facts_barred if row.id != "other"],
    }
    return pages.page(request, "verify/facts_intro", context)


def _begin(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Begin a try, unless one is running: pressing again draws no other questions."""
    try:
        if _running(submission_id, at) is None:
            facts.begin(submission_id, by=Caller.person(), at=at)
    except TooMany as error:
        day = formats.date_format(error.retry_at, "j F Y")
        sentence = f"{error.sentence} {_('That is from %(day)s on.') % {'day': day}}"
        back = address("choose", request, reference)
        return pages.problem(request, sentence, status=HTTPStatus.TOO_MANY_REQUESTS, back=back)
    return pages.see_other(address("facts", request, reference))


def _take(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    check_id = tickets.uuid(typed(request, "check"))
    running = _running(submission_id, at)
    over = pages.see_other(address("facts", request, reference, **{"try": str(check_id)}))
    if running is None or running.check_id != check_id:
        return over  # answered, over, or begun anew meanwhile: the page of that try says which
    form = QuizForm(request.POST, quiz=running)
    if not form.is_valid():
        return _ask(request, reference, submission_id, form)
    signed = form.cleaned_data.get("signed", "")
    try:
        facts.answer(submission_id, check_id, form.answers(), signed=signed, by=Caller.person(), at=at)
    except Incomplete as error:
        for field, sentence in error.problems.items():
            form.add_error(field if field in form.fields else None, sentence)
        return _ask(request, reference, submission_id, form)
    except CheckError:
        pass  # pressed twice, or too late: what the first press came to is shown
    return over


def _ask(request: HttpRequest, reference: str, submission_id: UUID, form: QuizForm) -> HttpResponse:
    submission = _found(submission_id).submission
    context = {
        **around(request, reference),
        "form": form,
        "rows": form.rows(),
        "problems": form.is_bound,
        "declaration": facts.declaration(submission) if form.quiz.declares else "",
        "check": form.quiz.check_id,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return pages.page(request, "verify/facts", context, status=status)


def _result(request: HttpRequest, reference: str, submission_id: UUID, check_id: UUID, at: datetime) -> HttpResponse:
    """Say what came of a try: enough, not enough, or none. Nothing tells which answer was wrong."""
    check = Check.objects.filter(pk=check_id, about=submission_id).first()
    if check is not None and check.state == CheckState.PASSED:
        return onward(request, reference, submission_id, at, "proved")
    failed = check is not None and check.state == CheckState.FAILED
    failures = [each for each in checks.of(submission_id) if each.state == CheckState.FAILED]
    left = max(0, facts.TRIES - sum(each.method in proofs.BY_FACTS for each in failures))
    checking = check is not None and check.state == CheckState.OPEN and check.expires_at > at
    context = {
        **around(request, reference),
        "failed": failed,
        "left": left,
        "checking": checking,
        "again": request.get_full_path(),
    }
    return pages.page(request, "verify/facts_done", context)
