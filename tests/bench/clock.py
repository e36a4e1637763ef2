"""Working the dates of 100,000 open requests out anew from their rows: `clock_100k`, in seconds, in one process.

They are read as `rules simulate` and `rules repin` read them, a batch at a time, and each is reckoned from its history
under every law that applies to it.
"""

import resource
import time
from collections.abc import Iterator
from datetime import timedelta

from tests.bench.figures import Figure
from tests.bench.installation import Site

_REQUESTS = 100_000
_MOVED = 5_000
_WARM = 10_000
"""Requests after which the memory is looked at first: by then everything that is kept for good is there."""


def measure(site: Site) -> Iterator[Figure]:
    """Fill an installation with open requests and measure once; it takes long enough."""
    site.call("tests.bench.population:fill_open", total=_REQUESTS + 1_000)
    found = site.call("tests.bench.clock:recount")
    notes = (
        f"{found['dates']:,.0f} dates by law, {found['seconds'] / _REQUESTS * 1e6:.0f} µs a request",
        f"memory grew by {found['grown']:.1f} MB from the {_WARM:,}th request to the last",
        f"with a question, its answer and an extension: {found['moved'] * 1e6:.0f} µs a request",
    )
    yield Figure("clock_100k", found["seconds"], "s", found["bare"], "reading the same rows", notes)


def recount() -> dict[str, float]:
    """Work them out. Runs inside an installation."""
    from dsr import reckoning
    from dsr.selectors import filings

    requests = dates = warm = 0
    began = time.perf_counter()
    for filed in filings.stream(filings.unanswered(filings.since(None))):
        for request in filed.requests:
            found = reckoning.explain(request, filed.history)
            if reckoning.governing(found, filed.submission.zone).on != request.due_on:
                raise RuntimeError(f"{filed.submission.reference}: another date than the one that was promised")
            requests, dates = requests + 1, dates + len(found)
            if requests == _WARM:
                warm = _memory()
            if requests == _REQUESTS:
                seconds, grown = time.perf_counter() - began, (_memory() - warm) / 1024
                return {"seconds": seconds, "grown": grown, "bare": _bare(), "dates": dates, "moved": _moved()}
    raise RuntimeError(f"there are {requests} open requests and not {_REQUESTS}")


def _memory() -> int:
    """The most memory that this process has held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _bare() -> float:
    """Read as many rows of requests and what stands in their history with one cursor, and do nothing with them."""
    from django.db import connection

    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.received_at, s.regimes, r.id, r.right, r.due_on, e.verb, e.at, e.data"
            " FROM dsr_submission s JOIN dsr_subjectrequest r ON r.submission_id = s.id"
            " JOIN dsr_event e ON e.submission_id = s.id"
            " WHERE r.state NOT IN ('ready', 'closed') AND e.verb IN ('file', 'ask_identity', 'confirm_identity')"
        )
        while cursor.fetchmany(500):
            pass
    return time.perf_counter() - began


def _moved() -> float:
    """Seconds for one request that has a history, under one law; nothing of it can be kept from the last one."""
    from datetime import date

    from dsr.rules import ClockEvent, EventKind, clocks, pack

    first = date(2026, 1, 5)
    regime = pack().regime("eu_gdpr", first)
    story = (
        (EventKind.RECEIVED, 0),
        (EventKind.CLARIFICATION_ASKED, 5),
        (EventKind.CLARIFICATION_GIVEN, 15),
        (EventKind.EXTENDED, 20),
    )
    began = time.process_time()
    for number in range(_MOVED):
        received = first + timedelta(days=number % 400)
        clocks(regime, "access", [ClockEvent(kind, received + timedelta(days=after)) for kind, after in story])
    return (time.process_time() - began) / _MOVED
