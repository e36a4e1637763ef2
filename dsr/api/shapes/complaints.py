"""Bodies of the moves of complaints and appeals."""

from datetime import date
from typing import Literal

from pydantic import Field

from dsr.api.reading import Body
from dsr.api.shapes.inputs import WithText
from dsr.api.shapes.values import Line


class WithEnquiry(WithText):
    """Who was asked about a complaint, and what."""

    whom: Line = Field(min_length=1, max_length=200, description="Who is asked: a colleague, a team, a company.")


class WithReply(WithText):
    """What came of an enquiry."""

    enquiry: int = Field(ge=1, le=9999, description="Its number in GET /requests/{id}/complaint.")


class WithFinding(Body):
    """What was found about one point of a complaint."""

    point: str = Field(min_length=1, max_length=4000, description="What the person complains of.")
    verdict: Literal["justified", "partly", "not_justified", "not_established"]
    facts: str = Field(min_length=1, max_length=10_000, description="For the file; never sent to the person.")
    measure: str = Field(min_length=1, max_length=4000, description="The law or promise that it is held to.")
    reason: str = Field(min_length=1, max_length=10_000, description="For the person, in words about this case.")


class WithFindingNumber(Body):
    """Which finding."""

    finding: int = Field(ge=1, le=9999)


class WithPromise(WithText):
    """What will be done about a complaint, by whom and by when."""

    owner: Line = Field(min_length=1, max_length=150, description="User name of the colleague who sees to it.")
    due_on: date


class WithRemedy(Body):
    """Which promise."""

    remedy: int = Field(ge=1, le=9999)


class WithOutside(Body):
    """An outside body that a complaint went to."""

    body: Line = Field(min_length=1, max_length=200, description="An `id` of `bodies` in GET /requests/{id}/complaint.")
    reference: Line = Field("", max_length=200, description="Under which number it is there; it is sealed.")
    received_on: date = Field(description="The day on which its letter came, or on which it was heard of.")
    due_on: date | None = Field(None, description="The day of its letter; without one its own rules set it, if any do.")
    owner: Line = Field(min_length=1, max_length=150, description="User name of the colleague who works on it.")


class WithOutsideDay(Body):
    """Another day that an outside body set."""

    outside: int = Field(ge=1, le=9999, description="Its number in GET /requests/{id}/complaint.")
    due_on: date
    reason: str = Field(min_length=1, max_length=10_000)


class WithOutsideEnd(WithText):
    """What came of a complaint at an outside body."""

    outside: int = Field(ge=1, le=9999, description="Its number in GET /requests/{id}/complaint.")
    result: Literal["settled", "for_person", "partly", "against", "dropped"]
    ended_on: date


class WithDecision(WithText):
    """What is decided on an appeal, with the reasons for the person."""

    decision: Literal["upheld", "partly_overturned", "overturned"]
