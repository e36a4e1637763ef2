"""Answers about what is done in the systems: the plan, the tasks, the recipients, the items, the certificate."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field, RootModel

from dsr.api.answers import Shown


class PlanRow(Shown):
    """What would become of one data category in one system. `found` is `erase` plus `keep`."""

    system: str
    name: str = Field(description="What the system is called.")
    category: str
    found: int
    erase: int
    keep: int
    ground: str | None = Field(description="Why some are kept. Null, too, where a law forbids to say it.")
    until: date | None = Field(description="The last day of what stays longest, where one is known.")
    rule: str | None = Field(description="The row of the retention schedule that keeps them; null for a legal hold.")
    by_hand: bool = Field(description="The system's owner looks when it is carried out.")
    left_out: bool = Field(description="It does not answer, and somebody decided to go on without it.")


class PlanShown(Shown):
    """The plan of a request, as things stood when the systems were asked."""

    confirmed_at: datetime | None = Field(description="When the person confirmed the erasure a second time.")
    act_at: datetime | None = Field(description="When it is carried out, once it is approved. Until then it can stop.")
    results: list[PlanRow]


class TaskLine(Shown):
    """What became of one data category in one kind of record."""

    dataset: str
    category: str
    found: int
    erase: int
    keep: int


class TaskShown(Shown):
    """One system's part in carrying a request out."""

    id: UUID
    system: str
    kind: str
    state: str
    result: str | None
    code: str | None = Field(description="Why a try failed, or what the system says of what it did.")
    said: str | None = Field(description="The same in sentences.")
    late: bool = Field(description="Of records that were kept and whose day has come.")
    attempts: int
    due_at: datetime = Field(description="The next try.")
    made_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    files: int = Field(description="How many files its owner handed in as proof. The console shows them.")
    lines: list[TaskLine] = Field(description="Of an erasure and of a later look: numbers of records.")


class TaskList(Shown):
    """The tasks of a request."""

    results: list[TaskShown]


class RecipientShown(Shown):
    """Somebody who was given the data and is told."""

    name: str
    told_at: datetime | None
    answer: str | None
    remarks: str | None = Field(description="What qualifies the answer, in sentences.")
    answered_at: datetime | None


class RecipientList(Shown):
    """Who was told."""

    results: list[RecipientShown]


class ItemShown(Shown):
    """One thing that the person says is wrong, and what was decided. Texts are hidden unless a reason was given."""

    number: int
    about: str
    asked: str
    places: list[str] = Field(description="Fields, as `system.dataset.field`.")
    is_login: bool = Field(description="Whether one signs in with it.")
    decision: str | None
    ground: str | None
    reason: str
    decided_by: str | None
    decided_at: datetime | None
    statement: str = Field(description="What the person states against a refusal.")
    statement_at: datetime | None


class ItemList(Shown):
    """The things that the person says are wrong. Empty, too, once the personal data was deleted."""

    masked: bool
    results: list[ItemShown]


class WeighingShown(Shown):
    """One use that is objected to, and what was decided about it. Texts are hidden unless a reason was given."""

    use: str
    title: str
    basis: str | None
    outcome: str | None = Field(description="stop, part or go_on; null until it is weighed.")
    ground: str | None
    vulnerable: bool
    texts: dict[str, str]
    by: str | None
    at: datetime | None


class WeighingList(Shown):
    """What is objected to, use by use. Empty for any other right, and once the personal data was deleted."""

    masked: bool
    results: list[WeighingShown]


class EnquiryShown(Shown):
    """Who was asked what about a complaint, and what came back."""

    number: int
    whom: str
    asked: str
    reply: str
    asked_at: datetime
    replied_at: datetime | None
    by: str


class FindingShown(Shown):
    """One point of a complaint, and what was found."""

    number: int
    verdict: str
    point: str
    facts: str = Field(description="For the file; never sent to the person.")
    measure: str
    reason: str
    at: datetime
    by: str


class PromiseShown(Shown):
    """Something that is promised to a person, by whom and by when."""

    number: int
    what: str
    owner: str
    due_on: date
    done_at: datetime | None


class RouteShown(Shown):
    """One place where a complaint can go next."""

    id: str
    step: int
    title: str
    who: str
    url: str
    free: bool
    open: bool = Field(description="Whether it can be turned to now, rather than only after those in `after`.")
    after: list[str]


class OutsideShown(Shown):
    """An outside body that a complaint went to, and by when it is answered."""

    number: int
    body: str = Field(description="Its id in the ladder.")
    title: str
    reference: str
    received_on: date
    due_on: date | None
    set_by: str | None = Field(description="`letter` or `rule`: who set the day.")
    owner: str
    result: str | None
    ended_on: date | None
    outcome: str


class BodyShown(Shown):
    """An outside body that a complaint can go to."""

    id: str
    title: str
    who: str


class ComplaintShown(Shown):
    """What was asked, found and promised about a complaint, where it went, and the ladder from here."""

    masked: bool
    about: UUID | None = Field(description="The request that it is about.")
    investigator: str | None
    proposed_outcome: str | None
    enquiries: list[EnquiryShown]
    findings: list[FindingShown]
    promises: list[PromiseShown]
    outside: list[OutsideShown]
    bodies: list[BodyShown] = Field(description="To which outside bodies it can go; the move note_outside takes one.")
    routes: list[RouteShown] = Field(description="What is left to the person after those.")


class CertificateShown(RootModel[dict[str, Any]]):
    """The certificate as it was signed. `manage.py verify_receipt` checks it; see the reference of the package."""
