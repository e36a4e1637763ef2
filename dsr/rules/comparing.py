"""What differs between two sets of rule files, by file and key. Pure: it reads no disk and judges nothing.

Rows of a list are told apart by what they are about, such as the id of a clock, and not by their place, so that a row
that was moved is no change and one that was put in between is one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from dsr.rules.files import VECTORS, Document

What = Literal["file", "clock", "window", "holiday", "right", "switch", "source", "words", "figure", "worked case"]
_NAMES = (
    "id",
    "right",
    "event",
    "letter",
    "demand",
    "allowed",
    "topic",
    "medium",
    "case",
    "regime",
    "under",
    "title",
    "category",
)
"""What a row of a list is called by: the first of these that it has."""
_IN_A_LAW: Mapping[str, What] = {
    "window": "window",
    "clocks": "clock",
    "extension": "clock",
    "pauses": "clock",
    "missed": "clock",
    "notices": "clock",
    "report": "clock",
    "rights": "right",
    "lacks": "right",
    "switched_on": "switch",
    "switched_off_because": "switch",
}
_SOURCES = ("source", "confidence", "policy", "cites")
_NO_WORDS = ("calendar", "switched_off_because", "url", "version", "zone")
_WORD = re.compile(r"[a-z0-9_.,/-]*")
"""A string that is one of the words of the rule files, and none that people read."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``old`` or ``new`` is None where there is nothing on that side.

    ``followed_by`` names the laws that take this one for their model, and so change with it.
    """

    file: str
    key: str
    what: What
    old: Any
    new: Any
    followed_by: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For programs; dates are ISO 8601."""
        told: dict[str, Any] = {
            "file": self.file,
            "key": self.key,
            "what": self.what,
            "old": _plain(self.old),
            "new": _plain(self.new),
        }
        return told | ({"followed_by": list(self.followed_by)} if self.followed_by else {})


def compare(old: Mapping[str, Document], new: Mapping[str, Document]) -> tuple[Change, ...]:
    """Every difference between two sets of parsed files, by path and then in the order of the keys."""
    found: list[Change] = []
    for file in sorted({*old, *new}):
        followers = _followers(file, {**old, **new})
        if file not in old or file not in new:
            found.append(Change(file, "", "file", old.get(file), new.get(file), followers))
            continue
        for path, was, now in _differences(old[file], new[file], ()):
            found.append(Change(file, _key(path), _what(file, path, was if now is None else now), was, now, followers))
    return tuple(found)


Path = tuple[str, ...]


def _differences(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*new, *old]):
            yield from _differences(old.get(key), new.get(key), (*path, key))
    elif _is_rows(old) and _is_rows(new):
        before, after = _named(old), _named(new)
        for name in dict.fromkeys([*after, *before]):
            yield from _differences(before.get(name), after.get(name), (*path, f"[{name}]"))
    elif old != new:
        yield path, old, new


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _named(rows: list[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The rows by what they are called; those that are called alike by their rights too, or by a number."""
    called = [next((str(row[name]) for name in _NAMES if name in row), str(place)) for place, row in enumerate(rows)]
    often = Counter(called)
    found: dict[str, Mapping[str, Any]] = {}
    for plain, row in zip(called, rows, strict=True):
        rights = ", ".join(map(str, row.get("rights", ())))
        name = first = f"{plain}: {rights}" if rights and often[plain] > 1 else plain
        number = 2
        while name in found:
            name, number = f"{first} {number}", number + 1
        found[name] = row
    return found


def _key(path: Path) -> str:
    return ".".join(path).replace(".[", "[")


def _what(file: str, path: Path, value: Any) -> What:
    folder, last = file.split("/")[0], path[-1]
    if file.endswith(VECTORS):
        return "worked case"
    if folder == "calendars" and path[0] in ("years", "worked", "weekend"):
        return "holiday"
    if last in _SOURCES and folder != "notices":
        return "source"
    if isinstance(value, str) and last not in _NO_WORDS and not _WORD.fullmatch(value):
        return "words"
    return _IN_A_LAW.get(path[0], "figure") if folder == "regimes" else "figure"


def _followers(file: str, documents: Mapping[str, Document]) -> tuple[str, ...]:
    """The regimes whose model is the one in ``file``."""
    folder, *rest = file.split("/")
    if folder != "regimes" or file.endswith(VECTORS):
        return ()
    following = (path for path, document in documents.items() if document.get("model") == rest[0])
    return tuple(sorted({path.split("/")[1] for path in following}))


def _plain(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
