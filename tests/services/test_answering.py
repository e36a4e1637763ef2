"""The runner says why a service is of no use to it, and continuous integration starts one of its own instead."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pymysql
import pytest
import redis

from tests.answering import addresses, find, free_port
from tests.conftest import LEFT_OUT
from tests.services.test_serve import ROOT, eventually, family, running

pytestmark = pytest.mark.serial
SHOW = "import os; print(os.environ['DATABASE_URL'], os.environ['BROKER_URL'], os.environ['MARIADB_URL'])"


def installed(*programs: str) -> None:
    """Leave the test out where a server is not installed: nothing is installed for one test."""
    places = os.pathsep.join((os.environ["PATH"], "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))))
    for name in programs:
        if shutil.which(name, path=places) is None:
            pytest.skip(f"{LEFT_OUT}the program {name}")


class Redis:
    """A Redis of one test's own."""

    def __init__(self, *options: str) -> None:
        self.port = free_port(0)
        self.url = f"redis://127.0.0.1:{self.port}/9"
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        assert find("Redis", [self.url], patience=10).url

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def unsaved(tmp_path: Path) -> Iterator[Redis]:
    """A Redis that could not keep on disk what it was told to keep, and therefore takes nothing more."""
    installed("redis-server")
    folder = tmp_path / "gone"
    folder.mkdir()
    server = Redis("--save", "3600 1", "--dir", str(folder))
    folder.rmdir()
    with redis.Redis.from_url(server.url) as client:
        client.bgsave()
        assert eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
    yield server
    server.end()


def services(command: list[str], **ports: str) -> subprocess.Popen[str]:
    """Run a command with services, all of which are looked for where nobody answers, or where the test says."""
    named = ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "MARIADB_URL")
    env = {name: value for name, value in os.environ.items() if name not in named}
    env |= {name: str(free_port(0)) for name in ("POSTGRES_PORT", "REDIS_PORT", "MARIADB_PORT")}
    return subprocess.Popen(
        [".ci/services", *command],
        cwd=ROOT,
        env=env | {"PATIENCE": "0"} | ports,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_reason_is_given_when_nothing_answers() -> None:
    port = free_port(0)

    reasons = [
        find("PostgreSQL", [f"postgres://postgres:secret@127.0.0.1:{port}/postgres"]),
        find("Redis", [f"redis://:secret@127.0.0.1:{port}/9"]),
        find("MariaDB", [f"mysql://root:secret@127.0.0.1:{port}/"]),
    ]

    for found, error in zip(reasons, ("OperationalError", "ConnectionError", "OperationalError"), strict=True):
        assert found.url is None
        assert found.why[0].startswith(f"127.0.0.1:{port}: {error}: ")
        assert "refused" in found.why[0].lower()
        assert "secret" not in found.why[0]


def test_redis_that_could_not_save_is_of_no_use(unsaved: Redis) -> None:
    found = find("Redis", [unsaved.url])

    assert found.url is None
    assert "MISCONF" in found.why[0]


def test_redis_that_takes_nothing_is_of_no_use() -> None:
    installed("redis-server")
    server = Redis("--save", "")
    try:
        with redis.Redis.from_url(server.url) as client:
            client.config_set("maxmemory", "1")

        found = find("Redis", [server.url])
    finally:
        server.end()

    assert found.url is None
    assert "OutOfMemoryError" in found.why[0]


def test_service_that_still_starts_is_waited_for() -> None:
    installed("redis-server")
    port = free_port(0)
    slowly = f"sleep 1; exec redis-server --port {port} --bind 127.0.0.1 --save ''"
    process = subprocess.Popen(["sh", "-c", slowly], stdout=subprocess.DEVNULL)
    try:
        url = f"redis://127.0.0.1:{port}/9"
        assert find("Redis", [url]).url is None
        assert find("Redis", [url], patience=10).url == url
    finally:
        process.kill()
        process.wait()


def test_port_is_another_one_when_taken() -> None:
    wanted = free_port(0)
    assert free_port(wanted) == wanted

    with socket.create_server(("127.0.0.1", wanted)):
        assert free_port(wanted) != wanted


def test_place_is_the_one_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://me@127.0.0.1:1/x")
    monkeypatch.delenv("BROKER_URL", raising=False)
    monkeypatch.setenv("REDIS_PORT", "2")

    assert addresses("PostgreSQL") == ["postgres://me@127.0.0.1:1/x"]
    assert addresses("Redis") == ["redis://127.0.0.1:2/9"]


def test_runner_names_the_reason_when_a_service_is_required() -> None:
    port = str(free_port(0))
    env = dict(os.environ) | {"REQUIRE_SERVICES": "1", "PATIENCE": "0", "BROKER_URL": f"redis://127.0.0.1:{port}/9"}
    env.pop("EMBEDDED", None)  # this very run may be one that ignores all services

    run = subprocess.run(
        [sys.executable, "-m", "tests.run", "--version"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert f"127.0.0.1:{port}: ConnectionError: " in run.stdout
    assert "but not found: " in run.stderr


def test_services_are_started_and_ended_when_nobody_answers() -> None:
    installed("initdb", "redis-server", "mariadb-install-db", "mariadbd")
    ports = {name: str(free_port(0)) for name in ("POSTGRES_PORT", "REDIS_PORT", "MARIADB_PORT")}
    with services([sys.executable, "-c", f"{SHOW}; import sys; sys.stdout.flush(); input()"], **ports) as process:
        assert process.stdout is not None
        database, broker, _ = urls = process.stdout.readline().split()
        started = family(process.pid)

        assert [url.split(":")[2].split("/")[0] for url in urls] == list(ports.values())
        with psycopg.connect(database, autocommit=True) as connection:
            assert connection.execute("CREATE DATABASE mine").statusmessage == "CREATE DATABASE"
        with redis.Redis.from_url(broker) as client:
            assert client.config_get("save")["save"] == ""
        with closing(pymysql.connect(host="127.0.0.1", port=int(ports["MARIADB_PORT"]), user="root")) as mine:
            mine.cursor().execute("CREATE DATABASE mine")
        process.communicate("that is enough\n", timeout=40)

    assert process.returncode == 0
    assert len(started) > 4
    assert not [pid for pid in started if running(pid)]


def test_services_are_ended_when_the_run_is_stopped() -> None:
    installed("redis-server")
    named = {"DATABASE_URL": "x://", "MARIADB_URL": "x://"}
    with services(["sh", "-c", "echo begun; read line; echo stopped here"], **named) as process:
        assert process.stdout is not None
        process.stdout.readline()
        started = family(process.pid)
        process.send_signal(signal.SIGTERM)
        process.communicate("\n", timeout=40)

    assert process.returncode == 128 + signal.SIGTERM
    assert len(started) > 1
    assert not [pid for pid in started if running(pid)]


def test_own_redis_is_elsewhere_when_the_usual_one_refuses(unsaved: Redis) -> None:
    named = {"DATABASE_URL": "postgres://named@127.0.0.1:1/x", "MARIADB_URL": "mysql://named@127.0.0.1:1/"}

    with services([sys.executable, "-c", SHOW], REDIS_PORT=str(unsaved.port), **named) as process:
        said, why = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "MISCONF" in why
    database, broker, mariadb = said.split()
    assert (database, mariadb) == tuple(named.values())
    assert broker != unsaved.url
    assert find("Redis", [broker]).url is None  # it ended with the command


def test_result_is_that_of_the_command() -> None:
    named = {"DATABASE_URL": "x://", "BROKER_URL": "x://", "MARIADB_URL": "x://"}

    with services(["sh", "-c", "exit 7"], **named) as process:
        process.communicate(timeout=30)

    assert process.returncode == 7
