"""Runs the benchmark: `python -m tests.bench [--only NAME ...] [--strict]`.

Prints a table and what the figures have to reach, and writes var/bench.json. `--only` takes names of figures or of
groups. With `--strict` a bar that is missed is a failure.
"""

import argparse
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from time import monotonic

from tests.bench import (
    access,
    choices,
    clock,
    cold,
    create,
    deletion,
    figures,
    installation,
    listing,
    marketing,
    package,
    strangers,
    sweep,
)
from tests.bench.figures import Figure
from tests.bench.installation import Site
from tests.run import ROOT


@dataclass(frozen=True, slots=True)
class Filled:
    """An installation with many filings in it, a token for it, and somebody who filed."""

    site: Site
    token: str
    email: str
    reference: str


class Bench:
    """The installations that figures share, each made when first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.server = installation.postgres()
        installation.drop_leftovers(self.server)
        self._redis = stack.enter_context(installation.broker())

    def site(self, label: str, **env: str) -> Site:
        """Make an installation that lasts as long as the benchmark."""
        return self._stack.enter_context(installation.site(self.server, self._redis, label, **env))

    @cached_property
    def small(self) -> Site:
        """Nothing in it yet."""
        return self.site("small")

    @cached_property
    def ten_thousand(self) -> Filled:
        """Ten thousand filings."""
        return self._filled("10k", 10_000)

    @cached_property
    def million(self) -> Filled:
        """A million filings."""
        return self._filled("1m", 1_000_000)

    def _filled(self, label: str, total: int) -> Filled:
        site = self.site(label, CASE_KEPT_DAYS="90")
        made = site.call("tests.bench.population:fill", total=total)
        print(f"  {total:,} filings, {made['rows']:,} rows, made in {made['seconds']:.0f} s", flush=True)
        return Filled(site, site.call("tests.bench.seed:token"), made["email"], made["reference"])


Group = Callable[[Bench], Iterable[Figure]]


def _list_1m(bench: Bench) -> Iterator[Figure]:
    filled = bench.million
    yield from listing.lists(filled.site, "1m", filled.token)
    yield from listing.exact(filled.site, "1m", filled.token, filled.email, filled.reference)


GROUPS: dict[str, tuple[tuple[str, ...], Group]] = {
    "create": (("create_c1", "create_c8", "create_c32"), lambda bench: create.measure(bench.small)),
    "access": (
        ("access_1", "access_100"),
        lambda bench: access.measure(bench.site("access", **access.ENVIRONMENT), bench.server),
    ),
    "deletion": (
        ("plan_1", "deletion_100"),
        lambda bench: deletion.measure(bench.site("deletion", **deletion.ENVIRONMENT), bench.server),
    ),
    "package": (("package_1gb", "package_1gb_rss"), lambda bench: package.measure(bench.small)),
    "clock": (("clock_100k",), lambda bench: clock.measure(bench.site("clock", CASE_KEPT_DAYS="90"))),
    "constant": (("constant_time",), lambda bench: strangers.measure(bench.site("strangers"))),
    "choices": (
        ("one_click_c8", "choice_check_c8", "choice_bulk_100k"),
        lambda bench: choices.measure(bench.site("choices"), bench.server),
    ),
    "windows_10k": (
        ("look_1k_of_10k", "tell_1k_of_10k"),
        lambda bench: marketing.measure(bench.site("windows_10k"), bench.server, 10_000, "10k"),
    ),
    "windows_1m": (
        ("look_1k_of_1m", "tell_1k_of_1m"),
        lambda bench: marketing.measure(bench.site("windows_1m"), bench.server, 1_000_000, "1m"),
    ),
    "list_10k": (
        ("list_10k",),
        lambda bench: listing.lists(bench.ten_thousand.site, "10k", bench.ten_thousand.token),
    ),
    "sweep_10k": (
        ("sweep_idle_10k", "sweep_due_1k_of_10k"),
        lambda bench: chain(sweep.idle(bench.ten_thousand.site, "10k"), sweep.due(bench.ten_thousand.site, "10k")),
    ),
    "list_1m": (("list_1m", "exact_1m"), _list_1m),
    "cold": (("cold_start_1m",), lambda bench: cold.measure(bench.million.site, bench.million.token)),
    "sweep_1m": (
        ("sweep_idle_1m", "sweep_due_1k_of_1m"),
        lambda bench: chain(sweep.idle(bench.million.site, "1m"), sweep.due(bench.million.site, "1m")),
    ),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the service against PostgreSQL.")
    known = [*GROUPS, *(name for names, _ in GROUPS.values() for name in names)]
    parser.add_argument("--only", nargs="+", choices=known, metavar="NAME", help="Figures or groups.")
    parser.add_argument("--strict", action="store_true", help="Fail when a bar is missed.")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench.json", help="Where the figures go.")
    return parser.parse_args()


def _measured(bench: Bench, only: list[str] | None) -> Iterator[Figure]:
    for group, (names, measure) in GROUPS.items():
        if only and not {group, *names} & set(only):
            continue
        began = monotonic()
        for figure in measure(bench):
            print(f"  {figure.name}: {figure.value:,.4g} {figure.unit} (bare {figure.baseline:,.4g})", flush=True)
            yield figure
        print(f"{group} took {monotonic() - began:.0f} s", flush=True)


def main() -> int:
    """Measure, show, judge."""
    arguments = _arguments()
    print(f"Measuring on {platform.machine()}, Python {platform.python_version()}.", flush=True)
    with ExitStack() as stack:
        found = list(_measured(Bench(stack), arguments.only))
    figures.save(found, arguments.out)
    bars, whole = figures.judged(figures.values_of(found))
    print(f"\n{figures.table(found)}\n\n{bars}\n\nWritten to {arguments.out}.")
    return 0 if whole or not arguments.strict else 1


if __name__ == "__main__":
    sys.exit(main())
