"""Systems are searched one by one: what one of them does or fails to do never costs what another one found."""

from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.conf import settings as django_settings

from dsr import connectors
from dsr.errors import NotAllowed, NotFound, WrongState
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Attempt, Event, LedgerEntry, Step, SubjectRequest, System
from dsr.packaging.vault import Vault
from dsr.rights import Right
from dsr.services import delivery, review, search, storage
from dsr.services.systems import Entry, enter
from tests import builders, organisation
from tests import outpost as outposts
from tests.clock import Clock
from tests.drain import drain
from tests.outpost import BREAK, BROKEN, BUSY, Outpost, outpost
from tests.outpost_changes import DECLINE

__all__ = ["outpost"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]


def _in_review(clock: Clock) -> SubjectRequest:
    """Ada has confirmed; nothing has been searched yet."""
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    return builders.only(filed.submission)


def _step(request: SubjectRequest, key: str) -> Step:
    return Step.objects.select_related("system").get(request=request, system__key=key)


def _answers(request: SubjectRequest) -> dict[str, tuple[str, str, str]]:
    rows = Step.objects.filter(request=request).values_list("system__key", "state", "result", "code")
    return {key: (state, result, code) for key, state, result, code in rows}


def _vault() -> Vault:
    return storage.vault()


def _parcels(request: SubjectRequest) -> list[str]:
    return [name for step in request.steps.all() for name in _vault().list_prefix(f"parcels/{step.pk}/")]


def _until_stuck(clock: Clock, request: SubjectRequest, key: str) -> Step:
    drain(clock.tick())
    for pause in search.LADDER:
        drain(clock.tick(seconds=pause.total_seconds()))
    return _step(request, key)


# --- what a system answers -------------------------------------------------------------------------------------------


def test_search_asks_every_system_and_tells_staff_when_all_have_answered(clock: Clock, outpost: Outpost) -> None:
    outposts.enter(outpost, clock())
    request = _in_review(clock)
    assert request.turn == Turn.SYSTEMS

    drain(clock.tick())

    request = builders.again(request)
    assert _answers(request) == {"desk": ("done", "found", ""), "outpost": ("done", "found", "")}
    assert (request.turn, request.searched_at is not None) == (Turn.STAFF, True)
    assert _step(request, "outpost").counts == {"data_enrichment_services": 2, "marketing_communications_data": 2}
    assert list(Attempt.objects.values_list("number", "result")) == [(1, "found"), (1, "found")]


def test_search_that_finds_nobody_says_that_nothing_is_held_and_keeps_no_parcel(clock: Clock, outpost: Outpost) -> None:
    outposts.enter(outpost, clock())
    outpost.rows = {}
    request = _in_review(clock)

    drain(clock.tick())

    assert _answers(request)["outpost"] == ("done", "nothing_held", "")
    assert _step(request, "outpost").parcel == ""
    assert len(_parcels(request)) == 1


@pytest.mark.parametrize(("manner", "code"), [(BUSY, "busy"), (BREAK, "interrupted")])
def test_system_that_fails_for_now_is_asked_again_after_a_pause(
    clock: Clock, outpost: Outpost, manner: str, code: str
) -> None:
    outposts.enter(outpost, clock())
    outpost.script = [manner, manner]
    request = _in_review(clock)
    at = clock.tick()

    drain(at)
    first = _step(request, "outpost")
    assert (first.state, first.code, first.due_at) == ("waiting", code, at + search.LADDER[0])
    drain(clock.tick(seconds=search.LADDER[0].total_seconds() - 1))
    assert len(outpost.asked) == 1
    drain(clock.tick())
    drain(clock.tick(seconds=search.LADDER[1].total_seconds()))

    assert _answers(request)["outpost"] == ("done", "found", "")
    results = Attempt.objects.filter(step__system__key="outpost").values_list("number", "result", "code")
    assert list(results) == [(1, "failed_temporary", code), (2, "failed_temporary", code), (3, "found", "")]
    assert len(set(outpost.keys())) == 1
    assert builders.again(request).searched_at is not None


def test_failing_system_leaves_what_the_others_found(clock: Clock, outpost: Outpost) -> None:
    outposts.enter(outpost, clock())
    outpost.script = [BUSY] * 99
    request = _in_review(clock)

    step = _until_stuck(clock, request, "outpost")

    assert (step.state, step.code, step.attempts) == ("stuck", "busy", len(search.LADDER) + 1)
    assert _answers(request)["desk"] == ("done", "found", "")
    assert len(_parcels(request)) == 1
    assert builders.again(request).turn == Turn.STAFF
    failed = Event.objects.filter(verb="system_failed").order_by("id")
    assert [event.data["stuck"] for event in failed] == [False] * len(search.LADDER) + [True]
    with pytest.raises(WrongState):
        review.prepare(request.pk, by=builders.hal(), at=clock.tick())


@pytest.mark.parametrize(("manner", "code"), [(BROKEN, "not_found"), (DECLINE, "legal_hold")])
def test_system_that_fails_for_good_waits_for_staff_at_once(
    clock: Clock, outpost: Outpost, manner: str, code: str
) -> None:
    outposts.enter(outpost, clock())
    outpost.script = [manner]
    request = _in_review(clock)

    drain(clock.tick())
    drain(clock.tick(days=2))

    assert _answers(request)["outpost"] == ("stuck", "", code)
    assert builders.again(request).turn == Turn.STAFF
    assert len(outpost.asked) == 1


def test_system_that_is_not_there_climbs_the_ladder(clock: Clock, outpost: Outpost) -> None:
    outposts.enter(outpost, clock(), url="http://127.0.0.1:9")
    request = _in_review(clock)

    drain(clock.tick())

    assert _answers(request)["outpost"] == ("waiting", "", "unreachable")


def test_fault_of_our_own_climbs_the_ladder_until_staff_see_it(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    request = _in_review(clock)

    def broken(*_args: Any, **_more: Any) -> None:
        raise ZeroDivisionError("ada@example.org")

    monkeypatch.setattr(connectors, "open_connector", broken)
    drain(clock.tick())
    first = _answers(request)["desk"]
    step = _until_stuck(clock, request, "desk")

    assert first == ("waiting", "", "fault")
    assert (step.state, step.code) == ("stuck", "fault")
    assert "ada" not in str(list(Event.objects.values_list("data", flat=True)))


def test_step_on_which_workers_die_one_after_the_other_waits_for_staff(clock: Clock) -> None:
    request = _in_review(clock)
    step = _step(request, "desk")
    for _ in range(len(search.LADDER) + 1):
        # What a killed worker leaves behind: the claim, the attempt, and no word of what came of it.
        assert search._claim(step.pk, clock.tick(seconds=search.LEASE.total_seconds() + 1))

    drain(clock.tick(seconds=search.LEASE.total_seconds() + 1))

    assert _answers(request)["desk"] == ("stuck", "", "worker_lost")
    assert builders.again(request).turn == Turn.STAFF
    assert Attempt.objects.filter(step=step, ended_at=None).count() == len(search.LADDER) + 1


# --- leases ----------------------------------------------------------------------------------------------------------


def test_step_in_work_is_not_taken_by_another_until_its_lease_ends(clock: Clock) -> None:
    request = _in_review(clock)
    step = _step(request, "desk")
    at = clock.tick()
    assert search._claim(step.pk, at)

    assert not search.run_step(step.pk, at=at + search.LEASE)
    assert search.run_step(step.pk, at=at + search.LEASE + timedelta(seconds=1))

    assert _answers(request)["desk"] == ("done", "found", "")
    assert list(Attempt.objects.order_by("number").values_list("result", flat=True)) == ["", "found"]


def test_result_that_comes_after_the_lease_was_lost_is_thrown_away(clock: Clock) -> None:
    request = _in_review(clock)
    step = Step.objects.select_related("system__data_key", "request__submission__data_key").get(request=request)
    lost = search._claim(step.pk, clock.tick())
    assert lost
    later = clock.tick(seconds=search.LEASE.total_seconds() + 1)
    assert search.run_step(step.pk, at=later)
    events = Event.objects.count()

    search._work(step, lost, later, monotonic())
    search._record_failure(step, lost, "busy", later)

    assert Event.objects.count() == events
    assert len(_parcels(request)) == 1
    assert _answers(request)["desk"] == ("done", "found", "")


def test_step_run_twice_is_done_once(clock: Clock) -> None:
    request = _in_review(clock)
    step = _step(request, "desk")

    assert search.run_step(step.pk, at=clock.tick())
    assert not search.run_step(step.pk, at=clock.tick())

    assert Event.objects.filter(verb="system_answered").count() == 1


def test_search_of_a_withdrawn_request_is_called_off_and_a_late_answer_thrown_away(clock: Clock) -> None:
    request = _in_review(clock)
    step = Step.objects.select_related("system__data_key", "request__submission__data_key").get(request=request)
    lease = search._claim(step.pk, clock.tick())
    assert lease
    review.withdraw(request.pk, by=builders.sam(), at=clock.tick())

    search._work(step, lease, clock.tick(), monotonic())

    assert _answers(request)["desk"] == ("done", "left_out", "request_closed")
    assert _parcels(request) == []
    assert search.due_steps(clock.tick(days=9), 10) == []


# --- what staff decide about a system --------------------------------------------------------------------------------


def _stuck(clock: Clock, outpost: Outpost) -> tuple[SubjectRequest, Step]:
    outposts.enter(outpost, clock())
    outpost.script = [BROKEN]
    request = _in_review(clock)
    drain(clock.tick())
    return request, _step(request, "outpost")


def test_retry_asks_a_stuck_system_again(clock: Clock, outpost: Outpost) -> None:
    request, step = _stuck(clock, outpost)

    search.retry(request.pk, step.pk, by=builders.hal(), at=clock.tick())
    assert builders.again(request).turn == Turn.SYSTEMS
    drain(clock.tick())

    assert _answers(request)["outpost"] == ("done", "found", "")
    assert builders.again(request).searched_at is not None
    assert outpost.keys()[0] != outpost.keys()[1]


def test_retry_of_a_system_that_found_something_replaces_its_parcel(
    clock: Clock, django_capture_on_commit_callbacks: Any
) -> None:
    request = builders.in_review(at=clock())
    [old] = _parcels(request)

    with django_capture_on_commit_callbacks(execute=True):
        search.retry(request.pk, _step(request, "desk").pk, by=builders.hal(), at=clock.tick())
    assert builders.again(request).searched_at is None
    drain(clock.tick())

    [new] = _parcels(request)
    assert new != old
    assert builders.again(request).searched_at is not None


def test_retry_is_for_staff_and_for_steps_of_this_request(clock: Clock, outpost: Outpost) -> None:
    request, step = _stuck(clock, outpost)
    other = builders.in_review(Right.PORTABILITY, at=clock.tick())

    with pytest.raises(NotAllowed):
        search.retry(request.pk, step.pk, by=builders.sam(), at=clock.tick())
    with pytest.raises(NotFound):
        search.retry(other.pk, step.pk, by=builders.hal(), at=clock.tick())

    assert _answers(request)["outpost"] == ("stuck", "", "not_found")


def test_answer_without_a_system_says_so_in_ledger_outcome_and_package(clock: Clock, outpost: Outpost) -> None:
    request, step = _stuck(clock, outpost)

    search.go_without(request.pk, step.pk, "Switched off for good.", by=builders.hal(), at=clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    ledger = LedgerEntry.objects.filter(request=request).values_list("system__key", "category", "outcome", "count")
    assert set(ledger) == {
        ("desk", "contact_data", "given", 1),
        ("desk", "customer_account_data", "given", 1),
        ("outpost", "data_enrichment_services", "failed", 0),
        ("outpost", "marketing_communications_data", "failed", 0),
    }
    package = builders.opened(request, clock.tick())
    assert "Switched off for good." in package.read("OPEN-ME.html").decode()
    assert builders.again(request).outcome == Outcome.PARTLY_FULFILLED


def test_system_that_has_answered_cannot_be_left_out(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    step = _step(request, "desk")
    events = Event.objects.count()

    with pytest.raises(WrongState) as refused:
        search.go_without(request.pk, step.pk, "Not needed.", by=builders.hal(), at=clock.tick())

    assert refused.value.code == "system-answered"
    assert _answers(request)["desk"] == ("done", "found", "")
    assert Event.objects.count() == events
    assert len(_parcels(request)) == 1


def test_going_without_a_system_that_is_being_asked_discards_its_answer(clock: Clock, outpost: Outpost) -> None:
    outposts.enter(outpost, clock())
    request = _in_review(clock)
    step = Step.objects.select_related("system__data_key", "request__submission__data_key").get(
        request=request, system__key="outpost"
    )
    lease = search._claim(step.pk, clock.tick())
    assert lease
    search.go_without(request.pk, step.pk, "Too slow today.", by=builders.hal(), at=clock.tick())

    search._work(step, lease, clock.tick(), monotonic())

    assert _answers(request)["outpost"] == ("done", "left_out", "")
    assert Attempt.objects.get(step=step).ended_at is None


# --- systems that are not well set up --------------------------------------------------------------------------------


def _break_config(system: System) -> None:
    system.seal_json("config", {"nonsense": True})
    system.save(update_fields=["config_sealed"])


def test_system_whose_configuration_is_broken_keeps_nobody_from_confirming(clock: Clock) -> None:
    _break_config(organisation.cabinet(clock()))

    request = _in_review(clock)
    drain(clock.tick())

    assert _answers(request) == {"cabinet": ("stuck", "", "bad_config"), "desk": ("done", "found", "")}
    assert (request.state, builders.again(request).turn) == (State.IN_REVIEW, Turn.STAFF)


def test_owner_whose_address_is_none_keeps_nobody_from_confirming(clock: Clock) -> None:
    system = organisation.cabinet(clock())
    System.objects.filter(pk=system.pk).update(owner_email="nowhere")

    request = _in_review(clock)

    assert _answers(request)["cabinet"] == ("stuck", "", "bad_config")


def test_system_searched_by_account_is_asked_with_what_another_one_has_on_file(clock: Clock, tmp_path: Path) -> None:
    _ledger_system(clock(), tmp_path)

    request = builders.in_review(at=clock.tick())

    assert _answers(request)["ledger"] == ("done", "found", "")


@pytest.mark.parametrize(
    "claimed", [{}, {"identifiers": {"account": ("A-1",)}}], ids=["nothing", "a-number-that-was-given-up"]
)
def test_system_that_knows_nobody_by_what_was_proved_is_not_searched_by_what_was_claimed(
    clock: Clock, tmp_path: Path, claimed: dict[str, Any]
) -> None:
    _ledger_system(clock(), tmp_path)

    request = builders.in_review(at=clock.tick(), email="nobody@example.org", **claimed)

    assert _answers(request) == {
        "desk": ("done", "nothing_held", ""),
        "ledger": ("done", "nothing_held", "no_identifier"),
    }


def _ledger_system(at: datetime, folder: Path) -> System:
    table = {
        **organisation.TABLES[0],
        "identity": [{"kind": "account", "column": "number"}],
        "resolves": [],
    }
    config = {"url": organisation.database(folder, "ledger"), "tables": [table]}
    return enter(Entry("ledger", "The ledger", "Olga Owner", "olga@staff.example.org", "sql", config), at=at)


def test_search_without_any_system_goes_straight_to_the_desk(clock: Clock) -> None:
    System.objects.update(active=False)

    request = _in_review(clock)

    assert (request.turn, request.searched_at is not None) == (Turn.STAFF, True)


# --- searching anew --------------------------------------------------------------------------------------------------


def test_answer_renewed_after_its_destruction_is_searched_anew_without_systems_switched_off_since(
    clock: Clock, outpost: Outpost
) -> None:
    outposts.enter(outpost, clock())
    request = builders.ready(clock.tick())
    for days in (django_settings.DOWNLOAD_DAYS, django_settings.ANSWER_KEPT_DAYS):
        drain(clock.tick(days=days))
    System.objects.filter(key="outpost").update(active=False)

    delivery.reissue(request.pk, by=builders.sam(), at=clock.tick())
    drain(clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert _answers(request) == {"desk": ("done", "found", ""), "outpost": ("done", "left_out", "inactive")}
    ledger = LedgerEntry.objects.filter(request=request).values_list("system__key", "outcome")
    assert set(ledger) == {("desk", "given"), ("outpost", "failed")}
    assert len(outpost.asked) == 1


def test_plain_case_is_released_without_people_where_a_rule_says_so(clock: Clock, settings: Any) -> None:
    settings.AUTO_APPROVE = ("access",)

    request = builders.in_review(at=clock())
    drain(clock.tick())

    request = builders.again(request)
    assert (request.state, request.approved_by_id) == (State.READY, None)
    assert Event.objects.get(verb="approve_by_rule").actor == "system"


def test_case_that_is_not_plain_waits_for_people_even_where_a_rule_releases_plain_ones(
    clock: Clock, settings: Any, outpost: Outpost
) -> None:
    settings.AUTO_APPROVE = ("access",)
    request, step = _stuck(clock, outpost)

    search.go_without(request.pk, step.pk, "Switched off for good.", by=builders.hal(), at=clock.tick())
    drain(clock.tick())

    assert builders.again(request).state == State.IN_REVIEW
