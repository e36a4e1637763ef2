"""A service of the benchmark's own: a fresh database, an empty Redis database, a folder, and what runs on them.

Everything is on loopback, named `recourse_bench_...`, and gone afterwards. The benchmark itself never sets Django up:
what needs it runs in processes of its own (`Site.call`), under the environment that the service runs under.
"""

import base64
import importlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

from tests.answering import addresses, find
from tests.run import ROOT

PREFIX = "recourse_bench_"
_PATIENCE = 60.0
_REDIS_DATABASES = range(15, 8, -1)


@dataclass(frozen=True, slots=True)
class Site:
    """One installation."""

    database: str
    folder: Path
    port: int
    env: Mapping[str, str]

    def call(self, target: str, **given: Any) -> Any:
        """Run `module:function` in a process of its own with Django set up; arguments and result travel as JSON."""
        command = [sys.executable, "-m", "tests.bench.installation", target]
        done = subprocess.run(
            command, input=json.dumps(given), capture_output=True, text=True, env=dict(self.env), cwd=ROOT, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{target} failed: {done.stderr[-4000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    @contextmanager
    def running(self, *command: str, port: int = 0, **env: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a process until the block ends; with `port`, the block begins once it answers there."""
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                env={**self.env, **env},
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                if port:
                    self._answers(port, process)
                yield process
            finally:
                _stop(process)

    @contextmanager
    def served(self) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
        """Serve as `manage.py serve` does, without a worker; yield the port and the process above the server's."""
        with self.running("manage.py", "serve", "--web-only", port=self.port) as process:
            yield self.port, process

    def _answers(self, port: int, process: subprocess.Popen[bytes]) -> None:
        until = monotonic() + _PATIENCE
        while monotonic() < until and process.poll() is None:
            if answers(port):
                return
            sleep(0.02)
        tail = (self.folder / "processes.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError(f"nothing answers on port {port}: {tail}")


def answers(port: int) -> bool:
    """Whether a web server answers there, whatever it says."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as probe:
        probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return probe.recv(9) == b"HTTP/1.1 "
    return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end; a group that does not is killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# --- Services --------------------------------------------------------------------------------------------------------


def postgres() -> str:
    """Return the address of a PostgreSQL server where databases may be made."""
    found = find("PostgreSQL", addresses("PostgreSQL"), patience=3)
    if found.url is None:
        said = "; ".join(found.why)
        sys.exit(
            f"bench: no PostgreSQL answers where databases may be made ({said}). Fix: start one, or set DATABASE_URL."
        )
    return found.url


@contextmanager
def broker() -> Iterator[str]:
    """Yield the address of a Redis database that was empty; it is empty again afterwards."""
    given = os.environ.get("BROKER_URL", "redis://127.0.0.1:6379")
    base = f"redis://{urlsplit(given).netloc}"
    for number in _REDIS_DATABASES:
        url = f"{base}/{number}"
        client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        try:
            if not client.set(PREFIX + "claim", os.getpid(), nx=True) or client.dbsize() != 1:
                continue
        except redis.RedisError:
            sys.exit("bench: Redis does not answer. Fix: start one, or set BROKER_URL.")
        try:
            yield url
        finally:
            client.flushdb()
        return
    sys.exit("bench: no Redis database from 9 to 15 is empty. Fix: set BROKER_URL to another server.")


@contextmanager
def database(server: str, label: str) -> Iterator[str]:
    """Make a database, yield its address, drop it."""
    name = f"{PREFIX}{os.getpid()}_{label}"
    quoted = psycopg.sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(quoted))
    try:
        yield server.rpartition("/")[0] + "/" + name
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))


def drop_leftovers(server: str) -> None:
    """Drop what runs left behind that were killed; only on this machine can that be told."""
    if urlsplit(server).hostname not in ("127.0.0.1", "localhost", "::1"):
        return
    with psycopg.connect(server, autocommit=True) as admin:
        rows = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [PREFIX + "%"]).fetchall()
        for (name,) in rows:
            run = name.removeprefix(PREFIX).partition("_")[0]
            if run.isdigit() and not Path(f"/proc/{run}").exists():
                admin.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {}").format(psycopg.sql.Identifier(name)))


@contextmanager
def site(server: str, redis_url: str, label: str, **env: str) -> Iterator[Site]:
    """Make an installation with an empty, migrated database."""
    with ExitStack() as stack:
        url = stack.enter_context(database(server, label))
        (ROOT / "var").mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "var"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        port = free_port()
        made = Site(url, folder, port, {**_outside(), **_environment(url, redis_url, folder, port), **env})
        made.call("tests.bench.installation:migrate")
        yield made


def _outside() -> dict[str, str]:
    """What a process needs of ours; no setting of the service."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def _environment(url: str, redis_url: str, folder: Path, port: int) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "dsr.settings",
        "DATABASE_URL": url,
        "BROKER_URL": redis_url,
        "DATA_DIR": str(folder),
        "STORAGE_URL": f"file://{folder / 'storage'}",
        "EMAIL_URL": f"filemail://{folder / 'mail'}",
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "DEMO": "no",
        "HEARTBEAT_MINUTES": "0",
        "STAFF_MFA": "no",
        # The limit is far off; it is counted all the same.
        "API_PER_MINUTE": "10000000",
    }


# --- Inside the processes --------------------------------------------------------------------------------------------


def migrate() -> None:
    """Bring the database up to date."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def _function(target: str) -> Callable[..., Any]:
    module, _colon, name = target.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def main(arguments: Sequence[str]) -> None:
    """Set Django up and call one function."""
    import django

    django.setup()
    print(json.dumps(_function(arguments[0])(**json.load(sys.stdin))))


if __name__ == "__main__":
    main(sys.argv[1:])
