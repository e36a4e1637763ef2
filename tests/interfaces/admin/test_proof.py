"""Staff see what owners handed in as proof, and open it for a reason that is kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from dsr.models import Event, Post, Task, TaskState, WorksheetFile
from dsr.rights import Right
from dsr.services import review, taskpaper, taskproof
from dsr.services.systems import Entry, enter
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.admin.desk import colleague, sheet, signed_in, text
from tests.statements import counted
from verification import grants

NAME = "ada-is-only-stored.pdf"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DATA = b"%PDF-1.7 <script>alert(1)</script>"


@pytest.fixture
def restricted(clock, db, settings, tmp_path):
    """Ada's data in the cabinet is to be only stored, and Olga has handed in proof of it."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    organisation.cabinet(clock())
    request = builders.in_review(Right.RESTRICTION, at=clock())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    hand_in(request, clock)
    return request


def hand_in(request, clock, name: str = NAME, kind: str = "application/pdf") -> WorksheetFile:
    task = Task.objects.get(request=request, state=TaskState.WITH_OWNER)
    token = grants.issue(taskpaper.TASKSHEET, task.pk, clock(), lasts=timedelta(days=1))
    return taskproof.add(token, name, kind, [DATA], at=clock())


def saved_as(request) -> str:
    answer: Any = signed_in("hal").post(opening(request), {"reason": "To see that it is so."})
    assert b"".join(answer.streaming_content) == DATA
    return str(answer["Content-Disposition"])


def takes(clock, media_types: dict[str, list[str]]) -> None:
    """From now on the cabinet takes these files and no others."""
    config = {**organisation.MANUAL, "files": {"media_types": media_types}}
    enter(Entry("cabinet", "The cabinet", "Olga Owner", "olga@staff.example.org", "manual", config), at=clock())


def opening(request) -> str:
    return reverse("admin:dsr_subjectrequest_file", args=(request.pk, WorksheetFile.objects.earliest("id").pk))


def test_proof_is_listed_with_the_task_and_opened_for_a_reason(restricted, clock):
    hal = signed_in("hal")
    page = text(hal.get(sheet(restricted)))
    assert NAME in page
    assert "1 file as proof" in page
    assert "The owner of a system handed in a file as proof" in page

    answer: Any = hal.post(opening(restricted), {"reason": "To see that it is so."})

    assert b"".join(answer.streaming_content) == DATA
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith('attachment; filename="proof-')
    assert answer["Content-Disposition"].endswith('.pdf"')
    assert "ada" not in answer["Content-Disposition"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert (answer["X-Content-Type-Options"], answer["Content-Length"]) == ("nosniff", str(len(DATA)))
    assert "no-store" in answer["Cache-Control"]
    event = Event.objects.get(verb="revealed")
    assert event.actor_id == str(colleague("hal").pk)
    assert NAME not in str(event.data)
    assert Post.objects.get(pk=event.data["post"]).open("body") == "To see that it is so."
    assert "a file of its owner" in text(hal.get(sheet(restricted)))


@pytest.mark.parametrize(
    ("later", "ending"),
    [
        ({WORD: [".docx"]}, ".docx"),
        ({"application/pdf": [".pdf"]}, ".bin"),
        ({WORD: ['.do"cx', ".docx"]}, ".docx"),
    ],
    ids=["taken", "taken no more", "odd"],
)
def test_file_is_saved_with_the_ending_that_its_system_knows(restricted, clock, later, ending):
    takes(clock, {WORD: [".docx"]})
    WorksheetFile.objects.all().delete()
    hand_in(restricted, clock, "report.docx", WORD)
    takes(clock, later)

    saved = saved_as(restricted)

    assert saved.endswith(f'{ending}"')
    assert "report" not in saved


def test_file_of_a_system_that_has_no_worksheets_any_more_keeps_the_ending_that_most_have(restricted, clock, tmp_path):
    organisation.desk(tmp_path, clock(), "cabinet")

    assert saved_as(restricted).endswith('.pdf"')


def test_without_a_reason_nothing_is_opened(restricted):
    hal = signed_in("hal")

    answer = hal.post(opening(restricted), {"reason": ""}, follow=True)

    assert "Write something first." in text(answer)
    assert not Event.objects.filter(verb="revealed").exists()


@pytest.mark.parametrize("name", ["sam", "audrey", "syl"])
def test_whoever_may_see_no_personal_values_opens_none(restricted, name):
    answer = signed_in(name).post(opening(restricted), {"reason": "To look."})

    assert answer.status_code in (403, 404)
    assert DATA not in getattr(answer, "content", b"")
    assert not Event.objects.filter(verb="revealed").exists()


def test_proof_is_opened_by_post_alone_and_never_by_somebody_signed_out(restricted, client):
    address = opening(restricted)

    assert signed_in("hal").get(address).status_code == 405
    assert client.post(address, {"reason": "x"}).status_code == 302
    assert not Event.objects.filter(verb="revealed").exists()


def test_whoever_the_case_is_about_opens_nothing(restricted):
    ada = signed_in("vera")
    user = colleague("vera")
    user.email = builders.ADA
    user.save()

    assert ada.post(opening(restricted), {"reason": "It is mine."}).status_code == 403


def test_proof_of_another_case_is_not_opened_through_this_one(restricted, clock):
    other = builders.in_review(Right.RESTRICTION, at=clock.tick(), email=builders.MAX)
    address = reverse("admin:dsr_subjectrequest_file", args=(other.pk, WorksheetFile.objects.get().pk))

    answer = signed_in("hal").post(address, {"reason": "To look."}, follow=True)

    assert "There is no such file." in text(answer)


def test_report_says_in_the_history_how_many_files_came_with_it(restricted, clock):
    task = Task.objects.get(request=restricted)
    token = grants.issue(taskpaper.TASKSHEET, task.pk, clock(), lasts=timedelta(days=1))
    taskpaper.report(token, [taskpaper.Said("done")], "", at=clock())

    assert "cabinet · 1 file" in text(signed_in("hal").get(sheet(restricted)))


def test_page_costs_the_same_with_many_files(restricted, clock):
    hal = signed_in("hal")
    hal.get(sheet(restricted))
    with counted() as one:
        hal.get(sheet(restricted))
    for name in ("two.pdf", "three.pdf", "four.pdf"):
        hand_in(restricted, clock, name)
    with counted() as four:
        hal.get(sheet(restricted))

    assert len(one) == len(four), "\n".join(four)
