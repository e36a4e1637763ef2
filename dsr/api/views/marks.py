"""What is taken out of an answer because it is about others."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.schema import query_of
from dsr.api.shapes import inputs, marks
from dsr.api.views.submissions import details_of
from dsr.models import Mark
from dsr.selectors.masking import DOTS
from dsr.services.redaction import seeing


class Marks(Endpoint):
    """What is taken out."""

    scopes = {"GET": scopes.DESK}

    @extend_schema(
        operation_id="list_marks",
        summary="What is taken out because it is about others, who marked it and who looked it over",
        parameters=query_of(inputs.Revealing),
        responses={200: marks.MarkList},
        tags=["requests"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the marks with their texts hidden, or in full for a reason that is recorded."""
        found, revealed = details_of(request, request_id)
        rows = [] if found.submission.purged_at else seeing.marks(found)
        return show(marks.MarkList(masked=not revealed, results=[_mark(each, revealed=revealed) for each in rows]))


def _mark(row: Mark, *, revealed: bool) -> marks.MarkShown:
    texts = {name: row.open(name) for name in ("text", "reason")}
    if not revealed:
        texts = {name: DOTS if text else "" for name, text in texts.items()}
    return marks.MarkShown(
        id=row.pk,
        state=row.state,
        what=row.what,
        kind=row.kind,
        ground=row.ground,
        system=row.step.system.key if row.step else None,
        dataset=row.dataset or None,
        field=row.field or None,
        record=row.record,
        file=row.file,
        passage=texts["text"],
        reason=texts["reason"],
        by=row.by.username if row.by else None,
        at=row.at,
        looked_by=row.looked_by.username if row.looked_by else None,
        looked_at=row.looked_at,
    )
