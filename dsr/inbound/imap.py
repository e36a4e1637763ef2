"""A mailbox by IMAP: what waits in it, the bytes of a message, and moving one aside once it is kept elsewhere.

Reading marks nothing: a message is seen by us only once it is moved. All errors are one kind, with a code of ours and
never a server's own text, which may repeat an address. RFC 3501, RFC 4315, RFC 6851
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.utils import encode_folder

ASIDE: Final = "Recourse"
"""The folder that messages are moved to once they are kept, unless the address names another."""
PATIENCE: Final = 30.0
"""Seconds that the server may take for one answer."""
_WINDOW: Final = 100
_HEAD: Final = 65_536
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE: Final = re.compile(
    rb'INTERNALDATE "\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"', re.IGNORECASE
)
_UID: Final = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)


class MailboxFailed(Exception):
    """The mailbox cannot be used now. ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """What MAILBOX_URL says."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    aside: str
    encrypted: bool

    @classmethod
    def of(cls, url: str) -> Self:
        """Read an address that the settings have checked."""
        parts = urlsplit(url)
        encrypted = parts.scheme == "imaps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (993 if encrypted else 143),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.lstrip("/")) or "INBOX",
            aside=unquote(parts.fragment) or ASIDE,
            encrypted=encrypted,
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message in the mailbox."""

    uid: int
    size: int
    received_at: datetime
    """When the mail server got it."""


class Mailbox:
    """One open folder. Every method raises MailboxFailed and nothing else."""

    def __init__(self, box: BaseMailBox, address: Address) -> None:
        self._box, self._address = box, address
        self.validity = self._validity()
        """Within one value of it, a number never means another message. RFC 3501, 2.3.1.1"""
        self._aside_is_there = False
        can = self._capabilities()
        self._moves, self._expunges_one = b"MOVE" in can, b"UIDPLUS" in can

    def waiting(self) -> Iterator[Waiting]:
        """Yield what is in the folder, in its order, asking for a window at a time.

        Whoever moves messages meanwhile gives up on the rest: the numbers below have changed then.
        """
        begin = 1
        while begin <= (number := self._number()):
            end = min(begin + _WINDOW - 1, number)
            yield from self._window(begin, end)
            begin = end + 1

    def raw(self, uid: int) -> bytes | None:
        """Return a message, None where it is gone."""
        return self._literal(uid, "BODY.PEEK[]")

    def head(self, uid: int) -> bytes | None:
        """Return the head of a message, None where it is gone."""
        return self._literal(uid, f"BODY.PEEK[HEADER]<0.{_HEAD}>")

    def put_aside(self, uid: int) -> bool:
        """Move a message out of the folder; one that is gone already is no error.

        False where the server cannot take out one message alone: then it is copied and marked as deleted, and left to
        whoever clears the folder, since EXPUNGE would take with it what others have marked.
        """
        with _told("move"):
            if not self._aside_is_there:
                if not self._box.folder.exists(self._address.aside):
                    with suppress(ImapToolsError):  # another reader may have made it this moment
                        self._box.folder.create(self._address.aside)
                self._aside_is_there = True
            folder, number = encode_folder(self._address.aside), str(uid)
            if self._moves:
                self._ok(self._box.client.uid("MOVE", number, folder))  # type: ignore[arg-type]
                return True
            self._ok(self._box.client.uid("COPY", number, folder))  # type: ignore[arg-type]
            self._ok(self._box.client.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)"))
            if self._expunges_one:
                self._ok(self._box.client.uid("EXPUNGE", number))
            return self._expunges_one

    def _number(self) -> int:
        with _told("read"):
            self._ok(self._box.client.noop())
            status = self._box.folder.status(self._address.folder, ["MESSAGES"])
            return int(status["MESSAGES"])

    def _validity(self) -> int:
        with _told("select"):
            return int(self._box.folder.status(self._address.folder, ["UIDVALIDITY"])["UIDVALIDITY"])

    def _capabilities(self) -> set[bytes]:
        """Return what the server can do. Asked anew, as many say so only to those who have signed in."""
        with _told("select"):
            return set(b" ".join(self._ok(self._box.client.capability())).upper().split())

    def _window(self, begin: int, end: int) -> list[Waiting]:
        with _told("read"):
            answer = self._ok(self._box.client.fetch(f"{begin}:{end}", "(UID INTERNALDATE RFC822.SIZE)"))
        lines = (part[0] if isinstance(part, tuple) else part for part in answer)
        return [found for line in lines if isinstance(line, bytes) and (found := _waiting(line)) is not None]

    def _literal(self, uid: int, what: str) -> bytes | None:
        with _told("read"):
            answer = self._ok(self._box.client.uid("FETCH", str(uid), f"({what})"))
        return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), None)

    @staticmethod
    def _ok(answer: tuple[str, Any]) -> Any:
        if answer[0] != "OK":
            raise MailboxFailed("refused")
        return answer[1]


@contextmanager
def opened(url: str) -> Iterator[Mailbox]:
    """Open the folder that an address names, for as long as the block lasts. Raises MailboxFailed."""
    address = Address.of(url)
    with _told("connect"):
        box: BaseMailBox = (
            MailBox(address.host, address.port, timeout=PATIENCE, ssl_context=ssl.create_default_context())
            if address.encrypted
            else MailBoxUnencrypted(address.host, address.port, timeout=PATIENCE)
        )
    try:
        with _told("login"):
            box.login(address.user, address.password, initial_folder=None)
        with _told("select"):
            box.folder.set(address.folder)
        yield Mailbox(box, address)
    finally:
        with suppress(Exception):  # a server that is gone cannot be taken leave of
            box.logout()


@contextmanager
def _told(stage: str) -> Iterator[None]:
    """Turn whatever goes wrong into a code."""
    try:
        yield
    except MailboxFailed as failed:
        raise MailboxFailed(f"{stage}-{failed.code}") from None
    except TimeoutError:
        raise MailboxFailed(f"{stage}-timeout") from None
    except ssl.SSLError:
        raise MailboxFailed(f"{stage}-tls") from None
    except ConnectionRefusedError:
        raise MailboxFailed(f"{stage}-closed") from None
    except (imaplib.IMAP4.abort, OSError):
        raise MailboxFailed(f"{stage}-lost") from None
    except (imaplib.IMAP4.error, ImapToolsError, ValueError, KeyError):
        raise MailboxFailed(f"{stage}-refused") from None


def _waiting(line: bytes) -> Waiting | None:
    uid, size, received = _UID.search(line), _SIZE.search(line), _received(line)
    if uid is None or size is None or received is None:
        return None
    return Waiting(int(uid[1]), int(size[1]), received)


def _received(line: bytes) -> datetime | None:
    found = _DATE.search(line)
    if found is None or found[2].decode().lower() not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    off = timedelta(hours=int(found[8]), minutes=int(found[9])) * (-1 if found[7] == b"-" else 1)
    try:
        local = datetime(year, _MONTHS.index(found[2].decode().lower()) + 1, day, hour, minute, second)  # noqa: DTZ001
        return local.replace(tzinfo=timezone(off)).astimezone(UTC)
    except ValueError:
        return None
