"""What was sent to somebody whom the person named."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.schema import query_of
from dsr.api.shapes import inputs, sending
from dsr.api.views.submissions import details_of
from dsr.models import Transmission
from dsr.selectors.masking import DOTS
from dsr.services.sending import naming


class Transmissions(Endpoint):
    """What was sent on."""

    scopes = {"GET": scopes.DESK}

    @extend_schema(
        operation_id="list_transmissions",
        summary="To whom the answer was sent, how far it came, and the receipt",
        parameters=query_of(inputs.Revealing),
        responses={200: sending.TransmissionList},
        tags=["requests"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return them with the receivers hidden, or in full for a reason that is recorded."""
        found, revealed = details_of(request, request_id)
        rows = [] if found.submission.purged_at else naming.all_of(found)
        return show(
            sending.TransmissionList(masked=not revealed, results=[_row(each, revealed=revealed) for each in rows])
        )


def _row(row: Transmission, *, revealed: bool) -> sending.TransmissionShown:
    name, url = naming.receiver_of(row) if revealed else (DOTS, DOTS)
    return sending.TransmissionShown(
        id=row.pk,
        state=row.state,
        package=row.package.number,
        size=row.package.size,
        sha256=row.package.sha256,
        offset=row.offset,
        receiver=name,
        url=url,
        code=row.code or None,
        said=naming.said(row.code) or None,
        attempts=row.attempts,
        named_at=row.named_at,
        confirmed_at=row.confirmed_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        receipt=row.open_json("receipt") or None if revealed else None,
    )
