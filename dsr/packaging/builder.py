"""Builds the package: one ZIP, written once from front to back, in constant memory."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.utils import translation

from dsr.packaging import manifest, pages, tables, texts
from dsr.packaging.contents import Kind, PackageContents
from dsr.packaging.manifest import Manifest
from dsr.packaging.plan import Plan, PlannedRows, plan
from dsr.packaging.zipping import Output, ZipStream

FILES_INDEX = "files/index.json"


def build(contents: PackageContents, out: Output) -> Manifest:
    """Writes the package to `out`, which need not seek, and returns its signed manifest.

    Equal contents give equal bytes. Parcels are read several times and have to stay open meanwhile. Raises `Broken`
    when a parcel turns out to be damaged; what was written by then is to be thrown away.
    """
    with translation.override(contents.language):
        return _Builder(contents, out).build()


class _Builder:
    def __init__(self, contents: PackageContents, out: Output) -> None:
        self._contents, self._plan = contents, plan(contents)
        self._zip = ZipStream(out, contents.made_at)

    def build(self) -> Manifest:
        if self._contents.kind is Kind.PORTABLE:
            self._zip.add("README.txt", texts.readme(self._contents, self._plan))
            self._add_data()
            self._add_pages()
        else:
            self._add_pages()
            self._add_data()
        signed = manifest.make(self._document())
        self._zip.add(manifest.MANIFEST, signed.data)
        self._zip.add(manifest.SIGNATURE, manifest.signature_file(signed.signature))
        self._zip.finish()
        return signed

    def _add_pages(self) -> None:
        contents = self._contents
        self._stream("OPEN-ME.html", pages.open_me(contents, self._plan))
        if contents.kind is not Kind.STATEMENT:
            self._zip.add("searched.txt", texts.searched(contents, self._plan))
        page = pages.statement_page(contents.statement, contents.language, contents.organisation.name)
        self._zip.add(pages.STATEMENT_HTML, page)
        self._zip.add(pages.STATEMENT_TEXT, texts.statement(contents.statement))

    def _add_data(self) -> None:
        named = self._contents.kind is Kind.PORTABLE
        for rows in self._plan.rows:
            # The bounds only decide where ZIP64 is needed; quoting and spelled-out characters can make text grow.
            self._stream(rows.json, tables.json_blocks(rows), at_most=rows.held.bytes * 2)
            header = [field.name for field in rows.fields] if named else tables.headings(rows.fields)
            self._stream(rows.csv, tables.csv_blocks(rows, header), at_most=rows.held.bytes * 4)
            self._zip.add(rows.schema, tables.schema(rows, self._contents.dictionary))
        for held in self._plan.files:
            self._stream(held.path, held.parcel.content(held.file), at_most=held.file.size)
        if self._plan.files:
            self._zip.add(FILES_INDEX, _files_index(self._plan))

    def _stream(self, path: str, parts: Iterable[bytes], *, at_most: int = 0) -> None:
        with self._zip.member(path, at_most=at_most) as member:
            for part in parts:
                member.write(part)

    def _document(self) -> dict[str, Any]:
        contents, entries = self._contents, self._zip.entries
        return {
            "format": manifest.FORMAT,
            "version": manifest.VERSION,
            "reference": contents.reference,
            "organisation": contents.organisation.name,
            "right": contents.right,
            "kind": str(contents.kind),
            "made_at": manifest.instant(contents.made_at),
            "language": contents.language,
            "counts": _counts(self._plan),
            "datasets": [_described(rows) for rows in self._plan.rows],
            "data_digest": manifest.data_digest(
                (each.path, each.sha256) for each in entries if each.path.startswith(("data/", "files/"))
            ),
            "members": [{"path": each.path, "size": each.size, "sha256": each.sha256} for each in entries],
        }


def _counts(chosen: Plan) -> dict[str, dict[str, int]]:
    """Key of the system, then name of the data set, to the number of records and files that are given."""
    counts: dict[str, Counter[str]] = {}
    for rows in chosen.rows:
        counts.setdefault(rows.part.key, Counter())[rows.held.dataset.name] += rows.held.rows
    for held in chosen.files:
        counts.setdefault(held.part.key, Counter())[held.file.dataset] += 1
    return {system: dict(each) for system, each in counts.items()}


def _described(rows: PlannedRows) -> dict[str, Any]:
    return {
        "system": rows.part.key,
        "dataset": rows.held.dataset.name,
        "title": rows.title,
        "records": rows.held.rows,
        "json": rows.json,
        "csv": rows.csv,
        "schema": rows.schema,
    }


def _files_index(chosen: Plan) -> bytes:
    index = [
        {
            "path": held.path,
            "original_name": held.file.name,
            "system": held.part.key,
            "dataset": held.file.dataset,
            "category": held.file.category,
            "media_type": held.file.media_type,
            "size": held.file.size,
        }
        for held in chosen.files
    ]
    return json.dumps(index, ensure_ascii=True, indent=1).encode() + b"\n"
