"""A worker is killed at every point between taking a task and recording it: all ends as if nothing had happened."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dsr.models import Event, Kept, LedgerEntry, Restriction, SubjectRequest, System, Task, TaskKind
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import correction, proving
from dsr.services._moves import holding
from dsr.services.correction import Decision
from dsr.services.systems import Entry, enter
from notifications.models import Message
from tests import builders, dying, estate
from tests import outpost as outposts
from tests.clock import Clock
from tests.drain import drain
from tests.outpost import Outpost, outpost
from tests.thirdparty import opendsr, segment, sendgrid, serving, twilio
from tests.thirdparty.serving import ThirdParty
from tests.unit.connectors import shop
from verification.proofs import Method

__all__ = ["outpost"]
pytestmark = pytest.mark.django_db


class World:
    """A system in which a worker is killed, and how it is looked at and put back."""

    key = "estate"
    kind = TaskKind.ERASE
    at: datetime
    """When the task is due."""

    def keep(self) -> Any:
        """Return what it holds now, to be put back."""
        raise NotImplementedError

    def put_back(self, kept: Any) -> None:
        """Have it hold that again."""
        raise NotImplementedError

    def look(self) -> Any:
        """Return how it stands, and every effect that may be had but once."""
        raise NotImplementedError


class Database(World):
    """The estate."""

    def __init__(self, url: str) -> None:
        self.url = url

    def keep(self) -> Any:
        with estate.looking_at(self.url) as connection:
            return [
                (table, [dict(row._mapping) for row in connection.execute(table.select())])
                for table in estate.metadata.sorted_tables
            ]

    def put_back(self, kept: Any) -> None:
        engine = sa.create_engine(estate._driver(self.url))
        with engine.begin() as connection:
            for table, _ in reversed(kept):
                connection.execute(table.delete())
            for table, rows in kept:
                if rows:
                    connection.execute(table.insert(), rows)
        engine.dispose()

    def look(self) -> Any:
        return estate.texts(self.url)


class Service(World):
    """A service of somebody else, or the outpost: what it holds is in memory."""

    key = "service"

    def __init__(self, party: Any, look: Callable[[Any], Any], beside: Callable[[], object] = lambda: None) -> None:
        self.party, self._look, self._beside = party, look, beside

    def keep(self) -> Any:
        return deepcopy({name: value for name, value in vars(self.party).items() if name != "port"})

    def put_back(self, kept: Any) -> None:
        vars(self.party).update(deepcopy(kept))
        self._beside()

    def look(self) -> Any:
        return self._look(self.party)


def _ended() -> Any:
    """How everything stands with us: what the person, staff, an auditor and a later erasure go by."""
    return {
        "requests": list(SubjectRequest.objects.values_list("right", "state", "outcome", "turn")),
        "ledger": sorted(
            LedgerEntry.objects.values_list("system__key", "category", "outcome", "count", "ground", "until"), key=str
        ),
        "kept": sorted(map(_kept, Kept.objects.select_related("data_key", "system")), key=str),
        "tasks": sorted(Task.objects.values_list("system__key", "kind", "ordinal", "state", "result", "code")),
        "restricted": list(Restriction.objects.values_list("system__key", "lifted_at")),
        "events": Counter(Event.objects.values_list("verb", flat=True)),
        "letters": Counter(Message.objects.values_list("kind", flat=True)),
    }


def _kept(row: Kept) -> Any:
    found = sorted(row.open_json("handles").get("handles", ()))
    return row.system.key, row.dataset, row.category, row.count, row.ground, row.until, row.ended_at is None, found


def _walk(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Kill a worker at each point in turn; return the points."""
    points = dying.Points(world.key, world.kind)
    dying.install(monkeypatch, points)
    dying.begin(world.at)
    kept = world.keep()

    def lived(deadly: int | None) -> Any:
        world.put_back(kept)
        with dying.undone():
            points.begin(deadly)
            dying.carry_on(world.at)
            return _ended(), world.look()

    undisturbed = lived(None)
    passed = points.passed
    assert {"claimed", "before the commit", "after the commit"} <= set(passed)
    different = {f"{number} {name}": end for number, name in enumerate(passed) if (end := lived(number)) != undisturbed}
    assert different == {}, f"undisturbed: {undisturbed}"
    return passed


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def database(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, db: None) -> Iterator[Database]:
    """The estate in each kind of database."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'estate'}.sqlite3"
        else:
            empty = {"postgres": shop.postgres_empty, "mariadb": shop.mariadb_empty}[request.param]
            made = empty(request.getfixturevalue(f"{request.param}_url"), "killed")
            url = next(made)
            stack.callback(lambda: next(made, None))
        estate.fill(url, clock().date())
        estate.estate(url, clock())
        yield Database(url)


def test_erasure_in_a_database(database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    request = estate.approved(clock())
    assert request.act_at is not None
    database.at = request.act_at

    passed = _walk(database, monkeypatch)

    assert {"before still", "after erase", "before suppress", "after note"} <= set(passed)


def test_erasure_of_what_was_kept_in_a_database(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = estate.approved(clock())
    assert request.act_at is not None
    drain(request.act_at)
    assert Kept.objects.filter(ended_at=None).count() == 3
    database.at = clock.tick(days=31 * 30)

    _walk(database, monkeypatch)


def _corrected(clock: Clock) -> None:
    """Ada's name and the address that she is found by are to be put right."""
    request = builders.in_review(Right.CORRECTION, at=clock(), country="US", region="CA")
    with holding(request_id=request.pk) as case:
        proved = {"email": [builders.ADA]}
        proving.record(case, Method.LOGIN_MFA, by=Caller.person(), at=clock.tick(), proved=proved)
    correction.add_item(request.pk, "My address", "ada@king.example.org", by=builders.hal(), at=clock.tick())
    for number, field in ((1, "name"), (2, "email")):
        decision = Decision("correct", (f"estate.customers.{field}",))
        correction.decide_item(request.pk, number, decision, by=builders.hal(), at=clock.tick())
    estate.approve(request, clock.tick())


def test_correction_in_a_database(database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    _corrected(clock)
    database.at, database.kind = clock.tick(), TaskKind.CORRECT

    _walk(database, monkeypatch)


def test_correction_of_the_only_address_that_finds_a_person(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System.objects.get(key="estate")
    tables = [dict(table) for table in estate.TABLES if table["dataset"] in ("customers", "profiles")]
    tables[0] |= {"identity": tables[0]["identity"][:1], "resolves": []}
    system.seal_json("config", {**system.open_json("config"), "tables": tables})
    system.identifiers = ["email"]
    system.save()
    _corrected(clock)
    database.at, database.kind, before = clock.tick(), TaskKind.CORRECT, database.keep()

    _walk(database, monkeypatch)

    database.put_back(before)
    drain(clock.tick(days=1))
    assert LedgerEntry.objects.get(category="contact_data").outcome == "corrected"


def test_restriction_in_a_database(database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    estate.approve(builders.in_review(Right.RESTRICTION, at=clock(), country="US", region="CA"), clock.tick())
    database.at, database.kind = clock.tick(), TaskKind.RESTRICT

    _walk(database, monkeypatch)


def test_erasure_at_a_service(clock: Clock, monkeypatch: pytest.MonkeyPatch, outpost: Outpost) -> None:
    outposts.enter(outpost, clock(), key="service", abilities=outposts.ABILITIES)
    outpost.holdings.on_hold.clear()

    def look(outpost: Outpost) -> Any:
        told = outpost.holdings.told
        orders = {call["key"] for call in told if call["verb"] == "erase"}
        return outpost.rows, outpost.holdings.suppressed, len(orders)

    world = Service(outpost.holdings, lambda holdings: look(outpost))
    request = estate.approved(clock())
    assert request.act_at is not None
    world.at = request.act_at

    passed = _walk(world, monkeypatch)

    assert passed.count("before whole") > 3


def _party(module: Any, stack: ExitStack) -> Any:
    return stack.enter_context(module.running())


def _enter(party: ThirdParty, kind: str, at: datetime, **more: Any) -> None:
    config = party.config(**more)  # type: ignore[attr-defined]
    enter(Entry("service", "The service", "Olga Owner", "olga@staff.example.org", kind, config), at=at)


def _due(world: World, clock: Clock) -> None:
    request = estate.approved(clock())
    assert request.act_at is not None
    world.at = request.act_at


def test_erasure_at_segment(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with segment.running() as party:
        party.users, party.steps = {builders.ADA, "max"}, ["RUNNING", "FINISHED"]
        _enter(party, "segment", clock(), identifiers=["email"], purposes=["marketing"])
        world = Service(party, lambda party: (party.users, party.suppressed, _erased(party)))
        _due(world, clock)

        _walk(world, monkeypatch)


def _erased(party: Any) -> list[str]:
    """What was erased, as often as it was. Being put on a list of those who get nothing, twice, is once."""
    return [effect for effect in party.effects if effect.startswith("erase")]


def test_erasure_at_sendgrid(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with sendgrid.running() as party:
        party.contact(builders.ADA)
        party.contact(builders.MAX)
        party.messages, party.steps = {builders.ADA: 3, builders.MAX: 1}, ["completed"]
        _enter(party, "sendgrid", clock(), purposes={"marketing": "global"})
        world = Service(party, lambda party: (party.contacts, party.messages, party.suppressed, _erased(party)))
        _due(world, clock)

        _walk(world, monkeypatch)


def test_erasure_at_a_processor_that_speaks_opendsr(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with opendsr.running() as party:
        party.acts = True
        datasets = [{"name": "profiles", "title": "Profile", "category": "online_activity_data"}]
        _enter(party, "opendsr", clock(), datasets=datasets)
        world = Service(party, lambda party: (party.people, list(party.statuses.values())))
        _due(world, clock)

        _walk(world, monkeypatch)


def test_erasure_at_twilio(clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with twilio.running() as party:
        config = {"url": _directory(tmp_path), "tables": [PEOPLE]}
        enter(Entry("directory", "The directory", "Olga Owner", "olga@staff.example.org", "sql", config), at=clock())
        party.message(1)
        party.recording(party.call(3))
        party.message(4, from_=twilio.MAX)
        categories = dict.fromkeys(("messages", "calls", "recordings"), "communications_usage_data")
        _enter(party, "twilio", clock(), categories=categories, whatsapp=False)
        kinds = ("messages", "calls", "recordings")
        world = Service(
            party,
            lambda party: ([party.left(kind) for kind in kinds], _deleted(party)),
            lambda: _directory(tmp_path),
        )
        _due(world, clock)

        _walk(world, monkeypatch)


def _deleted(party: serving.ThirdParty) -> set[str]:
    """What it was told to delete. Told twice it says that it is gone, and nothing more happens."""
    return {each.path for each in party.asked if each.method == "DELETE"}


def _directory(folder: Path) -> str:
    """A database that knows Ada's number; its address."""
    url = f"sqlite:///{folder / 'directory'}.sqlite3"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS people (id INTEGER PRIMARY KEY, email TEXT, phone TEXT)")
        values = {"ada": builders.ADA, "phone": twilio.ADA}
        connection.execute(sa.text("INSERT OR REPLACE INTO people VALUES (1, :ada, :phone)"), values)
    engine.dispose()
    return url


PEOPLE: dict[str, Any] = {
    "dataset": "people",
    "table": "people",
    "title": "People",
    "category": "contact_data",
    "identity": [{"kind": "email", "column": "email", "normalise": "lower"}],
    "resolves": [{"kind": "phone", "column": "phone"}],
    "erase": "rows",
    "columns": {"email": {"title": "Mail address"}, "phone": {"title": "Telephone"}},
    "ignore": ["id"],
}
