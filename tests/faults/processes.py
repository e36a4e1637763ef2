"""Real processes on the database of the tests: workers, a web server, a broker, each killed by its own pid."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import pytest
import redis
from django.db import connection

from dsr.models import Deadline, Step, Task, Transmission, WebhookDelivery, Window
from notifications.models import Message
from tests.conftest import LEFT_OUT

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
T = TypeVar("T")


def eventually(ask: Callable[[], T], what: str = "", seconds: float = PATIENCE) -> T:
    """Return the first true answer; fails when there is none in time."""
    until = monotonic() + seconds
    while not (answer := ask()):
        assert monotonic() < until, f"never came: {what or ask}"
        sleep(0.1)
    return answer


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """An installation on the database of the tests, and the processes started for it."""

    folder: Path
    env: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str, *command: str, **env: str) -> subprocess.Popen[bytes]:
        """Start a process that leads a group of its own; what it says goes into a file of its name."""
        with (self.folder / f"{name}.log").open("ab") as said:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def worker(self, name: str = "worker") -> subprocess.Popen[bytes]:
        """Start a worker with its scheduler, as the launcher does."""
        options = "--quiet --app dsr.celery worker --beat --pool threads --concurrency 2 --loglevel WARNING"
        quiet = "--without-gossip --without-mingle --without-heartbeat"
        return self.start(name, sys.executable, "-W", "ignore", "-m", "celery", *options.split(), *quiet.split())

    def web(self, port: int) -> subprocess.Popen[bytes]:
        """Start the web server and wait until it answers."""
        options = "--interface wsgi --no-ws --no-access-log --log-level warning --workers 1 --blocking-threads 2"
        process = self.start(
            "web",
            *(sys.executable, "-m", "granian", *options.split(), "--host", "127.0.0.1", "--port", str(port)),
            "dsr.wsgi:application",
        )
        eventually(lambda: _listens(port), "the web server")
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to a process and to what it started: no handler runs, nothing is put in order."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def said(self, name: str) -> str:
        """Return what the processes of one name wrote."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def end(self) -> None:
        """Kill whatever is left."""
        for process in self.running:
            self.kill(process)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def database_url() -> str:
    """Return the address of the database that this test looks at."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    secret = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    return f"postgres://{given['USER']}{secret}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"


@pytest.fixture
def house(tmp_path: Path, settings: Any, transactional_db: None) -> Iterator[House]:
    """An installation with the embedded broker, quick sweeps, and mail as files."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    env = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path / "data"),
        "STATIC_DIR": str(tmp_path / "static"),
        "DATABASE_URL": database_url(),
        "STORAGE_URL": settings.STORAGE_URL,
        "BROKER_URL": "embedded://localhost",
        "EMAIL_URL": f"filemail://{tmp_path}/mail",
        "BASE_URL": "http://localhost:8000",
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEYS": settings.FIELD_KEYS,
        "STAFF_MFA": "no",
        "DEMO": "no",
        "HEARTBEAT_MINUTES": "0",
        "SWEEP_SECONDS": "1",
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
    }
    house = House(tmp_path, env)
    (tmp_path / "data").mkdir()
    yield house
    house.end()


@dataclass
class PrivateRedis:
    """A Redis of one test's own, which may be killed."""

    house: House
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, empty."""
        options = f"--port {self.port} --bind 127.0.0.1 --save '' --appendonly no --dir {self.house.folder}"
        command = [part.strip("'") for part in options.split(" ")]
        self.process = self.house.start("redis", shutil.which("redis-server") or "redis-server", *command)
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1)
        eventually(lambda: _pings(client), "Redis")
        client.close()

    def kill(self) -> None:
        """Kill it; what it held is gone."""
        assert self.process is not None
        self.house.kill(self.process)


def _pings(client: "redis.Redis") -> bool:
    with suppress(redis.RedisError):
        return bool(client.ping())
    return False


@pytest.fixture
def private_redis(house: House) -> PrivateRedis:
    """A Redis server on a free port, not started yet."""
    if shutil.which("redis-server") is None:
        pytest.skip(f"{LEFT_OUT}a Redis server that may be killed")
    return PrivateRedis(house, free_port())


def leases_run_out() -> None:
    """Let pass, in the rows, the minutes for which a dead process still holds them."""
    for model in (Step, Task, Deadline, Message, WebhookDelivery, Transmission):
        model._default_manager.exclude(claimed_until=None).update(claimed_until=datetime(2020, 1, 1, tzinfo=UTC))
    Window.objects.filter(done_at=None).exclude(lease=None).update(due_at=datetime(2020, 1, 1, tzinfo=UTC))
