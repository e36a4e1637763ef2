"""A processor that speaks OpenDSR 2.0, as the documents named in `dsr/connectors/opendsr.py` describe one.

It insists on what the specification says with MUST, signs what it answers, and carries nothing out by itself: a test
says how far a request is.
"""

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.thirdparty.serving import Answer, Asked, ThirdParty, served

DOMAIN = "opendsr.example.com"
USER, SECRET = "workspace", "a secret of the workspace"
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4)
def key(which: str) -> rsa.RSAPrivateKey:
    """A key, made once; only the one that is `small` is."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024 if which == "small" else 2048)


def certificate(which: str = "first", *, domain: str = DOMAIN, ends: datetime | None = None) -> str:
    """A certificate for the key, as PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key(which).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGAN)
        .not_valid_after(ends or datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key(which), SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


class OpenDsr(ThirdParty):
    """One processor."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: dict[str, dict[str, Any]] = {}
        self.statuses: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.people: set[str] = set()
        """Whom it knows by `controller_customer_id`."""
        self.acts = False
        """Whether a request gets on each time it is asked after, instead of waiting for the test to say so."""
        self.signs_with = "first"
        self.signs_for = DOMAIN
        self.certificate = certificate()
        self.certificate_url = ""
        self.discovery: dict[str, Any] = {}
        """What it says of itself in place of the truth."""

    def config(self, **more: Any) -> dict[str, Any]:
        """The configuration of a connector for it."""
        return {
            **self.reached,
            "url": f"{self.url}/v2",
            "user": USER,
            "secret": SECRET,
            "domain": DOMAIN,
            "identities": {
                "email": {"type": "email", "format": "sha256"},
                "account": {"type": "controller_customer_id"},
            },
            "datasets": [{"name": "profiles", "title": "Profile", "category": "usage_data"}],
            **more,
        }

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that prove that it said this."""
        made = key(self.signs_with).sign(body, padding.PKCS1v15(), SHA256())
        return {
            "X-OpenDSR-Processor-Domain": self.signs_for,
            "X-OpenDSR-Signature": base64.b64encode(made).decode(),
        }

    def callback(self, name: str) -> tuple[bytes, dict[str, str]]:
        """What it posts to us when a status changes: body and headers."""
        body = json.dumps({**self._told(name), "status_callback_url": "https://privacy.example.org/told"}).encode()
        return body, self.signed(body)

    def answer(self, asked: Asked) -> Answer:
        """Say what is so."""
        if asked.path == "/cert.pem":
            return Answer(200, self.certificate.encode(), {"Content-Type": "application/x-pem-file"})
        if asked.headers.get("Authorization") != "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode():
            return _fault(401, "The credentials provided in the request are not valid.")
        if asked.path == "/v2/discovery":
            return Answer(200, self._discovered())
        name = asked.path.removeprefix("/v2/requests").strip("/")
        if not asked.path.startswith("/v2/requests"):
            return _fault(404, "Not found")
        if asked.method == "POST":
            return self._taken(asked.body)
        if name not in self.requests:
            return _fault(404, "The specified subject request id could not be found.")
        if asked.method == "DELETE":
            if self.statuses[name] != "pending":
                return _fault(400, "Only pending requests can be cancelled.")
            self.statuses[name] = "cancelled"
            return self._sign(202, {"subject_request_id": name, "controller_id": "3622", "received_time": _time()})
        if self.acts:
            self._acted(name)
        return self._sign(200, self._told(name))

    def _acted(self, name: str) -> None:
        if self.statuses[name] == "in_progress":
            self.people -= {each["identity_value"] for each in self.requests[name]["subject_identities"]}
        self.statuses[name] = {"pending": "in_progress"}.get(self.statuses[name], "completed")

    def _told(self, name: str) -> dict[str, Any]:
        counted = {"results_count": self.counts[name]} if name in self.counts else {}
        return {
            "controller_id": "3622",
            "expected_completion_time": _time(14),
            "subject_request_id": name,
            "request_status": self.statuses[name],
            "api_version": "2.0",
            "results_url": None,
            **counted,
        }

    def _taken(self, body: bytes) -> Answer:
        said = json.loads(body)
        name = said.get("subject_request_id", "")
        if wrong := _wrong(said):
            return _fault(400, wrong)
        if name in self.requests:
            return _fault(400, "Subject request already exists.")
        under_way = (other for other in self.requests if self.statuses[other] in ("pending", "in_progress"))
        if any(self.requests[other]["subject_identities"] == said["subject_identities"] for other in under_way):
            return _fault(409, "There is an in progress request with the same identities, extensions and type.")
        self.requests[name] = said
        self.statuses[name] = "pending"
        receipt = {"encoded_request": base64.b64encode(body).decode(), "subject_request_id": name}
        times = {"expected_completion_time": _time(14), "received_time": _time()}
        return self._sign(201, {"controller_id": "3622", **times, **receipt})

    def _discovered(self) -> dict[str, Any]:
        return {
            "api_version": "2.0",
            "supported_identities": [
                {"identity_type": "email", "identity_format": "sha256"},
                {"identity_type": "controller_customer_id", "identity_format": "raw"},
            ],
            "supported_subject_request_types": ["access", "erasure", "portability"],
            "processor_certificate": self.certificate_url or f"{self.url}/cert.pem",
            **self.discovery,
        }

    def _sign(self, status: int, body: dict[str, Any]) -> Answer:
        content = json.dumps(body).encode()
        return Answer(status, content, self.signed(content))


def _wrong(said: dict[str, Any]) -> str:
    try:
        given = uuid.UUID(said["subject_request_id"])
        fits = given.version == 4 and str(given) == said["subject_request_id"]
        datetime.strptime(said["submitted_time"], "%Y-%m-%dT%H:%M:%S%z")
        kinds = {(each["identity_type"], each["identity_format"]) for each in said["subject_identities"]}
        values = [each["identity_value"] for each in said["subject_identities"]]
    except (KeyError, ValueError, TypeError):
        return "Invalid data was detected"
    known = {("email", "sha256"), ("controller_customer_id", "raw")}
    right = said["regulation"] in ("gdpr", "ccpa") and said["subject_request_type"] in ("erasure", "access")
    return "" if fits and right and values and kinds <= known else "Invalid data was detected"


def _fault(status: int, message: str) -> Answer:
    errors = [{"domain": "Validation", "reason": "InvalidOperationException", "message": message}]
    return Answer(status, {"code": status, "message": message, "errors": errors})


def _time(days: int = 0) -> str:
    return (BEGAN + timedelta(days=days)).isoformat()


@contextmanager
def running() -> Iterator[OpenDsr]:
    """Serve a processor that was never asked anything."""
    processor = OpenDsr()
    with served(processor):
        yield processor
