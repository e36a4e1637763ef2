"""Mail that no person wrote: returned letters, automatic answers, lists, and our own letters coming round again."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from email.message import Message
from typing import Final
from uuid import UUID

from flufl.bounce import scan_message

from notifications import dsn
from notifications.mail import row_id

_OURS: Final = re.compile(rb"<?[0-9a-f]{32}\.recourse@[A-Za-z0-9.-]{1,255}>?")
_MOST_IDS: Final = 50
_DAEMON: Final = re.compile(r"(mailer-daemon|postmaster|mail-daemon|maildelivery)@", re.IGNORECASE)
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_REPLIED: Final = ("x-autoreply", "x-autorespond", "x-auto-reply-from")


@dataclass(frozen=True, slots=True)
class Returned:
    """A letter that came back: the ids of our messages it names, each with why."""

    codes: tuple[tuple[str, str], ...]
    """Message-ID and enhanced status."""


def ours_in(raw: bytes) -> tuple[UUID, ...]:
    """Return the ids of the messages of ours that are named anywhere in a mail."""
    found = (row_id(match.decode("ascii")) for match in _OURS.findall(raw[: dsn.MOST_BYTES])[:_MOST_IDS])
    return tuple(dict.fromkeys(each for each in found if each is not None))


def returned(message: Message, raw: bytes, sender: str) -> Returned | None:
    """Return what a mail says came back for good, None where it says nothing of the kind. RFC 3464"""
    if reports := dsn.read(raw):
        return Returned(tuple((each.message_id, each.code) for each in reports))
    if message.get_content_type() == "multipart/report" or not _from_a_server(message, sender):
        return None
    try:
        refused = scan_message(message)
    except Exception:  # noqa: BLE001 - its detectors were not made for what is broken on purpose
        refused = frozenset()
    if not refused:
        return None
    return Returned(tuple((f"<{each.hex}.recourse@localhost>", "5.0.0") for each in ours_in(raw)))


def _from_a_server(message: Message, sender: str) -> bool:
    return _value(message, "return-path").strip() == "<>" or bool(_DAEMON.search(f"{sender}@"))


def automatic(
    message: Message, subject: str, *, openings: Iterable[str], own_domains: Collection[str], ours: Collection[UUID]
) -> str:
    """Return by what a mail shows that a machine wrote it, "" where nothing does. RFC 3834, RFC 2919

    ``openings`` are beginnings of subjects. A list of our own domain is how some mailboxes are kept, and says nothing.
    """
    if row_id(_value(message, "message-id")) in ours and ours:
        return "our own letter"
    submitted = _value(message, "auto-submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return "Auto-Submitted"
    if message.get_content_type() == "multipart/report" or any(_value(message, name) for name in _REPLIED):
        return "report"
    bare = subject.casefold().lstrip(" [")
    if any(bare.startswith(each) for each in openings):
        return subject[:80]
    listed = _value(message, "list-id").strip().rstrip(">").lower()
    if listed and not any(listed.endswith(domain) for domain in own_domains):
        return "List-Id"
    if not listed and _value(message, "precedence").strip().lower() in _BULK:
        return "Precedence"
    return ""


def _value(message: Message, name: str) -> str:
    try:
        return str(message.get(name) or "")
    except Exception:  # noqa: BLE001 - the parser of one header fails in many ways
        return ""
