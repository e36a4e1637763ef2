"""A real IMAP server for tests: pymap on loopback, in a process of its own, its mail in a folder."""

import imaplib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

USER, PASSWORD = "privacy", "correct horse"


@dataclass
class MailServer:
    """One server with one mailbox."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """What MAILBOX_URL says."""
        return f"imap://{USER}:correct%20horse@127.0.0.1:{self.port}/INBOX"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(Path(sys.executable).parent / "pymap"), "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--no-tls", "--no-service", "managesieve", "--no-service", "admin", "dict"]
        command += ["--demo-data", "--demo-user", USER, "--demo-password", PASSWORD]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)
        )
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                if line.recv(4):
                    return
            time.sleep(0.05)
        raise RuntimeError("the mail server does not answer")

    def stop(self) -> None:
        """Take it away."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @contextmanager
    def client(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Whoever else reads the mailbox."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        try:
            client.login(USER, PASSWORD)
            client.select(folder)
            yield client
        finally:
            with suppress(Exception):
                client.logout()

    def empty(self) -> None:
        """Throw away what is in every folder."""
        with self.client() as client:
            for folder in ("INBOX", "Recourse"):
                if client.select(folder)[0] == "OK":
                    client.store("1:*", "+FLAGS", "\\Deleted")
                    client.expunge()

    def put(self, raw: bytes, at: datetime = datetime(2026, 3, 5, 9, 0, 1, tzinfo=UTC)) -> None:
        """Have a message delivered."""
        with self.client() as client:
            answer = client.append("INBOX", "", imaplib.Time2Internaldate(at), raw)
            assert answer[0] == "OK", answer

    def count(self, folder: str = "INBOX") -> int:
        """How many messages are in a folder."""
        with self.client(folder) as client:
            found = client.select(folder)
            return int(found[1][0] or 0) if found[0] == "OK" else 0


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
