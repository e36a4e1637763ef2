"""The coded grounds on which a request, or a part of it, may be refused."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dsr.rules.schema.base import Many, Named, Row, Said, Slug, Text, Worded
from dsr.rules.words import Confidence, RightWord


class Citation(Row):
    """Where a regime allows the ground."""

    regime: Slug
    source: Text
    confidence: Confidence


class Question(Worded):
    """One question of the checklist by which a ground is proved. Whoever proposes the ground answers every one."""

    id: Slug
    asks: Said
    kind: Literal["text", "date", "count", "yes_no"] = "text"
    must: Literal["yes", "no"] | None = None
    """The answer without which the ground does not hold; of a question that is answered by yes or no."""

    @model_validator(mode="after")
    def _only_yes_or_no(self) -> "Question":
        if self.must and self.kind != "yes_no":
            raise ValueError("has an answer that it must have, and is not of the kind yes_no")
        return self


class Refusal(Named):
    """One ground. ``why()`` is what the person is told; the case's own reasons are added to it."""

    plain: Said
    """Holds wherever it stands, so it names no date."""
    dated: Said | None = None
    """What is said in place of it where the day on which it ends stands beside it."""
    evidence: Text
    """What must be on file before the ground can be used."""
    on_file: bool = True
    """Whether it lies outside the case, so that somebody has to say where; otherwise the case itself shows it."""
    checklist: Many[Question] = ()
    """What has to be answered, as the organisation bears the burden of proof."""
    repeats: bool = False
    """Whether it is about earlier requests of the same person, which are then shown beside it."""
    rights: Annotated[Many[RightWord], Field(min_length=1)]
    citations: Annotated[Many[Citation], Field(min_length=1)]
    scope: Literal["request", "category"]
    """Whether it answers the whole request or is decided data category by data category."""
    second_person: bool = True
    officer: bool = False
    """The data protection officer must be that second person."""
    generic: bool = False
    """The person is told this wording and nothing more particular."""

    @property
    def must_argue(self) -> bool:
        """Whether it takes more than reasons: where its proof lies, or answers."""
        return self.on_file or bool(self.checklist)

    def unanswered(self, answers: Mapping[str, str]) -> tuple[Question, ...]:
        """The questions that nobody answered."""
        return tuple(question for question in self.checklist if not answers.get(question.id, "").strip())

    def against(self, answers: Mapping[str, str]) -> tuple[Question, ...]:
        """The questions whose answer speaks against the ground."""
        return tuple(each for each in self.checklist if each.must and answers.get(each.id) not in (None, "", each.must))

    def citation(self, regimes: Iterable[str]) -> Citation | None:
        """Where the first of some laws that says anything of the ground allows it; None where none of them does."""
        cited = {row.regime: row for row in self.citations}
        return next((cited[regime] for regime in regimes if regime in cited), None)

    def why(self, until: date | None = None, language: str | None = None) -> str:
        """What the person is told, where a day is given beside it and where none is."""
        return (self.wording("dated", language) if until else "") or self.wording("plain", language)


class RefusalFile(Row):
    """One file of grounds."""

    refusals: Annotated[Many[Refusal], Field(min_length=1)]
