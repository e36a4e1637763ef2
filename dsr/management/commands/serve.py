"""`manage.py serve`: the whole service on one machine, in the foreground."""

import os
import socket
import sys
from argparse import ArgumentParser
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from dsr.demo import console
from dsr.demo.people import ADA_EMAIL
from dsr.demo.places import Places
from dsr.management.launcher import Child, Launcher
from dsr.services import rulebooks


class Command(BaseCommand):
    help = "Migrate, then run web server, worker and scheduler until Ctrl-C."
    requires_system_checks: list[str] = []  # they run below, after the address is known to be free

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which parts to run; all of them unless one is named."""
        parser.add_argument("--bind", default="127.0.0.1", help="Address to listen on (default: this machine only).")
        parser.add_argument("--web-only", action="store_true", help="No worker, no migration: for containers.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, announce, run."""
        bind, web_only = options["bind"], options["web_only"]
        _check_port(bind, settings.PORT)
        self.check()
        logins: list[tuple[str, str, str]] = []
        if not web_only:
            call_command("migrate", interactive=False, verbosity=0)
            rulebooks.keep()
            call_command("collectstatic", interactive=False, verbosity=0)
            logins = _load_demo()
        console_port = _console_port() if logins else 0
        self._announce(logins, console_port)
        Launcher(_children(bind, web_only=web_only, console_port=console_port)).run()
        self.stdout.write("Stopped.")

    def _announce(self, logins: list[tuple[str, str, str]], console_port: int) -> None:
        base = settings.BASE_URL
        lines = [
            "",
            f"Recourse runs at {base}/",
            f"  staff console    {base}/admin/",
            f"  API reference    {base}/api/docs/",
            f"  readiness        {base}/readyz",
        ]
        if settings.EMBEDDED:
            lines.append(f"  data             {settings.DATA_DIR}")
        if settings.EMAIL_BACKEND.endswith("EmlFiles"):
            lines.append(f"  mail, as files   {settings.EMAIL_FILE_PATH}")
        if settings.SMS_URL.startswith("file:"):
            lines.append(f"  texts, as files  {settings.SMS_URL.removeprefix('file://')}")
        if logins:
            lines.append(f"  ask as           {ADA_EMAIL}, who is known to all four systems")
        lines += [f"  demo login       {name} / {password}  ({role})" for name, password, role in logins]
        lines += _console_lines(console_port)
        self.stdout.write("\n".join([*lines, "", "Ctrl-C stops it.", ""]))
        self.stdout.flush()


def _check_port(bind: str, port: int) -> None:
    """Better one sentence now than a server that dies again and again."""
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise CommandError(
                f"PORT: {bind}:{port} cannot be used ({error.strerror}). Fix: stop what listens there, or set PORT."
            ) from None


def _load_demo() -> list[tuple[str, str, str]]:
    """Load the demonstration organisation once; its logins as (name, password, role)."""
    if not settings.DEMO or find_spec("dsr.demo") is None:
        return []
    from dsr import demo

    return list(demo.load_once())


def _console_port() -> int:
    """Return a free port for the demonstration's console; 0 where there is none, or people sign in elsewhere.

    The next ports are tried in turn, as nobody but the browser has to know it.
    """
    if settings.OIDC_ISSUER or settings.SECURE or not console.is_there():
        return 0
    first = settings.DEMO_PORT + 1
    for port in range(first, min(first + 20, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((console.HOST, port))
            except OSError:
                continue
        if port != settings.PORT:
            return port
    return 0


def _console_lines(port: int) -> list[str]:
    if not port:
        return []
    from dsr.demo.console.people import known

    lines = [f"  people sign in   http://{console.HOST}:{port}/, the demonstration's own console"]
    return lines + [
        f"  demo customer    {one.name} / {one.password}  ({one.person.email}{one.remark})" for one in known()
    ]


#: The worker complains about being run by root, which in a container is nobody's fault.
_QUIET = ["-W", "ignore::UserWarning:celery.platforms"]


def _children(bind: str, *, web_only: bool, console_port: int = 0) -> list[Child]:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "dsr.settings", "PYTHONUNBUFFERED": "1"}
    if console_port:
        env |= console.environment(console_port, Places(settings.DATA_DIR).console_secret())
    web = (
        "-m granian --interface wsgi --no-ws --no-access-log --log-level warning"
        f" --host {bind} --port {settings.PORT}"
        f" --workers {settings.WEB_WORKERS} --blocking-threads {settings.WEB_THREADS} --backpressure 64"
        " --respawn-failed-workers --workers-kill-timeout 10 dsr.wsgi:application"
    )
    # Threads: the work is waiting for databases, mail servers and disks, and one process is one less to lose.
    worker = (
        "-m celery --quiet --app dsr.celery worker --beat --pool threads --concurrency 2 --loglevel WARNING"
        " --without-gossip --without-mingle --without-heartbeat"
    )
    children = [Child("web", [sys.executable, *web.split()], env)]
    if not web_only:
        children.append(Child("worker", [sys.executable, *_QUIET, *worker.split()], env))
        if settings.DEMO and find_spec("dsr.demo") and find_spec("dsr.demo.http_service"):
            children.insert(0, Child("demo-system", [sys.executable, "-m", "dsr.demo.http_service"], env))
        if console_port:
            what = ["--port", str(console_port), "--data-dir", str(settings.DATA_DIR), "--base-url", settings.BASE_URL]
            children.insert(0, Child("demo-console", [sys.executable, "-m", "dsr.demo.console", *what], env))
    return children
