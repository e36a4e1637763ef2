"""Takes a returned mail from standard input, as a mail server pipes it."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from notifications import delivery, dsn


class Command(BaseCommand):
    """Record that messages came back. Pipe the address of returned mail here."""

    help = "Read one delivery status notification (RFC 3464) from standard input and mark the message as returned."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        bounces = dsn.read(sys.stdin.buffer.read(dsn.MOST_BYTES))
        at = timezone.now()
        recorded = sum(delivery.bounced(bounce.message_id, bounce.code, at) for bounce in bounces)
        answer = {"found": len(bounces), "recorded": recorded}
        self.stdout.write(json.dumps(answer) if options["json"] else f"{recorded} of {len(bounces)} recorded")
