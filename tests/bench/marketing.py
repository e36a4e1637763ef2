"""Windows: `look_1k_of_10k` and `look_1k_of_1m`, `tell_1k_of_10k` and `tell_1k_of_1m`, in seconds.

A thousand of so many open windows are due. To look is to find those that have reached a mark and to warn of them, a
letter for a system; to tell is to have a marketing system, a database of its own, leave each of a thousand people out
and to write down that it did.
"""

import os
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from statistics import median
from typing import Any

import psycopg

from tests.bench import installation, sweep
from tests.bench.figures import Figure
from tests.bench.installation import Site

DUE = 1_000
_MOST_ROUNDS = 20
_TICKS = 20
_PEOPLE = 20_000
_CONTACTS = f"""
CREATE TABLE contacts (id integer PRIMARY KEY, email text NOT NULL, marketing_ok boolean NOT NULL DEFAULT true);
INSERT INTO contacts
    SELECT n, 'ada.' || lpad(n::text, 9, '0') || '@example.org' FROM generate_series(0, {_PEOPLE - 1}) n;
CREATE INDEX ON contacts (email);
ANALYZE;
"""
_MAPPING = [
    {
        "dataset": "contacts",
        "table": "contacts",
        "title": "Your place in the list",
        "category": "contact_data",
        "columns": {"email": {"title": "Mail address"}, "marketing_ok": {"title": "Mailings", "type": "boolean"}},
        "ignore": ["id"],
        "identity": [{"kind": "email", "column": "email"}],
        "suppress": {"marketing": {"marketing_ok": False}},
    }
]
_SETS = "UPDATE contacts SET marketing_ok = false WHERE email = %s"


def measure(site: Site, server: str, total: int, name: str) -> Iterator[Figure]:
    """Measure both on so many open windows."""
    with installation.database(server, f"contacts_{name}") as contacts:
        fill(contacts)
        site.call("tests.bench.marketing:register", url=contacts)
        made = site.call("tests.bench.marketing:open_windows", total=total)
        print(f"  {total:,} open windows, made in {made['seconds']:.0f} s", flush=True)
        looked = site.call("tests.bench.marketing:look")
        note = f"{looked['rows']} windows in {looked['rounds']} rounds; finding nothing takes {looked['idle']:.1f} ms"
        against = "claiming as many rows, 50 at once"
        yield Figure(f"look_1k_of_{name}", looked["seconds"], "s", looked["bare"], against, (note,))
        told = site.call("tests.bench.marketing:tell", url=contacts)
        note = f"{told['rows']} windows in {told['rounds']} rounds, {told['seconds'] / told['rows'] * 1000:.1f} ms each"
        yield Figure(
            f"tell_1k_of_{name}", told["seconds"], "s", told["bare"], "the bare UPDATE, a transaction a person", (note,)
        )


def fill(url: str) -> None:
    """Make the list."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_CONTACTS)


# --- Inside an installation ------------------------------------------------------------------------------------------


def register(url: str) -> None:
    """Enter the system, as its owner would in the console."""
    from django.utils import timezone

    from dsr.services.systems import Entry, enter

    config = {"url": url.replace("postgres://", "postgresql://"), "tables": _MAPPING}
    entry = Entry("mailings", "The mailings", "Olga Owner", "olga@staff.example.org", "sql", config, "The list.")
    enter(entry, at=timezone.now())


def open_windows(total: int) -> dict[str, float]:
    """Have people stop marketing: a thousand whose windows are due, all others with a try and a look still to come.

    The thousand choose through the service. The others are copies of what one of them made, with new ids and later
    dates; who they are stays sealed under a key that nothing of this asks for.
    """
    from django.utils import timezone

    from dsr.choices.marketing import Act, Via
    from dsr.models import Choice
    from dsr.services.choices.deciding import Wish, decide
    from tests.bench.population import without_indexes

    began, now = time.monotonic(), timezone.now()
    for n in range(DUE):
        wish = Wish({"email": [f"ada.{n:09}@example.org"]}, Act.STOP, Via.ONE_CLICK, at=now)
        decide(wish, by="", at=now)
    pattern = Choice.objects.first()
    assert pattern is not None
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        with without_indexes(connection, ["notifications_datakey", "dsr_choice", "dsr_window"]):
            connection.execute(
                "CREATE TEMPORARY TABLE copies AS SELECT n, gen_random_uuid() AS choice, gen_random_uuid() AS key"
                " FROM generate_series(1, %s) n",
                [total - DUE],
            )
            given = {"choice": pattern.pk, "key": pattern.data_key_id}
            _copy(connection, "notifications_datakey", "id = %(key)s", {"id": "c.key"}, given)
            _copy(connection, "dsr_choice", "id = %(choice)s", {"id": "c.choice", "data_key_id": "c.key"}, given)
            later = "+ interval '1 day' + c.n * interval '1 second'"
            others = {"choice_id": "c.choice", "due_at": f"p.due_at {later}", "look_at": f"p.look_at {later}"}
            _copy(connection, "dsr_window", "choice_id = %(choice)s", others, given)
        connection.execute("VACUUM (ANALYZE)")
    return {"seconds": time.monotonic() - began}


def _copy(
    connection: psycopg.Connection[Any], table: str, where: str, others: Mapping[str, str], given: Mapping[str, object]
) -> None:
    """Copy one row as often as wanted, some columns by an expression of the row `p` and the copy `c`."""
    from tests.bench.patterns import columns

    names = columns(connection, table)
    into = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(others.get(name, f'p."{name}"') for name in names)
    connection.execute(
        f"INSERT INTO {table} ({into}) SELECT {values} FROM copies c, (SELECT * FROM {table} WHERE {where}) p", given
    )


def look() -> dict[str, float]:
    """Warn of the thousand that have reached a third of their time, after it has been found that nothing has."""
    from django.db.models import Min
    from django.utils import timezone

    from dsr import rules
    from dsr.models import Window
    from dsr.services.choices import lateness

    rules.pack()  # a worker has read them long since
    now, times = timezone.now(), []
    for _ in range(_TICKS):
        began = time.perf_counter()
        if lateness.watch(now):
            raise RuntimeError("something was due too early")
        times.append((time.perf_counter() - began) * 1000)
    first = Window.objects.filter(done_at=None).aggregate(first=Min("look_at"))["first"]
    at = first + timedelta(seconds=1)
    return _worked_off(lambda: lateness.watch(at)) | {"idle": median(times), "bare": sweep.claiming(DUE)}


def tell(url: str) -> dict[str, float]:
    """Have the system leave the thousand out; look into it whether they are."""
    from django.utils import timezone

    from dsr.services.choices import windows

    at = timezone.now()
    found = _worked_off(lambda: windows.run_due(at).confirmed)
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM contacts WHERE NOT marketing_ok").fetchone()
        if row is None or row[0] != DUE:
            raise RuntimeError(f"{row} were left out instead of {DUE}")
        began = time.perf_counter()
        for n in range(DUE):
            connection.execute(_SETS, [f"ada.{n + DUE:09}@example.org"], prepare=True)
        bare = time.perf_counter() - began
    return found | {"bare": bare}


def _worked_off(one_round: Any) -> dict[str, float]:
    began, done, rounds = time.perf_counter(), 0, 0
    while rounds < _MOST_ROUNDS and (number := one_round()):
        done += number
        rounds += 1
    seconds = time.perf_counter() - began
    if done != DUE:
        raise RuntimeError(f"{done} windows were due instead of {DUE}")
    return {"seconds": seconds, "rows": done, "rounds": rounds}
