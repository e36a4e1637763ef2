"""What is taken out of an answer: how it is marked, and what was marked."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from dsr.api.answers import Shown
from dsr.api.reading import Body
from dsr.api.shapes.inputs import WithGround
from dsr.api.shapes.values import Line, Word

_What = Literal["text", "field", "file", "pass"]
_Kind = Literal["name", "address", "number", "words", "staff", "secret", "trade_secret", "file"]
_Named = Annotated[Line, Field(max_length=128)]


class WithMarking(WithGround):
    """What is to be taken out, on a coded ground and with a reason that the person may read."""

    what: _What = Field(
        description="`text`: wherever it stands. `field`: a whole field, of one record or of all. `file`: a file, "
        "which is left out. `pass`: a file that no program can read and that goes as it is."
    )
    kind: _Kind
    passage: str = Field("", max_length=500, description="Of `text`: what to take out.")
    system: str = Field("", max_length=48, pattern=r"^[-a-zA-Z0-9_]*$", description="Of all but `text`: its key.")
    dataset: _Named = Field("", description="Of `field`: the kind of record.")
    field: _Named = Field("", description="Of `field`: its name.")
    record: int | None = Field(None, ge=1, le=2**31 - 1, description="Of `field`: from 1; null for every record.")
    file: int | None = Field(None, ge=1, le=2**31 - 1, description="Of `file` and `pass`: from 1, in this system.")


class WithMark(Body):
    """Which mark."""

    mark: UUID


class WithProposals(Body):
    """Which proposals of a program, and what becomes of them."""

    marks: list[UUID] = Field(min_length=1, max_length=500)
    decision: Literal["accept", "reject"]


class MarkShown(Shown):
    """Something that is taken out, or that a program proposes to take out."""

    id: UUID
    state: str = Field(description="`proposed` or `marked`.")
    what: str
    kind: str
    ground: Word
    system: str | None
    dataset: str | None
    field: str | None
    record: int | None
    file: int | None
    passage: str = Field(description="Hidden unless a reason was given.")
    reason: str
    by: str | None = Field(description="Who marked it; null while it is proposed.")
    at: datetime
    looked_by: str | None = Field(description="The second person, once they have looked.")
    looked_at: datetime | None


class MarkList(Shown):
    """What is taken out, and what is proposed to be."""

    masked: bool
    results: list[MarkShown]
