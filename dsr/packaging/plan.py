"""Decides what of the contents goes in and under which name, before a byte is written."""

from collections.abc import Iterator
from dataclasses import dataclass

from dsr.connectors.base import Field, WithheldField
from dsr.packaging.contents import Kind, PackageContents, SystemPart
from dsr.packaging.parcel import HeldFile, HeldRows, Parcel
from dsr.packaging.text import Names


@dataclass(frozen=True, slots=True)
class PlannedRows:
    """One data set that goes in."""

    part: SystemPart
    parcel: Parcel
    held: HeldRows
    fields: tuple[Field, ...]
    """The fields that are given, declared ones first."""
    dropped: frozenset[str]
    """Names of fields whose values occur but are not given."""
    withheld: tuple[WithheldField, ...]
    """Fields that never left the system."""
    json: str
    csv: str
    schema: str

    @property
    def title(self) -> str:
        """What the data set is called."""
        return self.held.dataset.title or self.held.dataset.name


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file that goes in, as found."""

    part: SystemPart
    parcel: Parcel
    file: HeldFile
    path: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that goes in, in order."""

    rows: tuple[PlannedRows, ...]
    files: tuple[PlannedFile, ...]
    unportable: tuple[str, ...]
    """Ids of categories that are held but left out because they cannot be taken elsewhere."""

    def of(self, part: SystemPart) -> tuple[tuple[PlannedRows, ...], tuple[PlannedFile, ...]]:
        """What goes in of one system."""
        return (
            tuple(each for each in self.rows if each.part is part),
            tuple(each for each in self.files if each.part is part),
        )


def plan(contents: PackageContents) -> Plan:
    """Lays the contents out: leaves out what is withheld and, for taking elsewhere, what is not portable."""
    folders = Names()
    rows: list[PlannedRows] = []
    files: list[PlannedFile] = []
    unportable: dict[str, None] = {}
    for part in contents.systems:
        if part.parcel is None:
            continue
        left_out = _Gate(contents, part.key)
        folder = folders.take(part.key)
        rows += _plan_rows(part, part.parcel, folder, left_out)
        files += _plan_files(part, part.parcel, folder, left_out)
        unportable |= left_out.unportable
    return Plan(tuple(rows), tuple(files), tuple(unportable))


class _Gate:
    """Says which categories of one system stay out, and notes why."""

    def __init__(self, contents: PackageContents, system: str) -> None:
        self._withheld = {each.category for each in contents.withheld if each.system in (None, system)}
        self._portable_only = contents.kind is Kind.PORTABLE
        self._dictionary = contents.dictionary
        self.unportable: dict[str, None] = {}

    def shuts_out(self, category: str) -> bool:
        """Whether data of this category stays out."""
        if category in self._withheld:
            return True
        entry = self._dictionary.get(category)
        if self._portable_only and (entry is None or not entry.portable):
            self.unportable[category] = None
            return True
        return False


def _plan_rows(part: SystemPart, parcel: Parcel, folder: str, gate: _Gate) -> Iterator[PlannedRows]:
    stems = Names()
    for held in parcel.rows:
        if not held.rows:
            continue
        every = tuple(_fields(held))
        given = tuple(field for field in every if not gate.shuts_out(field.category))
        if not given:
            continue
        stem = stems.take(held.dataset.name, suffix=".json").removesuffix(".json")
        kept = {field.name for field in given}
        yield PlannedRows(
            part=part,
            parcel=parcel,
            held=held,
            fields=given,
            dropped=frozenset(field.name for field in every if field.name not in kept),
            withheld=held.dataset.withheld,
            json=f"data/{folder}/{stem}.json",
            csv=f"data/{folder}/{stem}.csv",
            schema=f"schema/{folder}/{stem}.schema.json",
        )


def _fields(held: HeldRows) -> Iterator[Field]:
    """The declared fields, then those that turned up undeclared; these count as the data set's own category."""
    declared = {field.name: field for field in held.dataset.fields}
    for name in held.types:
        yield declared.get(name) or Field(name, name, "", held.dataset.category)


def _plan_files(part: SystemPart, parcel: Parcel, folder: str, gate: _Gate) -> Iterator[PlannedFile]:
    names = Names()
    for file in parcel.files:
        if not gate.shuts_out(file.category):
            yield PlannedFile(part, parcel, file, f"files/{folder}/{names.take(file.name)}")
