"""Bodies, parameters and answers about what browsers say by themselves."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from dsr.api.answers import Shown
from dsr.api.reading import Body, Parameters
from dsr.api.shapes.choices import Digest, Value
from dsr.api.shapes.values import Instant, Line, Word, refuse
from dsr.gpc import Signal

Browser = Annotated[
    Line, Field(min_length=8, max_length=200, description="The site's own name for this browser, such as its cookie's.")
]
Header = Annotated[bool | Annotated[str, Field(max_length=80)], Field(union_mode="left_to_right")]


class SignalHeard(Body):
    """What one browser sent to one of the organisation's sites."""

    browser: Browser = Field(examples=["b-5f0c2a9e71"])
    identifiers: dict[Word, Annotated[list[Value], Field(max_length=20)]] = Field(
        default_factory=dict,
        max_length=8,
        description="Whose browser it is, where the site knows: `email`, `phone`, `account`.",
        examples=[{"email": ["ada@example.org"]}],
    )
    gpc: Header = Field(
        default=False,
        description="The header `Sec-GPC` as it came, or whether it was `1`. Any other value is no signal.",
        examples=["1"],
    )
    dnt: Header = Field(default=False, description="The header `DNT` as it came, or whether it was `1`.")
    at: Instant | None = Field(None, description="When it came. Now, unless given.")
    agreed: bool = Field(
        default=False, description="Whether the person had agreed to sale or sharing before, by a setting of this site."
    )


class SignalAsked(Parameters):
    """Which browser."""

    browser: Browser | None = Field(None, description="The site's name for the browser, or give its `digest`.")
    digest: Digest | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "SignalAsked":
        if (self.browser is None) == (self.digest is None):
            raise refuse(_("Give either the browser or its digest."))
        return self


class LimitShown(Shown):
    """What one law would have allowed for a choice that is in effect already."""

    law: str
    title: str
    due: date
    text: str | None
    source: str


class BrowserState(Shown):
    """What stands for a browser."""

    honoured: bool = Field(description="Sale, sharing and targeted advertising are stopped for this browser.")
    since: datetime | None
    choice: UUID | None = Field(description="The number of the choice that stopped it.")
    ask_again_after: date | None = Field(
        description="Before this day, and whenever the browser sends a signal, nobody asks whether the person agrees."
    )
    ask_again_source: str | None
    limits: list[LimitShown] = Field(description="By when laws want it. It was in effect at once.")


class SignalAnswer(BrowserState):
    """What was made of what came."""

    signals: list[Signal] = Field(description="What of it was a signal.")
    new: bool = Field(description="False where all of it stood already: the same signal is recorded once.")
    sentence: str = Field(description="To show to the person.")
    conflict: str | None = Field(
        description="To tell the person, who had agreed before: the signal counts for more. 11 CCR 7025(c)(3)"
    )
