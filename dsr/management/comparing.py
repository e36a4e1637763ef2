"""``rules diff``: two sets of rule files, told apart for a program or somebody at a terminal."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from dsr.rules.comparing import Change, compare
from dsr.rules.files import SHIPPED, Files, read

_WHOLE = ("areas.toml", "service.toml", "calendars", "regimes")
_WIDEST = 200


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its name on the command line and what its files say."""

    name: str
    files: Files
    whole: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of rules and what differs."""

    old: Side
    new: Side
    changes: tuple[Change, ...]

    def as_dict(self) -> dict[str, Any]:
        """The answer of ``rules diff --json``."""
        return {
            "old": {"name": self.old.name, "version": self.old.files.digest, "whole": self.old.whole},
            "new": {"name": self.new.name, "version": self.new.files.digest, "whole": self.new.whole},
            "changes": [change.as_dict() for change in self.changes],
        }


def arguments(parser: ArgumentParser) -> None:
    """What can be said to the command."""
    help_ = "a folder, or 'shipped'; a folder that holds no whole set of rules is laid over those that ship"
    parser.add_argument("old", metavar="A", help=help_)
    parser.add_argument("new", metavar="B", help=help_)
    parser.add_argument("--json", action="store_true", dest="as_json")


def comparison(options: dict[str, Any]) -> Comparison:
    """Read both and compare them. Raises CommandError for what cannot be read."""
    old, new = _side(options["old"]), _side(options["new"])
    return Comparison(old, new, compare(old.files.documents, new.files.documents))


def _side(name: str) -> Side:
    folder = SHIPPED if name == "shipped" else Path(name)
    if not folder.is_dir():
        raise CommandError(f"saw {name!r}; write a folder with rule files, or 'shipped'")
    whole = all((folder / part).exists() for part in _WHOLE)
    files = read(folder) if whole else read(SHIPPED, folder)
    if files.problems:
        raise CommandError("\n".join(f"{name}: {problem}" for problem in files.problems))
    return Side(name, files, whole)


def lines(found: Comparison) -> Iterator[str]:
    """The differences for somebody at a terminal."""
    if not found.changes:
        yield "nothing differs"
    for file, changes in groupby(found.changes, lambda change: change.file):
        yield file
        for change in changes:
            yield f"  {change.what}: {_told(change)}"
            if change.followed_by:
                yield f"    and with it {', '.join(change.followed_by)}"


def _told(change: Change) -> str:
    if change.what == "file":
        return "is new" if change.old is None else "is gone"
    if change.old is None:
        return f"{change.key} is new: {_short(change, new=True)}"
    if change.new is None:
        return f"{change.key} is gone: {_short(change, new=False)}"
    return f"{change.key}: {_short(change, new=False)} -> {_short(change, new=True)}"


def _short(change: Change, *, new: bool) -> str:
    text = json.dumps(change.as_dict()["new" if new else "old"], ensure_ascii=False)
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."
