"""`manage.py systems check|audit`: reach every system; compare mappings with live schemas."""

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from dsr.connectors import Level, Problem
from dsr.management.base import ReportingCommand
from dsr.models import System
from dsr.services import systems


class Command(ReportingCommand):
    help = "Reach every system (check), or list what its mapping forgot of its live schema, too (audit)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, and for which systems."""
        super().add_arguments(parser)
        parser.add_argument(
            "what", choices=("check", "audit"), help="check: errors only; audit: all that is undeclared."
        )
        parser.add_argument("keys", nargs="*", help="Only these systems, by key; all active ones if none is named.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask each system and report. Ends with an error when one of them reports any."""
        found: dict[str, Sequence[Problem]] = {}
        for system in _chosen(options["keys"]):
            if options["what"] == "audit":
                found[system.key] = systems.audit(system)
            else:
                found[system.key] = [one for one in systems.check(system) if _matters(one)]
        self.report(_listed(found) if options["json"] else _told(found), options)
        broken = [key for key, problems in found.items() if any(one.level is Level.ERROR for one in problems)]
        if broken:
            raise CommandError(f"cannot be searched completely, or not asked as configured: {', '.join(broken)}")


def _matters(problem: Problem) -> bool:
    """Whether a check tells of it; what cannot be confirmed somebody has to know, although nothing is broken."""
    return problem.level is Level.ERROR or problem.code == systems.CANNOT_TELL


def _chosen(keys: list[str]) -> list[System]:
    known = System.objects.select_related("data_key")
    chosen = list(known.filter(key__in=keys) if keys else known.filter(active=True))
    missing = set(keys) - {system.key for system in chosen}
    if missing:
        raise CommandError(f"no such system: {', '.join(sorted(missing))}")
    return chosen


def _listed(found: dict[str, Sequence[Problem]]) -> dict[str, Any]:
    return {"systems": {key: [asdict(problem) for problem in problems] for key, problems in found.items()}}


def _told(found: dict[str, Sequence[Problem]]) -> dict[str, str]:
    lines = {}
    for key, problems in found.items():
        parts = [f"\n  {one.level}: {one.where + ': ' if one.where else ''}{one.message}" for one in problems]
        lines[key] = "".join(parts) or "good"
    return lines
