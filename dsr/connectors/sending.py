"""Sends one file to an address that somebody named: created, appended to piece by piece, taken up where it broke off.

The protocol is close to the IETF draft *Resumable Uploads for HTTP*, and every message is signed by HTTP Message
Signatures (RFC 9421); `docs/reference/transfer-protocol.md` is the receiver's description. Only https, no redirects,
and nowhere that the guard does not allow.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpcore

from dsr.connectors.base import Code, ConnectorError, PermanentFailure, TemporaryFailure
from dsr.connectors.deadline import Deadline
from dsr.connectors.http_guard import Network, resolve
from dsr.connectors.http_transport import failures, guarded_pool, header, limited, trusted
from dsr.connectors.webhook import usable

CONNECT_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 120.0
_ANSWER: Final = 64 * 1024
_DAY_SECONDS: Final = 86_400
_COVERED: Final = ("@method", "@target-uri", "upload-offset", "upload-complete", "upload-length", "content-digest",
                   "repr-digest")  # fmt: skip
"""What a signature covers, of what a message has."""
Signer = Callable[[bytes], tuple[str, str]]
"""Signs bytes; returns the id of the key and the signature in base64."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: its length, its SHA-256 in hexadecimal, and the number by which a repetition is known."""

    id: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a receiver said: how much it has, whether that is all, where the upload is, and its receipt."""

    offset: int
    complete: bool = False
    location: str = ""
    receipt: Mapping[str, Any] | None = None


def acceptable(url: str, networks: tuple[Network, ...]) -> bool:
    """Whether something may be sent to an address by its looks: https, no user, no fragment, no private number."""
    return urlsplit(url).scheme == "https" and usable(url, networks)


def check_reachable(url: str, networks: tuple[Network, ...]) -> None:
    """Look the name up. Raises ConnectorError where it leads nowhere or to where nothing may be sent."""
    parts = urlsplit(url)
    resolve(parts.hostname or "", parts.port or 443, networks)


class Sender:
    """Speaks to one receiver."""

    def __init__(self, url: str, parcel: Parcel, signer: Signer, *, networks: tuple[Network, ...], at: int) -> None:
        self._url, self._parcel, self._signer = url, parcel, signer
        self._networks, self._at = networks, at
        self._tls = trusted(None)

    def create(self) -> Answered:
        """Say what is coming, and learn where it is to be sent. Said twice, it is the same upload."""
        headers = {"upload-complete": "?0", "upload-length": str(self._parcel.size)}
        with self._call("POST", self._url, headers, b"") as response:
            _judge(response, (200, 201, 204))
            location = urljoin(self._url, header(response, "Location"))
            if not header(response, "Location") or not self._same_place(location):
                raise PermanentFailure(Code.REDIRECT_REFUSED, "Location")
            return Answered(_offset(response), location=location)

    def offset(self, location: str) -> Answered:
        """Ask how much the receiver has."""
        with self._call("HEAD", location, {}, b"") as response:
            _judge(response, (200, 204))
            return Answered(_offset(response), header(response, "Upload-Complete") == "?1", location)

    def append(self, location: str, offset: int, data: bytes) -> Answered:
        """Send the next bytes; with the last ones comes the receipt."""
        last = offset + len(data) == self._parcel.size
        headers = {
            "content-type": "application/partial-upload",
            "content-digest": digest_header(data),
            "upload-offset": str(offset),
            "upload-complete": "?1" if last else "?0",
        }
        with self._call("PATCH", location, headers, data) as response:
            _judge(response, (200, 201, 204))
            if not last:
                return Answered(_offset(response), location=location)
            return Answered(self._parcel.size, True, location, _receipt(response))

    def _same_place(self, location: str) -> bool:
        one, other = urlsplit(self._url), urlsplit(location)
        return (one.scheme, one.netloc.lower()) == (other.scheme, other.netloc.lower()) and len(location) <= 1000

    @contextmanager
    def _call(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Iterator[httpcore.Response]:
        said = {"repr-digest": f"sha-256=:{_base64(bytes.fromhex(self._parcel.sha256))}:", **headers}
        signed = signature(method, url, said, self._signer, self._at)
        with (
            failures(),
            guarded_pool(self._tls, self._networks, Deadline(WHOLE_SECONDS)) as pool,
            pool.stream(
                method,
                url,
                headers=[
                    ("Host", urlsplit(url).netloc),
                    ("Content-Length", str(len(body))),
                    ("Accept", "application/json"),
                    ("Accept-Encoding", "identity"),
                    ("User-Agent", "recourse-transfer/1"),
                    ("Idempotency-Key", self._parcel.id),
                    *said.items(),
                    *signed.items(),
                ],
                content=body,
                extensions={"timeout": {"connect": CONNECT_SECONDS}},
            ) as response,
        ):
            yield response


def digest_header(data: bytes) -> str:
    """Return the digest of a body as RFC 9530 writes it."""
    import hashlib

    return f"sha-256=:{_base64(hashlib.sha256(data).digest())}:"


def signature_base(method: str, url: str, headers: Mapping[str, str], parameters: str) -> bytes:
    """Return what is signed (RFC 9421, section 2.5)."""
    known = {"@method": method, "@target-uri": url, **headers}
    lines = [f'"{name}": {known[name]}' for name in _COVERED if name in known]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def signature(method: str, url: str, headers: Mapping[str, str], signer: Signer, at: int) -> dict[str, str]:
    """Return the headers that sign a message."""
    known = {"@method", "@target-uri", *headers}
    covered = " ".join(f'"{name}"' for name in _COVERED if name in known)
    key_id, _ = signer(b"")
    parameters = f'({covered});created={at};keyid="{key_id}";alg="ed25519"'
    _, value = signer(signature_base(method, url, headers, parameters))
    return {"signature-input": f"recourse={parameters}", "signature": f"recourse=:{value}:"}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _offset(response: httpcore.Response) -> int:
    text = header(response, "Upload-Offset") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise PermanentFailure(Code.BAD_ANSWER)
    return int(text)


def _receipt(response: httpcore.Response) -> Mapping[str, Any]:
    try:
        said = json.loads(b"".join(limited(response.iter_stream(), _ANSWER)))
    except (ValueError, RecursionError):
        raise PermanentFailure(Code.BAD_ANSWER) from None
    if not isinstance(said, dict):
        raise PermanentFailure(Code.BAD_ANSWER)
    return said


_PERMANENT: Final = {
    401: Code.BAD_CREDENTIALS, 403: Code.PERMISSION_DENIED, 404: Code.NOT_FOUND, 405: Code.NOT_FOUND,
    410: Code.NOT_FOUND, 413: Code.TOO_LARGE,
}  # fmt: skip
_BUSY: Final = frozenset({408, 425, 429, 503, 504})


def _judge(response: httpcore.Response, good: tuple[int, ...]) -> None:
    """Raise what a status means."""
    status = response.status
    if status in good:
        return
    if 300 <= status < 400:
        raise PermanentFailure(Code.REDIRECT_REFUSED)
    if status in _PERMANENT:
        raise PermanentFailure(_PERMANENT[status])
    if status in _BUSY or status >= 500 or status == 409:
        after = header(response, "Retry-After")
        seconds = min(float(after), _DAY_SECONDS) if after.isascii() and after.isdigit() else None
        raise TemporaryFailure(Code.BUSY if status in _BUSY else Code.SYSTEM_ERROR, retry_after=seconds)
    raise PermanentFailure(Code.NOT_UNDERSTOOD)


__all__ = [
    "Answered", "ConnectorError", "Parcel", "Sender", "acceptable", "check_reachable", "digest_header", "signature",
    "signature_base",
]  # fmt: skip
