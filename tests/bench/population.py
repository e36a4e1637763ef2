"""Fills an installation with as many filings as a figure needs, every row of which could have come about in service.

A handful of cases is lived through by the service's own functions, at instants of the past. Each of their rows is then
written down as a pattern, and the patterns are copied in bulk: with new ids and tokens, later dates, another address,
personal values sealed anew under a key of their own, and history hashed anew, so that every chain holds. What is the
same in all copies is the wording inside letters. Runs inside an installation.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.utils import timezone

from dsr.ids import is_reference
from dsr.models import Deadline, DeadlineKind, Submission
from dsr.policies import Caller
from dsr.services import history, identity, purging, review
from dsr.services.systems import Entry, enter
from notifications import delivery
from notifications.models import Message
from tests import builders, organisation
from tests.bench.patterns import TABLES, Case, Copies, columns

DUE = 1_000
"""How many of them fall due together, a day from now; nothing else does within two days."""
_HOURS = 6
"""Cases of each kind that are lived through, an hour apart."""
_COUNTRY, _REGION = "US", "VA"
"""A law that allows 45 days and asks for no word in between: nobody has to look at such a case in its first 22 days."""
_OWNER = {**organisation.MANUAL, "remind_after_days": [20], "answer_within_days": 25}


@dataclass(frozen=True, slots=True)
class Kind:
    """A course that a case can take: when the first of them was filed, and over how many days the others follow."""

    name: str
    filed: timedelta
    days: int
    share: float = 0.0
    number: int = 0


KINDS = (
    Kind("due", timedelta(days=20, hours=12), 0, number=DUE),
    Kind("verifying", timedelta(days=17), 15, share=0.02),
    Kind("searching", timedelta(days=17), 15, share=0.03),
    Kind("withdrawn", timedelta(days=95), 70, share=0.12),
    Kind("lapsed", timedelta(days=112), 70, share=0.08),
    Kind("forgotten", timedelta(days=400), 280),
)
"""The last kind takes what the others leave. Cases are kept for 90 days after closing (`ENVIRONMENT`)."""
ENVIRONMENT = {"CASE_KEPT_DAYS": "90"}


def fill(total: int) -> dict[str, Any]:
    """Fill the database with so many filings. Returns seconds, rows, and one address and reference that are in it."""
    return _fill(_numbers(total))


def fill_open(total: int) -> dict[str, Any]:
    """Fill the database with so many filings, nearly all open: half wait for the person, half are searched."""
    few = {kind.name: 0 for kind in KINDS}
    return _fill(few | {"verifying": total // 2 - _HOURS, "searching": total - total // 2 - _HOURS})


def _fill(numbers: Mapping[str, int]) -> dict[str, Any]:
    began = time.monotonic()
    now = timezone.now().replace(microsecond=0)
    enter(Entry("cabinet", "The cabinet", "Olga Owner", "olga@staff.example.org", "manual", _OWNER), at=now)
    lived = {kind.name: [_live(kind, now, hour) for hour in range(_HOURS)] for kind in KINDS}
    with psycopg.connect(_url(), autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        cases = {name: [Case.read(connection, each.pk) for each in group] for name, group in lived.items()}
        with without_indexes(connection, TABLES):
            rows = _copy(numbers, cases)
        connection.execute("VACUUM (ANALYZE)")
    return {"seconds": time.monotonic() - began, "rows": rows, **_somebody()}


def _somebody() -> dict[str, str]:
    """Return the address and reference of one copy, after proving that its history holds."""
    found = Submission.objects.select_related("data_key").filter(purged_at=None).order_by("-reference")[0]
    proof = history.verify(found.reference)
    if not proof.whole or not is_reference(found.reference):
        raise RuntimeError(f"a copy does not hold: {proof.broken}")
    return {"email": found.open("email"), "reference": found.reference}


# --- Living through it -----------------------------------------------------------------------------------------------


def _live(kind: Kind, now: datetime, hour: int) -> Submission:
    """Take one case through its course, letters sent, and return it."""
    at = now - kind.filed + timedelta(hours=hour)
    submission = builders.file(at=at, country=_COUNTRY, region=_REGION).submission
    (letter,) = builders.letters_to(submission, "confirm_address")
    _send(submission, at)
    later = at + timedelta(days=10)
    match kind.name:
        case "searching":
            token = builders.token_in(letter.link)
            identity.confirm_link(token, by=Caller.person(), at=at + timedelta(hours=1))
        case "withdrawn" | "forgotten":
            review.withdraw(builders.only(submission).pk, by=Caller.person(), at=later)
        case "lapsed":
            identity.lapse(_deadline(submission, DeadlineKind.LAPSE), at + timedelta(days=settings.LAPSE_AFTER_DAYS))
    _send(submission, now)
    if kind.name == "forgotten":
        ends = later + timedelta(days=settings.CASE_KEPT_DAYS)
        purging.purge(_deadline(submission, DeadlineKind.PURGE), ends)
    return submission


def _send(submission: Submission, at: datetime) -> None:
    """Send the letters that wait."""
    waiting = Message.objects.filter(about=submission.pk, state="waiting").values_list("pk", flat=True)
    delivery.deliver(list(waiting), at)


def _deadline(submission: Submission, kind: DeadlineKind) -> Deadline:
    return Deadline.objects.get(submission=submission, kind=kind)


# --- Copying ---------------------------------------------------------------------------------------------------------


def _copy(kinds: Mapping[str, int], cases: Mapping[str, list[Case]]) -> int:
    """Copy cases, the oldest kind first, into all tables at once. Returns how many rows that made."""
    copies, number, rows = Copies(), 0, 0
    with ExitStack() as stack:
        streams = {table: stack.enter_context(_Stream(table)) for table in TABLES}
        for kind in reversed(KINDS):
            wanted = kinds[kind.name]
            for nth in range(wanted):
                number += 1
                made = copies.of(cases[kind.name][nth % _HOURS], number, nth * kind.days // wanted)
                for table, text in made.items():
                    rows += text.count("\n")
                    streams[table].add(text)
    return rows


class _Stream:
    """A COPY under way on a connection of its own."""

    _ENOUGH = 500

    def __init__(self, table: str) -> None:
        self._table = table
        self._waiting: list[str] = []
        self._stack = ExitStack()

    def __enter__(self) -> "_Stream":
        connection = self._stack.enter_context(psycopg.connect(_url()))
        connection.execute("SET timezone = 'UTC'")
        names = ", ".join(f'"{name}"' for name in columns(connection, self._table))
        cursor = self._stack.enter_context(connection.cursor())
        self._copy = self._stack.enter_context(cursor.copy(f"COPY {self._table} ({names}) FROM STDIN"))
        return self

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            self._send()
        self._stack.__exit__(*error)

    def add(self, rows: str) -> None:
        """Add rows, as text that ends with a line end."""
        self._waiting.append(rows)
        if len(self._waiting) >= self._ENOUGH:
            self._send()

    def _send(self) -> None:
        self._copy.write("".join(self._waiting))
        self._waiting.clear()


def _numbers(total: int) -> dict[str, int]:
    """Return how many copies of each kind there are to be; the cases that were lived through count as well."""
    numbers = {kind.name: kind.number or int(total * kind.share) for kind in KINDS[:-1]}
    numbers[KINDS[-1].name] = total - sum(numbers.values())
    return {name: number - _HOURS for name, number in numbers.items()}


def _url() -> str:
    return os.environ["DATABASE_URL"]


# --- Indexes ---------------------------------------------------------------------------------------------------------

_KEYS = """
SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid), contype = 'f'
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f')
AND (conrelid::regclass::text = ANY(%(tables)s) OR confrelid::regclass::text = ANY(%(tables)s))
ORDER BY contype = 'f', conname
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename = ANY(%(tables)s)
AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u'))
"""


@contextmanager
def without_indexes(connection: psycopg.Connection[Any], tables: Iterable[str]) -> Iterator[None]:
    """Take indexes and keys off the tables while rows are copied; put back, they are made in one go."""
    given = {"tables": list(tables)}
    keys = connection.execute(_KEYS, given).fetchall()
    indexes = connection.execute(_INDEXES, given).fetchall()
    for name, table, _definition, _foreign in reversed(keys):
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    yield
    connection.execute("SET maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        connection.execute(definition)
    for name, table, definition, foreign in keys:
        # The copies refer to each other as the cases do that they were made from, so looking again can be spared.
        spared = " NOT VALID" if foreign and "NOT VALID" not in definition else ""
        connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}{spared}')
