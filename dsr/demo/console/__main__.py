"""Starts the console: migrates, signs everybody up, listens."""

import argparse
import os
import signal
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from types import FrameType
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dsr.demo.console import CLIENT_ID, HOST
from dsr.demo.places import Places, default_data_dir


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking the network for this machine's name."""
        super(WSGIServer, self).server_bind()
        self.server_name, self.server_port = HOST, int(self.server_address[1])
        self.setup_environ()


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Write no log: addresses hold codes."""


def _sign_everybody_up(base_url: str, secret: str) -> None:
    """Make the accounts and the one client. What is there stays as it is, except where the client is."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    from dsr.demo.console.people import PASSWORD, everybody

    common = make_password(PASSWORD)
    there = set(User.objects.values_list("username", flat=True))
    User.objects.bulk_create(
        User(
            username=sign_in.name,
            email=sign_in.person.email,
            password=common if sign_in.password == PASSWORD else make_password(sign_in.password),
        )
        for sign_in in everybody()
        if sign_in.name not in there
    )
    Application.objects.update_or_create(
        client_id=CLIENT_ID,
        defaults={
            "name": "Privacy centre",
            "client_secret": secret,
            "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            "redirect_uris": f"{base_url}/verify/login/back/",
            "algorithm": Application.RS256_ALGORITHM,
            "skip_authorization": True,
        },
    )


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="The demonstration's console.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, default=default_data_dir(os.environ))
    parser.add_argument("--base-url", required=True, help="Address of the privacy centre, where people come back to.")
    options = parser.parse_args()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="dsr.demo.console.settings",
        DATA_DIR=str(options.data_dir),
        CONSOLE_PORT=str(options.port),
    )
    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    places = Places(options.data_dir)
    places.folder.mkdir(parents=True, exist_ok=True)
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    _sign_everybody_up(options.base_url.rstrip("/"), places.console_secret())
    server = make_server(HOST, options.port, get_wsgi_application(), server_class=_Server, handler_class=_Silent)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever(poll_interval=0.2)
    server.server_close()


if __name__ == "__main__":
    main()
