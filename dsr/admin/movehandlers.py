"""The moves as staff make them: the one use case that each form calls."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dsr.admin import reviewforms
from dsr.admin.proving import ANSWER
from dsr.models import SubjectRequest
from dsr.policies import Caller
from dsr.services import (
    acting,
    agents,
    arguing,
    correction,
    delivery,
    identity,
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
from dsr.services.complaints import answering, appeals, looking, outside, promises
from dsr.services.erasure import waiting
from dsr.services.redaction import marking, proposing
from dsr.services.sending import naming

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
