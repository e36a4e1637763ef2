"""Values of bodies and parameters, and how a wrong one is refused: instants, lines, words, places."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?")
_YEARS = range(2000, 2101)
_TRUTH = {"true": True, "false": False}


def refuse(sentence: str) -> PydanticCustomError:
    """Return what makes a model refuse a value with this sentence, which repeats nothing that was sent."""
    return PydanticCustomError("refused", "{error}", {"error": sentence})


def _written_out(value: Any) -> Any:
    """A number of seconds, even as text, is no date that people can check."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise refuse(_("Give date and time as ISO 8601, for example 2026-03-05T09:30:00Z."))
    return value


def _of_our_time(value: datetime) -> datetime:
    if value.year not in _YEARS:
        raise refuse(_("This year cannot be meant."))
    return value.astimezone(UTC)


def _truth(value: Any) -> Any:
    if isinstance(value, str) and value not in _TRUTH:
        raise refuse(_("Give true or false."))
    return _TRUTH.get(value, value) if isinstance(value, str) else value


def digits(value: Any) -> Any:
    """A whole number as an address writes it."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,9}", value):
        raise refuse(_("Give a whole number."))
    return value


def printable(value: str) -> str:
    """A text without control characters."""
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise refuse(_("This text holds characters that cannot be used, such as control characters."))
    return value


Instant = Annotated[
    AwareDatetime,
    Field(strict=False),  # what is strict here is ``_written_out``
    BeforeValidator(_written_out),
    AfterValidator(_of_our_time),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Truth = Annotated[bool, BeforeValidator(_truth)]
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
Line = Annotated[str, AfterValidator(printable)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["IE"], description="ISO 3166-1 alpha-2.")]
Region = Annotated[
    str,
    Field(pattern=r"^[A-Z0-9]{0,3}$", examples=["CA"], description="The part after the dash in ISO 3166-2, or empty."),
]
