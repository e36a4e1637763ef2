"""What is done in the systems about a request: plan, tasks, recipients, items, certificate."""

from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr import reckoning
from dsr.api import contesting, scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.problems import Problem
from dsr.api.reading import no_parameters, parameters
from dsr.api.schema import query_of
from dsr.api.scopes import bearing
from dsr.api.shapes import doing, inputs
from dsr.api.views.requests import find
from dsr.api.views.submissions import details_of, reveal
from dsr.choices import uses
from dsr.models import CorrectionItem, SubjectRequest, Task, Weighing
from dsr.policies.objecting import wanted
from dsr.rights import Right
from dsr.selectors.masking import DOTS, Personal
from dsr.services import codes, recipients
from dsr.services.erasure import plan


class Plan(Endpoint):
    """What would be erased and what kept."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="get_plan",
        summary="What would be erased and what kept, why and until when",
        responses={200: doing.PlanShown},
        tags=["doing"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the plan; empty until the systems were asked, and for rights that erase nothing."""
        no_parameters(request)
        found = find(request_id, bearing(request).caller)
        tells_all = bearing(request).has(scopes.STAFF)
        rows = [_part(part, tells_all) for part in plan.parts(found)]
        return show(doing.PlanShown(confirmed_at=found.confirmed_at, act_at=found.act_at, results=rows))


def _part(part: plan.Part, tells_all: bool) -> doing.PlanRow:
    """Support speaks to the person, so it does not learn a ground that nobody may tell."""
    told = tells_all or not part.silent
    return doing.PlanRow(
        system=part.system,
        name=part.name,
        category=part.category,
        found=part.found,
        erase=part.erase,
        keep=part.keep,
        ground=part.ground or None if told else None,
        until=part.until,
        rule=part.rule or None,
        by_hand=part.by_hand,
        left_out=part.left_out,
    )


class Tasks(Endpoint):
    """The systems' parts."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="list_tasks",
        summary="Each system's part in carrying a request out",
        responses={200: doing.TaskList},
        tags=["doing"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the tasks, oldest first."""
        no_parameters(request)
        tasks = find(request_id, bearing(request).caller).tasks.select_related("system").annotate(proofs=Count("files"))
        tasks = tasks.order_by("made_at", "system__key", "kind", "ordinal")
        return show(doing.TaskList(results=[_task(each) for each in tasks]))


def _task(task: Task) -> doing.TaskShown:
    numbers = ("dataset", "category", "found", "erase", "keep")
    return doing.TaskShown(
        id=task.pk,
        system=task.system.key,
        kind=task.kind,
        state=task.state,
        result=task.result or None,
        code=task.code or None,
        said=codes.said(task.code) or None,
        late=task.late,
        attempts=task.attempts,
        due_at=task.due_at,
        made_at=task.made_at,
        started_at=task.started_at,
        finished_at=task.finished_at,
        files=task.proofs,  # type: ignore[attr-defined]  # counted with the tasks
        lines=[doing.TaskLine(**{name: line[name] for name in numbers}) for line in task.lines],
    )


class Recipients(Endpoint):
    """Those who were given the data."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="list_recipients",
        summary="Recipients that were told, when, and what they answered",
        responses={200: doing.RecipientList},
        tags=["doing"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return them by name."""
        no_parameters(request)
        rows = [
            doing.RecipientShown(
                name=told.name,
                told_at=told.at,
                answer=told.answer or None,
                remarks=told.remarks or None,
                answered_at=told.answered_at,
            )
            for told in recipients.told(find(request_id, bearing(request).caller))
        ]
        return show(doing.RecipientList(results=rows))


class Items(Endpoint):
    """What the person says is wrong."""

    scopes = {"GET": scopes.DESK}

    @extend_schema(
        operation_id="list_items",
        summary="What the person says is wrong, one by one, and what was decided",
        parameters=query_of(inputs.Revealing),
        responses={200: doing.ItemList},
        tags=["doing"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return them with their texts hidden, or in full for a reason that is recorded."""
        found, revealed = details_of(request, request_id)
        rows = [] if found.submission.purged_at else found.items.select_related("decided_by").order_by("number")
        return show(doing.ItemList(masked=not revealed, results=[_item(each, found, revealed) for each in rows]))


def _item(item: CorrectionItem, request: SubjectRequest, revealed: bool) -> doing.ItemShown:
    item.request = request  # so that all share the one data key that was opened
    texts: dict[str, Any] = {name: item.open(name) for name in ("about", "asked", "reason", "statement")}
    if not revealed:
        texts = {name: DOTS if text else "" for name, text in texts.items()}
    return doing.ItemShown(
        number=item.number,
        places=item.places,
        is_login=item.is_login,
        decision=item.decision or None,
        ground=item.ground or None,
        decided_by=item.decided_by.username if item.decided_by else None,
        decided_at=item.decided_at,
        statement_at=item.statement_at,
        **texts,
    )


class Weighings(Endpoint):
    """What is objected to."""

    scopes = {"GET": frozenset({scopes.STAFF})}

    @extend_schema(
        operation_id="list_weighings",
        summary="What the person objects to, use by use, and what was weighed",
        parameters=query_of(inputs.Revealing),
        responses={200: doing.WeighingList},
        tags=["doing"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return each use with its texts hidden, or in full for a reason that is recorded."""
        reason = parameters(request, inputs.Revealing).reason
        found, at = find(request_id, bearing(request).caller), timezone.now()
        open_now = found.right == Right.OBJECTION and found.submission.purged_at is None
        revealed = reason is not None and open_now
        if revealed:
            reveal(request, found, frozenset({Personal.DETAILS}), reason or "", at)
        rows = {row.use: row for row in found.weighings.select_related("by")} if open_now else {}
        names = dict.fromkeys([*wanted(found), *rows]) if open_now else {}
        results = [_weighing(name, rows.get(name), found, revealed) for name in names]
        return show(doing.WeighingList(masked=not revealed, results=results))


def _weighing(use: str, row: Weighing | None, request: SubjectRequest, revealed: bool) -> doing.WeighingShown:
    title = uses.title(use, reckoning.notice_of(request.submission))
    if row is None:
        return doing.WeighingShown(
            use=use, title=title, basis=None, outcome=None, ground=None, vulnerable=False, texts={}, by=None, at=None
        )
    row.request = request  # so that all share the one data key that was opened
    texts = {name: text if revealed else DOTS for name, text in row.open_json("content").items()}
    return doing.WeighingShown(
        use=use,
        title=title,
        basis=row.basis,
        outcome=row.outcome,
        ground=row.ground or None,
        vulnerable=row.vulnerable,
        texts=texts,
        by=row.by.username,
        at=row.at,
    )


class Complaint(Endpoint):
    """What was asked, found and promised about a complaint."""

    scopes = {"GET": scopes.DESK}

    @extend_schema(
        operation_id="get_complaint",
        summary="Who was asked about a complaint, what was found point by point, what is promised, and where it can go",
        parameters=query_of(inputs.Revealing),
        responses={200: doing.ComplaintShown},
        tags=["doing"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return it with its texts hidden, or in full for a reason that is recorded."""
        found, revealed = details_of(request, request_id)
        return show(contesting.complaint(found, revealed=revealed))


class LatestCertificate(Endpoint):
    """What was signed."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="get_certificate",
        summary="The newest certificate: what was done, signed, without the data",
        responses={200: doing.CertificateShown},
        tags=["doing"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the document as it was signed."""
        no_parameters(request)
        newest = find(request_id, bearing(request).caller).certificates.order_by("-number").first()
        if newest is None:
            raise Problem("not-found", _("There is no certificate of this request, as nothing has been done yet."))
        return show(doing.CertificateShown(newest.document))
