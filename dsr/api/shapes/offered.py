"""Answers about rights: what may be asked, how surely one must know who asks, and by when it is answered."""

from datetime import date

from pydantic import Field

from dsr.api.answers import Shown
from dsr.api.shapes.outputs import DoorShown, NoticeShown


class NamedLaw(Shown):
    """A law, or the organisation's own policy in place of one."""

    id: str
    title: str
    law: str


class Proof(Shown):
    """A way of showing who one is."""

    method: str
    title: str
    asks: str = Field(description="What the person does.")
    kept: str = Field(description="What is kept of it.")
    last_resort: bool
    sign_off: bool = Field(description="Whether the data protection officer has to agree.")


class MethodBarred(Shown):
    """A way that must not be used."""

    method: str
    because: str


class Reason(Shown):
    """Why this is asked for, and what it rests on."""

    sentence: str
    source: str
    confidence: str = Field(description="How sure the figure is, as in the reference of the rule files.")
    regime: str = Field(description="Empty where it is a rule of the service and not of one law.")


class Identity(Shown):
    """How surely one must know who asks."""

    floor: str = Field(description="nothing, channel, known, strong or seen.")
    level: int = Field(description="The same as a number, from 0 to 4.")
    asked: bool
    of_record: bool = Field(
        description="Whether only a sign-in counts, or control of an address or number that has long been on file."
    )
    login_suffices: bool = Field(description="Whether signing in anew is enough though the floor is higher.")
    methods: list[str] = Field(description="What would do, the mildest first.")
    proofs: list[Proof] = Field(description="The same, as it is told to the person.")
    barred: list[MethodBarred]
    because: list[Reason]


class ClockForecast(Shown):
    """A clock as it would run for somebody who asks today."""

    kind: str
    regime: str
    due_on: date = Field(description="The last lawful day.")
    promised_on: date = Field(description="The day that the person is told.")
    rule: str
    source: str
    policy: bool = Field(description="Whether the organisation promises it, rather than a law.")


class QuestionShown(Shown):
    """Something that may be asked. Where there are ``choices``, one of them is the answer."""

    name: str
    title: str
    required: bool
    choices: tuple[str, ...] = ()


class BarredShown(Shown):
    """Something that must not be asked."""

    name: str
    because: str


class WayShown(Shown):
    """A way to reach the organisation."""

    id: str
    title: str
    email: str | None
    url: str | None


class RightShown(Shown):
    """A right as the notice offers it to somebody."""

    right: str
    title: str
    description: str
    filed_here: bool = Field(description="Whether POST /submissions takes it; otherwise use one of the ways.")
    identity: Identity
    clocks: list[ClockForecast]
    questions: list[QuestionShown]
    must_not_ask: list[BarredShown]
    ways: list[WayShown]


class RightsShown(Shown):
    """What somebody may ask, and under which laws."""

    notice: NoticeShown
    country: str
    region: str
    relationship: str
    in_scope: bool
    route: str | None = Field(description="Where to turn, for somebody whom another notice governs.")
    elsewhere: list[DoorShown] = Field(
        description="Who else is likely to answer. POST /submissions takes it all the same."
    )
    regimes: list[NamedLaw]
    rights: list[RightShown]
