"""History cannot be changed without being found out: by the database, by the chains, by the signed checkpoints."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from dsr.models import Checkpoint, Event, Submission
from dsr.rights import Right
from dsr.services import history, housekeeping
from notifications import sealing
from tests import builders
from tests.clock import Clock
from tests.drain import drain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
LATER = datetime.now(UTC) + timedelta(hours=1)
"""A checkpoint looks at when the database wrote an event, which in tests is the real present."""


@pytest.fixture
def chains(clock: Clock, systems: Any, storage_of_its_own: None) -> list[Submission]:
    """Two filings that were lived through, up to an answer."""
    for _ in range(2):
        builders.ready(clock.tick())
    return list(Submission.objects.order_by("id"))


@contextmanager
def _unprotected() -> Iterator[Any]:
    """Do as somebody would who owns the database: switch the triggers off."""
    triggers: Any = import_module("dsr.migrations.0002_append_only")
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield cursor
            cursor.execute("SET LOCAL session_replication_role = origin")
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
        for table in triggers.TABLES:
            for name in ("no_update", "no_delete"):
                cursor.execute(f"DROP TRIGGER {table}_{name}")
        try:
            yield cursor
        finally:
            for table in triggers.TABLES:
                for statement in triggers.SQLITE_TABLE:
                    cursor.execute(statement.format(table=table))
            cursor.execute("PRAGMA foreign_keys = ON")


def _tamper(sql: str, *values: Any) -> None:
    with _unprotected() as cursor:
        cursor.execute(sql, [value.hex if _is_text_id(value) else value for value in values])


def _is_text_id(value: Any) -> bool:
    return connection.vendor == "sqlite" and hasattr(value, "hex") and hasattr(value, "int")


def _third(submission: Submission) -> Event:
    return Event.objects.get(submission=submission, seq=3)


# --- the database refuses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["dsr_event", "dsr_checkpoint"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_database_refuses_to_change_history(chains: list[Submission], table: str, statement: str) -> None:
    history.checkpoint(LATER)
    if statement.startswith("TRUNCATE") and connection.vendor == "sqlite":
        statement = "DELETE FROM {} WHERE 1"  # its only way to empty a table

    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))

    assert Event.objects.count() == history.verify().events > 0
    assert Checkpoint.objects.count() == 1


def test_models_cannot_get_round_the_database(chains: list[Submission]) -> None:
    event = _third(chains[0])
    event.verb = "other"

    for attempt in (event.save, event.delete, Event.objects.all().delete):
        with pytest.raises(Error), transaction.atomic():
            attempt()

    assert history.verify().whole


# --- whole histories are whole ---------------------------------------------------------------------------------------


def test_history_that_nobody_touched_is_whole(chains: list[Submission]) -> None:
    history.checkpoint(LATER)

    proof = history.verify()

    assert (proof.whole, proof.chains, proof.checkpoints, proof.broken) == (True, 2, 1, "")
    assert proof.events == Event.objects.count() == sum(submission.chain_seq for submission in chains)


def test_history_of_one_reference_is_proved_alone(chains: list[Submission]) -> None:
    _tamper("UPDATE dsr_event SET verb = 'other' WHERE submission_id = %s", chains[1].pk)

    assert history.verify(chains[0].reference).whole
    assert not history.verify(chains[1].reference).whole


def test_checkpoints_follow_each_other_without_gaps(chains: list[Submission], clock: Clock) -> None:
    first = history.checkpoint(LATER)
    nothing_new = history.checkpoint(LATER)
    builders.file(Right.BE_INFORMED, at=clock.tick())
    drain(clock.tick())
    second = history.checkpoint(LATER)

    assert first is not None
    assert second is not None
    assert nothing_new is None
    assert (second.first_event, second.prev_root) == (first.last_event + 1, first.root)
    assert first.count + second.count == Event.objects.count()
    assert history.verify().checkpoints == 2


def test_events_that_have_not_settled_wait_for_the_next_checkpoint(chains: list[Submission]) -> None:
    assert history.checkpoint(datetime.now(UTC)) is None
    assert history.checkpoint(datetime.now(UTC) + history.SETTLING + timedelta(seconds=1)) is not None


def test_housekeeping_signs_a_checkpoint(chains: list[Submission]) -> None:
    assert housekeeping.housekeep(LATER)["events_signed"] == Event.objects.count()
    assert housekeeping.housekeep(LATER)["events_signed"] == 0


def test_checkpoint_stays_valid_when_the_keys_are_rotated(chains: list[Submission], settings: Any) -> None:
    history.checkpoint(LATER)
    new = "k3:" + "AwMD" * 10 + "AwM="
    settings.FIELD_KEYS = f"{new},{settings.FIELD_KEYS}"

    assert history.verify().whole
    settings.FIELD_KEYS = new
    assert history.verify().broken.endswith("its signature does not fit.")


# --- what was tampered with is found and named -----------------------------------------------------------------------

CHANGES: dict[str, Any] = {
    "at": datetime(2020, 1, 1, tzinfo=UTC),
    "verb": "approve",
    "actor": "approver",
    "actor_id": "99",
    "via": "post",
    "from_state": "ready",
    "to_state": "closed",
    "data": '{"ground": "none"}',
    "prev_hash": "0" * 64,
    "hash": "0" * 64,
    "seq": 77,
}
ONLY_SIGNED: dict[str, Any] = {"id": 10**9, "recorded_at": datetime(2020, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize("column", CHANGES)
def test_change_of_a_column_is_found_and_named(chains: list[Submission], column: str) -> None:
    event = _third(chains[0])

    _tamper(f"UPDATE dsr_event SET {column} = %s WHERE id = %s", CHANGES[column], event.pk)

    proof = history.verify()
    assert not proof.whole
    assert chains[0].reference in proof.broken
    assert "event 3" in proof.broken


@pytest.mark.parametrize("column", ["submission_id", "request_id"])
def test_event_moved_to_another_case_is_found(chains: list[Submission], column: str) -> None:
    one, other = chains
    target = other.pk if column == "submission_id" else other.requests.earliest("id").pk
    event = _third(one) if column == "request_id" else Event.objects.filter(submission=one).latest("seq")

    if column == "submission_id":
        _tamper("UPDATE dsr_event SET submission_id = %s, seq = 99 WHERE id = %s", target, event.pk)
    else:
        _tamper("UPDATE dsr_event SET request_id = %s WHERE id = %s", target, event.pk)

    broken = history.verify().broken
    assert one.reference in broken or other.reference in broken


@pytest.mark.parametrize("column", ONLY_SIGNED)
def test_change_of_what_the_database_wrote_is_found_once_it_was_signed(chains: list[Submission], column: str) -> None:
    history.checkpoint(LATER)
    event = _third(chains[0])

    _tamper(f"UPDATE dsr_event SET {column} = %s WHERE id = %s", ONLY_SIGNED[column], event.pk)

    assert history.verify().broken.startswith("Checkpoint ")


def test_every_column_of_an_event_is_covered() -> None:
    columns = {field.column for field in Event._meta.concrete_fields}

    assert columns == set(CHANGES) | set(ONLY_SIGNED) | {"submission_id", "request_id"}


def test_event_taken_out_of_the_middle_is_found(chains: list[Submission]) -> None:
    _tamper("DELETE FROM dsr_event WHERE id = %s", _third(chains[0]).pk)

    assert history.verify().broken == f"{chains[0].reference}, event 4: event 3 is missing."


def test_two_events_in_each_others_place_are_found(chains: list[Submission]) -> None:
    third, fourth = Event.objects.filter(submission=chains[0], seq__in=(3, 4)).order_by("seq")
    with _unprotected() as cursor:
        for seq, event in ((999, third), (3, fourth), (4, third)):
            cursor.execute("UPDATE dsr_event SET seq = %s WHERE id = %s", [seq, event.pk])

    assert history.verify().broken == f"{chains[0].reference}, event 3: it does not follow the event before it."


def test_end_that_was_cut_off_is_found(chains: list[Submission]) -> None:
    last = Event.objects.filter(submission=chains[1]).latest("seq")

    _tamper("DELETE FROM dsr_event WHERE id = %s", last.pk)

    assert history.verify().broken == f"{chains[1].reference}: the chain should end at event {last.seq}."


def test_end_that_was_cut_off_together_with_its_mark_is_found_once_it_was_signed(chains: list[Submission]) -> None:
    history.checkpoint(LATER)
    before, last = Event.objects.filter(submission=chains[1]).order_by("seq")[chains[1].chain_seq - 2 :]

    _tamper("DELETE FROM dsr_event WHERE id = %s", last.pk)
    Submission.objects.filter(pk=chains[1].pk).update(chain_seq=before.seq, chain_head=before.hash)

    assert "are not as signed" in history.verify().broken


def test_chains_that_were_swapped_are_found(chains: list[Submission]) -> None:
    one, other = chains
    with _unprotected() as cursor:
        nobody = uuid4()
        for source, target in ((one.pk, nobody), (other.pk, one.pk), (nobody, other.pk)):
            values = [value.hex if connection.vendor == "sqlite" else value for value in (target, source)]
            cursor.execute("UPDATE dsr_event SET submission_id = %s WHERE submission_id = %s", values)
    Submission.objects.filter(pk=one.pk).update(chain_seq=other.chain_seq, chain_head=other.chain_head)
    Submission.objects.filter(pk=other.pk).update(chain_seq=one.chain_seq, chain_head=one.chain_head)

    assert history.verify().broken == f"{one.reference}, event 1: its content was changed."


def test_chain_rewritten_by_somebody_who_knows_how_is_found_once_it_was_signed(chains: list[Submission]) -> None:
    history.checkpoint(LATER)
    events = list(Event.objects.filter(submission=chains[0]).order_by("seq"))
    events[2].actor = "approver"
    previous = events[1].hash
    with _unprotected() as cursor:
        for event in events[2:]:
            event.prev_hash = previous
            event.hash = previous = history.digest(event)
            cursor.execute(
                "UPDATE dsr_event SET actor = %s, prev_hash = %s, hash = %s WHERE id = %s",
                [event.actor, event.prev_hash, event.hash, event.pk],
            )
    Submission.objects.filter(pk=chains[0].pk).update(chain_head=previous)

    assert history.verify(chains[0].reference).whole
    assert "are not as signed" in history.verify().broken


def test_event_put_in_later_is_found(chains: list[Submission]) -> None:
    history.checkpoint(LATER)
    first = Event.objects.earliest("id")
    copied = Event.objects.filter(pk=first.pk).values().get()
    with _unprotected() as cursor:
        # Between two numbers that were used, as if a slow transaction had written it.
        cursor.execute("UPDATE dsr_event SET id = id + 1000 WHERE id > %s", [first.pk])
    assert copied["verb"] == "file"

    assert not history.verify().whole


def test_event_of_no_case_is_found(chains: list[Submission]) -> None:
    last = Event.objects.filter(submission=chains[0]).latest("seq")
    before = Event.objects.get(submission=chains[0], seq=last.seq - 1)
    with _unprotected() as cursor:
        nobody = uuid4().hex if connection.vendor == "sqlite" else uuid4()
        cursor.execute("UPDATE dsr_event SET submission_id = %s WHERE id = %s", [nobody, last.pk])
    Submission.objects.filter(pk=chains[0].pk).update(chain_seq=before.seq, chain_head=before.hash)

    assert history.verify().broken == f"Event number {last.pk} belongs to no chain."
    _tamper("UPDATE dsr_event SET submission_id = %s WHERE id = %s", chains[0].pk, last.pk)


# --- checkpoints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", [field.column for field in Checkpoint._meta.concrete_fields if field.name != "id"])
def test_change_of_a_checkpoint_is_found(chains: list[Submission], clock: Clock, column: str) -> None:
    history.checkpoint(LATER)
    builders.file(Right.BE_INFORMED, at=clock.tick())
    history.checkpoint(LATER)
    changed: dict[str, Any] = {"at": datetime(2020, 1, 1, tzinfo=UTC), "key_id": "k1", "signature": "AAAA"}
    value = changed.get(column, "f" * 64 if column.endswith("root") else 10**6)

    _tamper(f"UPDATE dsr_checkpoint SET {column} = %s WHERE id = (SELECT max(id) FROM dsr_checkpoint)", value)

    assert history.verify().broken.startswith("Checkpoint ")


def test_checkpoint_taken_out_of_the_middle_is_found(chains: list[Submission], clock: Clock) -> None:
    for _ in range(3):
        history.checkpoint(LATER)
        builders.file(Right.BE_INFORMED, at=clock.tick())
    middle = Checkpoint.objects.order_by("id")[1]

    _tamper("DELETE FROM dsr_checkpoint WHERE id = %s", middle.pk)

    assert history.verify().broken == f"Checkpoint {middle.pk + 1}: it does not follow the checkpoint before it."


def test_checkpoint_forged_without_the_key_is_found(chains: list[Submission]) -> None:
    signed = history.checkpoint(LATER)
    assert signed is not None
    _tamper("UPDATE dsr_event SET recorded_at = %s WHERE id = %s", LATER, _third(chains[0]).pk)
    count, root = history._root("", signed.first_event, signed.last_event)
    forged = sealing.Signature(signed.key_id, signed.signature)

    _tamper("UPDATE dsr_checkpoint SET root = %s, signature = %s WHERE id = %s", root, forged.value, signed.pk)

    assert count == signed.count
    assert history.verify().broken == f"Checkpoint {signed.pk}: its signature does not fit."


# --- the command -----------------------------------------------------------------------------------------------------


def test_command_says_that_all_is_whole(chains: list[Submission], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_history", "--json")

    assert '"whole": true' in capsys.readouterr().out


def test_command_names_the_first_broken_link_and_exits_with_one(chains: list[Submission]) -> None:
    _tamper("UPDATE dsr_event SET verb = 'other' WHERE id = %s", _third(chains[0]).pk)

    for arguments in ([], ["--reference", chains[0].reference]):
        with pytest.raises(CommandError) as failed:
            call_command("verify_history", *arguments)
        assert failed.value.returncode == 1
        assert str(failed.value) == f"{chains[0].reference}, event 3: its content was changed."
    call_command("verify_history", "--reference", chains[1].reference)


@pytest.mark.parametrize("reference", ["7K3MX-9TCRA", "nonsense"])
def test_command_knows_no_reference_that_is_not_there(chains: list[Submission], reference: str) -> None:
    with pytest.raises(CommandError):
        call_command("verify_history", "--reference", reference)
