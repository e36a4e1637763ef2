"""The worksheet for what an owner is to do: he sees what and about whom, says of each part what he did, and no more."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.core import mail as django_mail

from dsr.admin import words
from dsr.models import Event, LedgerEntry, SubjectRequest, System, Task, TaskKind, TaskResult, TaskState
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import review, taskwork
from dsr.services._moves import holding
from dsr.services.erasure import waiting
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted

pytestmark = pytest.mark.django_db(transaction=True)
WHO = {"email": [builders.ADA]}
DELETED = "It is deleted"
LEFT_OUT = "The person is left out from now on"


@pytest.fixture
def approved(clock, db) -> SubjectRequest:
    """A deletion of Ada's that two people have approved, with a cabinet that its owner empties by hand."""
    organisation.cabinet(clock())
    made = builders.in_review(Right.DELETION, at=clock(), country="US", region="CA")
    request = SubjectRequest.objects.get(submission=made.submission, right=Right.DELETION)
    waiting.confirm(request.pk, by=Caller.person(), at=clock())
    review.prepare(request.pk, by=builders.hal(), at=clock())
    review.approve(request.pk, by=builders.vera(), at=clock())
    return request


def link(clock, words: str = "has to be deleted in The cabinet") -> str:
    """The link in the newest mail to Olga that says this, some days later."""
    for span in ({"days": 4}, {"minutes": 1}):
        drain(clock.tick(**span))
    bodies = [" ".join(str(mail.body).split()) for mail in django_mail.outbox]
    found = [re.findall(r"/worksheets/\?key=\S+", body) for body in bodies if words in body]
    return str(found[-1][0])


@pytest.fixture
def sheet(approved, clock) -> str:
    """The link to the deletion."""
    return link(clock)


def given(approved: SubjectRequest, clock: Any, kind: TaskKind, words: str, **changes: Any) -> str:
    """Give the owner another task of this request, and return the link to it."""
    with holding(request_id=approved.pk) as case:
        request = case.request(approved.pk)
        taskwork.make(case, request, System.objects.get().pk, kind, at=clock(), changes={"who": WHO, **changes})
    return link(clock, words)


def task(kind: TaskKind = TaskKind.ERASE) -> Task:
    return Task.objects.filter(kind=kind).latest("made_at", "id")


def report(visitor: Visitor, **fields: str) -> Visitor:
    """Send the report with these answers about the only category, or the whole; the person is left out."""
    address, form = visitor.sending("Send the report")
    whole = ("note", "left_out")
    data: Mapping[str, Any] = {
        **form,
        "left_out": "done",
        **{name if name in whole else f"{name}_0": text for name, text in fields.items()},
    }
    return visitor._arrived(visitor.client.post(address, data), address)


def test_owner_sees_what_to_delete_and_nothing_else_of_the_case(visitor, sheet):
    visitor.open(sheet)

    assert "Please delete: The cabinet" in visitor.text
    assert "Look in the cabinet." in visitor.text
    assert f"Mail address {builders.ADA}" in visitor.text
    assert "Ada Lovelace" not in visitor.text
    assert "Support" in visitor.text
    assert "Make a request" not in visitor.text


def test_owner_reports_a_deletion_once(visitor, sheet):
    visitor.open(sheet).choose(LEFT_OUT).choose(DELETED)
    pressed = visitor.sending("Send the report")
    visitor.press("Send the report")

    assert "this worksheet is closed" in visitor.text
    assert (task().state, task().result) == (TaskState.DONE, TaskResult.DONE)
    assert [(row.outcome, row.count) for row in LedgerEntry.objects.filter(system__key="cabinet")] == [("erased", 1)]
    assert b"this worksheet is closed" in visitor.client.post(*pressed).content
    assert visitor.open(sheet).page.forms == []


def test_owner_keeps_something_on_a_ground_until_a_day(visitor, sheet):
    visitor.open(sheet)

    report(visitor, word="kept", count="3", ground="legal_claims", until="2031-12-31")

    [row] = LedgerEntry.objects.filter(system__key="cabinet")
    assert (row.outcome, row.count, row.ground, str(row.until)) == ("kept", 3, "legal_claims", "2031-12-31")
    assert task().result == TaskResult.KEPT


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Say what you did."),
        ({"word": "gone"}, "Choose one of these."),
        ({"word": "kept", "until": "2031-12-31"}, "Choose the ground on which it must be kept."),
        ({"word": "kept", "ground": "legal_claims"}, "Enter the day until which it must be kept."),
        ({"word": "kept", "ground": "legal_claims", "until": "2001-01-01"}, "Enter the day until which"),
        ({"word": "kept", "ground": "law_forbids_telling", "until": "2031-12-31"}, "Choose one of these."),
        ({"word": "kept", "ground": "legal_claims", "until": "soon"}, "Enter a day, as 2027-03-31."),
        ({"word": "done", "count": "-1"}, "as a whole number."),
        ({"word": "could_not"}, "Say what stood in the way."),
    ],
)
def test_a_report_that_lacks_something_says_what(visitor, sheet, fields, words):
    visitor.open(sheet)

    report(visitor, **fields)

    assert visitor.status == 422
    assert visitor.text.count(words) == 2, "once at the top, once beside the field"
    assert task().state == TaskState.WITH_OWNER


def test_what_could_not_be_done_goes_to_staff_with_the_reason(visitor, sheet):
    visitor.open(sheet)

    report(visitor, word="could_not", note="The key to the cabinet is lost.")

    assert (task().state, task().code) == (TaskState.STUCK, "owner_could_not")
    assert task().open("note") == "The key to the cabinet is lost."
    assert "this worksheet is closed" in visitor.text


def test_owner_says_first_that_the_person_is_left_out(visitor, sheet):
    visitor.open(sheet)
    assert "Before you delete: is the person left out from now on?" in visitor.text

    report(visitor, left_out="", word="done")
    assert visitor.status == 422
    assert visitor.text.count("Say whether the person is left out.") == 2
    assert task().state == TaskState.WITH_OWNER

    report(visitor, left_out="not_applicable", word="done")
    assert (task().state, task().result) == (TaskState.DONE, TaskResult.DONE)
    assert Event.objects.get(verb="owner_reported").data["left_out"] == "not_applicable"


def test_who_could_not_leave_the_person_out_has_deleted_nothing_and_staff_decide(visitor, sheet):
    visitor.open(sheet)
    report(visitor, left_out="could_not")
    assert visitor.text.count("Say what stood in the way.") == 2

    report(visitor, left_out="could_not", note="There is no such list.")

    assert (task().state, task().code) == (TaskState.STUCK, "owner_could_not_leave_out")
    assert task().open("note") == "There is no such list."
    assert not LedgerEntry.objects.filter(system__key="cabinet", outcome="erased").exists()
    seen = words.particulars(Event.objects.get(verb="owner_reported"), {})
    assert "I could not do it, and have deleted nothing" in seen


@pytest.mark.parametrize(
    ("kind", "mailed", "head", "done"),
    [
        (TaskKind.RESTRICT, "may only be stored", "Please stop its use", "It is only stored from now on"),
        (TaskKind.UNRESTRICT, "may be used again", "Please allow its use again", "It may be used again there"),
        (TaskKind.CORRECT, "has to be put right", "Please put right", "It is put right"),
        (TaskKind.ANNOTATE, "has to be put right", "Please add a statement", "The statement is kept beside it"),
        (TaskKind.TELL, "you were given", "Please act on this", "We have acted on it"),
    ],
)
def test_owner_does_each_other_thing_as_a_whole(visitor, sheet, approved, clock, kind, mailed, head, done):
    parts = {
        TaskKind.CORRECT: [{"dataset": "letters", "field": "town", "value": "Cork"}],
        TaskKind.ANNOTATE: [{"dataset": "letters", "text": "I never lived in Dublin."}],
    }.get(kind, [])

    visitor.open(given(approved, clock, kind, mailed, parts=parts))

    assert f"{head}: The cabinet" in visitor.text
    assert "It must be kept" not in visitor.text
    assert "Before you delete" not in visitor.text
    assert ("Letters: town It has to say: Cork" in visitor.text) == (kind == TaskKind.CORRECT)
    assert ("I never lived in Dublin." in visitor.text) == (kind == TaskKind.ANNOTATE)
    assert ("Delete it too" in visitor.text) == (kind == TaskKind.TELL)
    visitor.choose(done).press("Send the report")
    assert (task(kind).state, task(kind).result) == (TaskState.DONE, TaskResult.DONE)


@pytest.mark.parametrize("key", ["", "x", "\x00", "x" * 43])
def test_an_unknown_link_gets_the_page_that_every_worksheet_has(visitor, sheet, key):
    answers = [visitor.client.get("/worksheets/", {"key": key}), visitor.client.post("/worksheets/", {"key": key})]
    answers.append(visitor.client.post(f"/worksheets/files/?{sheet.partition('?')[2]}"))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_sheet_costs_a_fixed_number_of_statements(visitor, sheet):
    with counted() as spent:
        visitor.open(sheet)

    assert len(spent) <= 6, "\n".join(spent)
