"""``rules check``: what a sound set of rules holds, and what in it ends soon or is not in use."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from dsr.rules import RulePack, RulesBroken

YEARS_AHEAD = 2
"""How far a holiday table must reach beyond today, unless the place announces its days one year at a time."""
ENDS_SOON = timedelta(days=180)
"""How long before a law's window closes the row that follows is asked for."""


def problems(broken: RulesBroken) -> list[dict[str, str]]:
    """Every mistake, for programs."""
    return [{"file": p.file, "key": p.key, "message": p.message} for p in broken.problems]


def contents(rules: RulePack, today: date) -> dict[str, Any]:
    """The answer of ``rules check --json`` where nothing is wrong."""
    return {
        "version": rules.version,
        "organisation": rules.organisation,
        "notices": [f"{notice.id} {notice.version}" for notice in rules.notices],
        "regimes": [f"{regime.id} {regime.window.opens}" for regime in rules.regimes],
        "refusals": sorted(rules.refusals),
        "calendars": sorted(rules.calendars),
        "retention": sorted(rule.id for rule in rules.retention.rules),
        "warnings": [*_ending_tables(rules, today), *_ending_laws(rules, today), *_switched_off(rules)],
    }


def _ending_tables(rules: RulePack, today: date) -> Iterator[str]:
    for table in rules.calendars.values():
        if table.last.year < today.year + (0 if table.yearly else YEARS_AHEAD):
            known = f"the holidays of {table.id} are known until {table.last} only"
            yield f"{known}; upgrade and run `rules calendars --write`"


def _ending_laws(rules: RulePack, today: date) -> Iterator[str]:
    """Windows that close soon, or have closed, with no row of the same law that follows."""
    opening = {(row.id, row.window.opens) for row in rules.regimes}
    for row in rules.regimes:
        closes = row.window.closes
        if closes and closes < today + ENDS_SOON and (row.id, closes + timedelta(days=1)) not in opening:
            yield f"{row.id} of {row.window.opens} ends on {closes}, and no row of it follows"


def _switched_off(rules: RulePack) -> Iterator[str]:
    for row in rules.regimes:
        if not row.switched_on:
            yield f"{row.id} of {row.window.opens} is switched off: {row.switched_off_because}"
