"""The worksheet for a task takes files as proof: checked by content, kept once, named without tricks, taken back."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dsr.models import Task, TaskState, WorksheetFile
from dsr.public import sniffing, worksheets
from dsr.services import storage, taskrun
from tests import builders
from tests.drain import drain
from tests.interfaces.public.test_tasksheets import DELETED, LEFT_OUT, approved, link, report, sheet
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted
from verification import grants

__all__ = ["approved", "sheet"]
pytestmark = pytest.mark.django_db(transaction=True)
PDF = b"%PDF-1.7\n%stub\n"


@pytest.fixture(autouse=True)
def storage_of_its_own(settings, tmp_path):
    """A vault with nothing in it."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"


def hand_in(visitor: Visitor, name: str = "report.pdf", data: bytes = PDF) -> Visitor:
    """Add a file."""
    address, fields = visitor.sending("Add this file")
    form: Any = {**fields, "file": SimpleUploadedFile(name, data)}
    return visitor._arrived(visitor.client.post(address, form), address)


def stored() -> list[str]:
    return list(storage.vault().list_prefix("worksheets/"))


def test_owner_adds_proof_and_reports(visitor, sheet):
    hand_in(visitor.open(sheet))
    hand_in(visitor, "screen.png", b"\x89PNG\r\n\x1a\n")
    assert "report.pdf" in visitor.text
    assert "screen.png" in visitor.text

    visitor.choose(LEFT_OUT).choose(DELETED).press("Send the report")

    assert "this worksheet is closed" in visitor.text
    assert Task.objects.get(system__key="cabinet").state == TaskState.DONE
    assert {row.open("name") for row in WorksheetFile.objects.all()} == {"report.pdf", "screen.png"}
    assert len(stored()) == 2


def test_proof_is_not_needed(visitor, sheet):
    visitor.open(sheet).choose(LEFT_OUT).choose(DELETED).press("Send the report")

    assert "this worksheet is closed" in visitor.text
    assert not WorksheetFile.objects.exists()


def test_proof_can_be_taken_back(visitor, sheet):
    hand_in(visitor.open(sheet))

    visitor.press("Take it back")

    assert "report.pdf" not in visitor.text
    assert (WorksheetFile.objects.count(), stored()) == (0, [])


def test_pressing_add_twice_keeps_one(visitor, sheet):
    visitor.open(sheet)
    address, fields = visitor.sending("Add this file")

    for _press in range(2):
        form = {**fields, "file": SimpleUploadedFile("report.pdf", PDF)}
        assert visitor.client.post(address, form).status_code == 303

    assert WorksheetFile.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("virus.exe", b"MZ", "not taken"),
        ("virus.pdf", b"MZ\x90", "not taken"),
        ("picture.png", PDF, "not taken"),
        ("page.html", b"<script>", "not taken"),
        ("picture.svg", b"<svg onload='x'/>", "not taken"),
        ("notes.txt", b"\x00\x01", "not taken"),
        ("report.pdf", b"", "empty"),
        ("none", b"x", "not taken"),
    ],
)
def test_a_file_of_another_kind_is_refused_at_the_top_and_beside_the_field(visitor, sheet, name, data, words):
    hand_in(visitor.open(sheet), name, data)

    assert visitor.status == 422
    assert "There is a problem" in visitor.text
    assert visitor.text.count(words) == 2
    assert (WorksheetFile.objects.count(), stored()) == (0, [])


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/report.pdf", "report.pdf"), ("a\u202efdp.pdf", "afdp.pdf"), ("<b>.pdf", "&lt;b&gt;.pdf")],
)
def test_names_of_files_do_no_tricks(visitor, sheet, name, kept):
    hand_in(visitor.open(sheet), name)

    assert visitor.status == 200
    assert kept in visitor.response.content.decode()


def test_no_file_at_all_is_named(visitor, sheet):
    visitor.open(sheet)
    address, fields = visitor.sending("Add this file")

    visitor._arrived(visitor.client.post(address, fields), address)

    assert visitor.status == 422
    assert "Choose a file first." in visitor.text


def test_too_large_a_file_is_refused_before_it_is_read(visitor, sheet, monkeypatch):
    monkeypatch.setattr(worksheets, "_ENVELOPE", -100 * 1024 * 1024)

    hand_in(visitor.open(sheet))

    assert visitor.status == 422
    assert visitor.text.count("This file is too large.") == 2
    assert "Choose a file first." not in visitor.text


def test_refused_file_is_not_lost_for_want_of_the_page_and_the_report_still_works(visitor, sheet):
    hand_in(visitor.open(sheet), "virus.exe", b"MZ")

    visitor.choose(LEFT_OUT).choose(DELETED).press("Send the report")

    assert "this worksheet is closed" in visitor.text


def test_nothing_can_be_added_or_taken_back_once_it_was_reported(visitor, sheet):
    hand_in(visitor.open(sheet))
    adding, removing = visitor.sending("Add this file"), visitor.sending("Take it back")
    visitor.choose(LEFT_OUT).choose(DELETED).press("Send the report")

    form = {**adding[1], "file": SimpleUploadedFile("late.pdf", PDF)}
    assert b"this worksheet is closed" in visitor.client.post(adding[0], form).content
    assert visitor.client.post(*removing).status_code == 409
    assert [row.open("name") for row in WorksheetFile.objects.all()] == ["report.pdf"]


def test_what_came_with_an_earlier_report_is_shown_and_stays(visitor, sheet, approved, clock):
    hand_in(visitor.open(sheet))
    report(visitor, word="could_not", note="The key is lost.")
    task = Task.objects.get(system__key="cabinet")
    taskrun.retry(approved.pk, task.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    visitor.open(link(clock))

    assert "report.pdf" in visitor.text
    assert "It came with an earlier report and stays." in visitor.text
    assert "Take it back" not in visitor.text


@pytest.mark.parametrize("key", ["", "x", "\x00", "x" * 43, "x" * 5000])
def test_an_unknown_link_gets_one_page(visitor, sheet, key):
    get = visitor.client.get("/worksheets/", {"key": key})
    posts = [
        visitor.client.post("/worksheets/proof/remove/", {"key": key}),
        visitor.client.post(f"/worksheets/proof/?key={key.encode('unicode_escape').decode()}"),
    ]

    assert {answer.status_code for answer in (get, *posts)} == {404}
    assert {answer.content for answer in posts} == {get.content}


def test_link_that_ends_while_the_file_is_on_its_way_gets_the_same_page(visitor, sheet, monkeypatch, clock):
    visitor.open(sheet)
    task, head = Task.objects.get(system__key="cabinet"), sniffing.head

    def revoked(upload: Any) -> bytes:
        grants.revoke(task.pk, at=clock())
        return head(upload)

    monkeypatch.setattr(sniffing, "head", revoked)
    hand_in(visitor)

    assert visitor.status == 404
    assert (WorksheetFile.objects.count(), stored()) == (0, [])


@pytest.mark.parametrize("path", ["/worksheets/proof/", "/worksheets/proof/remove/"])
def test_proof_is_sent_and_taken_back_by_post_and_from_here_only(visitor, sheet, path):
    assert visitor.client.get(path).status_code == 405
    assert visitor.client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_sheet_costs_the_same_with_many_files(visitor, sheet):
    hand_in(visitor.open(sheet))
    with counted() as one:
        visitor.open(sheet)
    for name in ("two.pdf", "three.pdf", "four.pdf"):
        hand_in(visitor.open(sheet), name)
    with counted() as four:
        visitor.open(sheet)

    assert len(one) == len(four) <= 6, "\n".join(four)


def test_adding_costs_the_same_with_many_files(visitor, sheet):
    visitor.open(sheet)
    spent = []
    for name in ("one.pdf", "two.pdf", "three.pdf"):
        address, fields = visitor.sending("Add this file")
        with counted() as statements:
            visitor.client.post(address, {**fields, "file": SimpleUploadedFile(name, PDF)})
        spent.append(len(statements))
        visitor.open(sheet)

    assert len(set(spent)) == 1, spent
