"""What browsers say by themselves, reported by the organisation's own sites: Global Privacy Control, Do Not Track."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr import gpc
from dsr.api import scopes
from dsr.api.answers import Answer, answer, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.reading import body, no_parameters, parameters
from dsr.api.schema import IDEMPOTENT, query_of
from dsr.api.shapes import signals as shapes
from dsr.services.choices import limits, signals
from notifications.sealing import listing_digests

_INTEGRATORS = frozenset({scopes.INTEGRATOR})


class Signals(Endpoint):
    """Signals of browsers."""

    scopes = {"GET": _INTEGRATORS, "POST": _INTEGRATORS}

    @extend_schema(
        operation_id="check_signals",
        summary="Ask whether sale, sharing and targeted advertising are stopped for a browser",
        description=(
            "A site that keeps its names of browsers out of addresses gives the `digest`, of the kind `browser`, made "
            "with the key of `manage.py tombstones key`."
        ),
        parameters=query_of(shapes.SignalAsked),
        responses={200: shapes.BrowserState},
        tags=["choices"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return whether, since when, and until when nobody is asked to agree."""
        asked = parameters(request, shapes.SignalAsked)
        marks = [asked.digest] if asked.digest else listing_digests("browser", asked.browser or "")
        found = signals.state(marks)
        return show(shapes.BrowserState(**_state(found)), headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="report_signals",
        summary="Report what a browser sent, for the browser and, where it is known, the person",
        description=(
            "In effect at once; no identity is asked for. The same again is no new choice, so a site may report with "
            "every page. No signal takes nothing back: only the person does, by an act of their own."
        ),
        parameters=[IDEMPOTENT],
        request=shapes.SignalHeard,
        responses={200: shapes.SignalAnswer},
        tags=["choices"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Record it and return what stands."""
        no_parameters(request)
        given = body(request, shapes.SignalHeard)
        return respond(once(request, lambda: _hear(given, str(request.user.pk))))


def _hear(given: shapes.SignalHeard, by: str) -> Answer:
    now = timezone.now()
    sent = gpc.signals(_header(given.gpc), _header(given.dnt))
    heard = signals.Heard(given.browser, sent, given.at or now, given.identifiers)
    found = signals.hear(heard, by=by, at=now)
    shown = shapes.SignalAnswer(
        **_state(found),
        signals=list(sent),
        new=found.new,
        sentence=_sentence(found, bool(sent)),
        conflict=_conflict() if sent and (given.agreed or found.agreed) else None,
    )
    return answer(shown)


def _header(given: bool | str) -> str:
    return given if isinstance(given, str) else "1" * given


def _state(found: signals.State) -> dict[str, Any]:
    # Every signal is a refusal of its own, so the months count from the latest.
    quiet = limits.quiet(signals.RIGHT, found.refused_at) if found.refused_at else None
    return {
        "honoured": found.stopped,
        "since": found.since,
        "choice": found.choice_id,
        "ask_again_after": quiet.until if quiet else None,
        "ask_again_source": quiet.rule.source if quiet else None,
        "limits": [_limit(each) for each in limits.latest(signals.RIGHT, found.since)] if found.since else [],
    }


def _limit(limit: limits.Limit) -> shapes.LimitShown:
    law, rule = limit.law, limit.rule
    return shapes.LimitShown(law=law.id, title=law.wording("title"), due=limit.due, text=rule.text, source=rule.source)


def _sentence(found: signals.State, was_sent: bool) -> str:
    if was_sent:
        return _("Your signal was honoured.")
    if found.stopped:
        return _("You have opted out. That stays so without a signal.")
    return _("This browser sends no signal, and nothing was chosen for it.")


def _conflict() -> str:
    return _(
        "You had agreed to this before. The signal of your browser counts for more, so it has stopped. If you still "
        "want it, agree again."
    )
