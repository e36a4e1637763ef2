"""Signed lists: what a package holds, and receipts for what was done. Checked by `dsr.packaging.checking`."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from notifications.sealing import Signature, public_key, sign

FORMAT = "recourse-package"
VERSION = 1
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
ALGORITHM = "Ed25519"
SIGNED = "signature"
"""The key of a receipt that holds its signature; everything beside it is signed."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list as it went into a package. `document` names files and may therefore be personal; `summary` is not."""

    document: dict[str, Any]
    data: bytes
    signature: Signature

    @property
    def summary(self) -> dict[str, Any]:
        """What may be kept once the package is destroyed: numbers, digests and keys of systems."""
        kept = ("format", "version", "reference", "kind", "right", "made_at", "language", "counts", "data_digest")
        return {
            **{key: self.document[key] for key in kept},
            "members": len(self.document["members"]),
            "manifest_sha256": hashlib.sha256(self.data).hexdigest(),
            "key_id": self.signature.key_id,
            "signature": self.signature.value,
        }


def make(document: Mapping[str, Any]) -> Manifest:
    """Signs a manifest's exact bytes."""
    data = json.dumps(document, ensure_ascii=True, indent=1).encode() + b"\n"
    return Manifest(dict(document), data, sign(data))


def signature_file(signature: Signature) -> bytes:
    """A detached signature as JSON. The public key is there for convenience: trust the one that was published."""
    return json.dumps(_signature(signature), indent=1).encode() + b"\n"


def data_digest(members: Iterable[tuple[str, str]]) -> str:
    """One digest over paths and digests of what is about the person: `sha256  path` lines, sorted by path."""
    lines = (f"{sha256}  {path}\n".encode() for path, sha256 in sorted(members))
    return hashlib.sha256(b"".join(lines)).hexdigest()


def receipt(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload with its signature, to be handed out as JSON. Raises ValueError for what has no canonical form."""
    if SIGNED in payload:
        raise ValueError(f"the key {SIGNED!r} is ours")
    return {**payload, SIGNED: _signature(sign(canonical(payload)))}


def canonical(value: Any) -> bytes:
    """JSON in the one form that is signed, after RFC 8785: keys in UTF-16 order, no space, UTF-8.

    Numbers are whole and at most 2**53 in size, where that form is the same in every language. Raises ValueError.
    """
    return _canonical(value).encode()


def _canonical(value: Any) -> str:
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int() if abs(value) <= 1 << 53:
            return str(int(value))
        case list() | tuple():
            return f"[{','.join(map(_canonical, value))}]"
        case dict() if all(isinstance(key, str) for key in value):
            keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
            return f"{{{','.join(f'{_canonical(key)}:{_canonical(value[key])}' for key in keys)}}}"
    raise ValueError(f"a {type(value).__name__} has no canonical form here; write it as text")


def instant(at: datetime) -> str:
    """An instant as text: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _signature(signature: Signature) -> dict[str, str]:
    return {
        "algorithm": ALGORITHM,
        "key_id": signature.key_id,
        "public_key": base64.b64encode(public_key(signature.key_id)).decode(),
        "value": signature.value,
    }
