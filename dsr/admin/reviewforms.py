"""The moves by which a human reviews what a machine decided, as forms: their fields, and the use case of each."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.models import DecisionKind, Measure, SubjectRequest, Verdict, review_of
from dsr.policies import Caller
from dsr.policies.reviewing import MATERIALS
from dsr.selectors.casefile import CaseFile
from dsr.services.reviews import concluding, effects, recording, working
from dsr.services.threads import LONGEST

Given = Mapping[str, Any]
Handler = Callable[[SubjectRequest, Given, Caller, datetime], object]
MATERIAL_TITLES: Mapping[str, str | Promise] = {
    "decision": gettext_lazy("the record of the decision"),
    "inputs": gettext_lazy("what went into the decision"),
    "notice": gettext_lazy("what the person was told then"),
    "representations": gettext_lazy("what the person says now"),
    "thread": gettext_lazy("the messages of this request"),
    "other": gettext_lazy("something outside of this page"),
}


def _simple(use_case: Callable[..., object], *names: str) -> Handler:
    def handle(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
        return use_case(request.pk, *(given[name] for name in names), by=by, at=at, expect=given["version"])

    return handle


def _record(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    names = ("system", "kind", "decided_on", "output", "effect", "owner", "number")
    known = working.ByHand(*(given[name] for name in names))
    return working.record_by_hand(request.pk, known, by=by, at=at, expect=given["version"])


def _uphold(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    found = concluding.Conclusion(given["reasons"], given["alternatives"], given["plain"], given["why_right"])
    return concluding.uphold(request.pk, found, by=by, at=at, expect=given["version"])


def _overturn(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    found = concluding.Conclusion(
        given["reasons"], given["alternatives"], given["plain"], verdict=given["verdict"], change=given["change"]
    )
    return concluding.overturn(request.pk, found, by=by, at=at, expect=given["version"])


HANDLERS: Mapping[str, Handler] = {
    "link_decision": _simple(working.link, "decision"),
    "record_decision": _record,
    "take_review": _simple(working.take),
    "hand_over": _simple(working.hand_over, "reason"),
    "ask_representations": _simple(working.ask),
    "represent": _simple(working.represent, "text"),
    "none_sent": _simple(working.none_sent),
    "open_material": _simple(working.open_material, "material"),
    "weigh_information": _simple(working.weigh, "text"),
    "raise_point": _simple(working.raise_point, "text"),
    "answer_point": _simple(working.answer_point, "point", "text"),
    "interim_measure": _simple(working.ease, "measure", "reason"),
    "uphold": _uphold,
    "overturn": _overturn,
    "retry_effect": _simple(effects.retry),
    "record_effect": _simple(effects.record, "signed_by", "reason"),
    "review_again": _simple(concluding.again),
}
"""Verb to use case."""
_TEXTS: Mapping[str, tuple[str | Promise, int]] = {
    "reasons": (gettext_lazy("Your own reasons, for the record"), 6),
    "why_right": (gettext_lazy("Why what the machine put out was right"), 3),
    "alternatives": (gettext_lazy("Which other outcomes were considered, and why not"), 3),
    "plain": (gettext_lazy("The reasons in plain words, as the person reads them"), 6),
    "change": (gettext_lazy("What the deciding system has to do"), 2),
    "output": (gettext_lazy("What the machine put out"), 3),
    "effect": (gettext_lazy("What it means for the person"), 2),
}
_LINES: Mapping[str, tuple[str | Promise, bool]] = {
    "system": (gettext_lazy("Deciding system"), True),
    "number": (gettext_lazy("Its number there, if there is one"), False),
    "signed_by": (gettext_lazy("Who signed for the system"), True),
}


def _one(label: str, choices: Iterable[tuple[Any, Any]], **more: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=[("", _("Choose one")), *choices], **more)


def _decisions(case: CaseFile) -> forms.ChoiceField:
    """The decisions that may be meant. Their numbers say nothing about the person."""
    request = case.request
    gone = request.submission.purged_at is not None
    named = "" if gone else request.open_json("details").get("decision_id", "")
    found = [] if gone else recording.candidates(request.submission, named)
    shown = [
        (each.pk, f"{each.decided_at:%Y-%m-%d} · {each.get_kind_display()} · {each.system} {each.reference}")
        for each in found
    ]
    return forms.TypedChoiceField(
        label=_("Decision"), choices=[("", _("Choose one")), *((str(pk), title) for pk, title in shown)],
        coerce=lambda text: next(pk for pk, _title in shown if str(pk) == text),
    )  # fmt: skip


def _points(case: CaseFile) -> forms.TypedChoiceField:
    review = review_of(case.request)
    numbers = review.points.filter(answered_at=None).values_list("number", flat=True) if review else ()
    return _one(_("Point"), [(number, str(number)) for number in numbers], coerce=int)


MAKERS: Mapping[str, Callable[[CaseFile], forms.Field]] = {
    "decision": _decisions,
    "point": _points,
    "kind": lambda case: _one(_("What was decided"), DecisionKind.choices),
    "decided_on": lambda case: forms.DateTimeField(
        label=_("When it was decided"), widget=forms.DateTimeInput({"type": "datetime-local"})
    ),
    "owner": lambda case: forms.EmailField(label=_("Mail address of the owner of the system")),
    "material": lambda case: _one(_("What you open"), [(name, str(MATERIAL_TITLES[name])) for name in MATERIALS]),
    "measure": lambda case: _one(_("What eases it"), Measure.choices),
    "verdict": lambda case: _one(
        _("Outcome"), [(each.value, each.label) for each in (Verdict.OVERTURNED, Verdict.PARTLY_OVERTURNED)]
    ),
}


def field(name: str, case: CaseFile) -> forms.Field | None:
    """Return the field of an input of these moves; None for one that they share with others."""
    if name in _TEXTS:
        label, rows = _TEXTS[name]
        return forms.CharField(label=str(label), max_length=LONGEST, widget=forms.Textarea({"rows": rows}))
    if name in _LINES:
        label, needed = _LINES[name]
        return forms.CharField(label=str(label), max_length=120, required=needed)
    return MAKERS[name](case) if name in MAKERS else None
