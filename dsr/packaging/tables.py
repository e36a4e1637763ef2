"""The rows of one data set as JSON, as CSV and as a JSON Schema. Streams of bytes, block by block."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from dsr.connectors.base import Field, FieldType, Json
from dsr.packaging.contents import Category
from dsr.packaging.parcel import parsed
from dsr.packaging.plan import PlannedRows
from dsr.packaging.text import cell, json_line

_NUMBERS = frozenset({"integer", "number", "null"})
_TEXT = frozenset({"string", "null"})
_SUSPECTS = (";", *(f"|{first}" for first in "=+-@\uff1d\uff0b\uff0d\uff20 \"'"))
"""What a column of text, its cells parted by bars, must not hold if none of them is to be looked at singly."""

_DECLARED: dict[FieldType, str] = {
    FieldType.INTEGER: "integer",
    FieldType.BOOLEAN: "boolean",
    FieldType.JSON: "object",
}


def json_blocks(rows: PlannedRows) -> Iterator[bytes]:
    """The data set as one JSON array, a record to a line, with every value as it was found."""
    before = b"[\n"
    for block in rows.parcel.blocks(rows.held):
        yield before
        if rows.dropped:
            kept = ({key: value for key, value in row.items() if key not in rows.dropped} for row in parsed(block))
            yield b",\n".join(map(json_line, kept))
        else:
            # Lines were written as JSON and never hold a line end inside, so they are passed on unread.
            yield block.replace(b"\n", b",\n")
        before = b",\n"
    yield b"\n]\n"


def csv_blocks(rows: PlannedRows, header: list[str]) -> Iterator[bytes]:
    """The data set as RFC 4180 CSV in UTF-8, with the mark by which spreadsheets know it, and formulas defused."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    columns = [(field.name, rows.held.types[field.name]) for field in rows.fields]
    writer.writerow([cell(title) for title in header])
    yield b"\xef\xbb\xbf"
    for block in rows.parcel.blocks(rows.held):
        records = parsed(block)
        writer.writerows(zip(*(_column(records, name, types) for name, types in columns), strict=True))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _column(records: list[dict[str, Json]], name: str, types: frozenset[str]) -> Sequence[Json]:
    """The cells of one column. Whole columns are judged at once, because a look at each cell costs most of the time."""
    try:
        values = list(map(itemgetter(name), records))
    except KeyError:
        values = [record.get(name) for record in records]
    if types <= _NUMBERS:
        return values
    if types <= _TEXT:
        joined = "|" + "|".join(filter(None, values))
        # Printable leaves out controls, line ends and everything that changes the order of reading.
        if joined.isprintable() and not any(suspect in joined for suspect in _SUSPECTS):
            return values
    return list(map(cell, values))


def headings(fields: tuple[Field, ...]) -> list[str]:
    """Titles for the columns; where two are alike, each with its field's name."""
    titles = [field.title or field.name for field in fields]
    return [
        title if titles.count(title) == 1 else f"{title} ({field.name})"
        for title, field in zip(titles, fields, strict=True)
    ]


def schema(rows: PlannedRows, dictionary: Mapping[str, Category]) -> bytes:
    """The data set's JSON Schema, 2020-12: types that hold for every value, and the words of the dictionary."""
    fields = tuple((field, rows.held.types[field.name], dictionary.get(field.category)) for field in rows.fields)
    text = _schema(rows.title, rows.held.dataset.description, fields)
    # No text can hold this: quotation marks inside of texts are written as \".
    return text.replace(_UNCOUNTED, _counted(rows.held.rows), 1).encode()


_Described = tuple[Field, frozenset[str], Category | None]
"""A field, the types of its values, and the entry of the dictionary for its category."""


@lru_cache(maxsize=256)
def _schema(title: str, description: str, fields: tuple[_Described, ...]) -> str:
    """A schema without the number of records. Nothing else in it is about one person, so it is used again."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        "type": "array",
        "minItems": None,
        "maxItems": None,
        "items": {
            "type": "object",
            "properties": {each[0].name: _property(*each) for each in fields},
            "additionalProperties": False,
        },
    }
    return json.dumps(document, ensure_ascii=True, indent=1) + "\n"


def _counted(number: int | None) -> str:
    return json.dumps({"minItems": number, "maxItems": number}, indent=1).strip("{}\n")


_UNCOUNTED = _counted(None)


def _property(field: Field, seen: frozenset[str], category: Category | None) -> dict[str, Any]:
    kinds = set(seen - {"null"}) or {_DECLARED.get(field.type, "string")}
    if "number" in kinds:
        kinds.discard("integer")
    entry: dict[str, Any] = {"title": field.title or field.name, "description": field.description}
    entry["type"] = [*sorted(kinds), "null"]
    if field.type is FieldType.BINARY:
        entry["contentEncoding"] = "base64"
    entry["x-kind"] = str(field.type)
    entry["x-category"] = {"id": field.category}
    if category is not None:
        entry["x-category"] |= {
            "title": category.title,
            "source": category.source,
            "purposes": [{"title": each.title, "bases": list(each.bases)} for each in category.purposes],
        }
    return entry
