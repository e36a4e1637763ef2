"""What is on record about a request: its clocks, its history, its ledger."""

from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr import why
from dsr.api import pagination, scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.reading import no_parameters, parameters
from dsr.api.schema import query_of
from dsr.api.scopes import bearing
from dsr.api.shapes import inputs, outputs
from dsr.api.views.requests import find
from dsr.models import Event
from dsr.policies import outward


class Clocks(Endpoint):
    """Why this date?"""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="explain_clock",
        summary="Every clock of every law, every event that counts, and why the date is what it is",
        responses={200: outputs.ClocksShown},
        tags=["records"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Reckon anew from the history."""
        no_parameters(request)
        found = find(request_id, bearing(request).caller)
        told = why.explain(found, timezone.now())
        return show(
            outputs.ClocksShown(
                request=found.pk,
                zone=found.submission.zone,
                as_of=told.today,
                due_on=found.due_on,
                due_at=found.due_at,
                last_on=found.last_on,
                regime=found.regime,
                why=list(told.sentences),
                waits_for=told.governing.clock.waits_for,
                waits_since=told.asked_on,
                events=[_counted(each) for each in told.events],
                clocks=[_clock(each) for each in told.dates],
                forbidden=[_forbidden(each) for each in told.forbidden],
            )
        )


def _counted(told: why.Told) -> outputs.ClockEventShown:
    event = told.event
    return outputs.ClockEventShown(
        seq=told.seq,
        kind=event.kind,
        at=told.at,
        on=event.on,
        until=event.until,
        regimes=list(event.regimes),
        sentence=told.sentence,
    )


def _clock(dated: why.Dated) -> outputs.ClockShown:
    clock = dated.clock
    return outputs.ClockShown(
        kind=clock.kind,
        title=dated.title,
        regime=clock.regime,
        law=dated.law,
        governs=dated.governs,
        due_on=clock.due,
        promised_on=clock.promised,
        safe_on=clock.safe,
        longest_on=clock.longest,
        waits_for=clock.waits_for,
        rule=clock.rule,
        source=clock.source,
        confidence=clock.confidence,
        policy=clock.policy,
        certain=clock.certain,
        segments=[
            outputs.SegmentShown(
                start=segment.start,
                end=segment.end,
                counts=segment.counts,
                because=segment.because,
                source=segment.source,
            )
            for segment in clock.segments
        ],
    )


def _forbidden(found: why.Banned) -> outputs.ForbiddenShown:
    ban = found.ban
    return outputs.ForbiddenShown(
        regime=found.regime,
        law=found.law,
        verb=ban.verb,
        event=ban.event,
        because=ban.because,
        rule=ban.rule,
        source=ban.source,
    )


class History(Endpoint):
    """Everything that happened."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="list_history",
        summary="Everything that happened, as the hash chain keeps it",
        parameters=query_of(inputs.Paging),
        responses={200: outputs.EventPage},
        tags=["records"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the events of this request and those of its submission as a whole, oldest first."""
        asked = parameters(request, inputs.Paging)
        found = find(request_id, bearing(request).caller)
        rows = Event.objects.filter(
            Q(request_id=found.pk) | Q(request_id=None),
            submission_id=found.submission_id,
            seq__gt=pagination.number(asked.cursor),
        )
        if outward.is_report(found) and outward.is_outside(bearing(request).caller):
            rows = rows.filter(verb__in=outward.TOLD)
        events = list(rows.order_by("seq")[: asked.limit + 1])
        more, events = len(events) > asked.limit, events[: asked.limit]
        following = pagination.link(request, pagination.of_number(events[-1].seq) if more else None)
        page = outputs.EventPage(results=[_event(event) for event in events], next=following)
        return show(page, headers=pagination.links_header(next=following))


def _event(event: Event) -> outputs.EventShown:
    return outputs.EventShown(
        seq=event.seq,
        at=event.at,
        verb=event.verb,
        request=event.request_id,
        actor=event.actor,
        actor_id=event.actor_id or None,
        via=event.via,
        from_state=event.from_state or None,
        to_state=event.to_state or None,
        data=event.data,
        prev_hash=event.prev_hash,
        hash=event.hash,
    )


class Ledger(Endpoint):
    """What became of each data category in each system."""

    scopes = {"GET": scopes.READERS}

    @extend_schema(
        operation_id="list_ledger",
        summary="What became of each data category in each system",
        responses={200: outputs.LedgerShown},
        tags=["records"],
    )
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return the ledger; empty until there is an answer."""
        no_parameters(request)
        entries = (
            find(request_id, bearing(request).caller)
            .ledger.select_related("system")
            .order_by("system__key", "category")
        )
        return show(
            outputs.LedgerShown(
                results=[
                    outputs.LedgerRow(
                        system=entry.system.key,
                        category=entry.category,
                        outcome=entry.outcome,
                        count=entry.count,
                        ground=entry.ground or None,
                        until=entry.until,
                        at=entry.at,
                    )
                    for entry in entries
                ]
            )
        )
