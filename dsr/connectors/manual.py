"""Systems that only a person can search: what the owner is asked, in which words he answers, which files he may add.

Nothing here sends or stores. The worksheet page shows a `Worksheet`, checks an answer against it, and keeps it.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field as Key
from pydantic import field_validator, model_validator

from dsr.connectors.base import (
    Code,
    Dataset,
    Field,
    Identifiers,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    usable,
)
from dsr.connectors.config import Slug, Strict, Words, read
from dsr.connectors.facts import Fact, Standing
from dsr.connectors.unable import Unable

_LONGEST_NAME = 120


class OwnerOutcome(StrEnum):
    """The words in which an owner answers. Leaving a system out is none of them: that is staff's decision."""

    FOUND = "found"
    NOTHING_HELD = "nothing_held"
    REFUSED = "refused"
    COULD_NOT = "could_not"

    @property
    def label(self) -> str | Promise:
        """The word on the page."""
        return _LABELS[self]

    @property
    def needs_reason(self) -> bool:
        """Whether the answer is no answer without a reason."""
        return self in (OwnerOutcome.REFUSED, OwnerOutcome.COULD_NOT)


_LABELS: dict[OwnerOutcome, str | Promise] = {
    OwnerOutcome.FOUND: gettext_lazy("I searched and found something"),
    OwnerOutcome.NOTHING_HELD: gettext_lazy("I searched and nothing is held"),
    OwnerOutcome.REFUSED: gettext_lazy("It may not be given out"),
    OwnerOutcome.COULD_NOT: gettext_lazy("I could not search"),
}


class ManualField(Strict):
    """Something that the owner can put right by hand."""

    name: Slug
    title: Words
    description: Words | Literal[""] = ""
    category: Slug | Literal[""] = ""
    """Where it is not the data set's own."""
    login: bool = False
    """Whether somebody signs in with it."""

    def field(self, category: str) -> Field:
        """Return it as connectors carry it, of the data set's category where it names none."""
        named = self.category or category
        return Field(self.name, self.title, self.description, named, correctable=True, login=self.login)


class ManualDataset(Strict):
    """One kind of thing the owner may find."""

    name: Slug
    title: Words
    description: Words
    category: Slug
    fields: tuple[ManualField, ...] = ()
    """What a correction may be about."""

    def dataset(self) -> Dataset:
        """Return it as connectors carry it."""
        fields = tuple(
            Field(
                part.name,
                part.title,
                part.description,
                part.category or self.category,
                correctable=True,
                login=part.login,
            )
            for part in self.fields
        )
        return Dataset(self.name, self.title, self.description, self.category, fields)


class FileRules(Strict):
    """Which files an owner may add."""

    media_types: Annotated[dict[str, tuple[str, ...]], Key(min_length=1)] = {
        "application/pdf": (".pdf",),
        "text/plain": (".txt", ".log"),
        "text/csv": (".csv",),
        "application/json": (".json",),
        "message/rfc822": (".eml",),
        "image/png": (".png",),
        "image/jpeg": (".jpg", ".jpeg"),
        "audio/mpeg": (".mp3",),
        "audio/wav": (".wav",),
        "application/zip": (".zip",),
    }
    """Media type to the endings such a file may have."""
    max_files: int = Key(default=50, ge=0, le=1000)
    max_bytes: int = Key(default=100 * 1024 * 1024, ge=1)
    """Of one file."""
    max_total_bytes: int = Key(default=500 * 1024 * 1024, ge=1)

    @property
    def endings(self) -> tuple[str, ...]:
        """Every ending that is allowed, for a file input's `accept`."""
        return tuple(sorted({ending for endings in self.media_types.values() for ending in endings}))

    def problems(self, files: Sequence["FileOffered"]) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with files that are offered together, as field and sentence."""
        if len(files) > self.max_files:
            yield "files", _("At most %(number)s files.") % {"number": self.max_files}
        if sum(file.size for file in files) > self.max_total_bytes:
            yield "files", _("All files together are too large.")
        for number, file in enumerate(files):
            yield from ((f"files.{number}", sentence) for sentence in self._wrong_with(file))

    def _wrong_with(self, file: "FileOffered") -> Iterator[str]:
        if file.size > self.max_bytes:
            yield _("This file is too large.")
        if file.size == 0:
            yield _("This file is empty.")
        ending = PurePosixPath(safe_name(file.name)).suffix.lower()
        if ending not in self.media_types.get(file.media_type, ()):
            yield _("Files of this kind are not taken. These are: %(endings)s") % {"endings": ", ".join(self.endings)}


class ManualConfig(Strict):
    """Everything the owner of one system is told."""

    instructions: Words
    """What to look for and where, in words for somebody who does this twice a year."""
    identifiers: Annotated[tuple[Slug, ...], Key(min_length=1)]
    """What the owner needs to know about the person; nothing else is shown to him."""
    datasets: Annotated[tuple[ManualDataset, ...], Key(min_length=1)]
    files: FileRules = FileRules()
    answer_within_days: int = Key(default=10, ge=1, le=60)
    remind_after_days: tuple[Annotated[int, Key(ge=1, le=60)], ...] = (3, 7)
    leaves_out: Annotated[tuple[Slug, ...], Key(max_length=32)] = ()
    """The purposes that the owner leaves people out of when asked to (`marketing`)."""

    @field_validator("datasets")
    @classmethod
    def _once_each(cls, datasets: tuple[ManualDataset, ...]) -> tuple[ManualDataset, ...]:
        names = [dataset.name for dataset in datasets]
        if len(set(names)) < len(names):
            raise ValueError("must not name a data set twice")
        return datasets

    @model_validator(mode="after")
    def _reminded_in_time(self) -> Self:
        days = self.remind_after_days
        if list(days) != sorted(set(days)) or (days and days[-1] >= self.answer_within_days):
            raise ValueError("remind_after_days: must rise, and end before answer_within_days")
        return self


@dataclass(frozen=True, slots=True)
class FileOffered:
    """A file as an owner hands it in: the type is what its contents say, found out by the caller."""

    dataset: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What an owner reports."""

    outcome: str
    reason: str = ""
    files: tuple[FileOffered, ...] = ()
    datasets: tuple[str, ...] = ()
    """In which of the named data sets something was found."""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One person, one system, one owner's task."""

    instructions: str
    who: dict[str, list[str]]
    datasets: tuple[Dataset, ...]
    files: FileRules
    outcomes: tuple[OwnerOutcome, ...] = tuple(OwnerOutcome)

    def problems(self, answer: Answer) -> list[tuple[str, str]]:
        """Return what is wrong with an answer, as field and sentence; empty when it can be taken."""
        if answer.outcome not in [str(word) for word in self.outcomes]:
            return [("outcome", _("Choose what came of your search."))]
        outcome = OwnerOutcome(answer.outcome)
        found: list[tuple[str, str]] = []
        if outcome.needs_reason and len(answer.reason.strip()) < 10:
            found.append(("reason", _("Say why, in a sentence that a colleague would understand.")))
        if outcome is OwnerOutcome.FOUND and not answer.files:
            found.append(("files", _("Add what you found.")))
        if outcome is not OwnerOutcome.FOUND and answer.files:
            found.append(("files", _("You added files: then something was found.")))
        known = {dataset.name for dataset in self.datasets}
        if not known.issuperset(answer.datasets):
            found.append(("datasets", _("Choose from the list.")))
        return found + list(self._file_problems(answer.files, known))

    def _file_problems(self, files: Sequence[FileOffered], known: set[str]) -> Iterator[tuple[str, str]]:
        for number, file in enumerate(files):
            if file.dataset not in known:
                yield f"files.{number}", _("Say what kind of thing this file is.")
        yield from self.files.problems(files)


class ManualConnector(Unable):
    """One system that its owner searches by hand."""

    kind: ClassVar[str] = "manual"
    automatic: ClassVar[bool] = False

    def __init__(self, config: ManualConfig) -> None:
        self.config = config

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "ManualConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(ManualConfig, config))

    def identifiers(self) -> frozenset[str]:
        """Return the kinds of identifier that the owner needs."""
        return frozenset(self.config.identifiers)

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary: kinds of files, and what can be put right in each."""
        return tuple(part.dataset() for part in self.config.datasets)

    def leaves_out(self) -> tuple[str, ...]:
        """Return the purposes that the owner leaves people out of."""
        return self.config.leaves_out

    def worksheet(self, who: Identifiers) -> Worksheet:
        """Return the owner's task, with the identifiers that it needs and no others."""
        return Worksheet(
            instructions=self.config.instructions,
            who=usable(who, self.identifiers()),
            datasets=self.describe(),
            files=self.config.files,
        )

    def resolve(self, who: Identifiers, *, key: str) -> dict[str, list[str]]:
        """Return nothing: owners are not asked for identifiers."""
        return {}

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Raise: nobody but the owner can count."""
        usable(who, self.identifiers())
        raise PermanentFailure(Code.NEEDS_OWNER)

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Raise: what the owner hands in reaches the service by his worksheet."""
        usable(who, self.identifiers())
        raise PermanentFailure(Code.NEEDS_OWNER)

    def facts(self) -> tuple[Fact, ...]:
        """Return nothing: owners compare no answers while somebody waits."""
        return ()

    def knows(self, who: Identifiers, fact: str, answer: str, *, key: str) -> bool:
        """Raise: there is no fact to compare with."""
        raise PermanentFailure(Code.UNKNOWN_FACT)

    def standing(self, who: Identifiers, *, key: str) -> Standing:
        """Return nothing: owners are not asked how somebody is reached."""
        return Standing()

    def check(self) -> list[Problem]:
        """Return nothing: a worksheet that could be read can be filled in."""
        return []

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def forget(self) -> None:
        """Do nothing: there is no connection."""


def safe_name(name: str) -> str:
    """Return a file's name without folders, control characters and tricks of writing direction; never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(letter for letter in unicodedata.normalize("NFC", last) if unicodedata.category(letter)[0] != "C")
    cleaned = visible.strip(" .")
    path = PurePosixPath(cleaned or "file")
    if len(path.name) > _LONGEST_NAME:
        ending = path.suffix if len(path.suffix) <= 16 else ""
        return path.name[: _LONGEST_NAME - len(ending)] + ending
    return path.name
