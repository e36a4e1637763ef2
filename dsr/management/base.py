"""What our commands share: ``--json`` for programs, plain lines for people."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand


class ReportingCommand(BaseCommand):
    """A command that reports one mapping, as lines or as JSON."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--json``."""
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of lines.")

    def report(self, found: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        """Print what was found."""
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, default=str))
            return
        for name, value in found.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {value}")
