"""The parts of a notice that say what people can do: who they are, what they may ask, how, and where to complain."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from dsr.deadlines import Period, Unit
from dsr.rules.schema.base import (
    Country,
    Email,
    Figure,
    Language,
    Many,
    Named,
    Place,
    Said,
    SaidList,
    Slug,
    Text,
    Url,
    Worded,
)
from dsr.rules.words import ChannelKind, CountsIn, DoorKind, MediumWord, RightWord, TopicPurpose


class Contact(Named):
    """A person or team that can be written to."""

    email: Email
    description: Said | None = None


class Office(Named):
    """A postal address."""

    company: Text
    lines: Annotated[Many[Text], Field(min_length=1)]
    country: Country
    serves: Many[Place] = ()

    @property
    def address(self) -> tuple[str, ...]:
        """Company and lines, as one writes them on an envelope."""
        return (self.company, *self.lines)


class Channel(Named):
    """A way to reach the organisation."""

    kind: ChannelKind
    email: Email | None = None
    url: Url | None = None
    subject: Text | None = None
    """The subject line to write, where one is asked for."""
    description: Said | None = None


class Relationship(Named):
    """What somebody is to the organisation. Out of scope means that another notice governs: ``route`` says where."""

    description: Said
    in_scope: bool = True
    route: Said | None = None
    processor: Said | None = None
    """Told where data about such people is mostly handled for somebody else who must be asked."""
    for_others: bool = False
    """Acts for a person or organisation rather than for themselves."""


class Door(Named):
    """Somebody else who answers for what this notice does not cover, to whom people are sent who come here for it."""

    id: Annotated[Slug, Field(max_length=40)]
    kind: DoorKind
    responsible: Said
    """What it answers for."""
    notice: Said | None = None
    """What its own privacy notice is called."""
    email: Email
    url: Url | None = None
    how: Said
    """How one reaches it, in a sentence for the person."""
    languages: Annotated[Many[Language], Field(min_length=1)]
    """In which languages it answers, its own first."""
    relationships: Many[Slug] = ()
    """Who among the people of this notice belongs there."""
    serves: Many[Place] = ()
    """Whose residents it answers; nothing means everybody."""
    needs_agreement: bool = True
    """The person has to agree before anything about them is passed on. False for a desk of the same organisation."""


class Offer(Worded):
    """A right as this notice offers it."""

    right: RightWord
    title: Said
    description: Said
    how: Annotated[Many[Slug], Field(min_length=1)]
    """Channels, the plainest first."""
    identity: Literal["never", "where_needed", "always"]
    relationships: Many[Slug] = ()
    """Who may use it; nothing means everybody in scope."""
    where: Many[Place] = ()
    """Whose residents may use it; nothing means everybody."""
    notes: SaidList = ()
    effect_days: Annotated[int, Field(ge=0)] | None = None
    """The organisation's own promise: in effect so many calendar days after receipt at the latest."""
    lasts: Said | None = None
    about: Literal["person", "account", "device"] = "person"
    """What a choice attaches to."""
    already: bool = False
    """What is asked is so already, as ``notes`` say: whoever asks is told so, and the choice is kept all the same."""


class Topic(Named):
    """What the organisation writes or calls about of its own accord.

    Marketing is chosen topic by topic. What is about the service itself goes on whatever was chosen: it is part of
    what somebody uses, and no advertisement. 16 CFR 316.3, "transactional or relationship message"
    """

    id: Annotated[Slug, Field(max_length=40)]
    description: Said
    purpose: TopicPurpose
    channels: Annotated[Many[MediumWord], Field(min_length=1)]
    """By what it reaches people, the most usual first."""


class LocalRights(Named):
    """Rights that the notice opens to the residents of one place by a route of their own."""

    where: Annotated[Many[Place], Field(min_length=1)]
    description: Said
    law: Text
    how: Annotated[Many[Slug], Field(min_length=1)]


class AgentRule(Worded):
    """What somebody who acts for another must show."""

    description: Said
    accepts: Annotated[Many[Literal["power_of_attorney", "written_authority"]], Field(min_length=1)]
    how: Many[Slug] = ()


class VerificationRule(Worded):
    """How a person is asked to prove who they are."""

    description: Said
    accepts: Annotated[Many[Literal["login", "recent_interactions"]], Field(min_length=1)]


class AutomatedDecision(Named):
    """A decision that is made without people."""

    description: Said
    told: bool
    """The person is told of it and of the way to have it reviewed."""
    how: Annotated[Many[Slug], Field(min_length=1)]


class ChildAge(Worded):
    """Under which age somebody may not have an account, and how to report it."""

    under: Annotated[int, Field(ge=1, le=21)]
    where: Annotated[Many[Place], Field(min_length=1)]
    how: Annotated[Many[Slug], Field(min_length=1)]


class AnswerTime(Figure):
    """Within what time an outside body is answered that took a complaint up, unless its letter names a day."""

    n: Annotated[int, Field(ge=1)]
    unit: CountsIn

    @cached_property
    def period(self) -> Period:
        """What is counted, for the arithmetic."""
        return Period(self.n, Unit(self.unit))


class ComplaintRoute(Named):
    """One step of the complaint ladder; steps with the same number stand side by side."""

    step: Annotated[int, Field(ge=1)]
    who: Said
    description: Said
    rights: Annotated[Many[Literal["complaint", "bcr_complaint"]], Field(min_length=1)]
    where: Many[Place] = ()
    how: Many[Slug] = ()
    """Channels of the organisation's own, for the first step."""
    url: Url | None = None
    free: bool | None = None
    framework: Text | None = None
    after: Many[Slug] = ()
    """What has to be tried before: ids of other steps, or of authorities of a law."""
    answer: AnswerTime | None = None
    """By when we answer it, where its own rules say so."""
