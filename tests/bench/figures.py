"""Figures, what they have to reach, and how they are shown."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and the bare work measured next to it, both in `unit`.

    `notes` are further figures in words, `counts` such as bars look at.
    """

    name: str
    value: float
    unit: str
    baseline: float
    against: str
    notes: tuple[str, ...] = ()
    counts: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Ours over the baseline."""
        return self.value / self.baseline if self.baseline else 0.0

    def as_dict(self) -> dict[str, str | float]:
        """For programs."""
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "baseline": _rounded(self.baseline),
            "ratio": _rounded(self.ratio),
        }


@dataclass(frozen=True, slots=True)
class Bar:
    """What has to hold. `measure` returns what it came to; None when the figures it needs were not measured."""

    text: str
    measure: Callable[[Values], float | None]
    at_least: float | None = None
    at_most: float | None = None

    def verdict(self, values: Values) -> tuple[str, float | None]:
        """Return "pass", "FAIL" or "-", and what was measured."""
        try:
            seen = self.measure(values)
        except KeyError:
            seen = None
        if seen is None:
            return "-", None
        low = self.at_least is not None and seen < self.at_least
        high = self.at_most is not None and seen > self.at_most
        return "FAIL" if low or high else "pass", seen


BARS = (
    Bar("SQL statements per create: at most 10", lambda v: v["statements"], at_most=10),
    Bar("creates per second at 8 connections: at least 250", lambda v: v["create_c8"], at_least=250),
    Bar("creates at 8 connections over a bare DRF view: at least 0.4", lambda v: v["create_c8/ratio"], at_least=0.4),
    Bar("first page at 1,000,000 rows over 10,000: at most 1.5", lambda v: v["list_1m"] / v["list_10k"], at_most=1.5),
    Bar("first page at 1,000,000 rows, p95: under 60 ms", lambda v: v["list_1m"], at_most=60),
    Bar("100 access requests: at most 5 s", lambda v: v["access_100"], at_most=5),
    Bar("the plan for one person over 5 tables of 1,000,000 rows: under 1 s", lambda v: v["plan_1"], at_most=1),
    Bar("memory while a package of 1 GB is built: under 150 MB", lambda v: v["package_1gb_rss"], at_most=150),
    Bar("median times for people on file and unknown: within a quarter", lambda v: v["constant_time"], at_most=1.25),
    Bar(
        "idle sweep at 1,000,000 rows over 10,000: does not grow (at most 1.5)",
        lambda v: v["sweep_idle_1m"] / v["sweep_idle_10k"],
        at_most=1.5,
    ),
    Bar("one-click opt-outs per second at 8 connections: at least 500", lambda v: v["one_click_c8"], at_least=500),
    Bar(
        "checks per second at 8 connections, among 10,000,000 choices: at least 1,500",
        lambda v: v["choice_check_c8"],
        at_least=1500,
    ),
    Bar("100,000 checks at once, among 10,000,000 choices: at most 3 s", lambda v: v["choice_bulk_100k"], at_most=3),
    Bar("1,000 due of 1,000,000 open windows, taken and warned of: under 1 s", lambda v: v["look_1k_of_1m"], at_most=1),
)


def values_of(figures: Iterable[Figure]) -> dict[str, float]:
    """Return what bars are measured by: each figure by its name, its ratio by `name/ratio`, and what was counted."""
    values: dict[str, float] = {}
    for figure in figures:
        values |= figure.counts
        values[figure.name] = figure.value
        values[f"{figure.name}/ratio"] = figure.ratio
    return values


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as text."""
    head = ("figure", "ours", "unit", "bare", "ratio", "the bare work is")
    rows = [
        (each.name, _shown(each.value), each.unit, _shown(each.baseline), f"{each.ratio:.2f}", each.against)
        for each in figures
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row, notes in zip((head, *rows), ((), *(each.notes for each in figures)), strict=True):
        cells = [
            text.rjust(width) if 0 < at < 5 and at != 2 else text.ljust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
        lines += [f"    {note}" for note in notes]
    return "\n".join(lines)


def judged(values: Values) -> tuple[str, bool]:
    """Return the bars as text, and whether every one that was measured holds."""
    lines, whole = [], True
    for bar in BARS:
        verdict, seen = bar.verdict(values)
        whole = whole and verdict != "FAIL"
        lines.append(f"{verdict:4}  {bar.text}" + (f"  [{_shown(seen)}]" if seen is not None else "  [not measured]"))
    return "\n".join(lines), whole


def save(figures: Iterable[Figure], path: Path) -> None:
    """Write the figures for programs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([each.as_dict() for each in figures], indent=1) + "\n", encoding="utf-8")


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
