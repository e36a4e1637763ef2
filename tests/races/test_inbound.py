"""Two readers of one mailbox at once: every message is one row, and each is moved."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Barrier

import pytest

from dsr.inbound import imap
from dsr.inbound.imap import Waiting
from dsr.models import InboundMail, Post
from dsr.services.inbound import keeping, understanding
from notifications.models import DataKey
from tests import builders, mails
from tests.clock import Clock
from tests.mailserver import MailServer, free_port
from tests.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def server(settings, tmp_path) -> Iterator[MailServer]:
    """A mailbox that is read."""
    running = MailServer(free_port())
    running.start()
    running.empty()
    settings.MAILBOX_URL, settings.STORAGE_URL = running.url, f"file://{tmp_path}/vault"
    yield running
    running.stop()


def test_two_readers_at_once_make_one_row_of_each_message(server: MailServer, clock: Clock, monkeypatch) -> None:
    for number in range(6):
        server.put(mails.packed({"name": f"n{number}", "text": f"Number {number}"}))
    monkeypatch.setattr(keeping, "_claim", lambda at: True)  # as if the first one's time were over and it lived on
    listed = Barrier(2, timeout=30)
    waiting = imap.Mailbox.waiting

    def both(self: imap.Mailbox) -> Iterator[Waiting]:
        found = list(waiting(self))
        listed.wait()
        return iter(found)

    monkeypatch.setattr(imap.Mailbox, "waiting", both)
    results = together([lambda: keeping.read(clock())] * 2)

    assert sum(each.kept for each in results if isinstance(each, keeping.Read)) == 6, results
    assert InboundMail.objects.count() == DataKey.objects.count() == 6
    assert server.count() == 0


def test_two_workers_at_one_letter_say_it_once(clock: Clock, settings, tmp_path) -> None:
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    filed = builders.file(at=clock())
    raw = mails.packed({"subject": filed.submission.reference, "text": "Hello"})
    row, _new = keeping.keep(raw, Waiting(1, len(raw), datetime(2026, 3, 5, 9, tzinfo=UTC)), validity=1, at=clock())

    results = together([lambda: understanding.understand(row.pk, clock())] * 2)

    assert not [each for each in results if isinstance(each, Exception)]
    assert Post.objects.count() == 1
