"""Answers. Dates are ISO 8601, instants are UTC, ids are UUIDs, people of the staff go by their user names."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import AliasChoices, Field

from dsr.api.answers import Shown
from dsr.api.shapes.grounds import QuestionOfGround

# --- Submissions -----------------------------------------------------------------------------------------------------


class NoticeShown(Shown):
    """A version of a notice."""

    id: str
    version: str


class FiledRequest(Shown):
    """A request as it was filed."""

    id: UUID
    right: str
    state: str
    regime: str
    due_on: date
    url: str


class NextStep(Shown):
    """What happens next, and whose turn it is."""

    turn: str
    step: str
    text: str
    by: date | None


class DoorShown(Shown):
    """Who else answers: a desk for applicants, another brand, another company of the group."""

    id: str
    kind: str = Field(description="applicants, brand or group_company.")
    title: str
    responsible: str
    notice: str
    how: str
    email: str
    url: str
    languages: tuple[str, ...]
    relationships: tuple[str, ...] = Field(description="Who among the people of the notice belongs there.")
    serves: tuple[str, ...] = Field(description="Whose residents it answers; empty for everybody's.")
    needs_agreement: bool = Field(description="Whether the person has to agree before anything is passed on.")


class SubmissionFiled(Shown):
    """The receipt of a filing."""

    id: UUID
    reference: str
    received_at: datetime
    url: str
    tracker_url: str
    requests: list[FiledRequest]
    next_steps: list[NextStep]
    elsewhere: list[DoorShown] = Field(
        description="Who else is likely to answer this. It is filed here all the same, and a colleague looks at it."
    )


class BatchItem(Shown):
    """What came of one filing of several, by its place in the list."""

    index: int
    status: int
    submission: SubmissionFiled | None = None
    problem: dict[str, Any] | None = None


class BatchFiled(Shown):
    """What came of each. One that cannot be filed does not stop the others."""

    filed: int
    refused: int
    results: list[BatchItem]


class AskerShown(Shown):
    """Who asks, as far as that is known: what is needed, shown and missing. Nothing that names anybody."""

    floor: int = Field(description="The rung that is needed: 0 nothing, 1 a channel, 2 known, 3 surely known, 4 seen.")
    of_record: bool = Field(description="Whether only a sign-in or a channel that was on file before will do.")
    verified_level: int = Field(description="The rung that was reached.")
    verified_method: str | None
    missing: str | None = Field(description="The code of what is missing while the request waits for it.")
    signals: list[str] = Field(description="Codes of what speaks for looking twice and was not cleared.")
    held_until: datetime | None = Field(description="Nothing is handed over before.")
    stopped: bool = Field(description="Whether somebody on file says that they did not ask.")


class RequestRow(Shown):
    """A request as lists show it."""

    id: UUID
    url: str
    submission: UUID
    reference: str
    right: str
    state: str
    outcome: str | None
    turn: str
    overdue: bool
    regime: str
    received_at: datetime
    due_at: datetime
    due_on: date
    start_by: datetime | None
    closed_at: datetime | None
    question_open: bool
    proposal: str | None
    assignee: str | None
    asker: AskerShown
    version: int


class PersonShown(Shown):
    """Personal values: hidden but for their shape, unless a reason was given."""

    masked: bool
    name: str
    email: str
    phone: str
    identifiers: dict[str, list[str]]


class AgentShown(Shown):
    """On what somebody asks for another, and where that stands. `state` as the console says it; no names."""

    kind: str
    state: str
    waits_for: str = Field(description="`mail`, `paper`, `check`, `person`, `ended`, or empty where it stands.")
    may_receive: bool
    expires_on: date | None
    agency: str | None


class SubmissionShown(Shown):
    """One filing with its requests."""

    id: UUID
    url: str
    reference: str
    received_at: datetime
    channel: str
    language: str
    country: str
    region: str
    relationship: str
    notice: NoticeShown
    rules_version: str
    regimes: list[str]
    verified_at: datetime | None
    verified_method: str | None
    purge_at: datetime | None
    purged_at: datetime | None
    tracker_url: str
    person: PersonShown | None = Field(description="None once the personal data was deleted.")
    agent: AgentShown | None = Field(description="Where somebody asks for somebody else.")
    requests: list[RequestRow]


class SubmissionList(Shown):
    """The submissions found: one, or none."""

    results: list[SubmissionShown]


# --- Requests --------------------------------------------------------------------------------------------------------


class RequestPage(Shown):
    """A page of requests."""

    results: list[RequestRow]
    next: str | None
    previous: str | None


class StepShown(Shown):
    """One system's part."""

    id: UUID
    system: str
    state: str
    result: str | None
    code: str | None
    counts: dict[str, int]
    attempts: int
    due_at: datetime
    finished_at: datetime | None


class WithholdingShown(Shown):
    """Part of the answer that is held back."""

    id: UUID
    category: str
    system: str | None
    ground: str
    by: str
    at: datetime


class RequestShown(RequestRow):
    """One request with the systems searched for it and what is held back."""

    prepared_by: str | None
    prepared_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    refusal_ground: str | None
    searched_at: datetime | None
    ready_at: datetime | None
    steps: list[StepShown]
    withholdings: list[WithholdingShown]


class MoveShown(Shown):
    """A step of the lifecycle as this caller sees it."""

    verb: str
    title: str
    allowed: bool
    inputs: list[str]
    may_say: list[str] = Field(description="Inputs that may be left out.")
    because: str | None
    code: str | None
    rule: str | None = Field(description="The rule of the law that forbids it, where one does.")
    questions: list[QuestionOfGround] = Field(
        default_factory=list, description="Of `argue_refusal`: what the ground of the proposed refusal asks."
    )
    url: str


class MoveList(Shown):
    """What this caller may do now, and what not and why."""

    version: int
    results: list[MoveShown]


class SegmentShown(Shown):
    """An unbroken run of days, both ends included, that counts or does not, and why."""

    start: date = Field(serialization_alias="from", validation_alias=AliasChoices("start", "from"))
    end: date = Field(serialization_alias="to", validation_alias=AliasChoices("end", "to"))
    counts: bool
    because: str
    source: str


class ClockShown(Shown):
    """One clock of one law, with the reason for every day."""

    kind: str
    title: str = Field(description="What is to be done by then, as the tracker calls it.")
    regime: str
    law: str = Field(description="The name of the law.")
    governs: bool = Field(description="Whether this clock sets the date of the answer.")
    due_on: date = Field(description="The last lawful day.")
    promised_on: date = Field(description="The day that the person is told: the strictest reading.")
    safe_on: date | None = Field(description="The strictest reading, where the law leaves a doubt.")
    longest_on: date | None = Field(description="How far it goes if it is put off once, where that is known.")
    waits_for: str | None = Field(
        description="The open question that keeps the clock still; the dates are then the earliest that they can be."
    )
    rule: str
    source: str
    confidence: str
    policy: bool = Field(description="Whether the organisation sets the date, rather than a law.")
    certain: bool = Field(description="Whether all public holidays up to the date are known.")
    segments: list[SegmentShown]


class ClockEventShown(Shown):
    """Something that happened and that a clock counts."""

    seq: int
    kind: str
    at: datetime
    on: date
    until: date | None = Field(description="The new date that was told, where the answer was put off to one.")
    regimes: list[str] = Field(description="The laws under which the answer was put off.")
    sentence: str


class ForbiddenShown(Shown):
    """Something that one law forbids now; a move of the request may still be allowed under another."""

    regime: str
    law: str
    verb: str
    event: str | None = Field(description="Which question, where the verb is about one.")
    because: str
    rule: str
    source: str


class ClocksShown(Shown):
    """Why this date: every event that counts and every clock that follows."""

    request: UUID
    zone: str
    as_of: date = Field(description="The day on which it is looked at; an open question counts as answered on it.")
    due_on: date
    due_at: datetime
    last_on: date | None = Field(description="The last lawful day.")
    regime: str
    why: list[str] = Field(description="The sentences that the person reads, the date first.")
    waits_for: str | None
    waits_since: date | None
    events: list[ClockEventShown]
    clocks: list[ClockShown]
    forbidden: list[ForbiddenShown]


class EventShown(Shown):
    """One thing that happened, as the chain keeps it."""

    seq: int
    at: datetime
    verb: str
    request: UUID | None
    actor: str
    actor_id: str | None
    via: str
    from_state: str | None
    to_state: str | None
    data: dict[str, Any]
    prev_hash: str
    hash: str


class EventPage(Shown):
    """A page of the history, oldest first."""

    results: list[EventShown]
    next: str | None


class LedgerRow(Shown):
    """What became of one data category in one system."""

    system: str
    category: str
    outcome: str
    count: int
    ground: str | None
    until: date | None
    at: datetime


class LedgerShown(Shown):
    """The ledger of a request."""

    results: list[LedgerRow]


class MessageShown(Shown):
    """One message. ``text`` is null where the caller does not read texts, or once it was deleted."""

    id: UUID
    direction: str
    author: str | None
    at: datetime
    read_at: datetime | None
    text: str | None


class MessageList(Shown):
    """The conversation, oldest first."""

    masked: bool
    results: list[MessageShown]


class MessageKept(Shown):
    """The receipt of a message."""

    request: UUID
    direction: str
    at: datetime
    state: str
    turn: str
    version: int
