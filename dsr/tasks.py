"""What a bell sets in motion. Each task takes ids, calls one use case, and may run twice without harm.

Imports stand inside the functions so that a web process, which only needs the names, never loads the workers' code.
"""

from uuid import UUID

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from dsr.logs import get_logger
from dsr.services.doorbell import Bell

log = get_logger(__name__)

#: Cache key under which the last finished sweep leaves its time, in seconds since 1970.
HEARTBEAT = "heartbeat:sweep"


@shared_task(name=Bell.SWEEP.value)
def sweep() -> None:
    """Do what is due and leave a heartbeat for /readyz."""
    from dsr.services import sweeping

    at = timezone.now()
    tally = sweeping.sweep(at)
    cache.set(HEARTBEAT, at.timestamp(), timeout=None)
    log.debug("swept", tally=str(tally))


@shared_task(name=Bell.HOUSEKEEP.value)
def housekeep() -> None:
    """What needs to happen now and then: signed checkpoints, purging, expired sessions and tokens."""
    from dsr.services import housekeeping

    housekeeping.housekeep(timezone.now())


@shared_task(name=Bell.STEP.value)
def step(step_id: str) -> None:
    """Search one system for one request."""
    from dsr.services import search

    search.run_step(UUID(step_id), timezone.now())


@shared_task(name=Bell.BUILD.value)
def build(request_id: str) -> None:
    """Build the package of one request."""
    from dsr.services import fulfilment

    fulfilment.build(UUID(request_id), timezone.now())


@shared_task(name=Bell.MESSAGE.value)
def message(message_id: str) -> None:
    """Send one message."""
    from notifications import delivery

    delivery.deliver(UUID(message_id), timezone.now())
