"""Renders what people read: the page that opens first, the statement, and plain texts."""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.translation import get_language, get_language_bidi, gettext, ngettext

from dsr.connectors.base import Field, FieldType, Json
from dsr.packaging.contents import Category, Kind, PackageContents, Removed, SearchOutcome, Statement, SystemPart
from dsr.packaging.parcel import parsed
from dsr.packaging.plan import Plan, PlannedFile, PlannedRows
from dsr.packaging.tables import headings
from dsr.packaging.text import visible, words

STATEMENT_HTML = "statement/about-your-data.html"
STATEMENT_TEXT = "statement/about-your-data.txt"

_ROWS_SHOWN = 200
_ROWS_IN_ALL = 5_000
_BYTES_SHOWN = 4 << 20
_TEXT_SHOWN = 4_000
_UNFOLDED = 240
_LONG = 40
_MOMENT = re.compile(r"([0-9-]{10})T([0-9:.]{5,15})(Z|\+00:00)?")
_MARK = b"<!-- more -->"
"""Stands in a template where streamed parts go; values are escaped, so none of them can forge it."""
_PASSIVE = re.compile(
    r"\.(pdf|txt|csv|tsv|log|md|png|jpe?g|gif|webp|avif|bmp|tiff?|heic|mp3|m4a|ogg|wav|flac|mp4|m4v|mov|webm"
    r"|docx?|xlsx?|pptx?|odt|ods|odp|rtf|eml|vcf|ics|zip)$",
    re.IGNORECASE,
)
"""Files that a click may open. Anything else, such as a page that could run a script, is named but not linked."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is not in the package: what, and why."""

    what: str
    why: str


def open_me(contents: PackageContents, plan: Plan) -> Iterator[bytes]:
    """OPEN-ME.html: the whole answer on one page that needs neither network nor script."""
    shown = max(20, min(_ROWS_SHOWN, _ROWS_IN_ALL // max(1, len(plan.rows))))
    before, after = _split(render_to_string("package/open-me.html", _shell(contents, plan, shown)))
    yield before
    for number, part in enumerate(contents.systems, start=1):
        yield from _system(contents, plan, part, number, shown)
    yield after


def statement_page(statement: Statement, language: str, organisation: str) -> bytes:
    """The statement as a page. Nothing in it is about one person, so pages are kept and used again."""
    return _statement_page(statement, language, organisation)


@lru_cache(maxsize=32)
def _statement_page(statement: Statement, language: str, organisation: str) -> bytes:
    context = {**_frame(language), "statement": statement, "organisation": visible(organisation)}
    return render_to_string("package/statement.html", context).encode("utf-8", "replace")


def left_out(contents: PackageContents, plan: Plan) -> list[Note]:
    """What the package does not hold, and why, in the order in which it matters."""
    notes: list[Note] = []
    titles = {part.key: part.title for part in contents.systems}
    for each in contents.withheld:
        what = category_title(contents, each.category)
        if each.system is not None:
            what = gettext("%(what)s, in %(system)s") % {"what": what, "system": titles.get(each.system, each.system)}
        notes.append(_note(what, " ".join(text for text in (_sentence(each.ground), each.reason) if text)))
    notes += [_removed(each) for each in contents.removed]
    notes += [
        _note(part.title, part.note or outcome(part.outcome))
        for part in contents.systems
        if part.outcome not in (SearchOutcome.FOUND, SearchOutcome.NOTHING_HELD)
    ]
    notes += [_note(f"{rows.title}: {field.title}", field.reason) for rows in plan.rows for field in rows.withheld]
    notes += [_note(category_title(contents, category), not_portable()) for category in plan.unportable]
    return notes


def _removed(each: Removed) -> Note:
    places = ngettext("%(kind)s, taken out in %(n)s place", "%(kind)s, taken out in %(n)s places", each.places)
    why = " ".join(text for text in (_sentence(each.ground), each.reason) if text)
    return _note(places % {"kind": _capital(each.kind), "n": _number(each.places)}, why)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def not_portable() -> str:
    """Why data is not in a copy that is taken elsewhere, though it is in a copy to be read."""
    return gettext("It was neither given by you nor produced by your use, so it cannot be taken elsewhere by right.")


def _note(what: str, why: str) -> Note:
    return Note(visible(what), visible(why))


def category_title(contents: PackageContents, category: str) -> str:
    """What a data category is called; its id where the dictionary does not know it."""
    entry = contents.dictionary.get(category)
    return visible(entry.title if entry else category)


def outcome(value: SearchOutcome) -> str:
    """The result of a search in words."""
    return {
        SearchOutcome.FOUND: gettext("Data found"),
        SearchOutcome.NOTHING_HELD: gettext("Nothing held about you"),
        SearchOutcome.REFUSED: gettext("Not given"),
        SearchOutcome.FAILED: gettext("Could not be searched"),
        SearchOutcome.LEFT_OUT: gettext("Could not be searched"),
    }[value]


def records(number: int) -> str:
    """A number of records in words."""
    return ngettext("%(n)s record", "%(n)s records", number) % {"n": _number(number)}


def files(number: int) -> str:
    """A number of files in words."""
    return ngettext("%(n)s file", "%(n)s files", number) % {"n": _number(number)}


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)


def _sentence(text: str) -> str:
    return text if not text or text[-1] in ".!?" else f"{text}."


def _frame(language: str) -> dict[str, Any]:
    style, script = _assets()
    return {
        "language": language,
        "direction": "rtl" if get_language_bidi() else "ltr",
        "style_hash": style,
        "script_hash": script,
    }


@lru_cache(maxsize=1)
def _assets() -> tuple[str, str]:
    """The digests by which the page's own policy lets its one style and its one script run."""
    return _digest("package/open-me.css"), _digest("package/open-me.js")


def _digest(template: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(render_to_string(template).encode()).digest()).decode()


def _split(page: str) -> list[bytes]:
    return page.encode("utf-8", "replace").split(_MARK)


def _shell(contents: PackageContents, plan: Plan, shown: int) -> dict[str, Any]:
    total = sum(rows.held.rows for rows in plan.rows)
    return {
        **_frame(contents.language),
        "package": contents,
        "portable": contents.kind is Kind.PORTABLE,
        "informing": contents.kind is Kind.STATEMENT,
        "person": visible(contents.person_hint),
        "systems": [_summary(plan, part, number) for number, part in enumerate(contents.systems, start=1)],
        "total": records(total),
        "total_files": files(len(plan.files)),
        "has_rows": total > 0,
        "has_files": bool(plan.files),
        "cut": any(rows.held.rows > shown for rows in plan.rows),
        "left_out": left_out(contents, plan),
        "statement": STATEMENT_HTML,
    }


def _summary(plan: Plan, part: SystemPart, number: int) -> dict[str, Any]:
    rows, held_files = plan.of(part)
    return {
        "anchor": _anchor(number),
        "title": visible(part.title),
        "outcome": outcome(part.outcome),
        "tone": part.outcome,
        "note": visible(part.note),
        "records": _number(sum(each.held.rows for each in rows)),
        "files": _number(len(held_files)),
        "datasets": [
            {"anchor": _anchor(number, index), "title": visible(each.title), "records": _number(each.held.rows)}
            for index, each in enumerate(rows, start=1)
        ],
        "has_files": bool(held_files),
    }


def _anchor(system: int, dataset: int = 0) -> str:
    return f"data-{system}-{dataset}" if dataset else f"system-{system}"


def _system(contents: PackageContents, plan: Plan, part: SystemPart, number: int, shown: int) -> Iterator[bytes]:
    rows, held_files = plan.of(part)
    yield render_to_string("package/system.html", _summary(plan, part, number)).encode("utf-8", "replace")
    for index, each in enumerate(rows, start=1):
        yield from _dataset(contents, each, number, index, shown)
    if held_files:
        context = {"anchor": f"files-{number}", "title": visible(part.title), "total": files(len(held_files))}
        before, after = _split(render_to_string("package/files.html", context))
        yield before
        for held in held_files:
            yield _file_row(contents, held)
        yield after


def _dataset(contents: PackageContents, rows: PlannedRows, system: int, number: int, shown: int) -> Iterator[bytes]:
    single = rows.held.rows == 1
    sample = list(islice(_first(rows), shown))
    frame = (
        ("system", _anchor(system)),
        ("anchor", _anchor(system, number)),
        ("title", visible(rows.title)),
        ("description", visible(rows.held.dataset.description)),
        ("total", records(rows.held.rows)),
        ("shown", _number(len(sample)) if len(sample) < rows.held.rows else ""),
        ("single", single),
        ("headings", tuple(zip(map(visible, headings(rows.fields)), map(_css, rows.fields), strict=True))),
        ("withheld", tuple((visible(each.title), visible(each.reason)) for each in rows.withheld)),
        ("json", rows.json),
        ("csv", rows.csv),
        ("schema", rows.schema),
    )
    if single:
        context = {**dict(frame), "groups": _groups(contents, rows.fields, sample[0])}
        yield from _split(render_to_string("package/dataset.html", context))
    else:
        before, *after = _dataset_frame(frame, get_language())
        yield before
        yield from _table_rows(sample, rows.fields)
        yield after.pop(0)
        yield _meanings(rows.title, tuple(_by_category(contents, rows.fields)), get_language())
        yield from after


@lru_cache(maxsize=512)
def _dataset_frame(frame: tuple[tuple[str, Any], ...], _language: str) -> tuple[bytes, ...]:
    """What stands around the rows of a data set. It says how many there are and nothing of what is in them."""
    return tuple(_split(render_to_string("package/dataset.html", dict(frame))))


@lru_cache(maxsize=256)
def _meanings(title: str, groups: tuple[tuple[Category, tuple[Field, ...]], ...], _language: str) -> bytes:
    """What each column of a data set means. Nothing in it is about one person, so it is used again."""
    context = {"css": "meaning", "caption": visible(title), "groups": [_group(*group, {}) for group in groups]}
    return render_to_string("package/fields.html", context).encode("utf-8", "replace")


def _first(rows: PlannedRows) -> Iterator[dict[str, Json]]:
    """The first records, as many as are read into memory without thinking."""
    used = 0
    for block in rows.parcel.blocks(rows.held):
        yield from parsed(block)
        used += len(block)
        if used > _BYTES_SHOWN:
            break


def _groups(contents: PackageContents, fields: Iterable[Field], record: dict[str, Json]) -> list[dict[str, Any]]:
    return [_group(category, group, record) for category, group in _by_category(contents, fields)]


def _by_category(contents: PackageContents, fields: Iterable[Field]) -> Iterator[tuple[Category, tuple[Field, ...]]]:
    """Fields by category, because the category says where they come from and what they are for."""
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.category, []).append(field)
    for category, group in groups.items():
        yield contents.dictionary.get(category) or Category(category, category), tuple(group)


def _group(category: Category, fields: Iterable[Field], record: dict[str, Json]) -> dict[str, Any]:
    return {
        "category": category,
        "fields": [
            {
                "title": visible(field.title or field.name),
                "name": visible(field.name),
                "description": visible(field.description),
                "value": _shown(record.get(field.name), field),
                "css": _css(field),
            }
            for field in fields
        ],
    }


def _css(field: Field) -> str:
    """Numbers stand right, under each other; dates stay on one line."""
    if field.type in (FieldType.INTEGER, FieldType.DECIMAL):
        return "n"
    return "d" if field.type in (FieldType.DATE, FieldType.DATETIME) else ""


def _table_rows(sample: list[dict[str, Json]], fields: tuple[Field, ...]) -> Iterator[bytes]:
    """Rows by hand: a template takes ten times as long per cell."""
    cells = [(field, f'<td class="{css}">' if (css := _css(field)) else "<td>") for field in fields]
    for record in sample:
        parts = ["<tr>"]
        for field, opening in cells:
            text = _shown(record.get(field.name), field)
            if not text:
                parts.append('<td class="none">–</td>')
            elif len(text) > _LONG:
                parts.append(f'<td class="text">{_folded(text)}</td>')
            else:
                parts.append(f"{opening}{escape(text)}</td>")
        parts.append("</tr>\n")
        yield "".join(parts).encode("utf-8", "replace")


def _folded(text: str) -> str:
    """Text escaped for the page; what would fill the screen is folded away behind its beginning."""
    if len(text) <= _UNFOLDED:
        return escape(text)
    cut = text.rfind(" ", 0, _UNFOLDED)
    cut = cut if cut > _UNFOLDED // 2 else _UNFOLDED
    more = escape(gettext("Show the rest"))
    return f"{escape(text[:cut])}<details><summary>{more}</summary>{escape(text[cut:].lstrip())}</details>"


def _shown(value: Json, field: Field) -> str:
    """A value as the page shows it: lists as lists, moments with a space, cut where it is very long."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if field.type is FieldType.BINARY:
        return gettext("(binary data, in the JSON file)")
    if isinstance(value, list) and not any(isinstance(each, (list, dict)) for each in value):
        text = ", ".join(words(each) for each in value)
    else:
        text = words(value)
    if field.type is FieldType.DATETIME and (moment := _MOMENT.fullmatch(text)):
        return f"{moment[1]} {moment[2]}{' UTC' if moment[3] else ''}"
    if len(text) <= _TEXT_SHOWN:
        return text
    return gettext("%(text)s … (cut here; whole in the JSON file)") % {"text": text[:_TEXT_SHOWN]}


def _file_row(contents: PackageContents, held: PlannedFile) -> bytes:
    name = PurePosixPath(held.path).name
    context = {
        "path": held.path,
        "name": name,
        "linked": bool(_PASSIVE.search(name)),
        "original": visible(held.file.name) if held.file.name != name else "",
        "media_type": visible(held.file.media_type),
        "size": held.file.size,
        "category": category_title(contents, held.file.category),
    }
    return render_to_string("package/file.html", context).encode("utf-8", "replace")
