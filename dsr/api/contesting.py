"""Complaints and appeals as answers. Texts appear masked unless it is told otherwise."""

from dsr.api.shapes import doing
from dsr.models import Enquiry, Finding, OutsideReference, Remedy, SubjectRequest
from dsr.rules.routes import Route
from dsr.selectors.masking import DOTS
from dsr.services.complaints import outside, routes


def complaint(request: SubjectRequest, *, revealed: bool) -> doing.ComplaintShown:
    """Return what was asked, found and promised, where it went, and the ladder from here."""
    purged = request.submission.purged_at is not None
    been = routes.outside(request)
    return doing.ComplaintShown(
        masked=not revealed,
        about=request.about_id,
        investigator=request.investigator.username if request.investigator else None,
        proposed_outcome=request.proposed_outcome or None,
        enquiries=[] if purged else _enquiries(request, revealed),
        findings=[] if purged else _findings(request, revealed),
        promises=[] if purged else _promises(request, revealed),
        outside=[] if purged else [_outside(row, request, revealed) for row in been if row.request_id == request.pk],
        bodies=[doing.BodyShown(id=each.id, title=each.title, who=each.who) for each in outside.bodies(request)],
        routes=[_route(each) for each in routes.left(request, been)],
    )


def _enquiries(request: SubjectRequest, revealed: bool) -> list[doing.EnquiryShown]:
    return [
        doing.EnquiryShown(
            number=row.number,
            asked_at=row.at,
            replied_at=row.replied_at,
            by=row.by.username,
            **_texts(row, request, revealed, "whom", "asked", "reply"),
        )
        for row in request.enquirys.select_related("by").order_by("number")
    ]


def _findings(request: SubjectRequest, revealed: bool) -> list[doing.FindingShown]:
    return [
        doing.FindingShown(
            number=row.number,
            verdict=row.verdict,
            at=row.at,
            by=row.by.username,
            **_texts(row, request, revealed, "point", "facts", "measure", "reason"),
        )
        for row in request.findings.select_related("by").order_by("number")
    ]


def _promises(request: SubjectRequest, revealed: bool) -> list[doing.PromiseShown]:
    return [
        doing.PromiseShown(
            number=row.number,
            owner=row.owner.username,
            due_on=row.due_on,
            done_at=row.done_at,
            **_texts(row, request, revealed, "what"),
        )
        for row in request.remedys.select_related("owner").order_by("number")
    ]


def _route(route: Route) -> doing.RouteShown:
    return doing.RouteShown(
        id=route.id,
        step=route.step,
        title=route.title,
        who=route.who,
        url=route.url,
        free=route.free,
        open=route.open,
        after=list(route.after),
    )


def _outside(row: OutsideReference, request: SubjectRequest, revealed: bool) -> doing.OutsideShown:
    return doing.OutsideShown(
        number=row.number,
        body=row.body,
        title=outside.title_of(request, row.body),
        received_on=row.received_on,
        due_on=row.due_on,
        set_by=row.set_by or None,
        owner=row.owner.username,
        result=row.result or None,
        ended_on=row.ended_on,
        **_texts(row, request, revealed, "reference", "outcome"),
    )


def _texts(
    row: Enquiry | Finding | Remedy | OutsideReference, request: SubjectRequest, revealed: bool, *names: str
) -> dict[str, str]:
    row.request = request  # so that all share the one data key that was opened
    texts = {name: row.open(name) for name in names}
    return texts if revealed else {name: DOTS if text else "" for name, text in texts.items()}
