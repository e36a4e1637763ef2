"""A code by text message to the number on file, and everything just so where there is none."""

import re
from datetime import timedelta
from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.models import Event, Submission
from dsr.services import numbers, telling
from notifications.models import Message
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.public.asking import STRANGER, door
from tests.interfaces.public.visitor import Visitor
from verification.models import Challenge

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def console(clock: Any, tmp_path: Any, db: None) -> Any:
    """A system that knows Ada, and that her address is three weeks old: it is not of record."""
    return organisation.console(tmp_path, clock(), changed={"email_on": "2026-02-15"})


def _of_record(clock: Any, email: str = builders.ADA) -> Submission:
    """Somebody in the United States asks for data that shows whom they called."""
    filed = builders.file(at=clock(), email=email, country="US", region="NY")
    builders.confirm(filed.submission, clock())
    drain(clock())
    return Submission.objects.select_related("data_key").get(pk=filed.submission.pk)


def _texts(submission: Submission) -> list[Any]:
    return [letter for letter in builders.letters_to(submission) if letter.kind == "sms_code"]


def _ask(visitor: Visitor, submission: Submission, clock: Any) -> Visitor:
    visitor.open(door(submission, clock(), "/verify/text/"))
    return visitor.press("Send the code")


def test_a_code_to_the_number_on_file_opens_what_a_new_address_does_not(visitor, clock):
    submission = _of_record(clock)
    visitor.open(door(submission, clock()))
    assert "It has to be one that was on file for at least 30 days" in visitor.text
    visitor.follow("Use a text message")
    sending = visitor.sending("Send the code")

    visitor.press("Send the code")
    assert "If a number is on file, a text message is on its way to it." in visitor.text
    assert organisation.ADA_PHONE[-4:] not in visitor.response.content.decode()
    visitor.fill("Six-digit code", _texts(submission)[-1].code)
    entering = visitor.sending("Confirm")
    visitor.press("Confirm")

    assert "Thank you, we know now that it is you." in visitor.text
    assert builders.only(submission).state == State.IN_REVIEW
    before = Event.objects.filter(submission=submission).count()
    assert visitor.client.post(*entering).status_code == 303
    assert visitor.client.post(*sending).status_code == 303
    assert Event.objects.filter(submission=submission).count() == before


def test_nobody_on_file_sees_the_same_and_no_code_is_right(visitor, clock):
    known, unknown = _of_record(clock), _of_record(clock, STRANGER)
    seen = []
    for submission in (known, unknown):
        pages = []
        _ask(visitor, submission, clock)
        pages.append(visitor.response.content)
        for _wrong in range(6):
            visitor.fill("Six-digit code", "000000" if not _is(submission, "000000") else "000001").press("Confirm")
            pages.append(visitor.response.content)
        again = visitor.press("Send another code")
        pages += [again.response.content, str(again.status).encode(), again.response["Retry-After"].encode()]
        html = b"".join(pages).decode().replace(submission.reference, "REFERENCE")
        seen.append(re.sub(r"(?<=key=)[\w-]+|(?<=value=\")[\w-]{20,}", "", html))
        visitor.open(telling.tracker_link(submission, clock()))
        seen[-1] += re.sub(r"[\w-]{20,}", "", visitor.text.replace(submission.reference, "REFERENCE"))

    assert seen[0] == seen[1]
    assert len(_texts(known)) == 1
    assert not Message.objects.filter(about=unknown.pk, channel="sms").exists()
    assert Challenge.objects.filter(about=unknown.pk, channel="sms").count() == 1


def _is(submission: Submission, code: str) -> bool:
    return any(letter.code == code for letter in _texts(submission))


def test_a_code_is_sent_again_and_the_earlier_one_ends(visitor, clock):
    submission = _of_record(clock)
    _ask(visitor, submission, clock)
    first = _texts(submission)[-1].code
    clock.tick(minutes=2)

    visitor.press("Send another code")

    second = _texts(submission)[-1].code
    if first != second:
        visitor.fill("Six-digit code", first).press("Confirm")
        assert "This is not the code in the newest text message." in visitor.text
    visitor.fill("Six-digit code", second).press("Confirm")
    assert builders.only(submission).state == State.IN_REVIEW


def test_a_code_ends_after_half_an_hour(visitor, clock):
    submission = _of_record(clock)
    _ask(visitor, submission, clock)
    code = _texts(submission)[-1].code
    clock.now += timedelta(minutes=31)

    visitor.fill("Six-digit code", code).press("Confirm")

    assert "This code was valid for half an hour." in visitor.text
    assert builders.only(submission).state == State.VERIFYING


def test_pressed_twice_the_code_of_the_first_press_can_be_entered(visitor, clock):
    submission = _of_record(clock)
    visitor.open(door(submission, clock(), "/verify/text/"))
    sending = visitor.sending("Send the code")
    visitor.client.post(*sending)

    visitor.press("Send the code")

    assert visitor.status == 429
    assert "No further message was sent" in visitor.text
    visitor.fill("Six-digit code", _texts(submission)[-1].code).press("Confirm")
    assert builders.only(submission).state == State.IN_REVIEW


def test_no_text_where_it_would_not_be_enough(visitor, clock, settings):
    filed = builders.file(at=clock(), email=STRANGER, identifiers={"account": ("A-1",)})
    builders.confirm(filed.submission, clock())
    drain(clock())

    visitor.open(door(filed.submission, clock(), "/verify/text/"))

    assert visitor.address.startswith("/verify/choose/")
    assert "Use a text message" not in visitor.text
    settings.SMS_URL = ""
    assert "Use a text message" not in visitor.open(door(_of_record(clock), clock())).text
    visitor.open(door(filed.submission, clock(), "/verify/text/code/"))
    assert visitor.address.startswith("/verify/choose/")


def test_numbers_of_nobody_differ_and_nobody_has_them(clock):
    one, other = _of_record(clock, STRANGER), _of_record(clock, "another@example.net")

    assert numbers.nowhere(one) != numbers.nowhere(other)
    assert all(re.fullmatch(r"\+1555\d{7}", numbers.nowhere(each)) for each in (one, other))
    assert numbers.on_file(one) == ""
