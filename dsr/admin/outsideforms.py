"""The inputs of the moves that keep where a complaint went beside us."""

from django import forms
from django.utils.translation import gettext as _

from dsr.admin.acts import day, one, words
from dsr.models import OutsideResult
from dsr.selectors.casefile import CaseFile
from dsr.services.complaints import outside

VERBS = ("note_outside", "redate_outside", "end_outside")


def fields_for(verb: str, case: CaseFile, owner: forms.Field) -> dict[str, forms.Field]:
    """Return the inputs of one of these moves, in the order of the page."""
    if verb == "note_outside":
        bodies = [(each.id, each.who) for each in outside.bodies(case.request)]
        return {
            "body": one(_("Body"), bodies),
            "reference": forms.CharField(label=_("Its reference, if known"), max_length=200, required=False),
            "received_on": day(_("Received on")),
            "due_on": day(_("To be answered by, if its letter says so"), required=False),
            "owner": owner,
        }
    which = {"outside": forms.IntegerField(widget=forms.HiddenInput)}
    if verb == "redate_outside":
        return {**which, "due_on": day(_("To be answered by")), "reason": words(_("Reason"))}
    return {
        **which,
        "result": one(_("What came of it"), [(value, str(label)) for value, label in OutsideResult.choices]),
        "ended_on": day(_("On")),
        "text": words(_("What was decided or agreed, for the file")),
    }
