"""The queue: how bells travel and which ticks there are.

No result is stored, no task runs inside the process that rings, and nothing waits in the broker that is not also a row.
"""

import gc
import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from kombu import Connection
from kombu.pools import producers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr.settings")

from django.conf import settings

from dsr import broker
from dsr.services.doorbell import Bell, Wire

QUEUE = "recourse"
#: A bell older than this is not worth answering: the sweep has been there.
STALE_SECONDS = 60


def _transport_options(url: str) -> dict[str, Any]:
    """Options of the broker; they differ between the embedded one and Redis."""
    if url.startswith(broker.SCHEME):
        return {"path": str(settings.DATA_DIR / "broker" / "queue.sqlite3")}
    # Longer than the longest task, so that a living worker's task is never handed out a second time.
    return {"visibility_timeout": 3600, "socket_connect_timeout": 1, "socket_keepalive": True}


_OPTIONS = _transport_options(settings.BROKER_URL)


app = Celery("recourse")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options=_OPTIONS,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    imports=("dsr.tasks",),
    result_backend=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_default_queue=QUEUE,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    timezone="UTC",
    beat_scheduler="celery.beat:Scheduler",  # in memory: no file that a kill could spoil
    beat_schedule={
        "sweep": {
            "task": Bell.SWEEP.value,
            "schedule": float(settings.SWEEP_SECONDS),
            "options": {"expires": float(settings.SWEEP_SECONDS) * 2},
        },
        "mailbox": {
            "task": Bell.MAILBOX.value,
            "schedule": float(settings.MAILBOX_SECONDS),
            "options": {"expires": float(settings.MAILBOX_SECONDS) * 2},
        },
        # By the clock, not by uptime: a worker that is restarted often still comes by.
        "housekeep": {"task": Bell.HOUSEKEEP.value, "schedule": crontab(minute="17"), "options": {"expires": 3600.0}},
    },
)
app.set_default()


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery sets up logging of its own unless somebody answers this; settings have done it."""


@signals.worker_init.connect
def _load_and_settle(**_: Any) -> None:
    """Load what the tasks use before the first of them waits for it.

    That lasts as long as the process, so looking through it for garbage again and again finds none.
    """
    for module in ("dsr.services.sweeping", "dsr.services.housekeeping"):
        import_module(module)
    gc.collect()
    gc.freeze()


#: A line of its own for ringing: a web request waits for it, so every wait on it is short.
_bell_line = Connection(
    settings.BROKER_URL,
    connect_timeout=0.5,
    transport_options={**_OPTIONS, "socket_connect_timeout": 0.5, "socket_timeout": 0.5, "max_retries": 0},
)


def _send(name: str, ids: Sequence[str]) -> None:
    with producers[_bell_line].acquire(block=True, timeout=0.5) as producer:
        app.send_task(name, args=list(ids), producer=producer, retry=False, expires=STALE_SECONDS)


def _probe() -> None:
    with _bell_line.clone() as connection:
        connection.connect()
        channel: Any = connection.default_channel
        channel.queue_declare(QUEUE)


WIRE = Wire(send=_send, probe=_probe)
