"""Those who were erased stay erased: after a restore, after an import, and until they come back by themselves."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from dsr.lifecycle import Turn
from dsr.models import Kept, LedgerEntry, SubjectRequest, System, Task, TaskKind, Tombstone
from dsr.policies import Caller
from dsr.selectors import figures
from dsr.services import holds, taskrun
from dsr.services.erasure import rechecks, tombstones
from dsr.services.erasure.terms import Place
from tests import builders, estate, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.estate import approved
from tests.statements import counted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
US = Place("US", "CA", ("us_ca_ccpa",))


@pytest.fixture
def where(tmp_path: Any, clock: Clock, db: None) -> str:
    """A filled database that is a system; its address."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


def copy(source: str, target: str) -> None:
    """Make a database in a file what another is, as a restore does."""
    names = [url.removeprefix("sqlite:///") for url in (source, target)]
    with closing(sqlite3.connect(names[0])) as one, closing(sqlite3.connect(names[1])) as other:
        one.backup(other)


def erased(clock: Clock, where: str) -> SubjectRequest:
    """Ada is erased, four days from now; what was there before is copied."""
    copy(where, f"{where}.before")
    request = approved(clock())
    drain(clock.tick(days=4))
    return builders.again(request)


def insert(where: str, table: sa.Table, **values: Any) -> None:
    engine = sa.create_engine(where)
    with engine.begin() as connection:
        connection.execute(table.insert(), values)
    engine.dispose()


def ledger(request: SubjectRequest) -> Mapping[tuple[str, str], int]:
    rows = LedgerEntry.objects.filter(request=request)
    return {(row.category, row.outcome): row.count for row in rows}


def replay(at: datetime, **more: Any) -> rechecks.Again:
    return rechecks.replay(System.objects.select_related("data_key").get(), at, **more)


def test_restore_is_made_good_by_the_tombstones_alone(where: str, clock: Clock) -> None:
    erased(clock, where)
    once, kept = estate.texts(where), list(Kept.objects.order_by("pk").values())
    copy(f"{where}.before", where)

    looked = replay(clock.tick(), dry_run=True)
    before = estate.texts(where)
    came = replay(clock.tick())
    again = replay(clock.tick())

    assert "Ada Lovelace" in before
    assert estate.texts(where) == once
    assert (looked.known, came.known) == (1, 1)
    assert (looked.erased, looked.kept) == (came.erased, came.kept) == (7, 4)
    assert (again.erased, again.kept) == (0, 1)  # a call that must be kept still bears the account
    assert list(Kept.objects.order_by("pk").values()) == kept


def test_what_was_kept_goes_on_its_day_in_what_was_restored_too(where: str, clock: Clock) -> None:
    request = erased(clock, where)
    copy(f"{where}.before", where)
    replay(clock.tick())

    drain(clock.tick(days=365 * 3))

    assert estate.ids(where, estate.flags) == []
    assert estate.ids(where, estate.calls) == [30]
    assert ledger(request)["fraud_signals", "erased"] == 1


def test_restore_of_what_had_no_day_and_has_gone_since_is_made_good(
    tmp_path: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    undated = [{key: value for key, value in table.items() if key != "event"} for table in estate.TABLES]
    monkeypatch.setattr(estate, "TABLES", undated)
    where = estate.sqlite(tmp_path, clock())
    estate.estate(where, clock())
    erased(clock, where)
    assert estate.ids(where, estate.flags) == [40]
    drain(clock.tick(days=365 * 3))
    late = estate.texts(where)
    copy(f"{where}.before", where)

    replay(clock.tick())

    assert estate.ids(where, estate.flags) == []
    assert estate.texts(where) == late


def test_hold_on_a_person_protects_what_a_restore_brought_back(where: str, clock: Clock) -> None:
    erased(clock, where)
    copy(f"{where}.before", where)
    before = estate.texts(where)
    holder = builders.staff("dora", "set_holds")
    wanted = holds.Wanted(
        "legal_obligation_retain",
        "A claim.",
        holder.pk,
        (clock() + 30 * DAY).date(),
        people={"email": [builders.ADA]},
    )
    holds.propose(wanted, by=Caller.of_user(holder, "admin"), at=clock())

    came = replay(clock.tick())

    assert (came.erased, came.kept) == (0, 11)
    assert estate.texts(where).replace("False", "True") == before.replace("False", "True")  # but for the mailings


def test_only_who_was_erased_after_the_copy_was_made_is_erased_again(where: str, clock: Clock) -> None:
    erased(clock, where)
    insert(where, estate.profiles, id=9, email=builders.ADA, interests="again")

    since = replay(clock.tick(), since=clock())
    everybody = replay(clock.tick())

    assert (since.known, since.erased) == (0, 0)
    assert everybody.erased == 1
    assert estate.ids(where, estate.profiles) == [2]


def test_whoever_came_back_is_left_alone(where: str, clock: Clock) -> None:
    erased(clock, where)
    copy(f"{where}.before", where)

    lifted = tombstones.returned({"email": [builders.ADA.upper()], "account": [estate.ADA_ACCOUNT]}, [], by="7")
    came = replay(clock.tick())

    assert lifted == 2
    assert came == rechecks.Again()


def test_import_that_brings_somebody_back_is_put_before_staff_and_erased_again(where: str, clock: Clock) -> None:
    request = erased(clock, where)
    first = ledger(request)
    insert(where, estate.profiles, id=9, email=builders.ADA, interests="imported")
    drain(clock.tick(days=31))
    found = Task.objects.get(kind=TaskKind.RECHECK)
    before = builders.again(request)

    taskrun.erase_again(request.pk, found.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert (found.state, found.code, before.turn) == ("stuck", "reappeared", Turn.STAFF)
    assert estate.ids(where, estate.profiles) == [2]
    assert list(Task.objects.exclude(state="done")) == []
    category = ("marketing_communications_data", "erased")
    assert ledger(request) == {**first, category: first[category] + 1}
    assert Kept.objects.filter(ended_at=None).count() == 3


def test_who_came_back_and_what_is_kept_too_long_are_counted_by_system(where: str, clock: Clock) -> None:
    request = erased(clock, where)
    insert(where, estate.profiles, id=9, email=builders.ADA, interests="imported")
    late = clock() + timedelta(days=31)
    before = figures.figures(late)
    drain(clock.tick(days=31))

    with counted() as spent:
        found = figures.figures(clock())
    taskrun.erase_again(request.pk, Task.objects.get(kind=TaskKind.RECHECK).pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert before.came_back == {}
    assert before.overdue_kept == {"estate": 1}, "the unpaid invoice, which nobody has looked at again"
    assert (found.came_back, found.overdue_kept) == ({("estate", "open"): 1}, {})
    assert figures.figures(clock()).came_back == {("estate", "decided"): 1}
    assert len(spent) == 13, "\n".join(spent)


def test_figures_of_the_erased_are_metrics(
    where: str, clock: Clock, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", clock)
    erased(clock, where)
    insert(where, estate.profiles, id=9, email=builders.ADA, interests="imported")
    drain(clock.tick(days=31))
    clock.tick(days=40)

    said = client.get("/metrics").content.decode()

    assert 'recourse_people_came_back{state="open",system="estate"} 1.0' in said
    assert 'recourse_overdue_kept{system="estate"} 1.0' in said
    assert builders.ADA not in said


def test_record_of_a_kept_kind_that_comes_back_is_seen_beside_those_that_are_kept(where: str, clock: Clock) -> None:
    request = erased(clock, where)
    insert(where, estate.customers, id=9, account="AC-1", email=builders.ADA, marketing_ok=False, restricted=False)
    insert(
        where,
        estate.invoices,
        id=19,
        customer_id=9,
        issued_on=estate.months_before(clock().date(), 200),
        status="paid",
        total=1,
    )
    drain(clock.tick(days=31))
    found = Task.objects.get(kind=TaskKind.RECHECK)

    taskrun.erase_again(request.pk, found.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert found.code == "reappeared"
    assert {line["category"] for line in found.lines if line["erase"]} == {
        "contact_data",
        "customer_account_data",
        "purchase_payment_data",
    }
    assert estate.ids(where, estate.invoices) == [10, 11]
    assert estate.ids(where, estate.customers) == [1, 2]
    assert ledger(request)["purchase_payment_data", "kept"] == 2


def test_quiet_system_is_looked_at_twice_and_nobody_is_troubled(where: str, clock: Clock) -> None:
    request = erased(clock, where)

    drain(clock.tick(days=31))
    drain(clock.tick(days=62))

    looks = Task.objects.filter(kind=TaskKind.RECHECK)
    assert [(task.state, task.result) for task in looks] == [("done", "nothing_held")] * 2
    assert builders.again(request).turn == Turn.NOBODY


def test_many_tombstones_cost_a_statement_a_thousand(where: str, clock: Clock) -> None:
    people = {"email": [f"nobody-{number}@example.org" for number in range(2_500)]}
    tombstones.lay(people, US, clock())

    with counted() as asked:
        known = tombstones.check("email", [*people["email"], builders.MAX])
    with counted() as replayed:
        came = replay(clock())

    assert [each.given for each in known] == people["email"]
    assert len(asked) == 2 * 3  # under two keys
    assert came.known == 0
    assert len(replayed) <= 8, replayed


def test_spellings_of_one_address_are_one_tombstone(clock: Clock) -> None:
    tombstones.lay({"email": ["Ada@Example.org", "ada@example.org"]}, US, clock())
    tombstones.lay({"email": ["ADA@example.org"]}, US, clock.tick())

    known = tombstones.check("email", ["ada@example.org", "ADA@EXAMPLE.ORG", "max@example.org"])

    assert Tombstone.objects.get().at == clock()
    assert [each.given for each in known] == ["ada@example.org", "ADA@EXAMPLE.ORG"]


def test_list_stops_before_what_may_not_have_settled(clock: Clock) -> None:
    tombstones.lay({"email": ["a@example.org"]}, US, clock())
    tombstones.lay({"email": ["b@example.org"]}, US, clock.tick(minutes=5))

    early = tombstones.feed(0, 10, clock.tick(minutes=6))
    late = tombstones.feed(early[-1].pk, 10, clock.tick(minutes=6))

    assert (len(early), len(late)) == (1, 1)


def test_command_replays_and_says_who_cannot_be_asked(
    where: str, tmp_path: Any, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    erased(clock, where)
    copy(f"{where}.before", where)
    organisation.cabinet(clock())

    call_command("tombstones", "replay", "--dry-run", "--json")
    looked = json.loads(capsys.readouterr().out)["systems"]
    call_command("tombstones", "replay", "--system", "estate")
    told = capsys.readouterr().out

    assert looked["estate"]["state"] == "counted"
    assert looked["estate"]["known"] == 1
    assert {came["state"] for key, came in looked.items() if key != "estate"} == {"cannot_be_asked"}
    assert "estate: replayed: known 1" in told
    assert builders.ADA not in told
    assert "Ada Lovelace" not in estate.texts(where)


def test_command_fails_when_a_system_is_down(tmp_path: Any, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    (tmp_path / "estate.sqlite3").unlink()

    with pytest.raises(CommandError, match="not replayed: estate"):
        call_command("tombstones", "replay", "--json")

    assert json.loads(capsys.readouterr().out)["systems"]["estate"]["state"] == "failed"


def test_command_knows_no_system_that_is_not_ours(where: str, clock: Clock) -> None:
    System.objects.update(role="recipient")

    with pytest.raises(CommandError, match="estate"):
        call_command("tombstones", "replay", "--system", "estate")
