"""Rows as answers. Personal values appear in one function only, and masked unless it is told otherwise."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language

from dsr import demands, doors
from dsr.api.shapes import outputs
from dsr.lifecycle import State, Turn
from dsr.models import Step, SubjectRequest, Submission, Withholding
from dsr.policies import Caller, outward
from dsr.rules.schema.offers import Door
from dsr.selectors import masking, queue
from dsr.services import links, mandated
from notifications.models import Forgotten
from verification import mandates

PREFIX = "/api/v1"


def url(*parts: str | UUID) -> str:
    """Return the absolute address of something in the interface."""
    return "/".join((settings.BASE_URL.rstrip("/") + PREFIX, *map(str, parts)))


def row(request: SubjectRequest, signals: Sequence[str], at: datetime, by: Caller) -> outputs.RequestRow:
    """Return a request as lists show it to ``by``; ``signals`` are the codes of those that nobody has cleared."""
    return outputs.RequestRow(**_row(request, signals, at, by))


def detail(
    request: SubjectRequest,
    steps: Iterable[Step],
    withholdings: Iterable[Withholding],
    signals: Sequence[str],
    at: datetime,
    by: Caller,
) -> outputs.RequestShown:
    """Return one request with its systems, as ``by`` may see it."""
    if _is_veiled(request, by):
        return outputs.RequestShown(**_row(request, signals, at, by), **_NOTHING_INSIDE)
    return outputs.RequestShown(
        **_row(request, signals, at, by),
        prepared_by=request.prepared_by.username if request.prepared_by else None,
        prepared_at=request.prepared_at,
        approved_by=request.approved_by.username if request.approved_by else None,
        approved_at=request.approved_at,
        refusal_ground=request.refusal_ground or None,
        searched_at=request.searched_at,
        ready_at=request.ready_at,
        steps=[_step(each) for each in steps],
        withholdings=[_withholding(each) for each in withholdings],
    )


_NOTHING_INSIDE: Mapping[str, Any] = {
    **dict.fromkeys(("prepared_by", "prepared_at", "approved_by", "approved_at"), None),
    **dict.fromkeys(("refusal_ground", "searched_at", "ready_at"), None),
    "steps": [],
    "withholdings": [],
}
"""Of a report of a child's account, to whoever speaks to the reporter."""


def _is_veiled(request: SubjectRequest, by: Caller) -> bool:
    return outward.is_report(request) and outward.is_outside(by)


def version(request: SubjectRequest, by: Caller) -> int:
    """Return the version that is shown to ``by``: one that counts what happened inside would tell of it."""
    return (2 if request.closed_at else 1) if _is_veiled(request, by) else request.version


def _row(request: SubjectRequest, signals: Sequence[str], at: datetime, by: Caller) -> dict[str, Any]:
    found = _whole_row(request, signals, at)
    if _is_veiled(request, by):
        open_turn = Turn.PERSON if request.question_at else Turn.STAFF
        turn = Turn.NOBODY if request.closed_at else open_turn
        found |= {"turn": turn, "proposal": None, "assignee": None, "version": version(request, by)}
    return found


def _whole_row(request: SubjectRequest, signals: Sequence[str], at: datetime) -> dict[str, Any]:
    return {
        "id": request.pk,
        "url": url("requests", request.pk),
        "submission": request.submission_id,
        "reference": request.submission.reference,
        "right": request.right,
        "state": request.state,
        "outcome": request.outcome or None,
        "turn": request.turn,
        "overdue": queue.is_overdue(request, at),
        "regime": request.regime,
        "received_at": request.received_at,
        "due_at": request.due_at,
        "due_on": request.due_on,
        "start_by": None if request.state in queue.ANSWERED else request.slack_at,
        "closed_at": request.closed_at,
        "question_open": request.question_at is not None,
        "proposal": request.proposal or None,
        "assignee": request.assignee.username if request.assignee else None,
        "asker": _asker(request, signals, at),
        "version": request.version,
    }


def _asker(request: SubjectRequest, signals: Sequence[str], at: datetime) -> outputs.AskerShown:
    submission, until = request.submission, request.submission.held_until
    lacking = demands.missing(request) if request.state == State.VERIFYING else None
    return outputs.AskerShown(
        floor=request.identity_floor,
        of_record=request.identity_of_record,
        verified_level=submission.verified_level,
        verified_method=submission.verified_method or None,
        missing=lacking.code if lacking else None,
        signals=list(signals),
        held_until=until if until is not None and until > at else None,
        stopped=submission.stopped_at is not None,
    )


def _step(step: Step) -> outputs.StepShown:
    return outputs.StepShown(
        id=step.pk,
        system=step.system.key,
        state=step.state,
        result=step.result or None,
        code=step.code or None,
        counts=step.counts,
        attempts=step.attempts,
        due_at=step.due_at,
        finished_at=step.finished_at,
    )


def _withholding(held: Withholding) -> outputs.WithholdingShown:
    return outputs.WithholdingShown(
        id=held.pk,
        category=held.category,
        system=held.system.key if held.system else None,
        ground=held.ground,
        by=held.by.username,
        at=held.at,
    )


def submission(
    found: Submission,
    requests: Iterable[SubjectRequest],
    signals: Sequence[str],
    at: datetime,
    by: Caller,
    *,
    revealed: bool = False,
) -> outputs.SubmissionShown:
    """Return one filing with its requests; personal values in full only where ``revealed``."""
    return outputs.SubmissionShown(
        id=found.pk,
        url=url("submissions", found.pk),
        reference=found.reference,
        received_at=found.received_at,
        channel=found.channel,
        language=found.language,
        country=found.country,
        region=found.region,
        relationship=found.relationship,
        notice=outputs.NoticeShown(id=found.notice_id, version=found.notice_version),
        rules_version=found.rules_version,
        regimes=found.regimes,
        verified_at=found.verified_at,
        verified_method=found.verified_method or None,
        purge_at=found.purge_at,
        purged_at=found.purged_at,
        tracker_url=links.tracker(found.reference),
        person=_person(found, revealed),
        agent=_agent(found, at) if found.for_other else None,
        requests=[row(each, signals, at, by) for each in requests],
    )


def door(row: Door) -> outputs.DoorShown:
    """Show who else answers."""
    said = dict(doors.told(row, get_language() or settings.LANGUAGE_CODE))
    del said["languages"]
    return outputs.DoorShown(
        id=row.id,
        kind=row.kind,
        languages=row.languages,
        relationships=row.relationships,
        serves=row.serves,
        needs_agreement=row.needs_agreement,
        **said,
    )


def _agent(found: Submission, at: datetime) -> outputs.AgentShown | None:
    mandate = mandates.of(found.pk)
    if mandate is None:
        return None
    return outputs.AgentShown(
        kind=mandate.kind,
        state=mandate.state,
        waits_for=mandated.awaits(found, at),
        may_receive=mandate.may_receive,
        expires_on=mandate.expires_on,
        agency=mandate.agency.name if mandate.agency is not None else None,
    )


def _person(found: Submission, revealed: bool) -> outputs.PersonShown | None:
    try:
        values = {name: found.open(name) for name in ("name", "email", "phone")}
        identifiers = {kind: list(given) for kind, given in found.open_json("identifiers").items()}
    except Forgotten:
        return None
    if not revealed:
        values = {name: masking.mask(name, text) for name, text in values.items()}
        identifiers = {kind: [masking.DOTS for _ in given] for kind, given in identifiers.items()}
    return outputs.PersonShown(masked=not revealed, **values, identifiers=identifiers)
