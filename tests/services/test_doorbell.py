"""The bell rings after the commit, and whatever is wrong with it never reaches who rings."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from dsr.services import doorbell
from dsr.services.doorbell import Bell, Wire

ROOT = Path(__file__).resolve().parents[2]
Capture = Callable[..., AbstractContextManager[list[Any]]]


class Recorder:
    """A wire that remembers, and fails on request."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[str]]] = []
        self.broken = False

    def send(self, name: str, ids: Sequence[str]) -> None:
        if self.broken:
            raise OSError("connection refused")
        self.sent.append((name, list(ids)))

    def probe(self) -> None:
        if self.broken:
            raise OSError("connection refused")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    wire = Recorder()
    doorbell.install(Wire(wire.send, wire.probe))
    yield wire
    doorbell.install(None)


@pytest.mark.django_db
def test_ring_waits_for_the_commit(recorder: Recorder, django_capture_on_commit_callbacks: Capture) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        doorbell.ring(Bell.MESSAGE, "7")
        before = list(recorder.sent)

    assert before == []
    assert recorder.sent == [("recourse.message", ["7"])]


@pytest.mark.django_db
def test_ring_is_swallowed_when_the_broker_is_gone(
    recorder: Recorder, django_capture_on_commit_callbacks: Capture
) -> None:
    recorder.broken = True

    with django_capture_on_commit_callbacks(execute=True):
        doorbell.ring(Bell.SWEEP)

    assert not doorbell.probe()


@pytest.mark.django_db
def test_bell_rests_after_a_failure(recorder: Recorder, django_capture_on_commit_callbacks: Capture) -> None:
    recorder.broken = True
    with django_capture_on_commit_callbacks(execute=True):
        doorbell.ring(Bell.SWEEP)
    recorder.broken = False

    with django_capture_on_commit_callbacks(execute=True):
        doorbell.ring(Bell.SWEEP)

    assert recorder.sent == []


@pytest.mark.django_db
def test_ring_does_nothing_without_a_wire(django_capture_on_commit_callbacks: Capture) -> None:
    with django_capture_on_commit_callbacks(execute=True) as rung:
        doorbell.ring(Bell.SWEEP)

    assert len(rung) == 1
    assert not doorbell.probe()


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that accepts connections and never answers, as a hung broker does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


SCRIPT = """
import django, time
django.setup()
from dsr.services import doorbell
started = time.monotonic()
doorbell.ring(doorbell.Bell.SWEEP)
first = time.monotonic() - started
for _ in range(20):
    doorbell.ring(doorbell.Bell.SWEEP)
print(first, time.monotonic() - started - first)
"""


@pytest.mark.parametrize("port", ["deaf_port", "closed_port"])
def test_dead_redis_costs_a_request_less_than_a_second(
    port: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"redis://127.0.0.1:{request.getfixturevalue(port)}/0"
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "dsr.settings"}

    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=env | {"BROKER_URL": url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    first, rest = map(float, answer.stdout.split())
    assert first < 1.0
    assert rest < 0.2
    assert "doorbell silent" in answer.stderr
