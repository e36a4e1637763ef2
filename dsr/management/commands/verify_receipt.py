"""`manage.py verify_receipt FILE`: check what we signed, without network and without database."""

import base64
import binascii
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from dsr.management.base import ReportingCommand
from dsr.packaging import checking
from dsr.packaging.text import visible


class Command(ReportingCommand):
    help = (
        "Check a receipt, a certificate, a manifest, a whole package, or the folder it was unpacked into. "
        "Exits 1 and says what is wrong when it is not as it was signed."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, and a public key to trust instead of our own."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="What to check.")
        parser.add_argument(
            "--public-key", type=_public_key, help="Trust this key (32 bytes in base64) and not those in FIELD_KEYS."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and report."""
        try:
            verdict = checking.verify(options["file"], key=options["public_key"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror or 'it cannot be read'}") from None
        if options["json"]:
            self.report({"ok": verdict.ok, **asdict(verdict)}, options)
        else:
            for line in checking.describe(verdict):
                # Names inside a hostile archive must not steer the terminal.
                self.stdout.write(visible(line).replace("\n", "\u23ce").replace("\r", "\u23ce"))
        if not verdict.ok:
            raise CommandError("It is not as it was signed.")


def _public_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ArgumentTypeError("a public key is 32 bytes in base64")
    return key
