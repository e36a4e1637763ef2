"""What all tables of the rule files have in common: strictness, words in several languages, places."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated, Any, TypeVar, cast, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from dsr.rules.words import COUNTRIES, Confidence

T = TypeVar("T")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _Said:
    """Marks a field that people read, which a ``[text.<language>]`` table may give in another language."""


def _plain(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write something or leave the key out")
    if value != value.strip():
        raise ValueError("begins or ends with a space")
    if _CONTROL.search(value):
        raise ValueError("holds a control character; keep it on one line")
    return value


def place(value: str) -> str:
    """An area (three letters or more), a country, or a country and a region. Areas are checked once all are read."""
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?|[A-Z]{3,}", value):
        raise ValueError(f"{value!r} is not a place: write an area (EEA), a country (IE) or a region (US-CA)")
    if len(value) == 2 or "-" in value:
        _country(value[:2])
    return value


def _country(value: str) -> str:
    if value not in COUNTRIES:
        hint = {"UK": "; write GB", "EL": "; write GR"}.get(value, "")
        raise ValueError(f"{value!r} is not an ISO 3166-1 country code{hint}")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{value!r} is not a time zone of the IANA database, such as Europe/Dublin") from None
    return value


def _words(value: object) -> object:
    """A translation is a string, or a list of strings where the original is a list."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(_plain(item) for item in value)
    if isinstance(value, str):
        return _plain(value)
    raise ValueError("should be a string, or a list of strings where the original is one")


Text = Annotated[str, AfterValidator(_plain)]
"""One line that is not empty."""
Said = Annotated[str, AfterValidator(_plain), _Said()]
"""One line that people read, translatable."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
Place = Annotated[str, AfterValidator(place)]
Country = Annotated[str, AfterValidator(_country)]
Zone = Annotated[str, AfterValidator(_zone)]
Url = Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$")]
Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A list in the file, a tuple in memory."""
SaidList = Annotated[tuple[Text, ...], Field(strict=False), _Said()]
_Translation = Annotated[str | tuple[str, ...], BeforeValidator(_words)]


class Row(BaseModel):
    """A table of a rule file: frozen, and strict about keys and types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Worded(Row):
    """A table with words for people. ``text`` gives them in other languages: ``text.fr.title = "..."``."""

    text: dict[Language, dict[str, _Translation]] = Field(default_factory=dict)

    @classmethod
    @cache
    def translatable(cls) -> frozenset[str]:
        """The names of the fields that ``text`` may give in another language."""
        return frozenset(
            name for name, field in cls.model_fields.items() if _is_said(field.metadata) or _is_said([field.annotation])
        )

    def wording(self, name: str, language: str | None = None) -> str:
        """The words of one field in ``language`` where the file has them, in the file's own language otherwise."""
        return cast(str, self._in(name, language) or "")

    def wordings(self, name: str, language: str | None = None) -> tuple[str, ...]:
        """As ``wording``, for a field that is a list."""
        return cast("tuple[str, ...]", self._in(name, language) or ())

    def _in(self, name: str, language: str | None) -> object:
        for tag in _tags(language) if self.text else ():
            if name in self.text.get(tag, {}):
                return self.text[tag][name]
        return getattr(self, name)


class Named(Worded):
    """A table with an id by which others refer to it and a title by which people do."""

    id: Slug
    title: Said


class Figure(Row):
    """A number or rule with its citation and how sure it is. ``policy`` marks what no law demands."""

    source: Text
    confidence: Confidence
    policy: bool = False


def _is_said(parts: Iterable[Any]) -> bool:
    """Whether the mark stands among ``parts`` or inside one of them, as it does in ``Said | None``."""
    inside = (arg for part in parts for arg in (*get_args(part), *getattr(part, "__metadata__", ())))
    return any(isinstance(part, _Said) for part in parts) or any(_is_said([arg]) for arg in inside)


def _tags(language: str | None) -> Iterator[str]:
    """``fr-CA`` as ``fr-ca``, then ``fr``."""
    tag = (language or "").lower().replace("_", "-")
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
