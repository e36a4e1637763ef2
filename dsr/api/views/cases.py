"""Cases that authorities open: entered, worked on step by step, and their history. No person's call reaches them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request

from dsr import caselife
from dsr.api import caseworking, pagination, scopes
from dsr.api.answers import Answer, answer, etag, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.problems import Problem
from dsr.api.reading import Body, body, expected_version, no_parameters, parameters, raw_body
from dsr.api.schema import IDEMPOTENT, IF_MATCH, query_of
from dsr.api.scopes import bearing
from dsr.api.shapes import cases as shapes
from dsr.api.shapes.inputs import Nothing, Paging, WithReason, WithText
from dsr.errors import NotFound
from dsr.models import AuthorityCase
from dsr.policies import Caller
from dsr.policies.cases import check_may_look
from dsr.selectors import authoritycases
from dsr.services.cases import entering, measures, replying, telling

_STAFF = frozenset({scopes.STAFF})
_LOOKERS = _STAFF | {scopes.AUDITOR}
_TAGS = ["cases"]
UseCase = Callable[..., object]


class Step(NamedTuple):
    """The body that a verb takes, its use case, and how the fields of one are called by the other."""

    model: type[Body]
    make: UseCase
    called: dict[str, str] = {}


# fmt: off
MOVES: dict[str, Step] = {
    "prepare":         Step(shapes.WithAnswer, replying.prepare),
    "send_back":       Step(WithReason, replying.send_back),
    "approve":         Step(Nothing, replying.approve),
    "record_sent":     Step(shapes.WithSent, replying.record_sent),
    "write_again":     Step(shapes.WithLetter, replying.write_again),
    "extend":          Step(shapes.WithMoreTime, replying.extend),
    "assign":          Step(shapes.WithOwner, entering.assign),
    "link":            Step(shapes.WithFiling, entering.link, {"request": "request_id"}),
    "unlink":          Step(shapes.WithLink, entering.unlink, {"link": "link_id"}),
    "note":            Step(WithText, entering.note),
    "order_measure":   Step(shapes.WithMeasure, measures.order),
    "confirm_measure": Step(shapes.WithMeasureDone, measures.confirm, {"measure": "number"}),
    "lift_measure":    Step(shapes.WithMeasureLifted, measures.lift, {"measure": "number"}),
    "tell_person":     Step(shapes.WithWords, telling.tell, {"link": "link_id"}),
    "close":           Step(shapes.WithEnd, replying.close),
    "drop":            Step(shapes.WithDrop, replying.drop),
    "reopen":          Step(shapes.WithLetter, replying.reopen),
}
# fmt: on


class Authorities(Endpoint):
    """The authorities there are."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="list_authorities",
        summary="Authorities, courts and dispute bodies that the rule files name",
        responses={200: shapes.AuthorityList},
        tags=_TAGS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return all of them."""
        no_parameters(request)
        return show(caseworking.listed(timezone.now().date()))


class Cases(Endpoint):
    """All cases."""

    scopes = {"GET": _LOOKERS, "POST": _STAFF}

    @extend_schema(
        operation_id="list_cases",
        summary="Cases that authorities opened, what is due first at the front; the open ones unless a state is named",
        parameters=query_of(shapes.CasesWanted),
        responses={200: shapes.CasePage},
        tags=_TAGS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one page."""
        asked, by, at = parameters(request, shapes.CasesWanted), _looking(request), timezone.now()
        states = {asked.state} if asked.state else caselife.OPEN
        found = authoritycases.page(states, pagination.day(asked.cursor), asked.limit)
        page = found[: asked.limit]
        more = pagination.of_day(page[-1].due_on, page[-1].pk) if len(found) > len(page) else None
        following = pagination.link(request, more)
        shown = shapes.CasePage(results=[caseworking.row(each, by, at) for each in page], next=following)
        return show(shown, headers=pagination.links_header(next=following))

    @extend_schema(
        operation_id="enter_case",
        summary="Enter the letter of an authority; the officer is told at once",
        description="`due_on` is the day of the letter. It is never worked out, and has to be given.",
        parameters=[IDEMPOTENT],
        request=shapes.NewCase,
        responses={201: shapes.CaseShown},
        tags=_TAGS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Open it and return it."""
        no_parameters(request)
        given = body(request, shapes.NewCase)
        return respond(once(request, lambda: _enter(request, given)))


class OneCase(Endpoint):
    """One case."""

    scopes = {"GET": _LOOKERS}

    @extend_schema(
        operation_id="get_case",
        summary="One case with whom it is about and what the authority ordered",
        responses={200: shapes.CaseShown},
        tags=_TAGS,
    )
    def get(self, request: Request, case_id: UUID) -> HttpResponse:
        """Return it."""
        no_parameters(request)
        by = _looking(request)
        return respond(_shown(_find(case_id), by, timezone.now()))


class CaseHistory(Endpoint):
    """What happened to a case."""

    scopes = {"GET": _LOOKERS}

    @extend_schema(
        operation_id="get_case_history",
        summary="What happened to a case, each line chained to the one before it",
        parameters=query_of(Paging),
        responses={200: shapes.CaseHistory},
        tags=_TAGS,
    )
    def get(self, request: Request, case_id: UUID) -> HttpResponse:
        """Return one page, the oldest first."""
        asked, by = parameters(request, Paging), _looking(request)
        found = authoritycases.entries(_find(case_id), pagination.number(asked.cursor), asked.limit + 1)
        page = found[: asked.limit]
        more = pagination.of_number(page[-1].seq) if len(found) > len(page) else None
        following = pagination.link(request, more)
        shown = shapes.CaseHistory(results=[caseworking.event(each, by) for each in page], next=following)
        return show(shown, headers=pagination.links_header(next=following))


class CaseMoves(Endpoint):
    """What this caller may do now."""

    scopes = {"GET": _STAFF}

    @extend_schema(
        operation_id="list_case_moves",
        summary="What this caller may do about a case now, and what not and why",
        responses={200: shapes.CaseMoveList},
        tags=_TAGS,
    )
    def get(self, request: Request, case_id: UUID) -> HttpResponse:
        """Return the steps that belong to its state."""
        no_parameters(request)
        by, case = _looking(request), _find(case_id)
        return show(caseworking.moves(case, by, timezone.now()), headers=etag(case.version))


class CaseMove(Endpoint):
    """Make one step. Each verb has an address and a body of its own; see ``view_of``."""

    scopes = {"POST": _STAFF}
    verb = ""

    def post(self, request: Request, case_id: UUID, verb: str = "") -> HttpResponse:
        """Make it and return the case as it is then."""
        no_parameters(request)
        step = MOVES.get(verb or self.verb)
        if step is None:
            raise Problem("unknown-move", _("There is no such step."))
        by, given = _looking(request), _given(request, step.model)
        expect = expected_version(request)
        return respond(once(request, lambda: _make(step, case_id, given, by, expect)))


def view_of(verb: str) -> type[CaseMove]:
    """Return the view of one verb, so that the description names its body."""
    view = type(f"CaseMove_{verb}", (CaseMove,), {"verb": verb, "__module__": __name__})
    described = extend_schema(
        operation_id=f"case_{verb}",
        summary=str(caselife.BY_VERB[verb].title),
        parameters=[IDEMPOTENT, IF_MATCH],
        request=MOVES[verb].model,
        responses={200: shapes.CaseShown},
        tags=_TAGS,
    )
    return extend_schema_view(post=described)(view)


def _looking(request: Request) -> Caller:
    """Return the caller, who has to work on requests or to audit them."""
    who = bearing(request)
    if not who.has(scopes.AUDITOR):
        check_may_look(who.caller)
    return who.caller


def _find(case_id: UUID) -> AuthorityCase:
    found = authoritycases.find(case_id)
    if found is None:
        raise NotFound(_("There is no such case."))
    return found


def _given(request: Request, model: type[Body]) -> Body:
    if model is Nothing and not raw_body(request).strip():
        return model()
    return body(request, model)


def _enter(request: Request, given: shapes.NewCase) -> Answer:
    by, at = bearing(request).caller, timezone.now()
    case = entering.enter(entering.Letter(**given.model_dump()), by=by, at=at)
    return _shown(_find(case.pk), by, at, 201)


def _make(step: Step, case_id: UUID, given: Body, by: Caller, expect: int | None) -> Answer:
    said: dict[str, Any] = {step.called.get(name, name): value for name, value in given.model_dump().items()}
    at = timezone.now()
    step.make(case_id, **said, by=by, at=at, expect=expect)
    return _shown(_find(case_id), by, at)


def _shown(case: AuthorityCase, by: Caller, at: datetime, status: int = 200) -> Answer:
    return answer(caseworking.shown(case, by, at), status, etag(case.version))
