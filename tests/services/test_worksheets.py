"""Owners of systems are asked by link: they look, hand in files, report once, and are reminded until they do."""

from datetime import timedelta
from typing import Any

import pytest

from dsr.connectors import Code, TemporaryFailure
from dsr.errors import Incomplete, WrongState
from dsr.lifecycle import Outcome, Turn
from dsr.models import Attempt, Event, LedgerEntry, Step, SubjectRequest, System, WorksheetFile
from dsr.services import identifiers, review, search, storage, worksheets
from dsr.services.systems import Entry, enter
from notifications.models import Message
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from verification import grants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
NOTE = ("letters", "letter.txt", "text/plain", [b"Dear Ada, ", b"all is well."])


@pytest.fixture
def asked(clock: Clock, systems: Any) -> SubjectRequest:
    """Ada has confirmed, and Olga has been asked to look in the cabinet."""
    organisation.cabinet(clock())
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    return builders.only(filed.submission)


def _token(request: SubjectRequest) -> str:
    return builders.token_in(builders.letters_to(request.submission, "worksheet")[-1].link)


def _step(request: SubjectRequest) -> Step:
    return Step.objects.select_related("system").get(request=request, system__connector="manual")


def _files(prefix: str) -> list[str]:
    return list(storage.vault().list_prefix(prefix))


def _events(verb: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(verb=verb).order_by("id").values_list("data", flat=True))


# --- being asked -----------------------------------------------------------------------------------------------------


def test_owner_is_sent_a_link_that_says_nothing_of_the_person(asked: SubjectRequest) -> None:
    letter = builders.letters_to(asked.submission, "worksheet")[-1]

    assert Message.objects.get(kind="worksheet").open("to") == "olga@staff.example.org"
    assert "ada" not in repr(letter).lower()
    assert (letter.system, letter.owner, letter.due_on.isoformat()) == ("The cabinet", "Olga Owner", "2026-03-15")


def test_looking_shows_the_task_as_often_as_one_likes(asked: SubjectRequest, clock: Clock) -> None:
    token = _token(asked)

    sheets = [worksheets.look(token, clock.tick(days=1)) for _ in range(5)]

    assert {sheet.result for sheet in sheets} == {""}
    task = sheets[0].task
    assert task is not None
    assert task.who == {"email": [builders.ADA]}
    assert task.instructions == "Look in the cabinet."
    assert _step(asked).state == "with_owner"


@pytest.mark.parametrize("purpose", ["tracker", "download"])
def test_link_for_something_else_opens_no_worksheet(asked: SubjectRequest, clock: Clock, purpose: str) -> None:
    token = grants.issue(purpose, _step(asked).pk, clock(), lasts=timedelta(days=1))

    with pytest.raises(grants.NoGrant):
        worksheets.look(token, clock.tick())
    with pytest.raises(grants.NoGrant):
        worksheets.report(token, "nothing_held", "", at=clock.tick())


# --- files -----------------------------------------------------------------------------------------------------------


def test_files_are_kept_sealed_and_can_be_taken_back(asked: SubjectRequest, clock: Clock) -> None:
    token = _token(asked)

    kept = worksheets.add_file(token, *NOTE, at=clock.tick())
    other = worksheets.add_file(token, "letters", "more.pdf", "application/pdf", [b"%PDF"], at=clock.tick())
    worksheets.remove_file(token, other.id, at=clock.tick())
    worksheets.remove_file(token, other.id, at=clock.tick())

    sheet = worksheets.look(token, clock.tick())
    assert [(file.name, file.size) for file in sheet.files] == [("letter.txt", 22)]
    assert _files("worksheets/") == [WorksheetFile.objects.get().vault_name]
    assert kept.id == WorksheetFile.objects.get().pk


@pytest.mark.parametrize(
    ("dataset", "name", "media_type", "chunks"),
    [
        ("secrets", "letter.txt", "text/plain", [b"x"]),
        ("letters", "letter.exe", "text/plain", [b"x"]),
        ("letters", "letter.txt", "application/x-sh", [b"x"]),
        ("letters", "letter.txt", "text/plain", []),
        ("letters", "letter.txt", "text/plain", [b"x" * 1024 * 1024] * 101),
    ],
    ids=["kind", "ending", "type", "empty", "large"],
)
def test_file_that_is_not_taken_leaves_nothing_behind(
    asked: SubjectRequest, clock: Clock, dataset: str, name: str, media_type: str, chunks: list[bytes]
) -> None:
    with pytest.raises(Incomplete):
        worksheets.add_file(_token(asked), dataset, name, media_type, chunks, at=clock.tick())

    assert not WorksheetFile.objects.exists()
    assert _files("worksheets/") == []


# --- reporting -------------------------------------------------------------------------------------------------------


def test_what_was_found_goes_into_the_answer(asked: SubjectRequest, clock: Clock) -> None:
    token = _token(asked)
    worksheets.add_file(token, *NOTE, at=clock.tick())

    worksheets.report(token, "found", "", at=clock.tick())
    drain(clock.tick())
    review.prepare(asked.pk, by=builders.hal(), at=clock.tick())
    review.approve(asked.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert (_step(asked).result, _step(asked).counts) == ("found", {"support_feedback_data": 1})
    assert not WorksheetFile.objects.exists()
    assert _files("worksheets/") == []
    package = builders.opened(asked, clock.tick())
    [name] = [name for name in package.namelist() if name.endswith("letter.txt")]
    assert package.read(name) == b"Dear Ada, all is well."


def test_nothing_held_is_an_answer_of_its_own(asked: SubjectRequest, clock: Clock) -> None:
    worksheets.report(_token(asked), "nothing_held", "", at=clock.tick())
    drain(clock.tick())

    assert (_step(asked).state, _step(asked).result) == ("done", "nothing_held")
    assert builders.again(asked).turn == Turn.STAFF
    assert Attempt.objects.get(step=_step(asked)).result == "nothing_held"


@pytest.mark.parametrize("outcome", ["refused", "could_not"])
def test_owner_who_does_not_hand_over_leaves_the_decision_to_staff(
    asked: SubjectRequest, clock: Clock, outcome: str
) -> None:
    worksheets.report(_token(asked), outcome, "It is under a court order.", at=clock.tick())
    drain(clock.tick())

    step = _step(asked)
    assert (step.state, step.code) == ("stuck", f"owner_{outcome}")
    step.request = asked
    assert step.open("reason") == "It is under a court order."
    assert builders.again(asked).turn == Turn.STAFF
    assert "court" not in str(list(Event.objects.values_list("data", flat=True)))
    search.go_without(asked.pk, step.pk, "A court holds it.", by=builders.hal(), at=clock.tick())
    review.prepare(asked.pk, by=builders.hal(), at=clock.tick())
    review.approve(asked.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    builders.opened(asked, clock.tick())
    assert LedgerEntry.objects.get(system=step.system).outcome == "failed"
    assert builders.again(asked).outcome == Outcome.PARTLY_FULFILLED


@pytest.mark.parametrize(
    ("outcome", "reason", "with_file"),
    [
        ("found", "", False),
        ("nothing_held", "", True),
        ("refused", "No.", False),
        ("could_not", "   ", False),
        ("perhaps", "", False),
        ("", "", False),
    ],
)
def test_report_that_does_not_add_up_is_sent_back(
    asked: SubjectRequest, clock: Clock, outcome: str, reason: str, with_file: bool
) -> None:
    token = _token(asked)
    if with_file:
        worksheets.add_file(token, *NOTE, at=clock.tick())

    with pytest.raises(Incomplete):
        worksheets.report(token, outcome, reason, at=clock.tick())

    assert _step(asked).state == "with_owner"
    assert len(_files("worksheets/")) == int(with_file)
    assert _files(f"parcels/{_step(asked).pk}/") == []


def test_worksheet_answered_once_takes_no_second_report_and_no_file(asked: SubjectRequest, clock: Clock) -> None:
    token = _token(asked)
    worksheets.report(token, "nothing_held", "", at=clock.tick())

    with pytest.raises(WrongState):
        worksheets.report(token, "refused", "On second thought, no.", at=clock.tick())
    with pytest.raises(WrongState):
        worksheets.add_file(token, *NOTE, at=clock.tick())
    with pytest.raises(WrongState):
        worksheets.remove_file(token, asked.pk, at=clock.tick())

    sheet = worksheets.look(token, clock.tick())
    assert (sheet.task, sheet.result) == (None, "nothing_held")
    assert len(_events("owner_reported")) == 1
    assert _files("worksheets/") == []


def test_file_that_arrives_while_the_report_is_made_is_not_lost_silently(
    asked: SubjectRequest, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _token(asked)
    worksheets.add_file(token, *NOTE, at=clock.tick())
    spool = worksheets._spool

    def and_one_more(step: Step, rows: list[WorksheetFile], name: str) -> dict[str, int]:
        counts = spool(step, rows, name)
        worksheets.add_file(token, "letters", "late.txt", "text/plain", [b"Late."], at=clock.tick())
        return counts

    monkeypatch.setattr(worksheets, "_spool", and_one_more)
    with pytest.raises(WrongState) as refused:
        worksheets.report(token, "found", "", at=clock.tick())
    monkeypatch.undo()

    assert refused.value.code == "worksheet-changed"
    assert _files(f"parcels/{_step(asked).pk}/") == []
    worksheets.report(token, "found", "", at=clock.tick())
    assert _step(asked).counts == {"support_feedback_data": 2}


def test_file_whose_upload_ends_after_the_report_is_refused(asked: SubjectRequest, clock: Clock) -> None:
    token = _token(asked)

    def slowly() -> Any:
        yield b"Dear Ada"
        worksheets.report(token, "nothing_held", "", at=clock.tick())

    with pytest.raises(WrongState):
        worksheets.add_file(token, "letters", "letter.txt", "text/plain", slowly(), at=clock.tick())

    assert not WorksheetFile.objects.exists()
    assert _files("worksheets/") == []


def test_worksheet_of_a_withdrawn_request_is_called_off(asked: SubjectRequest, clock: Clock) -> None:
    token = _token(asked)
    review.withdraw(asked.pk, by=builders.sam(), at=clock.tick())

    sheet = worksheets.look(token, clock.tick())

    assert (sheet.task, sheet.result) == (None, "left_out")
    with pytest.raises(WrongState):
        worksheets.report(token, "nothing_held", "", at=clock.tick())
    assert drain(clock.tick(days=30)) >= 0
    assert _events("owner_reminded") == []


def test_owner_asked_again_gets_a_new_link_and_the_old_one_shows_the_same_task(
    asked: SubjectRequest, clock: Clock
) -> None:
    old = _token(asked)
    worksheets.report(old, "could_not", "I was on holiday.", at=clock.tick())

    search.retry(asked.pk, _step(asked).pk, by=builders.hal(), at=clock.tick(days=1))

    assert _token(asked) != old
    assert worksheets.look(_token(asked), clock.tick()).due_on.isoformat() == "2026-03-16"
    assert worksheets.look(old, clock.tick()).task is not None


# --- reminding -------------------------------------------------------------------------------------------------------


def test_owner_is_reminded_on_the_days_named_and_staff_see_it_once_it_is_late(
    asked: SubjectRequest, clock: Clock
) -> None:
    start = clock()
    seen = []
    for day in range(1, 32):
        clock.now = start + timedelta(days=day)
        before = len(_events("owner_reminded"))
        drain(clock())
        if len(_events("owner_reminded")) > before:
            seen.append((day, builders.again(asked).turn == Turn.STAFF))

    assert seen == [(3, False), (7, False), (10, True), (20, True), (30, True)]
    assert [data["late"] for data in _events("owner_reminded")] == [False, False, True, True, True]
    assert Message.objects.filter(kind="worksheet").count() == 6


def test_owner_is_not_reminded_after_the_report(asked: SubjectRequest, clock: Clock) -> None:
    worksheets.report(_token(asked), "nothing_held", "", at=clock.tick())

    drain(clock.tick(days=40))

    assert _events("owner_reminded") == []


def test_reminder_done_twice_is_done_once(asked: SubjectRequest, clock: Clock) -> None:
    at = clock.tick(days=3)
    [(step_id, request_id)] = worksheets.due_reminders(at, 10)

    assert worksheets.remind(step_id, request_id, at)
    assert not worksheets.remind(step_id, request_id, at)

    assert Message.objects.filter(kind="worksheet").count() == 2


# --- owners who know people by something else ------------------------------------------------------------------------


@pytest.fixture
def archive(clock: Clock, systems: Any) -> System:
    """A system whose owner needs an account number, which the desk has on file."""
    config = {**organisation.MANUAL, "identifiers": ["account"]}
    return enter(Entry("archive", "The archive", "Olga Owner", "olga@staff.example.org", "manual", config), at=clock())


def test_owner_is_asked_once_it_is_known_whom_to_look_for(archive: System, clock: Clock) -> None:
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    request = builders.only(filed.submission)
    assert not builders.letters_to(filed.submission, "worksheet")

    search.run_step(_step(request).pk, at=clock.tick())

    task = worksheets.look(_token(request), clock.tick()).task
    assert task is not None
    assert task.who == {"account": ["A-1"]}
    assert _step(request).state == "with_owner"
    assert Attempt.objects.get().result == "sent"


def test_owner_is_not_asked_about_somebody_whom_nobody_knows(archive: System, clock: Clock) -> None:
    request = builders.in_review(at=clock(), email="nobody@example.org", identifiers={"account": ("A-1",)})

    step = _step(request)
    assert (step.state, step.result, step.code) == ("done", "nothing_held", "no_identifier")
    assert builders.again(request).turn == Turn.STAFF
    assert not Message.objects.filter(kind="worksheet").exists()


def test_owner_is_told_to_come_back_while_the_other_system_is_away(
    archive: System, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    request = builders.only(filed.submission)
    search.run_step(_step(request).pk, at=clock.tick())
    token = _token(request)

    def away(*_args: Any, **_more: Any) -> Any:
        raise TemporaryFailure(Code.UNREACHABLE)

    monkeypatch.setattr(identifiers, "open_connector", away)
    with pytest.raises(WrongState) as refused:
        worksheets.look(token, clock.tick())
    monkeypatch.undo()

    assert refused.value.code == "worksheet-not-now"
    assert worksheets.look(token, clock.tick()).task is not None
