"""The configuration of the `opendsr` connector, and what travels between it and a processor."""

import base64
import hashlib
from typing import Annotated, Literal
from urllib.parse import urlsplit

from cryptography import x509
from pydantic import Field as Key
from pydantic import SecretStr, field_validator

from dsr.connectors.base import PermanentFailure
from dsr.connectors.config import Slug, Strict
from dsr.connectors.http_config import AddressConfig
from dsr.connectors.opendsr_signature import certificate_in
from dsr.connectors.rest import Loose
from dsr.connectors.thirdparty import Held, PollSeconds

Format = Literal["raw", "md5", "sha1", "sha256"]


class Identity(Strict):
    """By what a processor knows a kind of identifier."""

    type: Slug
    """`email`, `controller_customer_id` ... (section 5.1), or what the processor adds to the list."""
    format: Format = "raw"

    def of(self, value: str) -> dict[str, str]:
        """Return a value as an identity object."""
        plain = value.strip().lower() if self.type == "email" else value
        if self.format != "raw":
            plain = hashlib.new(self.format, plain.encode(), usedforsecurity=False).hexdigest()
        return {"identity_type": self.type, "identity_value": plain, "identity_format": self.format}


class OpenDsrConfig(AddressConfig):
    """Everything the `opendsr` connector needs to know about one processor."""

    url: str
    """With the major version, as `https://opendsr.example.com/v2`."""
    user: str | None = None
    """For basic authentication; without one the secret is a bearer token."""
    secret: SecretStr | None = None
    domain: str = ""
    """For which the processor signs; the host of the address where nothing is named."""
    identities: Annotated[dict[Slug, Identity], Key(min_length=1)]
    """Kinds of identifier by which the processor knows people."""
    datasets: Annotated[tuple[Held, ...], Key(min_length=1)]
    """What it holds about somebody. It goes whole or not at all."""
    regulation: Slug = "gdpr"
    status_callback_urls: tuple[str, ...] = ()
    """Where else than to this service the processor tells that something has changed."""
    certificate: str | None = None
    """With which it signs (PEM); where none is named, it is fetched from where `/discovery` says."""
    certificate_hosts: tuple[str, ...] = ()
    """Other hosts than the processor's own from which it may be fetched."""
    poll_seconds: PollSeconds = 3_600.0

    @field_validator("certificate")
    @classmethod
    def _readable(cls, certificate: str | None) -> str | None:
        try:
            if certificate is not None:
                certificate_in(certificate.encode())
        except PermanentFailure:
            raise ValueError("is no certificate in PEM") from None
        return certificate

    @field_validator("status_callback_urls")
    @classmethod
    def _encrypted_ones(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        if not all(url.startswith("https://") for url in urls):
            raise ValueError("must begin with https://")
        return urls

    @property
    def signs_for(self) -> str:
        """The domain that a signature must be for."""
        return self.domain or urlsplit(self.url).hostname or ""

    @property
    def pinned(self) -> x509.Certificate | None:
        """The certificate that the configuration names."""
        return certificate_in(self.certificate.encode()) if self.certificate else None

    @property
    def authorization(self) -> dict[str, str]:
        """The header that proves who asks (RFC 7617, RFC 6750)."""
        if self.secret is None:
            return {}
        secret = self.secret.get_secret_value()
        if self.user is None:
            return {"Authorization": f"Bearer {secret}"}
        return {"Authorization": "Basic " + base64.b64encode(f"{self.user}:{secret}".encode()).decode()}


class Supported(Loose):
    """A kind of identifier that a processor knows."""

    identity_type: str
    identity_format: str


class Discovery(Loose):
    """What a processor says of itself."""

    api_version: str
    supported_identities: tuple[Supported, ...] = ()
    supported_subject_request_types: tuple[str, ...] = ()
    processor_certificate: str = ""


class Receipt(Loose):
    """Answer to a request that was taken."""

    subject_request_id: str


class Status(Loose):
    """How far a request is: answer to the question, and body of a callback."""

    subject_request_id: str
    request_status: str
    results_count: Annotated[int, Key(ge=0)] | None = None

    @property
    def word(self) -> str:
        """The status as one word, however it is spelt."""
        return self.request_status.strip().lower().replace("-", "_").replace(" ", "_")
