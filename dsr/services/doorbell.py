"""The doorbell: wakes a worker early. Work itself waits in rows, so a bell that stays silent only costs time.

Services ring; who carries the sound is told at start by `install`. That keeps the queue library out of the services.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from dsr.logs import get_logger

log = get_logger(__name__)

#: After a failure the bell is not tried again for this many seconds: a dead broker must not slow every request.
REST_SECONDS = 5.0
#: Cache key under which the last finished sweep leaves its time, in seconds since 1970.
HEARTBEAT = "heartbeat:sweep"


class Bell(StrEnum):
    """What can be woken. The value is the name of the task."""

    SWEEP = "recourse.sweep"
    HOUSEKEEP = "recourse.housekeep"
    WORK = "recourse.work"
    MESSAGE = "recourse.message"


class Wire(NamedTuple):
    """How to send a bell with its ids, and how to ask whether sending would work; both raise when it does not."""

    send: Callable[[str, Sequence[str]], None]
    probe: Callable[[], None]


class _Line:
    wire: Wire | None = None
    resting_until = 0.0


def install(wire: Wire | None) -> None:
    """Connect the bell; `None` takes it off the wall (rows are then found by the sweep alone)."""
    _Line.wire = wire
    _Line.resting_until = 0.0


def ring(bell: Bell, *ids: UUID | str) -> None:
    """Ring after the present transaction commits; never raises, never waits longer than a second."""
    names = [str(each) for each in ids]
    transaction.on_commit(lambda: _press(bell, names), robust=True)


def probe() -> bool:
    """Whether the broker takes messages now."""
    if _Line.wire is None:
        return False
    try:
        _Line.wire.probe()
    except Exception as error:  # noqa: BLE001 - any failure of any broker means the same here
        log.warning("broker unreachable", error=type(error).__name__)
        return False
    return True


def _press(bell: Bell, ids: Sequence[str]) -> None:
    if _Line.wire is None or monotonic() < _Line.resting_until:
        return
    try:
        _Line.wire.send(bell.value, ids)
    except Exception as error:  # noqa: BLE001 - the row is saved; the sweep finds it
        _Line.resting_until = monotonic() + REST_SECONDS
        log.warning("doorbell silent", name=bell.value, error=type(error).__name__)
