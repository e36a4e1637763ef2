"""`manage.py purge`: forget the cases whose time is over, or say which they are."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from dsr.management.base import ReportingCommand
from dsr.models import Deadline, DeadlineKind
from dsr.services import purging


class Command(ReportingCommand):
    help = "Delete the personal data of every case that is due for it. History stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer a look before."""
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Only list the references.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge and report the references."""
        at = timezone.now()
        due = Deadline.objects.filter(kind=DeadlineKind.PURGE, done_at__isnull=True, due_at__lte=at)
        references = []
        for deadline in due.select_related("submission").order_by("due_at").iterator(chunk_size=500):
            references.append(deadline.submission.reference)
            if not options["dry_run"]:
                purging.purge(deadline, at)
        self.report({"purged": not options["dry_run"], "references": references}, options)
