"""Sealing: what is altered, moved or under another key does not open; errors name the fix and never the key."""

import base64
import timeit
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from notifications import sealing
from notifications.sealing import SealBroken

OLD = "k1:" + base64.b64encode(b"\x01" * 32).decode()
NEW = "k2:" + base64.b64encode(b"\x02" * 32).decode()


@given(plaintext=st.binary(max_size=300), context=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_unseal_returns_what_was_sealed(plaintext: bytes, context: str) -> None:
    key = sealing.new_key()

    blob = sealing.seal(key, plaintext, context=context)

    assert sealing.unseal(key, blob, context=context) == plaintext
    assert len(blob) == len(plaintext) + 29


def test_seal_never_makes_the_same_blob_twice() -> None:
    key = sealing.new_key()

    blobs = {sealing.seal(key, b"Ada", context="a") for _ in range(100)}

    assert len(blobs) == 100


@pytest.mark.parametrize("position", [0, 1, 12, 13, -17, -1])
def test_unseal_refuses_a_blob_with_one_bit_changed(position: int) -> None:
    key = sealing.new_key()
    blob = bytearray(sealing.seal(key, b"ada@example.org", context="submission:1:email"))

    blob[position] ^= 1

    with pytest.raises(SealBroken):
        sealing.unseal(key, bytes(blob), context="submission:1:email")


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01" + b"x" * 27, b"\x02" + b"x" * 40])
def test_unseal_refuses_what_is_no_blob(blob: bytes) -> None:
    with pytest.raises(SealBroken):
        sealing.unseal(sealing.new_key(), blob, context="a")


def test_unseal_refuses_a_value_moved_to_another_row() -> None:
    key = sealing.new_key()
    blob = sealing.seal(key, b"ada@example.org", context="submission:1:email")

    with pytest.raises(SealBroken):
        sealing.unseal(key, blob, context="submission:2:email")


def test_unseal_refuses_another_data_key() -> None:
    blob = sealing.seal(sealing.new_key(), b"ada@example.org", context="a")

    with pytest.raises(SealBroken):
        sealing.unseal(sealing.new_key(), blob, context="a")


def test_unwrap_opens_with_every_key_of_the_ring_after_rotation(settings: Any) -> None:
    settings.FIELD_KEYS = OLD
    key = sealing.new_key()
    blob = sealing.wrap(key)

    settings.FIELD_KEYS = f"{NEW},{OLD}"

    assert blob.startswith(b"k1:")
    assert sealing.unwrap(blob) == key
    assert sealing.rewrap(blob).startswith(b"k2:")
    assert sealing.unwrap(sealing.rewrap(blob)) == key


def test_unwrap_names_the_missing_key_when_it_left_the_ring(settings: Any) -> None:
    settings.FIELD_KEYS = OLD
    blob = sealing.wrap(sealing.new_key())

    settings.FIELD_KEYS = NEW

    with pytest.raises(SealBroken, match="'k1'"):
        sealing.unwrap(blob)


def test_unwrap_refuses_a_blob_relabelled_to_another_key(settings: Any) -> None:
    settings.FIELD_KEYS = f"{NEW},{OLD}"
    blob = sealing.wrap(sealing.new_key())

    with pytest.raises(SealBroken):
        sealing.unwrap(blob.replace(b"k2:", b"k1:", 1))


@pytest.mark.parametrize("blob", [b"", b"no colon at all", b"k2:", b"k2:short", bytes(60)])
def test_unwrap_refuses_what_is_no_blob(blob: bytes) -> None:
    with pytest.raises(SealBroken):
        sealing.unwrap(blob)


def test_rewrap_leaves_a_blob_alone_when_it_is_current() -> None:
    blob = sealing.wrap(sealing.new_key())

    assert sealing.rewrap(blob) is blob


@pytest.mark.parametrize(
    ("ring", "what"),
    [
        ("", "it is not set"),
        ("k1", "key number 1 has no colon"),
        ("k 1:AAAA", "key number 1 has an id"),
        ("k1:%%%", "key number 1 is not base64"),
        ("k1:AAAA", "key number 1 has 3 bytes instead of 32"),
        (f"{OLD},", "key number 2 has no colon"),
        (f"{OLD},{OLD}", "key number 2 repeats the id 'k1'"),
        (f"{OLD},k9:{OLD[3:]}", "key number 2 repeats the value"),
    ],
)
def test_ring_is_refused_with_the_variable_the_fault_and_the_fix(settings: Any, ring: str, what: str) -> None:
    settings.FIELD_KEYS = ring

    with pytest.raises(ImproperlyConfigured) as refusal:
        sealing.wrap(sealing.new_key())

    sentence = str(refusal.value)
    assert sentence.startswith("FIELD_KEYS: ")
    assert what in sentence
    assert "Fix: write FIELD_KEYS=" in sentence
    assert OLD[3:] not in sentence


def test_ring_shows_no_key_when_printed() -> None:
    ring = sealing._ring()

    assert "object at" not in repr(ring)
    assert "AES" not in repr(ring)


def test_fingerprint_is_the_same_however_the_address_is_written() -> None:
    assert sealing.fingerprint("email", " ADA@Example.org ") == sealing.fingerprint("email", "ada@example.org")
    assert sealing.fingerprint("email", "ada@example.org") != sealing.fingerprint("account", "ada@example.org")
    assert len(sealing.fingerprint("email", "ada@example.org")) == len("k2:") + 64


def test_fingerprints_find_what_was_stored_under_an_older_key(settings: Any) -> None:
    settings.FIELD_KEYS = OLD
    stored = sealing.fingerprint("email", "ada@example.org")

    settings.FIELD_KEYS = f"{NEW},{OLD}"

    assert stored in sealing.fingerprints("email", "Ada@example.org")
    assert sealing.fingerprints("email", "Ada@example.org")[0] == sealing.fingerprint("email", "ada@example.org")
    assert stored != sealing.fingerprint("email", "ada@example.org")


def test_secret_matches_only_the_secret_in_its_context() -> None:
    digest = sealing.secret_digest("code:1", "123456")

    assert sealing.secret_matches("code:1", "123456", digest)
    assert not sealing.secret_matches("code:1", "123457", digest)
    assert not sealing.secret_matches("code:2", "123456", digest)
    assert not sealing.secret_matches("code:1", "123456", "")
    assert not sealing.secret_matches("code:1", "123456", "ü:ü")


def test_signature_holds_for_these_bytes_and_this_key_only(settings: Any) -> None:
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    signature = sealing.sign(b"manifest")

    assert signature.key_id == "k2"
    assert sealing.verify_signature(b"manifest", "k2", signature.value)
    assert not sealing.verify_signature(b"manifesto", "k2", signature.value)
    assert not sealing.verify_signature(b"manifest", "k1", signature.value)
    assert not sealing.verify_signature(b"manifest", "k7", signature.value)
    assert not sealing.verify_signature(b"manifest", "k2", "not base64 !")
    assert not sealing.verify_signature(b"manifest", "k2", "")


def test_signature_can_be_verified_by_others_with_the_public_key() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signature = sealing.sign(b"manifest")

    public = Ed25519PublicKey.from_public_bytes(sealing.public_key(signature.key_id))
    public.verify(base64.b64decode(signature.value), b"manifest")
    assert sealing.public_key() == sealing.public_key(sealing.current_key_id())


def test_the_four_jobs_of_a_master_key_use_four_keys() -> None:
    master = sealing._ring().current

    derived = {master.fingerprinting, master.digesting, master.signing.private_bytes_raw()}

    assert len(derived) == 3
    assert b"\x02" * 32 not in derived


def test_seal_takes_microseconds() -> None:
    key, rounds = sealing.new_key(), 2000

    best = min(timeit.repeat(lambda: sealing.seal(key, b"x" * 40, context="a"), number=rounds, repeat=5)) / rounds

    # About 2 us; a shared machine gets ten times that, a careless change (a KDF per value) does not.
    assert best < 20e-6
