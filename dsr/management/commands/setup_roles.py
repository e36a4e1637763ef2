"""``manage.py setup_roles``: the groups that staff belong to."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dsr.services import roles


class Command(BaseCommand):
    help = "Makes the groups that staff belong to, or brings them back to what they should be."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one line for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        made = roles.set_up()
        if options["json"]:
            self.stdout.write(json.dumps({"roles": [{"name": name, "made": new} for name, new in made.items()]}))
            return
        for name, new in made.items():
            self.stdout.write(f"{name}: {'made' if new else 'as it should be'}")
