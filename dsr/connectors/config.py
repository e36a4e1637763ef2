"""Strict, typed configuration: unknown keys are errors, and an error names its key and never repeats the value."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from dsr.connectors.base import BadConfig, Limits, alone

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Names of ours: data sets, categories, kinds of identifier, codes."""
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
"""Somebody else's name for a thing: a table, a column."""


class Strict(BaseModel):
    """Base of every part of a configuration."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, populate_by_name=True
    )


class LimitsConfig(Strict):
    """How much one answer may be; see `Limits`."""

    max_rows: int = Field(default=Limits().max_rows, ge=1, le=50_000_000)
    max_bytes: int = Field(default=Limits().max_bytes, ge=1024, le=1 << 40)
    timeout_seconds: float = Field(default=Limits().timeout_seconds, gt=0, le=3600)

    question_seconds: float = Field(default=Limits().question_seconds, gt=0, le=60)

    def limits(self) -> Limits:
        """Return them as connectors carry them."""
        return Limits(self.max_rows, self.max_bytes, self.timeout_seconds, self.question_seconds)


Model = TypeVar("Model", bound=Strict)


def read(model: type[Model], config: Mapping[str, Any]) -> Model:
    """Return the configuration as its type; raises `BadConfig`.

    Reads JSON values without coercion: `"5"` is no number and `1` is no yes.
    """
    try:
        return model.model_validate_json(json.dumps(config))
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        alone(BadConfig([(_path(item["loc"]), item["msg"].removeprefix("Value error, ")) for item in found]))
    except (TypeError, ValueError):
        alone(BadConfig([("config", "holds something that is not JSON")]))


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "config"
