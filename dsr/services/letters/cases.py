"""Letters about a request and its answer: receipt, dates, fees, decision, messages, and work for staff and owners."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from dsr.lifecycle import Outcome
from dsr.rules.marks import Mark
from dsr.services.letters.base import LegalLetter
from notifications.letters import Letter, Paragraphs, Secret


class Handling(StrEnum):
    """A step in how a request is dealt with, in words of the person's language in the templates."""

    SEARCH = "search"
    SECOND_PERSON = "second_person"
    STATEMENT = "statement"
    CHOICE = "choice"
    DECISION = "decision"
    CHILD = "child"
    """What is reported of a child: whoever reports it is told that it was looked into, and nothing else."""


class IdentityCheck(StrEnum):
    """How it is checked who is asking."""

    AS_NEEDED = "as_needed"
    NOT_NEEDED = "not_needed"
    MAIL_ASKED = "mail_asked"
    MAIL_CONFIRMED = "mail_confirmed"


class Whose(StrEnum):
    """As what a member of staff is warned."""

    OWNER = "owner"
    LEAD = "lead"
    DPO = "dpo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(LegalLetter):
    """Acknowledges a request: what was asked, how it is handled, when the answer is due, how to follow and complain."""

    kind: ClassVar[str] = "received"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "rights", "due_on", "remedies"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "how_processed": (),
        "how_verified": (),
        "expected_date": ("due_on",),
        "complaint_route": ("remedies",),
    }
    reference: str
    rights: tuple[str, ...]
    how: tuple[Handling, ...] = ()
    identity: IdentityCheck = IdentityCheck.AS_NEEDED
    due_on: date
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(LegalLetter):
    """Acknowledges a request of somebody whose identity is not confirmed yet: it lets nobody in."""

    kind: ClassVar[str] = "acknowledged"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "rights", "due_on", "remedies"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = Received.states
    reference: str
    rights: tuple[str, ...]
    how: tuple[Handling, ...]
    identity: IdentityCheck
    due_on: date
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended(LegalLetter):
    """Says that the answer will come later than first said: why, until when, and under which law that is possible."""

    kind: ClassVar[str] = "extended"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "reason", "was_due_on", "due_on", "remedies"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "will_be_late": ("was_due_on",),
        "reasons": ("ground", "reason"),
        "new_date": ("due_on",),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
    }
    reference: str
    right: str
    ground: str
    reason: Paragraphs
    was_due_on: date
    due_on: date
    law: str
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(LegalLetter):
    """Says that there is a question and what it does to the date. The question itself stays behind the link.

    Tells a pause, too: ``stops_clock`` says whether this law lets the time stand still until the person answers.
    ``due_on`` is the date as it stands when the question is put.
    """

    kind: ClassVar[str] = "question"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "due_on", "tracker"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "question": ("tracker",),
        "clock_effect": ("due_on",),
        "reasons": (),
    }
    reference: str
    right: str
    stops_clock: bool
    law: str
    due_on: date
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One date that changed. ``why`` is a plain sentence."""

    right: str
    was: date
    now: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatesMoved(Letter):
    """Says which dates changed, from what to what and why."""

    kind: ClassVar[str] = "dates_moved"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "moves"})
    reference: str
    moves: tuple[Moved, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTold(Letter):
    """Tells a fee before anything is charged: how much, why, and what happens if it is not accepted."""

    kind: ClassVar[str] = "fee_told"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "amount", "reason", "reply_by"})
    reference: str
    right: str
    amount: str
    reason: Paragraphs
    reply_by: date | None
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue(LegalLetter):
    """Says that the date was missed: sorry, what is being done, when the person hears next, where to complain.

    ``deemed`` names the law under which silence now counts as a refusal, ``appeal_until`` the last day on which that
    can be taken further. ``again`` marks the second and every later letter about the same answer.
    """

    kind: ClassVar[str] = "overdue"
    must_show: ClassVar[frozenset[str]] = frozenset(
        {"reference", "was_due_on", "next_on", "remedies", "deemed", "appeal_until"}
    )
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "apology": ("was_due_on",),
        "next_date": ("next_on",),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
    }
    reference: str
    right: str
    was_due_on: date
    next_on: date
    remedies: tuple[str, ...]
    deemed: str
    appeal_until: date | None
    again: bool
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
class AnswerReady(LegalLetter):
    """Says what was done, that the answer can be collected, and until when."""

    kind: ClassVar[str] = "answer_ready"
    only: ClassVar[Mapping[str, tuple[Outcome, ...]]] = {
        "outcome": (Outcome.FULFILLED, Outcome.PARTLY_FULFILLED, Outcome.NOTHING_HELD)
    }
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "expires_on", "tracker", "withheld"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": ("right",),
        "reasons": ("withheld",),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    right: str
    outcome: Outcome = Outcome.FULFILLED
    withheld: tuple[str, ...] = ()
    """What is held back, each with ground, reasons and law."""
    expires_on: date
    remedies: tuple[str, ...] = ()
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
class Refused(LegalLetter):
    """Tells the decision to refuse: ground, law, reasons, every way to complain; sorry if it is ``late``.

    ``appeal_until`` is the last day for asking us to look at it again: the law's, or our own where it sets none.
    """

    kind: ClassVar[str] = "refused"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "ground", "law", "reason", "remedies", "late"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": (),
        "apology": (),
        "reasons": ("ground", "law", "reason"),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    right: str
    ground: str
    law: str = ""
    """Where the law of this person allows the ground; "" where the ground rests on our own rules."""
    reason: Paragraphs
    remedies: tuple[str, ...]
    late: bool = False
    appeal_until: date | None = None
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealDecided(LegalLetter):
    """Tells what came of an appeal to us: whether the decision stands, why, and where to go from here.

    ``due_on`` is the day by which what was changed is done, where something was.
    """

    kind: ClassVar[str] = "appeal_decided"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "upheld", "reason", "remedies"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": (),
        "reasons": ("reason",),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
    }
    reference: str
    right: str
    upheld: bool
    partly: bool = False
    reason: Paragraphs
    remedies: tuple[str, ...]
    due_on: date | None = None
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
    to_staff: ClassVar[bool] = True
    reference: str
    system: str
    owner: str
    reminder: int
    due_on: date
    link: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffWarning(Letter):
    """Warns a member of staff of a date. Holds no personal value: those are behind the sign-in."""

    kind: ClassVar[str] = "staff_warning"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "due_on", "mark", "whose", "link"})
    reference: str
    right: str
    due_on: date
    mark: Mark
    whose: Whose
    link: str
