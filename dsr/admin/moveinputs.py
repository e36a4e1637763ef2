"""What each move asks for, field by field."""

from collections.abc import Callable, Mapping

from django import forms
from django.contrib.auth import get_user_model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import reckoning, rules
from dsr.admin import childforms, elsewhereforms, outsideforms, reviewforms, words
from dsr.admin.objecting import weighing_fields
from dsr.admin.proving import proving_fields
from dsr.deadlines import local_date
from dsr.lifecycle import BY_VERB, Outcome
from dsr.models import Channel, ItemDecision, MarkKind, MarkState, MarkWhat, PointVerdict
from dsr.selectors.casefile import CaseFile
from dsr.services import agents, asked, letters, mandated, proving, threads
from dsr.services.redaction import marking
from verification import mandates
from verification.proofs import Method

_UNASKED: tuple[tuple[str, str | Promise], ...] = (
    (letters.Unasked.DOCUMENT, gettext_lazy("a copy of a document, such as an identity card")),
    (letters.Unasked.PASSWORD, gettext_lazy("a password or another secret")),
    (letters.Unasked.OTHER, gettext_lazy("something else about the person")),
)

_DECISIONS: tuple[tuple[str, str | Promise], ...] = (
    (ItemDecision.CORRECT, gettext_lazy("Put it right")),
    (ItemDecision.REFUSE, gettext_lazy("Leave it as it is")),
)
_VERDICTS: tuple[tuple[str, str | Promise], ...] = tuple(PointVerdict.choices)
_APPEALS: tuple[tuple[str, str | Promise], ...] = (
    (Outcome.UPHELD, gettext_lazy("It stands")),
    (Outcome.PARTLY_OVERTURNED, gettext_lazy("It falls in part")),
    (Outcome.OVERTURNED, gettext_lazy("It falls")),
)
_UPTAKE: tuple[tuple[str, str | Promise], ...] = (
    (marking.ACCEPT, gettext_lazy("Take them out")),
    (marking.REJECT, gettext_lazy("Leave them in")),
)
_OF_VERB = {"decide_mark": _UPTAKE, "propose_ruling": _APPEALS}
"""What is decided with some moves; otherwise ``_DECISIONS``."""


class Places(forms.MultipleChoiceField):
    """Fields of systems. The page offers those that were looked at; the use case judges what comes back."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self) -> None:
        super().__init__(label=_("Where it is put right, or stays"), required=False)

    def valid_value(self, value: str) -> bool:
        """Take any: what is offered is read from the systems, which are not asked again for this."""
        return True


def _text(label: str, rows: int = 4) -> forms.CharField:
    return forms.CharField(label=label, max_length=threads.LONGEST, widget=forms.Textarea({"rows": rows}))


def _colleagues(case: CaseFile) -> forms.TypedChoiceField:
    people = get_user_model().objects.with_perm("dsr.work_requests").filter(is_active=True).order_by("username")
    choices = [("", _("nobody"))] + [(str(each.pk), words.colleague(each)) for each in people]
    return forms.TypedChoiceField(
        label=_("Colleague"), choices=choices, required=False, coerce=int, empty_value=None,
        initial=case.request.assignee_id or "",
    )  # fmt: skip


def _owner() -> forms.ChoiceField:
    people = get_user_model().objects.with_perm("dsr.work_requests").filter(is_active=True).order_by("username")
    choices = [("", _("Choose one")), *((each.get_username(), words.colleague(each)) for each in people)]
    return forms.ChoiceField(label=_("Who sees to it"), choices=choices)


def _laws(case: CaseFile) -> forms.MultipleChoiceField:
    """The laws that were in force on receipt: those that apply now, then the others in use, then what is off."""
    submission = case.request.submission
    received = local_date(submission.received_at, submission.zone)
    groups: dict[str, list[tuple[str, str]]] = {
        _("They apply now"): [],
        _("In use"): [],
        _("Switched off, so proposed to nobody"): [],
    }
    now, in_use, off = groups.values()
    for row in sorted(reckoning.rules_of(submission).regimes, key=lambda row: row.wording("title")):
        if row.window.covers(received):
            group = now if row.id in submission.regimes else in_use if row.switched_on else off
            group.append((row.id, row.wording("title")))
    return forms.MultipleChoiceField(
        label=_("Laws"),
        choices=[(title, rows) for title, rows in groups.items() if rows],
        initial=submission.regimes,
        widget=forms.CheckboxSelectMultiple({"class": "r-laws"}),
    )


def _extension_grounds(case: CaseFile) -> forms.ChoiceField:
    right, governing = case.request.right, case.request.regime
    laws = (law.regime for law in reckoning.laws(case.request.submission, right) if law.regime.id == governing)
    found = [rule for regime in laws if (rule := regime.extension_for(right))]
    choices = [(ground.id, ground.wording("title")) for rule in found for ground in rule.grounds]
    return forms.ChoiceField(label=_("Ground"), choices=[("", _("Choose one")), *choices])


def _grounds(case: CaseFile, verb: str) -> forms.ChoiceField:
    if verb == "extend":
        return _extension_grounds(case)
    scope = "category" if verb in ("withhold", "decide_item", "mark") else "request"
    rows = [row for row in rules.pack().refusals.values() if case.request.right in row.rights]
    # Grounds made for the other scope stay possible, but come last.
    rows.sort(key=lambda row: (row.scope != scope, row.title))
    choices = [("", _("Choose one"))] + [(row.id, row.title) for row in rows]
    return forms.ChoiceField(label=_("Ground"), choices=choices)


def _categories(case: CaseFile) -> forms.ChoiceField:
    titled = [(each, words.category_title(case.request.submission, each)) for each in case.categories]
    return forms.ChoiceField(label=_("Data category"), choices=[("", _("Choose one")), *titled])


def _systems(case: CaseFile) -> forms.ChoiceField:
    choices = [("", _("all systems"))] + [(step.system.key, step.system.name) for step in case.steps]
    return forms.ChoiceField(label=_("In which system"), choices=choices, required=False)


def _mandate_fields(case: CaseFile) -> dict[str, forms.Field]:
    """The checker's list of an authority: what the paper has to show, and what follows from it."""
    submission = case.request.submission
    mandate = mandates.of(submission.pk)
    terms = mandated.terms_of(submission, mandate) if mandate is not None else None
    names = {"agent": "agent_name", "person": "principal_name"}
    who = {word: mandate.open(name) if mandate is not None else "" for word, name in names.items()}
    choices = [(agents.ACCEPTED, _("The paper shows all of this")), (agents.REFUSED, _("Something is missing"))]
    return {
        "result": forms.ChoiceField(label=_("Result"), choices=[("", _("Choose one")), *choices]),
        "checks": forms.MultipleChoiceField(
            label=_("What the paper shows. It has to name %(agent)s as agent and %(person)s as the person") % who,
            choices=[(row.id, row.says) for row in terms.checks] if terms else [],
            required=False,
            widget=forms.CheckboxSelectMultiple({"class": "r-laws"}),
        ),
        "until": forms.DateField(
            label=_("It ends on, if it says so"), required=False, widget=forms.DateInput({"type": "date"})
        ),
        "claims": _claims(),
        "to_person": forms.BooleanField(
            label=_("The answer goes to the person all the same, as it is not sure that they know what they hand over"),
            required=False,
        ),
        "reason": forms.CharField(
            label=_("What the agent should know (optional)"),
            max_length=threads.LONGEST,
            required=False,
            widget=forms.Textarea({"rows": 3}),
        ),
    }


def _claims() -> forms.BooleanField:
    label = _("The identifiers that were given are shown to be the person's, too")
    return forms.BooleanField(label=label, required=False)


_HEARD = (Channel.PHONE, Channel.EMAIL, Channel.POST, Channel.SUPPORT, Channel.IN_PERSON)


def _heard() -> forms.ChoiceField:
    ways = [(way, way.label) for way in _HEARD]
    return forms.ChoiceField(label=_("How the person said it"), choices=[("", _("Choose one")), *ways])


def _mark_fields(case: CaseFile) -> dict[str, forms.Field]:
    """What is marked, as a form without a script asks for it: the use case says what goes with what."""
    systems = [(step.system.key, step.system.name) for step in case.steps]
    return {
        "what": forms.ChoiceField(label=_("What"), choices=MarkWhat.choices),
        "passage": forms.CharField(
            label=_("The text to take out"), max_length=marking.LONGEST, required=False,
            widget=forms.Textarea({"rows": 2}),
        ),
        "system": forms.ChoiceField(label=_("In which system"), choices=[("", "-"), *systems], required=False),
        "dataset": forms.CharField(label=_("Kind of record"), max_length=128, required=False),
        "field": forms.CharField(label=_("Field"), max_length=128, required=False),
        "record": forms.IntegerField(label=_("Number of the record; none for every record"), required=False),
        "file": forms.IntegerField(label=_("Number of the file"), required=False),
        "kind": forms.ChoiceField(label=_("Kind"), choices=MarkKind.choices),
        "ground": _grounds(case, "mark"),
        "reason": _text(_("Why, in words that the person may read"), rows=2),
    }  # fmt: skip


def _proposed(case: CaseFile) -> forms.MultipleChoiceField:
    rows = case.request.marks.filter(state=MarkState.PROPOSED).values_list("pk", flat=True)
    return forms.MultipleChoiceField(label=_("Proposals"), choices=[(str(pk), str(pk)) for pk in rows])


def _hidden_row(_case: CaseFile, _verb: str) -> forms.Field:
    return forms.UUIDField(widget=forms.HiddenInput)


def _hidden_number(_case: CaseFile, _verb: str) -> forms.Field:
    return forms.IntegerField(widget=forms.HiddenInput)


_MAKERS: Mapping[str, Callable[[CaseFile, str], forms.Field]] = {
    "text": lambda _case, _verb: _text(_("Text")),
    "reason": lambda _case, _verb: _text(_("Reason"), rows=3),
    "ground": lambda case, verb: _grounds(case, verb),
    "category": lambda case, _verb: _categories(case),
    "regimes": lambda case, _verb: _laws(case),
    "amount": lambda _case, _verb: forms.CharField(label=_("Amount, such as 120 CHF"), max_length=12),
    "until": lambda _case, _verb: forms.DateField(
        label=_("New date, if it can be sooner than the law allows"),
        required=False,
        widget=forms.DateInput({"type": "date"}),
    ),
    "assignee": lambda case, _verb: _colleagues(case),
    "doubt": lambda _case, _verb: forms.ChoiceField(
        label=_("Doubt"), choices=[("", _("Choose one")), *asked.DOUBTS.items()]
    ),
    "method": lambda _case, _verb: forms.ChoiceField(
        choices=[(way, Method(way).label) for way in sorted(proving.BY_STAFF)], widget=forms.HiddenInput
    ),
    "result": lambda _case, _verb: forms.ChoiceField(
        label=_("Result"), choices=[("passed", _("It is the person")), ("failed", _("It could not be shown"))]
    ),
    "claims": lambda _case, _verb: _claims(),
    "kind": lambda _case, _verb: forms.ChoiceField(label=_("What came in"), choices=_UNASKED),
    "step": _hidden_row,
    "withholding": _hidden_row,
    "task": _hidden_row,
    "item": _hidden_number,
    "how": lambda _case, _verb: _heard(),
    "about": lambda _case, _verb: _text(_("What is wrong"), rows=2),
    "asked": lambda _case, _verb: _text(_("How it should be"), rows=2),
    "decision": lambda _case, verb: forms.ChoiceField(
        label=_("Decision"), choices=[("", _("Choose one")), *_OF_VERB.get(verb, _DECISIONS)]
    ),
    "url": lambda _case, _verb: forms.CharField(
        label=_("The receiver's address, beginning with https://"), max_length=500
    ),
    "receiver": lambda _case, _verb: forms.CharField(label=_("Who the receiver is"), max_length=120),
    "mark": _hidden_row,
    "marks": lambda case, _verb: _proposed(case),
    "whom": lambda _case, _verb: forms.CharField(label=_("Who is asked"), max_length=200),
    "point": lambda _case, _verb: _text(_("What the person complains of, in short"), rows=2),
    "verdict": lambda _case, _verb: forms.ChoiceField(label=_("Finding"), choices=[("", _("Choose one")), *_VERDICTS]),
    "facts": lambda _case, _verb: _text(_("What was found out, for the file; it is never sent"), rows=3),
    "measure": lambda _case, _verb: _text(_("The law or promise that it is held to"), rows=2),
    "owner": lambda _case, _verb: _owner(),
    "due_on": lambda _case, _verb: forms.DateField(label=_("By"), widget=forms.DateInput({"type": "date"})),
    "enquiry": _hidden_number,
    "finding": _hidden_number,
    "remedy": _hidden_number,
    "places": lambda _case, _verb: Places(),
}
"""Input to how it is asked for; most are the same for every move."""


def _of_its_own(verb: str, case: CaseFile, about: object) -> dict[str, forms.Field] | None:
    """Return the inputs of a move whose form is more than a list of inputs, otherwise None."""
    if verb == "check_mandate":
        return _mandate_fields(case)
    if verb == "argue_refusal":
        return proving_fields(case, about)
    if verb == "mark":
        return _mark_fields(case)
    if verb in elsewhereforms.VERBS:
        return elsewhereforms.fields_for(verb, case)
    if verb in outsideforms.VERBS:
        return outsideforms.fields_for(verb, case, _owner())
    if verb in ("find_account", "assess_age"):
        return childforms.fields_for(verb)
    return weighing_fields(case) if verb == "weigh" else None


def fields_for(verb: str, case: CaseFile, about: object = None) -> dict[str, forms.Field]:
    """Return the inputs of a move, in the order of the page; ``about`` is the thing held back that it is about."""
    if (own := _of_its_own(verb, case, about)) is not None:
        return own
    names = (*BY_VERB[verb].inputs, *BY_VERB[verb].may_say)
    fields = {name: _reviewing(verb, name, case) or _MAKERS[name](case, verb) for name in names}
    if verb == "decide_item":  # which of them is needed hangs on the decision, so the use case says it
        fields["ground"].required = fields["reason"].required = False
    if verb == "withhold":
        fields = {"category": fields["category"], "system": _systems(case), **fields}
    return fields


def _reviewing(verb: str, name: str, case: CaseFile) -> forms.Field | None:
    return reviewforms.field(name, case) if verb in reviewforms.HANDLERS else None
