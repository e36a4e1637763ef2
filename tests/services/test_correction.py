"""Corrections are decided one by one and made in the system; what stays is argued beside it. Restrictions end told."""

from datetime import timedelta

import pytest

from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, ItemDecision, LedgerEntry, Restriction, System
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import acting, correction, intake, proving, restriction, review, taskrun
from dsr.services._moves import holding
from dsr.services.correction import Decision
from notifications.models import Message
from tests import builders, estate
from tests.drain import drain
from verification.proofs import Method

DAY = timedelta(days=1)
TWO = {"wrong_1": "My name", "right_1": "Augusta Ada", "wrong_2": "The flag", "right_2": "no flag"}


@pytest.fixture
def where(tmp_path, clock, db):
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


def asked(at, **details):
    wants = (intake.Want(Right.CORRECTION, details),)
    return builders.in_review(Right.CORRECTION, at=at, wants=wants)


def row(where):
    with estate.looking_at(where) as connection:
        return connection.execute(estate.customers.select().where(estate.customers.c.id == 1)).one()


def decide(request, number, decision, at):
    correction.decide_item(request.pk, number, decision, by=builders.hal(), at=at)


def carried_out(request, at):
    review.prepare(request.pk, by=builders.hal(), at=at)
    review.approve(request.pk, by=builders.vera(), at=at)
    drain(at)
    return builders.again(request)


def test_each_thing_is_decided_by_itself_and_put_right_where_it_was_wrong(where, clock):
    request = asked(clock(), **TWO)
    decide(request, 1, Decision(ItemDecision.CORRECT, ("estate.customers.name",)), clock())
    with pytest.raises(WrongState) as early:
        review.prepare(request.pk, by=builders.hal(), at=clock())
    refused = Decision(ItemDecision.REFUSE, ("estate.flags.why",), "accuracy_confirmed", "We have seen it.")
    decide(request, 2, refused, clock())

    request = carried_out(request, clock())

    assert early.value.code == "items-open"
    assert (request.state, request.outcome) == (State.CLOSED, "partly_fulfilled")
    assert row(where).name == "Augusta Ada"
    found = LedgerEntry.objects.filter(request=request).values_list("category", "outcome", "ground")
    assert set(found) == {("contact_data", "corrected", ""), ("fraud_signals", "withheld", "accuracy_confirmed")}


def test_statement_is_kept_beside_what_was_left_as_it_is(where, clock):
    request = asked(clock(), **TWO)
    decide(request, 1, Decision(ItemDecision.CORRECT, ("estate.customers.street",)), clock())
    stays = Decision(ItemDecision.REFUSE, ("estate.customers.name",), "accuracy_confirmed", "So it is.")
    decide(request, 2, stays, clock())
    request = carried_out(request, clock())

    correction.disagree(request.pk, 2, "It is not so.", by=Caller.person(), at=clock() + DAY)
    drain(clock() + DAY)

    assert row(where).note == "It is not so."
    assert "It is not so." not in str(list(request.items.values()))


def test_what_one_signs_in_with_takes_a_strong_proof(where, clock):
    request = asked(clock(), wrong_1="My mail address", right_1="mallory@example.net")

    with pytest.raises(WrongState) as refused:
        decide(request, 1, Decision(ItemDecision.CORRECT, ("estate.customers.email",)), clock())

    assert refused.value.code == "login-needs-more"
    assert row(where).email == builders.ADA


def test_restriction_is_set_in_the_system_and_ends_only_after_the_person_was_told(where, clock):
    request = builders.approved(Right.RESTRICTION, clock())
    drain(clock())
    assert row(where).restricted
    assert builders.again(request).state == State.CLOSED

    restriction.tell_lifting(request.pk, "The data is right.", by=builders.vera(), at=clock() + DAY)
    drain(clock() + 7 * DAY)
    still = row(where).restricted
    drain(clock() + 8 * DAY)

    assert still
    assert not row(where).restricted
    ended = Restriction.objects.get()
    assert ended.told_at
    assert ended.lifted_at
    assert ended.lifted_at >= ended.told_at + 7 * DAY
    assert Message.objects.filter(kind="restriction_ends").count() == 1


NEW = "ada@king.example.org"


def of_only_address(where):
    """The estate knows people by their address alone, and Ada has shown strongly that she is who she is."""
    system = System.objects.get(key="estate")
    config = system.open_json("config")
    tables = [{**table} for table in config["tables"] if table["dataset"] in ("customers", "profiles")]
    tables[0]["identity"], tables[0]["resolves"] = tables[0]["identity"][:1], []
    system.seal_json("config", {**config, "tables": tables})
    system.identifiers = ["email"]
    system.save()


def address_and_statement(clock):
    """The address is put right, the name stays."""
    request = asked(clock(), wrong_1="My address", right_1=NEW, wrong_2="My name", right_2="Augusta")
    with holding(request_id=request.pk) as case:
        proved = {"email": [builders.ADA]}
        proving.record(case, Method.LOGIN_MFA, by=Caller.person(), at=clock.tick(), proved=proved)
    decide(request, 1, Decision(ItemDecision.CORRECT, ("estate.customers.email",)), clock())
    stays = Decision(ItemDecision.REFUSE, ("estate.customers.name",), "accuracy_confirmed", "So it is.")
    decide(request, 2, stays, clock())
    return builders.again(request)


def begun(clock):
    request = estate.approve(address_and_statement(clock), clock())
    acting.start(Deadline.objects.get(request=request, kind=DeadlineKind.ACT), clock())
    return builders.again(request)


@pytest.mark.parametrize("first", ["correct", "annotate"])
def test_statement_reaches_the_data_whether_the_address_is_put_right_before_or_after(where, clock, first):
    of_only_address(where)
    request = address_and_statement(clock)
    correction.disagree(request.pk, 2, "It is not so.", by=Caller.person(), at=clock())
    request = estate.approve(request, clock())
    acting.start(Deadline.objects.get(request=request, kind=DeadlineKind.ACT), clock())

    for task in sorted(request.tasks.all(), key=lambda task: task.kind != first):
        taskrun.run_task(task.pk, at=clock())

    assert (row(where).email, row(where).note) == (NEW, "It is not so.")
    assert set(request.tasks.values_list("result", flat=True)) == {"done"}


def test_statement_after_the_address_was_put_right_finds_the_data_by_the_new_one(where, clock):
    of_only_address(where)
    request = begun(clock)
    drain(clock.tick(minutes=1))
    assert row(where).email == NEW

    correction.disagree(request.pk, 2, "It is not so.", by=Caller.person(), at=clock.tick(days=2))
    drain(clock())

    assert row(where).note == "It is not so."


def test_statement_waits_for_a_correction_that_is_under_way(where, clock, monkeypatch):
    of_only_address(where)
    request = begun(clock)
    with monkeypatch.context() as patch:  # the system has done it, and the worker dies
        patch.setattr(taskrun, "_record", lambda *_: None)
        taskrun.run_task(request.tasks.get(kind="correct").pk, at=clock())
    correction.disagree(request.pk, 2, "It is not so.", by=Caller.person(), at=clock())
    annotate = request.tasks.get(kind="annotate")

    taskrun.run_task(annotate.pk, at=clock())
    annotate.refresh_from_db()
    waited = annotate.state
    drain(clock.tick(minutes=20))
    drain(clock.tick(minutes=20))

    assert waited == "waiting"
    assert row(where).note == "It is not so."
    assert builders.again(request).state == State.CLOSED


def test_statement_made_while_the_systems_are_asked_is_not_lost(where, clock, monkeypatch):
    request = estate.approve(address_and_statement(clock), clock())
    prepare = acting.PREPARE[Right.CORRECTION]

    def stated_meanwhile(*args):
        ready = prepare(*args)
        correction.disagree(request.pk, 2, "It is not so.", by=Caller.person(), at=clock())
        return ready

    monkeypatch.setitem(acting.PREPARE, Right.CORRECTION, stated_meanwhile)
    drain(clock.tick(minutes=1))

    assert row(where).note == "It is not so."


def test_address_that_a_worker_died_on_is_found_put_right_by_the_next(where, clock, monkeypatch):
    of_only_address(where)
    request = begun(clock)
    task = request.tasks.get(kind="correct")
    with monkeypatch.context() as patch:
        patch.setattr(taskrun, "_record", lambda *_: None)
        taskrun.run_task(task.pk, at=clock())
    assert row(where).email == NEW

    drain(clock.tick(minutes=10))

    task.refresh_from_db()
    assert task.result == "done"
    corrected = request.ledger.get(category="contact_data", outcome="corrected")
    assert corrected.count == 1


def test_record_of_somebody_else_with_the_new_address_is_not_touched(where, clock, monkeypatch):
    of_only_address(where)
    request = begun(clock)
    task = request.tasks.get(kind="correct")
    with monkeypatch.context() as patch:
        patch.setattr(taskrun, "_record", lambda *_: None)
        taskrun.run_task(task.pk, at=clock())
    parts = [*task.open_json("changes")["parts"], {"dataset": "customers", "field": "name", "value": "Augusta"}]
    task.seal_json("changes", {**task.open_json("changes"), "parts": parts})
    task.save(update_fields=["changes_sealed"])

    drain(clock.tick(minutes=10))

    task.refresh_from_db()
    assert task.result == "nothing_held"
    assert row(where).name == "Ada Lovelace"
