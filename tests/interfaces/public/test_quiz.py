"""Questions on recent dealings: judged by form before they count, counted once, told as enough or not and no more."""

import re
from typing import Any

import pytest

from dsr.connectors.facts import KINDS
from dsr.lifecycle import State
from dsr.models import Event, Post, Submission
from dsr.public import quiz
from dsr.services import facts, proving
from tests import builders, organisation
from tests.interfaces.public.asking import claimed, door
from tests.interfaces.public.visitor import Visitor
from verification.models import Check, CheckState

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/verify/facts/"
WRONG = {"amount": "1.23", "month": "1/2001", "count": "7", "words": "nothing like it"}


@pytest.fixture(autouse=True)
def console(clock: Any, tmp_path: Any, db: None) -> Any:
    """A system that knows Ada."""
    return organisation.console(tmp_path, clock())


def _begun(visitor: Visitor, submission: Submission, clock: Any) -> Visitor:
    return visitor.open(door(submission, clock(), PAGE)).press("Begin")


def _answer(visitor: Visitor, answers: dict[str, str], wrong: int = 0) -> Visitor:
    """Answer by the names of the fields: what is not to be answered does not apply; so many are answered wrongly."""
    for form in visitor.page.forms:
        for control in form.controls:
            name = control.name.removeprefix("not-")
            if name not in KINDS:
                continue
            known = answers.get(name, "")
            if name in answers and wrong > 0:
                known = WRONG[KINDS[name]]
                wrong -= 1 if control.kind == "checkbox" else 0
            if control.kind == "checkbox":
                control.on = not known
            else:
                control.value = known
    return visitor


def _sent(visitor: Visitor) -> Visitor:
    return visitor.press("Send the answers")


def _tries(submission: Submission) -> list[str]:
    return [check.state for check in Check.objects.filter(about=submission.pk).order_by("started_at", "id")]


def test_looking_asks_nothing_and_begin_asks(visitor, clock):
    submission = claimed(clock())

    visitor.open(door(submission, clock(), PAGE))

    assert "Two right answers are enough." in visitor.text
    assert "Date of birth" in visitor.text
    assert not Check.objects.filter(about=submission.pk).exists()
    visitor.press("Begin")
    names = [control.name for form in visitor.page.forms for control in form.controls if control.kind == "text"]
    assert len(names) == facts.REAL + facts.DECOYS
    assert visitor.text.count("This does not apply to me") == len(names)
    visitor.client.post(PAGE, {"reference": submission.reference, "key": visitor.address.partition("key=")[2]})
    again = visitor.open(door(submission, clock(), PAGE))
    assert [c.name for form in again.page.forms for c in form.controls if c.kind == "text"] == names


def test_right_answers_let_the_request_through(visitor, clock):
    submission = claimed(clock())
    _begun(visitor, submission, clock)

    _sent(_answer(visitor, organisation.ANSWERS))

    assert "Thank you, we know now that it is you." in visitor.text
    assert "We also search by what you gave beside your mail address." in visitor.text
    assert builders.only(submission).state == State.IN_REVIEW
    assert _tries(submission) == [CheckState.PASSED]


def test_wrong_answers_are_not_enough_and_nothing_tells_which(visitor, clock):
    submission = claimed(clock())
    _begun(visitor, submission, clock)

    _sent(_answer(visitor, organisation.ANSWERS, wrong=2))

    assert "That was not enough" in visitor.text
    assert "49.50" not in visitor.response.content.decode()
    assert builders.only(submission).state == State.VERIFYING
    for _try in range(facts.TRIES - 1):
        visitor.press("Try other questions")
        _sent(_answer(visitor, organisation.ANSWERS, wrong=3))
    assert "Try other questions" not in visitor.text
    visitor.open(door(submission, clock(), PAGE)).press("Begin")
    assert visitor.status == 429
    assert "answered wrongly too often" in visitor.text
    assert "That is from 4 April 2026 on." in visitor.text


def test_pressed_twice_it_counts_once(visitor, clock):
    submission = claimed(clock())
    _begun(visitor, submission, clock)
    sending = _answer(visitor, organisation.ANSWERS, wrong=2).sending("Send the answers")

    answers = [visitor.client.post(*sending) for _press in range(3)]

    assert {(each.status_code, each["Location"]) for each in answers} == {(303, answers[0]["Location"])}
    assert _tries(submission) == [CheckState.FAILED]
    assert list(Event.objects.filter(submission=submission).values_list("verb", flat=True)).count("proof_failed") == 1


def test_nothing_typed_is_lost_where_something_is_missing(visitor, clock):
    submission = claimed(clock())
    _begun(visitor, submission, clock)
    fields = [c for form in visitor.page.forms for c in form.controls if c.name in KINDS]
    month = next(control for control in fields if KINDS[control.name] == "month")
    other = next(control for control in fields if control is not month)
    month.value, other.value = "sometime last spring", WRONG[KINDS[other.name]]

    _sent(visitor)

    assert visitor.status == 422
    assert "There is a problem" in visitor.text
    assert "Enter a month and a year, such as 5/2026." in visitor.text
    assert visitor.text.count("answer it, or tick that it does not apply to you.") == 2 * (len(fields) - 2)
    html = visitor.response.content.decode()
    assert "sometime last spring" in html
    assert WRONG[KINDS[other.name]] in html
    assert _tries(submission) == [CheckState.OPEN]
    for control in (c for form in visitor.page.forms for c in form.controls if c.kind == "checkbox"):
        control.on = True
    _sent(visitor)
    assert "you answered and ticked that it does not apply" in visitor.text


def test_declaration_is_signed_with_a_name_and_kept(visitor, clock):
    submission = claimed(clock(), country="US", region="CA", relationship="visitor")
    visitor.open(door(submission, clock(), PAGE))
    assert "Three right answers are enough, with a declaration" in visitor.text
    visitor.press("Begin")
    assert "I declare under penalty of perjury" in visitor.text
    assert submission.reference in visitor.text
    _answer(visitor, organisation.ANSWERS)

    _sent(visitor)
    assert "Type your full name to sign the declaration." in visitor.text
    assert _tries(submission) == [CheckState.OPEN]
    visitor.fill("Your full name", "Ada Lovelace")
    _sent(visitor)

    assert "Thank you, we know now that it is you." in visitor.text
    kept = Post.objects.select_related("submission__data_key").get(submission=submission)
    assert kept.open("body").endswith("Ada Lovelace")


def test_somebody_who_is_not_on_file_is_asked_the_same(visitor, clock):
    seen = []
    for account in ("A-1", "A-404"):
        submission = claimed(clock(), account=account)
        _begun(visitor, submission, clock)
        names = sorted(c.name for form in visitor.page.forms for c in form.controls if c.name in KINDS)
        real = {name for name in names if name in organisation.ANSWERS}
        _sent(_answer(visitor, organisation.ANSWERS, wrong=4))
        html = visitor.response.content.decode().replace(submission.reference, "REFERENCE")
        seen.append((real, visitor.status, re.sub(r"(?<=key=)[\w-]+|(?<=value=\")[\w-]{20,}", "", html)))

    assert seen[0] == seen[1]


def test_a_try_that_is_over_says_so(visitor, clock):
    submission = claimed(clock())
    _begun(visitor, submission, clock)
    sending = _answer(visitor, organisation.ANSWERS).sending("Send the answers")
    clock.tick(minutes=31)

    visitor.open(visitor.client.post(*sending)["Location"])

    assert "These questions are over" in visitor.text
    visitor.press("Try other questions")
    assert "Your answers" in visitor.text


def test_a_try_that_is_just_being_checked_says_so(visitor, clock):
    submission = claimed(clock())
    _begun(visitor, submission, clock)
    sending = visitor.sending("Send the answers")
    Check.objects.filter(about=submission.pk).update(tries=1)

    visitor.open(visitor.client.post(*sending)["Location"])

    assert "Your answers are being looked at" in visitor.text
    visitor.open(door(submission, clock(), PAGE))
    assert "Begin" in visitor.text


def test_systems_that_cannot_be_asked_count_against_nobody(visitor, clock, console):
    submission = claimed(clock())
    _begun(visitor, submission, clock)
    config = console.open_json("config")
    console.seal_json("config", {**config, "url": "sqlite:////nowhere/at/all.sqlite3"})
    console.save()

    _sent(_answer(visitor, organisation.ANSWERS))

    assert visitor.status == 409
    assert "We cannot check the answers at the moment." in visitor.text
    assert _tries(submission) == [CheckState.ENDED]


def test_no_questions_where_none_are_asked(visitor, clock):
    request = builders.in_review(at=clock())

    visitor.open(door(request.submission, clock(), PAGE))

    assert visitor.address.startswith("/verify/choose/")
    proving.ask_more(request.pk, "contradiction", "Odd.", by=builders.hal(), at=clock.tick())
    assert "Two right answers" in visitor.open(door(request.submission, clock(), PAGE)).text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("May 2026", "5/2026"),
        ("may 2026", "5/2026"),
        ("Sept. 2026", "9/2026"),
        ("Dec, 2025", "12/2025"),
        ("5/2026", "5/2026"),
        ("2026-05", "2026-05"),
        ("last month", "last month"),
        ("Maybe 26", "Maybe 26"),
    ],
)
def test_months_are_read_as_people_write_them(typed, kept):
    assert quiz.in_digits(typed) == kept


HOSTILE = ["\0", "\u202e", "' OR 1=1 --", "<script>", "9" * 5000, "=HYPERLINK(1)", "\ud800".encode("utf-8", "replace")]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_answer_makes_a_fault(visitor, clock, text):
    submission = claimed(clock())
    _begun(visitor, submission, clock)
    address, data = visitor.sending("Send the answers")

    answer = visitor.client.post(address, {name: text if name in KINDS else value for name, value in data.items()})

    assert answer.status_code in (303, 422)
    strange = {**data, "check": text}
    assert visitor.client.post(address, strange).status_code in (303, 422)
