"""A real IMAP server for tests: pymap on loopback, in a process of its own, its mail in memory."""

import imaplib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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

    def mark_deleted(self, number: int) -> None:
        """Have somebody mark a message of the inbox as deleted, and leave it there."""
        self._own.select("INBOX")
        answer = self._own.store(str(number), "+FLAGS", "\\Deleted")
        assert answer[0] == "OK", answer

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """The subjects in a folder, in its order."""
        if not self.count(folder):
            return []
        answer = self._own.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        return [part[1].decode().partition(":")[2].strip() for part in answer if isinstance(part, tuple)]

    def flags(self, number: int = 1) -> str:
        """How a message of the inbox is marked."""
        self._own.select("INBOX")
        return str(self._own.fetch(str(number), "(FLAGS)")[1][0])

    def count(self, folder: str = "INBOX") -> int:
        """How many messages are in a folder."""
        found = self._own.select(folder)
        return int(found[1][0] or 0) if found[0] == "OK" else 0


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Encrypted:
    """The same server behind TLS, with a certificate of its own for localhost."""

    def __init__(self, behind: MailServer, folder: Path) -> None:
        self.certificate = folder / "mail.pem"
        self._behind = behind
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _write_certificate(self.certificate)
        self._context.load_cert_chain(self.certificate)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._over = False
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """What MAILBOX_URL says."""
        port = self._door.getsockname()[1]
        return f"imaps://{USER}:correct%20horse@localhost:{port}/INBOX"

    def stop(self) -> None:
        """Close the door."""
        self._over = True
        self._door.close()

    def _serve(self) -> None:
        while not self._over:
            with suppress(OSError):
                plain, _peer = self._door.accept()
                threading.Thread(target=self._carry, args=(plain,), daemon=True).start()

    def _carry(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as outside,
            socket.create_connection(("127.0.0.1", self._behind.port)) as inside,
        ):
            threading.Thread(target=_pour, args=(inside, outside), daemon=True).start()
            _pour(outside, inside)


class Older:
    """The same server as one that does not say that it has some capabilities, and keeps what it was asked."""

    def __init__(self, behind: MailServer, *lacks: bytes) -> None:
        self._behind, self._lacks, self.said = behind, lacks, list[bytes]()
        self._door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """What MAILBOX_URL says."""
        return f"imap://{USER}:correct%20horse@127.0.0.1:{self._door.getsockname()[1]}/INBOX"

    def stop(self) -> None:
        """Close the door."""
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                outside, _peer = self._door.accept()
                threading.Thread(target=self._carry, args=(outside,), daemon=True).start()

    def _carry(self, outside: socket.socket) -> None:
        with outside, socket.create_connection(("127.0.0.1", self._behind.port)) as inside:
            back = threading.Thread(target=self._answers, args=(inside, outside), daemon=True)
            back.start()
            with suppress(OSError), outside.makefile("rb") as lines:
                for line in lines:
                    self.said.append(line)
                    inside.sendall(line)
            with suppress(OSError):
                inside.shutdown(socket.SHUT_RDWR)
            back.join()

    def _answers(self, inside: socket.socket, outside: socket.socket) -> None:
        with suppress(OSError), inside.makefile("rb") as lines:
            for line in lines:
                outside.sendall(self._without(line) if b"CAPABILITY" in line else line)
        with suppress(OSError):
            outside.shutdown(socket.SHUT_RDWR)

    def _without(self, line: bytes) -> bytes:
        for lack in self._lacks:
            line = line.replace(b" " + lack, b"")
        return line


def _pour(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


def _write_certificate(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
