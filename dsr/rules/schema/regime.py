"""A law, or a policy in place of one, as data: whom it covers, the rights it knows, its clocks and its demands.

One file is one regime during one window of time. A row in force is never edited: it is closed and a new one added.
"""

from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dsr.deadlines import Period, Roll, Unit, WorkCalendar
from dsr.rules.problems import NotInRules
from dsr.rules.schema.base import Figure, Many, Place, Row, Said, Slug, Text, Url, Worded
from dsr.rules.words import CountsIn, Letter, NoteTopic, PauseMode, RightWord


class Window(Row):
    """The days on which a request must have come in for this row to apply, both ends included."""

    opens: Annotated[date, Field(alias="from")]
    closes: Annotated[date | None, Field(alias="to")] = None

    def covers(self, day: date) -> bool:
        """Whether a request received on ``day`` falls under the row."""
        return self.opens <= day and (self.closes is None or day <= self.closes)


class Authority(Figure):
    """Who watches over the law and takes complaints."""

    title: Text
    url: Url | None = None


class Proposal(Row):
    """For whom the regime is proposed. ``otherwise`` is the one that is left when no other fits."""

    where: Many[Place] = ()
    otherwise: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.where) == self.otherwise:
            raise ValueError("name the places in 'where', or set 'otherwise', and not both")
        return self


class KnownRight(Figure):
    """A right of the contract under the name this law gives it."""

    right: RightWord
    name: Text
    opens: Annotated[date | None, Field(alias="from")] = None
    note: Text | None = None


class ClockRule(Figure):
    """One clock: what is counted, from receipt, and for which rights.

    Nothing in ``rights`` means every right that no other rule of the same kind names. ``safe`` says how the strictest
    reading differs where the law leaves a doubt: no holidays at all, or one day earlier.
    """

    id: Slug
    kind: Literal["acknowledge", "respond"]
    n: Annotated[int, Field(ge=0)]
    unit: CountsIn
    inclusive: bool = False
    roll: Literal["none", "next"] = "none"
    rights: Many[RightWord] = ()
    safe: Literal["no_holidays", "day_before"] | None = None
    text: Said | None = None

    @cached_property
    def period(self) -> Period:
        """What is counted, for the arithmetic."""
        return Period(self.n, Unit(self.unit), self.inclusive, Roll(self.roll))


class ExtensionRule(Figure):
    """How long the answer may be put off beyond the first period, how often, and what the person must be told."""

    n: Annotated[int, Field(ge=1)]
    unit: CountsIn
    times: Annotated[int, Field(ge=1)] = 1
    max_total_days: int | None = None
    notice: Literal["within_first_period"]
    grounds: Many[Slug] = ()
    must_state: Annotated[Many[Text], Field(min_length=1)]
    rights: Many[RightWord] = ()
    """Nothing means every right whose clock is the general one."""


class PauseRule(Figure):
    """What an open question does to the clock under this law."""

    event: Literal["identity", "clarification", "fee"]
    mode: PauseMode
    rights: Many[RightWord] = ()
    condition: Text | None = None


class MustState(Figure):
    """What a letter must say."""

    letter: Letter
    elements: Annotated[Many[Text], Field(min_length=1)]


class LawChildAge(Figure):
    """Under which age a person cannot consent alone."""

    under: Annotated[int, Field(ge=1, le=21)]
    where: Many[Place] = ()
    """Nothing means wherever no other row of the regime says otherwise."""
    note: Text | None = None


class Note(Figure):
    """Something a handler must know and no clock can hold."""

    topic: NoteTopic
    text: Text


class Regime(Worded):
    """One law or policy during one window of time."""

    id: Slug
    title: Said
    law: Text
    kind: Literal["law", "policy"]
    covers: Said
    window: Window
    calendar: Text
    proposal: Proposal
    authorities: Annotated[Many[Authority], Field(min_length=1)]
    rights: Annotated[Many[KnownRight], Field(min_length=1)]
    clocks: Annotated[Many[ClockRule], Field(min_length=1)]
    extension: ExtensionRule | None = None
    pauses: Many[PauseRule] = ()
    must_state: Many[MustState] = ()
    child_ages: Many[LawChildAge] = ()
    notes: Many[Note] = ()
    # calendars/<calendar>.toml, put here by the loader
    working: WorkCalendar

    def knows(self, right: str, on: date) -> bool:
        """Whether the regime gives ``right`` to somebody who asks on ``on``."""
        known = self._rights.get(right)
        return known is not None and (known.opens is None or known.opens <= on)

    def known_right(self, right: str) -> KnownRight:
        """The right under this law's own name. Raises NotInRules."""
        if right not in self._rights:
            raise NotInRules(f"{self.id} knows no right {right!r}; it knows {', '.join(sorted(self._rights))}")
        return self._rights[right]

    def clock_rules(self, right: str) -> tuple[ClockRule, ...]:
        """The rules for ``right``: acknowledge, where there is one, then respond. Raises NotInRules."""
        self.known_right(right)
        return self._clock_rules[right]

    def extension_for(self, right: str) -> ExtensionRule | None:
        """The rule for putting off the answer to ``right``; None where the law allows no such thing."""
        if self.extension is None:
            return None
        if self.extension.rights:
            return self.extension if right in self.extension.rights else None
        return self.extension if all(not rule.rights for rule in self._respond(right)) else None

    def child_age(self, country: str) -> LawChildAge | None:
        """Under which age a resident of ``country`` cannot consent alone, if the law says."""
        by_place = {place: row for row in self.child_ages for place in row.where}
        return by_place.get(country) or next((row for row in self.child_ages if not row.where), None)

    def _respond(self, right: str) -> tuple[ClockRule, ...]:
        return tuple(rule for rule in self.clock_rules(right) if rule.kind == "respond")

    @cached_property
    def _rights(self) -> dict[str, KnownRight]:
        return {row.right: row for row in self.rights}

    @cached_property
    def _clock_rules(self) -> dict[str, tuple[ClockRule, ...]]:
        return {
            right: tuple(rule for kind in ("acknowledge", "respond") for rule in self._one(kind, right))
            for right in self._rights
        }

    def _one(self, kind: str, right: str) -> tuple[ClockRule, ...]:
        of_kind = [rule for rule in self.clocks if rule.kind == kind]
        named = tuple(rule for rule in of_kind if right in rule.rights)
        return (named or tuple(rule for rule in of_kind if not rule.rights))[:1]

    @cached_property
    def working_without_holidays(self) -> WorkCalendar:
        """The calendar with the smallest set of holidays, for the strictest reading."""
        return self.working.without_holidays()


class Vector(Row):
    """A worked case: these dates follow, or the regime does not load."""

    case: Text
    source: Text
    right: RightWord
    received: date
    acknowledge: date | None = None
    respond: date
    extended: date | None = None
    safe: date | None = None


class VectorFile(Row):
    """The worked cases of one regime."""

    vectors: Annotated[Many[Vector], Field(min_length=1)]
