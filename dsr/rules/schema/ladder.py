"""The ladder as data: how surely it must be known who asks, by what means, for whom, and what makes one look twice.

Its tables stand in ``ladder/*.toml``, each key in one file. A law's own demands stay in its regime; what is here says
how far up the ladder each of those demands reaches.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal, Self, TypeVar, get_args

from pydantic import Field, model_validator

from dsr.rules.problems import NotInRules
from dsr.rules.schema.base import Figure, Many, Named, Place, Row, Said, Slug, Text, Worded
from dsr.rules.words import (
    CHOICES,
    MANDATE_KINDS,
    METHOD_LEVELS,
    RIGHT_WORDS,
    SIGNAL_WORDS,
    EndWord,
    FactWord,
    IdentityDemand,
    MandateKind,
    MethodWord,
    RightWord,
    SensitivityWord,
    SignalWord,
)

Found = TypeVar("Found", bound=Row)
Rung = Annotated[int, Field(ge=0, le=4)]
"""A level of the ladder: 0 nothing, 1 a channel, 2 known, 3 strong, 4 a document seen."""
OTHER = "other"
"""The row of barred facts that stands for whatever has none of its own."""
Came = Literal["web", "api", "phone", "email", "post", "support", "in_person"]
"""How a request reached the organisation."""


class Reason(Worded, Figure):
    """A sentence for people, and what it rests on."""

    says: Said


class Floor(Reason):
    """The rung that some rights start from. ``holders`` limits the row to people with an account, or without one."""

    rights: Annotated[Many[RightWord], Field(min_length=1)]
    holders: bool | None = None
    level: Rung


class DemandLevel(Row):
    """How far up a law's demand reaches, never below the floor.

    ``level`` is for everybody, ``holders`` for people with an account, ``points`` where the law itself names a number
    of matching facts, ``high`` where the data is sensitive. With ``login_suffices`` signing in anew is enough for an
    account holder, whatever the rung.
    """

    demand: IdentityDemand
    level: Rung = 0
    holders: Rung = 0
    points: Rung = 0
    high: Rung = 0
    login_suffices: bool = False
    says: Text


class Sensitive(Reason):
    """Data that is more than ordinary: for which rights, of whom, and under which laws.

    ``holders`` limits the row to people with an account, or without one; without ``regimes`` it is for everybody.
    """

    sensitivity: Literal["high", "call_detail"]
    rights: Annotated[Many[RightWord], Field(min_length=1)]
    holders: bool | None = None
    regimes: Many[Slug] = ()
    level: Rung = 1
    of_record: bool = False
    record_reaches: Rung = 1
    """The rung that control of a channel of record reaches here, as the law names it for such data."""


class Way(Named):
    """One method: what the person does, and what becomes of what it leaves behind. The rows go from mild to intrusive.

    ``holders`` keeps it for people with an account, ``came`` for requests that came in one of those ways.
    ``last_resort`` is offered after everything else, ``sign_off`` needs the data protection officer.
    """

    id: MethodWord
    asks: Said
    kept: Said
    holders: bool = False
    came: Many[Came] = ()
    last_resort: bool = False
    sign_off: bool = False


class Bar(Reason):
    """Methods that must not be used where all of the conditions hold, and why in plain words.

    ``above`` and ``below`` are rungs. ``yields`` gives way where nobody would have any way left.
    """

    methods: Annotated[Many[MethodWord], Field(min_length=1)]
    sensitivity: SensitivityWord | None = None
    came: Many[Came] = ()
    above: Rung | None = None
    below: Rung | None = None
    yields: bool = False


class FactAsked(Named):
    """A fact from recent dealings, and how it is asked. ``form`` says what an answer looks like."""

    id: FactWord
    question: Said
    form: Literal["amount", "month", "count", "words"]


class FactBarred(Named):
    """Something that must never be asked as a fact, and why."""

    because: Said


class SignalRule(Named):
    """Something that makes one look twice. It never refuses by itself.

    ``effect`` is ``show`` (the reviewer sees it), ``raise`` (it counts as a doubt, once, and never leads to a document)
    ``hold`` (nothing is released for ``hold_hours``), or the two together.
    """

    id: SignalWord
    meaning: Said
    effect: Literal["show", "raise", "hold", "raise_and_hold"]

    @property
    def effects(self) -> tuple[str, ...]:
        """What it does, each by itself."""
        return tuple(self.effect.split("_and_"))


class Check(Row):
    """One thing the checker ticks. ``choices`` marks the only ones asked for when somebody only wants to be left alone.

    ``regimes`` and ``where`` limit it to laws or places.
    """

    id: Slug
    says: Text
    choices: bool = False
    regimes: Many[Slug] = ()
    where: Many[Place] = ()


class MandateRule(Named, Figure):
    """A kind of authority to act for somebody else.

    ``rights`` are those it may cover; none means all. ``everywhere`` says that it is accepted wherever no law forbids
    agents, otherwise only under the laws that name it. ``replaces_confirmation`` says that the principal is not asked.
    """

    id: MandateKind
    shows: Said
    rights: Many[RightWord] = ()
    offered: bool = True
    everywhere: bool = True
    may_receive: bool = True
    confirms: bool = False
    """The principal confirms it, wherever the law allows to ask."""
    replaces_confirmation: bool = False
    months: Annotated[int, Field(ge=1)] | None = None
    """How long it counts where it names no end itself."""
    checks: Annotated[Many[Check], Field(min_length=1)]

    @model_validator(mode="after")
    def _asks_for_little(self) -> Self:
        if (not self.rights or CHOICES & {*self.rights}) and not any(check.choices for check in self.checks):
            raise ValueError(
                "needs a check with 'choices': the one that is enough where somebody wants to be left alone"
            )
        return self


class ChildRule(Figure):
    """From when a child is heard, and what counts where no law names an age."""

    near_years: Annotated[int, Field(ge=0, le=10)]
    otherwise_under: Annotated[int, Field(ge=1, le=21)]
    says: Text


class AgeSign(Worded):
    """Something that speaks for a child (above nothing) or against one (below)."""

    id: Slug
    says: Said
    weight: Annotated[int, Field(ge=-5, le=5)]


class Point(Worded):
    """Something to go through, or a way in which those around a child disagree."""

    id: Slug
    says: Said


class Shelter(Figure):
    """How a report of a child's account is dealt with.

    ``target_hours`` is within how many hours it should be settled, ``tell_hours`` after how many the reporter is told
    that it was dealt with, ``enough`` the weight of signs from which one person may call it a child's account.
    """

    target_hours: Annotated[int, Field(ge=1, le=72)]
    tell_hours: Annotated[int, Field(ge=1, le=240)]
    enough: Annotated[int, Field(ge=1, le=9)]
    says: Text
    signs: Annotated[Many[AgeSign], Field(min_length=1)]
    conflicts: Annotated[Many[Point], Field(min_length=1)]
    guidance: Annotated[Many[Point], Field(min_length=1)]


class Ending(Named):
    """What comes of it when nobody could tell who asked. Days are calendar days after the proof was asked for.

    Without ``closes_after`` it ends by the date of the answer.
    """

    id: EndWord
    says: Said
    reminds_after: Annotated[int, Field(ge=1)] | None = None
    closes_after: Annotated[int, Field(ge=1)] | None = None


class OtherwiseEnds(Figure):
    """How it ends where no law says."""

    word: EndWord


class Ladder(Row):
    """Everything in ``ladder/*.toml``.

    ``accounts`` names the relationships of people with an account. ``hold_hours`` is how long a hold lasts,
    ``record_days`` for how long a changed address is none of record, ``hold_days`` how recent a change must be to hold.
    """

    accounts: Many[Slug]
    open_rights: Annotated[Many[RightWord], Field(min_length=1)]
    """Answered without anything about anybody in particular, so nobody proves anything."""
    open_because: Reason
    choices_because: Reason
    floors: Annotated[Many[Floor], Field(min_length=1)]
    demands: Annotated[Many[DemandLevel], Field(min_length=1)]
    elsewhere: Reason
    doubts: Reason
    sensitive: Many[Sensitive] = ()
    ways: Annotated[Many[Way], Field(min_length=1)]
    bars: Many[Bar] = ()
    facts: Many[FactAsked]
    facts_barred: Many[FactBarred]
    hold_hours: Annotated[int, Field(ge=1, le=240)]
    record_days: Annotated[int, Field(ge=1, le=365)]
    hold_days: Annotated[int, Field(ge=1, le=60)]
    signals: Many[SignalRule]
    mandates: Many[MandateRule]
    choices_by_agent: Reason
    child: ChildRule
    shelter: Shelter | None = None
    """None in books from before it was written down."""
    endings: Many[Ending]
    otherwise_ends: OtherwiseEnds

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, words, known in (
            ("demands", [row.demand for row in self.demands], get_args(IdentityDemand)),
            ("ways", [row.id for row in self.ways], tuple(METHOD_LEVELS)),
            ("signals", [row.id for row in self.signals], SIGNAL_WORDS),
            ("mandates", [row.id for row in self.mandates], MANDATE_KINDS),
            ("endings", [row.id for row in self.endings], get_args(EndWord)),
            ("facts_barred", [row.id for row in self.facts_barred], (OTHER,)),
            ("floors", [right for row in self.floors for right in row.rights], self._proved),
        ):
            if lacking := [word for word in known if word not in words]:
                raise ValueError(f"{name!r} says nothing of {', '.join(lacking)}")
        return self

    @property
    def _proved(self) -> tuple[str, ...]:
        """The rights for which something may have to be proved."""
        return tuple(right for right in RIGHT_WORDS if right not in {*CHOICES, *self.open_rights})

    def demand(self, word: str) -> DemandLevel:
        """How far up a law's demand reaches. Raises NotInRules."""
        return _found(self.demands, "demand", word)

    def way(self, method: str) -> Way:
        """A method by its word. Raises NotInRules."""
        return _found(self.ways, "id", method)

    def signal(self, code: str) -> SignalRule:
        """A signal by its code. Raises NotInRules."""
        return _found(self.signals, "id", code)

    def mandate(self, kind: str) -> MandateRule:
        """A kind of mandate. Raises NotInRules."""
        return _found(self.mandates, "id", kind)

    def ending(self, word: str) -> Ending:
        """How a request can end. Raises NotInRules."""
        return _found(self.endings, "id", word)

    def fact(self, word: str) -> FactAsked | None:
        """A fact that may be asked; None where it may not."""
        return next((row for row in self.facts if row.id == word), None)

    def why_not_asked(self, word: str, language: str | None = None) -> str:
        """Why something must not be asked as a fact, in one sentence; empty where it may be asked."""
        if self.fact(word):
            return ""
        row = self._barred.get(word)
        return row.wording("because", language) if row else self._barred[OTHER].wording("because", language)

    @cached_property
    def _barred(self) -> dict[str, FactBarred]:
        return {row.id: row for row in self.facts_barred}


def _found(rows: Iterable[Found], key: str, word: str) -> Found:
    row = next((row for row in rows if getattr(row, key) == word), None)
    if row is None:
        raise NotInRules(f"the ladder has no {word!r}")
    return row
