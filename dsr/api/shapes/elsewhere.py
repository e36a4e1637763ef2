"""What the moves take that direct somebody to a customer."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from dsr.api.reading import Body
from dsr.api.shapes.inputs import WithReason, WithText, Word
from dsr.rights import Right

_Known = Literal["", "named", "proved"]
_CUSTOMER = Field(None, description="Its id in the directory; null where it is not known or not in there.")
_HOW = "How the person knows of the customer. Otherwise its name is not told to them."


class WithTextElsewhere(WithText):
    """What the person reads, and which customer is told."""

    customer: UUID | None = _CUSTOMER
    known: _Known = Field("", description=_HOW)


class WithElsewhere(Body):
    """Which customer decides, and about which data."""

    customer: UUID | None = _CUSTOMER
    known: _Known = Field("", description=_HOW)
    categories: list[Word] = Field(default_factory=list, max_length=50)


class WithReferral(Body):
    """Which line of the register."""

    referral: UUID


class WithRight(WithReason):
    """What the person's words also ask for, and why they are read so."""

    right: Right
    details: dict[Word, str] = Field(default_factory=dict, max_length=20, description="What that right needs to know.")
