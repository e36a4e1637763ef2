"""Somebody on file is asked whether it was them: looking changes nothing, two buttons act, the second click tells."""

from datetime import timedelta
from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.models import Alert, Event
from dsr.services import telling
from tests import builders, organisation
from tests.interfaces.public.asking import alert_token, claimed
from verification import grants

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/verify/alert/"


@pytest.fixture(autouse=True)
def console(clock: Any, tmp_path: Any, db: None) -> Any:
    """A system that knows Ada."""
    return organisation.console(tmp_path, clock())


def test_looking_says_what_was_asked_and_changes_nothing(visitor, clock):
    submission = claimed(clock())
    before = Event.objects.count()

    for _look in range(3):
        visitor.open(f"{PAGE}?key={alert_token()}")

    assert "Was this you?" in visitor.text
    assert "Get a copy of your data" in visitor.text
    assert "5 March 2026" in visitor.text
    assert submission.reference in visitor.text
    assert "somebody.new" not in visitor.text
    assert Event.objects.count() == before
    assert Alert.objects.get(channel="email").answer == ""


def test_stop_holds_everything_and_says_what_happens_now(visitor, clock):
    submission = claimed(clock())
    visitor.open(f"{PAGE}?key={alert_token()}")
    sending = visitor.sending("It was not me: stop it")

    visitor.press("It was not me: stop it")

    assert "It is stopped" in visitor.text
    assert "How to reach people here" in visitor.text
    submission.refresh_from_db()
    assert submission.stopped_at is not None
    before = Event.objects.count()
    visitor.open(visitor.client.post(*sending)["Location"])
    assert "It is stopped" in visitor.text
    assert "stop it" not in str(visitor.page.forms)
    assert Event.objects.count() == before


def test_was_me_lets_it_go_on_and_can_still_be_stopped(visitor, clock):
    submission = claimed(clock())
    visitor.open(f"{PAGE}?key={alert_token()}")

    visitor.press("This was me")

    assert "Thank you: it was you" in visitor.text
    assert "The answer goes to the address at which you got our mail." in visitor.text
    assert builders.only(submission).state == State.IN_REVIEW
    visitor.press("It was not me: stop it")
    assert "It is stopped" in visitor.text
    submission.refresh_from_db()
    assert submission.stopped_at is not None


def test_a_press_without_an_answer_changes_nothing(visitor, clock):
    claimed(clock())
    key = alert_token()

    for answer in ("", "maybe", "x" * 500):
        visitor.open(visitor.client.post(PAGE, {"key": key, "answer": answer})["Location"])

    assert "Was this you?" in visitor.text
    assert Alert.objects.get(channel="email").answer == ""


def test_every_link_that_opens_nothing_looks_the_same(visitor, clock):
    submission = claimed(clock())
    key = alert_token()
    keys = ["", "x" * 43, "%00", "%ff", "x" * 900, telling.tracker_grant(submission.pk, clock())]
    keys.append(grants.issue("worksheet", submission.pk, clock(), lasts=timedelta(days=1)))

    seen = {(visitor.open(f"{PAGE}?key={each}").status, visitor.response.content) for each in keys}
    for answer in ("was_me", "stop"):
        for each in keys:
            response = visitor.client.post(PAGE, {"key": each, "answer": answer})
            seen.add((response.status_code, response.content))
    clock.tick(days=8)
    seen.add((visitor.open(f"{PAGE}?key={key}").status, visitor.response.content))

    assert len(seen) == 1
    assert visitor.status == 404
    assert Alert.objects.get(channel="email").answer == ""
