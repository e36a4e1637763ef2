"""What the moves take that direct somebody to a customer or to a door of the notice."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from dsr.api.answers import Shown
from dsr.api.reading import Body, Parameters
from dsr.api.shapes.inputs import Paging, WithReason, WithText
from dsr.api.shapes.outputs import DoorShown
from dsr.api.shapes.values import Country, Region, Word
from dsr.rights import Right
from dsr.services.threads import LONGEST

_Known = Literal["", "named", "proved"]
_Agreed = Literal["", "filed", "said"]
_CUSTOMER = Field(None, description="Its id in the directory; null where it is not known or not in there.")
_DOOR = Field("", description="Instead of a customer, who else answers for this: an id of GET /doors.")
_PASS_ON = Field(False, description="Pass it on there, with the name, the mail address and what is asked.")
_AGREED: Any = Field("", description="How the person agreed that it is passed on: with the filing, or since.")
_HOW = "How the person knows of the customer. Otherwise its name is not told to them."


class WithTextElsewhere(WithText):
    """What the person reads, and which customer is told, or which door the person is sent to."""

    customer: UUID | None = _CUSTOMER
    known: _Known = Field("", description=_HOW)
    door: Word | Literal[""] = _DOOR
    pass_on: bool = _PASS_ON
    agreed: _Agreed = _AGREED
    whole: bool = Field(False, description="Send every right of the submission there that can be sent.")


class WithElsewhere(Body):
    """Which customer decides, and about which data, or which door answers for part of it."""

    customer: UUID | None = _CUSTOMER
    known: _Known = Field("", description=_HOW)
    categories: list[Word] = Field(default_factory=list, max_length=50)
    door: Word | Literal[""] = _DOOR
    pass_on: bool = _PASS_ON
    agreed: _Agreed = _AGREED
    text: str = Field("", max_length=LONGEST, description="What the person reads beside what the directory says.")


class WithReferral(Body):
    """Which line of the register, and what the other side says."""

    referral: UUID
    word: Literal["taken", "not_theirs"] = Field("taken", description="It has it in hand, or holds nothing of it.")


class WithRight(WithReason):
    """What the person's words also ask for, and why they are read so."""

    right: Right
    details: dict[Word, str] = Field(default_factory=dict, max_length=20, description="What that right needs to know.")


class DoorsWanted(Parameters):
    """Whom the doors have to answer."""

    country: Country | Literal[""] = ""
    region: Region = ""


class DoorList(Shown):
    """Who else answers, in the order of the notice."""

    results: list[DoorShown]


class CustomerShown(Shown):
    """A customer on whose behalf data is processed."""

    id: UUID
    name: str
    agreement: str
    answers_within: int | None = Field(description="In business days; null where the rule files say it.")
    active: bool


class CustomerPage(Shown):
    """One page of customers, the newest first."""

    results: list[CustomerShown]
    next: str | None


class ReferralsWanted(Paging):
    """Which lines of the register."""

    state: Literal["", "open", "late"] = Field("", description="Word is awaited, or its day is over.")
    door: Word | None = None


class ReferralShown(Shown):
    """One line of the register. Nothing in it says who the person is."""

    id: UUID
    number: str | None = Field(description="The line's own reference; null for the oldest lines.")
    reference: str = Field(description="The reference of the submission.")
    request: UUID
    right: str
    kind: str = Field(description="customer, applicants, brand, group_company, or unknown.")
    whom: str = Field(description="Who it is; empty for a customer that nobody knows.")
    door: str
    customer: UUID | None
    known: str = Field(description="How the person knows of the customer. Otherwise its name was not told.")
    made_at: datetime
    told_person_at: datetime
    passed_on: bool = Field(description="Whether the other side was told.")
    agreed: str = Field(description="How the person agreed to that: filed, said, or empty.")
    due_on: date | None = Field(description="By when its word is awaited; null where nobody's is.")
    late: bool
    reminders: int
    confirmed_at: datetime | None
    word: str = Field(description="taken, not_theirs, or empty.")


class ReferralPage(Shown):
    """One page of the register, the newest first."""

    results: list[ReferralShown]
    next: str | None
