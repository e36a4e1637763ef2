"""What may be done with a request now, and doing it: one table from the words of the lifecycle to the use cases."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request

from dsr.api import presenting, scopes
from dsr.api.answers import Answer, etag, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.problems import Problem
from dsr.api.reading import Body, body, expected_version, no_parameters, raw_body
from dsr.api.schema import IDEMPOTENT, IF_MATCH
from dsr.api.scopes import bearing
from dsr.api.shapes import children, elsewhere, inputs, marks, outputs, sending
from dsr.api.views import complaining, grounds, reviewing
from dsr.api.views.requests import find, shown
from dsr.errors import Incomplete, Stale
from dsr.lifecycle import BY_VERB
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
from dsr.services._moves import open_moves
from dsr.services.erasure import waiting
from dsr.services.redaction import marking, proposing
from dsr.services.sending import naming


class Doing(NamedTuple):
    """One move about to be made: which request, by whom, when, and on which version it was decided."""

    request_id: UUID
    by: Caller
    at: datetime
    expect: int | None

    @property
    def how(self) -> dict[str, Any]:
        """The arguments that every use case takes."""
        return self._asdict()


class Dispatch(NamedTuple):
    """The body that a verb takes, and the use case that makes the move."""

    model: type[Body]
    make: Callable[[Doing, Any], object]


def _assign(do: Doing, given: inputs.WithAssignee) -> object:
    if given.assignee is None:
        return review.assign(assignee_id=None, **do.how)
    colleague = get_user_model().objects.filter(username=given.assignee).values_list("pk", flat=True).first()
    if colleague is None:
        raise Incomplete(_("Choose a colleague who works the queue."), field="assignee")
    return review.assign(assignee_id=colleague, **do.how)


def _withhold(do: Doing, given: inputs.WithCategory) -> object:
    return review.withhold(
        category=given.category, ground=given.ground, reason=given.reason, system_key=given.system, **do.how
    )


def _extend(do: Doing, given: inputs.WithExtension) -> object:
    return timing.extend(ground=given.ground, reason=given.reason, until=given.until, **do.how)


def _change_laws(do: Doing, given: inputs.WithLaws) -> object:
    return timing.change_laws(regimes=given.regimes, reason=given.reason, **do.how)


def _change_rules(do: Doing, given: inputs.WithReason) -> object:
    return repinning.change_rules(reason=given.reason, **do.how)


def _tell_fee(do: Doing, given: inputs.WithFee) -> object:
    return timing.tell_fee(amount=given.amount, reason=given.reason, **do.how)


def _propose_refusal(do: Doing, given: inputs.WithGround) -> object:
    return review.propose_refusal(ground=given.ground, reason=given.reason, **do.how)


def _argue_refusal(do: Doing, given: inputs.WithProof) -> object:
    proof = arguing.Proof(given.proof_kind, given.proof_place, given.proof_author, given.proof_on)
    return arguing.argue(proof=proof, answers=given.answers, withholding_id=given.withholding, **do.how)


def _go_without(do: Doing, given: inputs.WithStepAndReason) -> object:
    return search.go_without(step_id=given.step, reason=given.reason, **do.how)


def _release(do: Doing, given: inputs.WithWithholding) -> object:
    return review.release(withholding_id=given.withholding, **do.how)


def _reopen(do: Doing, given: inputs.Nothing) -> object:
    found = find(do.request_id, do.by)
    if do.expect not in (None, found.version):
        raise Stale(_("Somebody changed this request since you looked. Look again, then decide."))
    return identity.reopen(found.submission_id, by=do.by, at=do.at)


def _ask_more(do: Doing, given: inputs.WithDoubt) -> object:
    return proving.ask_more(doubt=given.doubt, reason=given.reason, **do.how)


def _check_identity(do: Doing, given: inputs.WithCheck) -> object:
    return proving.check_identity(method=given.method, result=given.result, claims=given.claims, **do.how)


def _check_mandate(do: Doing, given: inputs.WithMandateCheck) -> object:
    finding = agents.Finding(
        given.result, tuple(given.checks), given.until, given.claims, given.to_person, given.reason
    )
    return agents.check(finding=finding, **do.how)


def _end_unproved(do: Doing, given: inputs.WithReason) -> object:
    return proving.end_unproved(reason=given.reason, **do.how)


def _confirm_erasure(do: Doing, given: inputs.WithWord) -> object:
    return waiting.confirm(how=given.how, **do.how)


def _accept_failure(do: Doing, given: inputs.WithTaskAndReason) -> object:
    return taskrun.accept_failure(task_id=given.task, reason=given.reason, **do.how)


def _add_item(do: Doing, given: inputs.WithItem) -> object:
    return correction.add_item(about=given.about, asked=given.asked, **do.how)


def _decide_item(do: Doing, given: inputs.WithItemDecision) -> object:
    decision = correction.Decision(given.decision, tuple(given.places), given.ground, given.reason)
    return correction.decide_item(number=given.item, decision=decision, **do.how)


def _disagree(do: Doing, given: inputs.WithStatement) -> object:
    return correction.disagree(number=given.item, text=given.text, **do.how)


def _add_right(do: Doing, given: elsewhere.WithRight) -> object:
    return splitting.add_right(more=splitting.More(given.right, given.reason, given.details), **do.how)


def _redirect(do: Doing, given: elsewhere.WithTextElsewhere) -> object:
    where = referring.Elsewhere(**given.model_dump(exclude={"text"}))
    return review.redirect(text=given.text, where=where, **do.how)


def _refer(do: Doing, given: elsewhere.WithElsewhere) -> object:
    where = referring.Elsewhere(**given.model_dump(exclude={"categories"}), categories=tuple(given.categories))
    return review.refer(where=where, **do.how)


def _referral_answered(do: Doing, given: elsewhere.WithReferral) -> object:
    return referring.answered(referral_id=given.referral, word=given.word, **do.how)


def _assess_age(do: Doing, given: children.WithFinding) -> object:
    return sheltering.assess(said=sheltering.Assessment(**given.model_dump()), **do.how)


def _find_account(do: Doing, given: children.WithAccount) -> object:
    return sheltering.find_account(account=given.account, **do.how)


def _weigh_age_anew(do: Doing, given: inputs.WithReason) -> object:
    return sheltering.weigh_anew(reason=given.reason, **do.how)


def _tell_lifting(do: Doing, given: inputs.WithReason) -> object:
    return restriction.tell_lifting(reason=given.reason, **do.how)


def _name_receiver(do: Doing, given: sending.WithReceiver) -> object:
    return naming.name(url=given.url, receiver=given.receiver, **do.how)


def _mark(do: Doing, given: marks.WithMarking) -> object:
    return marking.mark(wanted=marking.Marking(**given.model_dump()), **do.how)


def _decide_mark(do: Doing, given: marks.WithProposals) -> object:
    return marking.decide(marks=given.marks, decision=given.decision, **do.how)


def _weigh(do: Doing, given: inputs.WithWeighing) -> object:
    return weighing.weigh(weight=weighing.Weight(**given.model_dump()), **do.how)


# fmt: off
MOVES: dict[str, Dispatch] = {
    "reopen":          Dispatch(inputs.Nothing, _reopen),
    "retry_system":    Dispatch(inputs.WithStep, lambda do, given: search.retry(step_id=given.step, **do.how)),
    "go_without":      Dispatch(inputs.WithStepAndReason, _go_without),
    "assign":          Dispatch(inputs.WithAssignee, _assign),
    "note":            Dispatch(inputs.WithText, lambda do, given: threads.note(text=given.text, **do.how)),
    "extend":          Dispatch(inputs.WithExtension, _extend),
    "clarify":         Dispatch(inputs.WithText, lambda do, given: timing.clarify(text=given.text, **do.how)),
    "tell_fee":        Dispatch(inputs.WithFee, _tell_fee),
    "accept_fee":      Dispatch(inputs.Nothing, lambda do, _given: timing.accept_fee(**do.how)),
    "waive_fee":       Dispatch(inputs.Nothing, lambda do, _given: timing.waive_fee(**do.how)),
    "change_laws":     Dispatch(inputs.WithLaws, _change_laws),
    "change_rules":    Dispatch(inputs.WithReason, _change_rules),
    "ask":             Dispatch(inputs.WithText, lambda do, given: threads.ask(text=given.text, **do.how)),
    "answer":          Dispatch(inputs.WithText, lambda do, given: threads.answer(text=given.text, **do.how)),
    "message":         Dispatch(inputs.WithText, lambda do, given: threads.write_to_person(text=given.text, **do.how)),
    "withhold":        Dispatch(inputs.WithCategory, _withhold),
    "release":         Dispatch(inputs.WithWithholding, _release),
    "name_receiver":   Dispatch(sending.WithReceiver, _name_receiver),
    "confirm_receiver": Dispatch(inputs.WithWord, lambda do, given: naming.confirm(how=given.how, **do.how)),
    "cancel_receiver": Dispatch(inputs.Nothing, lambda do, _given: naming.cancel(**do.how)),
    "seek_marks":      Dispatch(inputs.Nothing, lambda do, _given: proposing.seek(**do.how)),
    "mark":            Dispatch(marks.WithMarking, _mark),
    "unmark":          Dispatch(marks.WithMark, lambda do, given: marking.unmark(mark_id=given.mark, **do.how)),
    "decide_mark":     Dispatch(marks.WithProposals, _decide_mark),
    "look_over":       Dispatch(inputs.Nothing, lambda do, _given: marking.look_over(**do.how)),
    "prepare":         Dispatch(inputs.Nothing, lambda do, _given: review.prepare(**do.how)),
    "propose_refusal": Dispatch(inputs.WithGround, _propose_refusal),
    "argue_refusal":   Dispatch(inputs.WithProof, _argue_refusal),
    "send_back":       Dispatch(inputs.WithReason, lambda do, given: review.send_back(reason=given.reason, **do.how)),
    "approve":         Dispatch(inputs.Nothing, lambda do, _given: review.approve(**do.how)),
    "refuse":          Dispatch(inputs.Nothing, lambda do, _given: review.refuse(**do.how)),
    "refuse_late":     Dispatch(inputs.WithReason, lambda do, given: review.refuse_late(reason=given.reason, **do.how)),
    "redirect":        Dispatch(elsewhere.WithTextElsewhere, _redirect),
    "refer":           Dispatch(elsewhere.WithElsewhere, _refer),
    "add_right":       Dispatch(elsewhere.WithRight, _add_right),
    "referral_answered": Dispatch(elsewhere.WithReferral, _referral_answered),
    "propose_misunderstood": Dispatch(
        inputs.WithReason, lambda do, given: misreading.propose(reason=given.reason, **do.how)
    ),
    "close_misunderstood": Dispatch(inputs.Nothing, lambda do, _given: misreading.close(**do.how)),
    "meant":           Dispatch(inputs.Nothing, lambda do, _given: misreading.go_on(**do.how)),
    "meant_unproved":  Dispatch(inputs.Nothing, lambda do, _given: misreading.go_on(**do.how)),
    "ask_more":        Dispatch(inputs.WithDoubt, _ask_more),
    "check_identity":  Dispatch(inputs.WithCheck, _check_identity),
    "check_mandate":   Dispatch(inputs.WithMandateCheck, _check_mandate),
    "revoke_mandate":  Dispatch(inputs.WithReason, lambda do, given: principals.revoke(reason=given.reason, **do.how)),
    "end_unproved":    Dispatch(inputs.WithReason, _end_unproved),
    "hold":            Dispatch(inputs.WithReason, lambda do, given: stopping.hold(reason=given.reason, **do.how)),
    "lift_hold":       Dispatch(inputs.WithReason, lambda do, given: stopping.lift_hold(reason=given.reason, **do.how)),
    "stop":            Dispatch(inputs.WithReason, lambda do, given: stopping.stop_for(reason=given.reason, **do.how)),
    "resume":          Dispatch(inputs.WithReason, lambda do, given: stopping.resume(reason=given.reason, **do.how)),
    "note_unasked":    Dispatch(inputs.WithUnasked, lambda do, given: stopping.note_unasked(kind=given.kind, **do.how)),
    "reissue":         Dispatch(inputs.Nothing, lambda do, _given: delivery.reissue(**do.how)),
    "renew":           Dispatch(inputs.Nothing, lambda do, _given: delivery.reissue(**do.how)),
    "confirm_erasure": Dispatch(inputs.WithWord, _confirm_erasure),
    "take_up":         Dispatch(inputs.Nothing, lambda do, _given: waiting.take_up(**do.how)),
    "add_item":        Dispatch(inputs.WithItem, _add_item),
    "decide_item":     Dispatch(inputs.WithItemDecision, _decide_item),
    "disagree":        Dispatch(inputs.WithStatement, _disagree),
    "halt":            Dispatch(inputs.WithReason, lambda do, given: acting.halt(reason=given.reason, **do.how)),
    "retry_task":      Dispatch(inputs.WithTask, lambda do, given: taskrun.retry(task_id=given.task, **do.how)),
    "accept_failure":  Dispatch(inputs.WithTaskAndReason, _accept_failure),
    "erase_again":     Dispatch(inputs.WithTask, lambda do, given: taskrun.erase_again(task_id=given.task, **do.how)),
    "tell_lifting":    Dispatch(inputs.WithReason, _tell_lifting),
    "find_account":    Dispatch(children.WithAccount, _find_account),
    "assess_age":      Dispatch(children.WithFinding, _assess_age),
    "confirm_age":     Dispatch(inputs.Nothing, lambda do, _given: sheltering.confirm(**do.how)),
    "weigh_age_anew":  Dispatch(inputs.WithReason, _weigh_age_anew),
    "weigh":           Dispatch(inputs.WithWeighing, _weigh),
    "propose_decision": Dispatch(inputs.Nothing, lambda do, _given: weighing.propose(**do.how)),
    "decide_objection": Dispatch(inputs.Nothing, lambda do, _given: weighing.decide(**do.how)),
    "decide_objection_late": Dispatch(
        inputs.WithReason, lambda do, given: weighing.decide_late(reason=given.reason, **do.how)
    ),
    "withdraw":        Dispatch(inputs.Nothing, lambda do, _given: review.withdraw(**do.how)),
    **{verb: Dispatch(model, make) for verb, (model, make) in (complaining.MOVES | reviewing.MOVES).items()},
}
# fmt: on


class OpenMoves(Endpoint):
    """What this caller may do now."""

    scopes = {"GET": scopes.DESK}

    @extend_schema(
        operation_id="list_moves",
        summary="What this caller may do now, and what not and why",
        responses={200: outputs.MoveList},
        tags=["moves"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the steps that belong to this state and are this caller's to make."""
        no_parameters(request)
        found = find(request_id, bearing(request).caller)
        asks = grounds.questions(found.refusal_ground)
        moves = [
            outputs.MoveShown(
                verb=move.verb,
                title=move.title,
                allowed=move.allowed,
                inputs=list(move.inputs),
                may_say=list(move.may_say),
                because=move.because or None,
                code=move.code or None,
                rule=move.rule or None,
                questions=asks if move.verb == "argue_refusal" else [],
                url=presenting.url("requests", found.pk, "moves", move.verb),
            )
            for move in open_moves(found, bearing(request).caller, timezone.now())
            if move.verb in MOVES
        ]
        version = presenting.version(found, bearing(request).caller)
        return show(outputs.MoveList(version=version, results=moves), headers=etag(version))


class Moves(Endpoint):
    """Make one move. Each verb has an address and a body of its own; see ``view_of``."""

    scopes = {"POST": scopes.DESK}
    verb = ""

    def post(self, request: Request, request_id: UUID, verb: str = "") -> HttpResponse:
        """Make it and return the request as it is then."""
        no_parameters(request)
        dispatch = MOVES.get(verb or self.verb)
        if dispatch is None:
            raise Problem("unknown-move", _("There is no such step."))
        given = _given(request, dispatch.model)
        doing = Doing(request_id, bearing(request).caller, timezone.now(), expected_version(request))
        return respond(once(request, lambda: _make(dispatch, doing, given)))


def view_of(verb: str) -> type[Moves]:
    """Return the view of one verb, so that the description names its body."""
    view = type(f"Move_{verb}", (Moves,), {"verb": verb, "__module__": __name__})
    described = extend_schema(
        operation_id=f"move_{verb}",
        summary=str(BY_VERB[verb].title),
        parameters=[IDEMPOTENT, IF_MATCH],
        request=MOVES[verb].model,
        responses={200: outputs.RequestShown},
        tags=["moves"],
    )
    return extend_schema_view(post=described)(view)


def _given(request: Request, model: type[Body]) -> Body:
    """Return the inputs. A move that needs none may come without a body."""
    needs_none = not any(field.is_required() for field in model.model_fields.values())
    if needs_none and not raw_body(request).strip():
        return model()
    return body(request, model)


def _make(dispatch: Dispatch, doing: Doing, given: Body) -> Answer:
    find(doing.request_id, doing.by)  # what is not there for somebody cannot be moved by them
    dispatch.make(doing, given)
    return shown(find(doing.request_id, doing.by), doing.by)
