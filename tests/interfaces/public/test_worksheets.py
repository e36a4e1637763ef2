"""The worksheet: an owner without an account searches by hand, adds what was found, and reports."""

import re

import pytest
from django.core import mail as django_mail
from django.core.files.uploadedfile import SimpleUploadedFile

from dsr.models import Step, StepResult, StepState, WorksheetFile
from dsr.public import worksheets
from tests import builders, organisation
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted

pytestmark = pytest.mark.django_db(transaction=True)
PDF = b"%PDF-1.7\n%stub\n"


@pytest.fixture
def sheet(clock, db):
    """The link that Olga was mailed."""
    organisation.cabinet(clock())
    builders.in_review(at=clock())
    bodies = [str(message.body) for message in django_mail.outbox]
    found = next(match for text in bodies if (match := re.search(r"\S+(/worksheets/\?key=\S+)", text)))
    return found[1]


def hand_in(visitor: Visitor, name: str = "letter.pdf", data: bytes = PDF, **changes: object) -> Visitor:
    """Add a file."""
    address, fields = visitor.sending("Add this file")
    form = {**fields, "file": SimpleUploadedFile(name, data), "dataset": "letters", **changes}
    return visitor._arrived(visitor.client.post(address, form), address)


def step() -> Step:
    return Step.objects.get()


def test_owner_sees_what_to_look_for_and_nothing_else_of_the_case(visitor, sheet):
    visitor.open(sheet)

    assert "Please search: The cabinet" in visitor.text
    assert "Look in the cabinet." in visitor.text
    assert f"Mail address {builders.ADA}" in visitor.text
    assert "Ada Lovelace" not in visitor.text
    assert "Letters : What was written." in visitor.text.replace("Letters:", "Letters :")
    assert "Make a request" not in visitor.text


def test_owner_adds_files_and_reports_what_was_found(visitor, sheet):
    hand_in(visitor.open(sheet))
    hand_in(visitor, "notes.txt", b"Called on Monday.")
    assert "letter.pdf" in visitor.text
    assert "notes.txt" in visitor.text

    visitor.choose("I searched and found something").press("Send the report")

    assert "this worksheet is closed" in visitor.text
    assert step().result == StepResult.FOUND
    assert visitor.open(sheet).text.count("this worksheet is closed")
    assert visitor.page.forms == []


def test_owner_reports_that_nothing_is_held(visitor, sheet):
    visitor.open(sheet).choose("I searched and nothing is held").press("Send the report")

    assert step().result == StepResult.NOTHING_HELD


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (None, "Choose what came of your search."),
        ("I searched and found something", "Add what you found."),
        ("It may not be given out", "Say why"),
    ],
)
def test_a_report_that_lacks_something_says_what(visitor, sheet, choice, words):
    visitor.open(sheet)
    if choice:
        visitor.choose(choice)

    visitor.press("Send the report")

    assert visitor.status == 422
    assert words in visitor.text
    assert step().state == StepState.WITH_OWNER


def test_a_report_that_it_cannot_be_given_goes_to_staff(visitor, sheet):
    visitor.open(sheet).choose("It may not be given out")
    visitor.fill("What should the privacy team know?", "It is about a police matter.").press("Send the report")

    assert step().state == StepState.STUCK
    assert "this worksheet is closed" in visitor.text


def test_a_file_can_be_taken_back(visitor, sheet):
    hand_in(visitor.open(sheet))

    visitor.press("Take it back")

    assert "No files yet." in visitor.text
    assert not WorksheetFile.objects.exists()


def test_pressing_add_twice_keeps_one(visitor, sheet):
    visitor.open(sheet)
    address, fields = visitor.sending("Add this file")

    for _press in range(2):
        form = {**fields, "file": SimpleUploadedFile("letter.pdf", PDF), "dataset": "letters"}
        assert visitor.client.post(address, form).status_code == 303

    assert WorksheetFile.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("virus.exe", b"MZ", "not taken"),
        ("virus.pdf", b"MZ\x90", "not taken"),
        ("picture.png", PDF, "not taken"),
        ("notes.txt", b"\x00\x01", "not taken"),
        ("letter.pdf", b"", "empty"),
        ("none", b"x", "not taken"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(visitor, sheet, name, data, words):
    hand_in(visitor.open(sheet), name, data)

    assert visitor.status == 422
    assert words in visitor.text
    assert not WorksheetFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/letter.pdf", "letter.pdf"), ("a\u202efdp.pdf", "afdp.pdf"), ("<b>.pdf", "&lt;b&gt;.pdf")],
)
def test_names_of_files_do_no_tricks(visitor, sheet, name, kept):
    hand_in(visitor.open(sheet), name)

    assert visitor.status == 200
    assert kept in visitor.response.content.decode()


def test_a_file_without_its_kind_or_without_a_file_is_named(visitor, sheet):
    hand_in(visitor.open(sheet), dataset="ghosts")
    assert visitor.status == 422

    visitor.open(sheet)
    address, fields = visitor.sending("Add this file")
    assert visitor.client.post(address, {**fields, "dataset": "letters"}).status_code == 422


def test_too_large_a_file_is_refused_before_it_is_read(visitor, sheet, monkeypatch):
    monkeypatch.setattr(worksheets, "_ENVELOPE", -100 * 1024 * 1024)

    hand_in(visitor.open(sheet))

    assert visitor.status == 422
    assert "too large" in visitor.text


@pytest.mark.parametrize("key", ["", "x", "\x00", "x" * 43, "x" * 5000])
def test_an_unknown_link_gets_one_page(visitor, sheet, key):
    get = visitor.client.get("/worksheets/", {"key": key})
    posts = [visitor.client.post(path, {"key": key}) for path in ("/worksheets/", "/worksheets/files/remove/")]
    posts.append(visitor.client.post(f"/worksheets/files/?key={key.encode('unicode_escape').decode()}"))

    assert {answer.status_code for answer in (get, *posts)} == {404}
    assert {answer.content for answer in posts} == {get.content}


def test_nothing_can_be_added_once_it_was_reported(visitor, sheet):
    visitor.open(sheet)
    adding = visitor.sending("Add this file")
    visitor.choose("I searched and nothing is held").press("Send the report")

    form = {**adding[1], "file": SimpleUploadedFile("letter.pdf", PDF), "dataset": "letters"}
    assert b"this worksheet is closed" in visitor.client.post(adding[0], form).content
    assert not WorksheetFile.objects.exists()


def test_sheet_costs_a_fixed_number_of_statements(visitor, sheet):
    with counted() as bare:
        visitor.open(sheet)
    for name in ("one.pdf", "two.pdf", "three.pdf"):
        hand_in(visitor.open(sheet), name)
    with counted() as full:
        visitor.open(sheet)

    assert len(bare) == len(full) == 3, "\n".join(full)
