"""Reading the queue by API: `list_10k`, `list_1m`, `exact_1m`, each the p95 in milliseconds over one connection.

A list is the first page as the interface gives it, fifty requests. It is asked for in two ways, what is open and
everything, and the slower one counts. Exact is the search for one person's mail address and for one reference.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import psycopg

from tests.bench.client import Load, run
from tests.bench.figures import Figure
from tests.bench.installation import Site

_TIMES = 400
_WARM = 40
_COLUMNS = """
SELECT r.id, r.submission_id, r."right", r.state, r.outcome, r.turn, r.regime, r.received_at, r.due_at, r.due_on,
       r.closed_at, r.proposal, r.question_at, r.version, r.assignee_id, s.reference
FROM dsr_subjectrequest r JOIN dsr_submission s ON s.id = r.submission_id
"""
_OPEN = f"{_COLUMNS} WHERE r.state <> 'closed' ORDER BY r.due_at, r.id LIMIT 51"
_ALL = f"{_COLUMNS} ORDER BY r.due_at, r.id LIMIT 51"
_ONE = f"{_COLUMNS} WHERE s.reference = %s"


def lists(site: Site, name: str, token: str) -> Iterator[Figure]:
    """Measure the first page."""
    ways = {"open": "", "all": "?state=all"}
    ours = _asked(site, token, {label: f"/api/v1/requests{query}" for label, query in ways.items()})
    bare = max(_selected(site.database, statement) for statement in (_OPEN, _ALL))
    yield _figure(f"list_{name}", ours, bare, "the bare SELECT of 51 rows")


def exact(site: Site, name: str, token: str, email: str, reference: str) -> Iterator[Figure]:
    """Measure the search for one person."""
    ways = {"address": email, "reference": reference}
    ours = _asked(site, token, {label: f"/api/v1/requests?q={quote(query)}" for label, query in ways.items()})
    bare = _selected(site.database, _ONE, (reference,))
    yield _figure(f"exact_{name}", ours, bare, "the bare SELECT by reference")


def _figure(name: str, ours: dict[str, tuple[float, float]], bare: float, against: str) -> Figure:
    notes = tuple(f"{label}: p50 {half:.1f} ms, p95 {most:.1f} ms" for label, (half, most) in ours.items())
    return Figure(name, max(most for _half, most in ours.values()), "ms", bare, against, notes)


def _asked(site: Site, token: str, paths: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Ask for each path in turn; return p50 and p95 in milliseconds."""
    found = {}
    with site.served() as (port, _process):
        for label, path in paths.items():
            load: dict[str, Any] = {"headers": {"Authorization": f"Bearer {token}"}}
            run(Load(port, "GET", path, 200, count=_WARM, **load))
            outcome = run(Load(port, "GET", path, 200, count=_TIMES, **load))
            found[label] = outcome.percentile(0.5) * 1000, outcome.percentile(0.95) * 1000
    return found


def _selected(url: str, statement: str, values: Sequence[object] = ()) -> float:
    """Return the p95, in milliseconds, of a bare statement."""
    times = []
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(_TIMES):
            began = time.perf_counter()
            connection.execute(statement, values, prepare=True).fetchall()
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[_TIMES * 95 // 100]
