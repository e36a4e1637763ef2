"""The doorbell: wakes a worker early. Work itself waits in rows, so a bell that stays silent only costs time.

Services ring; who carries the sound is told at start by `install`. That keeps the queue library out of the services.

Sending took a fifth of what filing a request costs, so where a process lives long a thread sends, and what is rung in
the same moment goes out together.
"""

import atexit
import os
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from dsr.logs import get_logger

log = get_logger(__name__)

#: After a failure the bell is not tried again for this many seconds: a dead broker must not slow every request.
REST_SECONDS = 5.0
#: A moment, in seconds: how long after sending the thread gathers what is rung before it sends again.
MOMENT = 0.02
#: The same for letters, for which nobody notices: sent one by one, waking a hand costs more than a letter does.
LETTERS_MOMENT = 0.2
#: How many letters one bell names at most. More hands do more of them at once.
TOGETHER = 10
#: Cache key under which the last finished sweep leaves its time, in seconds since 1970.
HEARTBEAT = "heartbeat:sweep"


class Bell(StrEnum):
    """What can be woken. The value is the name of the task."""

    SWEEP = "recourse.sweep"
    HOUSEKEEP = "recourse.housekeep"
    WORK = "recourse.work"
    MESSAGE = "recourse.message"
    HOOKS = "recourse.hooks"
    CHOICE = "recourse.choice"
    MAILBOX = "recourse.mailbox"
    SEND = "recourse.send"


class Wire(NamedTuple):
    """How to send a bell with its ids, and how to ask whether sending would work; both raise when it does not."""

    send: Callable[[str, Sequence[str]], None]
    probe: Callable[[], None]


class _Line:
    wire: Wire | None = None
    resting_until = 0.0
    aside = False


def install(wire: Wire | None, *, aside: bool = False) -> None:
    """Connect the bell; `None` takes it off the wall (rows are then found by the sweep alone).

    With ``aside`` a thread sends, so that who rings waits for nothing.
    """
    _Line.wire, _Line.aside = wire, aside
    _Line.resting_until = 0.0


def ring(bell: Bell, *ids: UUID | str) -> None:
    """Ring after the present transaction commits; never raises, never waits longer than a second."""
    names = tuple(str(each) for each in ids)
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


def resting() -> bool:
    """Whether the bell is left alone for a while because it failed."""
    return monotonic() < _Line.resting_until


def _press(bell: Bell, ids: tuple[str, ...]) -> None:
    if _Line.wire is None or resting():
        return
    if _Line.aside:
        _aside.add(bell, ids)
    else:
        _send(bell, ids)


def _send(bell: Bell, ids: Sequence[str]) -> None:
    if _Line.wire is None or resting():
        return
    try:
        _Line.wire.send(bell.value, ids)
    except Exception as error:  # noqa: BLE001 - the row is saved; the sweep finds it
        _Line.resting_until = monotonic() + REST_SECONDS
        log.warning("doorbell silent", name=bell.value, error=type(error).__name__)


class _Aside:
    """The thread that sends, started by the first bell, and what it has still to send."""

    MOST = 10_000
    PATIENCE = 2.0

    def __init__(self) -> None:
        self._start_over()
        atexit.register(self._end)
        os.register_at_fork(after_in_child=self._start_over)

    def _start_over(self) -> None:
        # Of the thread a fork leaves nothing behind but a lock that may be held; what waits is the parent's to send.
        self._waiting: deque[tuple[Bell, tuple[str, ...]]] = deque(maxlen=self.MOST)
        self._letters: list[str] = []
        self._letters_from = 0.0
        self._rung, self._starting = Event(), Lock()
        self._thread: Thread | None = None
        self._over = False

    def add(self, bell: Bell, ids: tuple[str, ...]) -> None:
        """Have a bell sent."""
        self._waiting.append((bell, ids))
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = Thread(target=self._run, name="doorbell", daemon=True)
                    self._thread.start()
        self._rung.set()

    def _run(self) -> None:
        while not self._over:
            self._rung.wait(max(0.0, self._letters_from - monotonic()) if self._letters else None)
            self._rung.clear()
            self._empty()
            sleep(MOMENT)

    def _empty(self) -> None:
        """Send what waits; of letters that follow others closely only as many as fill a bell."""
        others: dict[tuple[Bell, tuple[str, ...]], None] = {}
        while self._waiting:
            bell, ids = self._waiting.popleft()
            if bell is Bell.MESSAGE:
                self._letters += ids
            else:
                others[bell, ids] = None
        for bell, ids in others:
            _send(bell, ids)
        while self._letters and (len(self._letters) >= TOGETHER or self._over or monotonic() >= self._letters_from):
            together, self._letters = self._letters[:TOGETHER], self._letters[TOGETHER:]
            _send(Bell.MESSAGE, together)
            if not self._letters:
                self._letters_from = monotonic() + LETTERS_MOMENT

    def _end(self) -> None:
        """Send the last ones before the process ends."""
        if self._thread is not None:
            self._over = True
            self._rung.set()
            self._thread.join(self.PATIENCE)
            self._empty()


_aside = _Aside()
