"""The plain texts of a package: what was searched, the statement without markup, and what is where."""

import textwrap
from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.utils.translation import gettext

from dsr.packaging import pages
from dsr.packaging.contents import PackageContents, Statement, Table
from dsr.packaging.plan import Plan
from dsr.packaging.text import visible

_WIDTH = 78


def searched(contents: PackageContents, plan: Plan) -> bytes:
    """What was searched, with which result, what is not given and why, and how to complain."""
    return _text(_searched(contents, plan))


def readme(contents: PackageContents, plan: Plan) -> bytes:
    """What is where in a package made to be taken elsewhere."""
    return _text(_readme(contents, plan))


@lru_cache(maxsize=32)
def statement(value: Statement) -> bytes:
    """The statement without markup. Nothing in it is about one person, so texts are kept and used again."""
    return _text(_statement(value))


def _text(blocks: Iterable[str]) -> bytes:
    return ("\n".join(blocks).rstrip("\n") + "\n").encode("utf-8", "replace")


def _heading(text: str, line: str) -> str:
    text = visible(text)
    return f"{text}\n{line * min(len(text), _WIDTH)}\n"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        visible(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _facts(contents: PackageContents) -> Iterator[str]:
    yield _wrapped(gettext("Answered by: %(name)s") % {"name": contents.organisation.name})
    yield _wrapped(gettext("Reference: %(reference)s") % {"reference": contents.reference})
    yield _wrapped(gettext("You asked for: %(right)s") % {"right": contents.right_title})
    yield _wrapped(gettext("Made on: %(day)s") % {"day": contents.made_on}) + "\n"


def _searched(contents: PackageContents, plan: Plan) -> Iterator[str]:
    yield _heading(gettext("What was searched"), "=")
    yield from _facts(contents)
    for part in contents.systems:
        rows, files = plan.of(part)
        yield _wrapped(f"{part.title}: {pages.outcome(part.outcome)}", "* ", "  ")
        if part.note:
            yield _wrapped(part.note, "  ", "  ")
        for each in rows:
            yield _wrapped(f"{each.title}: {pages.records(each.held.rows)}", "  - ", "    ")
        if files:
            yield _wrapped(pages.files(len(files)), "  - ", "    ")
    yield "\n" + _heading(gettext("What is not in this package, and why"), "=")
    notes = pages.left_out(contents, plan)
    for note in notes:
        yield _wrapped(note.what, "* ", "  ")
        yield _wrapped(note.why, "  ", "  ") + "\n"
    if not notes:
        yield _wrapped(gettext("Nothing that was found was left out.")) + "\n"
    yield from _complain(contents)


def _complain(contents: PackageContents) -> Iterator[str]:
    yield _heading(gettext("If you do not agree"), "=")
    for paragraph in contents.complain:
        yield _wrapped(paragraph) + "\n"
    for line in contents.organisation.contact:
        yield _wrapped(line)


def _readme(contents: PackageContents, plan: Plan) -> Iterator[str]:
    yield _heading(gettext("Your data, to take elsewhere"), "=")
    yield from _facts(contents)
    layout = gettext(
        "Each JSON file holds one array with one object per record, in UTF-8. The schema beside it (JSON Schema "
        "2020-12) names and explains every field. The CSV file holds the same records for spreadsheets (RFC 4180, "
        "UTF-8 with byte order mark); text that a spreadsheet could take for a formula begins with an apostrophe "
        "there, so read the JSON file by program."
    )
    yield _wrapped(layout) + "\n"
    for each in plan.rows:
        yield _wrapped(f"{each.part.title}: {each.title}, {pages.records(each.held.rows)}", "* ", "  ")
        yield from (f"  {path}" for path in (each.json, each.schema, each.csv))
    if plan.files:
        listed = gettext("Files as found are in files/, listed with their original names in files/index.json.")
        yield _wrapped(listed, "* ", "  ")
    signed = gettext("manifest.json lists every file with its SHA-256 digest; manifest.sig is its signature.")
    yield "\n" + _wrapped(signed) + "\n"
    if plan.unportable:
        titles = ", ".join(pages.category_title(contents, each) for each in plan.unportable)
        yield _wrapped(
            gettext(
                "Left out, because it was neither given by you nor produced by your use: %(what)s. "
                "You can ask for a copy of it as well."
            )
            % {"what": titles}
        )


def _statement(value: Statement) -> Iterator[str]:
    yield _heading(value.title, "=")
    for paragraph in value.introduction:
        yield _wrapped(paragraph) + "\n"
    for section in value.sections:
        yield _heading(section.heading, "-")
        for paragraph in section.paragraphs:
            yield _wrapped(paragraph) + "\n"
        for item in section.items:
            yield _wrapped(item, "* ", "  ")
        if section.items:
            yield ""
        for table in section.tables:
            yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    """A table as a list, because columns do not survive a narrow window."""
    yield _wrapped(table.caption) + "\n"
    for row in table.rows:
        for number, (title, text) in enumerate(zip(table.header, row, strict=True)):
            yield _wrapped(f"{title}: {text}", "* " if number == 0 else "  ", "  ")
        yield ""
