"""What processors report by themselves: good for looking sooner, and for nothing else.

Nobody who calls is believed. A call that names something under way and is signed by the processor that was asked for
it makes the task look now; what has become of it the task asks for itself.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q

from dsr.connectors import ConnectorError
from dsr.connectors.opendsr import named_in, read_callback
from dsr.logs import get_logger
from dsr.models import ConnectorKind, Task, TaskState
from dsr.services.doorbell import Bell, ring

log = get_logger(__name__)


def opendsr(body: bytes, headers: Mapping[str, str], *, at: datetime) -> bool:
    """Wake the task that a processor's signed callback is about (OpenDSR 2.0). Returns whether there was one.

    Looked up before anything is verified, as only who was told it knows the name of a request: others do not make us
    fetch a certificate. May speak to the processor, so it belongs outside any transaction.
    """
    name = named_in(body)
    if not name:
        return False
    waiting = Task.objects.filter(known_as=name, state=TaskState.WAITING, system__connector=ConnectorKind.OPENDSR)
    tasks = waiting.select_related("system__data_key", "request")
    return any(_woken(task, body, headers, at) for task in tasks)


def _woken(task: Task, body: bytes, headers: Mapping[str, str], at: datetime) -> bool:
    try:
        read_callback(task.system.open_json("config"), body, headers)
    except ConnectorError as failure:
        log.warning("callback not believed", system=task.system.key, code=str(failure.code))
        return False
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at)
    # One that waits to try again after a failure goes on waiting: whoever repeats a report must not hurry the ladder.
    waits = Task.objects.filter(free, pk=task.pk, state=TaskState.WAITING, known_as=task.known_as)
    rows = waits.filter(due_at__gt=at, attempts__lte=1)
    if not rows.update(due_at=at):
        return False
    ring(Bell.WORK, str(task.request.submission_id))
    return True
