"""Documents that were asked for: what is or was here, and handing one in. Contents never come out this way."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import scopes
from dsr.api.answers import Answer, answer, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.files import FormInMemory, content_of, form
from dsr.api.idempotency import once
from dsr.api.reading import no_parameters
from dsr.api.schema import IDEMPOTENT
from dsr.api.scopes import bearing
from dsr.api.shapes import inputs, papers
from dsr.api.views.requests import find
from dsr.models import SubjectRequest
from dsr.policies import Caller
from dsr.services import evidence
from verification.models import Evidence, Opening, Purpose
from verification.uploads import Clean


class EvidenceOfRequest(Endpoint):
    """The documents of a request's submission; all its requests share them, as they share the person."""

    scopes = {"GET": frozenset({scopes.STAFF, scopes.AUDITOR}), "POST": scopes.DESK}
    parser_classes = (FormInMemory,)

    @extend_schema(
        operation_id="list_evidence",
        summary="Documents that are or were here: for what, from when till when, and who opened them",
        responses={200: papers.EvidenceList},
        tags=["evidence"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the rows, never what is in a document."""
        no_parameters(request)
        found = find(request_id, bearing(request).caller)
        rows = list(Evidence.objects.filter(about=found.submission_id).order_by("received_at", "id"))
        openings = _openings(rows)
        return show(papers.EvidenceList(results=[_shown(row, openings) for row in rows]))

    @extend_schema(
        operation_id="send_evidence",
        summary="Hand in a document that the person was asked for",
        parameters=[IDEMPOTENT],
        request={"multipart/form-data": inputs.NewEvidence},
        responses={201: papers.EvidenceKept},
        tags=["evidence"],
    )
    def post(self, request: Request, request_id: UUID) -> HttpResponse:
        """Write it anew and keep that."""
        no_parameters(request)
        given = form(request, inputs.NewEvidence)
        found, by, at = find(request_id, bearing(request).caller), bearing(request).caller, timezone.now()
        # Before the key is claimed, as that holds the database.
        document = evidence.cleaned(given.file)
        content = content_of(given.purpose, given.file)
        return respond(once(request, lambda: _receive(found, given.purpose, document, by, at), content=content))


def _receive(found: SubjectRequest, purpose: Purpose, document: Clean, by: Caller, at: datetime) -> Answer:
    kept = evidence.receive(found.submission_id, purpose, document, by=by, at=at)
    receipt = papers.EvidenceKept(
        id=kept.pk, request=found.pk, purpose=purpose, received_at=kept.received_at, destroy_at=kept.destroy_at
    )
    return answer(receipt, 201)


def _openings(rows: list[Evidence]) -> dict[UUID, list[papers.OpeningShown]]:
    """Return the openings of each row, by the user names of those who opened it."""
    openings = list(Opening.objects.filter(evidence__in=rows).order_by("id"))
    staff = {
        str(pk): name
        for pk, name in User.objects.filter(pk__in={each.by for each in openings}).values_list("pk", "username")
    }
    found: dict[UUID, list[papers.OpeningShown]] = {}
    for each in openings:
        shown = papers.OpeningShown(at=each.at, by=staff.get(each.by, ""), why=each.why)
        found.setdefault(each.evidence_id, []).append(shown)
    return found


def _shown(row: Evidence, openings: dict[UUID, list[papers.OpeningShown]]) -> papers.EvidenceShown:
    return papers.EvidenceShown(
        id=row.pk,
        purpose=row.purpose,
        received_at=row.received_at,
        destroy_at=row.destroy_at,
        destroyed_at=row.destroyed_at,
        openings=openings.get(row.pk, []),
    )
