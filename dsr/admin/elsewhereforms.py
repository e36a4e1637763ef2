"""The inputs of the moves that direct somebody to a customer."""

from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from dsr.admin import words
from dsr.models import Customer, Known, Referral
from dsr.rights import SPECS
from dsr.selectors.casefile import CaseFile
from dsr.services import splitting, threads

VERBS = ("redirect", "refer", "referral_answered", "add_right")


def fields_for(verb: str, case: CaseFile) -> dict[str, forms.Field]:
    """Return the inputs of one of these moves, in the order of the page."""
    if verb == "referral_answered":
        return {"referral": _waiting(case)}
    if verb == "add_right":
        return _more(case)
    customers = [("", _("not known, or not in the directory"))]
    customers += [(str(row.pk), row.name) for row in Customer.objects.filter(active=True)]
    found: dict[str, forms.Field] = {
        "customer": forms.TypedChoiceField(
            label=_("Customer, who is told"), choices=customers, required=False, coerce=UUID, empty_value=None
        ),
        "known": forms.ChoiceField(
            label=_("How the person knows of it. Otherwise its name is not told"), choices=Known.choices, required=False
        ),
    }
    if verb == "redirect":
        text = forms.CharField(label=_("Text"), max_length=threads.LONGEST, widget=forms.Textarea({"rows": 4}))
        return {"text": text, **found}
    titled = [(each, words.category_title(case.request.submission, each)) for each in case.categories]
    found["categories"] = forms.MultipleChoiceField(
        label=_("With which data"),
        choices=titled,
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "r-laws"}),
    )
    return found


def _waiting(case: CaseFile) -> forms.TypedChoiceField:
    rows = Referral.objects.filter(request=case.request, confirmed_at=None).exclude(customer=None)
    choices = [(str(row.pk), row.customer.name) for row in rows.select_related("customer") if row.customer]
    return forms.TypedChoiceField(label=_("Whose word"), choices=choices, coerce=UUID)


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
