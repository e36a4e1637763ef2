"""`manage.py verify_history`: prove that the history is whole, or name the first broken link."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from dsr.ids import clean_reference
from dsr.management.base import ReportingCommand
from dsr.services import history


class Command(ReportingCommand):
    help = "Recompute every chain of events and every signed checkpoint. Exits 1 at the first broken link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one reference, or none for all."""
        super().add_arguments(parser)
        parser.add_argument("--reference", help="Only the chain of this reference, without the checkpoints.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        reference = options["reference"]
        if reference is not None:
            try:
                reference = clean_reference(reference)
            except ValueError as error:
                raise CommandError(f"{options['reference']!r} is no reference: its {error} is wrong.") from None
        proof = history.verify(reference)
        if reference is not None and proof.whole and not proof.chains:
            raise CommandError(f"There is no submission {reference}.")
        self.report({**asdict(proof), "whole": proof.whole}, options)
        if not proof.whole:
            raise CommandError(proof.broken)
