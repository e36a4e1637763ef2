"""A law, or a policy in place of one, as data: whom it covers, the rights it knows, its clocks and its demands.

One file is one regime during one window of time. A row in force is never edited: it is closed and a new one added.
"""

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from dsr.deadlines import WorkCalendar
from dsr.rules.problems import NotInRules
from dsr.rules.schema import duties
from dsr.rules.schema.base import Many, Row, Said, Slug, Text, Worded
from dsr.rules.schema.periods import (
    ANSWERS,
    ClockRule,
    ElsewhereRule,
    ExtensionRule,
    NoticeRule,
    PauseRule,
    ReportRule,
)
from dsr.rules.words import ClockWord, Element, RightWord

_ORDER: tuple[ClockWord, ...] = (
    "acknowledge",
    "respond",
    "effect",
    "refuse",
    "fee_reply",
    "complain",
    "decide_appeal",
)
Ruled = TypeVar("Ruled", PauseRule, duties.IdentityRule, duties.AgentRule)


class Regime(Worded):
    """One law, framework, promise or policy during one window of time.

    ``organisation`` is whose promise or certification it is; without it the regime binds anybody. A regime that is
    not ``switched_on`` is read, checked and explained, and proposed to nobody.
    """

    id: Slug
    title: Said
    law: Text
    kind: Literal["law", "framework", "promise", "policy"]
    covers: Said
    window: duties.Window
    calendar: Text
    proposal: duties.Proposal
    organisation: Slug | None = None
    switched_on: bool = True
    switched_off_because: Text | None = None
    scope: duties.Scope | None = None
    authorities: Annotated[Many[duties.Authority], Field(min_length=1)]
    rights: Annotated[Many[duties.KnownRight], Field(min_length=1)]
    clocks: Annotated[Many[ClockRule], Field(min_length=1)]
    extension: ExtensionRule | None = None
    pauses: Many[PauseRule] = ()
    missed: duties.MissedRule | None = None
    fee: duties.FeeRule | None = None
    repeats: Many[duties.RepeatRule] = ()
    appeal: duties.AppealRule | None = None
    identity: Many[duties.IdentityRule] = ()
    agents: Many[duties.AgentRule] = ()
    records: duties.RecordsRule | None = None
    notices: NoticeRule | None = None
    report: ReportRule | None = None
    elsewhere: ElsewhereRule | None = None
    uses: Many[duties.UseRule] = ()
    services: Many[duties.ServiceRule] = ()
    must_state: Many[duties.MustState] = ()
    child_ages: Many[duties.LawChildAge] = ()
    notes: Many[duties.Note] = ()
    # calendars/<calendar>.toml, put here by the loader
    working: WorkCalendar

    @model_validator(mode="after")
    def _off_with_a_reason(self) -> Self:
        if self.switched_on == (self.switched_off_because is not None):
            raise ValueError("'switched_off_because' says why 'switched_on' is false; write both or neither")
        return self

    def knows(self, right: str, on: date) -> bool:
        """Whether the regime gives ``right`` to somebody who asks on ``on``."""
        known = self._rights.get(right)
        return known is not None and (known.opens is None or known.opens <= on)

    def known_right(self, right: str) -> duties.KnownRight:
        """The right under this law's own name. Raises NotInRules."""
        if right not in self._rights:
            raise NotInRules(f"{self.id} knows no right {right!r}; it knows {', '.join(sorted(self._rights))}")
        return self._rights[right]

    def clock_rules(self, right: str) -> tuple[ClockRule, ...]:
        """The rules for ``right``: acknowledge, if there is one, then the answer, then the rest. Raises NotInRules."""
        self.known_right(right)
        return self._clock_rules[right]

    def clock_rule(self, kind: ClockWord, right: str) -> ClockRule | None:
        """The rule of one kind for ``right``; None where the law has none. Raises NotInRules."""
        self.known_right(right)
        return self._by_kind[right].get(kind)

    def answer_rule(self, right: str) -> ClockRule:
        """By when ``right`` must be answered, or have taken effect. Raises NotInRules."""
        self.known_right(right)
        return self._answers[right]

    def extension_for(self, right: str) -> ExtensionRule | None:
        """The rule for putting off the answer to ``right``; None where the law allows no such thing."""
        if self.extension is None:
            return None
        if self.extension.rights:
            return self.extension if right in self.extension.rights else None
        return None if self.answer_rule(right).rights else self.extension

    def pause_for(self, event: str, right: str) -> PauseRule | None:
        """What an open question of this kind does to the clock of ``right``; None where the law does not say.

        A choice takes effect whatever is open, so only a rule that names it says anything about it.
        """
        found = _narrowest((rule for rule in self.pauses if rule.event == event), right)
        if found is not None and not found.rights and self.answer_rule(right).kind == "effect":
            return None
        return found

    def identity_for(self, right: str) -> duties.IdentityRule | None:
        """How surely it must be known who asks for ``right``; None where the law does not say."""
        return _narrowest(self.identity, right)

    def agents_for(self, right: str) -> duties.AgentRule | None:
        """Who may ask for ``right`` on somebody's behalf; None where the law does not say."""
        return _narrowest(self.agents, right)

    def must_say(self, letter: str, right: str) -> tuple[Element, ...]:
        """What a letter about ``right`` must state under this law, without doubles."""
        rows = (row for row in self.must_state if row.letter == letter and (not row.rights or right in row.rights))
        found: list[Element] = [element for row in rows for element in row.elements]
        if letter == "extension" and (rule := self.extension_for(right)):
            found += rule.must_state
        if letter == "appeal" and self.appeal:
            found += self.appeal.must_state
        return tuple(dict.fromkeys(found))

    def child_age(self, country: str) -> duties.LawChildAge | None:
        """Under which age a resident of ``country`` cannot consent alone, if the law says."""
        by_place = {place: row for row in self.child_ages for place in row.where}
        return by_place.get(country) or next((row for row in self.child_ages if not row.where), None)

    @cached_property
    def _rights(self) -> dict[str, duties.KnownRight]:
        return {row.right: row for row in self.rights}

    @cached_property
    def _clock_rules(self) -> dict[str, tuple[ClockRule, ...]]:
        return {right: tuple(rule for kind in _ORDER for rule in self._one(kind, right)) for right in self._rights}

    @cached_property
    def _by_kind(self) -> dict[str, dict[str, ClockRule]]:
        return {right: {rule.kind: rule for rule in rules} for right, rules in self._clock_rules.items()}

    @cached_property
    def _answers(self) -> dict[str, ClockRule]:
        return {right: rule for right, rules in self._clock_rules.items() for rule in rules if rule.kind in ANSWERS}

    def _one(self, kind: ClockWord, right: str) -> tuple[ClockRule, ...]:
        """The rule of one kind for one right: the one that names it before the one that names none.

        A right that takes effect has no answer to wait for, so the general answer does not run for it.
        """
        of_kind = [rule for rule in self.clocks if rule.kind == kind]
        named = tuple(rule for rule in of_kind if right in rule.rights)
        if kind in ANSWERS and not named:
            other = "effect" if kind == "respond" else "respond"
            if any(right in rule.rights for rule in self.clocks if rule.kind == other):
                return ()
        return (named or tuple(rule for rule in of_kind if not rule.rights))[:1]


def _narrowest(rules: Iterable[Ruled], right: str) -> Ruled | None:
    """The rule that names the right before the one that names none."""
    rules = list(rules)
    named = (rule for rule in rules if right in rule.rights)
    return next(named, None) or next((rule for rule in rules if not rule.rights), None)


class VectorEvent(Row):
    """Something that happened in a worked case; ``until`` is the new date that an extension told."""

    kind: Literal[
        "identity_asked",
        "identity_given",
        "clarification_asked",
        "clarification_given",
        "fee_told",
        "fee_paid",
        "extended",
        "redirected",
        "decided",
        "appealed",
    ]
    on: date
    until: date | None = None


class Vector(Row):
    """A worked case: these dates follow, or the regime does not load.

    ``acknowledge``, ``respond`` (or the day of effect), ``extended`` and ``safe`` are compared whether they are given
    or not: one that is left out says that there is no such date. Of the others only those that are given. ``as_of`` is
    the day from which it is looked at, and ``forbidden`` names, in their order, the verbs of the events that the law
    passes over.
    """

    case: Text
    source: Text
    right: RightWord
    received: date
    events: Many[VectorEvent] = ()
    as_of: date | None = None
    forbidden: Many[Literal["ask_identity", "extend", "pause"]] | None = None
    acknowledge: date | None = None
    respond: date
    extended: date | None = None
    safe: date | None = None
    refuse: date | None = None
    decide_appeal: date | None = None
    complain: date | None = None
    fee_reply: date | None = None


class VectorFile(Row):
    """The worked cases of one regime."""

    vectors: Annotated[Many[Vector], Field(min_length=1)]
