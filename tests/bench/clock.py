"""Working out the dates of 100,000 requests: `clock_100k`, in seconds, in one process.

Pure but for the rule files: every law that applies to the person, every calendar, every weekend and holiday.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.bench.figures import Figure
from tests.bench.installation import Site

_REQUESTS = 100_000
_MOVED = 5_000
_PEOPLE = (("IE", ""), ("DE", ""), ("US", "CA"), ("US", "TX"), ("BR", ""))
_RIGHTS = ("access", "portability", "be_informed")


def measure(site: Site) -> Iterator[Figure]:
    """Measure once; it takes long enough."""
    found = site.call("tests.bench.clock:reckon")
    notes = (
        f"{found['clocks']:,.0f} dates by law, {found['seconds'] / _REQUESTS * 1e6:.0f} µs a request",
        f"with a question, its answer and an extension: {found['moved'] * 1e6:.0f} µs a request",
    )
    yield Figure("clock_100k", found["seconds"], "s", found["bare"], "a date plus thirty days, as often", notes)


def reckon() -> dict[str, float]:
    """Work them out. Runs inside an installation."""
    from dsr import reckoning
    from dsr.models import Submission
    from dsr.rules import ClockEvent, EventKind, pack
    from dsr.services.intake import notice_for

    rules, found = pack(), 0
    start = datetime(2025, 9, 1, 9, 30, tzinfo=UTC)
    began = time.process_time()
    for number in range(_REQUESTS):
        received = start + timedelta(hours=number % 10_000)
        country, region = _PEOPLE[number % len(_PEOPLE)]
        notice = notice_for(received)
        regimes = rules.propose(country, region, received.date())
        submission = Submission(
            received_at=received,
            country=country,
            region=region,
            zone=notice.seat_for(regimes[0]).zone,
            notice_id=notice.id,
            notice_version=notice.version.isoformat(),
            regimes=list(regimes),
        )
        event = ClockEvent.at(EventKind.RECEIVED, received, submission.zone)
        dates = reckoning.reckon(submission, _RIGHTS[number % len(_RIGHTS)], [event])
        reckoning.governing(dates, submission.zone)
        found += len(dates)
    seconds = time.process_time() - began
    return {"seconds": seconds, "bare": _bare(start), "clocks": found, "moved": _moved(start)}


def _moved(start: datetime) -> float:
    """Seconds for one request that has a history, under one law; nothing of it can be kept from the last one."""
    from dsr.rules import ClockEvent, EventKind, clocks, pack

    regime, first = pack().regime("eu_gdpr", start.date()), start.date()
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


def _bare(start: datetime) -> float:
    began = time.process_time()
    for number in range(_REQUESTS):
        (start + timedelta(hours=number % 10_000) + timedelta(days=30)).date()
    return time.process_time() - began
