"""What finding out who asks, and erasing, cost: a fixed number of statements, each no dearer as the tables grow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from django.db import connection, transaction

from dsr.models import Deadline, DeadlineKind, SubjectRequest, Submission, Task
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import acting, facts, identity, onfile, review, sweeping, taskrun, ties
from dsr.services.erasure import waiting
from dsr.services.mandated import AgentClaim
from tests import builders, estate, organisation
from tests.clock import Clock
from tests.conftest import LEFT_OUT
from tests.interfaces.admin import desk
from tests.statements import counted

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = Caller.person()
POSTGRES = connection.vendor == "postgresql"
FILING, FOR_ANOTHER, CONFIRMING = (1, 1, 15) if POSTGRES else (7, 8, 19)
"""PostgreSQL gets what is written at one time as one statement."""
LOOKING, PER_LOOK = 9, 16
CONFIRMING_ERASURE, APPROVING, BEGINNING, ERASING, IN_THE_SYSTEM = (
    (4, 10, 25, 38, 32) if POSTGRES else (6, 14, 27, 39, 32)
)
"""Of an erasure in two systems: what the person and the approver do, the last look, and one system's part."""
GROW = ("dsr_submission", "dsr_subjectrequest", "dsr_alert", "dsr_signal", "dsr_event", "verification_")
"""Tables, or what their names begin with, that grow with every request."""
DONE = ("dsr_submission", "dsr_subjectrequest", "dsr_task", "dsr_kept", "dsr_ledger", "dsr_certificate", "dsr_deadline")
"""Those of them that an erasure reads."""


@pytest.fixture(autouse=True)
def _world(clock: Clock, tmp_path: Path) -> None:
    """The console; and what a process reads once, it has read."""
    organisation.console(tmp_path, clock())
    link = the_link(file(clock, 1))
    identity.confirm_link(link, by=PERSON, at=clock.tick())


def file(clock: Clock, claims: int = 0) -> Submission:
    identifiers = {"account": tuple(f"X-{number}" for number in range(claims))} if claims else {}
    return builders.file(at=clock.tick(), identifiers=identifiers, origin="192.0.2.1").submission


def the_link(submission: Submission) -> str:
    return builders.token_in(builders.letters_to(submission, "confirm_address")[-1].link)


def looking(submission: Submission) -> Deadline:
    return Deadline.objects.get(submission=submission, kind=DeadlineKind.LOOK)


@pytest.mark.parametrize("claims", [0, 1, 5])
def test_filing_costs_what_it_did_whatever_is_claimed(clock: Clock, claims: int) -> None:
    """The date of the look goes in with the other dates."""
    with counted() as statements:
        file(clock, claims)

    assert len(statements) == FILING, "\n".join(statements)


def test_filing_for_another_costs_one_row_more(clock: Clock) -> None:
    claim = AgentClaim(kind="signed_permission", name="Mandy Mandate", person_email=builders.ADA)
    with counted() as statements:
        builders.file(at=clock.tick(), email="mandy@agency.example", agent=claim)

    assert len(statements) == FOR_ANOTHER, "\n".join(statements)


def test_confirming_costs_a_fixed_number_of_statements(clock: Clock) -> None:
    link = the_link(file(clock))

    with counted() as statements:
        identity.confirm_link(link, by=PERSON, at=clock.tick())

    assert len(statements) == CONFIRMING, "\n".join(statements)


def test_look_costs_a_fixed_number_of_statements_where_nothing_is_claimed(clock: Clock) -> None:
    row = looking(file(clock))

    with counted() as statements:
        onfile.look(row, clock.tick())

    assert len(statements) == LOOKING, "\n".join(statements)


@pytest.mark.parametrize("claims", [1, 3, 5, 20])
def test_look_costs_one_statement_for_each_claim_and_no_more_beyond_the_fifth(clock: Clock, claims: int) -> None:
    row = looking(file(clock, claims))

    with counted() as statements:
        onfile.look(row, clock.tick())

    asked = min(claims, ties.MOST_CLAIMS + 1)
    assert len(statements) <= PER_LOOK + asked, "\n".join(statements)


def test_queue_costs_the_same_however_many_wait_for_proof(clock: Clock) -> None:
    hal, costs = desk.signed_in("hal"), []
    for _round in range(3):
        for claims in (0, 1, 2):
            onfile.look(looking(file(clock, claims)), clock.tick())
        with counted() as statements:
            assert hal.get(desk.QUEUE).status_code == 200
        costs.append(len(statements))

    assert costs[1] == costs[2], costs


def test_case_costs_the_same_however_many_signals_and_warnings_there_are(clock: Clock) -> None:
    hal, costs = desk.signed_in("hal"), []
    for claims in (1, 5):
        submission = file(clock, claims)
        onfile.look(looking(submission), clock.tick())
        with counted() as statements:
            assert hal.get(desk.sheet(builders.only(submission))).status_code == 200
        costs.append(len(statements))

    assert costs[0] == costs[1], costs


# --- Erasing ---------------------------------------------------------------------------------------------------------


@contextmanager
def told() -> Iterator[list[str]]:
    """Collect what the systems' own databases are told."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def in_review(folder: Path, clock: Clock, calls: int = 0) -> SubjectRequest:
    """Ada asks to be erased from an estate that holds so many more calls of hers."""
    url = estate.sqlite(folder, clock())
    engine = sa.create_engine(url)
    made = {"account": estate.ADA_ACCOUNT, "made_on": estate.months_before(clock().date(), 20), "called": "+1202555"}
    with engine.begin() as database:
        for number in range(calls):
            database.execute(estate.calls.insert(), {"id": 1_000 + number, "from_ip": None, **made})
    engine.dispose()
    estate.estate(url, clock())
    return builders.in_review(Right.DELETION, at=clock.tick(), country="US", region="CA")


def erased(request: SubjectRequest, clock: Clock) -> dict[str, list[str]]:
    """Have it confirmed, approved and carried out; return the statements of each step."""
    with counted() as confirming:
        waiting.confirm(request.pk, by=PERSON, at=clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    vera = builders.vera()
    with counted() as approving:
        review.approve(request.pk, by=vera, at=clock.tick())
    due = Deadline.objects.get(request=request, kind=DeadlineKind.ACT)
    with counted() as beginning:
        acting.start(due, due.due_at)
    task = Task.objects.get(request=request, system__key="estate")
    with counted() as erasing, told() as inside:
        taskrun.run_task(task.pk, at=due.due_at)
    task.refresh_from_db()
    assert task.result == "done", (task.state, task.code)
    return {"confirm": confirming, "approve": approving, "begin": beginning, "erase": erasing, "told": inside}


@pytest.mark.parametrize("calls", [0, 200])
def test_erasing_costs_a_fixed_number_of_statements_however_much_there_is(
    clock: Clock, tmp_path: Path, calls: int
) -> None:
    request = in_review(tmp_path, clock, calls)

    found = {step: len(statements) for step, statements in erased(request, clock).items()}

    assert found == {
        "confirm": CONFIRMING_ERASURE,
        "approve": APPROVING,
        "begin": BEGINNING,
        "erase": ERASING,
        "told": IN_THE_SYSTEM,
    }


def test_nothing_of_an_erasure_is_found_by_reading_a_whole_table(clock: Clock, tmp_path: Path) -> None:
    if not POSTGRES:
        pytest.skip(f"{LEFT_OUT}PostgreSQL")
    request = in_review(tmp_path, clock)
    steps = erased(request, clock)
    with counted() as sweep:
        sweeping.sweep(clock.tick())

    found = plans([*steps["begin"], *steps["erase"], *sweep], DONE)

    assert len(found) > 10
    for statement, plan in found.items():
        assert "Seq Scan on dsr_" not in plan, f"{statement}\n{plan}"
        assert "Index Cond" in plan, f"{statement}\n{plan}"
    assert "task_waiting" in "\n".join(found.values())


# --- How each is found -----------------------------------------------------------------------------------------------


def plans(statements: list[str], grow: tuple[str, ...] = GROW) -> dict[str, str]:
    """How PostgreSQL would find the rows of every SELECT on a table that grows, if tables were large."""
    found = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in statements:
            if statement.startswith("SELECT") and any(f'FROM "{name}' in statement for name in grow):
                cursor.execute(f"EXPLAIN {statement}")
                found[statement] = "\n".join(row[0] for row in cursor.fetchall())
    return found


def test_nothing_is_found_by_reading_a_whole_table(clock: Clock) -> None:
    if not POSTGRES:
        pytest.skip(f"{LEFT_OUT}PostgreSQL")
    claim = AgentClaim(kind="signed_permission", name="Mandy Mandate", person_email=builders.ADA)
    with counted() as statements:
        submission = file(clock, 1)
        identity.confirm_link(the_link(submission), by=PERSON, at=clock.tick())
        onfile.look(looking(submission), clock.tick())
        other = builders.file(at=clock.tick(), email="ada@home.example.net", identifiers={"account": ("A-1",)})
        onfile.look(looking(other.submission), clock.tick())
        facts.begin(other.submission.pk, by=PERSON, at=clock.tick())
        agent = builders.file(at=clock.tick(), email="mandy@agency.example", agent=claim)
        identity.confirm_link(the_link(agent.submission), by=PERSON, at=clock.tick())
        onfile.look(looking(agent.submission), clock.tick())
        onfile.stop(
            builders.token_in(builders.letters_to(other.submission, "somebody_asked")[-1].link), at=clock.tick()
        )

    found = plans(statements)

    assert len(found) > 20
    for statement, plan in found.items():
        assert "Seq Scan on dsr_" not in plan, f"{statement}\n{plan}"
        assert "Seq Scan on verification_" not in plan, f"{statement}\n{plan}"
        assert "Index Cond" in plan, f"{statement}\n{plan}"
    whole = "\n".join(found.values())
    for index in ("submission_by_origin", "alert_by_channel", "mandate_by_agent"):
        assert index in whole, index
