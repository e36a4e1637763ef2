"""Sealing of personal values, fingerprints for look-up, and signatures: all from the ring of master keys.

One master key never does two jobs: HKDF-SHA256 (RFC 5869) derives a key for wrapping, one for fingerprints, one for
short secrets, one for lists, one for tokens in addresses and one Ed25519 seed for signatures, each under its own
``info`` string. Personal values are sealed by AES-256-GCM under a data key of their own, which is stored wrapped; to
forget the data key is to forget the person.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.normal import normalise

__all__ = [
    "Forgotten",
    "SealBroken",
    "Signature",
    "current_key_id",
    "disclose",
    "enclose",
    "fingerprint",
    "fingerprints",
    "key_id_of",
    "key_ids",
    "new_key",
    "normalise",
    "public_key",
    "rewrap",
    "seal",
    "secret_digest",
    "secret_matches",
    "sign",
    "unseal",
    "unwrap",
    "verify_signature",
    "wrap",
]

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
"""96 random bits. A data key seals some hundreds of values and a master key wraps some millions of data keys, far
below the 2**32 invocations per key that NIST SP 800-38D allows for random nonces."""
TAG_BYTES: Final = 16
_VERSION: Final = b"\x01"
"""First byte of a sealed value, so that the format can change without guessing."""

_KEY_ID = re.compile(r"[A-Za-z0-9]{1,16}")
_FIX = (
    'write FIELD_KEYS="k1:<32 bytes in base64>", the newest key first and commas between; make one with: '
    "python3 -c 'import base64,secrets; print(\"k1:\"+base64.b64encode(secrets.token_bytes(32)).decode())'"
)


class SealBroken(Exception):
    """A sealed value cannot be opened: altered, moved to another place, or its key is not in the ring."""


class Forgotten(Exception):
    """The data key is gone for good, and with it what was sealed under it."""


@dataclass(frozen=True)
class Signature:
    """An Ed25519 signature in base64, and the id of the key that made it."""

    key_id: str
    value: str


@dataclass(frozen=True)
class _MasterKey:
    """One key of the ring, ready for each of its jobs."""

    key_id: str
    wrapping: AESGCM = field(repr=False)
    fingerprinting: bytes = field(repr=False)
    digesting: bytes = field(repr=False)
    listing: bytes = field(repr=False)
    enclosing: AESGCM = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)
    public: bytes


@dataclass(frozen=True)
class _Ring:
    current: _MasterKey
    by_id: dict[str, _MasterKey] = field(repr=False)


def _derive(master: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def _master_key(key_id: str, secret: bytes) -> _MasterKey:
    signing = Ed25519PrivateKey.from_private_bytes(_derive(secret, b"recourse/signing"))
    return _MasterKey(
        key_id=key_id,
        wrapping=AESGCM(_derive(secret, b"recourse/wrapping")),
        fingerprinting=_derive(secret, b"recourse/fingerprint"),
        digesting=_derive(secret, b"recourse/digest"),
        listing=_derive(secret, b"recourse/listing"),
        enclosing=AESGCM(_derive(secret, b"recourse/enclosing")),
        signing=signing,
        public=signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
    )


def _refuse(number: int, what: str) -> ImproperlyConfigured:
    # Never the value: this sentence ends up in terminals and logs.
    return ImproperlyConfigured(f"FIELD_KEYS: key number {number} {what}. Fix: {_FIX}")


def _parse_entry(number: int, entry: str) -> tuple[str, bytes]:
    key_id, colon, encoded = entry.strip().partition(":")
    if not colon:
        raise _refuse(number, "has no colon between its id and its value")
    if not _KEY_ID.fullmatch(key_id):
        raise _refuse(number, "has an id that is not 1 to 16 ASCII letters and digits")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise _refuse(number, "is not base64") from None
    if len(secret) != KEY_BYTES:
        raise _refuse(number, f"has {len(secret)} bytes instead of {KEY_BYTES}")
    return key_id, secret


@lru_cache(maxsize=4)
def _parse_ring(text: str) -> _Ring:
    keys: dict[str, _MasterKey] = {}
    secrets_seen: set[bytes] = set()
    for number, entry in enumerate(text.split(","), start=1):
        key_id, secret = _parse_entry(number, entry)
        if key_id in keys:
            raise _refuse(number, f"repeats the id {key_id!r}")
        if secret in secrets_seen:
            raise _refuse(number, "repeats the value of another key")
        secrets_seen.add(secret)
        keys[key_id] = _master_key(key_id, secret)
    return _Ring(current=next(iter(keys.values())), by_id=keys)


def _ring() -> _Ring:
    text = getattr(settings, "FIELD_KEYS", "")
    if not text:
        raise ImproperlyConfigured(f"FIELD_KEYS: it is not set. Fix: {_FIX}")
    return _parse_ring(text)


def current_key_id() -> str:
    """Return the id of the master key that seals and signs now."""
    return _ring().current.key_id


def key_ids() -> list[str]:
    """Return the ids of all keys in the ring, the current first."""
    return list(_ring().by_id)


def new_key() -> bytes:
    """Return a fresh data key: 32 bytes from the operating system."""
    return os.urandom(KEY_BYTES)


def wrap(key: bytes) -> bytes:
    """Wrap a data key under the current master key: ``<key id>:`` + nonce + ciphertext and tag."""
    master = _ring().current
    prefix = f"{master.key_id}:".encode()
    nonce = os.urandom(NONCE_BYTES)
    return prefix + nonce + master.wrapping.encrypt(nonce, key, prefix)


def key_id_of(blob: bytes) -> str:
    """Return the id of the master key that wrapped a data key, "" when it is no such blob."""
    key_id, colon, _ = blob[:17].partition(b":")
    return key_id.decode("ascii", "replace") if colon else ""


def unwrap(blob: bytes) -> bytes:
    """Return the data key in a blob made by `wrap`. Raises SealBroken."""
    key_id = key_id_of(blob)
    master = _ring().by_id.get(key_id)
    if master is None:
        raise SealBroken(f"no key {key_id!r} in FIELD_KEYS" if key_id.isalnum() else "this is not a wrapped key")
    prefix = f"{key_id}:".encode()
    body = blob[len(prefix) :]
    return _open(master.wrapping, body[:NONCE_BYTES], body[NONCE_BYTES:], prefix)


def rewrap(blob: bytes) -> bytes:
    """Return the same data key wrapped under the current master key; the blob itself when it already is."""
    return blob if key_id_of(blob) == current_key_id() else wrap(unwrap(blob))


def seal(key: bytes, plaintext: bytes, *, context: str) -> bytes:
    """Seal bytes under a data key: version, nonce, ciphertext and tag; 29 bytes more than the plaintext.

    `context` names the one place the value belongs to, for example ``submission:<uuid>:email``. It is not stored and
    must be given again to open, so that a value moved to another row or column does not open.
    """
    nonce = os.urandom(NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, context.encode())


def unseal(key: bytes, blob: bytes, *, context: str) -> bytes:
    """Return what `seal` was given. Raises SealBroken."""
    if blob[:1] != _VERSION:
        raise SealBroken("this is not a sealed value")
    return _open(AESGCM(key), blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :], context.encode())


def _open(cipher: AESGCM, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    if len(nonce) < NONCE_BYTES or len(ciphertext) < TAG_BYTES:
        raise SealBroken("it is too short")
    try:
        return cipher.decrypt(nonce, ciphertext, associated)
    except InvalidTag:
        raise SealBroken("it was altered, moved from its place, or sealed under another key") from None


def enclose(text: str, *, context: str) -> str:
    """Seal a short text into a token for an address, URL-safe: the same text never gives the same token twice."""
    master = _ring().current
    nonce = os.urandom(NONCE_BYTES)
    body = nonce + master.enclosing.encrypt(nonce, text.encode(), context.encode())
    return f"{master.key_id}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}"


def disclose(token: str, *, context: str) -> str:
    """Return the text in a token made by `enclose` for the same context. Raises SealBroken for anything else."""
    key_id, _, encoded = token.partition(".")
    master = _ring().by_id.get(key_id)
    if master is None:
        raise SealBroken("no key of this name")
    try:
        body = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SealBroken("this is no token") from None
    return _open(master.enclosing, body[:NONCE_BYTES], body[NONCE_BYTES:], context.encode()).decode()


def _keyed(pick: Callable[[_MasterKey], bytes], master: _MasterKey, *parts: str) -> str:
    message = "\0".join(parts).encode()
    return f"{master.key_id}:{hmac.digest(pick(master), message, hashlib.sha256).hex()}"


def _fingerprinting(master: _MasterKey) -> bytes:
    return master.fingerprinting


def _digesting(master: _MasterKey) -> bytes:
    return master.digesting


def fingerprint(kind: str, value: str) -> str:
    """Return the keyed fingerprint by which a value is found: ``<key id>:<64 hex digits>``, at most 81 characters."""
    return _keyed(_fingerprinting, _ring().current, kind, normalise(kind, value))


def fingerprints(kind: str, value: str) -> list[str]:
    """Return the fingerprints under every key of the ring, the current first, for an ``__in`` look-up."""
    normal = normalise(kind, value)
    return [_keyed(_fingerprinting, master, kind, normal) for master in _ring().by_id.values()]


def _listing(master: _MasterKey) -> bytes:
    return master.listing


def listing_digest(kind: str, value: str) -> str:
    """Return the keyed hash under which somebody stands on a list of whom not to take in or write to.

    Of a key of its own, which may be given to systems that hash for themselves; see `listing_keys`.
    """
    return _keyed(_listing, _ring().current, kind, normalise(kind, value))


def listing_digests(kind: str, value: str) -> list[str]:
    """Return the hashes under every key of the ring, the current first."""
    normal = normalise(kind, value)
    return [_keyed(_listing, master, kind, normal) for master in _ring().by_id.values()]


def listing_keys() -> dict[str, bytes]:
    """Return the 32 bytes of each key of `listing_digests` by its id: HMAC-SHA-256 over kind, NUL and normal form."""
    return {key_id: master.listing for key_id, master in _ring().by_id.items()}


def secret_digest(context: str, secret: str) -> str:
    """Return the keyed digest under which a *short* secret, such as a six-digit code, may be stored.

    Keyed, because a million possible codes are tried in a second against a plain hash.
    """
    return _keyed(_digesting, _ring().current, context, secret)


def secret_matches(context: str, secret: str, digest: str) -> bool:
    """Say in constant time whether a short secret is the one behind a digest; any text may be given as digest."""
    ring = _ring()
    master = ring.by_id.get(digest.partition(":")[0], ring.current)
    return hmac.compare_digest(_keyed(_digesting, master, context, secret).encode(), digest.encode())


def sign(payload: bytes) -> Signature:
    """Sign bytes with Ed25519 (RFC 8032) under the current key."""
    master = _ring().current
    return Signature(master.key_id, base64.b64encode(master.signing.sign(payload)).decode())


def verify_signature(payload: bytes, key_id: str, sig: str) -> bool:
    """Say whether a signature in base64 is ours for these bytes; False, too, for an unknown key or bad base64."""
    master = _ring().by_id.get(key_id)
    if master is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(master.public).verify(base64.b64decode(sig, validate=True), payload)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def public_key(key_id: str = "") -> bytes:
    """Return the 32 raw bytes of a public key that others verify with; of the current key by default.

    Raises KeyError for an id that is not in the ring.
    """
    ring = _ring()
    return (ring.by_id[key_id] if key_id else ring.current).public
