"""The channel of text messages: which numbers are written to, what a provider has to do, and which one is set up.

`SMS_URL` says which: a folder (`file://`), a gateway that takes JSON (`https://`), or the Messages resource that
programmable messaging services offer (`messages+https://`). None is set up while it is empty. What to do about an
error is said by its type, as with mail; `delivery` knows the timetable.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

from django.conf import settings

from notifications import gsm
from notifications.failures import PermanentFailure, TemporaryFailure
from notifications.normal import normalise

__all__ = [
    "MOST_SEGMENTS",
    "Channel",
    "PermanentFailure",
    "SmsProvider",
    "TemporaryFailure",
    "Text",
    "compose",
    "deliverable",
    "offered",
    "provider",
]

MOST_SEGMENTS: Final = 2


class SmsProvider(Protocol):
    """Hands text messages to whoever carries them on."""

    def send(self, to: str, text: str, key: str) -> str:
        """Hand one text over and return the id by which the provider knows it, at most 255 printable ASCII signs.

        `to` is a number in E.164 (``+353871234567``), `key` names the message: where the provider can tell, a second
        call with the same key sends nothing more. Raises TemporaryFailure and PermanentFailure and nothing else, and
        neither they nor any line in a log hold the number, the text or a credential.
        """


# --- Numbers ---------------------------------------------------------------------------------------------------------


def deliverable(number: str, region: str = "") -> str:
    """Return a number in E.164. Raises ValueError when it is none, or none that a code may be sent to.

    A number without its country is read as one of `region` (ISO 3166), where given. Numbers that earn their holder
    money, or at which nobody reads, are refused: otherwise asking for codes is a trade.
    """
    # Costs 90 ms to import, and most processes never see a number.
    import phonenumbers
    from phonenumbers import PhoneNumberType as Type
    from phonenumbers import ValidationResult

    chosen = normalise("phone", number)
    try:
        parsed = phonenumbers.parse(chosen if chosen.startswith("+") else number, region or None)
    except phonenumbers.NumberParseException:
        raise ValueError("this is not a telephone number with its country") from None
    # By length only: ranges are opened faster than anybody's tables are brought up to date.
    if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
        raise ValueError("this is not a telephone number with its country")
    unwanted = {Type.PREMIUM_RATE, Type.SHARED_COST, Type.TOLL_FREE, Type.VOICEMAIL, Type.UAN, Type.PAGER}
    if phonenumbers.number_type(parsed) in unwanted:
        raise ValueError("no text messages are sent to this kind of number")
    return normalise("phone", str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)))


# --- What is sent ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """One text message as it goes out."""

    to: str = field(repr=False)
    text: str = field(repr=False)
    key: str


def compose(key: str, to: str, text: str) -> Text:
    """Return a message in the shortest alphabet that holds it. Raises PermanentFailure when it is too long."""
    said = gsm.plain(text)
    if gsm.segments(said) > MOST_SEGMENTS:
        raise PermanentFailure("text-too-long")
    return Text(to, said, key)


# --- Providers -------------------------------------------------------------------------------------------------------


def _files() -> SmsProvider:
    from notifications.sms_files import TextFiles

    return TextFiles.set_up()


def _gateway() -> SmsProvider:
    from notifications.sms_http import Gateway

    return Gateway.set_up()


def _messages() -> SmsProvider:
    from notifications.sms_http import MessagesResource

    return MessagesResource.set_up()


# Each is imported when it is used: most processes never send a text.
_PROVIDERS: Final[dict[str, Callable[[], SmsProvider]]] = {
    "file": _files,
    "http": _gateway,
    "https": _gateway,
    "messages+http": _messages,
    "messages+https": _messages,
}


def offered() -> bool:
    """Say whether text messages can be sent at all, so that nobody is offered a code by a way that does not exist."""
    return bool(settings.SMS_URL)


def provider() -> SmsProvider:
    """Return the provider that `SMS_URL` names. Raises TemporaryFailure when there is none: the message waits."""
    make = _PROVIDERS.get(urlsplit(settings.SMS_URL).scheme)
    if make is None:
        raise TemporaryFailure("no-provider", unreachable=True)
    return make()


_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")


class Channel:
    """One provider for a batch, set up at its first message. Use as a context manager, as mail.Channel."""

    def __init__(self) -> None:
        self._provider: SmsProvider | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: no connection outlives its message."""

    def send(self, message: Text) -> str:
        """Hand one message over and return the provider's id; raises TemporaryFailure or PermanentFailure."""
        if self._provider is None:
            self._provider = provider()
        given = self._provider.send(message.to, message.text, message.key)
        # It is kept and shown: whatever else a provider puts there, the number of the person may be part of it.
        return given if _ID.fullmatch(given) and message.to.lstrip("+") not in given else message.key
