"""A statement as sections to be read: the headings are ours and translated, the words come from the rule files."""

import textwrap
from collections.abc import Iterator

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dsr.rules.told import Section, Statement, Table, ToldItem


def title(organisation: str) -> str:
    """The title of a statement."""
    return _("How %(organisation)s uses your data") % {"organisation": organisation}


def introduction(told: Statement) -> tuple[str, ...]:
    """Whom the statement is for and what it is taken from."""
    facts = {
        "relationship": told.relationship_title,
        "organisation": told.organisation,
        "notice": told.notice_title,
        "version": format_date(told.notice_version, "j F Y"),
        "day": format_date(told.made_on, "j F Y"),
    }
    return tuple(
        filter(
            None,
            (
                _("For people in this relationship with %(organisation)s: %(relationship)s.") % facts,
                _("Taken from the %(notice)s, version of %(version)s, for %(day)s and the place where you live.")
                % facts,
                told.processor,
                told.route,
            ),
        )
    )


def sections(told: Statement) -> tuple[Section, ...]:
    """The sections that have anything in them."""
    made = (
        _categories(told),
        _services(told),
        _purposes(told),
        _recipients(told),
        _lists(told),
        _items(_("How data is protected when it crosses borders"), told.safeguards),
        _decisions(told),
        _rights(told),
        _complaints(told),
        *(Section(passage.title, (passage.description,)) for passage in told.passages),
        _contacts(told),
    )
    return tuple(section for section in made if section.paragraphs or section.items or section.tables)


def as_text(told: Statement, width: int = 78) -> str:
    """The statement as plain text, wrapped at ``width`` columns."""
    lines = [told.title, "=" * len(told.title), ""]
    for paragraph in told.introduction:
        lines += [*textwrap.wrap(paragraph, width), ""]
    for section in told.sections:
        lines += [section.heading, "-" * len(section.heading), "", *_section_lines(section, width)]
    return "\n".join(lines).rstrip() + "\n"


def _section_lines(section: Section, width: int) -> Iterator[str]:
    for paragraph in section.paragraphs:
        yield from (*textwrap.wrap(paragraph, width), "")
    for item in section.items:
        yield from textwrap.wrap(item, width, initial_indent="* ", subsequent_indent="  ")
    if section.items:
        yield ""
    for table in section.tables:
        yield from (*textwrap.wrap(table.caption, width), "")
        for row in table.rows:
            first, *rest = row
            yield from textwrap.wrap(first, width, initial_indent="* ", subsequent_indent="  ")
            for name, cell in zip(table.header[1:], rest, strict=True):
                if cell:
                    yield from textwrap.wrap(f"{name}: {cell}", width, initial_indent="  ", subsequent_indent="    ")
            yield ""


def _categories(told: Statement) -> Section:
    header = (_("Kind of data"), _("What it is"), _("What it is used for"))
    tables = []
    for source in dict.fromkeys(row.source for row in told.categories):
        rows = [row for row in told.categories if row.source == source]
        cells = tuple(
            (
                f"{row.title} ({row.part_of})" if row.part_of else row.title,
                _joined(row.description, _sensitive(row.sensitive)),
                _joined(_listed(row.purposes), row.use),
            )
            for row in rows
        )
        tables.append(Table(rows[0].source_title, header, cells))
    return Section(_("Which data there is, and where it comes from"), tables=tuple(tables))


def _sensitive(why: str) -> str:
    return _("It may be sensitive: %(why)s") % {"why": why} if why else ""


def _examples(examples: tuple[str, ...]) -> str:
    return _("For example: %(examples)s.") % {"examples": "; ".join(examples)} if examples else ""


def _services(told: Statement) -> Section:
    header = (_("Kind of data"), _("What it is"), _("What it is used for"))
    return Section(
        _("What particular services collect besides"),
        tables=tuple(
            Table(_joined(f"{row.title}: {row.description}", row.note), header, row.data) for row in told.services
        ),
    )


def _purposes(told: Statement) -> Section:
    header = (_("Purpose"), _("What is done"), _("With which data"), _("Legal basis"))
    rows = tuple(
        (
            row.title,
            _joined(row.description, _examples(row.examples), row.note),
            _joined(_listed(row.categories), row.also_uses),
            ", ".join(row.legal_bases),
        )
        for row in told.purposes
    )
    table = Table(_("Purposes and legal bases"), header, rows)
    return Section(
        _("What it is used for"),
        items=tuple(f"{basis.title}: {basis.description}" for basis in told.legal_bases),
        tables=(table,) if rows else (),
    )


def _recipients(told: Statement) -> Section:
    header = (_("Recipient"), _("Who that is"), _("Why"), _("Note"))
    rows = tuple((row.title, row.who, row.why, row.note) for row in told.recipients)
    return Section(_("Who receives it"), tables=(Table(_("Kinds of recipients"), header, rows),) if rows else ())


def _lists(told: Statement) -> Section:
    paragraphs: list[str] = []
    items: list[str] = []
    for row in told.disclosure_lists:
        period = ngettext("During the last month.", "During the last %(n)d months.", row.months) % {"n": row.months}
        paragraphs += [f"{row.title}: {row.description}", period]
        items += row.entries
    return Section(_("What was disclosed lately"), tuple(paragraphs), tuple(items))


def _decisions(told: Statement) -> Section:
    return _items(_("Decisions that machines make alone"), told.automated_decisions)


def _rights(told: Statement) -> Section:
    return _items(_("What you can ask for"), (*told.rights, *told.local_rights))


def _items(heading: str, rows: tuple[ToldItem, ...]) -> Section:
    return Section(heading, items=tuple(_item(row) for row in rows))


def _item(row: ToldItem) -> str:
    how = _("How: %(ways)s.") % {"ways": ", ".join(row.how)} if row.how else ""
    return _joined(f"{row.title}: {row.description}", *row.notes, how)


def _complaints(told: Statement) -> Section:
    header = (_("Step"), _("Who"), _("When"), _("Where"))
    rows = tuple(
        (
            f"{row.step}. {row.title}",
            row.who,
            _joined(row.description, _("It costs you nothing.") if row.free else ""),
            ", ".join(way for way in (*row.how, row.url) if way),
        )
        for row in told.complaint_routes
    )
    return Section(
        _("Where to complain"), tables=(Table(_("Steps, one after the other"), header, rows),) if rows else ()
    )


def _contacts(told: Statement) -> Section:
    items = [f"{name}: {email}" for name, email in told.contacts]
    items += [f"{name}: {', '.join(lines)}" for name, lines in told.offices]
    if told.notice_url:
        items.append(f"{told.notice_title}: {told.notice_url}")
    return Section(_("How to reach us"), items=tuple(items))


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _listed(titles: tuple[str, ...]) -> str:
    return ", ".join(titles) + "." if titles else ""
