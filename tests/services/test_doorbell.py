"""The bell rings after the commit, and whatever is wrong with it never reaches who rings."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic, sleep
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
def aside(recorder: Recorder) -> Recorder:
    """A bell that a thread rings."""
    doorbell.install(Wire(recorder.send, recorder.probe), aside=True)
    return recorder


def _wait_for(recorder: Recorder, number: int) -> None:
    until = monotonic() + 5
    while len(recorder.sent) < number and monotonic() < until:
        sleep(0.005)


@pytest.mark.django_db(transaction=True)
def test_thread_gathers_letters_that_are_rung_in_the_same_moment(aside: Recorder) -> None:
    numbers = [str(number) for number in range(25)]

    for number in numbers:
        doorbell.ring(Bell.MESSAGE, number)
    doorbell.ring(Bell.SWEEP)
    _wait_for(aside, 4)

    sleep(doorbell.MOMENT * 3)
    letters = [ids for name, ids in aside.sent if name == "recourse.message"]
    assert [each for ids in letters for each in ids] == numbers
    assert max(map(len, letters)) <= doorbell.TOGETHER
    assert len(letters) < len(numbers)
    assert ("recourse.sweep", []) in aside.sent


@pytest.mark.django_db(transaction=True)
def test_letter_goes_out_at_once_unless_others_went_just_before(aside: Recorder) -> None:
    started = monotonic()
    doorbell.ring(Bell.MESSAGE, "1")
    _wait_for(aside, 1)
    alone = monotonic() - started

    for number in ("2", "3"):
        doorbell.ring(Bell.MESSAGE, number)
        sleep(doorbell.MOMENT * 2)
    doorbell.ring(Bell.WORK, "9")
    _wait_for(aside, 3)

    assert alone < doorbell.LETTERS_MOMENT
    assert aside.sent == [
        ("recourse.message", ["1"]),
        ("recourse.work", ["9"]),
        ("recourse.message", ["2", "3"]),
    ]
    assert monotonic() - started >= doorbell.LETTERS_MOMENT


@pytest.mark.django_db(transaction=True)
def test_thread_sends_one_bell_of_many_alike(aside: Recorder) -> None:
    doorbell.ring(Bell.SWEEP)
    _wait_for(aside, 1)

    for _ in range(20):
        doorbell.ring(Bell.WORK, "9")
    _wait_for(aside, 2)

    sleep(doorbell.MOMENT * 3)
    assert aside.sent[1:].count(("recourse.work", ["9"])) < 20


@pytest.mark.django_db(transaction=True)
def test_thread_rests_after_a_failure(aside: Recorder) -> None:
    aside.broken = True
    doorbell.ring(Bell.SWEEP)
    until = monotonic() + 5
    while not doorbell.resting() and monotonic() < until:
        sleep(0.005)
    aside.broken = False

    doorbell.ring(Bell.SWEEP)
    sleep(doorbell.MOMENT * 3)

    assert aside.sent == []


@pytest.mark.django_db(transaction=True)
def test_thread_starts_anew_in_a_forked_process(aside: Recorder) -> None:
    doorbell.ring(Bell.SWEEP)
    _wait_for(aside, 1)
    reading, writing = os.pipe()

    child = os.fork()
    if not child:
        doorbell.ring(Bell.HOUSEKEEP)
        _wait_for(aside, 2)
        os.write(writing, aside.sent[-1][0].encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 100) == b"recourse.housekeep"
    os.close(reading)
    os.close(writing)


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
