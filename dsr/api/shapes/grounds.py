"""Answers about grounds: which there are for a request, what each takes, and what was put on record for those used."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from dsr.api.answers import Shown


class QuestionOfGround(Shown):
    """A question that whoever proposes the ground has to answer."""

    id: str
    asks: str
    kind: Literal["text", "date", "count", "yes_no"]
    must: Literal["yes", "no"] | None = Field(description="The answer without which the ground does not hold.")


class CitationShown(Shown):
    """Where a law allows the ground."""

    regime: str
    source: str
    confidence: str = Field(description="How sure the citation is, as in the reference of the rule files.")


class GroundShown(Shown):
    """A coded ground that may be used for this request."""

    ground: str
    title: str
    plain: str = Field(description="What the person is told.")
    scope: Literal["request", "category"] = Field(description="What it answers as a rule.")
    evidence: str = Field(description="What must be on file.")
    must_argue: bool = Field(description="Whether `argue_refusal` has to be made before anybody can agree.")
    officer: bool = Field(description="Whether the second person must be the data protection officer.")
    generic: bool = Field(description="Whether the person is told this wording and nothing more particular.")
    questions: list[QuestionOfGround]
    citations: list[CitationShown] = Field(description="Under the laws that apply to this person, the governing first.")


class ProofShown(Shown):
    """What was put on record for a ground that is used."""

    ground: str
    withholding: UUID | None = Field(description="The thing held back that it is about; null for the refusal.")
    proof_kind: str
    proof_place: str
    proof_author: str
    proof_on: date
    answers: dict[str, str]
    by: str
    at: datetime


class EarlierShown(Shown):
    """An earlier request from the same address."""

    id: UUID
    reference: str
    right: str
    received_at: datetime
    state: str
    outcome: str | None
    closed_at: datetime | None


class GroundsShown(Shown):
    """The grounds for one request."""

    results: list[GroundShown]
    proofs: list[ProofShown] = Field(description="What was put on record for the grounds that are used now.")
    earlier: list[EarlierShown] = Field(
        description="For grounds that are about repetition: what came before, the newest first."
    )
