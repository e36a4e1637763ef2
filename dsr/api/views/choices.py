"""Whom not to take in again: asked before an import, kept as a list, and taken back where somebody returns.

What is asked about is never kept nor logged: an answer is days by place, and the key of a repeat is not looked at.
"""

from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from dsr.api import presenting, scopes
from dsr.api.answers import Answer, answer, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.reading import JSONBytes, body, idempotency_key, no_parameters, parameters
from dsr.api.schema import IDEMPOTENT, query_of
from dsr.api.shapes import choices
from dsr.services.erasure import tombstones

_INTEGRATORS = frozenset({scopes.INTEGRATOR})


class LongJSON(JSONBytes):
    """A body with room for as many identifiers as one call takes."""

    most = 4 * 1024 * 1024


class Erased(Endpoint):
    """Those who were erased."""

    scopes = {"GET": _INTEGRATORS, "POST": _INTEGRATORS}
    parser_classes: tuple[type[BaseParser], ...] = (LongJSON,)

    @extend_schema(
        operation_id="list_erased",
        summary="Those who were erased, as keyed hashes, from one id on",
        description=(
            "For systems that compare by themselves. A hash is made with a key that `manage.py tombstones key` shows. "
            "What was erased within the last minutes follows a little later."
        ),
        parameters=query_of(choices.FeedWanted),
        responses={200: choices.TombstonePage},
        tags=["choices"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one part of the list."""
        asked = parameters(request, choices.FeedWanted)
        stones = tombstones.feed(asked.after, asked.limit, timezone.now())
        rows = [choices.TombstoneShown(id=each.pk, kind=each.kind, digest=each.digest, at=each.at) for each in stones]
        more = len(rows) == asked.limit
        following = urlencode({"after": rows[-1].id, "limit": asked.limit}) if more else ""
        address = f"{presenting.url('choices', 'erased')}?{following}" if more else None
        return show(choices.TombstonePage(results=rows, next=address))

    @extend_schema(
        operation_id="check_erased",
        summary="Ask which of some people were erased, before they are taken in",
        description=(
            "Changes nothing, so it can be repeated at will; nothing of what is asked is kept. Up to "
            f"{choices.MOST} identifiers or hashes."
        ),
        parameters=[IDEMPOTENT],
        request=choices.Whom,
        responses={200: choices.ErasedShown},
        tags=["choices"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Return for each the day on which the person was erased, or null."""
        no_parameters(request)
        idempotency_key(request)
        asked = body(request, choices.Whom)
        found = {kind: _days(values, tombstones.check(kind, values)) for kind, values in asked.identifiers.items()}
        digests = _days(asked.digests, tombstones.check_digests(asked.digests))
        return show(choices.ErasedShown(identifiers=found, digests=digests))


def _days(asked: Iterable[str], known: Iterable[tombstones.Known]) -> list[date | None]:
    days = {each.given: each.at.date() for each in known}
    return [days.get(value) for value in asked]


class Returned(Endpoint):
    """Somebody came back."""

    scopes = {"POST": _INTEGRATORS}
    parser_classes: tuple[type[BaseParser], ...] = (LongJSON,)

    @extend_schema(
        operation_id="report_returned",
        summary="Say that somebody who was erased became a customer again, by an act of their own",
        description=(
            "They no longer count as erased: imports take them in, and a restore does not erase them again. An import, "
            "a merge or a purchase of addresses is no act of theirs."
        ),
        parameters=[IDEMPOTENT],
        request=choices.Whom,
        responses={200: choices.ReturnedShown},
        tags=["choices"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Take them off the list, and return how many of the identifiers were on it."""
        no_parameters(request)
        given = body(request, choices.Whom)
        return respond(once(request, lambda: _lift(given, str(request.user.pk))))


def _lift(given: choices.Whom, by: str) -> Answer:
    return answer(choices.ReturnedShown(lifted=tombstones.returned(given.identifiers, given.digests, by=by)))
