"""Returned mail: reports are read, and nothing that somebody sends in breaks the reader."""

import io
import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from notifications import delivery, dsn, outbox
from notifications import mail as channel
from notifications.dsn import Bounce
from notifications.models import DataKey, Message, MessageState
from tests.clock import Clock
from tests.postbox import Note

REPORT = """\
From: MAILER-DAEMON@mx.example.org
To: privacy@example.net
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ada@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--B
Content-Type: {returned}

{headers}

--B--
"""


def _report(
    action: str = "failed", status: str = "5.1.1", returned: str = "message/rfc822", message_id: str = ""
) -> bytes:
    headers = f"Message-ID: {message_id or '<1@x>'}\nSubject: Your request\n"
    return REPORT.format(action=action, status=status, returned=returned, headers=headers).encode()


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_read_finds_the_message_and_the_status(returned: str) -> None:
    assert dsn.read(_report(returned=returned)) == [Bounce("<1@x>", "5.1.1")]


@pytest.mark.parametrize(
    ("report", "codes"),
    [
        (_report(action="delayed", status="4.4.1"), []),
        (_report(action="relayed"), []),
        (_report(action="Failed", status="5.7.1 (refused)"), ["5.7.1"]),
        (_report(status=""), ["5.0.0"]),
        (b"Subject: I am on holiday\n\nBack on Monday.", []),
        (b"", []),
        (_report().replace(b"message/rfc822", b"text/plain"), []),
    ],
)
def test_read_takes_only_what_failed_for_good(report: bytes, codes: list[str]) -> None:
    assert [bounce.code for bounce in dsn.read(report)] == codes


@given(junk=st.binary(max_size=400), cut=st.integers(0, 900))
def test_read_never_fails(junk: bytes, cut: int) -> None:
    dsn.read(junk)
    dsn.read(_report()[:cut] + junk)
    dsn.read(_report().replace(b"rfc822; ada", junk))


@pytest.mark.django_db
def test_command_marks_the_message_that_came_back(
    note: type[Note], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = DataKey.new(clock())
    key.save()
    letter = Note(organisation="Example Telecom", reference="R-1")
    queued = outbox.queue(letter, to="ada@example.org", language="en", data_key=key, about=UUID(int=1), at=clock())
    delivery.deliver_due(clock())
    raw = io.BytesIO(_report(message_id=channel.message_id(queued.pk)))
    out: Any = io.StringIO()

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=raw))
    call_command("take_bounce", "--json", stdout=out)

    row = Message.objects.get()
    assert json.loads(out.getvalue()) == {"found": 1, "recorded": 1}
    assert (row.state, row.error_code) == (MessageState.BOUNCED, "bounce-5.1.1")
