"""Letters about choices on marketing and the like."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from dsr.services.letters.base import LegalLetter
from notifications.letters import Letter, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceLate(Letter):
    """Tells somebody the truth: a choice is not in effect everywhere, though it should be, and where it is."""

    kind: ClassVar[str] = "choice_late"
    must_show: ClassVar[frozenset[str]] = frozenset({"about", "chosen_on", "missing"})
    about: str
    chosen_on: date
    done: tuple[str, ...]
    missing: tuple[str, ...]
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InEffect(LegalLetter):
    """Closes a request to be left alone: since when it stands, which systems mind it since when, how to complain."""

    kind: ClassVar[str] = "in_effect"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "chosen_on", "tracker", "remedies"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": ("right",),
        "reasons": (),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    organisation: str
    right: str
    chosen_on: date
    systems: tuple[str, ...]
    """Each system and the day on which it confirmed, in words."""
    was_late: bool
    consents: Secret | None = None
    """Of a consent that was taken back: where the person sees which stand, and may give one again."""
    erase_at: str = ""
    """Where an erasure is asked for, which is offered beside it and never follows from it."""
    remedies: tuple[str, ...]
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceDone(Letter):
    """Tells somebody who was told that a choice was late that it is in effect now."""

    kind: ClassVar[str] = "choice_done"
    must_show: ClassVar[frozenset[str]] = frozenset({"about", "chosen_on", "done_on"})
    about: str
    chosen_on: date
    done_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesLate(Letter):
    """Warns the owner of a system, or staff, that choices wait there. Holds no personal value."""

    kind: ClassVar[str] = "choices_late"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"system", "waiting", "must_by", "late", "link"})
    system: str
    owner: str
    waiting: int
    must_by: datetime
    late: bool
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceSheet(Letter):
    """Asks the owner of a system to leave people out by hand. Holds no personal value: those are behind the link."""

    kind: ClassVar[str] = "choice_sheet"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"system", "link"})
    system: str
    owner: str
    link: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class CpniNotice(LegalLetter):
    """Tells a customer what the use of data on how a service is used needs, and how to deny it. 47 CFR 64.2008(c), (d)

    ``purposes`` and ``recipients`` are plain words, ``wait_days`` how long silence is no approval yet.
    """

    kind: ClassVar[str] = "cpni_notice"
    must_show: ClassVar[frozenset[str]] = frozenset({"purposes", "recipients", "wait_days", "link"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "confidentiality": (),
        "what_is_used": (),
        "who_receives": ("recipients",),
        "what_for": ("purposes",),
        "right_to_deny": (),
        "how_to_deny": ("link",),
        "nothing_lost": (),
        "how_long": (),
        "silence": ("wait_days",),
        "by_reply": (),
        "free_at_any_hour": (),
    }
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    wait_days: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CpniDisagreed(Letter):
    """Tells the owner of an account that two people decided differently, that the denial holds, and who can end it."""

    kind: ClassVar[str] = "cpni_disagreed"
    must_show: ClassVar[frozenset[str]] = frozenset({"denied_on", "allowed_on"})
    denied_on: date
    allowed_on: date
