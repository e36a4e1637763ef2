"""`manage.py demo`: one complete journey on the embedded default, in a temporary state of its own."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

_OWN = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
"""All that is taken over from outside: no setting of a real installation may reach the demonstration."""
_STARTS_WITHIN = 20.0


class Command(BaseCommand):
    help = "Ask, confirm, search four systems, decide with two people, download and open; the last line is JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How the command calls itself."""
        parser.add_argument("--inside", metavar="FOLDER", help="Run in this process; packages go to the folder.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start a process with settings of its own, or be that process."""
        if options["inside"]:
            self._journey(Path(options["inside"]))
            return
        out = Path(settings.DATA_DIR) / "demo-packages"
        with tempfile.TemporaryDirectory(prefix="recourse-demo-") as folder:
            own = {name: os.environ[name] for name in _OWN if name in os.environ}
            ports = {"PORT": str(_free_port()), "DEMO_PORT": str(_free_port())}
            env = {**own, **ports, "DATA_DIR": folder, "DEMO": "yes", "LOG_LEVEL": "WARNING", "HEARTBEAT_MINUTES": "0"}
            command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", "--inside", str(out)]
            done = subprocess.run(command, env=env, check=False)  # noqa: S603 - our own command
        if done.returncode:
            raise SystemExit(done.returncode)

    def _journey(self, out: Path) -> None:
        from dsr.demo import load_once
        from dsr.demo.journey import Journey
        from dsr.demo.places import Places

        started = monotonic()
        call_command("migrate", interactive=False, verbosity=0)
        load_once()
        places = Places(settings.DATA_DIR)
        self.stdout.write("The demonstration organisation is loaded: four systems and a few thousand invented people.")
        with _marketing():
            journey = Journey(Path(settings.EMAIL_FILE_PATH), places.support, out, self.stdout.write)
            result = journey.run()
        found = {
            "reference": result.reference,
            "package": str(result.package),
            "ledger": result.ledger,
            "seconds": round(monotonic() - started, 2),
        }
        self.stdout.write(json.dumps(found))


@contextmanager
def _marketing() -> Iterator[None]:
    """Run the demonstration's web service for as long as it is needed."""
    command = [sys.executable, "-m", "dsr.demo.http_service"]
    service = subprocess.Popen(command, cwd=settings.BASE_DIR)  # noqa: S603 - our own module
    try:
        _wait_for(settings.DEMO_PORT)
        yield
    finally:
        service.terminate()
        service.wait(timeout=10)


def _wait_for(port: int) -> None:
    until = monotonic() + _STARTS_WITHIN
    while monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise SystemExit("the demonstration's web service did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
