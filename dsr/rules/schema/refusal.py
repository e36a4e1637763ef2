"""The coded grounds on which a request, or a part of it, may be refused."""

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
    """One ground. ``wording("plain")`` is what the person is told; the case's own reasons are added to it."""

    plain: Said
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


class RefusalFile(Row):
    """One file of grounds."""

    refusals: Annotated[Many[Refusal], Field(min_length=1)]
