"""What can be wrong with rule files, told to the person who wrote them: file, key, and what to do."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. ``file`` is relative to the rule directory, ``key`` a path such as ``categories[3].source``."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.message) if part)


class RulesBroken(Exception):
    """The rule files cannot be used; ``problems`` holds every mistake found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{len(self.problems)} problem(s) in the rule files:\n{lines}")


class NotInRules(LookupError):
    """Something was asked for that the rule files do not have: a notice, a regime, a right, a relationship."""


def key_path(loc: Sequence[str | int]) -> str:
    """``("categories", 3, "source")`` as ``categories[3].source``."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def told(error: ValidationError, model: type[BaseModel]) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Each mistake in ``error`` as a location and a sentence that says what to write instead."""
    for item in error.errors(include_url=False):
        yield item["loc"], _sentence(item, model)


def _sentence(item: Any, model: type[BaseModel]) -> str:
    match item["type"]:
        case "extra_forbidden":
            return f"there is no such key{_did_you_mean(item['loc'], model)}"
        case "missing":
            return "is missing"
        case "string_too_short" | "blank":
            return "is empty; write something or leave the key out"
        case "literal_error":
            return f"{item['input']!r} is not one of {item['ctx']['expected']}"
        case "tuple_type":
            return f"should be a list, found {type(item['input']).__name__}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"should be a table, found {type(item['input']).__name__}"
        case "value_error":
            return str(item["ctx"]["error"])
        case _:
            shown = item["input"] if isinstance(item["input"], str | int | float | bool) else ""
            message = str(item["msg"])
            return message[:1].lower() + message[1:] + (f", found {shown!r}" if shown != "" else "")


def _did_you_mean(loc: Sequence[str | int], model: type[BaseModel]) -> str:
    """The nearest key that the table at ``loc`` does have."""
    fields = model.model_fields
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        inner = _inner(fields[part].annotation) if part in fields else None
        if inner is None:
            return ""
        fields = inner.model_fields
    near = difflib.get_close_matches(str(loc[-1]), fields, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model inside ``Model``, ``Model | None``, ``tuple[Model, ...]``; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in getattr(annotation, "__args__", ()) if (found := _inner(arg))), None)
