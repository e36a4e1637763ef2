"""A reader of the mailbox is killed at any point: every message is one row, and leaves the mailbox once."""

import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dsr.models import InboundMail
from dsr.services.inbound import keeping
from notifications.models import DataKey
from tests import mails
from tests.faults.processes import House
from tests.mailserver import MailServer, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
_BEGIN = """
import os, signal, django
django.setup()
from datetime import UTC, datetime
from django.db import models
from dsr.inbound import imap
from dsr.models import MailEntry
from dsr.packaging.vault import Writing
from dsr.services.inbound import keeping
def die(*args, **more):
    os.kill(os.getpid(), signal.SIGKILL)
"""
POINTS = {
    "before_bytes": "Writing.write = die",
    "before_row": "MailEntry.save = die",
    "before_move": "imap.Mailbox.put_aside = die",
    "after_move": "move = imap.Mailbox.put_aside\nimap.Mailbox.put_aside = lambda *a: (move(*a), die())",
}


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mailbox with one message."""
    running = MailServer(free_port())
    running.start()
    running.empty()
    running.put(mails.packed({"subject": "hello", "text": "Please delete my data."}))
    yield running
    running.stop()


@pytest.mark.parametrize("point", POINTS)
def test_killed_reader_leaves_one_row_or_the_message(house: House, server: MailServer, settings, point: str) -> None:
    script = f"{_BEGIN}{POINTS[point]}\nkeeping.read(datetime.now(UTC))\n"
    env = {"DJANGO_SETTINGS_MODULE": "dsr.settings", "MAILBOX_URL": server.url}
    process = house.start("dying", sys.executable, "-c", script, **env)
    assert process.wait(timeout=60) == -signal.SIGKILL, house.said("dying")
    left = (InboundMail.objects.count(), server.count())
    settings.MAILBOX_URL = server.url

    keeping.read(datetime.now(UTC) + timedelta(minutes=16))

    assert left == {"before_move": (1, 1), "after_move": (1, 0)}.get(point, (0, 1))
    assert (InboundMail.objects.count(), DataKey.objects.count(), server.count()) == (1, 1, 0)
    row = InboundMail.objects.select_related("data_key").get()
    assert b"Please delete my data." in keeping.raw_of(row)
