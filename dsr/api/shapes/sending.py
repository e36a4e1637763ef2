"""Sending an answer to somebody whom the person named."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from dsr.api.answers import Shown
from dsr.api.reading import Body
from dsr.api.shapes.values import Line


class WithReceiver(Body):
    """To whom the answer is to be sent, as the person said."""

    url: Annotated[Line, Field(min_length=9, max_length=500)] = Field(
        description="The receiver's address for transfers, with https.", examples=["https://in.example.org/transfers"]
    )
    receiver: Annotated[Line, Field(min_length=1, max_length=120)] = Field(description="Who the receiver is.")


class TransmissionShown(Shown):
    """One answer on its way to one receiver."""

    id: UUID
    state: str = Field(description="`named`, `waiting`, `done`, `failed` or `cancelled`.")
    package: int = Field(description="Number of the answer that is sent.")
    size: int
    sha256: str
    offset: int = Field(description="How many bytes the receiver has said that it has.")
    receiver: str = Field(description="Hidden unless a reason was given.")
    url: str = Field(description="Hidden unless a reason was given.")
    code: str | None = Field(description="Why the last try did not work.")
    said: str | None = Field(description="The same in a sentence.")
    attempts: int
    named_at: datetime
    confirmed_at: datetime | None
    due_at: datetime | None = Field(description="The next try.")
    ended_at: datetime | None
    receipt: dict[str, Any] | None = Field(description="What the receiver confirmed, signed by us. Only with a reason.")


class TransmissionList(Shown):
    """Everything that was to be sent, the oldest first."""

    masked: bool
    results: list[TransmissionShown]
