"""Three questions a machine asks: is it alive, is it ready, and how is it doing."""

import hmac
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dsr.logs import get_logger
from dsr.selectors import inbound
from dsr.selectors.figures import Figures, figures
from dsr.services import doorbell

log = get_logger(__name__)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so that a lost database restarts nobody."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Each part by name. 503 when requests could not be taken.

    A silent broker or a late sweeper is `degraded` and still 200: what people file waits safely in its row, and taking
    the site away from them would lose it.
    """
    at = timezone.now()
    database = database_answers()
    parts = {
        "database": "ok" if database else "down",
        "migrations": "ok" if database and migrated() else "down",
        "broker": "ok" if doorbell.probe() else "degraded",
        "sweeper": "ok" if sweeping(at) else "degraded",
    }
    if settings.MAILBOX_URL:
        parts["mailbox"] = "ok" if parts["migrations"] == "ok" and inbound.failing_since() is None else "degraded"
    status = "down" if "down" in parts.values() else "degraded" if "degraded" in parts.values() else "ok"
    code = HTTPStatus.SERVICE_UNAVAILABLE if status == "down" else HTTPStatus.OK
    return JsonResponse({"status": status, "checks": parts}, status=code)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus; behind a bearer token when METRICS_TOKEN is set."""
    expected = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if expected and not hmac.compare_digest(given.encode(), expected.encode()):
        return HttpResponse("unauthorised\n", status=HTTPStatus.UNAUTHORIZED, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(_Now(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Now(Collector):
    """Reads everything at the moment of asking, so that it does not matter which process answers."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def collect(self) -> Iterable[Metric]:
        """The service's own state, then the domain's figures."""
        up = GaugeMetricFamily("recourse_up", "1 where the part works", labels=["part"])
        up.add_metric(["database"], float(database_answers()))
        up.add_metric(["broker"], float(doorbell.probe()))
        yield up
        yield GaugeMetricFamily("recourse_sweeper_age_seconds", "Since the last sweep", value=_sweeper_age(self.at))
        if migrated():
            yield from _domain(figures(self.at))
            yield from _letters(self.at)


def _domain(now: Figures) -> Iterable[Metric]:
    requests = GaugeMetricFamily("recourse_open_requests", "Requests not closed", labels=["right", "state"])
    for labels, number in now.open_requests.items():
        requests.add_metric(labels, number)
    steps = GaugeMetricFamily("recourse_steps", "Systems still to answer", labels=["state"])
    for state, number in now.steps.items():
        steps.add_metric([state], number)
    yield requests
    yield steps
    yield GaugeMetricFamily("recourse_overdue_requests", "Open past the legal date", value=now.overdue_requests)
    yield GaugeMetricFamily("recourse_late_deadlines", "Work whose time has come", value=now.late_deadlines)
    yield GaugeMetricFamily("recourse_waiting_messages", "Messages not sent yet", value=now.waiting_messages)
    yield GaugeMetricFamily("recourse_troubled_messages", "Undeliverable, not noted", value=now.troubled_messages)
    yield GaugeMetricFamily("recourse_waiting_webhooks", "Not told to webhooks yet", value=now.waiting_webhooks)
    yield GaugeMetricFamily("recourse_open_choices", "Choices that a system has not confirmed", value=now.open_choices)
    yield GaugeMetricFamily("recourse_late_choices", "Choices not in effect in time", value=now.late_choices)
    back = GaugeMetricFamily("recourse_people_came_back", "Erased, and found again", labels=["system", "state"])
    for labels, number in now.came_back.items():
        back.add_metric(labels, number)
    kept = GaugeMetricFamily("recourse_overdue_kept", "Kept records past their day, in rows", labels=["system"])
    for system, number in now.overdue_kept.items():
        kept.add_metric([system], number)
    wrong = GaugeMetricFamily("recourse_open_incidents", "About choices, not closed", labels=["kind", "state"])
    for labels, number in now.open_incidents.items():
        wrong.add_metric(labels, number)
    beats = GaugeMetricFamily("recourse_heartbeat_age_seconds", "Since a test choice was taken", labels=["path"])
    for path, seconds in now.heartbeats.items():
        beats.add_metric([path], seconds)
    yield back
    yield kept
    yield wrong
    yield beats


def _letters(at: datetime) -> Iterable[Metric]:
    now, since = inbound.standing(at), inbound.failing_since()
    failing = (at - since).total_seconds() if since else 0
    yield GaugeMetricFamily("recourse_waiting_letters", "Letters by mail not dealt with", value=now.waiting)
    yield GaugeMetricFamily("recourse_overdue_letters", "Letters by mail past their date", value=now.overdue)
    yield GaugeMetricFamily("recourse_mailbox_failing_seconds", "Since the mailbox failed", value=failing)


def database_answers() -> bool:
    """Whether the database takes a statement now."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        log.warning("database unreachable", error=type(error).__name__)
        return False
    return True


class _Known:
    migrated = False


def migrated() -> bool:
    """Whether every migration that this code knows has run. A yes is remembered: code does not change under us."""
    if not _Known.migrated:
        try:
            executor = MigrationExecutor(connection)
            _Known.migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return False
    return _Known.migrated


def _sweeper_age(at: datetime) -> float:
    try:
        last = cache.get(doorbell.HEARTBEAT)
    except Exception as error:  # noqa: BLE001 - each cache backend has errors of its own
        log.warning("cache unreachable", error=type(error).__name__)
        last = None
    return at.timestamp() - last if isinstance(last, int | float) else float("inf")


def sweeping(at: datetime) -> bool:
    """Whether a sweep was finished not long ago: within half a minute and a few intervals."""
    return _sweeper_age(at) <= 6.0 * float(settings.SWEEP_SECONDS) + 30
