"""`manage.py rules repin`: open requests move to the rules in force, and everybody whose date moves is told."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from dsr.ids import clean_reference
from dsr.lifecycle import BY_VERB
from dsr.management.simulating import begins
from dsr.policies import Caller
from dsr.services import repinning
from dsr.services.repinning import Repinned


def arguments(parser: ArgumentParser) -> None:
    """Why, in whose name, and which requests; all that are open unless some are named."""
    parser.add_argument("--reason", required=True, help="why; kept as a note with each case")
    parser.add_argument("--by", required=True, metavar="USERNAME", help="the colleague who decides it")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--reference", nargs="+", default=[], help="only these")
    which.add_argument("--since", type=date.fromisoformat, help="only what was received on this day (UTC) or later")
    parser.add_argument("--dry-run", action="store_true", help="write nothing, show what would move")
    parser.add_argument("--json", action="store_true", dest="as_json")


def repinned(options: dict[str, Any], at: datetime) -> Iterator[Repinned]:
    """Do it, or try it. Raises CommandError where nobody of that name may."""
    user = get_user_model().objects.filter(username=options["by"], is_active=True).first()
    by = Caller.of_user(user, "shell") if user else None
    if by is None or by.acting_as(BY_VERB[repinning.VERB]) is None:
        raise CommandError(f"--by: {options['by']!r} is nobody who works on requests")
    return repinning.repin(
        options["reason"],
        by=by,
        at=at,
        references=[clean_reference(each) for each in options["reference"]],
        since=begins(options["since"]) if options["since"] else None,
        dry_run=options["dry_run"],
    )


class Told:
    """Tells each result as it comes, and counts."""

    def __init__(self, *, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.repinned = self.moved = self.refused = 0

    def lines(self, found: Iterable[Repinned]) -> Iterator[str]:
        """For people."""
        for each in self._counted(found):
            if each.refused:
                yield f"{each.reference}: stays. {each.refused}"
            for date_ in each.moved:
                yield f"{each.reference} {date_.right}: {date_.was} -> {date_.now}"
        would = "would move" if self.dry_run else "moved"
        yield (
            f"{self.repinned} submissions {would} to the rules in force, {self.moved} promised dates with them; "
            f"{self.refused} stay."
        )

    def pieces(self, found: Iterable[Repinned]) -> Iterator[str]:
        """As one JSON object, in pieces."""
        comma = ""
        yield '{"submissions": ['
        for each in self._counted(found):
            moved = [{"right": d.right, "was": d.was.isoformat(), "now": d.now.isoformat()} for d in each.moved]
            told = {"reference": each.reference, "moved": moved, "refused": each.refused or None}
            yield f"{comma}\n  {json.dumps(told, ensure_ascii=False)}"
            comma = ","
        yield f'\n], "dry_run": {json.dumps(self.dry_run)}, "repinned": {self.repinned}'
        yield f', "promised_dates_moved": {self.moved}, "refused": {self.refused}}}'

    def _counted(self, found: Iterable[Repinned]) -> Iterator[Repinned]:
        for each in found:
            self.repinned += not each.refused
            self.refused += bool(each.refused)
            self.moved += len(each.moved)
            yield each
