"""The sweeper: `sweep_idle_10k` and `sweep_idle_1m` in milliseconds, `sweep_due_1k_of_10k` and `..._1m` in seconds.

Idle is a tick that finds nothing to do, which is what nearly every tick does. Due is a day on which a thousand people
are warned that their request will lapse: each an event in a locked case, a fresh link and code, and a mail sent.
"""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

import psycopg

from tests.bench.figures import Figure
from tests.bench.installation import Site

_TICKS = 100
_MOST_TICKS = 200
_LOOK = (
    "SELECT id FROM dsr_step WHERE state IN ('waiting', 'with_owner') AND due_at <= now() ORDER BY due_at, id LIMIT 50",
    "SELECT id FROM dsr_deadline WHERE done_at IS NULL AND due_at <= now() AND kind IN"
    " ('acknowledge', 'fee_reply', 'watch', 'lapse_warning', 'lapse', 'build', 'expiry_warning', 'expiry', 'destroy',"
    " 'purge') ORDER BY due_at, id LIMIT 50",
    "SELECT id FROM notifications_message WHERE state = 'waiting' AND due_at <= now() ORDER BY due_at, id LIMIT 50",
)
"""The bare looking."""
_CLAIM = """
UPDATE bare_due SET claimed_until = now() + interval '10 minutes'
WHERE id IN (SELECT id FROM bare_due WHERE claimed_until IS NULL ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED)
"""


def idle(site: Site, name: str) -> Iterator[Figure]:
    """Measure ticks that find nothing."""
    found = site.call("tests.bench.sweep:tick")
    note = f"p95 {found['p95']:.2f} ms, {found['statements']} statements"
    yield Figure(
        f"sweep_idle_{name}", found["median"], "ms", found["bare"], "three bare SELECTs on the same rows", (note,)
    )


def due(site: Site, name: str) -> Iterator[Figure]:
    """Measure until a thousand due rows are worked off; they are then gone."""
    found = site.call("tests.bench.sweep:work_off")
    each = found["seconds"] / found["rows"] * 1000
    note = f"{found['rows']} rows in {found['ticks']} ticks, {each:.1f} ms each, mail sent"
    yield Figure(
        f"sweep_due_1k_of_{name}", found["seconds"], "s", found["bare"], "claiming as many rows, 50 at once", (note,)
    )


# --- Inside an installation ------------------------------------------------------------------------------------------


def tick() -> dict[str, float]:
    """Sweep again and again when nothing is due."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from dsr.services import sweeping

    # Letters of what was filed for other figures wait to be sent.
    while sweeping.sweep(timezone.now()).total:
        pass
    times = []
    for _ in range(_TICKS):
        began = time.perf_counter()
        tally = sweeping.sweep(timezone.now())
        times.append((time.perf_counter() - began) * 1000)
        if tally.total or tally.failures:
            raise RuntimeError(f"this tick was not idle: {tally}")
    with CaptureQueriesContext(connection) as captured:
        sweeping.sweep(timezone.now())
    statements = sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in captured.captured_queries)
    times.sort()
    return {"median": median(times), "p95": times[_TICKS * 95 // 100], "statements": statements, "bare": _looking()}


def _looking() -> float:
    times = []
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for _ in range(_TICKS):
            began = time.perf_counter()
            for statement in _LOOK:
                connection.execute(statement, prepare=True).fetchall()
            times.append((time.perf_counter() - began) * 1000)
    return median(times)


def work_off() -> dict[str, float]:
    """Sweep a day later until nothing is due any more."""
    from django.utils import timezone

    from dsr.services import sweeping
    from tests.bench.population import DUE

    at = timezone.now() + timedelta(days=1)
    began, done, ticks = time.perf_counter(), 0, 0
    while ticks < _MOST_TICKS and (tally := sweeping.sweep(at)).total:
        if tally.failures:
            raise RuntimeError(f"something failed: {tally}")
        done += tally.deadlines
        ticks += 1
    seconds = time.perf_counter() - began
    if done != DUE:
        raise RuntimeError(f"{done} rows were due instead of {DUE}")
    return {"seconds": seconds, "rows": done, "ticks": ticks, "bare": claiming(done)}


def claiming(rows: int) -> float:
    """Return how many seconds it takes to claim so many bare rows. Runs inside an installation."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE bare_due (id bigint PRIMARY KEY, claimed_until timestamptz)")
        connection.execute("INSERT INTO bare_due SELECT generate_series(1, %s)", [rows])
        began = time.perf_counter()
        while connection.execute(_CLAIM, prepare=True).rowcount:
            pass
        return time.perf_counter() - began
