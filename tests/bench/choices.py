"""Choices: `one_click_c8` and `choice_check_c8` in answers per second, `choice_bulk_100k` in seconds.

One-click is what a mail program posts for its reader (RFC 8058): each press is by somebody who has not chosen before,
and a marketing system has to be told of it. A check asks by a hash whether one person may be written to, half of them
having said no; in bulk a campaign asks about a hundred thousand in one call. All of it goes through the real server,
beside ten million choices that stand.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from random import Random
from statistics import median
from typing import Any

import psycopg

from tests.bench import bare, installation, marketing
from tests.bench.client import Load, run
from tests.bench.create import Side, bare_filing, bare_served
from tests.bench.figures import Figure
from tests.bench.installation import Site

STANDING = 10_000_000
_BULK = 100_000
_PRESSES = 10_000
"""More than can be answered in one turn."""
_ASKED = 20_000
_TURNS = 2
_CONNECTIONS = 8
_CHUNK = 5_000
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PRESS = "List-Unsubscribe=One-Click"
_SELECT = "SELECT digest, channel, topic, stopped, at FROM dsr_suppression WHERE purpose = 'marketing' AND digest "


def measure(site: Site, server: str) -> Iterator[Figure]:
    """Measure all three."""
    made = site.call("tests.bench.choices:fill", total=STANDING)
    print(f"  {STANDING:,} choices that stand, made in {made['seconds']:.0f} s", flush=True)
    token = site.call("tests.bench.seed:integrator")
    with ExitStack() as stack:
        contacts = stack.enter_context(installation.database(server, "contacts"))
        marketing.fill(contacts)
        site.call("tests.bench.marketing:register", url=contacts)
        with psycopg.connect(site.database, autocommit=True) as connection:
            connection.execute(bare.TABLE)
        port, web = stack.enter_context(site.served())
        bare_port, bare_web = stack.enter_context(bare_served(site))
        theirs = Side("bare", site.database, bare_web.pid, lambda **load: bare_filing(bare_port, **load))
        yield _one_click(site, port, web.pid, theirs)
        yield _check(site, port, web.pid, token)
        yield _bulk(site, port, token)


def _one_click(site: Site, port: int, pid: int, theirs: Side) -> Figure:
    batches = iter(
        [site.call("tests.bench.choices:presses", first=n * _PRESSES, number=_PRESSES) for n in range(_TURNS)]
    )

    def press(**load: Any) -> Load:
        load |= {"headers": _FORM, "items": next(batches)}
        return Load(port, "POST", "/unsubscribe/{item}/", 200, _PRESS, **load)

    # Each of the server's processes reads the rules when it first needs them.
    warm = site.call("tests.bench.choices:presses", first=_TURNS * _PRESSES, number=200)
    run(Load(port, "POST", "/unsubscribe/{item}/", 200, _PRESS, _FORM, connections=_CONNECTIONS, count=200, items=warm))
    ours = Side("ours", site.database, pid, press)
    for side in (ours, theirs) * _TURNS:
        side.take_turn(_CONNECTIONS)
    if max(each.sent for each in ours.outcomes) > _PRESSES:
        raise RuntimeError("somebody pressed twice, which costs less")
    p95 = max(each.percentile(0.95) for each in ours.outcomes) * 1000
    notes = (f"p95 {p95:.0f} ms", f"ms of processor an answer, web + PostgreSQL: {ours.cost}, {theirs.cost}")
    return Figure("one_click_c8", ours.rate, "1/s", theirs.rate, "a bare DRF view, one INSERT", notes)


def _check(site: Site, port: int, pid: int, token: str) -> Figure:
    asked = _asked(_ASKED)
    path = "/api/v1/choices?digest={item}&channel=email"

    def check(**load: Any) -> Load:
        return Load(port, "GET", path, 200, headers={"Authorization": f"Bearer {token}"}, items=asked, **load)

    ours = Side("ours", site.database, pid, check)
    for _ in range(_TURNS):
        ours.take_turn(_CONNECTIONS)
    p95 = max(each.percentile(0.95) for each in ours.outcomes) * 1000
    notes = (f"p95 {p95:.1f} ms", f"ms of processor an answer, web + PostgreSQL: {ours.cost}")
    bare_rate = _selects_per_second(site.database, asked)
    return Figure("choice_check_c8", ours.rate, "1/s", bare_rate, "the bare SELECT over one connection", notes)


def _bulk(site: Site, port: int, token: str) -> Figure:
    asked = _asked(_BULK)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain", "Idempotency-Key": "bulk-{n}"}
    load = Load(port, "POST", "/api/v1/choices/checks", 200, "\n".join(asked) + "\n", headers, count=3, keep=True)
    outcome = run(load)
    no = outcome.answers[-1].count('"allowed":false')
    if no != _BULK // 2:
        raise RuntimeError(f"{no} of {_BULK} were said to have chosen, instead of half")
    note = f"{_BULK / median(outcome.times):,.0f} per second; the slowest of three calls took {outcome.times[-1]:.2f} s"
    with psycopg.connect(site.database, autocommit=True) as connection:
        began = time.perf_counter()
        for at in range(0, _BULK, _CHUNK):
            connection.execute(_SELECT + "= ANY(%s)", [asked[at : at + _CHUNK]]).fetchall()
        bare_seconds = time.perf_counter() - began
    against = f"the bare SELECT, {_CHUNK:,} at once"
    return Figure("choice_bulk_100k", median(outcome.times), "s", bare_seconds, against, (note,))


def _asked(number: int) -> list[str]:
    """Return hashes, half of people who have chosen, in no order."""
    dice = Random(5)
    known = dice.sample(range(1, STANDING + 1), number // 2)
    hashes = [_digest(n) for n in (*known, *range(STANDING + 1, STANDING + 1 + number - len(known)))]
    dice.shuffle(hashes)
    return hashes


def _digest(number: int) -> str:
    return f"k1:{hashlib.sha256(str(number).encode()).hexdigest()}"


def _selects_per_second(url: str, asked: list[str], seconds: float = 2.0) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        began, done = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < seconds:
            connection.execute(_SELECT + "= %s", [asked[done % len(asked)]], prepare=True).fetchall()
            done += 1
    return done / spent


# --- Inside an installation ------------------------------------------------------------------------------------------


def fill(total: int) -> dict[str, float]:
    """Have so many people stop marketing, each known by the hash of a number."""
    from tests.bench.population import without_indexes

    began = time.monotonic()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        with without_indexes(connection, ["dsr_suppression"]):
            connection.execute(
                "INSERT INTO dsr_suppression (digest, purpose, channel, topic, stopped, at)"
                " SELECT 'k1:' || encode(sha256(n::text::bytea), 'hex'), 'marketing', '', '', true,"
                " now() - n * interval '10 seconds' FROM generate_series(1, %s) n",
                [total],
            )
        connection.execute("VACUUM (ANALYZE) dsr_suppression")
    return {"seconds": time.monotonic() - began}


def presses(first: int, number: int) -> list[str]:
    """Return the tokens of so many mails, each to somebody else."""
    from dsr.services.choices import tokens

    numbers = range(first, first + number)
    return [tokens.unsubscribe(tokens.Bearer("email", f"ada.{n:09}@example.org", "email")) for n in numbers]
