"""`manage.py drift`: files that are made from code must be what the code would make today."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dsr.management import generated


class Command(BaseCommand):
    help = "Compare generated files with the code they come from; --write brings them up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to write."""
        parser.add_argument("--write", action="store_true", help="Write the files instead of comparing them.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through every generated file."""
        root = Path(settings.BASE_DIR)
        differing = []
        files = generated.files()
        for name, text in files.items():
            path = root / name
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            differing.append(name)
            if options["write"]:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        if options["write"]:
            self.stdout.write(f"{len(files)} generated files, {len(differing)} rewritten.")
        elif differing:
            raise CommandError(
                "out of date: " + ", ".join(differing) + ". Fix: .venv/bin/python manage.py drift --write"
            )
        else:
            self.stdout.write(f"{len(files)} generated files are up to date.")
