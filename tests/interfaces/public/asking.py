"""Cases in which more is asked than a code from a mail: as they come about by the ordinary ways."""

import re
from datetime import datetime

from django.core import mail

from dsr.models import Submission
from dsr.rights import Right
from dsr.services import telling
from tests import builders
from tests.drain import drain

STRANGER = "somebody.new@example.net"
"""An address that no system knows."""


def claimed(at: datetime, *, email: str = STRANGER, account: str = "A-1", **changes: str) -> Submission:
    """Somebody writes from one address and names an account; the address is confirmed, the systems were asked."""
    filed = builders.file(Right.ACCESS, at=at, email=email, identifiers={"account": (account,)}, **changes)
    builders.confirm(filed.submission, at)
    drain(at)
    return Submission.objects.select_related("data_key").get(pk=filed.submission.pk)


def door(submission: Submission, at: datetime, path: str = "/verify/choose/") -> str:
    """Where a page about proof is, by the link of a mail."""
    return f"{path}?reference={submission.reference}&key={telling.tracker_grant(submission.pk, at)}"


def alert_token() -> str:
    """Return the token in the newest mail that asked somebody on file whether it was them."""
    for message in reversed(mail.outbox):
        if found := re.search(r"/verify/alert/\?key=([\w-]+)", str(message.body)):
            return found[1]
    raise AssertionError([message.subject for message in mail.outbox])
