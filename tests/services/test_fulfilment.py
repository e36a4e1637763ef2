"""The answer: one package, a ledger without gaps, an outcome that follows from it, and what happens when it fails."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Q

from dsr.errors import NotAllowed
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import (
    Deadline,
    DeadlineKind,
    Event,
    LedgerEntry,
    LedgerOutcome,
    Package,
    Step,
    SubjectRequest,
    System,
)
from dsr.packaging import builder
from dsr.rights import Right
from dsr.services import assembling, fulfilment, review, search, storage, sweeping
from tests import builders, organisation
from tests import outpost as outposts
from tests.clock import Clock
from tests.drain import drain
from tests.outpost import BROKEN, Outpost, outpost

__all__ = ["outpost"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]


def _approve(request: SubjectRequest, clock: Clock) -> SubjectRequest:
    builders.argue(request, clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    return review.approve(request.pk, by=builders.vera(), at=clock.tick())


def _answer(request: SubjectRequest, clock: Clock) -> SubjectRequest:
    _approve(request, clock)
    drain(clock.tick())
    return builders.again(request)


def _ledger(request: SubjectRequest) -> set[tuple[str, str, str, int, str]]:
    rows = LedgerEntry.objects.filter(request=request)
    return set(rows.values_list("system__key", "category", "outcome", "count", "ground"))


def _build_deadline(request: SubjectRequest) -> Deadline:
    return Deadline.objects.get(request=request, kind=DeadlineKind.BUILD)


def _packages() -> list[str]:
    return list(storage.vault().list_prefix("packages/"))


# --- the ledger ------------------------------------------------------------------------------------------------------


def test_ledger_has_one_line_for_every_category_of_every_system(clock: Clock, outpost: Outpost, tmp_path: Path) -> None:
    outposts.enter(outpost, clock())
    organisation.desk(tmp_path, clock(), key="second")
    request = _answer(builders.in_review(at=clock.tick()), clock)

    lines = LedgerEntry.objects.filter(request=request).values_list("system__key", "category")
    expected = {(system.key, category) for system in System.objects.all() for category in system.categories}
    assert sorted(lines) == sorted(expected)
    assert set(LedgerEntry.objects.values_list("outcome", flat=True)) == {"given"}


def test_what_is_held_back_is_in_the_ledger_with_its_ground_and_not_in_the_package(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    review.withhold(
        request.pk, "contact_data", "third_party_rights", "It names Max.", by=builders.hal(), at=clock.tick()
    )

    request = _answer(request, clock)

    assert _ledger(request) == {
        ("desk", "contact_data", "withheld", 1, "third_party_rights"),
        ("desk", "customer_account_data", "given", 1, ""),
    }
    package = builders.opened(request, clock.tick())
    texts = {name: package.read(name).decode() for name in package.namelist() if name.endswith((".json", ".csv"))}
    assert not any(builders.ADA in text or "Ada Lovelace" in text for text in texts.values())
    assert any("A-1" in text for text in texts.values())
    assert "It names Max." in package.read("OPEN-ME.html").decode()
    assert builders.again(request).outcome == Outcome.PARTLY_FULFILLED


def test_category_held_back_in_one_system_is_given_from_the_others(clock: Clock, tmp_path: Path) -> None:
    organisation.desk(tmp_path, clock(), key="second")
    request = builders.in_review(at=clock.tick())
    review.withhold(
        request.pk,
        "contact_data",
        "legal_privilege",
        "Counsel wrote it.",
        by=builders.hal(),
        at=clock.tick(),
        system_key="second",
    )

    request = _answer(request, clock)

    contact = {
        (key, outcome, ground) for key, category, outcome, _, ground in _ledger(request) if "contact" in category
    }
    assert contact == {("desk", "given", ""), ("second", "withheld", "legal_privilege")}


def test_what_is_released_again_is_given(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    review.withhold(request.pk, "contact_data", "third_party_rights", "Wait.", by=builders.hal(), at=clock.tick())
    review.release(request.pk, request.withholdings.get().pk, by=builders.hal(), at=clock.tick())

    request = _answer(request, clock)

    assert {outcome for _, _, outcome, _, _ in _ledger(request)} == {"given"}
    builders.opened(request, clock.tick())
    assert builders.again(request).outcome == Outcome.FULFILLED


def test_nothing_held_anywhere_is_an_answer_that_says_what_was_searched(clock: Clock) -> None:
    request = _answer(builders.in_review(at=clock(), email="nobody@example.org"), clock)

    assert {outcome for _, _, outcome, _, _ in _ledger(request)} == {"nothing_held"}
    package = builders.opened(request, clock.tick())
    page = package.read("OPEN-ME.html").decode()
    assert "The desk" in page
    assert builders.again(request).outcome == Outcome.NOTHING_HELD


def test_portable_copy_leaves_out_what_the_law_does_not_give_and_says_so(clock: Clock, outpost: Outpost) -> None:
    outposts.enter(outpost, clock())
    request = _answer(builders.in_review(Right.PORTABILITY, at=clock.tick()), clock)

    assert ("outpost", "data_enrichment_services", "withheld", 2, assembling.NOT_PORTABLE) in _ledger(request)
    assert ("outpost", "marketing_communications_data", "given", 2, "") in _ledger(request)
    package = builders.opened(request, clock.tick())
    [name] = [name for name in package.namelist() if name.endswith("profiles.json")]
    rows = json.loads(package.read(name))
    assert "early bird" in str(rows)
    assert "score" not in str(rows)


# --- building --------------------------------------------------------------------------------------------------------


def test_built_answer_lets_go_of_the_copies_it_was_made_from(clock: Clock) -> None:
    request = _answer(builders.in_review(at=clock()), clock)

    assert list(storage.vault().list_prefix("parcels/")) == []
    assert Step.objects.get(request=request).parcel == ""
    assert _packages() == [Package.objects.get().vault_name]


def test_building_twice_makes_one_package_one_ledger_and_one_letter(clock: Clock) -> None:
    request = _approve(builders.in_review(at=clock()), clock)
    deadline = _build_deadline(request)

    fulfilment.build(deadline, clock.tick())
    fulfilment.build(deadline, clock.tick())

    assert Package.objects.count() == len(_packages()) == 1
    assert len(builders.letters_to(request.submission, "answer_ready")) == 1
    assert Event.objects.filter(verb="built").count() == 1


def test_package_written_for_a_request_withdrawn_meanwhile_is_thrown_away(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = _approve(builders.in_review(at=clock()), clock)
    write = fulfilment._write

    def then_withdrawn(request: SubjectRequest, at: Any) -> Any:
        written = write(request, at)
        review.withdraw(request.pk, by=builders.sam(), at=at)
        return written

    monkeypatch.setattr(fulfilment, "_write", then_withdrawn)
    fulfilment.build(_build_deadline(request), clock.tick())

    assert builders.again(request).outcome == Outcome.WITHDRAWN
    assert not Package.objects.exists()
    assert _packages() == []


def test_package_written_before_something_was_held_back_is_not_the_answer(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = _approve(builders.in_review(at=clock()), clock)
    deadline, write = _build_deadline(request), fulfilment._write

    def then_released_anew(request: SubjectRequest, at: Any) -> Any:
        written = write(request, at)
        fulfilment._give_up(request.pk, deadline, at)
        review.withhold(
            request.pk, "contact_data", "third_party_rights", "A neighbour.", by=builders.hal(), at=clock.tick()
        )
        _approve(builders.again(request), clock)
        return written

    monkeypatch.setattr(fulfilment, "_write", then_released_anew)
    fulfilment.build(deadline, clock.tick())
    left = Package.objects.count(), _packages()
    monkeypatch.undo()
    drain(clock.tick())

    assert left == (0, [])
    package = Package.objects.get(request=request)
    assert package.number == 1
    ledger = LedgerEntry.objects.filter(request=request, category="contact_data")
    assert {entry.outcome for entry in ledger} == {LedgerOutcome.WITHHELD}


def test_package_that_cannot_be_recorded_is_not_left_lying_about(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    request = _approve(builders.in_review(at=clock()), clock)
    monkeypatch.setattr(fulfilment, "_keep_ledger", _broken)

    assert sweeping.sweep(clock.tick()).failures == 1
    left = _packages()
    monkeypatch.undo()
    drain(clock.tick(minutes=1))

    assert left == []
    assert builders.again(request).state == State.READY


def _broken(*_args: Any, **_more: Any) -> Any:
    raise ZeroDivisionError("ada@example.org")


def test_answer_that_will_not_build_comes_back_to_the_desk_and_can_be_approved_again(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = _approve(builders.in_review(at=clock()), clock)
    monkeypatch.setattr(builder, "build", _broken)
    for _ in range(fulfilment.TRIES + 1):
        sweeping.sweep(clock.tick(hours=2))
    back = builders.again(request)
    monkeypatch.undo()
    sweeping.sweep(clock.tick(hours=2))

    assert (back.state, back.turn, back.proposal, back.approved_by_id) == (State.IN_REVIEW, Turn.STAFF, "", None)
    assert not Package.objects.exists()
    assert builders.again(request).state == State.IN_REVIEW
    assert _answer(request, clock).state == State.READY


def test_answer_on_which_workers_die_one_after_the_other_comes_back_to_the_desk(clock: Clock) -> None:
    request = _approve(builders.in_review(at=clock()), clock)
    for _ in range(fulfilment.TRIES + 1):
        # What a killed worker leaves behind: the claim, and no word of what came of it.
        sweeping._claim(clock.tick(minutes=11), Q())

    sweeping.sweep(clock.tick(minutes=11))

    assert builders.again(request).state == State.IN_REVIEW
    assert not Package.objects.exists()


def test_statement_that_will_not_build_is_tried_on_and_staff_are_told_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = builders.file(Right.BE_INFORMED, at=clock())
    monkeypatch.setattr(assembling, "statement_of", _broken)
    for _ in range(fulfilment.TRIES + 20):
        sweeping.sweep(clock.tick(hours=2))
    stuck = builders.only(filed.submission)
    monkeypatch.undo()
    drain(clock.tick(hours=2))

    assert (stuck.state, stuck.turn) == (State.FULFILLING, Turn.STAFF)
    assert Event.objects.filter(verb="build_failed").count() == 1
    assert builders.only(filed.submission).state == State.READY


def test_counter_of_a_row_that_fails_for_years_does_not_overflow(clock: Clock) -> None:
    builders.file(Right.BE_INFORMED, at=clock())
    Deadline.objects.update(attempts=32767)

    sweeping._claim(clock.tick(), Q())

    assert Deadline.objects.get(kind=DeadlineKind.BUILD).attempts == 1000


def test_answer_waits_for_the_second_person(clock: Clock) -> None:
    request = builders.prepared(clock())

    with pytest.raises(NotAllowed) as refused:
        review.approve(request.pk, by=builders.hal(), at=clock.tick())
    drain(clock.tick(days=20))

    assert refused.value.code == "not-your-move"
    assert not Package.objects.exists()


def test_ledger_of_an_answer_without_one_system_is_whole(clock: Clock, outpost: Outpost) -> None:
    outposts.enter(outpost, clock())
    outpost.script = [BROKEN]
    request = builders.in_review(at=clock.tick())
    step = Step.objects.get(request=request, system__key="outpost")
    search.go_without(request.pk, step.pk, "It is being moved.", by=builders.hal(), at=clock.tick())

    request = _answer(request, clock)

    assert {(key, outcome) for key, _, outcome, _, _ in _ledger(request)} == {("desk", "given"), ("outpost", "failed")}
