"""The inputs of the moves that direct somebody to a customer, or to a door of the notice."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr import doors
from dsr.admin import words
from dsr.models import Agreed, Customer, Known, OtherSays, Referral, Submission
from dsr.rights import SPECS
from dsr.selectors import register
from dsr.selectors.casefile import CaseFile
from dsr.services import splitting, threads

VERBS = ("redirect", "refer", "referral_answered", "add_right")


def fields_for(verb: str, case: CaseFile) -> dict[str, forms.Field]:
    """Return the inputs of one of these moves, in the order of the page."""
    if verb == "referral_answered":
        return _word(case)
    if verb == "add_right":
        return _more(case)
    text = forms.CharField(
        label=_("Text"),
        max_length=threads.LONGEST,
        required=verb == "redirect",
        widget=forms.Textarea({"rows": 4}),
    )
    if verb == "redirect":
        whole = forms.BooleanField(label=_("Every right of this submission that can be sent there"), required=False)
        return {"text": text, **_customer(), **_door(case.request.submission), "whole": whole}
    titled = [(each, words.category_title(case.request.submission, each)) for each in case.categories]
    categories = forms.MultipleChoiceField(
        label=_("With which data, where a customer decides"),
        choices=titled,
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "r-laws"}),
    )
    return {**_customer(), "categories": categories, **_door(case.request.submission), "text": text}


def _customer() -> dict[str, forms.Field]:
    customers = [("", _("not known, or not in the directory"))]
    customers += [(str(row.pk), row.name) for row in Customer.objects.filter(active=True)]
    return {
        "customer": forms.TypedChoiceField(
            label=_("Customer, who is told"), choices=customers, required=False, coerce=UUID, empty_value=None
        ),
        "known": forms.ChoiceField(
            label=_("How the person knows of it. Otherwise its name is not told"), choices=Known.choices, required=False
        ),
    }


def _door(submission: Submission) -> dict[str, forms.Field]:
    """Who else answers, the likeliest chosen already; how the person agreed, as they said when they filed."""
    at = timezone.now()
    fitting = doors.fitting(submission, at)
    choices = [("", _("nobody of the directory"))]
    choices += [(each.id, each.wording("title")) for each in doors.directory(submission, at)]
    return {
        "door": forms.ChoiceField(
            label=_("Or who else answers for it"),
            choices=choices,
            required=False,
            initial=fitting[0].id if fitting else "",
        ),
        "pass_on": forms.BooleanField(
            label=_("Pass it on there, with name, mail address and what is asked"),
            required=False,
            initial=bool(fitting) and submission.may_pass_on,
        ),
        "agreed": forms.ChoiceField(
            label=_("How the person agreed to that"),
            choices=Agreed.choices,
            required=False,
            initial=Agreed.FILED if submission.may_pass_on else Agreed.NOT,
        ),
    }


def _word(case: CaseFile) -> dict[str, forms.Field]:
    rows = Referral.objects.filter(request=case.request, confirmed_at=None, due_on__isnull=False)
    choices: list[tuple[str, Any]] = [(str(row.pk), register.whom(row)) for row in rows.select_related("customer")]
    said = [(str(value), label) for value, label in OtherSays.choices if value]
    return {
        "referral": forms.TypedChoiceField(label=_("Whose word"), choices=choices, coerce=UUID),
        "word": forms.ChoiceField(label=_("What it says"), choices=said),
    }


def _more(case: CaseFile) -> dict[str, forms.Field]:
    """Rights that need to know nothing more; the others are added by programs, with what they need to know."""
    there = {case.request.right, *(each.right for each in case.siblings)}
    plain = [each for each in SPECS if each in splitting.ADDED and not SPECS[each].must_answer and each not in there]
    choices = [(str(each), words.right_title(each)) for each in plain]
    return {
        "right": forms.ChoiceField(label=_("Right"), choices=[("", _("Choose one")), *choices]),
        "reason": forms.CharField(
            label=_("Why the words ask for it"), max_length=threads.LONGEST, widget=forms.Textarea({"rows": 3})
        ),
    }
