"""The embedded broker gives every message to one taker, and gives it again when the taker dies."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from kombu import Connection

import dsr.broker

ROOT = Path(__file__).resolve().parents[2]
BELLS = "bells"


def connect(folder: Path, **options: Any) -> Connection:
    """A connection to the file in one folder."""
    return Connection(
        f"{dsr.broker.SCHEME}://localhost",
        transport_options={"path": str(folder / "queue.sqlite3"), "polling_interval": 0.01, **options},
    )


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Connection]:
    with connect(tmp_path) as connection:
        yield connection


def waiting(connection: Connection) -> int:
    """How many messages are in the file, taken or not."""
    channel: Any = connection.default_channel
    return int(channel._size(BELLS))


def test_message_arrives_once_and_is_gone_when_acknowledged(line: Connection) -> None:
    with line.SimpleQueue(BELLS) as queue:
        queue.put({"n": 1})

        message = queue.get(timeout=2)
        message.ack()

        assert message.payload == {"n": 1}
        assert waiting(line) == 0


def test_messages_arrive_in_the_order_they_were_sent(line: Connection) -> None:
    with line.SimpleQueue(BELLS) as queue:
        for n in range(20):
            queue.put({"n": n})

        arrived = []
        for _ in range(20):
            message = queue.get(timeout=2)
            message.ack()
            arrived.append(message.payload["n"])

    assert arrived == list(range(20))


def test_taken_message_is_hidden_until_its_lease_ends(tmp_path: Path) -> None:
    with (
        connect(tmp_path, visibility_timeout=0.5) as first,
        connect(tmp_path, visibility_timeout=0.5) as second,
        first.SimpleQueue(BELLS) as mine,
        second.SimpleQueue(BELLS) as other,
    ):
        mine.put({"n": 1})
        mine.get(timeout=2)

        with pytest.raises(Empty):
            other.get(timeout=0.1)
        again = other.get(timeout=2)

    assert again.payload == {"n": 1}


def test_message_comes_back_at_once_when_its_taker_leaves(tmp_path: Path) -> None:
    with connect(tmp_path) as first, first.SimpleQueue(BELLS) as mine:
        mine.put({"n": 1})
        mine.get(timeout=2)

    with connect(tmp_path) as second, second.SimpleQueue(BELLS) as other:
        again = other.get(timeout=1)

        assert again.payload == {"n": 1}


@pytest.mark.parametrize(("requeue", "left"), [(True, 1), (False, 0)])
def test_rejected_message_is_kept_only_when_requeued(line: Connection, requeue: bool, left: int) -> None:
    with line.SimpleQueue(BELLS) as queue:
        queue.put({"n": 1})
        message = queue.get(timeout=2)

        message.reject(requeue=requeue)

        assert waiting(line) == left


def test_every_message_has_one_taker_when_many_take(tmp_path: Path) -> None:
    taken: Counter[int] = Counter()
    limit = monotonic() + 60

    def produce(start: int) -> None:
        with connect(tmp_path) as connection, connection.SimpleQueue(BELLS) as queue:
            for n in range(start, start + 150):
                queue.put({"n": n})

    def consume() -> None:
        with connect(tmp_path) as connection, connection.SimpleQueue(BELLS) as queue:
            while sum(taken.values()) < 300 and monotonic() < limit:
                try:
                    message = queue.get(timeout=0.2)
                except Empty:
                    continue
                message.ack()
                taken[message.payload["n"]] += 1

    threads = [Thread(target=produce, args=[0]), Thread(target=produce, args=[150])]
    threads += [Thread(target=consume) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert taken == Counter(range(300))


WORKER = """
import sys, time
from pathlib import Path
from celery import Celery
import dsr.broker
folder = Path(sys.argv[1])
app = Celery("toy", broker="embedded://localhost")
app.conf.update(
    broker_transport_options={"path": str(folder / "queue.sqlite3"), "visibility_timeout": 2},
    task_acks_late=True, task_ignore_result=True, task_default_queue="toy", worker_enable_remote_control=False,
    worker_prefetch_multiplier=2,
)

@app.task(name="note")
def note(n):
    time.sleep(0.02)
    with (folder / "done").open("a") as file:
        file.write(f"{n}\\n")

if sys.argv[2] == "send":
    for n in range(60):
        note.delay(n)
else:
    app.worker_main(["--quiet", "worker", "--pool", "threads", "-c", "2", "-l", "ERROR",
                     "--without-gossip", "--without-mingle", "--without-heartbeat"])
"""


def test_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, script, tmp_path, "send"], env=env, cwd=tmp_path, check=True)
    done = tmp_path / "done"

    def noted() -> list[str]:
        return done.read_text().split() if done.exists() else []

    def work_until(count: int, *, end: int) -> None:
        worker = subprocess.Popen([sys.executable, script, tmp_path, "work"], env=env, cwd=tmp_path)
        try:
            limit = monotonic() + 30
            while len(set(noted())) < count and monotonic() < limit:
                sleep(0.05)
        finally:
            worker.send_signal(end)
            worker.wait(timeout=20)

    work_until(15, end=signal.SIGKILL)
    work_until(35, end=signal.SIGKILL)
    work_until(60, end=signal.SIGTERM)

    assert sorted(set(map(int, noted()))) == list(range(60))
