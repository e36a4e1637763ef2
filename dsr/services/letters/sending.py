"""Letters about sending an answer to somebody whom the person named."""

from dataclasses import dataclass
from typing import ClassVar

from notifications.letters import Letter, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOn(Letter):
    """Says that the receiver has all of it, and that the receipt is behind the link."""

    kind: ClassVar[str] = "sent_on"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "receiver", "tracker"})
    reference: str
    organisation: str
    receiver: str
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSentOn(Letter):
    """Says that it could not be sent, why, and how to go on."""

    kind: ClassVar[str] = "not_sent_on"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "receiver", "reason", "tracker"})
    reference: str
    organisation: str
    receiver: str
    reason: str
    tracker: Secret
