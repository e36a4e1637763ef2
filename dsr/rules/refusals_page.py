"""The reference page of the grounds of refusal: what each takes, what is asked to prove it, where it stands."""

from collections.abc import Iterator

from dsr.rules.rulepack import RulePack
from dsr.rules.schema.refusal import Refusal

_INTRODUCTION = """\
Nothing is refused or held back but on one of these grounds, in plain words for the person, with reasons of the case,
and by two people. A ground that takes *proof* is agreed to by nobody before `argue_refusal` said where the proof lies;
one with *questions* not before each was answered by whoever proposed it. [How to refuse](../how-to/refuse.md) goes
through it.
"""
_KINDS = {"text": "in words", "date": "a day", "count": "a number", "yes_no": "yes or no"}


def page(rules: RulePack, note: str) -> str:
    """Return the page in Markdown."""
    rows = sorted(rules.refusals.values(), key=lambda row: (row.scope != "request", row.id))
    lines = ["# Grounds of refusal\n", note, _INTRODUCTION]
    lines += ["| Ground | Answers | Takes | Agreed to by |", "| --- | --- | --- | --- |"]
    lines += [f"| [`{row.id}`](#{row.id}) {row.title} | {row.scope} | {_takes(row)} | {_who(row)} |" for row in rows]
    return "\n".join([*lines, "", *(line for row in rows for line in _section(row))])


def _takes(row: Refusal) -> str:
    takes = ["proof"] if row.on_file else []
    takes += [f"{len(row.checklist)} questions"] if row.checklist else []
    return ", ".join(takes) or "reasons"


def _who(row: Refusal) -> str:
    return "the data protection officer" if row.officer else "a second person"


def _section(row: Refusal) -> Iterator[str]:
    yield f"## {row.id}\n"
    yield f"**{row.title}.** The person reads: “{row.plain}”"
    if row.dated:
        yield f"With a day beside it: “{row.dated}”"
    if row.generic:
        yield "Nothing more particular is told."
    yield ""
    yield f"- On file: {row.evidence}" + ("" if row.on_file else " The case itself shows it.")
    yield f"- Rights: {', '.join(f'`{right}`' for right in row.rights)}"
    yield "- Where it stands: " + "; ".join(
        f"`{each.regime}` {each.source} ({each.confidence})" for each in row.citations
    )
    if row.repeats:
        yield "- Earlier requests from the same address are shown beside it."
    yield ""
    if row.checklist:
        yield "Asked of whoever proposes it:\n"
        for question in row.checklist:
            must = f"; it must be *{question.must}*" if question.must else ""
            yield f"- `{question.id}` {question.asks} ({_KINDS[question.kind]}{must})"
        yield ""
