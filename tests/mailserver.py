"""A real IMAP server for tests: pymap on loopback, in a process of its own, its mail in memory."""

import imaplib
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

USER, PASSWORD = "privacy", "correct horse"


@dataclass
class MailServer:
    """One server with one mailbox."""

    port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _client: imaplib.IMAP4 | None = field(default=None, repr=False)

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
        if self._client is not None:
            self._client.shutdown()
            self._client = None
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def _own(self) -> imaplib.IMAP4:
        """Whoever else reads the mailbox: signed in once, as the server takes its time over passwords."""
        if self._client is None:
            self._client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
            self._client.login(USER, PASSWORD)
        return self._client

    def empty(self) -> None:
        """Throw away what is in every folder."""
        for folder in ("INBOX", "Recourse"):
            if self.count(folder):
                self._own.store("1:*", "+FLAGS", "\\Deleted")
                self._own.expunge()

    def put(self, raw: bytes, at: datetime = datetime(2026, 3, 5, 9, 0, 1, tzinfo=UTC)) -> None:
        """Have a message delivered."""
        answer = self._own.append("INBOX", "", imaplib.Time2Internaldate(at), raw)
        assert answer[0] == "OK", answer

    def count(self, folder: str = "INBOX") -> int:
        """How many messages are in a folder."""
        found = self._own.select(folder)
        return int(found[1][0] or 0) if found[0] == "OK" else 0


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
