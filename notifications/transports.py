"""What a message is made into for the channel that it goes by, and how it is handed over there."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from notifications import letters, mail, sms
from notifications.letters import Letter, Rendered
from notifications.models import Channel, Message


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that can go. `hand_over` returns the id by which the other side knows it, and raises failures."""

    kept: Rendered = field(repr=False)
    hand_over: Callable[[], str] = field(repr=False)


class Transports:
    """The channels for one batch. Use as a context manager."""

    def __init__(self) -> None:
        self._mail = mail.Channel()
        self._sms = sms.Channel()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._mail)
        self._stack.enter_context(self._sms)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def prepare(self, message: Message, address: str, letter: Letter, at: datetime) -> Ready:
        """Write a message for its channel. Raises PermanentFailure, and what rendering raises."""
        return _BY_CHANNEL[message.channel](self, message, address, letter, at)

    def _by_mail(self, message: Message, address: str, letter: Letter, at: datetime) -> Ready:
        language = letters.supported(message.language)
        out = None if letter.to_staff else mail.way_out(address, language, at)
        rendered, kept = letters.render_twice(letter, language, preferences=out.preferences if out else "")
        outgoing = mail.compose(message.pk, address, rendered, language, at, out=out)

        def hand_over() -> str:
            self._mail.send(outgoing)
            return mail.message_id(message.pk)

        return Ready(kept, hand_over)

    def _by_sms(self, message: Message, address: str, letter: Letter, at: datetime) -> Ready:
        said, kept = letters.text_twice(letter, message.language)
        outgoing = sms.compose(message.pk.hex, address, said)
        return Ready(Rendered("", kept, ""), lambda: self._sms.send(outgoing))


_BY_CHANNEL: Final = {Channel.EMAIL.value: Transports._by_mail, Channel.SMS.value: Transports._by_sms}
