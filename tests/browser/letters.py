"""The mail that was really sent."""

import re

from django.core import mail


def newest(to: str, subject: str) -> str:
    """Return the text of the newest mail to somebody whose subject holds these words."""
    for message in reversed(mail.outbox):
        if to in message.to and subject in message.subject:
            return str(message.body)
    raise AssertionError(f"no mail to {to} about {subject!r}: {[(each.to, each.subject) for each in mail.outbox]}")


def link(text: str, path: str) -> str:
    """Return the address in a mail that leads to a path."""
    found = re.search(rf"https?://\S+?{re.escape(path)}\S*", text)
    assert found, text
    return found.group()


def code(text: str) -> str:
    """Return the six digits that stand on a line of their own."""
    found = re.search(r"^\s*(\d{6})\s*$", text, re.MULTILINE)
    assert found, text
    return found.group(1)
