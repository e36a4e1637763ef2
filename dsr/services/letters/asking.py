"""Letters about who is asking: the code, what more is asked, those on file, holds, and who acts for another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from dsr.services.letters.base import LegalLetter
from notifications.letters import TEXT, Letter, Paragraphs, Secret


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
class SmsCode(Letter):
    """Carries a code by text message, and nothing that says who asks for what."""

    kind: ClassVar[str] = "sms_code"
    channels: ClassVar[frozenset[str]] = frozenset({TEXT})
    useful_for: ClassVar[timedelta | None] = timedelta(minutes=30)
    reference: str
    code: Secret
    minutes: int


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
class IdentityAsked(LegalLetter):
    """Asks for more proof of who is asking: why, what would do, and what it does to the date. Tells a pause, too.

    ``because`` are plain sentences, each with its source; ``ways`` the titles of the methods that would do.
    """

    kind: ClassVar[str] = "identity_asked"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "because", "ways", "lapses_on", "tracker"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "question": ("tracker",),
        "clock_effect": ("due_on",),
        "reasons": ("because",),
    }
    reference: str
    right: str
    because: tuple[str, ...]
    ways: tuple[str, ...]
    stops_clock: bool
    law: str
    due_on: date
    lapses_on: date
    tracker: Secret


class Unproved(StrEnum):
    """As what a request ends for which nobody could be identified."""

    LAPSED = "lapsed"
    CANNOT_IDENTIFY = "cannot_identify"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotIdentified(LegalLetter):
    """Says that it could not be found out who is asking, so that nothing is given, and how to go on or complain."""

    kind: ClassVar[str] = "not_identified"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "rights", "remedies", "tracker"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": (),
        "reasons": ("source",),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    rights: tuple[str, ...]
    end: Unproved
    source: str
    again: bool = True
    """It can be taken up again under the same reference."""
    reason: Paragraphs = ""
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SomebodyAsked(Letter):
    """Tells a channel on file that somebody asked for this person's data, and lets it vouch or stop everything."""

    kind: ClassVar[str] = "somebody_asked"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "rights", "asked_on", "link"})
    reference: str
    rights: tuple[str, ...]
    asked_on: date
    link: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SomebodyAskedText(Letter):
    """Tells a number on file that somebody asked for this person's data, without a link: such texts look like fraud."""

    kind: ClassVar[str] = "somebody_asked_text"
    channels: ClassVar[frozenset[str]] = frozenset({TEXT})
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Letter):
    """Says that nothing is handed over for a while, and why that protects the person."""

    kind: ClassVar[str] = "held"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "until", "tracker"})
    reference: str
    until: date
    tracker: Secret


class Unasked(StrEnum):
    """What came in that nobody asked for."""

    DOCUMENT = "document"
    PASSWORD = "password"  # noqa: S105 - the name of a kind, not a password
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnaskedDestroyed(Letter):
    """Says that something came in that nobody asked for, that it was not used and has been destroyed."""

    kind: ClassVar[str] = "unasked"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "what", "tracker"})
    reference: str
    what: Unasked
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateAsked(Letter):
    """Tells an agent what shows that it may ask for somebody else, and where to show it; again if it did not do.

    ``missing`` is what a paper did not show, and ``reason`` what the checker says of it; both empty the first time.
    """

    kind: ClassVar[str] = "mandate_asked"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "rights", "shows", "checks", "missing", "paper"})
    reference: str
    rights: tuple[str, ...]
    shows: str
    checks: tuple[str, ...]
    missing: tuple[str, ...] = ()
    reason: Paragraphs = ""
    asks_person: bool
    lapses_on: date
    paper: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateConfirm(Letter):
    """Asks somebody whether another may ask for them. Without ``link`` it only tells, as a paper shows it already."""

    kind: ClassVar[str] = "mandate_confirm"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "rights", "agent", "withdraw"})
    reference: str
    rights: tuple[str, ...]
    agent: str
    receives: bool
    link: Secret
    withdraw: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateEnded(Letter):
    """Tells an agent that its authority is withdrawn, so that nothing more is done for it."""

    kind: ClassVar[str] = "mandate_ended"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference"})
    reference: str
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCalled(Letter):
    """Calls a member of staff because somebody on file stopped a request. Holds no personal value."""

    kind: ClassVar[str] = "staff_called"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "link"})
    reference: str
    link: str
