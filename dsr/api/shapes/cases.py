"""Cases of authorities: what is sent and what is answered."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from dsr.api.answers import Shown
from dsr.api.reading import Body
from dsr.api.shapes.inputs import Paging, WithReason, WithText
from dsr.api.shapes.values import Line
from dsr.caselife import CaseState

Reference = Annotated[Line, Field(min_length=1, max_length=20)]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Place = Annotated[Line, Field(min_length=1, max_length=200, description="Where the document is kept that shows it.")]
User = Annotated[Line, Field(min_length=1, max_length=150, description="User name of a colleague.")]
Day = Annotated[date, Field(description="The day of the authority's letter; it is never worked out.")]
Number = Annotated[int, Field(ge=1, le=9999)]


class CasesWanted(Paging):
    """Which cases are listed; those that are open, where nothing is said."""

    state: Annotated[CaseState, Field(strict=False)] | None = None


class NewCase(Body):
    """What an authority wrote."""

    authority: Annotated[Line, Field(min_length=1, max_length=200)] = Field(description="An `id` of GET /authorities.")
    office: Line = Field("", max_length=200, description="Which office of it, where it has several.")
    reference: Annotated[Line, Field(min_length=1, max_length=200)] = Field(description="The authority's own; sealed.")
    received_on: date
    due_on: Day
    subject: Text = Field(description="What it asks; sealed.")
    references: list[Reference] = Field(
        default_factory=list, max_length=50, description="Filings that it is about; none is well, too."
    )


class WithAnswer(WithText):
    """What is to be answered, and where its documents are."""

    place: Line = Field("", max_length=200)


class WithSent(Body):
    """When the answer went out, and where what was sent is kept."""

    sent_on: date
    place: Place


class WithLetter(WithText):
    """Another letter of the authority."""

    received_on: date
    due_on: Day


class WithMoreTime(Body):
    """More time that the authority granted, with proof."""

    due_on: date
    granted_on: date
    place: Place


class WithOwner(Body):
    """Who works on it."""

    owner: User


class WithFiling(Body):
    """Whom it is about."""

    reference: Reference
    request: UUID | None = Field(None, description="One request of the filing, where it is about one.")


class WithLink(WithReason):
    """Which link is taken out, and why."""

    link: UUID


class WithMeasure(WithText):
    """Something that the authority ordered."""

    owner: User
    due_on: date


class WithMeasureDone(Body):
    """Which measure is done, and where that is shown."""

    measure: Number
    place: Place


class WithMeasureLifted(WithReason):
    """Which measure the authority does not want any more, and why."""

    measure: Number


class WithWords(WithText):
    """What the person of a linked filing is told."""

    link: UUID


class WithEnd(WithText):
    """How the authority ended it."""

    outcome: Literal["no_breach", "settled", "warning", "order", "fine", "withdrawn"]
    ended_on: date


class WithDrop(WithText):
    """When the authority let it go, and how that is known."""

    ended_on: date


class AuthorityShown(Shown):
    """An authority, court or dispute body by the rule files."""

    id: str
    title: str
    url: str | None


class AuthorityList(Shown):
    """All of them."""

    results: list[AuthorityShown]


class CaseRow(Shown):
    """A case as lists show it."""

    id: UUID
    url: str
    authority: str
    title: str = Field(description="What the authority is called.")
    office: str
    reference: str | None = Field(description="The authority's own; null for auditors and once it was forgotten.")
    state: str
    outcome: str | None
    overdue: bool
    received_on: date
    due_on: date
    owner: str | None
    sent_on: date | None
    ended_on: date | None
    version: int


class LinkShown(Shown):
    """Whom a case is about."""

    id: UUID
    reference: str
    request: UUID | None
    right: str | None
    told_at: datetime | None = Field(description="When the person was told on purpose; null where they were not.")


class MeasureShown(Shown):
    """Something that the authority ordered."""

    number: int
    what: str | None
    owner: str
    due_on: date
    done_at: datetime | None
    done_by: str | None
    place: str | None
    lifted_at: datetime | None


class CaseShown(CaseRow):
    """A case in full. What was written is null for auditors, and once it was forgotten."""

    subject: str | None
    answer: str | None
    place: str | None
    prepared_by: str | None
    prepared_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    entered_by: str
    entered_at: datetime
    closed_at: datetime | None
    purge_at: datetime | None
    purged_at: datetime | None
    links: list[LinkShown]
    measures: list[MeasureShown]


class CasePage(Shown):
    """One page of the list."""

    results: list[CaseRow]
    next: str | None


class CaseMoveShown(Shown):
    """One step, possible or with the reason why not."""

    verb: str
    title: str
    allowed: bool
    inputs: list[str]
    may_say: list[str]
    because: str | None
    code: str | None
    url: str


class CaseMoveList(Shown):
    """The steps that belong to the state of a case."""

    version: int
    results: list[CaseMoveShown]


class CaseEventShown(Shown):
    """One line of the history of a case."""

    seq: int
    at: datetime
    verb: str
    by: str | None = Field(description="Primary key of the colleague's account.")
    via: str
    from_state: str | None
    to_state: str
    data: dict[str, str | int]
    text: str | None
    hash: str


class CaseHistory(Shown):
    """One page of the history."""

    results: list[CaseEventShown]
    next: str | None
