"""The figures of a law that are about time: clocks, extensions, pauses, and the waits after a notice."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dsr.deadlines import Period, Roll, Unit
from dsr.rules.schema.base import Figure, Many, Row, Said, Slug, Text, Worded
from dsr.rules.words import ClockWord, CountsIn, Element, PauseEvent, PauseMode, RightWord, StartWord

STARTS: dict[ClockWord, StartWord] = {
    "acknowledge": "received",
    "respond": "received",
    "effect": "received",
    "refuse": "received",
    "decide_appeal": "appealed",
    "complain": "decided",
    "fee_reply": "fee_told",
}
"""The event that each kind of clock is counted from."""
ANSWERS: tuple[ClockWord, ...] = ("respond", "effect")
"""The kinds that say by when a request must have been answered, or a choice have taken effect."""


class Longer(Row):
    """By how much a clock may be put off once; for an appeal, whose extension is not that of the answer."""

    n: Annotated[int, Field(ge=1)]
    unit: CountsIn


class ClockRule(Figure):
    """One clock: what is counted, from the event that its kind names, and for which rights.

    Nothing in ``rights`` means every right that no other rule of the same kind names. ``safe`` says how the strictest
    reading differs where the law leaves a doubt: no holidays at all, or the day before the due date, as where the
    period is said to be one "beginning with" its first day.
    """

    id: Slug
    kind: ClockWord
    n: Annotated[int, Field(ge=0)]
    unit: CountsIn
    inclusive: bool = False
    roll: Literal["none", "next"] = "none"
    rights: Many[RightWord] = ()
    safe: Literal["no_holidays", "day_before"] | None = None
    longer: Longer | None = None
    text: Said | None = None

    @cached_property
    def period(self) -> Period:
        """What is counted, for the arithmetic."""
        return Period(self.n, Unit(self.unit), self.inclusive, Roll(self.roll))

    @property
    def starts(self) -> StartWord:
        """The event that it is counted from."""
        return STARTS[self.kind]


class ExtensionGround(Worded):
    """A ground on which an answer may be put off."""

    id: Slug
    title: Said


class ExtensionRule(Figure):
    """How long the answer may be put off beyond the first period, how often, and what the person must be told.

    Without ``n`` the law sets no length: the person is told the new date instead. The notice is due within the first
    period. ``max_total_days`` caps both together; days on which the law itself lets the clock stand still are left out
    of the cap as they are of the period.
    """

    n: Annotated[int | None, Field(ge=1)] = None
    unit: CountsIn = "day"
    times: Annotated[int, Field(ge=1)] = 1
    max_total_days: int | None = None
    notice: Literal["within_first_period"] = "within_first_period"
    grounds: Annotated[Many[ExtensionGround], Field(min_length=1)]
    must_state: Annotated[Many[Element], Field(min_length=1)]
    rights: Many[RightWord] = ()
    """Nothing means every right whose clock is the general one."""

    def ground(self, ground_id: str) -> ExtensionGround | None:
        """One of the grounds; None for what the law does not know."""
        return next((ground for ground in self.grounds if ground.id == ground_id), None)


class PauseRule(Figure):
    """What an open question does to the clock under this law.

    ``none``: the clock runs on. ``start_later``: it begins only when the answer is there. ``exclude_inclusive``: the
    days from the question to the answer, both included, do not count. ``toll``: nor do the days after the question up
    to the answer, which only a regulator says and not the law, so the strictest reading counts them. Nothing in
    ``rights`` means every right that is answered; a choice takes effect whatever is open.
    """

    event: PauseEvent
    mode: PauseMode
    rights: Many[RightWord] = ()
    condition: Text | None = None

    @model_validator(mode="after")
    def _a_toll_is_a_policy(self) -> Self:
        if self.mode == "toll" and not self.policy:
            raise ValueError("a toll rests on guidance and not on the law: set policy = true")
        return self


class MediumWait(Row):
    """From which day the wait after a notice is counted, by the way it was sent."""

    medium: Literal["email", "post"]
    starts_after_days: Annotated[int, Field(ge=0)]


class NoticeRule(Figure):
    """A notice after which silence comes to count as approval: how long to wait, and how often to repeat it."""

    wait_days: Annotated[int, Field(ge=1)]
    media: Annotated[Many[MediumWait], Field(min_length=1)]
    again_months: Annotated[int, Field(ge=1)]
    rights: Annotated[Many[RightWord], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_medium_once(self) -> Self:
        if len({row.medium for row in self.media}) < len(self.media):
            raise ValueError("a medium is given twice")
        return self


class ReportRule(Figure):
    """By when the authority is told of a means of choosing that does not work, from the day on which that is known."""

    n: Annotated[int, Field(ge=0)]
    unit: CountsIn
    rights: Annotated[Many[RightWord], Field(min_length=1)]
    text: Said

    @cached_property
    def period(self) -> Period:
        """What is counted, for the arithmetic."""
        return Period(self.n, Unit(self.unit))


class ElsewhereRule(Figure):
    """By when word is awaited of whom somebody was sent to, and after how long it is asked for again."""

    n: Annotated[int, Field(ge=1)]
    unit: CountsIn
    again_n: Annotated[int, Field(ge=1)]
    again_unit: CountsIn
    text: Said

    @cached_property
    def period(self) -> Period:
        """How long the first word may take, for the arithmetic."""
        return Period(self.n, Unit(self.unit))

    @cached_property
    def again(self) -> Period:
        """How long after the last reminder the next one goes out, for the arithmetic."""
        return Period(self.again_n, Unit(self.again_unit))
