"""From the bytes of a mail to what it says. Pure: no database, no clock, nothing opened, loaded or followed.

Whatever strangers send, something comes back: what cannot be read is left out and said to be broken.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr
from typing import Any, Final
from uuid import UUID

from dsr.ids import clean_reference
from dsr.inbound import machines, texts
from dsr.inbound.words import Flag
from notifications.mail import deliverable

MANY: Final = 10
"""More recipients than this, and others were asked the same."""
_MOST_PARTS: Final = 200
_MOST_HEADER: Final = 998
_REFERENCE: Final = re.compile(
    r"(?<![A-Za-z0-9])(?=([A-Za-z0-9]{5}[-\u2010\u2011\u2013 ]?[A-Za-z0-9]{5})(?![A-Za-z0-9]))"
)
"""Looked for at every word: the word before one may have five letters, too."""
_MOST_REFERENCES: Final = 20
_PREFIX: Final = re.compile(
    r"^\s*(?:(?:re|aw|fw|fwd|wg|tr|rv|enc|res|ref|odp|pd|sv|vs|vb|antw|doorst|回复|回覆|转发|转寄|답장|전달)"
    r"\s*(?:\[\d+\])?\s*[:：]\s*)+",
    re.IGNORECASE,
)
_FAILED: Final = re.compile(r"\bdmarc\s*=\s*fail\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came along. Its name is as the sender wrote it; its content is in the raw message."""

    name: str
    media_type: str
    size: int
    part: int
    """Which of the message's parts it is."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a message says."""

    message_id: str = ""
    subject: str = ""
    sender: str = ""
    """The address it claims to be from, "" where that is none."""
    sender_name: str = ""
    recipients: int = 0
    fresh: str = ""
    history: str = ""
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()
    links: tuple[str, ...] = ()
    ours: tuple[UUID, ...] = ()
    """Ids of messages of ours that it names anywhere."""
    answers: tuple[UUID, ...] = ()
    """Ids of messages of ours that it says it answers."""
    references: tuple[str, ...] = ()
    """What can be read as references of ours, in subject and text."""
    returned: machines.Returned | None = None
    automatic: str = ""
    flags: frozenset[Flag] = field(default_factory=frozenset)

    @property
    def bare_subject(self) -> str:
        """The subject without what mail programs put before it."""
        return _PREFIX.sub("", self.subject).strip()


def read(
    raw: bytes, *, openings: Collection[str] = (), quoted: Collection[str] = (), own_domains: Collection[str] = ()
) -> Mail:
    """Return what a message says. ``openings`` and ``quoted`` are words of the rules. Raises ValueError.

    It raises only where the message as a whole cannot be taken apart, such as one that is nested without end.
    """
    try:
        message: Any = BytesParser(policy=policy.default).parsebytes(raw)
        parts = list(_leaves(message))
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller keeps the bytes and says so
        raise ValueError(type(error).__name__) from None
    subject, (name, sender) = _header(message, "subject"), _sender(message)
    body, attached, links, broken = _body(parts)
    split = texts.split(body.fresh, tuple(quoted))
    ours = machines.ours_in(raw)
    answers = _ids(_header(message, "in-reply-to") + " " + _header(message, "references"))
    flags = _flags(message, attached, broken)
    return Mail(
        message_id=_header(message, "message-id").strip(),
        subject=subject,
        sender=sender,
        sender_name=name,
        recipients=_recipients(message),
        fresh=split.fresh,
        history="\n\n".join(filter(None, (split.history, body.history))),
        signature=split.signature,
        attachments=tuple(attached),
        links=tuple(dict.fromkeys([*texts.links_in(body.fresh), *links])),
        ours=ours,
        answers=answers,
        references=_references(f"{subject}\n{body.fresh}\n{body.history}"),
        returned=machines.returned(message, raw, sender),
        automatic=machines.automatic(message, subject, openings=openings, own_domains=own_domains, ours=ours),
        flags=flags,
    )


def content(raw: bytes, part: int) -> bytes:
    """Return the bytes of one attachment. Raises LookupError."""
    message: Any = BytesParser(policy=policy.default).parsebytes(raw)
    for number, (leaf, _forwarded) in enumerate(_leaves(message)):
        if number == part:
            return _payload(leaf)
    raise LookupError(part)


# --- Headers ----------------------------------------------------------------------------------------------------------


def _header(message: Message, name: str) -> str:
    """Return a header as text on one line. Whatever is wrong with it, something is returned."""
    try:
        value = str(message.get(name) or "")
    except Exception:  # noqa: BLE001 - the parsers of single headers fail in many ways
        value = _raw_header(message, name)
    return texts.plain(" ".join(value.split()))[:_MOST_HEADER]


def _raw_header(message: Message, name: str) -> str:
    written = next((value for key, value in message.raw_items() if key.lower() == name), "")
    try:
        return str(make_header(decode_header(written)))
    except Exception:  # noqa: BLE001 - as above
        return written.encode("ascii", "replace").decode()


def _sender(message: Message) -> tuple[str, str]:
    """Return name and address of whoever it claims to be from."""
    try:
        name, address = parseaddr(_header(message, "from"))
    except RecursionError:  # brackets within brackets
        return "", ""
    try:
        return name[:200], deliverable(address)
    except ValueError:
        return name[:200], ""


def _recipients(message: Message) -> int:
    written = ", ".join(_header(message, name) for name in ("to", "cc"))
    try:
        return len({address.lower() for _name, address in getaddresses([written]) if "@" in address})
    except RecursionError:  # as above
        return 0


def _ids(text: str) -> tuple[UUID, ...]:
    return machines.ours_in(text.encode("ascii", "replace"))


def _references(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in _REFERENCE.finditer(text):
        try:
            found[clean_reference(match[1])] = None
        except ValueError:
            continue
        if len(found) == _MOST_REFERENCES:
            break
    return tuple(found)


def _flags(message: Message, attached: list[Attachment], broken: bool) -> frozenset[Flag]:
    found = {
        Flag.ATTACHMENTS: bool(attached),
        Flag.MANY_RECIPIENTS: _recipients(message) > MANY,
        Flag.NOT_AUTHENTIC: bool(_FAILED.search(_header(message, "authentication-results"))),
        Flag.BROKEN: broken or bool(message.defects),
    }
    return frozenset(flag for flag, is_so in found.items() if is_so)


# --- Parts ------------------------------------------------------------------------------------------------------------


def _leaves(message: EmailMessage, forwarded: bool = False) -> Iterator[tuple[EmailMessage, bool]]:
    """Yield the parts that hold no others, and whether each is within a message that was sent on."""
    waiting: list[tuple[Any, bool]] = [(message, forwarded)]
    given = 0
    while waiting and given < _MOST_PARTS:
        part, within = waiting.pop(0)
        if part.is_multipart():
            inside = within or part.get_content_type() == "message/rfc822"
            waiting[:0] = [(each, inside) for each in part.get_payload()]
        else:
            given += 1
            yield part, within


@dataclass(frozen=True, slots=True)
class _Body:
    fresh: str
    history: str


def _body(parts: list[tuple[EmailMessage, bool]]) -> tuple[_Body, list[Attachment], list[str], bool]:
    """Return what is written in a message, what came along, where its links lead, and whether something was broken."""
    written: dict[bool, list[str]] = {False: [], True: []}
    pages: dict[bool, list[str]] = {False: [], True: []}
    attached: list[Attachment] = []
    history: list[str] = []
    links: list[str] = []
    broken = False
    for number, (part, forwarded) in enumerate(parts):
        kind = part.get_content_type()
        is_text = kind in ("text/plain", "text/html") or part.get_content_maintype() == "multipart"
        if _is_attached(part) or not is_text:
            if kind not in ("message/delivery-status", "text/rfc822-headers"):
                attached.append(_attachment(part, kind, number))
            continue
        text, whole = texts.decoded(_payload(part), _charset(part))
        broken = broken or not whole
        if kind == "text/html":
            page, quotes, targets = texts.of_html(text)
            pages[forwarded].append(page)
            history.append(quotes)
            links += targets
        else:
            written[forwarded].append(texts.plain(text))
    fresh, sent_on = (_joined(written[where]) or _joined(pages[where]) for where in (False, True))
    older = [sent_on, *([] if _joined(written[False]) else history)]
    return _Body(fresh, _joined(older)), attached, links, broken


def _joined(texts_: list[str]) -> str:
    return "\n\n".join(each for each in texts_ if each.strip())


def _is_attached(part: EmailMessage) -> bool:
    try:
        return part.is_attachment() or bool(part.get_filename())
    except Exception:  # noqa: BLE001 - a disposition that cannot be read is none
        return False


def _attachment(part: EmailMessage, kind: str, number: int) -> Attachment:
    try:
        name = texts.plain(part.get_filename() or "")[:200]
    except Exception:  # noqa: BLE001 - as above
        name = ""
    return Attachment(name, kind, len(_payload(part)), number)


def _charset(part: EmailMessage) -> str:
    try:
        return str(part.get_content_charset() or "")
    except Exception:  # noqa: BLE001 - as above
        return ""


def _payload(part: EmailMessage) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 - a transfer encoding that cannot be undone
        found = None
    if isinstance(found, bytes):
        return found
    text = part.get_payload()
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b""
