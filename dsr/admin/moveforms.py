"""The moves as forms: which inputs each asks for, and the one use case that each calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import reckoning, rules
from dsr.admin import words
from dsr.deadlines import local_date
from dsr.errors import RecourseError
from dsr.lifecycle import BY_VERB
from dsr.models import SubjectRequest
from dsr.policies import Caller
from dsr.selectors.casefile import CaseFile
from dsr.services import delivery, identity, repinning, review, search, threads, timing
from dsr.services._moves import OpenMove

Given = Mapping[str, Any]
Handler = Callable[[SubjectRequest, Given, Caller, datetime], object]


def _simple(use_case: Callable[..., object], *names: str) -> Handler:
    """Return a handler that passes the named inputs on in their order, and the version that was looked at."""

    def handle(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
        return use_case(request.pk, *(given[name] for name in names), by=by, at=at, expect=given["version"])

    return handle


def _withhold(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return review.withhold(
        request.pk,
        given["category"],
        given["ground"],
        given["reason"],
        system_key=given["system"],
        by=by,
        at=at,
        expect=given["version"],
    )


def _answer(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return threads.write_from_person(request.pk, given["text"], by=by, at=at)


def _extend(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return timing.extend(
        request.pk, given["ground"], given["reason"], given["until"], by=by, at=at, expect=given["version"]
    )


def _reopen(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return identity.reopen(request.submission_id, by=by, at=at)


HANDLERS: Mapping[str, Handler] = {
    "assign": _simple(review.assign, "assignee"),
    "note": _simple(threads.note, "text"),
    "ask": _simple(threads.ask, "text"),
    "answer": _answer,
    "message": _simple(threads.write_to_person, "text"),
    "extend": _extend,
    "clarify": _simple(timing.clarify, "text"),
    "tell_fee": _simple(timing.tell_fee, "amount", "reason"),
    "accept_fee": _simple(timing.accept_fee),
    "waive_fee": _simple(timing.waive_fee),
    "change_laws": _simple(timing.change_laws, "regimes", "reason"),
    "change_rules": _simple(repinning.change_rules, "reason"),
    "retry_system": _simple(search.retry, "step"),
    "go_without": _simple(search.go_without, "step", "reason"),
    "withhold": _withhold,
    "release": _simple(review.release, "withholding"),
    "prepare": _simple(review.prepare),
    "propose_refusal": _simple(review.propose_refusal, "ground", "reason"),
    "send_back": _simple(review.send_back, "reason"),
    "approve": _simple(review.approve),
    "refuse": _simple(review.refuse),
    "refuse_late": _simple(review.refuse_late, "reason"),
    "redirect": _simple(review.redirect, "text"),
    "reopen": _reopen,
    "reissue": _simple(delivery.reissue),
    "renew": _simple(delivery.reissue),
    "withdraw": _simple(review.withdraw),
}
"""Verb to use case. A verb of the table that staff may make and that is not here is left to the service."""

CONSEQUENCES: Mapping[str, str | Promise] = {
    "assign": gettext_lazy("Your colleague sees it under “my requests”. Choose nobody to put it back into the queue."),
    "note": gettext_lazy("Only staff see it. It is kept with the case."),
    "ask": gettext_lazy("The person gets a mail that there is a question, and it is their turn until they answer."),
    "answer": gettext_lazy("Write down what the person told you, in their own words."),
    "message": gettext_lazy("The person gets a mail that there is a message, and reads it on the page of the request."),
    "extend": gettext_lazy(
        "The person is told the reasons and the new date at once. It can be done once, and only before the date."
    ),
    "clarify": gettext_lazy(
        "The person gets a mail that there is a question. Until they answer, the clock stands still, as this law says."
    ),
    "tell_fee": gettext_lazy("The person is told the amount and the reason, and nothing goes on until there is word."),
    "accept_fee": gettext_lazy("Only because the person said so. The clock runs again."),
    "waive_fee": gettext_lazy("The person need not pay, and the clock runs again."),
    "change_laws": gettext_lazy(
        "Every date of every request in this submission is worked out anew, and the person is told each that moves."
    ),
    "change_rules": gettext_lazy(
        "Every date of every request in this submission is worked out by the rules in force, and the person is told "
        "each that moves. It cannot be taken back."
    ),
    "retry_system": gettext_lazy("The system is asked again from the start. What it found before is thrown away."),
    "go_without": gettext_lazy("The person is told which system could not be searched."),
    "withhold": gettext_lazy("This category is left out of the answer, and the person is told that and why."),
    "release": gettext_lazy("It becomes part of the answer again."),
    "prepare": gettext_lazy("Somebody else has to approve it before the person gets anything."),
    "propose_refusal": gettext_lazy("Somebody else has to agree. The person reads the ground and your reasons."),
    "send_back": gettext_lazy(
        "The proposal is dropped and the request goes back to the desk. The reason is kept as a note."
    ),
    "approve": gettext_lazy("The answer is built and the person is told that it is ready. This cannot be taken back."),
    "refuse": gettext_lazy("The request is closed. The person gets ground, reasons and every way to complain."),
    "refuse_late": gettext_lazy(
        "The last day for a refusal has gone by. The request is closed, and the letter says that it comes too late."
    ),
    "redirect": gettext_lazy("The request is closed. The person is told who decides about this data, in your words."),
    "reopen": gettext_lazy("The person is asked once more to confirm the address. The reference stays the same."),
    "reissue": gettext_lazy("The same answer can be downloaded again, and the person is told."),
    "renew": gettext_lazy("The files are gone, so the systems are searched anew under the same reference."),
    "withdraw": gettext_lazy(
        "Only because the person asked for it. The request is closed, and that is confirmed by mail."
    ),
}
"""What follows from a move, said before it is made."""

FIRST = ("prepare", "approve", "refuse", "reopen", "reissue", "renew")
GRAVE = frozenset({"refuse", "refuse_late", "redirect", "withdraw", "go_without"})


@dataclass(frozen=True, slots=True)
class MoveForm:
    """One move as the page draws it."""

    verb: str
    title: str
    consequence: str
    form: forms.Form

    @property
    def weight(self) -> str:
        """How much it stands out: what usually comes next, what closes a request, or neither."""
        return "first" if self.verb in FIRST else "grave" if self.verb in GRAVE else ""

    @property
    def open(self) -> bool:
        """Whether it was sent and came back, and so should be unfolded."""
        return self.form.is_bound


class _Form(forms.Form):
    """A move's inputs and the version of the request that somebody looked at when deciding."""

    required_css_class = "r-required"
    version = forms.IntegerField(widget=forms.HiddenInput)

    def refuse(self, error: RecourseError) -> None:
        """Show why a use case said no, next to the field where it names one."""
        field = error.field if error.field in self.fields else None
        self.add_error(field, str(error.sentence))


def _text(label: str, rows: int = 4) -> forms.CharField:
    return forms.CharField(label=label, max_length=threads.LONGEST, widget=forms.Textarea({"rows": rows}))


def _colleagues(case: CaseFile) -> forms.TypedChoiceField:
    people = get_user_model().objects.with_perm("dsr.work_requests").filter(is_active=True).order_by("username")
    choices = [("", _("nobody"))] + [(str(each.pk), words.colleague(each)) for each in people]
    return forms.TypedChoiceField(
        label=_("Colleague"), choices=choices, required=False, coerce=int, empty_value=None,
        initial=case.request.assignee_id or "",
    )  # fmt: skip


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
    scope = "category" if verb == "withhold" else "request"
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


def fields_for(verb: str, case: CaseFile) -> dict[str, forms.Field]:
    """Return the inputs of a move, in the order of the page."""
    makers: dict[str, Callable[[], forms.Field]] = {
        "text": lambda: _text(_("Text")),
        "reason": lambda: _text(_("Reason"), rows=3),
        "ground": lambda: _grounds(case, verb),
        "category": lambda: _categories(case),
        "regimes": lambda: _laws(case),
        "amount": lambda: forms.CharField(label=_("Amount, such as 120 CHF"), max_length=12),
        "until": lambda: forms.DateField(
            label=_("New date, if it can be sooner than the law allows"),
            required=False,
            widget=forms.DateInput({"type": "date"}),
        ),
        "assignee": lambda: _colleagues(case),
        "step": lambda: forms.UUIDField(widget=forms.HiddenInput),
        "withholding": lambda: forms.UUIDField(widget=forms.HiddenInput),
    }
    fields = {name: makers[name]() for name in (*BY_VERB[verb].inputs, *BY_VERB[verb].may_say)}
    if verb == "withhold":
        fields = {"category": fields["category"], "system": _systems(case), **fields}
    return fields


def form_for(verb: str, case: CaseFile, data: Mapping[str, Any] | None = None, **initial: Any) -> forms.Form:
    """Return a move's form, filled with what was sent if anything was."""
    prefix = "-".join([verb, *(str(value) for value in initial.values())])
    form_class = type(f"{verb.title()}Form", (_Form,), fields_for(verb, case))
    form: forms.Form = form_class(
        data, initial={"version": case.request.version, **initial}, auto_id=f"id_{prefix}_%s", label_suffix=""
    )
    return form


def move_form(move: OpenMove, case: CaseFile, bound: Mapping[str, forms.Form], **initial: Any) -> MoveForm:
    """Return a move as the page draws it; ``bound`` holds the form that came back, by its key."""
    key = "-".join([move.verb, *(str(value) for value in initial.values())])
    form = bound.get(key) or form_for(move.verb, case, **initial)
    return MoveForm(move.verb, move.title, str(CONSEQUENCES[move.verb]), form)
