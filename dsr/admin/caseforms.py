"""The moves of a case of an authority as forms: what each asks for, and the one use case that each calls."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import acts, words
from dsr.admin.acts import day, one
from dsr.caselife import CaseOutcome
from dsr.policies import Caller
from dsr.selectors.authoritycases import CaseInFull
from dsr.services.cases import authorities, entering, measures, replying, telling

OUTCOMES: Mapping[str, str | Promise] = {
    CaseOutcome.NO_BREACH: gettext_lazy("no breach found"),
    CaseOutcome.SETTLED: gettext_lazy("settled"),
    CaseOutcome.WARNING: gettext_lazy("warning or reprimand"),
    CaseOutcome.ORDER: gettext_lazy("measures ordered"),
    CaseOutcome.FINE: gettext_lazy("fine"),
    CaseOutcome.WITHDRAWN: gettext_lazy("not pursued"),
}
_HANDLERS: Mapping[str, tuple[Callable[..., object], tuple[str, ...]]] = {
    "prepare": (replying.prepare, ("text", "place")),
    "send_back": (replying.send_back, ("reason",)),
    "approve": (replying.approve, ()),
    "record_sent": (replying.record_sent, ("sent_on", "place")),
    "write_again": (replying.write_again, ("received_on", "due_on", "text")),
    "extend": (replying.extend, ("due_on", "granted_on", "place")),
    "assign": (entering.assign, ("owner",)),
    "link": (entering.link, ("reference",)),
    "unlink": (entering.unlink, ("link", "reason")),
    "note": (entering.note, ("text",)),
    "order_measure": (measures.order, ("text", "owner", "due_on")),
    "confirm_measure": (measures.confirm, ("measure", "place")),
    "lift_measure": (measures.lift, ("measure", "reason")),
    "tell_person": (telling.tell, ("link", "text")),
    "close": (replying.close, ("outcome", "ended_on", "text")),
    "drop": (replying.drop, ("ended_on", "text")),
    "reopen": (replying.reopen, ("received_on", "due_on", "text")),
}
"""Verb to use case, and the inputs that it takes in their order."""
_ANSWERED_BY: Any = gettext_lazy("To be answered by: the day in its letter")
CONSEQUENCES: Mapping[str, str | Promise] = {
    "prepare": gettext_lazy("A second person has to agree before it can be sent. Nothing is sent from here."),
    "send_back": gettext_lazy("It is prepared anew, and a second person has to agree again."),
    "approve": gettext_lazy("It can be sent then. Whoever wants to change it has to send it back first."),
    "record_sent": gettext_lazy("Send it first: nothing is sent from here. Nobody is warned of the day any more."),
    "write_again": gettext_lazy("The case is to be answered again, by the day of that letter."),
    "extend": gettext_lazy("The new day counts from now on. Say where the authority's word on it is kept."),
    "assign": gettext_lazy("They are warned of the day, beside the officer."),
    "link": gettext_lazy("The filing is not forgotten while the case is open. The person learns nothing of it."),
    "unlink": gettext_lazy("The history keeps that it was linked. The filing is forgotten after its own time."),
    "note": gettext_lazy("Only colleagues who work on cases read it."),
    "order_measure": gettext_lazy("The case cannot be closed before somebody confirms that it is done."),
    "confirm_measure": gettext_lazy("Say where it is shown. You answer for that it is done."),
    "lift_measure": gettext_lazy("It need not be done any more: the authority says so, or it was a mistake."),
    "tell_person": gettext_lazy("The person gets a message with your words, and hears of it for the first time."),
    "close": gettext_lazy("Nothing more is to be done. Linked filings are forgotten after their own time."),
    "drop": gettext_lazy("Only where the authority said, or let it be known, that it wants no answer."),
    "reopen": gettext_lazy("Only where the authority took it up again. Its new letter sets the day."),
}
GRAVE = frozenset({"tell_person", "drop"})


class EntryForm(forms.Form):
    """The letter of an authority."""

    required_css_class = "r-required"

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        known = [(each.id, each.title) for each in authorities.known(timezone.now().date())]
        self.fields = {
            "authority": one(_("Authority"), known),
            "office": forms.CharField(label=_("Which office of it, if it has several"), max_length=200, required=False),
            "reference": forms.CharField(label=_("Its reference"), max_length=200),
            "received_on": day(_("Received on")),
            "due_on": day(_ANSWERED_BY),
            "subject": acts.words(_("What it asks"), rows=5),
            "references": forms.CharField(
                label=_("References of filings that it is about, one a line"),
                max_length=2000,
                required=False,
                widget=forms.Textarea({"rows": 2}),
            ),
        }

    def letter(self) -> entering.Letter:
        """Return what was typed as the use case takes it."""
        given = self.cleaned_data
        named = [line.strip() for line in given["references"].splitlines() if line.strip()]
        return entering.Letter(**{**given, "references": named})


def form_for(verb: str, case: CaseInFull, inputs: tuple[str, ...], data: Any = None) -> forms.Form:
    """Return a move's form, filled with what was sent if anything was."""
    form = forms.Form(data, auto_id=f"id_{verb}_%s", label_suffix="", initial={"version": case.case.version})
    form.fields["version"] = forms.IntegerField(widget=forms.HiddenInput)
    for name in inputs:
        form.fields[name] = _field(verb, name, case)
    return form


def inputs_of(verb: str) -> tuple[str, ...]:
    """Return what a form asks for."""
    return _HANDLERS[verb][1]


def do(verb: str, case_id: UUID, given: Mapping[str, Any], by: Caller, at: datetime) -> None:
    """Call the one use case of a move."""
    use_case, names = _HANDLERS[verb]
    use_case(case_id, *(given[name] for name in names), by=by, at=at, expect=given["version"])


def _field(verb: str, name: str, case: CaseInFull) -> forms.Field:
    makers: dict[str, Callable[[], forms.Field]] = {
        "text": lambda: acts.words(_TEXTS.get(verb, _("Text")), rows=4),
        "reason": lambda: acts.words(_("Reason")),
        "place": lambda: forms.CharField(label=_PLACES[verb], max_length=200, required=verb != "prepare"),
        "reference": lambda: forms.CharField(label=_("Reference of the filing"), max_length=20),
        "owner": _colleagues,
        "link": lambda: _links(case),
        "measure": lambda: _measures(case),
        "outcome": lambda: one(_("How the authority ended it"), [(str(key), str(OUTCOMES[key])) for key in OUTCOMES]),
        "due_on": lambda: day(_("Done by") if verb == "order_measure" else _ANSWERED_BY),
        "received_on": lambda: day(_("Received on")),
        "granted_on": lambda: day(_("Granted on")),
        "sent_on": lambda: day(_("Sent on")),
        "ended_on": lambda: day(_("On")),
    }
    return makers[name]()


_TEXTS: Mapping[str, Any] = {
    "prepare": gettext_lazy("Answer"),
    "order_measure": gettext_lazy("What it ordered"),
    "tell_person": gettext_lazy("What the person reads"),
    "write_again": gettext_lazy("What it asks now"),
    "reopen": gettext_lazy("What it asks now"),
    "close": gettext_lazy("What it decided, for the file"),
    "drop": gettext_lazy("How you know"),
}
_PLACES: Mapping[str, Any] = {
    "prepare": gettext_lazy("Where its documents are (optional)"),
    "record_sent": gettext_lazy("Where what was sent is kept"),
    "extend": gettext_lazy("Where the authority's word on it is kept"),
    "confirm_measure": gettext_lazy("Where it is shown"),
}


def _colleagues() -> forms.Field:
    people = get_user_model().objects.with_perm("dsr.work_requests").filter(is_active=True).order_by("username")
    return one(_("Colleague"), [(each.get_username(), words.colleague(each)) for each in people])


def _links(case: CaseInFull) -> forms.Field:
    choices = [(str(link.pk), link.submission.reference) for link in case.links]
    return forms.TypedChoiceField(label=_("Filing"), choices=[("", _("Choose one")), *choices], coerce=UUID)


def _measures(case: CaseInFull) -> forms.Field:
    open_ones = [each for each in case.measures if each.done_at is None and each.lifted_at is None]
    choices = [(str(each.number), _("No. %(number)d") % {"number": each.number}) for each in open_ones]
    return forms.TypedChoiceField(label=_("Measure"), choices=[("", _("Choose one")), *choices], coerce=int)
