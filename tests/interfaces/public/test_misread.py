"""What was read into somebody's message by mistake, on their page: why it ended, and how to say that it was meant."""

from typing import Any

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import Event, SubjectRequest
from dsr.rights import Right
from dsr.services import misreading, splitting, telling
from dsr.services.splitting import More
from tests import builders
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
BUTTON = "I did mean this: go on with it (Take your data elsewhere)"


@pytest.fixture
def misread(clock: Any, systems: Any) -> SubjectRequest:
    """Ada wrote a mail; Hal read too much into it, and Vera agrees that he did."""
    first = builders.in_review(Right.ACCESS, at=clock(), channel="email")
    more = More(Right.PORTABILITY, "They write: in a file.")
    added = splitting.add_right(first.pk, more, by=builders.hal(), at=clock.tick())
    drain(clock.tick())
    misreading.propose(added.pk, "You only wrote which file you mean.", by=builders.hal(), at=clock.tick())
    misreading.close(added.pk, by=builders.vera(), at=clock.tick())
    return builders.again(added)


def test_page_says_why_it_ended_and_takes_that_it_was_meant(
    misread: SubjectRequest, visitor: Visitor, clock: Any
) -> None:
    visitor.open(telling.tracker_link(misread.submission, clock()))
    told = visitor.text
    visitor.press(BUTTON)

    assert "ended, misread by us" in told
    assert "You only wrote which file you mean." in told
    assert "Why it was refused" not in told
    assert "Thank you. We go on with it" in visitor.text
    assert builders.again(misread).state == State.IN_REVIEW
    assert BUTTON not in visitor.text


def test_pressed_twice_it_is_meant_once(misread: SubjectRequest, visitor: Visitor, clock: Any) -> None:
    key = telling.tracker_grant(misread.submission_id, clock())
    address = f"/requests/{misread.submission.reference}/{misread.pk}/meant/"

    answers = [visitor.client.post(address, {"key": key}).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert Event.objects.filter(request=misread, verb="meant").count() == 1


def test_link_that_a_mail_scanner_opens_changes_nothing(misread: SubjectRequest, visitor: Visitor, clock: Any) -> None:
    key = telling.tracker_grant(misread.submission_id, clock())

    opened = visitor.client.get(f"/requests/{misread.submission.reference}/{misread.pk}/meant/", {"key": key})

    assert opened.status_code == 405
    assert builders.again(misread).outcome == Outcome.MISUNDERSTOOD
