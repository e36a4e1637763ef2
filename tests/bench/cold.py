"""A restart on a million rows: `cold_start_1m`, seconds from starting the server to the first answer to a filing."""

import time
from collections.abc import Iterator

import psycopg

from tests.bench import bare
from tests.bench.client import run
from tests.bench.create import bare_command, bare_filing, filing
from tests.bench.figures import Figure
from tests.bench.installation import Site


def measure(site: Site, token: str) -> Iterator[Figure]:
    """Start the server and file at once; then the same with the bare view."""
    began = time.perf_counter()
    with site.served() as (port, _process):
        ready = time.perf_counter() - began
        first = run(filing(port, token, count=1, first=900_000_000))
        seconds = ready + first.times[0]
    with psycopg.connect(site.database, autocommit=True) as connection:
        connection.execute(bare.TABLE)
    port, command = bare_command(site)
    began = time.perf_counter()
    with site.running(*command, port=port, BENCH_BARE="1"):
        bare_ready = time.perf_counter() - began
        theirs = run(bare_filing(port, count=1, first=900_000_000))
    note = f"it answers after {ready:.2f} s; the first filing then takes {first.times[0] * 1000:.0f} ms"
    yield Figure("cold_start_1m", seconds, "s", bare_ready + theirs.times[0], "the bare DRF view, likewise", (note,))
