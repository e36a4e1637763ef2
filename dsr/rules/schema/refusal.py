"""The coded grounds on which a request, or a part of it, may be refused."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from dsr.rules.schema.base import Many, Named, Row, Said, Slug, Text
from dsr.rules.words import Confidence, RightWord


class Citation(Row):
    """Where a regime allows the ground."""

    regime: Slug
    source: Text
    confidence: Confidence


class Refusal(Named):
    """One ground. ``why()`` is what the person is told; the case's own reasons are added to it."""

    plain: Said
    """Holds wherever it stands, so it names no date."""
    dated: Said | None = None
    """What is said in place of it where the day on which it ends stands beside it."""
    evidence: Text
    """What must be on file before the ground can be used."""
    rights: Annotated[Many[RightWord], Field(min_length=1)]
    citations: Annotated[Many[Citation], Field(min_length=1)]
    scope: Literal["request", "category"]
    """Whether it answers the whole request or is decided data category by data category."""
    second_person: bool = True
    officer: bool = False
    """The data protection officer must be that second person."""
    generic: bool = False
    """The person is told this wording and nothing more particular."""

    def why(self, until: date | None = None, language: str | None = None) -> str:
        """What the person is told, where a day is given beside it and where none is."""
        return (self.wording("dated", language) if until else "") or self.wording("plain", language)


class RefusalFile(Row):
    """One file of grounds."""

    refusals: Annotated[Many[Refusal], Field(min_length=1)]
