"""The reference page of the rule files that ship: every law, every figure with its source, every ground of refusal."""

from collections.abc import Iterable, Iterator

from dsr.rules.rulepack import RulePack
from dsr.rules.schema.base import Figure
from dsr.rules.schema.regime import ClockRule, ExtensionRule, Regime
from dsr.rules.words import CONFIDENCE, RIGHT_WORDS

_LAYOUT = """\
Rule files are TOML. They are read strictly: a key, word, reference or worked case that is wrong stops the service, with
the file and the key. `manage.py rules check` lists every mistake, `manage.py rules explain` works a date out and says
why. Files in `RULES_DIR` are laid over those that ship: a file with the same path replaces the shipped one.

| Path | What |
| --- | --- |
| `service.toml` | whose notice is meant where nobody says |
| `areas.toml` | parts of the world that other files name |
| `calendars/<id>.toml` | public holidays, year by year |
| `notices/<organisation>/<date>/*.toml` or `<date>.toml` | one version of a notice, in several files or in one |
| `regimes/<id>/<from>.toml` | one law during one window; closed and followed by another, never edited |
| `regimes/<id>/<from>.vectors.toml` | worked cases; without them, or if one comes out differently, nothing loads |
| `refusals/*.toml` | coded grounds of refusal |

Any table with words for people may have them in other languages too, as `[categories.text.fr]` with `title = "..."`
below a `[[categories]]`.
"""


def page(rules: RulePack, note: str = "") -> str:
    """The whole page in Markdown, with ``note`` below the title."""
    parts = (
        ["# Rule files\n", note, _LAYOUT],
        _marks(),
        _notices(rules),
        ["## Laws and policies\n"],
        *(_regime(regime) for regime in rules.regimes),
        _refusals(rules),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _marks() -> Iterator[str]:
    yield "## How sure a figure is\n"
    yield from _table(("Mark", "Meaning"), [(f"`{mark}`", meaning) for mark, meaning in CONFIDENCE.items()])
    yield "A figure that is marked *policy* is a target of the service and not a duty under the law.\n"


def _notices(rules: RulePack) -> Iterator[str]:
    yield "## Notices\n"
    header = ("Notice", "Version", "In force from", "Categories", "Purposes", "Recipients", "Rights")
    rows = [
        (
            notice.title,
            str(notice.version),
            str(notice.in_force_from),
            *(str(len(entries)) for entries in (notice.categories, notice.purposes, notice.recipients, notice.rights)),
        )
        for notice in rules.notices
    ]
    yield from _table(header, rows)


def _regime(regime: Regime) -> Iterator[str]:
    window = regime.window
    closes = f" until {window.closes}" if window.closes else ""
    yield f"### `{regime.id}`: {regime.title}, from {window.opens}{closes}\n"
    yield f"{regime.law}. {regime.covers}\n"
    yield f"Proposed for: {_proposed(regime)}. Working days: `{regime.calendar}`.\n"
    figures = [*map(_clock, regime.clocks), *([_extension(regime.extension)] if regime.extension else [])]
    figures += [
        (f"open question: {p.event}", f"{p.mode}. {p.condition or ''}", _rights(p.rights), p.source, _mark(p))
        for p in regime.pauses
    ]
    yield from _table(("Clock", "Figure", "Rights", "Source", "Sure"), figures)
    rights = [(f"`{r.right}`", r.name, _since(r.opens) + (r.note or ""), r.source, _mark(r)) for r in regime.rights]
    yield from _table(("Right", "What the law calls it", "Note", "Source", "Sure"), rights)
    said = [(f"{m.letter} must say", "; ".join(m.elements), m.source, _mark(m)) for m in regime.must_state]
    said += [(f"under {c.under}", _ages(c.where, c.note), c.source, _mark(c)) for c in regime.child_ages]
    said += [(n.topic, n.text, n.source, _mark(n)) for n in regime.notes]
    said += [("authority", a.title, a.source, _mark(a)) for a in regime.authorities]
    yield from _table(("Also", "Rule", "Source", "Sure"), said)


def _proposed(regime: Regime) -> str:
    return "everybody else" if regime.proposal.otherwise else ", ".join(regime.proposal.where)


def _clock(rule: ClockRule) -> tuple[str, ...]:
    counted = "at once" if rule.n == 0 else f"{rule.n} {_unit(rule.unit)}{'s' if rule.n > 1 else ''} from receipt"
    details = (
        counted,
        "the day of receipt is day one" if rule.inclusive else "",
        "moves on from a day that is no working day" if rule.roll == "next" else "",
        {"no_holidays": "promised without any holidays", "day_before": "promised a day earlier"}.get(
            rule.safe or "", ""
        ),
    )
    return (rule.kind, "; ".join(filter(None, details)), _rights(rule.rights), rule.source, _mark(rule))


def _extension(rule: ExtensionRule) -> tuple[str, ...]:
    times = "once" if rule.times == 1 else f"{rule.times} times"
    most = f"; {rule.max_total_days} days in all at most" if rule.max_total_days else ""
    figure = f"{rule.n} {_unit(rule.unit)}s more, {times}, told within the first period{most}"
    return ("extension", figure, _rights(rule.rights), rule.source, _mark(rule))


def _refusals(rules: RulePack) -> Iterator[str]:
    yield "## Grounds of refusal\n"
    rows = [
        (
            f"`{ground.id}`",
            ground.title,
            ground.scope,
            "officer" if ground.officer else "second person" if ground.second_person else "one person",
            ground.evidence,
            "; ".join(f"`{cited.regime}` {cited.source} ({cited.confidence})" for cited in ground.citations),
        )
        for ground in rules.refusals.values()
    ]
    yield from _table(("Code", "Ground", "Answers", "Who decides", "What must be on file", "Where it stands"), rows)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    rows = list(rows)
    if not rows:
        return
    yield f"| {' | '.join(header)} |"
    yield f"| {' | '.join('---' for _ in header)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
    yield ""


def _unit(unit: str) -> str:
    return {"day": "calendar day", "business_day": "business day", "month": "calendar month"}[unit]


def _rights(rights: tuple[str, ...]) -> str:
    return ", ".join(f"`{right}`" for right in RIGHT_WORDS if right in rights) or "all others"


def _since(opens: object) -> str:
    return f"From {opens}. " if opens else ""


def _ages(where: tuple[str, ...], note: str | None) -> str:
    return " ".join(filter(None, (", ".join(where) or "everywhere else", note)))


def _mark(figure: Figure) -> str:
    return f"`{figure.confidence}` *policy*" if figure.policy else f"`{figure.confidence}`"
