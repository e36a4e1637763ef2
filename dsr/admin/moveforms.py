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
from dsr.admin import childforms, consequences, elsewhereforms, outsideforms, reviewforms, words
from dsr.admin.objecting import weighing_fields
from dsr.admin.proving import ANSWER, proving_fields
from dsr.deadlines import local_date
from dsr.errors import NotAllowed, RecourseError
from dsr.lifecycle import BY_VERB, Outcome
from dsr.models import Channel, ItemDecision, MarkKind, MarkState, MarkWhat, PointVerdict, SubjectRequest
from dsr.policies import Caller, reason_against
from dsr.selectors.casefile import CaseFile
from dsr.services import (
    acting,
    agents,
    arguing,
    asked,
    correction,
    delivery,
    identity,
    letters,
    mandated,
    misreading,
    principals,
    proving,
    referring,
    repinning,
    restriction,
    review,
    search,
    sheltering,
    splitting,
    stopping,
    taskrun,
    threads,
    timing,
    weighing,
)
from dsr.services._moves import OpenMove
from dsr.services.complaints import answering, appeals, looking, outside, promises
from dsr.services.erasure import waiting
from dsr.services.redaction import marking, proposing
from dsr.services.sending import naming
from verification import mandates
from verification.proofs import Method

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


def _check_identity(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return proving.check_identity(
        request.pk, given["method"], given["result"], claims=given["claims"], by=by, at=at, expect=given["version"]
    )


def _check_mandate(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    names = ("result", "checks", "until", "claims", "to_person", "reason")
    finding = agents.Finding(**{name: given[name] for name in names})
    return agents.check(request.pk, finding, by=by, at=at, expect=given["version"])


def _confirm_erasure(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return waiting.confirm(request.pk, by=by, at=at, how=given["how"], expect=given["version"])


def _decide_item(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    decision = correction.Decision(given["decision"], tuple(given["places"]), given["ground"], given["reason"])
    return correction.decide_item(request.pk, given["item"], decision, by=by, at=at, expect=given["version"])


def _argue(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return arguing.argue(
        request.pk,
        arguing.Proof(given["proof_kind"], given["proof_place"], given["proof_author"], given["proof_on"]),
        {name.removeprefix(ANSWER): str(value) for name, value in given.items() if name.startswith(ANSWER)},
        withholding_id=given.get("withholding"),
        by=by,
        at=at,
        expect=given["version"],
    )


def _mark(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    names = ("what", "kind", "ground", "reason", "passage", "system", "dataset", "field", "record", "file")
    wanted = marking.Marking(**{name: given[name] for name in names})
    return marking.mark(request.pk, wanted, by=by, at=at, expect=given["version"])


def _add_right(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    more = splitting.More(given["right"], given["reason"])
    return splitting.add_right(request.pk, more, by=by, at=at, expect=given["version"])


def _redirect(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    names = ("customer", "known", "door", "pass_on", "agreed", "whole")
    where = referring.Elsewhere(**{name: given[name] for name in names})
    return review.redirect(request.pk, given["text"], where, by=by, at=at, expect=given["version"])


def _refer(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    names = ("customer", "known", "door", "pass_on", "agreed", "text")
    where = referring.Elsewhere(**{name: given[name] for name in names}, categories=tuple(given["categories"]))
    return review.refer(request.pk, where, by=by, at=at, expect=given["version"])


def _find_account(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return sheltering.find_account(request.pk, account=given["account"], by=by, at=at, expect=given["version"])


def _assess_age(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    names = ("finding", "reason", "signs", "conflict", "guidance", "tell_account")
    said = sheltering.Assessment(**{name: given[name] for name in names})
    return sheltering.assess(request.pk, said, by=by, at=at, expect=given["version"])


def _confirm_receiver(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    return naming.confirm(request.pk, how=given["how"], by=by, at=at, expect=given["version"])


def _weigh(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    weight = weighing.Weight(**{name: given[name] for name in weighing.Weight.__slots__})
    return weighing.weigh(request.pk, weight, by=by, at=at, expect=given["version"])


def _add_finding(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    found = looking.Found(**{name: given[name] for name in ("point", "verdict", "facts", "measure", "reason")})
    return looking.add_finding(request.pk, found, by=by, at=at, expect=given["version"])


def _note_outside(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    taken = outside.Taken(**{name: given[name] for name in outside.Taken.__slots__})
    return outside.note(request.pk, taken, by=by, at=at, expect=given["version"])


def _end_outside(request: SubjectRequest, given: Given, by: Caller, at: datetime) -> object:
    ended = outside.Ended(given["result"], given["ended_on"], given["text"])
    return outside.end(request.pk, given["outside"], ended, by=by, at=at, expect=given["version"])


HANDLERS: Mapping[str, Handler] = {
    "note_outside": _note_outside,
    "redate_outside": _simple(outside.redate, "outside", "due_on", "reason"),
    "end_outside": _end_outside,
    "take_complaint": _simple(looking.take),
    "enquire": _simple(looking.enquire, "whom", "text"),
    "note_reply": _simple(looking.note_reply, "enquiry", "text"),
    "add_finding": _add_finding,
    "drop_finding": _simple(looking.drop_finding, "finding"),
    "promise": _simple(looking.promise, "text", "owner", "due_on"),
    "drop_promise": _simple(looking.drop_promise, "remedy"),
    "keep_promise": _simple(promises.keep, "remedy"),
    "news": _simple(looking.news, "text"),
    "propose_answer": _simple(answering.propose, "text"),
    "answer_complaint": _simple(answering.answer),
    "appeal": _simple(appeals.file, "text"),
    "propose_ruling": _simple(appeals.propose, "decision", "text"),
    "decide_appeal": _simple(appeals.decide),
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
    "name_receiver": _simple(naming.name, "url", "receiver"),
    "confirm_receiver": _confirm_receiver,
    "cancel_receiver": _simple(naming.cancel),
    "seek_marks": _simple(proposing.seek),
    "mark": _mark,
    "unmark": _simple(marking.unmark, "mark"),
    "decide_mark": _simple(marking.decide, "marks", "decision"),
    "look_over": _simple(marking.look_over),
    "prepare": _simple(review.prepare),
    "propose_refusal": _simple(review.propose_refusal, "ground", "reason"),
    "argue_refusal": _argue,
    "send_back": _simple(review.send_back, "reason"),
    "approve": _simple(review.approve),
    "refuse": _simple(review.refuse),
    "refuse_late": _simple(review.refuse_late, "reason"),
    "redirect": _redirect,
    "refer": _refer,
    "add_right": _add_right,
    "referral_answered": _simple(referring.answered, "referral", "word"),
    "propose_misunderstood": _simple(misreading.propose, "reason"),
    "close_misunderstood": _simple(misreading.close),
    "meant": _simple(misreading.go_on),
    "meant_unproved": _simple(misreading.go_on),
    "reopen": _reopen,
    "ask_more": _simple(proving.ask_more, "doubt", "reason"),
    "check_identity": _check_identity,
    "check_mandate": _check_mandate,
    "revoke_mandate": _simple(principals.revoke, "reason"),
    "end_unproved": _simple(proving.end_unproved, "reason"),
    "hold": _simple(stopping.hold, "reason"),
    "lift_hold": _simple(stopping.lift_hold, "reason"),
    "stop": _simple(stopping.stop_for, "reason"),
    "resume": _simple(stopping.resume, "reason"),
    "note_unasked": _simple(stopping.note_unasked, "kind"),
    "reissue": _simple(delivery.reissue),
    "renew": _simple(delivery.reissue),
    "withdraw": _simple(review.withdraw),
    "find_account": _find_account,
    "assess_age": _assess_age,
    "confirm_age": _simple(sheltering.confirm),
    "weigh_age_anew": _simple(sheltering.weigh_anew, "reason"),
    "confirm_erasure": _confirm_erasure,
    "take_up": _simple(waiting.take_up),
    "halt": _simple(acting.halt, "reason"),
    "retry_task": _simple(taskrun.retry, "task"),
    "accept_failure": _simple(taskrun.accept_failure, "task", "reason"),
    "erase_again": _simple(taskrun.erase_again, "task"),
    "add_item": _simple(correction.add_item, "about", "asked"),
    "decide_item": _decide_item,
    "disagree": _simple(correction.disagree, "item", "text"),
    "tell_lifting": _simple(restriction.tell_lifting, "reason"),
    **reviewforms.HANDLERS,
    "weigh": _weigh,
    "propose_decision": _simple(weighing.propose),
    "decide_objection": _simple(weighing.decide),
    "decide_objection_late": _simple(weighing.decide_late, "reason"),
}
"""Verb to use case. A verb of the table that staff may make and that is not here is left to the service."""

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
FIRST = (
    "take_complaint", "propose_answer", "answer_complaint", "propose_ruling", "decide_appeal",
    "link_decision", "take_review", "confirm_erasure", "weigh", "propose_decision", "decide_objection", "prepare",
    "approve", "refuse", "reopen", "take_up", "meant", "meant_unproved", "reissue", "renew",
)  # fmt: skip
GRAVE = frozenset({
    "refuse", "refuse_late", "decide_objection_late", "redirect", "withdraw", "go_without", "end_unproved",
    "accept_failure", "close_misunderstood",
})  # fmt: skip
_BESIDE = {"argue_refusal": ("withholding",)}
"""Inputs that say which row a move is about, where it need not be about one."""
_ROWS = ("step", "withholding", "method", "task", "item", "mark", "enquiry", "finding", "remedy", "outside")
"""Inputs that say which of several rows a move is about; they belong to the form's key."""


class Places(forms.MultipleChoiceField):
    """Fields of systems. The page offers those that were looked at; the use case judges what comes back."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self) -> None:
        super().__init__(label=_("Where it is put right, or stays"), required=False)

    def valid_value(self, value: str) -> bool:
        """Take any: what is offered is read from the systems, which are not asked again for this."""
        return True


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
        problems = getattr(error, "problems", None) or {error.field or "": error.sentence}
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, str(sentence))


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


def fields_for(verb: str, case: CaseFile, about: object = None) -> dict[str, forms.Field]:
    """Return the inputs of a move, in the order of the page; ``about`` is the thing held back that it is about."""
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
    if verb == "weigh":
        return weighing_fields(case)
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
        "doubt": lambda: forms.ChoiceField(label=_("Doubt"), choices=[("", _("Choose one")), *asked.DOUBTS.items()]),
        "method": lambda: forms.ChoiceField(
            choices=[(way, Method(way).label) for way in sorted(proving.BY_STAFF)], widget=forms.HiddenInput
        ),
        "result": lambda: forms.ChoiceField(
            label=_("Result"), choices=[("passed", _("It is the person")), ("failed", _("It could not be shown"))]
        ),
        "claims": _claims,
        "kind": lambda: forms.ChoiceField(label=_("What came in"), choices=_UNASKED),
        "step": lambda: forms.UUIDField(widget=forms.HiddenInput),
        "withholding": lambda: forms.UUIDField(widget=forms.HiddenInput),
        "task": lambda: forms.UUIDField(widget=forms.HiddenInput),
        "item": lambda: forms.IntegerField(widget=forms.HiddenInput),
        "how": _heard,
        "about": lambda: _text(_("What is wrong"), rows=2),
        "asked": lambda: _text(_("How it should be"), rows=2),
        "decision": lambda: forms.ChoiceField(
            label=_("Decision"), choices=[("", _("Choose one")), *_OF_VERB.get(verb, _DECISIONS)]
        ),
        "url": lambda: forms.CharField(label=_("The receiver's address, beginning with https://"), max_length=500),
        "receiver": lambda: forms.CharField(label=_("Who the receiver is"), max_length=120),
        "mark": lambda: forms.UUIDField(widget=forms.HiddenInput),
        "marks": lambda: _proposed(case),
        "whom": lambda: forms.CharField(label=_("Who is asked"), max_length=200),
        "point": lambda: _text(_("What the person complains of, in short"), rows=2),
        "verdict": lambda: forms.ChoiceField(label=_("Finding"), choices=[("", _("Choose one")), *_VERDICTS]),
        "facts": lambda: _text(_("What was found out, for the file; it is never sent"), rows=3),
        "measure": lambda: _text(_("The law or promise that it is held to"), rows=2),
        "owner": lambda: _owner(),
        "due_on": lambda: forms.DateField(label=_("By"), widget=forms.DateInput({"type": "date"})),
        **{name: lambda: forms.IntegerField(widget=forms.HiddenInput) for name in ("enquiry", "finding", "remedy")},
        "places": Places,
    }
    names = (*BY_VERB[verb].inputs, *BY_VERB[verb].may_say)
    fields = {name: _own(verb, name, case) or makers[name]() for name in names}
    if verb == "decide_item":  # which of them is needed hangs on the decision, so the use case says it
        fields["ground"].required = fields["reason"].required = False
    if verb == "withhold":
        fields = {"category": fields["category"], "system": _systems(case), **fields}
    return fields


def _own(verb: str, name: str, case: CaseFile) -> forms.Field | None:
    return reviewforms.field(name, case) if verb in reviewforms.HANDLERS else None


def key_of(verb: str, data: Mapping[str, Any]) -> str:
    """Return the key of the form that something was sent with: its verb, and the row that it is about."""
    known = {*BY_VERB[verb].inputs, *_BESIDE.get(verb, ())}
    rows = [str(data[name]) for name in _ROWS if name in known and data.get(name)]
    return "-".join([verb, *rows])


def form_for(verb: str, case: CaseFile, data: Mapping[str, Any] | None = None, **initial: Any) -> forms.Form:
    """Return a move's form, filled with what was sent if anything was."""
    prefix = "-".join([verb, *(str(value) for value in initial.values())])
    about = (data or initial).get("withholding")
    form_class = type(f"{verb.title()}Form", (_Form,), fields_for(verb, case, about))
    form: forms.Form = form_class(
        data, initial={"version": case.request.version, **initial}, auto_id=f"id_{prefix}_%s", label_suffix=""
    )
    return form


def move_form(
    move: OpenMove, case: CaseFile, bound: Mapping[str, forms.Form], at: datetime, **initial: Any
) -> MoveForm:
    """Return a move as the page draws it; ``bound`` holds the form that came back, by its key."""
    key = "-".join([move.verb, *(str(value) for value in initial.values())])
    form = bound.get(key) or form_for(move.verb, case, **initial)
    title = consequences.title_of(move.verb, case.request.right, move.title)
    return MoveForm(move.verb, title, consequences.of_move(move.verb, case.request, at), form)


def attempt(form: forms.Form, verb: str, subject: SubjectRequest, by: Caller, at: datetime) -> RecourseError | None:
    """Call the one use case of a move if it is theirs and the form can be read; return what is objected to."""
    against = reason_against(subject, verb, by, at)
    if isinstance(against, NotAllowed):  # what a form lacks is nobody's business whose move it is not
        form.refuse(against)  # type: ignore[attr-defined]
        return against
    if not form.is_valid():
        return None
    try:
        HANDLERS[verb](subject, form.cleaned_data, by, at)
    except RecourseError as error:
        form.refuse(error)  # type: ignore[attr-defined]
        return error
    return None
