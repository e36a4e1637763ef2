"""The figures of a law that are not about time: who is covered, what may be asked and charged, what is kept."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dsr.rules.schema.base import Figure, Many, Place, Row, Slug, Text, Url
from dsr.rules.words import (
    Confidence,
    CountsIn,
    Element,
    EndWord,
    IdentityDemand,
    Letter,
    MandateKind,
    MediumWord,
    NoteTopic,
    RightWord,
)


class Window(Row):
    """The days on which a request must have come in for this row to apply, both ends included.

    Where the first day is itself something to look up, ``source`` and ``confidence`` say where it comes from.
    """

    opens: Annotated[date, Field(alias="from")]
    closes: Annotated[date | None, Field(alias="to")] = None
    source: Text | None = None
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if (self.source is None) != (self.confidence is None):
            raise ValueError("'source' and 'confidence' go together; write both or neither")
        return self

    def covers(self, day: date) -> bool:
        """Whether a request received on ``day`` falls under the row."""
        return self.opens <= day and (self.closes is None or day <= self.closes)


class Authority(Figure):
    """Who watches over the law and takes complaints."""

    id: Slug | None = None
    """By which a step of the complaint ladder names it that comes after."""
    title: Text
    url: Url | None = None


class Proposal(Row):
    """For whom the regime is proposed: in some places, everywhere, ``otherwise``, where no other fits, or ``nobody``.

    What is proposed to ``nobody`` binds the organisation without giving anybody a right, such as the terms of a service
    that it uses: no request is answered under it, and its dates are shown beside those of the laws.

    ``beside`` marks a law about single choices, such as that on calls or on mail: it is named after the laws that
    govern requests in general, and where there is none it does not stand in for one.
    """

    where: Many[Place] = ()
    everywhere: bool = False
    otherwise: bool = False
    nobody: bool = False
    beside: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if [bool(self.where), self.everywhere, self.otherwise, self.nobody].count(True) != 1:
            raise ValueError(
                "name the places in 'where', or set 'everywhere' or 'otherwise' or 'nobody', and one of them only"
            )
        if self.otherwise and self.beside:
            raise ValueError("what is proposed 'otherwise' cannot stand 'beside' what it stands in for")
        return self


class Scope(Figure):
    """Whom the law covers beside private persons, and when it applies to the organisation at all.

    Somebody whom the law leaves out is answered all the same; the register then says that it was no duty.
    """

    business_contacts: bool
    employees: bool
    applies_if: Text | None = None


class KnownRight(Figure):
    """A right of the contract under the name this law gives it."""

    right: RightWord
    name: Text
    opens: Annotated[date | None, Field(alias="from")] = None
    note: Text | None = None
    media: Many[MediumWord] = ()
    """By what people are reached where the law is about some of it only; nothing means whatever it is."""

    def reaches(self, medium: str) -> bool:
        """Whether the law is about what reaches people by a medium; an empty one stands for any."""
        return not medium or not self.media or medium in self.media


class FreeRequests(Row):
    """How many requests are free within how many months."""

    n: Annotated[int, Field(ge=1)]
    months: Annotated[int, Field(ge=1)]
    rights: Many[RightWord] = ()


class Cap(Row):
    """The most that may be charged, in whole units of a currency (ISO 4217)."""

    amount: Annotated[int, Field(ge=1)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class FeeRule(Figure):
    """What answering costs the person.

    ``may_charge`` says that the law allows a fee in the cases that ``exception`` names; it is told first where
    ``told_first``.
    """

    may_charge: bool
    exception: Text | None = None
    told_first: bool = False
    cap: Cap | None = None
    free: FreeRequests | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.may_charge and self.exception is None:
            raise ValueError("says that a fee may be charged: write in 'exception' when")
        return self


class RepeatRule(Figure):
    """What is different about asking again, or being asked again, within some months."""

    rights: Annotated[Many[RightWord], Field(min_length=1)]
    months: Annotated[int, Field(ge=1)]
    text: Text


class UnverifiedEnd(Figure):
    """How a request ends when nobody could tell who made it. Days are calendar days after the proof was asked for."""

    word: EndWord
    reminds_after: Annotated[int | None, Field(ge=1, le=365)] = None
    closes_after: Annotated[int | None, Field(ge=1, le=365)] = None


class IdentityRule(Figure):
    """How surely the law wants it known who is asking. ``points`` are facts that must match what is held."""

    rights: Many[RightWord] = ()
    demand: IdentityDemand
    points: Annotated[int | None, Field(ge=1, le=9)] = None
    text: Text | None = None
    ends: UnverifiedEnd | None = None


class AgentRule(Figure):
    """Who may ask for somebody else, with what, and whether that somebody may be contacted to confirm it."""

    rights: Many[RightWord] = ()
    allowed: bool
    mandates: Many[MandateKind] = ()
    may_confirm: bool = True
    text: Text | None = None


class RecordsRule(Figure):
    """How long the record of a request is kept, and what it must hold."""

    months: Annotated[int, Field(ge=1)]
    holds: Many[Text] = ()


class UseRule(Figure):
    """A use of data on how a service is used, and what it needs: nothing, silence after a notice, or a yes."""

    id: Slug
    text: Text
    needs: Literal["nothing", "silence", "yes"]


class ServiceRule(Figure):
    """A kind of service that choices on such uses can be about."""

    id: Slug
    text: Text


class AppealTime(Row):
    """How long after the decision one may appeal to the organisation."""

    n: Annotated[int, Field(ge=1)]
    unit: CountsIn


class AppealRule(Figure):
    """Whether a decision may be appealed to the organisation itself, and what the answer must state."""

    offered: bool
    within: AppealTime | None = None
    must_state: Many[Element] = ()
    text: Text | None = None


class MissedRule(Figure):
    """What the law makes of an answer that does not come: a refusal that may be taken further, or nothing."""

    deemed_refusal: bool
    text: Text


class MustState(Figure):
    """What a letter must say."""

    letter: Letter
    elements: Annotated[Many[Element], Field(min_length=1)]
    rights: Many[RightWord] = ()


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
    id: Slug | None = None
