"""`manage.py wait_for`: hold a container back until what it needs answers."""

from argparse import ArgumentParser
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dsr import health
from dsr.services import doorbell

PARTS: dict[str, Callable[[], bool]] = {
    "database": health.database_answers,
    "migrations": health.migrated,
    "broker": doorbell.probe,
    "sweeper": lambda: health.sweeping(timezone.now()),
}


class Command(BaseCommand):
    help = "Wait until the named parts answer; exit 1 when they do not in time."
    requires_system_checks: list[str] = []  # they would ask the database that is being waited for

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to wait for, and how long."""
        parser.add_argument("parts", nargs="+", choices=sorted(PARTS))
        parser.add_argument("--seconds", type=float, default=60.0, help="Give up after this long (default: 60).")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask each part once a second."""
        until = monotonic() + options["seconds"]
        waiting = list(options["parts"])
        while waiting := [part for part in waiting if not PARTS[part]()]:
            if monotonic() >= until:
                raise CommandError(f"no answer from: {', '.join(waiting)}")
            sleep(1)
