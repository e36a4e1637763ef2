"""Makes of a parcel another one, in which what was marked is not."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dsr.connectors.base import Dataset, FileChunk, FileStart, Json, Piece, Row
from dsr.packaging import parcel as parcels
from dsr.packaging.parcel import HeldFile, HeldRows, Parcel, ParcelInfo
from dsr.packaging.redacting import documents
from dsr.packaging.redacting.documents import Treatment
from dsr.packaging.redacting.finding import BLACK, Finder
from dsr.packaging.vault import Vault

_MOST_READ: Final = 64 * 1024 * 1024
"""Bytes above which a file is not read into memory, and so counts as one that cannot be read."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of one record, counted from 1, or of every record."""

    dataset: str
    field: str
    record: int | None = None


@dataclass(frozen=True, slots=True)
class Blackening:
    """What is to be done to one parcel: terms are for all of them, the rest is for this one."""

    finder: Finder
    cells: Mapping[Cell, str] = field(default_factory=dict)
    """Whole fields that are taken out, each with its mark."""
    left_out: Mapping[int, str] = field(default_factory=dict)
    """Files that are taken out, counted from 1, each with its mark."""
    passed: Collection[int] = ()
    """Files that two people looked at, and which go as they are although no program can read them."""


@dataclass(slots=True)
class Blackened:
    """What came of it."""

    info: ParcelInfo | None = None
    places: Counter[str] = field(default_factory=Counter)
    """Mark to the number of places where something was taken out on its account."""
    touched: Counter[str] = field(default_factory=Counter)
    """Data category to the number of records and files that hold less than was found."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Data category to the number of files that were left out because nobody can be sure of them."""


def redact_parcel(found: Parcel, how: Blackening, vault: Vault, name: str, key: bytes) -> Blackened:
    """Write the parcel ``name`` with everything of ``found`` that may go, and say what was taken out.

    Raises what ``parcel.write`` raises.
    """
    made = _Maker(found, how)
    made.result.info = parcels.write(made.pieces(), vault, name, key, datasets=made.datasets)
    return made.result


class _Maker:
    def __init__(self, found: Parcel, how: Blackening) -> None:
        self._found, self._how, self.result = found, how, Blackened()
        self._names = {held.dataset.name: self._renamed(held) for held in found.rows}
        self.datasets = [self._described(held) for held in found.rows]

    def pieces(self) -> Iterator[Piece]:
        for held in self._found.rows:
            yield from self._rows(held)
        for number, file in enumerate(self._found.files, start=1):
            yield from self._file(number, file)

    def _said(self, text: str) -> str:
        return self._how.finder.blacken(text)[0]

    def _renamed(self, held: HeldRows) -> dict[str, str]:
        """A name for each field, in which nothing stands that was marked."""
        new: dict[str, str] = {}
        for name in held.types:
            wanted = candidate = self._said(name)
            number = 1
            while candidate in new.values():
                number += 1
                candidate = f"{wanted} ({number})"
            new[name] = candidate
        return new

    def _described(self, held: HeldRows) -> Dataset:
        # The name is the service's own word for the data set and leads to its place in the package.
        names, dataset = self._names[held.dataset.name], held.dataset
        return replace(
            dataset,
            title=self._said(dataset.title),
            description=self._said(dataset.description),
            fields=tuple(
                replace(
                    each,
                    name=names[each.name],
                    title=self._said(each.title),
                    description=self._said(each.description),
                )
                for each in dataset.fields
            ),
            withheld=tuple(
                replace(each, title=self._said(each.title), reason=self._said(each.reason)) for each in dataset.withheld
            ),
        )

    def _rows(self, held: HeldRows) -> Iterator[Row]:
        dataset = held.dataset
        categories = {each.name: each.category for each in dataset.fields}
        names, order = self._names[dataset.name], list(held.types)
        for number, record in enumerate(self._found.records(held), start=1):
            new, changed = self._record(dataset.name, number, record, order)
            for category in {categories.get(name, dataset.category) for name in changed}:
                self.result.touched[category] += 1
            yield Row(dataset.name, {names[name]: value for name, value in new.items()})

    def _record(
        self, dataset: str, number: int, record: dict[str, Json], order: list[str]
    ) -> tuple[dict[str, Json], set[str]]:
        new, changed = dict(record), set()
        for name, value in record.items():
            mark = self._how.cells.get(Cell(dataset, name, number)) or self._how.cells.get(Cell(dataset, name))
            if mark and value not in (None, ""):
                new[name] = BLACK
                self.result.places[mark] += 1
                changed.add(name)
        if self._how.finder:
            for with_keys, names in ((True, list(new)), (False, list(new)), (False, order)):
                changed |= self._pass(new, [name for name in names if name in new], with_keys=with_keys)
        return new, changed

    def _pass(self, record: dict[str, Json], names: list[str], *, with_keys: bool) -> set[str]:
        """Look at a record as one row of texts: each by itself, and what stands between neighbours."""
        texts: list[str] = []
        owners: list[str] = []
        for name in names:
            leaves = list(_leaves(record[name], keys=with_keys))
            if with_keys:
                leaves = [name, *leaves]
            texts += leaves
            owners += [name] * len(leaves)
        black, marks = self._how.finder.blacken_row(texts, plain=not with_keys)
        self.result.places.update(marks)
        changed = set()
        for name in names:
            mine = [position for position, owner in enumerate(owners) if owner == name]
            mine = mine[1:] if with_keys else mine
            if any(black[position] != texts[position] for position in mine):
                record[name] = _put_back(record[name], iter([black[each] for each in mine]), keys=with_keys)
                changed.add(name)
        return changed

    def _file(self, number: int, file: HeldFile) -> Iterator[Piece]:
        if mark := self._how.left_out.get(number):
            self.result.places[mark] += 1
            self.result.touched[file.category] += 1
            return
        name = self._said(file.name)
        start = FileStart(file.dataset, name, file.media_type, file.category)
        if number in self._how.passed:
            yield start
            yield from (FileChunk(part) for part in self._found.content(file))
            return
        if file.size > _MOST_READ:
            self.result.unreadable[file.category] += 1
            return
        data = b"".join(self._found.content(file))
        treated = documents.treat(data, file.name, file.media_type, self._how.finder)
        if treated.treatment is Treatment.UNREADABLE:
            self.result.unreadable[file.category] += 1
            return
        if treated.treatment is Treatment.CHANGED:
            self.result.places.update(treated.marks)
            self.result.touched[file.category] += 1
        yield replace(start, media_type=treated.media_type)
        yield FileChunk(treated.data)


def _leaves(value: Json, *, keys: bool) -> Iterator[str]:
    """Every text and number in a value, in order, with the keys of what is nested or without."""
    match value:
        case str():
            yield value
        case bool() | None:
            return
        case int() | float():
            yield repr(value)
        case list():
            for each in value:
                yield from _leaves(each, keys=keys)
        case dict():
            for key, each in value.items():
                if keys:
                    yield key
                yield from _leaves(each, keys=keys)


def _put_back(value: Json, texts: Iterator[str], *, keys: bool) -> Json:
    """The value with its leaves replaced, in the order in which ``_leaves`` gave them."""
    match value:
        case str():
            return next(texts)
        case bool() | None:
            return value
        case int() | float():
            text = next(texts)
            return value if text == repr(value) else text
        case list():
            return [_put_back(each, texts, keys=keys) for each in value]
        case dict():
            new: dict[str, Json] = {}
            for key, each in value.items():
                name = next(texts) if keys else key
                while name in new:
                    name += BLACK
                new[name] = _put_back(each, texts, keys=keys)
            return new
