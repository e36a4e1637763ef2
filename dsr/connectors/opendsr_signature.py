"""Whether an OpenDSR processor said what it is said to have said: RSA signatures with SHA-256 (FIPS 186-4) over a body.

After sections 4 and 8.8 of the OpenDSR specification, its security guidelines, and "Validating a callback request" of
mParticle's Data Subject Request API. That the certificate was issued by a trusted authority is proved where it comes
from: the processor's own host, over TLS, or the configuration.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from dsr.connectors.base import Code, PermanentFailure, alone

DOMAIN = "X-OpenDSR-Processor-Domain"
SIGNATURE = "X-OpenDSR-Signature"
_SMALLEST_KEY = 2048


@lru_cache(maxsize=32)
def certificate_in(pem: bytes) -> x509.Certificate:
    """Return the first certificate of a PEM text; raises `PermanentFailure(bad_signature)` where it is none."""
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except ValueError:
        alone(PermanentFailure(Code.BAD_SIGNATURE, "certificate"))


def why_unfit(certificate: x509.Certificate, domain: str, at: float) -> str:
    """Return what is wrong with a certificate for a domain: `domain`, `expired`, `key` or "" for nothing."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        known = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    except (x509.ExtensionNotFound, ValueError):
        known = set()
    if domain.lower() not in known:
        return "domain"
    now = datetime.fromtimestamp(at, UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return "expired"
    key = certificate.public_key()
    return "" if isinstance(key, RSAPublicKey) and key.key_size >= _SMALLEST_KEY else "key"


def verify(certificate: x509.Certificate, domain: str, body: bytes, headers: Mapping[str, str], at: float) -> None:
    """Raise `PermanentFailure(bad_signature)` unless the processor of this domain signed the body.

    `headers` by lower-case name; `at` in seconds since 1970, for the certificate's term. Nothing of the body is read
    before.
    """
    if headers.get(DOMAIN.lower(), "").strip().lower() != domain.lower():
        _bad("domain")
    if unfit := why_unfit(certificate, domain, at):
        _bad(f"certificate {unfit}")
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    try:
        # Long header values were folded once; white space is no part of Base64.
        given = base64.b64decode("".join(headers.get(SIGNATURE.lower(), "").split()), validate=True)
        key.verify(given, body, PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        _bad("signature")


def _bad(where: str) -> NoReturn:
    alone(PermanentFailure(Code.BAD_SIGNATURE, where))
