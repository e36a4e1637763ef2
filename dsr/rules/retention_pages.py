"""The reference page of the retention schedule: how long each category is kept, and what holds against a request."""

from collections.abc import Iterable, Iterator

from dsr.rules.reference import table
from dsr.rules.retention import listed
from dsr.rules.rulepack import RulePack
from dsr.rules.schema.retention import Lasting, RetentionRule
from dsr.rules.words import BASES, RETENTION_EVENTS

_HEAD = """\
How long each kind of data is kept, from what day on, and whether it goes when the person asks. The page is made from
the rule files; how to change them is told in [Change how long data is kept](../how-to/retention.md).

A row that *yields* protects nothing against a request for erasure. Any other is kept against one until its floor is
over, and the person is told the ground and the day. The strictest of the rows that hold for a person wins: those of the
country and region, those of each law that holds, and those for everywhere. Where none holds, those of the whole that
the category is part of count.

Periods are ISO 8601: `P6Y` is six years, `P18M` eighteen months, `P30D` thirty days. The day of the event is not
counted and the last day still belongs to the period: what is kept for six years from 5 March 2020 may go from 6 March
2026. A day that a month does not have is the last one of that month.
"""


def page(rules: RulePack, note: str = "") -> str:
    """The whole page in Markdown, with ``note`` below the title."""
    parts = (["# How long data is kept\n", note, _HEAD], _events(), _parts(rules), _categories(rules), _sources(rules))
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _events() -> Iterator[str]:
    yield "## Events that periods are counted from\n"
    yield "A data set of a system names the one that the day of its own records is.\n"
    yield from table(("Word", "When"), [(f"`{word}`", str(title)) for word, title in RETENTION_EVENTS.items()])


def _parts(rules: RulePack) -> Iterator[str]:
    yield "## Parts of categories\n"
    yield "A system may name these as it may the categories of a notice.\n"
    rows = [(f"`{row.id}`", row.title, row.description, f"`{row.parent}`") for row in rules.retention.sub_categories]
    yield from table(("Part", "Title", "What it is", "Of"), rows)


def _categories(rules: RulePack) -> Iterator[str]:
    yield "## Categories\n"
    rows: list[tuple[str, ...]] = []
    for category, whence, found in listed(rules.retention):
        if whence:
            rows.append((f"`{category}`", f"as `{whence}`", "", "", "", "", ""))
        rows += [] if whence else map(_row, found)
    yield from table(("Category", "Where", "Counted from", "At least", "At most", "When asked to erase", "Row"), rows)


def _row(rule: RetentionRule) -> tuple[str, ...]:
    return (
        f"`{rule.category}`",
        _words(rule.jurisdictions) or "everywhere",
        str(RETENTION_EVENTS.get(rule.event, "")),
        _period(rule.floor),
        "until it is removed" if rule.until_removed else _period(rule.ceiling),
        "goes" if rule.yields else f"kept: `{rule.ground}`",
        f"`{rule.id}`",
    )


def _sources(rules: RulePack) -> Iterator[str]:
    yield "## Rows\n"
    rows = [
        (
            f"`{rule.id}`",
            rule.purpose,
            str(BASES[rule.legal_basis]),
            rule.plain,
            rule.source,
            f"`{rule.confidence}`" + (" *policy*" if rule.policy else ""),
        )
        for rule in rules.retention.rules
    ]
    yield from table(("Row", "What for", "Rests on", "What the person is told", "Source", "Sure"), rows)


def _period(written: str) -> str:
    """``P18M`` with its words."""
    if not written:
        return ""
    lasts = Lasting.of(written)
    years, months = divmod(lasts.months, 12)
    if written.endswith("M"):
        years, months = 0, lasts.months
    parts = ((years, "year"), (months, "month"), (lasts.days, "day"))
    said = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in parts if n)
    return f"{said or 'at once'} (`{written}`)"


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
