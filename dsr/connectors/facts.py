"""Facts that a person can be asked to prove who they are, and what a system says about where it reaches somebody.

Standard library only. The list of words is short on purpose: what is on it changes often, stands in no breach and can
be looked up by the person on a statement or a screen. Everything else is refused, with the reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final


class FactKind(StrEnum):
    """How an answer to a fact is read."""

    MONTH = "month"
    """A year and a month, as 2026-05."""
    AMOUNT = "amount"
    """Money, as 12.50, in whatever currency it was paid."""
    COUNT = "count"
    """A whole number from one on."""
    WORDS = "words"
    """Capitals and spaces do not count."""


KINDS: Final[Mapping[str, FactKind]] = {
    "last_payment_amount": FactKind.AMOUNT,
    "last_payment_month": FactKind.MONTH,
    "account_opened_month": FactKind.MONTH,
    "last_ticket_month": FactKind.MONTH,
    "numbers_held": FactKind.COUNT,
    "last_number_added_month": FactKind.MONTH,
    "last_message_month": FactKind.MONTH,
    "plan_name": FactKind.WORDS,
    "event_attended": FactKind.WORDS,
}
"""Every fact that may be asked, and how its answer is read: `FactWord` of the rules, which take longer to load."""

BREACHED: Final[tuple[tuple[str, str], ...]] = (
    (r"birth|born|dob", "dates of birth"),
    (r"maiden|mother|father", "names of parents"),
    (r"address|street|postcode|zip|town|city", "where somebody lives"),
    (r"card|iban|bank|cvc|cvv", "card and bank numbers"),
    (r"ssn|social|national|passport|licen[cs]e|identity|tax|id_number", "numbers of identity papers"),
    (r"phone|mobile|msisdn", "telephone numbers"),
    (r"e?mail", "mail addresses"),
    (r"question|secret|password|pin|hint|pet|school", "passwords and security questions"),
    (r"name|gender|sex", "names"),
)
_SPARED: Final = frozenset(KINDS) | {"plan_name", "plan", "event", "event_name"}


def why_refused(name: str) -> str | None:
    """Return why something of this name is no proof of anything, in plain words; None where nothing is against it.

    Says so of what breaches hold (NIST SP 800-63A bars knowledge that is not the person's alone), else of whatever is
    not among `KINDS`.
    """
    if name in KINDS:
        return None
    return breached(name) or f"is none of the facts that may be asked: {', '.join(KINDS)}"


def breached(name: str) -> str | None:
    """Return why what a column of this name holds must not be asked, in plain words; None where it may."""
    if name.lower() in _SPARED:
        return None
    # Words are found in snake_case, kebab-case and camelCase alike.
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for pattern, what in BREACHED:
        if re.search(rf"(?<![a-z])(?:{pattern})s?(?![a-z])", parts):
            return f"must not be asked: {what} are in every breach, so whoever knows them has proved nothing"
    return None


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that a system can compare an answer with."""

    name: str
    """By which the system is asked."""
    word: str
    """One of `KINDS`: what the person is asked for."""

    @classmethod
    def of(cls, word: str) -> "Fact":
        """Return the fact that is named after its word."""
        return cls(word, word)

    @property
    def kind(self) -> FactKind:
        """How its answer is read."""
        return KINDS[self.word]


CHANGES: Final[tuple[str, ...]] = ("email", "phone", "address", "password")
"""What a system may tell the last change of."""
MOST_PEOPLE: Final = 2
"""Nobody needs to know how many people the same identifiers lead to once they are several."""
MOST_WARNED: Final = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a system reaches a person, and since when that has been so. Never shown to anybody outside."""

    people: int = 0
    """How many people the identifiers lead to: 0, 1, or 2 for several."""
    on_file: Mapping[str, list[str]] = field(default_factory=dict)
    """Kind of identifier (`email`, `phone`) to what is on file for the one person. Nothing where they are several: an
    address that is on file for one of them says nothing of the other."""
    changed: Mapping[str, date] = field(default_factory=dict)
    """One of `CHANGES` to the day of its last change; nothing where the system does not know of any."""
    of_several: Mapping[str, list[str]] = field(default_factory=dict)
    """What is on file for all of several people, at most `MOST_WARNED` of a kind. Good for a warning and nothing else:
    whoever makes a second record with somebody's number must not keep the first from hearing of it."""

    @property
    def to_warn(self) -> Mapping[str, list[str]]:
        """Where everybody is reached whom the identifiers lead to."""
        return self.on_file if self.people == 1 else self.of_several
