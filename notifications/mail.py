"""The mail channel: what a message looks like on the wire, and which errors are worth trying again.

This module knows whether an error is hopeless and nothing of timetables; `delivery` knows the timetable.
"""

import re
import smtplib
import ssl
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email

from notifications.failures import PermanentFailure, TemporaryFailure
from notifications.letters import Rendered
from notifications.normal import normalise

__all__ = ["Channel", "PermanentFailure", "TemporaryFailure", "compose", "deliverable", "message_id", "row_id"]

# --- Addresses and ids -----------------------------------------------------------------------------------------------


def deliverable(address: str) -> str:
    """Return the form of an address that mail is sent to. Raises ValueError when it is none.

    ASCII goes as it was written. Anything else goes in its normal form, the one it is looked up by: otherwise a
    look-alike character could prove control of one mailbox and be matched to another.
    """
    written = address.strip()
    chosen = written if written.isascii() else normalise("email", written)
    try:
        if not chosen.isprintable():
            raise ValidationError("control characters")
        validate_email(chosen)
    except ValidationError:
        raise ValueError("this is not a mail address") from None
    return chosen


def message_id(row_id: uuid.UUID) -> str:
    """Return the Message-ID of a row: always the same one, so that a receiver can drop a second copy."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"<{row_id.hex}.recourse@{host}>"


_MESSAGE_ID: Final = re.compile(r"<?([0-9a-f]{32})\.recourse@[^<>@\s]+>?")


def row_id(text: str) -> uuid.UUID | None:
    """Return the id of the row behind a Message-ID of ours, None for any other text."""
    found = _MESSAGE_ID.fullmatch(text.strip())
    return uuid.UUID(hex=found[1]) if found else None


@dataclass(frozen=True, slots=True)
class WayOut:
    """Where the reader of a mail ends marketing by one press (RFC 8058), and where they choose what they are sent."""

    unsubscribe: str = field(repr=False)
    preferences: str = field(repr=False)


OFFERS: Final[list[Callable[[str, str, datetime], WayOut]]] = []
"""Asked with address, language and time for the way out of each mail to a person; at most one."""


def way_out(address: str, language: str, at: datetime) -> WayOut | None:
    """Return the way out for a mail to a person, where one is offered."""
    return next((offer(address, language, at) for offer in OFFERS), None)


def compose(
    row_id: uuid.UUID, to: str, rendered: Rendered, language: str, at: datetime, *, out: WayOut | None = None
) -> EmailMultiAlternatives:
    """Return a message as it goes out: plain text with an HTML alternative, marked as written by a machine."""
    reply_to = getattr(settings, "MAIL_REPLY_TO", "")
    message = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={
            "Message-ID": message_id(row_id),
            "Date": format_datetime(at),
            # RFC 3834, and what Exchange listens to: no out-of-office answers to a machine.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Content-Language": language,
            **_one_click(out),
        },
    )
    message.attach_alternative(rendered.html, "text/html")
    return message


def _one_click(out: WayOut | None) -> dict[str, str]:
    """Return the headers by which a mail program ends marketing itself. RFC 2369, RFC 8058"""
    if out is None:
        return {}
    return {"List-Unsubscribe": f"<{out.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


# --- Sending ---------------------------------------------------------------------------------------------------------


class Channel:
    """One connection for a batch: opened at the first message, reused, reopened once if the server hung up.

    Use as a context manager. `send` raises TemporaryFailure or PermanentFailure and nothing else.
    """

    def __init__(self) -> None:
        self._connection: BaseEmailBackend = get_connection()
        self._sent = 0
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, message: EmailMultiAlternatives) -> None:
        """Hand one message over; it was accepted when this returns."""
        if not self._open:
            self._start()
        try:
            self._hand_over(message)
        except TemporaryFailure as failure:
            # Many servers take some number of messages per connection and then hang up: that is not an outage.
            if not (failure.unreachable and self._sent):
                raise
            self._close()
            self._start()
            self._hand_over(message)
        self._sent += 1

    def _start(self) -> None:
        try:
            self._connection.open()
        except (OSError, smtplib.SMTPException) as error:
            self._close()
            # Whatever the server says before the first message is about us, not about a recipient.
            raise TemporaryFailure(_code("connect", error), unreachable=True) from None
        self._open, self._sent = True, 0

    def _hand_over(self, message: EmailMultiAlternatives) -> None:
        try:
            self._connection.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            code, _ = next(iter(error.recipients.values()), (0, b""))
            self._refused("recipient", code, error)
        except smtplib.SMTPSenderRefused as error:
            # Our own address is refused: an operator's mistake, mended while the message waits.
            raise TemporaryFailure(f"sender-{error.smtp_code}", unreachable=error.smtp_code == 421) from None
        except smtplib.SMTPResponseException as error:
            self._refused("data", error.smtp_code, error)
        except smtplib.SMTPNotSupportedError:
            raise PermanentFailure("address-not-supported") from None
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            raise TemporaryFailure(_code("lost", error), unreachable=True) from None
        except ValueError:
            # Django and the standard library refuse what would break out of a header or cannot be encoded.
            raise PermanentFailure("message-malformed") from None

    def _refused(self, stage: str, code: int, error: Exception) -> None:
        if 500 <= code < 600:
            raise PermanentFailure(f"{stage}-{code}") from None
        if code == 421:
            self._close()
        raise TemporaryFailure(f"{stage}-{code}", unreachable=code == 421) from None

    def _close(self) -> None:
        self._open = False
        # A server that is gone cannot be taken leave of.
        with suppress(OSError, smtplib.SMTPException):
            self._connection.close()


def _code(stage: str, error: Exception) -> str:
    """Return a word for an error. Never its text, in which servers like to repeat the address."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{stage}-{error.smtp_code}"
    # The standard library turns a time-out while reading into a disconnection, and keeps the cause beside it.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"{stage}-timeout"
    if isinstance(error, ConnectionRefusedError):
        return f"{stage}-refused"
    if isinstance(error, (ssl.SSLError, smtplib.SMTPNotSupportedError)):
        return f"{stage}-tls"
    return f"{stage}-error"
