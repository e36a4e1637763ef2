"""A mail server that refuses for an hour: every letter arrives once, and staff see meanwhile how things stand."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsr.lifecycle import State, Turn
from dsr.models import Alert, Event, Submission
from dsr.rights import Right
from dsr.selectors import figures
from dsr.services import onfile, sweeping
from notifications.models import Message, MessageState
from tests import builders, organisation
from tests import postbox as postboxes
from tests.clock import Clock
from tests.drain import drain
from tests.faults.processes import free_port
from tests.postbox import Postbox

pytestmark = pytest.mark.django_db
HOUR = 60


@contextmanager
def _refusing(settings: Any, word: str, reply: str) -> Iterator[Callable[[], Postbox]]:
    """A server that is there and says no, until told otherwise."""
    with postboxes.running() as box:
        settings.EMAIL_PORT = box.port
        box.answer = lambda asked, line: reply if asked == word else None

        def relent() -> Postbox:
            box.answer = lambda asked, line: None
            return box

        yield relent


@contextmanager
def _gone(settings: Any) -> Iterator[Callable[[], Postbox]]:
    """A server that is not there, until it is started."""
    settings.EMAIL_PORT = free_port()
    with ExitStack() as stack:
        yield lambda: stack.enter_context(postboxes.running(settings.EMAIL_PORT))


OUTAGES: dict[str, Callable[[Any], Any]] = {
    "451 at RCPT": lambda settings: _refusing(settings, "RCPT", "451 try again later"),
    "421 at once": lambda settings: _refusing(settings, "CONNECT", "421 too busy"),
    "hangs up in the middle": lambda settings: _refusing(settings, "BODY", ""),
    "connection refused": _gone,
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_every_letter_arrives_once_after_an_hour_of_refusals(clock: Clock, settings: Any, outage: str) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 2
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    with OUTAGES[outage](settings) as end:
        filed = builders.file(Right.ACCESS, at=clock())
        informed = builders.file(Right.BE_INFORMED, at=clock())
        for _minute in range(HOUR):
            drain(clock.tick(minutes=1))
            assert not Message.objects.exclude(state=MessageState.WAITING).exists()

        seen = figures.figures(clock())
        assert (seen.waiting_messages, seen.troubled_messages) == (3, 0)
        assert builders.only(informed.submission).state == State.READY
        assert builders.only(filed.submission).turn == Turn.PERSON
        codes = {entry["code"] for row in Message.objects.all() for entry in row.tries}
        assert len(codes) == 1
        assert "@" not in codes.pop()
        assert {row.attempts for row in Message.objects.all()} <= {4, 5}

        box = end()
        for _hour in range(3):
            drain(clock.tick(hours=1))
        again = sweeping.sweep(clock.tick(days=2))

    sent = Counter(str(mail["Message-ID"]) for mail in box.mails())
    assert sorted(sent.values()) == [1, 1, 1]
    assert set(sent) == set(Message.objects.values_list("transport_id", flat=True))
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert again.messages == 0
    assert not Event.objects.filter(verb="message_failed").exists()


def test_whoever_is_warned_is_warned_once_after_an_outage_and_can_still_stop_it(
    clock: Clock, settings: Any, tmp_path: Path, postbox: Postbox
) -> None:
    """Meanwhile nothing is given: what is claimed is tied to nobody."""
    organisation.console(tmp_path, clock())
    postbox.answer = lambda asked, line: "421 too busy" if asked == "CONNECT" else None
    builders.file(at=clock(), email="ada@home.example.net", identifiers={"account": (organisation.ADA_NUMBER,)})
    for _minute in range(HOUR):
        drain(clock.tick(minutes=1))
    queued = Message.objects.get(kind="somebody_asked")
    assert (queued.state, Alert.objects.filter(channel="email").count()) == (MessageState.WAITING, 1)

    postbox.answer = lambda asked, line: None
    for _hour in range(3):
        drain(clock.tick(hours=1))

    [warning] = [mail for mail in postbox.mails() if mail["To"] == builders.ADA]
    text = str(warning.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    [token] = set(re.findall(r"/verify/alert/\?key=([\w-]+)", text))
    onfile.stop(token, at=clock.tick())
    assert Submission.objects.get().stopped_at == clock()


def test_server_that_never_comes_back_ends_before_staff_after_three_days(
    clock: Clock, settings: Any, postbox: Postbox
) -> None:
    postbox.answer = lambda asked, line: "451 no" if asked == "RCPT" else None
    filed = builders.file(at=clock())
    start = clock()

    while Message.objects.get().state == MessageState.WAITING:
        clock.now = Message.objects.get().due_at
        drain(clock())

    assert timedelta(days=3) < clock() - start < timedelta(days=4)
    assert builders.only(filed.submission).turn == Turn.STAFF
    assert figures.figures(clock()).troubled_messages == 1
    assert Event.objects.get(verb="message_failed").data["code"] == "recipient-451"
    assert postbox.taken == []
