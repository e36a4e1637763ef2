"""Decisions that machines made: told by the deciding systems, looked at by auditors, and how their reviews go."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import pagination, presenting, scopes
from dsr.api.answers import Answer, answer, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.reading import body, no_parameters, parameters
from dsr.api.schema import IDEMPOTENT, query_of
from dsr.api.scopes import bearing
from dsr.api.shapes import reviews as shapes
from dsr.api.views.requests import find
from dsr.errors import NotFound
from dsr.models import AutomatedDecision, Review, review_of
from dsr.policies import reviewing
from dsr.services.codes import said
from dsr.services.reviews import effects, figures, recording

_INTEGRATORS = frozenset({scopes.INTEGRATOR})
_LOOKERS = _INTEGRATORS | {scopes.AUDITOR}
_TAGS = ["decisions"]


class Decisions(Endpoint):
    """All that a deciding system told; for auditors, all."""

    scopes = {"GET": _LOOKERS, "POST": _INTEGRATORS}

    @extend_schema(
        operation_id="list_decisions",
        summary="Decisions of machines, the newest first: one's own, or for auditors all",
        parameters=query_of(shapes.DecisionsWanted),
        responses={200: shapes.DecisionPage},
        tags=_TAGS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one page."""
        asked = parameters(request, shapes.DecisionsWanted)
        before = pagination.row(asked.cursor)
        rows = _seen(request)
        if asked.system:
            rows = rows.filter(system=asked.system)
        if before:
            rows = rows.filter(pk__lt=before)
        found = list(rows.prefetch_related("reviews")[: asked.limit + 1])
        page = found[: asked.limit]
        more = pagination.of_row(page[-1].pk) if len(found) > len(page) else None
        following = pagination.link(request, more)
        shown = shapes.DecisionPage(results=[_shown(each) for each in page], next=following)
        return show(shown, headers=pagination.links_header(next=following))

    @extend_schema(
        operation_id="tell_decision",
        summary="Tell a decision that a machine made about somebody, so that a human can review it",
        description=(
            "One number of one system is one decision, however often it is told: 201 the first time, 200 after that, "
            "409 where the content differs. What says whom it is about is sealed and never answered."
        ),
        parameters=[IDEMPOTENT],
        request=shapes.NewDecision,
        responses={200: shapes.DecisionShown, 201: shapes.DecisionShown},
        tags=_TAGS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Keep it and return it."""
        no_parameters(request)
        given = body(request, shapes.NewDecision)
        return respond(once(request, lambda: _tell(request, given)))


class OneDecision(Endpoint):
    """One decision."""

    scopes = {"GET": _LOOKERS}

    @extend_schema(
        operation_id="get_decision",
        summary="One decision, and what came of its reviews",
        responses={200: shapes.DecisionShown},
        tags=_TAGS,
    )
    def get(self, request: Request, decision_id: UUID) -> HttpResponse:
        """Return it."""
        no_parameters(request)
        return show(_shown(_found(request, decision_id)))


class Effect(Endpoint):
    """The word of the deciding system that a change is in effect."""

    scopes = {"POST": _INTEGRATORS}

    @extend_schema(
        operation_id="confirm_decision_effect",
        summary="Confirm that what a review changed is in effect in the deciding system",
        description="For systems that answered 202 to the call. Where nothing waits, nothing happens.",
        parameters=[IDEMPOTENT],
        request=None,
        responses={200: shapes.DecisionShown},
        tags=_TAGS,
    )
    def post(self, request: Request, decision_id: UUID) -> HttpResponse:
        """Close the request that waits for it."""
        no_parameters(request)
        found = _found(request, decision_id)
        return respond(once(request, lambda: _confirmed(request, found)))


class ReviewRecord(Endpoint):
    """The record of a review."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="get_review_record",
        summary="The record of the review of a decision, and what it lacks",
        responses={200: shapes.ReviewShown},
        tags=["records"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return facts and dates; what people wrote is on the page of the request alone."""
        no_parameters(request)
        found = find(request_id, bearing(request).caller)
        review = review_of(found)
        if review is None:
            raise NotFound(_("There is no review of this request."))
        return show(_record(review, found.received_at))


class Report(Endpoint):
    """Whether reviews are more than a stamp."""

    scopes = {"GET": frozenset({scopes.AUDITOR})}

    @extend_schema(
        operation_id="report_automated_decisions",
        summary="How reviews of automated decisions went in the year up to a moment",
        description="Worked out from the rows, so that any past moment gives what it gave then.",
        parameters=query_of(shapes.FiguresWanted),
        responses={200: shapes.FiguresShown},
        tags=["reports"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the figures; those about fewer than five people are left out."""
        asked = parameters(request, shapes.FiguresWanted)
        found = figures.of(min(asked.until or timezone.now(), timezone.now()))
        return show(shapes.FiguresShown.model_validate(asdict(found)))


def _seen(request: Request) -> QuerySet[AutomatedDecision]:
    who = bearing(request)
    return recording.seen_by(who.user, all_of_them=who.has(scopes.AUDITOR))


def _found(request: Request, decision_id: UUID) -> AutomatedDecision:
    who = bearing(request)
    return recording.find(decision_id, who.user, all_of_them=who.has(scopes.AUDITOR))


def _tell(request: Request, given: shapes.NewDecision) -> Answer:
    names = ("system", "kind", "decided_at", "who", "output", "effect", "legal_basis", "rule_version", "inputs")
    more = ("inputs_digest", "score", "threshold", "sole_factor", "fraud_signals", "involved", "line")
    told = recording.Told(
        reference=given.decision,
        **{name: getattr(given, name) for name in (*names, *more)},
        notice_at=given.notice.at if given.notice else None,
        notice_version=given.notice.text_version if given.notice else "",
        notice_reasons=given.notice.reasons if given.notice else "",
        confirm_url=given.confirm.url,
        confirm_secret=given.confirm.secret,
        owner_email=given.confirm.owner_email,
    )
    row, is_new = recording.record(told, by=bearing(request).user, at=timezone.now())
    return answer(_shown(row), 201 if is_new else 200)


def _confirmed(request: Request, found: AutomatedDecision) -> Answer:
    effects.confirm_by_system(found, at=timezone.now())
    return answer(_shown(_found(request, found.pk)))


def _shown(row: AutomatedDecision) -> shapes.DecisionShown:
    return shapes.DecisionShown(
        id=row.pk,
        url=presenting.url("decisions", row.pk),
        decision=row.reference,
        system=row.system,
        kind=row.kind,
        decided_at=row.decided_at,
        rule_version=row.rule_version,
        score=row.score,
        threshold=row.threshold,
        legal_basis=row.legal_basis,
        sole_factor=row.sole_factor,
        noticed_at=row.notice_at,
        has_snapshot=row.inputs_sealed is not None,
        confirm_by=row.confirm_by,
        by_hand=row.by_hand,
        recorded_at=row.recorded_at,
        keep_until=row.keep_until,
        reviews=[
            shapes.ReviewOfDecision(
                number=each.number,
                taken_at=each.taken_at,
                concluded_at=each.concluded_at,
                outcome=each.verdict or None,
                effect=each.effect or None,
                effect_at=each.effect_at,
            )
            for each in row.reviews.all()
        ],
    )


def _record(review: Review, received_at: datetime) -> shapes.ReviewShown:
    lacks = [] if review.concluded_at else reviewing.missing(review)
    waited = int((review.taken_at - received_at).total_seconds()) if review.taken_at else None
    return shapes.ReviewShown(
        request=review.request_id,
        number=review.number,
        decision=review.decision_id,
        reviewer=review.reviewer.get_username() if review.reviewer else None,
        trained_on=review.trained_on,
        taken_at=review.taken_at,
        asked_until=review.asked_until,
        represented_at=review.represented_at,
        none_sent_at=review.none_sent_at,
        measure=review.measure or None,
        materials=[
            shapes.MaterialShown(name=each.name, document=each.document, at=each.at) for each in review.materials.all()
        ],
        points=[shapes.PointShown(number=each.number, answered_at=each.answered_at) for each in review.points.all()],
        missing=[shapes.LackShown(field=each.field, sentence=each.sentence) for each in lacks],
        active_seconds=review.active_seconds,
        queue_seconds=waited,
        concluded_at=review.concluded_at,
        outcome=review.verdict or None,
        flags=review.flags,
        effect=review.effect or None,
        effect_at=review.effect_at,
        because=said(review.code) or None,
    )
