"""What is known of an account that was reported as a child's, for those who work the queue and for nobody else."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.reading import no_parameters
from dsr.api.scopes import bearing
from dsr.api.shapes import children
from dsr.api.views.requests import find
from dsr.services import sheltering


class Account(Endpoint):
    """The account that a report is about."""

    scopes = {"GET": frozenset({scopes.STAFF})}

    @extend_schema(
        operation_id="get_reported_account",
        summary="Of a report of a child's account: the age that counts, what was found, and the case of the account",
        responses={200: children.AccountShown},
        tags=["records"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return it; nothing but nulls for every other right."""
        no_parameters(request)
        seen = sheltering.overview(find(request_id, bearing(request).caller))
        age = seen.age if seen else None
        return show(
            children.AccountShown(
                under=seen.under if seen else None,
                law=(seen.law or None) if seen else None,
                counts=dict(seen.counts) if seen else {},
                finding=(age.found or None) if age else None,
                signs=list(age.signs) if age else [],
                conflict=(age.conflict or None) if age else None,
                found_at=age.found_at if age else None,
                final_at=age.final_at if age else None,
                requests=[part.pk for part in seen.parts] if seen else [],
            )
        )
