"""Starts the processes of one machine, restarts the one that dies, and stops all of them together."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic, sleep

from dsr.logs import get_logger

log = get_logger(__name__)

_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process to keep alive; `pause` is how long to wait before its next start, in seconds."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts_at: float = 0.0
    pause: float = field(default=0.5)

    def start(self, now: float) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only the launcher."""
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command, env=dict(self.env), start_new_session=True, preexec_fn=_die_with(os.getpid())
        )
        self.starts_at = now


def _die_with(parent: int) -> Callable[[], None]:
    """A child must not outlive a launcher that was killed: it would hold the port and sweep twice."""
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        if hasattr(libc, "prctl"):
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


class Launcher:
    """Keeps children running until told to stop."""

    LONGEST_PAUSE = 15.0
    STEADY = 20.0
    PATIENCE = 20.0

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.stopping = False

    def stop(self, *_: object) -> None:
        """Ask for the end; safe in a signal handler."""
        self.stopping = True

    def run(self) -> None:
        """Start all, watch until a signal, stop all."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)
        try:
            for child in self.children:
                if not self.stopping:
                    child.start(monotonic())
            while not self.stopping:
                self._watch(monotonic())
                sleep(0.2)
        finally:
            self._end()

    def _watch(self, now: float) -> None:
        for child in self.children:
            if child.process is not None and (code := child.process.poll()) is not None:
                _kill_group(child.process.pid)  # the scheduler that a killed worker had started would tick on
                steady = now - child.starts_at > self.STEADY
                child.pause = 0.5 if steady else min(child.pause * 2, self.LONGEST_PAUSE)
                child.process, child.starts_at = None, now + child.pause
                log.error("process ended, starting it again", process=child.name, exit_code=code, seconds=child.pause)
            elif child.process is None and now >= child.starts_at:
                child.start(now)

    def _end(self) -> None:
        alive = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in alive:
            process.terminate()
        deadline = monotonic() + self.PATIENCE
        for process in alive:
            try:
                process.wait(timeout=max(0.1, deadline - monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process would not stop", pid=process.pid)
            _kill_group(process.pid)
            process.wait()


def _kill_group(pid: int) -> None:
    """The child leads its group: whatever it started goes with it."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
