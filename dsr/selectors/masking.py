"""Personal values as most people see them: enough to tell two apart, too little to learn one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dsr.models import SubjectRequest
from dsr.selectors import asking
from notifications.models import Forgotten

DOTS = "\u2022" * 3


class Personal(StrEnum):
    """What is hidden until somebody gives a reason to see it."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    IDENTIFIERS = "identifiers"
    DETAILS = "details"


@dataclass(frozen=True, slots=True)
class Value:
    """One personal value of a case: whether it is there, what everybody sees, and the value where it is revealed."""

    kind: Personal
    there: bool
    masked: str
    lines: tuple[str, ...] = ()


def values(request: SubjectRequest, revealed: frozenset[str] = frozenset()) -> list[Value]:
    """Return the personal values of a request's case, those in ``revealed`` in full. Nothing once it was forgotten."""
    submission = request.submission
    try:
        raw: dict[Personal, tuple[str, ...]] = {
            Personal.NAME: _one(submission.open("name")),
            Personal.EMAIL: _one(submission.open("email")),
            Personal.PHONE: _one(submission.open("phone")),
            Personal.IDENTIFIERS: _pairs(submission.open_json("identifiers")),
            Personal.DETAILS: _pairs(dict(_answers(request.open_json("details")))),
        }
    except Forgotten:
        return []
    return [
        Value(kind, bool(lines), _masked(kind, lines), lines if kind in revealed else ()) for kind, lines in raw.items()
    ]


def mask(kind: str, text: str) -> str:
    """Return what may be shown of a value: initials, the shape of an address, the last two digits of a number."""
    if not text:
        return ""
    if kind == Personal.EMAIL:
        local, _, domain = text.rpartition("@")
        return f"{local[:1]}{DOTS}@{domain[:1]}{DOTS}.{domain.rpartition('.')[2]}"
    if kind == Personal.PHONE:
        return f"{DOTS} {text[-2:]}"
    if kind == Personal.NAME:
        return " ".join(f"{word[:1]}{DOTS}" for word in text.split()[:4])
    return DOTS


def _masked(kind: Personal, lines: tuple[str, ...]) -> str:
    if kind in (Personal.IDENTIFIERS, Personal.DETAILS):
        return ", ".join(f"{line.partition(': ')[0]}: {DOTS}" for line in lines)
    return mask(kind, lines[0]) if lines else ""


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _answers(details: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what was answered to each question, in words and in the order in which it was asked."""
    places = list(asking.TITLES)
    for name in sorted(details, key=lambda each: places.index(each) if each in places else len(places)):
        answer = details[name]
        meanings = asking.CHOICES_FOR_STAFF.get(name) or asking.CHOICES.get(name, {})
        title = asking.FOR_STAFF.get(name) or asking.TITLES.get(name, name)
        yield str(title), str(meanings[answer]) if answer in meanings else answer


def _pairs(values: Mapping[str, Any]) -> tuple[str, ...]:
    lines = []
    for key, value in values.items():
        listed = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        lines += [f"{key}: {each}" for each in listed]
    return tuple(lines)
