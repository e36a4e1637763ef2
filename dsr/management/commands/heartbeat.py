"""`manage.py heartbeat`: make a test choice by each public path now, and say whether it was taken."""

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from dsr.management.base import ReportingCommand
from dsr.models import Probe, ProbeResult
from dsr.services.choices import heartbeat


class Command(ReportingCommand):
    help = "Have an invented person choose by each public path now, and see whether every system leaves them out."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the test choices, look once, and report. Ends with an error where something failed already."""
        made = heartbeat.run_now(timezone.now())
        self.report({probe.path: _told(probe, options["json"]) for probe in made}, options)
        failed = [probe.path for probe in made if _failed(probe)]
        if failed:
            raise CommandError(f"not taken as it should be: {', '.join(failed)}")


def _told(probe: Probe, whole: bool) -> Any:
    found = {"stage": probe.stage, "result": probe.result, "code": probe.code, "systems": probe.systems}
    if whole:
        return found
    named = ", ".join(f"{key} {state}" for key, state in probe.systems.items())
    return " ".join(filter(None, (probe.result or probe.stage, probe.code, f"({named})" if named else "")))


def _failed(probe: Probe) -> bool:
    return bool(probe.code) or probe.result in (ProbeResult.NOT_ANSWERED, ProbeResult.NOT_TAKEN)
