"""Deciding: assigning, holding back, proposing, and releasing or refusing as a second person."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.errors import Incomplete, NotFound
from dsr.lifecycle import APPEALED, BY_VERB
from dsr.models import SubjectRequest, System, Withholding
from dsr.policies import can_make, check_can_make
from dsr.rights import SPECS, Look, Right
from dsr.rules import pack
from dsr.services import acting, clocks, letters, pausing, referring, routing, search, taskwork, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import plan
from dsr.services.grounds import check_ground, law_of
from dsr.services.redaction import marking
from dsr.services.referring import Elsewhere
from dsr.services.steps import destroy_later
from dsr.services.threads import checked_text, keep_note
from notifications.ids import uuid7

_SYSTEM = Caller.system()
PROCESSED = "processor_redirect"
"""The ground on which what is processed for a customer is not given here."""


def assign(
    request_id: UUID, assignee_id: int | None, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Give a request to a colleague who works the queue, or back to it. Raises Incomplete for anybody else."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        if assignee_id is not None:
            colleague = get_user_model().objects.filter(pk=assignee_id, is_active=True).first()
            if colleague is None or not colleague.has_perm("dsr.work_requests"):
                raise Incomplete(_("Choose a colleague who works the queue."), field="assignee")
        case.move(request, "assign", by=by, at=at, data={"assignee": assignee_id}, assignee_id=assignee_id)
    return request


def withhold(
    request_id: UUID,
    category: str,
    ground: str,
    reason: str,
    *,
    by: Caller,
    at: datetime,
    system_key: str = "",
    expect: int | None = None,
) -> SubjectRequest:
    """Keep one data category back, everywhere or in one system, on a coded ground and with reasons."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        system = _system_of(request, system_key) if system_key else None
        check_ground(request, ground)
        if category not in _categories(request, system):
            raise Incomplete(_("Choose a data category that these systems hold."), field="category")
        row = Withholding(
            id=uuid7(at), request=request, system=system, category=category, ground=ground, by=by.user, at=at
        )
        row.seal("reason", checked_text(reason, "reason"))
        data = {"category": category, "ground": ground, "system": system_key}
        case.move(request, "withhold", by=by, at=at, data=data)
        row.save(force_insert=True)
        _plan_anew(case, request, at)
    return request


def release(
    request_id: UUID, withholding_id: UUID, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Give after all what was to be held back."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        row = request.withholdings.filter(pk=withholding_id, lifted_at=None).first()
        if row is None:
            raise NotFound(_("This is not held back."))
        case.move(request, "release", by=by, at=at, data={"category": row.category})
        row.lifted_at = at
        row.save(update_fields=["lifted_at"])
        _plan_anew(case, request, at)
    return request


def _plan_anew(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Have the systems count again what would go and what would stay, where that hangs on what was just decided."""
    if request.spec.look is Look.PREVIEW and can_make(request, "search", _SYSTEM, at):
        search.begin(case, request, by=_SYSTEM, at=at)
        ring(Bell.WORK, str(case.submission.pk))


def prepare(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Propose to give what was found, less what is held back."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "prepare", by=by, at=at, by_id=by.user_id)
    return request


def propose_refusal(
    request_id: UUID, ground: str, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Propose to refuse altogether, on a coded ground and with reasons for the person."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["propose_refusal"], by, at)
        check_ground(request, ground)
        request.seal("reason", checked_text(reason, "reason"))
        case.move(request, "propose_refusal", by=by, at=at, data={"ground": ground}, by_id=by.user_id, ground=ground)
    return request


def send_back(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Return a proposal to the desk; the reason is kept as a note."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["send_back"], by, at)
        post = keep_note(case, request, reason, by, at)
        case.move(request, "send_back", by=by, at=at, data={"post": str(post.pk)})
    return request


def approve(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Release a prepared answer, as another person than who prepared it; it is built then."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        plan.check_it_holds(request, at)
        marking.check_it_fits(request)
        case.move(request, "approve", by=by, at=at, by_id=by.user_id)
        if request.spec.acts:
            acting.after_approval(case, request, at)
        else:
            clocks.build_soon(request, at)
            ring(Bell.WORK, str(case.submission.pk))
    return request


def refuse(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Refuse as proposed, as the second person, and tell the person ground, reasons and every way to complain.

    Raises Unlawful once the law's last day for telling a refusal has gone by.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "refuse", by=by, at=at, data={"ground": request.refusal_ground}, by_id=by.user_id)
        _tell_refusal(case, request, at, late=False)
    return request


def refuse_late(
    request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Refuse although the last day for it has gone by; why it is late is kept, and the letter says that it is."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["refuse_late"], by, at)
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        data = {"ground": request.refusal_ground, "post": str(post.pk)}
        case.move(request, "refuse_late", by=by, at=at, data=data, by_id=by.user_id)
        _tell_refusal(case, request, at, late=True)
    return request


def _tell_refusal(case: Case, request: SubjectRequest, at: datetime, *, late: bool) -> None:
    destroy_later(request, at)
    submission = case.submission
    ground = pack().refusal(request.refusal_ground)
    letter = letters.Refused(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        right=str(SPECS[Right(request.right)].title),
        ground=ground.why(language=submission.language),
        law="" if ground.generic else law_of(submission, request.regime, request.refusal_ground),
        reason=request.open("reason"),
        remedies=telling.remedies(submission),
        late=late,
        appeal_until=reckoning.appeal_until(request) if Right(request.right) in APPEALED else None,
        tracker=telling.tracker_link(submission, at),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"refused:{request.pk}:{request.version}", about=[request])


def redirect(
    request_id: UUID,
    text: str,
    where: Elsewhere = Elsewhere(),  # noqa: B008 - it cannot be changed
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> SubjectRequest:
    """Close by directing the person to whoever decides about this data or answers for it, with the explanation.

    A line of the register says so, and a customer that is known is told. Raises Incomplete where the text names one
    that the person neither named nor proved.
    """
    text = checked_text(text)
    if where.door:
        return routing.route(request_id, replace(where, text=text), by=by, at=at, expect=expect)
    referring.check_words(where, text)
    return _close(request_id, "redirect", text, by, at, expect, where, by_id=by.user_id)


def refer(request_id: UUID, where: Elsewhere, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Direct the person to a customer with some categories, or to a door of the notice, and go on with the rest."""
    if where.door:
        return routing.route_part(request_id, where, by=by, at=at, expect=expect)
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["refer"], by, at)
        held = sorted(_categories(request, None) & set(where.categories))
        for category in held:
            row = Withholding(id=uuid7(at), request=request, category=category, ground=PROCESSED, by=by.user, at=at)
            row.seal(
                "reason", _("The organisation that this data is processed for decides about it and answers for it.")
            )
            case.move(request, "withhold", by=by, at=at, data={"category": category, "ground": PROCESSED, "system": ""})
            row.save(force_insert=True)
        referring.refer(case, request, where, by=by, at=at)
        if held:
            _plan_anew(case, request, at)
    return request


def withdraw(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Stop because the person asked, and confirm it."""
    return _close(request_id, "withdraw", "", by, at, expect)


def _close(
    request_id: UUID,
    verb: str,
    text: str,
    by: Caller,
    at: datetime,
    expect: int | None,
    where: Elsewhere | None = None,
    **stamps: Any,
) -> SubjectRequest:
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB[verb], by, at)
        if text:
            request.seal("reason", text)
        case.move(request, verb, by=by, at=at, **stamps)
        if where is not None:
            referring.enter(case, request, where, by=by, at=at)
        taskwork.call_off(request)  # what was made to be done and nobody has begun
        pausing.end_unweighed(case, request, at)
        destroy_later(request, at)
        letter = letters.Closed(
            reference=case.submission.reference,
            organisation=telling.organisation(case.submission),
            right=str(SPECS[Right(request.right)].title),
            outcome=request.outcome,
            explanation=text,
            tracker=telling.door(case, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"closed:{request.pk}:{request.version}")
    return request


def _system_of(request: SubjectRequest, key: str) -> System:
    step = request.steps.filter(system__key=key).select_related("system").first()
    if step is None:
        raise Incomplete(_("Choose a system that was searched for this request."), field="system")
    return step.system


def _categories(request: SubjectRequest, system: System | None) -> set[str]:
    steps = request.steps.select_related("system")
    if system is not None:
        steps = steps.filter(system=system)
    return {category for step in steps for category in step.system.categories}
