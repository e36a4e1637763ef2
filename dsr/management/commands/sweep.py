"""`manage.py sweep`: do by hand what the scheduler does."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from dsr.management.base import ReportingCommand
from dsr.services import housekeeping, sweeping


class Command(ReportingCommand):
    help = "Work on everything that is due, once; with --housekeeping the hourly round as well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer the hourly round."""
        super().add_arguments(parser)
        parser.add_argument("--housekeeping", action="store_true", help="Sign a checkpoint and clear what has served.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep and report."""
        found: dict[str, Any] = asdict(sweeping.sweep(timezone.now()))
        if options["housekeeping"]:
            found |= housekeeping.housekeep(timezone.now())
        self.report(found, options)
