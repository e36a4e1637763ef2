"""What a bell sets in motion. Each task takes ids, calls one use case, and may run twice without harm.

Imports stand inside the functions so that a web process, which only needs the names, never loads the workers' code.
"""

from uuid import UUID

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from dsr.logs import get_logger
from dsr.services.doorbell import HEARTBEAT, Bell

log = get_logger(__name__)
HOOKS_TOGETHER = 20
"""How many things one worker claims at a time, so that others have their share where a receiver is slow."""


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


@shared_task(name=Bell.WORK.value)
def work(submission_id: str) -> None:
    """Do what waits for one submission: search its systems, build its answers."""
    from dsr.services import sweeping

    sweeping.work(UUID(submission_id), timezone.now())


@shared_task(name=Bell.HOOKS.value)
def hooks() -> None:
    """Tell webhooks what is due, until nothing is."""
    from dsr.services import webhookdelivery

    while webhookdelivery.deliver_due(timezone.now(), HOOKS_TOGETHER).claimed == HOOKS_TOGETHER:
        pass


@shared_task(name=Bell.CHOICE.value)
def choice() -> None:
    """Have the systems told what was chosen just now."""
    from dsr.services.choices import windows

    windows.run_due(timezone.now())


@shared_task(name=Bell.MAILBOX.value)
def mailbox() -> None:
    """Look into the mailbox and at what came in."""
    from dsr.services.inbound import keeping, understanding

    keeping.read(timezone.now())
    understanding.understand_due(timezone.now())


@shared_task(name=Bell.SEND.value)
def send() -> None:
    """Send answers to those whom people named."""
    from dsr.services.sending import transmitting

    transmitting.send_due(timezone.now())


@shared_task(name=Bell.MESSAGE.value)
def message(*message_ids: str) -> None:
    """Send some messages."""
    from notifications import delivery

    delivery.deliver([UUID(each) for each in message_ids], timezone.now())
