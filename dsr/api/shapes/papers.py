"""Answers about files that show something: who looked at them, and when they are destroyed."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from dsr.api.answers import Shown


class OpeningShown(Shown):
    """That somebody opened a document."""

    at: datetime
    by: str
    why: str


class EvidenceShown(Shown):
    """That a document is or was here. What is in it is shown in the console alone, and only until it has served."""

    id: UUID
    purpose: str
    received_at: datetime
    destroy_at: datetime | None = Field(
        description="The day on which it is destroyed at the latest; null where that is together with the case."
    )
    destroyed_at: datetime | None
    openings: list[OpeningShown]


class EvidenceList(Shown):
    """The documents of a submission, oldest first."""

    results: list[EvidenceShown]


class EvidenceKept(Shown):
    """The receipt of a document."""

    id: UUID
    request: UUID
    purpose: str
    received_at: datetime
    destroy_at: datetime | None
