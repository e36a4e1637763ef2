"""Pages on which something is said once more, in a real browser with scripts off: it was meant, and it is sent on."""

from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.rights import Right
from dsr.services import misreading, splitting, telling
from dsr.services.splitting import More
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.public.test_in_browser import Eyes, eyes

__all__ = ["eyes"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]


def test_what_was_misread_is_meant_after_all(eyes: Eyes, systems: Any, clock: Any) -> None:
    first = builders.in_review(Right.ACCESS, at=clock(), channel="email")
    more = More(Right.PORTABILITY, "They write: in a file.")
    added = splitting.add_right(first.pk, more, by=builders.hal(), at=clock.tick())
    drain(clock.tick())
    misreading.propose(added.pk, "You only wrote which file you mean.", by=builders.hal(), at=clock.tick())
    misreading.close(added.pk, by=builders.vera(), at=clock.tick())

    eyes.visit("misread", telling.tracker_link(first.submission, clock()))
    eyes.press("I did mean this: go on with it", "meant")

    assert builders.again(added).state == State.IN_REVIEW
    assert "We go on with it" in eyes.page.content()


def test_ways_to_what_sending_on_takes(eyes: Eyes, clock: Any, tmp_path: Any) -> None:
    organisation.console(tmp_path, clock())
    request = builders.ready(clock(), right=Right.PORTABILITY, relationship="visitor")
    page = eyes.page

    eyes.visit("ready", telling.tracker_link(request.submission, clock()))
    eyes.follow(page.get_by_role("link", name="Have it sent to another service instead"), "sending")
    eyes.follow(page.get_by_role("link", name="What is asked, why, and every way"), "ways")

    assert page.get_by_role("heading", name="Have your data sent to another service").count() == 1
