"""Erasing people: `deletion_100` and `plan_1`, in seconds, over five tables of a million rows each.

People file by API and confirm their address and, with the consequences before them, the erasure. The plan is looked at
in the database; that is `plan_1`. One of the staff proposes what it says. Then the clock of `deletion_100` starts: a
second one approves by API, and two worker processes carry it out, from the last look to certificate and letter. The
waiting period is set to nothing. The figure counts only if the database holds what it must afterwards, and no less.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from statistics import median
from typing import Any

import psycopg

from tests.bench import cpu, installation, store
from tests.bench.access import workers
from tests.bench.client import run
from tests.bench.create import FILING, filing
from tests.bench.figures import Figure
from tests.bench.installation import Site

ENVIRONMENT = {"ERASURE_WAIT_DAYS": "0"}
_LIMIT = 120.0
_AT_ONCE = 8
_WARM, _COUNT = 8, 100
"""The first ones open connections and load what is loaded when it is needed."""
_WISH = {**FILING, "rights": [{"right": "deletion", "details": {"consequences": "yes"}}]}


def measure(site: Site, server: str) -> Iterator[Figure]:
    """Measure the plans of a hundred people, then the hundred erasures."""
    tokens = {"hal": site.call("tests.bench.seed:token"), "vera": site.call("tests.bench.seed:approver")}
    people = range(_WARM, _WARM + _COUNT)
    with ExitStack() as stack:
        url = stack.enter_context(installation.database(server, "store"))
        store.fill(url)
        site.call("tests.bench.store:register", url=url)
        port, web = stack.enter_context(site.served())
        run(filing(port, tokens["hal"], wish=_WISH, connections=_AT_ONCE, count=_WARM + _COUNT))
        asked = site.call("tests.bench.deletion:propose")
        yield _plan(asked["plans"], url, people)
        everybody_else = store.state(url, range(people.stop)).others
        hands = stack.enter_context(workers(site))
        approving = _Approving(site, port, tokens["vera"])
        approving.see_through(asked["requests"][:_WARM])
        parts = {
            "web": lambda: cpu.tree(web.pid),
            "workers": lambda: [pid for each in hands for pid in cpu.tree(each.pid)],
            "PostgreSQL": lambda: [*cpu.backends(site.database), *cpu.backends(url)],
        }
        used = {name: cpu.seconds(found()) for name, found in parts.items()}
        seconds = approving.see_through(asked["requests"][_WARM:])
        spent = ", ".join(f"{name} {cpu.seconds(found()) - used[name]:.2f}" for name, found in parts.items())
        _must_be_right(site, url, people, everybody_else)
        bare = _erased(url, range(people.stop, people.stop + _COUNT))
    notes = (f"{_COUNT / seconds:.1f} per second; processor seconds: {spent}",)
    yield Figure("deletion_100", seconds, "s", bare, "DELETE and UPDATE, a transaction a person", notes)


def _plan(seconds: Sequence[float], url: str, people: range) -> Figure:
    """The first plans are those of the people who are there to warm up."""
    times = sorted(seconds[_WARM:])
    with psycopg.connect(url, autocommit=True) as connection:
        bare = [_timed(connection, store.COUNTS, number) for number in people]
    note = f"p95 {times[len(times) * 95 // 100]:.3f} s; the first of a process {seconds[0]:.3f} s"
    return Figure("plan_1", median(times), "s", median(bare), "five counting SELECTs", (note,))


def _erased(url: str, people: range) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        return sum(_timed(connection, store.CHANGES, number) for number in people)


def _timed(connection: psycopg.Connection, statements: Sequence[str], number: int) -> float:
    began = time.perf_counter()
    with connection.transaction():
        for statement in statements:
            connection.execute(statement.encode(), {"email": store.address(number)}, prepare=True)
    return time.perf_counter() - began


class _Approving:
    """The second one of the staff."""

    def __init__(self, site: Site, port: int, token: str) -> None:
        self._site, self._port, self._token = site, port, token
        self._closed = 0

    def see_through(self, requests: Sequence[str]) -> float:
        """Approve, wait until all of it is done, and return how many seconds it took."""
        began = time.perf_counter()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for each in [pool.submit(self._approve, requests[place::_AT_ONCE]) for place in range(_AT_ONCE)]:
                each.result()
        self._closed += len(requests)
        self._wait(began + _LIMIT)
        return time.perf_counter() - began

    def _approve(self, requests: Sequence[str]) -> None:
        line = HTTPConnection("127.0.0.1", self._port)
        for each in requests:
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            headers["Idempotency-Key"] = f"approve-{each}"
            line.request("POST", f"/api/v1/requests/{each}/moves/approve", "{}", headers)
            answer = line.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"approving was answered by {answer.status}: {body[:300]!r}")
        line.close()

    def _wait(self, until: float) -> None:
        with psycopg.connect(self._site.database, autocommit=True) as connection:
            while time.perf_counter() < until:
                row = connection.execute("SELECT count(*) FROM dsr_subjectrequest WHERE state = 'closed'").fetchone()
                if row and row[0] >= self._closed:
                    return
                time.sleep(0.01)
        raise RuntimeError(f"{self._closed - (row[0] if row else 0)} erasures were not carried out")


def _must_be_right(site: Site, url: str, people: range, everybody_else: dict[str, int]) -> None:
    """Raise RuntimeError unless exactly that is gone which must go, and the service says so."""
    after = store.state(url, people)
    if after.rows != store.left(people) or after.named:
        raise RuntimeError(f"of these people {after.rows} are left, {after.named} of them named")
    if store.state(url, range(people.stop)).others != everybody_else:
        raise RuntimeError("rows of people who asked for nothing are not what they were")
    said = site.call("tests.bench.deletion:said")
    partly = store.left(range(people.stop))["customers"]
    expected = {"fulfilled": people.stop - partly, "partly_fulfilled": partly}
    if said != expected:
        raise RuntimeError(f"the service says {said} and not {expected}")


# --- Inside an installation ------------------------------------------------------------------------------------------


def propose() -> dict[str, Any]:
    """Take everybody who filed to a proposal. Returns the requests in the order of the people, and seconds by plan."""
    from django.utils import timezone

    from dsr.models import Submission
    from dsr.policies import Caller
    from dsr.services import review, search, sweeping
    from dsr.services.erasure import waiting
    from tests import builders

    requests, plans = {}, {}
    hal = builders.hal()
    for submission in Submission.objects.select_related("data_key"):
        at = timezone.now()
        builders.confirm(submission, at)
        builders.prove(submission, at)
        request = builders.only(submission)
        (step,) = search.due_steps(timezone.now(), 2, submission.pk)
        began = time.perf_counter()
        if not search.run_step(step, at=timezone.now()):
            raise RuntimeError("the plan was not made")
        address = submission.open("email")
        plans[address] = time.perf_counter() - began
        sweeping.work(submission.pk, timezone.now())
        waiting.confirm(request.pk, by=Caller.person(), at=timezone.now())
        review.prepare(request.pk, by=hal, at=timezone.now())
        requests[address] = str(request.pk)
    return {"requests": [requests[name] for name in sorted(requests)], "plans": list(plans.values())}


def said() -> dict[str, int]:
    """Return how many requests ended in what way; each has to be certified."""
    from django.db.models import Count

    from dsr.models import SubjectRequest

    if SubjectRequest.objects.filter(certificates=None).exists():
        raise RuntimeError("not every erasure was certified")
    rows = SubjectRequest.objects.order_by("outcome").values_list("outcome").annotate(Count("pk"))
    return dict(rows)
