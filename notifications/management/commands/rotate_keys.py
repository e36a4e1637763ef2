"""Moves data keys to the current master key, so that an older one can be retired."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import rotation, sealing


class Command(BaseCommand):
    """Rewrap every data key under the first of FIELD_KEYS. May be interrupted and run again."""

    help = "Rewrap every data key under the first key of FIELD_KEYS. May be interrupted and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="data keys per transaction (default 500)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError(f"--batch: saw {options['batch']}. Fix: give a number of 1 or more.")
        current = sealing.current_key_id()
        rewrapped = 0
        for done in rotation.rewrap_all(options["batch"]):
            rewrapped += done
            if not options["json"]:
                self.stdout.write(f"{rewrapped} rewrapped")
        left = rotation.left()
        if options["json"]:
            self.stdout.write(json.dumps({"current": current, "rewrapped": rewrapped, "left": left}))
        else:
            self.stdout.write(
                f"All data keys that can be opened are under {current!r}; {rewrapped} were rewrapped now."
            )
            self.stdout.write(
                "Keep the older keys in FIELD_KEYS, after the first, while cases from their time are kept: "
                "look-ups by address and old signatures need them."
            )
        if left:
            names = ", ".join(f"{key_id!r} ({number})" for key_id, number in sorted(left.items()))
            raise CommandError(
                f"FIELD_KEYS: data keys could not be opened under {names}. Fix: put the right keys back."
            )
