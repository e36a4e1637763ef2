"""Every message the service sends, as a typed context. Templates live in ``templates/messages/<kind>/``."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from notifications.letters import Letter, Paragraphs, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAddress(Letter):
    """Asks the person to prove control of the address, by link or code."""

    kind: ClassVar[str] = "confirm_address"
    reference: str
    rights: tuple[str, ...]
    link: Secret
    code: Secret
    lapses_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Letter):
    """Acknowledges a request: what was asked, when the answer is due, how to follow it, how to complain."""

    kind: ClassVar[str] = "received"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "rights", "due_on", "remedies"})
    reference: str
    rights: tuple[str, ...]
    due_on: date
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseWarning(Letter):
    """Says that the request lapses unless the address is confirmed."""

    kind: ClassVar[str] = "lapse_warning"
    reference: str
    link: Secret
    code: Secret
    lapses_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed(Letter):
    """Says that the request lapsed, and how to take it up again."""

    kind: ClassVar[str] = "lapsed"
    reference: str
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerLink(Letter):
    """Carries the link to the tracker that the person asked for."""

    kind: ClassVar[str] = "tracker_link"
    reference: str
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage(Letter):
    """Says that there is a message, or a question to answer, without its content."""

    kind: ClassVar[str] = "new_message"
    reference: str
    question: bool
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReady(Letter):
    """Says that the answer can be collected, and until when."""

    kind: ClassVar[str] = "answer_ready"
    reference: str
    right: str
    expires_on: date
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryWarning(Letter):
    """Says that an answer has not been collected and when the download ends."""

    kind: ClassVar[str] = "expiry_warning"
    reference: str
    right: str
    expires_on: date
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadCode(Letter):
    """Carries the fresh code that a download needs."""

    kind: ClassVar[str] = "download_code"
    reference: str
    code: Secret
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Letter):
    """Tells the decision to refuse: ground, reasons, and every way to complain."""

    kind: ClassVar[str] = "refused"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "ground", "reason", "remedies"})
    reference: str
    right: str
    ground: str
    reason: Paragraphs
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Letter):
    """Tells that a request ended without an answer: withdrawn, or directed elsewhere with the reason."""

    kind: ClassVar[str] = "closed"
    reference: str
    right: str
    outcome: str
    explanation: Paragraphs
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Worksheet(Letter):
    """Asks the owner of a system to search it and to report. Holds no personal value: those are behind the link."""

    kind: ClassVar[str] = "worksheet"
    reference: str
    system: str
    owner: str
    reminder: int
    due_on: date
    link: Secret
