"""`manage.py cpni year`: what an officer needs for the yearly certificate on CPNI."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from dsr.errors import RecourseError
from dsr.management.base import ReportingCommand
from dsr.services.choices import cpnichain, yearly

OFFICER = (
    "Left to the officer: how the procedures ensure compliance, actions taken against data brokers, and a summary of "
    "customers' complaints. Due by 1 March (47 CFR 64.2009(e))."
)


class Command(ReportingCommand):
    help = "Count, for a calendar year, what was entered in the ledgers of CPNI choices and who asked, and sign it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do and the year."""
        super().add_arguments(parser)
        parser.add_argument("what", choices=("year",))
        parser.add_argument("--year", type=int, required=True, help="Such as 2026.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Report. Exits 1 when a ledger is not whole."""
        try:
            found = yearly.figures(options["year"], timezone.now())
        except (RecourseError, cpnichain.Broken) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
            return
        self.report({name: value for name, value in found.items() if name != "signature"}, options)
        self.stdout.write(OFFICER)
