"""Creating requests by API: `create_c1`, `create_c8`, `create_c32`, in answers per second.

The service and a bare Django REST view take turns, so that whatever else the machine does meets both of them.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import psycopg

from tests.bench import bare, cpu
from tests.bench.client import Load, Outcome, run
from tests.bench.figures import Figure
from tests.bench.installation import Site, free_port

CONNECTIONS = (1, 8, 32)
_TURNS, _SECONDS, _WARM = 2, 4.0, 1.0
FILING = {
    "who": {"relationship": "customer", "name": "Ada Lovelace"},
    "where": {"country": "IE"},
    "rights": [{"right": "access"}],
    "contact": {"email": "ada.{n}@example.org"},
}
_BARE = {
    "reference": "{n}",
    "channel": "api",
    "language": "en",
    "country": "IE",
    "relationship": "customer",
    "name": "Ada Lovelace",
    "email": "ada.{n}@example.org",
    "due_at": "2026-12-23T23:59:59Z",
}


def filing(port: int, token: str, wish: Mapping[str, Any] = FILING, **load: Any) -> Load:
    """Return what files one request after the other, each with a key of its own as clients are told to."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": "bench-{n}",
    }
    return Load(port, "POST", "/api/v1/submissions", 201, json.dumps(wish), headers, **load)


def measure(site: Site) -> Iterator[Figure]:
    """Measure at each number of connections."""
    token = site.call("tests.bench.seed:token")
    statements = site.call("tests.bench.statements:of_a_create", token=token)
    with psycopg.connect(site.database, autocommit=True) as connection:
        connection.execute(bare.TABLE)
    with site.served() as (port, process), bare_served(site) as (bare_port, bare_process):
        ours = Side("ours", site.database, process.pid, lambda **load: filing(port, token, **load))
        theirs = Side("bare", site.database, bare_process.pid, lambda **load: bare_filing(bare_port, **load))
        for connections in CONNECTIONS:
            for side in (ours, theirs) * _TURNS:
                side.take_turn(connections)
            inserts = _inserts_per_second(site.database, connections)
            yield _figure(connections, ours, theirs, inserts, statements if connections == CONNECTIONS[0] else 0)
            ours.outcomes, theirs.outcomes = [], []


class Side:
    """One of the two that are compared, and what came of its turns."""

    def __init__(self, name: str, database: str, pid: int, load: Callable[..., Load]) -> None:
        self.name = name
        self.outcomes: list[Outcome] = []
        self._database, self._pid, self._load = database, pid, load
        self._numbers = iter(range(0, 1_000_000_000, 10_000_000))
        self._web = self._database_cpu = 0.0

    def take_turn(self, connections: int) -> None:
        """Work for some seconds."""
        if not self.outcomes:
            self._web = self._database_cpu = 0.0
        web, backends = cpu.tree(self._pid), cpu.backends(self._database)
        before = cpu.seconds(web), cpu.seconds(backends)
        load = self._load(first=next(self._numbers), connections=connections, seconds=_SECONDS, warm=_WARM)
        self.outcomes.append(run(load))
        # Connections that were opened meanwhile count from nothing.
        self._web += cpu.seconds(web) - before[0]
        self._database_cpu += cpu.seconds({*backends, *cpu.backends(self._database)}) - before[1]

    @property
    def rate(self) -> float:
        """Answers per second over all turns."""
        return sum(len(each.times) for each in self.outcomes) / sum(each.seconds for each in self.outcomes)

    @property
    def cost(self) -> str:
        """Processor time of an answer, in words. Warming up is in it on both sides of the division."""
        done = sum(each.sent for each in self.outcomes)
        return f"{self.name} {self._web / done * 1e3:.2f} + {self._database_cpu / done * 1e3:.2f}"


def _figure(connections: int, ours: Side, theirs: Side, inserts: float, statements: int) -> Figure:
    p95 = max(each.percentile(0.95) for each in ours.outcomes) * 1000
    notes = [
        f"p95 {p95:.0f} ms; a bare prepared INSERT: {inserts:,.0f} per second (ratio {ours.rate / inserts:.2f})",
        f"ms of processor an answer, web + PostgreSQL: {ours.cost}, {theirs.cost}",
    ]
    if statements:
        notes.append(f"{statements} SQL statements each, BEGIN and COMMIT not counted")
    what = "a bare DRF view, one INSERT"
    counts = {"statements": float(statements)} if statements else {}
    return Figure(f"create_c{connections}", ours.rate, "1/s", theirs.rate, what, tuple(notes), counts)


@contextmanager
def bare_served(site: Site) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve the bare project by the command that serves the service."""
    port, command = bare_command(site)
    with site.running(*command, port=port, BENCH_BARE="1") as process:
        yield port, process


def bare_command(site: Site) -> tuple[int, list[str]]:
    """Return a port, and the command that serves the bare project there."""
    port = free_port()
    return port, site.call("tests.bench.create:command_of_web", port=port)


def command_of_web(port: int) -> list[str]:
    """Return what `serve` starts the web server with, for the bare project. Runs inside an installation."""
    from dsr.management.commands import serve

    web = list(serve._children("127.0.0.1", web_only=True)[0].command)[1:]
    web[web.index("--port") + 1] = str(port)
    return [*web[:-1], "tests.bench.bare:application"]


def bare_filing(port: int, **load: Any) -> Load:
    return Load(port, "POST", "/bare", 201, json.dumps(_BARE), {"Content-Type": "application/json"}, **load)


def _inserts_per_second(url: str, connections: int, seconds: float = 2.0) -> float:
    """Insert one row per transaction by a prepared statement, over so many connections."""
    counts: list[int] = []
    ends = perf_counter() + seconds

    def insert(number: int) -> None:
        done = 0
        with psycopg.connect(url, autocommit=True) as connection:
            while perf_counter() < ends:
                values = (f"{number:02}{done:07}{int(ends) % 100:02}", f"ada.{done}@example.org")
                connection.execute(bare.INSERT, values, prepare=True)
                done += 1
        counts.append(done)

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(connections)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (perf_counter() - began)
