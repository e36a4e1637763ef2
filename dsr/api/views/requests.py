"""The queue, and one request."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import pagination, presenting, scopes
from dsr.api.answers import Answer, answer, etag, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.problems import Problem
from dsr.api.reading import no_parameters, parameters
from dsr.api.schema import query_of
from dsr.api.scopes import bearing
from dsr.api.shapes import inputs, outputs
from dsr.models import SubjectRequest
from dsr.policies import Caller, outward
from dsr.selectors import asker, casefile, listing, queue


class Requests(Endpoint):
    """The queue."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="list_requests",
        summary="The queue: what falls due first at the front",
        parameters=query_of(inputs.RequestsWanted),
        responses={200: outputs.RequestPage},
        tags=["requests"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one page."""
        asked, at = parameters(request, inputs.RequestsWanted), timezone.now()
        found = listing.page(_wanted(request, asked), pagination.position(asked.cursor, asked.order), asked.limit, at)
        following, preceding = (
            pagination.link(request, pagination.of_position(place) if place else None)
            for place in (found.following, found.preceding)
        )
        signals, by = asker.signals_of(found.rows), bearing(request).caller
        page = outputs.RequestPage(
            results=[presenting.row(each, signals.get(each.submission_id, ()), at, by) for each in found.rows],
            next=following,
            previous=preceding,
        )
        return show(page, headers=pagination.links_header(next=following, prev=preceding))


class OneRequest(Endpoint):
    """One request."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="get_request",
        summary="One request, with the systems searched for it",
        responses={200: outputs.RequestShown},
        tags=["requests"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return it with its version as ETag."""
        no_parameters(request)
        by = bearing(request).caller
        return respond(shown(find(request_id, by), by))


def find(request_id: UUID, by: Caller) -> SubjectRequest:
    """Return a request with its submission and the people named in it. Raises Problem when there is none for ``by``."""
    found = casefile.find(request_id)
    if found is None or outward.is_hidden(found.submission, by):
        raise Problem("not-found", _("There is no such request."))
    return found


def shown(found: SubjectRequest, by: Caller) -> Answer:
    """Return one request as an answer to ``by``."""
    steps = found.steps.select_related("system")
    held = found.withholdings.filter(lifted_at=None).select_related("system", "by")
    signals = asker.signals_of([found]).get(found.submission_id, ())
    told = presenting.detail(found, steps, held, signals, timezone.now(), by)
    return answer(told, headers=etag(told.version))


def _wanted(request: Request, asked: inputs.RequestsWanted) -> listing.Wanted:
    sought = queue.seek(asked.q) if asked.q is not None else None
    if sought is not None and sought.fingerprints and not bearing(request).scopes & scopes.DESK:
        raise Problem("insufficient-scope", _("This token may search by reference, not by who somebody is."))
    me = request.user.get_username() if asked.assignee == "me" else asked.assignee
    nobody = asked.assignee == "nobody"
    return listing.Wanted(
        right=asked.right,
        standing=asked.state or ("open" if sought is None or asked.order == "slack" else "all"),
        turn=asked.turn,
        overdue=asked.overdue,
        assignee=None if nobody else me,
        nobody=nobody,
        sought=sought,
        order=asked.order,
        outside=outward.is_outside(bearing(request).caller),
    )
