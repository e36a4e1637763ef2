"""Somebody's server that takes data in over HTTPS, as the documentation of the protocol describes it."""

import base64
import hashlib
import ipaddress
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID

from notifications.sealing import public_key
from tests.thirdparty.serving import Answer, Asked, ThirdParty, _Server


def certificate(folder: Path) -> Path:
    """Make a certificate for this machine, with its key in the same file; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "intake")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "intake.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


class Intake(ThirdParty):
    """Takes one upload after the other, checks every signature, and fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, bytearray] = {}
        self.lengths: dict[str, int] = {}
        self.lie = ""
        """A digest to answer in place of the true one."""
        self.location = ""
        """Where to say that an upload is, in place of the truth."""
        self.arrived = threading.Event()
        """Set with every piece."""
        self.go_on: threading.Event | None = None
        """Answers to pieces wait for it, where there is one."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://localhost:{self.port}"

    @property
    def address(self) -> str:
        """Where uploads begin."""
        return f"{self.url}/transfers"

    def answer(self, asked: Asked) -> Answer:
        """Do what is asked."""
        check(asked, self.url)
        if asked.method == "POST":
            upload = str(asked.headers["Idempotency-Key"])
            self.uploads.setdefault(upload, bytearray())
            self.lengths[upload] = int(asked.headers["Upload-Length"])
            place = self.location or f"/transfers/{upload}"
            return Answer(201, headers={"Location": place, "Upload-Offset": str(len(self.uploads[upload]))})
        upload = asked.path.rpartition("/")[2]
        held = self.uploads.get(upload)
        if held is None:
            return Answer(404)
        if asked.method == "HEAD":
            return Answer(204, headers={"Upload-Offset": str(len(held)), "Upload-Complete": "?0"})
        return self._append(asked, upload, held)

    def _append(self, asked: Asked, upload: str, held: bytearray) -> Answer:
        offset = int(asked.headers["Upload-Offset"])
        if offset > len(held):
            return Answer(409, headers={"Upload-Offset": str(len(held))})
        del held[offset:]
        held += asked.body
        self.arrived.set()
        if self.go_on is not None:
            self.go_on.wait(20)
        if asked.headers["Upload-Complete"] == "?0":
            return Answer(204, headers={"Upload-Offset": str(len(held))})
        digest = self.lie or hashlib.sha256(held).hexdigest()
        return Answer(200, {"id": f"in-{upload[:8]}", "size": len(held), "sha256": digest})


def check(asked: Asked, origin: str) -> None:
    """Check a message as the documentation of the protocol says. Raises where it is not what was signed."""
    said = re.fullmatch(r'recourse=(\((.*?)\);.*keyid="(.*?)".*)', str(asked.headers["Signature-Input"]))
    assert said is not None
    parameters, covered, key_id = said.groups()
    known = {"@method": asked.method, "@target-uri": f"{origin}{asked.target}"}
    names = re.findall(r'"([^"]+)"', covered)
    lines = [f'"{name}": {known.get(name) or asked.headers[name]}' for name in names]
    base = "\n".join([*lines, f'"@signature-params": {parameters}']).encode()
    value = re.fullmatch(r"recourse=:(.*):", str(asked.headers["Signature"]))
    assert value is not None
    Ed25519PublicKey.from_public_bytes(public_key(key_id)).verify(base64.b64decode(value[1]), base)
    assert {"@method", "@target-uri", "repr-digest"} <= set(names)
    if asked.method == "PATCH":
        digest = base64.b64encode(hashlib.sha256(asked.body).digest()).decode()
        assert asked.headers["Content-Digest"] == f"sha-256=:{digest}:"
        assert {"upload-offset", "upload-complete", "content-digest"} <= set(names)


@contextmanager
def taking_in(intake: Intake, pem: Path) -> Iterator[Intake]:
    """Let it listen, with a certificate."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path.partition("?")[0], {}, self.headers, body, self.path)
            number = len(intake.asked)
            intake.asked.append(asked)
            answer = intake.planned.get(number) or intake.answer(asked)
            if number in intake.lost:
                self.close_connection = True
                return
            content = b"" if self.command == "HEAD" else answer.content
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_HEAD = _any

    server = _Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    intake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield intake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
