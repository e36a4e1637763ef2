"""What was promised and the tests that prove it: read from the tests' register, checked, and drawn as a page."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dsr.rights import OFFERED, Right

ROWS = tuple(f"R{number}" for number in range(1, 19))
_VERSIONS = {"both": "both versions", "old": "14 August 2025", "new": "9 April 2026"}
_INTRODUCTION = """\
What the organisation's notice promises and what the service was built for, in our own words, each with the tests that
prove it. A promise that software alone cannot keep says who keeps it and what supports them. A test fails when a test
named here does not exist, a row is missing, or a promise has neither.
"""


@dataclass(frozen=True)
class Register:
    """The register, as a checkout has it. ``root`` is the folder that holds the tests."""

    root: Path

    @cached_property
    def told(self) -> dict[str, Any]:
        """What the file says."""
        return tomllib.loads((self.root / "tests" / "promises.toml").read_text(encoding="utf-8"))

    @property
    def is_there(self) -> bool:
        """Whether the tests are here; an installation has none."""
        return (self.root / "tests" / "promises.toml").exists()

    @property
    def promises(self) -> Iterator[dict[str, Any]]:
        """Every promise of the notice."""
        for part in self.told["parts"]:
            yield from part["promises"]

    def journey(self, right: str) -> dict[str, str]:
        """The tests that walk a right from filing to its letter, by road; those of a file named after it otherwise."""
        if named := self.told["journeys"].get(right):
            return dict(named)
        tests = self.tests_in(f"journeys/test_{right}")
        roads = {"web": ("web", "form", "page", "road"), "api": ("api", "program", "road")}
        found = {road: [each for each in tests if any(word in each for word in words)] for road, words in roads.items()}
        return {road: f"journeys/test_{right}::{names[0]}" for road, names in found.items() if names}

    def proofs(self, row: dict[str, Any]) -> tuple[str, ...]:
        """The tests that prove a row or a promise; where its machine had none yet, those of the machine's journey."""
        named = tuple(row.get("proof", ()))
        right = row.get("planned") or row.get("right", "")
        return named or tuple(dict.fromkeys(self.journey(right).values()))

    def tests_in(self, module: str) -> list[str]:
        """The names of the tests of a module, those of classes as ``Class::test``; none where there is no such file."""
        path = self.root / "tests" / f"{module}.py"
        if not path.exists():
            return []
        found = []
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found += [f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)]
            elif isinstance(node, ast.FunctionDef):
                found.append(node.name)
        return [name for name in found if name.rpartition("::")[2].startswith("test_")]

    def problems(self) -> Iterator[str]:
        """Everything that is wrong with the register, as sentences."""
        rows = self.told["rows"]
        yield from (f"{row} is missing" for row in ROWS if row not in rows)
        for name, row in [*rows.items(), *((each["says"], each) for each in self.promises)]:
            yield from self._problems_of(name, row)
        said = [(each["says"], each["v"]) for each in self.promises]
        yield from (f"{each[0]} is said twice" for each in set(said) if said.count(each) > 1)
        for right in sorted(OFFERED - {Right.APPEAL}):
            roads = self.journey(right)
            yield from (f"{right} has no journey by {road}" for road in ("web", "api") if road not in roads)
            yield from (f"{right}: there is no test {node}" for node in roads.values() if not self.exists(node))

    def _problems_of(self, name: str, row: dict[str, Any]) -> Iterator[str]:
        yield from (f"{name}: there is no test {node}" for node in self.proofs(row) if not self.exists(node))
        if row.get("v", "both") not in _VERSIONS:
            yield f"{name}: no version {row['v']}"
        planned = row.get("planned") or row.get("right", "")
        if not self.proofs(row) and not row.get("by") and (planned in OFFERED or not planned):
            yield f"{name} has no proof"

    def exists(self, node: str) -> bool:
        """Whether there is a test of this name."""
        module, _, name = node.partition("::")
        return name in self.tests_in(module)

    def page(self, note: str) -> str:
        """Return the page in Markdown."""
        lines = ["# Promises\n", note, _INTRODUCTION, "## Rows\n"]
        lines += ["| Row | Right | What done means | Proved by |", "| --- | --- | --- | --- |"]
        for name, row in self.told["rows"].items():
            lines.append(f"| {name} | `{row['right']}` | {row['done']} | {self._kept(row)} |")
        lines += ["", "## Journeys\n", "From filing to the letter.\n", "| Right | Web | API |", "| --- | --- | --- |"]
        for right in Right:
            roads = self.journey(right)
            lines.append(f"| `{right}` | {_node(roads.get('web'))} | {_node(roads.get('api'))} |")
        for part in self.told["parts"]:
            lines += ["", f"## {part['title']}\n", "| Promise | Version | Kept by |", "| --- | --- | --- |"]
            lines += [f"| {row['says']} | {_VERSIONS[row['v']]} | {self._kept(row)} |" for row in part["promises"]]
        return "\n".join([*lines, ""])

    def _kept(self, row: dict[str, Any]) -> str:
        said = [_node(node) for node in self.proofs(row)]
        said += [f"*{row['by']}*"] if row.get("by") else []
        return "<br>".join(said) or "**not kept yet**"


def _node(node: str | None) -> str:
    if not node:
        return "none yet"
    module, _, name = node.partition("::")
    return f"`tests/{module}.py::{name}`"
