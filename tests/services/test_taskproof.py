"""Owners prove what they did by files: sealed, checked like what they find, read on record, and gone with the case."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core import mail as django_mail
from django.db import IntegrityError, transaction

from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.models import Deadline, DeadlineKind, Event, Post, SubjectRequest, Task, TaskKind, TaskState, WorksheetFile
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    history,
    orphans,
    purging,
    restriction,
    revealing,
    review,
    storage,
    taskpaper,
    taskproof,
    taskrun,
    taskwork,
    worksheets,
)
from dsr.services._moves import holding
from dsr.services.systems import Entry, enter
from notifications.ids import uuid7
from notifications.models import Forgotten
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from verification import grants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_of_its_own")]
REPORT = ("report.pdf", "application/pdf", [b"%PDF-1.7 ", b"Ada is gone"])
DONE = taskpaper.Said("done")


@pytest.fixture
def restricted(clock: Clock, db: None) -> SubjectRequest:
    """Ada's data in the cabinet is to be only stored; Olga is asked to see to it."""
    organisation.cabinet(clock())
    request = builders.in_review(Right.RESTRICTION, at=clock())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    return request


def _token(request: SubjectRequest) -> str:
    """The key of the newest link to Olga, whether its mail has been sent yet or not."""
    if waiting_letters := builders.letters_to(request.submission, "task_worksheet"):
        return builders.token_in(waiting_letters[-1].link)
    keys = [re.findall(r"/worksheets/\?key=(\S+)", str(mail.body)) for mail in django_mail.outbox]
    return str([each for each in keys if each][-1][0])


def _task(request: SubjectRequest) -> Task:
    return Task.objects.get(request=request, system__connector="manual", kind=TaskKind.RESTRICT)


def _stored() -> list[str]:
    return list(storage.vault().list_prefix("worksheets/"))


def _looked(request: SubjectRequest, file_id: UUID, clock: Clock, reason: str = "To see that it is so.") -> bytes:
    opened = revealing.reveal_file(request.pk, file_id, reason, by=builders.vera(), at=clock.tick())
    with opened.chunks as chunks:
        return b"".join(chunks)


# --- handing in ------------------------------------------------------------------------------------------------------


def test_proof_is_kept_sealed_and_can_be_taken_back_until_the_report(restricted: SubjectRequest, clock: Clock) -> None:
    token = _token(restricted)
    row = taskproof.add(token, *REPORT, at=clock.tick())
    other = taskproof.add(token, "screen.png", "image/png", [b"\x89PNG"], at=clock.tick())

    taskproof.remove(token, other.pk, at=clock.tick())
    taskproof.remove(token, other.pk, at=clock.tick())

    sheet = taskpaper.sheet_of(token, clock.tick())
    assert [(file.name, file.size, file.fixed) for file in sheet.files] == [("report.pdf", 20, False)]
    assert _stored() == [row.vault_name]
    assert b"Ada" not in b"".join(path.read_bytes() for path in _files_on_disk())


def _files_on_disk() -> list[Path]:
    return [path for path in Path(settings.STORAGE_URL.removeprefix("file://")).rglob("*") if path.is_file()]


def test_history_says_once_that_a_file_came_and_that_it_was_taken_back(
    restricted: SubjectRequest, clock: Clock
) -> None:
    token = _token(restricted)
    row = taskproof.add(token, *REPORT, at=clock.tick())
    for _again in range(2):
        taskproof.remove(token, row.pk, at=clock.tick())
    with pytest.raises(Incomplete):
        taskproof.add(token, "ada.exe", "application/pdf", [b"x"], at=clock.tick())

    events = Event.objects.filter(verb__startswith="owner_", via="worksheet").order_by("seq")
    assert [event.verb for event in events] == ["owner_added_file", "owner_removed_file"]
    assert {event.request_id for event in events} == {restricted.pk}
    for event in events:
        assert (event.data, event.actor_id) == ({"system": "cabinet", "proof": str(row.pk)}, "")
    assert history.verify().whole


@pytest.mark.parametrize(
    ("name", "media_type", "chunks"),
    [
        ("report.exe", "application/pdf", [b"x"]),
        ("report.pdf", "application/x-sh", [b"x"]),
        ("report.pdf", "", [b"MZ"]),
        ("report.pdf", "application/pdf", []),
        ("report.pdf", "application/pdf", [b"x" * 1024 * 1024] * 101),
    ],
    ids=["ending", "type", "unknown", "empty", "large"],
)
def test_file_that_is_not_taken_leaves_nothing_behind(
    restricted: SubjectRequest, clock: Clock, name: str, media_type: str, chunks: list[bytes]
) -> None:
    with pytest.raises(Incomplete):
        taskproof.add(_token(restricted), name, media_type, chunks, at=clock.tick())

    assert not WorksheetFile.objects.exists()
    assert _stored() == []


def test_no_more_files_are_taken_than_the_system_allows(restricted: SubjectRequest, clock: Clock) -> None:
    config = {**organisation.MANUAL, "files": {"max_files": 2, "max_total_bytes": 50}}
    _change(config, clock)
    token = _token(restricted)
    taskproof.add(token, *REPORT, at=clock.tick())
    taskproof.add(token, *REPORT, at=clock.tick())

    with pytest.raises(Incomplete, match="At most 2 files"):
        taskproof.add(token, *REPORT, at=clock.tick())

    assert len(_stored()) == WorksheetFile.objects.count() == 2


def _change(config: dict[str, Any], clock: Clock) -> None:
    entry = Entry("cabinet", "The cabinet", "Olga Owner", "olga@staff.example.org", "manual", config)
    enter(entry, at=clock.tick())


def test_all_files_together_are_bounded_too(restricted: SubjectRequest, clock: Clock) -> None:
    _change({**organisation.MANUAL, "files": {"max_total_bytes": 30}}, clock)
    taskproof.add(_token(restricted), *REPORT, at=clock.tick())

    with pytest.raises(Incomplete, match="together"):
        taskproof.add(_token(restricted), *REPORT, at=clock.tick())

    assert len(_stored()) == 1


def test_system_that_takes_no_files_takes_none(restricted: SubjectRequest, clock: Clock) -> None:
    _change({**organisation.MANUAL, "files": {"max_files": 0}}, clock)
    token = _token(restricted)

    with pytest.raises(WrongState) as refused:
        taskproof.add(token, *REPORT, at=clock.tick())

    assert refused.value.code == "worksheet-no-files"
    assert taskpaper.sheet_of(token, clock()).file_rules is None


def test_nothing_is_added_or_taken_back_once_it_was_reported(restricted: SubjectRequest, clock: Clock) -> None:
    token = _token(restricted)
    row = taskproof.add(token, *REPORT, at=clock.tick())
    taskpaper.report(token, [DONE], "", at=clock.tick())

    for late in (
        lambda: taskproof.add(token, *REPORT, at=clock.tick()),
        lambda: taskproof.remove(token, row.pk, at=clock.tick()),
    ):
        with pytest.raises(WrongState, match="answered"):
            late()

    assert _stored() == [row.vault_name]
    assert Event.objects.get(verb="owner_reported").data == {"system": "cabinet", "files": 1}


def test_proof_of_an_earlier_report_stays_when_the_task_is_sent_again(restricted: SubjectRequest, clock: Clock) -> None:
    token = _token(restricted)
    early = taskproof.add(token, *REPORT, at=clock.tick())
    taskpaper.report(token, [taskpaper.Said("could_not")], "The lock is stuck.", at=clock.tick())
    taskrun.retry(restricted.pk, _task(restricted).pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    again = _token(restricted)
    late = taskproof.add(again, "more.txt", "text/plain", [b"done"], at=clock.tick())

    for row in (early, late):
        taskproof.remove(again, row.pk, at=clock.tick())

    sheet = taskpaper.sheet_of(again, clock.tick())
    assert [(file.name, file.fixed) for file in sheet.files] == [("report.pdf", True)]


@pytest.mark.parametrize("purpose", ["tracker", "worksheet"])
def test_link_for_something_else_adds_nothing(restricted: SubjectRequest, clock: Clock, purpose: str) -> None:
    token = grants.issue(purpose, _task(restricted).pk, clock(), lasts=timedelta(days=1))

    with pytest.raises(grants.NoGrant):
        taskproof.add(token, *REPORT, at=clock.tick())

    assert _stored() == []


def test_owner_takes_back_no_file_of_another_worksheet(restricted: SubjectRequest, clock: Clock) -> None:
    row = taskproof.add(_token(restricted), *REPORT, at=clock.tick())
    with holding(request_id=restricted.pk) as case:
        system = _task(restricted).system_id
        other = taskwork.make(case, case.request(restricted.pk), system, TaskKind.TELL, at=clock())
    Task.objects.filter(pk=other.pk).update(state=TaskState.WITH_OWNER, started_at=clock())
    token = grants.issue(taskpaper.TASKSHEET, other.pk, clock(), lasts=timedelta(days=1))

    taskproof.remove(token, row.pk, at=clock.tick())

    assert _stored() == [row.vault_name]


def test_file_belongs_to_a_search_or_to_a_task_and_never_to_neither(restricted: SubjectRequest, clock: Clock) -> None:
    row = taskproof.add(_token(restricted), *REPORT, at=clock.tick())

    with pytest.raises(IntegrityError), transaction.atomic():
        WorksheetFile.objects.filter(pk=row.pk).update(task=None)


# --- looking ---------------------------------------------------------------------------------------------------------


def test_staff_open_proof_for_a_reason_that_is_kept(restricted: SubjectRequest, clock: Clock) -> None:
    row = taskproof.add(_token(restricted), *REPORT, at=clock.tick())

    assert _looked(restricted, row.pk, clock) == b"%PDF-1.7 Ada is gone"

    event = Event.objects.get(verb="revealed")
    assert event.actor_id == str(builders.vera().user_id)
    assert event.data == {"system": "cabinet", "file": str(row.pk), "post": event.data["post"]}
    assert Post.objects.get(pk=event.data["post"]).open("body") == "To see that it is so."


def test_nobody_opens_proof_without_a_reason_a_right_or_in_the_case_of_somebody_else(
    restricted: SubjectRequest, clock: Clock
) -> None:
    row = taskproof.add(_token(restricted), *REPORT, at=clock.tick())
    other = builders.in_review(Right.RESTRICTION, at=clock.tick(), email=builders.MAX)

    with pytest.raises(Incomplete):
        _looked(restricted, row.pk, clock, " ")
    with pytest.raises(NotAllowed):
        revealing.reveal_file(restricted.pk, row.pk, "Why not.", by=Caller.person(), at=clock.tick())
    with pytest.raises(NotFound):
        _looked(other, row.pk, clock)
    with pytest.raises(NotFound):
        _looked(restricted, uuid7(clock()), clock)

    assert not Event.objects.filter(verb="revealed").exists()


def test_what_was_found_in_a_search_is_no_proof_to_open(clock: Clock, systems: Any) -> None:
    organisation.cabinet(clock())
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    request = builders.only(filed.submission)
    token = builders.token_in(builders.letters_to(request.submission, "worksheet")[-1].link)
    found = worksheets.add_file(token, "letters", "letter.txt", "text/plain", [b"x"], at=clock.tick())

    with pytest.raises(NotFound):
        _looked(request, found.id, clock)


# --- forgetting ------------------------------------------------------------------------------------------------------


@pytest.fixture
def over(restricted: SubjectRequest, clock: Clock) -> SubjectRequest:
    """Restricted with proof, told that it ends, and lifted: nothing more is open."""
    token = _token(restricted)
    taskproof.add(token, *REPORT, at=clock.tick())
    taskpaper.report(token, [DONE], "", at=clock.tick())
    drain(clock.tick())
    restriction.tell_lifting(restricted.pk, "It was right.", by=builders.vera(), at=clock.tick())
    drain(clock.tick(days=8))
    taskpaper.report(_token(restricted), [DONE], "", at=clock.tick())
    return restricted


def test_proof_outlives_the_answer_and_goes_with_the_case(over: SubjectRequest, clock: Clock) -> None:
    [row] = WorksheetFile.objects.all()
    drain(clock.tick(days=settings.ANSWER_KEPT_DAYS + 1))
    assert _looked(over, row.pk, clock) == b"%PDF-1.7 Ada is gone"

    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))

    assert builders.again(over).submission.purged_at is not None
    assert not WorksheetFile.objects.exists()
    assert _stored() == []
    with pytest.raises(Forgotten):
        _task(over).request.submission.data_key.key_bytes()


def test_purging_that_was_killed_deletes_the_bytes_the_next_time(over: SubjectRequest, clock: Clock) -> None:
    at = clock.tick(days=settings.CASE_KEPT_DAYS + 1)
    purging.forget(over.submission_id, at)
    assert not WorksheetFile.objects.exists()
    assert len(_stored()) == 1

    purging.purge(Deadline.objects.get(submission=over.submission, kind=DeadlineKind.PURGE), at)

    assert _stored() == []


def test_housekeeping_spares_proof_and_sweeps_up_what_no_row_names(restricted: SubjectRequest, clock: Clock) -> None:
    row = taskproof.add(_token(restricted), *REPORT, at=clock.tick())
    with storage.vault().writer(f"worksheets/{row.task_id}/{uuid7(clock())}", bytes(32)) as out:
        out.write(b"lost")

    assert orphans.sweep(clock.tick(days=2)) == 1

    assert _stored() == [row.vault_name]


def test_late_task_of_a_forgotten_case_takes_nothing_personal_any_more(over: SubjectRequest, clock: Clock) -> None:
    ends = Deadline.objects.get(submission=over.submission, kind=DeadlineKind.PURGE, done_at=None).due_at
    drain(clock.tick(days=(ends - clock()).days - 5))
    with holding(request_id=over.pk) as case:
        system = _task(over).system_id
        task = taskwork.make(case, case.request(over.pk), system, TaskKind.ERASE, at=clock(), late=True)
    Task.objects.filter(pk=task.pk).update(
        state=TaskState.WITH_OWNER, started_at=clock(), due_at=clock() + timedelta(days=7)
    )
    before = grants.issue(taskpaper.TASKSHEET, task.pk, clock(), lasts=timedelta(days=1))
    taskproof.add(before, *REPORT, at=clock.tick())
    mailed = len(django_mail.outbox)
    drain(clock.tick(days=10))
    drain(clock.tick())
    after = grants.issue(taskpaper.TASKSHEET, task.pk, clock(), lasts=timedelta(days=1), uses=None)

    sheet = taskpaper.sheet_of(after, clock.tick())
    with pytest.raises(WrongState):
        taskproof.add(after, *REPORT, at=clock.tick())

    assert builders.again(over).submission.purged_at is not None
    assert "/worksheets/?key=" in str([mail.body for mail in django_mail.outbox[mailed:]])
    assert (sheet.open, sheet.files, sheet.file_rules) == (True, (), None)
    assert _stored() == []
    assert not WorksheetFile.objects.exists()
