"""Cases of authorities as answers. What people wrote is for those who work on them."""

from datetime import date, datetime
from typing import Any

from dsr.api import presenting
from dsr.api.shapes import cases as shapes
from dsr.lifecycle import STAFF
from dsr.models import AuthorityCase, CaseEntry, CaseMeasure
from dsr.policies import Caller
from dsr.selectors import authoritycases
from dsr.services.cases import authorities, road
from notifications.models import Forgotten


def row(case: AuthorityCase, by: Caller, at: datetime) -> shapes.CaseRow:
    """Return a case as lists show it."""
    return shapes.CaseRow(**_row(case, by, at))


def shown(case: AuthorityCase, by: Caller, at: datetime) -> shapes.CaseShown:
    """Return a case in full."""
    found = authoritycases.load(case)
    return shapes.CaseShown(
        **_row(case, by, at),
        subject=_text(case, "subject", by),
        answer=_text(case, "answer", by),
        place=_text(case, "place", by),
        prepared_by=case.prepared_by.username if case.prepared_by else None,
        prepared_at=case.prepared_at,
        approved_by=case.approved_by.username if case.approved_by else None,
        approved_at=case.approved_at,
        entered_by=case.entered_by.username,
        entered_at=case.entered_at,
        closed_at=case.closed_at,
        purge_at=case.purge_at,
        purged_at=case.purged_at,
        links=[
            shapes.LinkShown(
                id=link.pk,
                reference=link.submission.reference,
                request=link.request_id,
                right=link.request.right if link.request else None,
                told_at=link.told_at,
            )
            for link in found.links
        ],
        measures=[_measure(each, by) for each in found.measures],
    )


def moves(case: AuthorityCase, by: Caller, at: datetime) -> shapes.CaseMoveList:
    """Return the steps that belong to the state of a case."""
    return shapes.CaseMoveList(
        version=case.version,
        results=[
            shapes.CaseMoveShown(
                verb=step.verb,
                title=step.title,
                allowed=step.allowed,
                inputs=list(step.inputs),
                may_say=list(step.may_say),
                because=step.because or None,
                code=step.code or None,
                url=presenting.url("cases", case.pk, "moves", step.verb),
            )
            for step in road.moves(case, by, at)
        ],
    )


def event(entry: CaseEntry, by: Caller) -> shapes.CaseEventShown:
    """Return one line of a history."""
    return shapes.CaseEventShown(
        seq=entry.seq,
        at=entry.at,
        verb=entry.verb,
        by=entry.actor_id or None,
        via=entry.via,
        from_state=entry.from_state or None,
        to_state=entry.to_state,
        data=entry.data,
        text=_text(entry, "text", by) or None,
        hash=entry.hash,
    )


def listed(on: date) -> shapes.AuthorityList:
    """Return the authorities by the rule files."""
    return shapes.AuthorityList(
        results=[
            shapes.AuthorityShown(id=each.id, title=each.title, url=each.url or None) for each in authorities.known(on)
        ]
    )


def _measure(measure: CaseMeasure, by: Caller) -> shapes.MeasureShown:
    return shapes.MeasureShown(
        number=measure.number,
        what=_text(measure, "what", by),
        owner=measure.owner.username,
        due_on=measure.due_on,
        done_at=measure.done_at,
        done_by=measure.done_by.username if measure.done_by else None,
        place=_text(measure, "place", by),
        lifted_at=measure.lifted_at,
    )


def _row(case: AuthorityCase, by: Caller, at: datetime) -> dict[str, Any]:
    return {
        "id": case.pk,
        "url": presenting.url("cases", case.pk),
        "authority": case.authority,
        "title": authorities.title_of(case.authority, at.date()),
        "office": case.office,
        "reference": _text(case, "reference", by),
        "state": case.state,
        "outcome": case.outcome or None,
        "overdue": authoritycases.is_overdue(case, at),
        "received_on": case.received_on,
        "due_on": case.due_on,
        "owner": case.owner.username if case.owner else None,
        "sent_on": case.sent_on,
        "ended_on": case.ended_on,
        "version": case.version,
    }


def _text(row: AuthorityCase | CaseMeasure | CaseEntry, name: str, by: Caller) -> str | None:
    if not by.roles & STAFF:
        return None
    try:
        return row.open(name)
    except Forgotten:
        return None
