"""`manage.py serve`: one command starts everything, keeps it alive, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.serial
T = TypeVar("T")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """Processes that one process started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def family(pid: int) -> list[int]:
    """All that came of one process."""
    return [each for child in children(pid) for each in (child, *family(child))]


def command(pid: int) -> str:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except FileNotFoundError:
        return ""


def running(pid: int) -> bool:
    """Whether a process still does something; one that only waits to be counted does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(ask: Callable[[], T], seconds: float = 120) -> T:
    """The first true answer within some time: a first start builds the whole database, perhaps beside others."""
    until = monotonic() + seconds
    while not (answer := ask()) and monotonic() < until:
        sleep(0.1)
    return answer


class Service:
    """A running launcher."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.output = folder / "output"
        env = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), "PORT": str(self.port), "DEMO": "no"}
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=env | {"SWEEP_SECONDS": "1", "HEARTBEAT_MINUTES": "0"},
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def ready(self) -> dict[str, Any]:
        """What /readyz says, empty while nobody answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except (URLError, OSError):
            return {}

    def all_well(self) -> bool:
        """Whether web, broker and sweeper all work."""
        return self.ready().get("status") == "ok"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    started = Service(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()


def test_service_starts_recovers_and_stops(service: Service) -> None:
    assert eventually(service.all_well), service.output.read_text()
    everyone = [service.process.pid, *family(service.process.pid)]
    worker = next(pid for pid in children(service.process.pid) if "celery" in command(pid))

    os.kill(worker, signal.SIGKILL)
    replaced = eventually(
        lambda: [pid for pid in children(service.process.pid) if "celery" in command(pid) and pid != worker]
    )
    everyone += family(service.process.pid)
    service.process.send_signal(signal.SIGINT)

    assert replaced
    assert service.process.wait(timeout=30) == 0
    assert eventually(lambda: not any(running(pid) for pid in everyone), seconds=5)
    assert "Stopped." in service.output.read_text()


def test_children_go_when_the_launcher_is_killed(service: Service) -> None:
    assert eventually(service.all_well), service.output.read_text()
    everyone = family(service.process.pid)

    service.process.kill()
    service.process.wait()

    assert eventually(lambda: not any(running(pid) for pid in everyone), seconds=20)


def test_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        answer = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert answer.returncode == 1
    assert f"PORT: 127.0.0.1:{port} cannot be used" in answer.stderr
