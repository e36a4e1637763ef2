"""``manage.py rules``: check the rule files, explain a date, make the holiday tables, try a draft.

Only what replays or moves stored requests needs a database.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dsr.management import checking, comparing, explaining, repinning, simulating
from dsr.rules import NotInRules, RulesBroken, load, loader, pack
from dsr.rules.calendars import SOURCES, as_toml
from dsr.rules.files import SHIPPED
from dsr.services import whatif


class Command(BaseCommand):
    """Work with the rule files."""

    help = "Check the rule files, explain a date, or make the frozen holiday tables."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One sub-command each."""
        parts = parser.add_subparsers(dest="part", required=True)

        check = parts.add_parser("check", help="read every rule file and list every mistake")
        check.add_argument("--dir", type=Path, help="a folder over the shipped rules, instead of RULES_DIR")
        check.add_argument("--json", action="store_true", dest="as_json")

        why = parts.add_parser("explain", help="the clocks of a request, and why")
        explaining.arguments(why)

        between = parts.add_parser("diff", help="what differs between two sets of rule files")
        comparing.arguments(between)

        what_if = parts.add_parser("simulate", help="which dates of stored requests a draft would move")
        simulating.arguments(what_if)

        over = parts.add_parser("repin", help="move open requests to the rules in force, and tell whose dates move")
        repinning.arguments(over)

        tables = parts.add_parser("calendars", help="make the holiday tables from the installed library")
        tables.add_argument("--write", action="store_true", help="into the shipped rule files; otherwise shown")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one of them."""
        getattr(self, f"_{options['part']}")(options)

    def _check(self, options: dict[str, Any]) -> None:
        try:
            rules = load(SHIPPED, options["dir"]) if options["dir"] else pack()
        except RulesBroken as broken:
            if options["as_json"]:
                self._print({"ok": False, "problems": checking.problems(broken)})
                raise SystemExit(1) from None
            raise CommandError(str(broken)) from None
        found = checking.contents(rules, timezone.now().date())
        if options["as_json"]:
            self._print({"ok": True, "problems": [], **found})
            return
        for kind in ("notices", "regimes", "refusals", "calendars"):
            self.stdout.write(f"{kind}: {', '.join(found[kind])}")
        for warning in found["warnings"]:
            self.stdout.write(self.style.WARNING(warning))
        self.stdout.write(self.style.SUCCESS(f"all good, version {rules.version}"))

    def _explain(self, options: dict[str, Any]) -> None:
        try:
            found = explaining.explanation(options)
        except (NotInRules, RulesBroken) as error:
            raise CommandError(str(error)) from None
        except OverflowError:
            raise CommandError("the dates run past the end of the calendar") from None
        if options["as_json"]:
            self._print(found.as_dict())
        else:
            self.stdout.writelines(f"{line}\n" for line in explaining.lines(found))

    def _diff(self, options: dict[str, Any]) -> None:
        found = comparing.comparison(options)
        if options["as_json"]:
            self._print(found.as_dict())
        else:
            self.stdout.writelines(f"{line}\n" for line in comparing.lines(found))

    def _simulate(self, options: dict[str, Any]) -> None:
        try:
            draft = loader.draft(options["draft"])
        except RulesBroken as broken:
            if options["as_json"]:
                self._print({"ok": False, "problems": checking.problems(broken)})
                raise SystemExit(1) from None
            raise CommandError(str(broken)) from None
        found = whatif.simulate(draft, simulating.begins(options["since"]))
        if options["as_json"]:
            for piece in simulating.pieces(found):
                self.stdout.write(piece, ending="")
        else:
            self.stdout.writelines(f"{line}\n" for line in simulating.lines(found))

    def _repin(self, options: dict[str, Any]) -> None:
        found = repinning.repinned(options, timezone.now())
        told = repinning.Told(dry_run=options["dry_run"])
        if options["as_json"]:
            for piece in told.pieces(found):
                self.stdout.write(piece, ending="")
        else:
            self.stdout.writelines(f"{line}\n" for line in told.lines(found))
        if told.refused:
            raise SystemExit(1)

    def _calendars(self, options: dict[str, Any]) -> None:
        for source in SOURCES:
            if options["write"]:
                (SHIPPED / "calendars" / f"{source.id}.toml").write_text(as_toml(source), encoding="utf-8")
            else:
                self.stdout.write(as_toml(source))

    def _print(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
