"""`manage.py tombstones replay|key`: erase again what a restore brought back; show the keys of the hashes."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dsr.connectors import Code, ConnectorError
from dsr.management.base import ReportingCommand
from dsr.models import Role, System
from dsr.services.erasure import rechecks
from notifications import sealing


class Command(ReportingCommand):
    help = (
        "Look in every system that can say whom it knows for people who were erased, and erase again what may go "
        "(replay); or show the keys with which systems hash identifiers to compare them with the list (key)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, in which systems, and since when."""
        super().add_arguments(parser)
        parser.add_argument("what", choices=("replay", "key"))
        parser.add_argument("--system", action="append", default=[], help="Only this system, by key; may be repeated.")
        parser.add_argument(
            "--since", type=_instant, help="When the copy was made that was restored: only who was erased after that."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only count what would be erased.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and report. Ends with an error when a system that can be asked could not be."""
        if options["what"] == "key":
            keys = {key_id: key.hex() for key_id, key in sealing.listing_keys().items()}
            self.report({"keys": keys} if options["json"] else keys, options)
            return
        found = {system.key: _replay(system, options) for system in _chosen(options["system"])}
        self.report({"systems": found} if options["json"] else _told(found), options)
        failed = [key for key, came in found.items() if came["state"] == "failed"]
        if failed:
            raise CommandError(f"not replayed: {', '.join(failed)}")


def _replay(system: System, options: dict[str, Any]) -> dict[str, Any]:
    try:
        again = rechecks.replay(system, timezone.now(), since=options["since"], dry_run=options["dry_run"])
    except ConnectorError as failure:
        unable = failure.code == Code.UNABLE
        return {"state": "cannot_be_asked" if unable else "failed", "code": str(failure.code)}
    return {"state": "counted" if options["dry_run"] else "replayed", **asdict(again)}


def _chosen(keys: Iterable[str]) -> list[System]:
    own = System.objects.select_related("data_key").filter(active=True, role=Role.OWN).order_by("key")
    chosen = list(own.filter(key__in=keys) if keys else own)
    missing = set(keys) - {system.key for system in chosen}
    if missing:
        raise CommandError(f"no such system of our own in use: {', '.join(sorted(missing))}")
    return chosen


def _told(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    lines = {}
    for key, came in found.items():
        rest = ", ".join(f"{name} {value}" for name, value in came.items() if name != "state")
        lines[key] = f"{came['state'].replace('_', ' ')}: {rest}"
    return lines


def _instant(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ArgumentTypeError("give date, time and zone, for example 2026-03-05T02:00:00Z")
    return found
