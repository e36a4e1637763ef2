import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsr.packaging.vault import Broken, Missing, Vault, open_vault
from tests.unit.packaging.samples import KEY, vault_in

BITS = 10
CHUNK = 1 << BITS
HEADER = 40
SEALED = CHUNK + 16
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path, chunk_bits=BITS)


def stored(tmp_path: Path, name: str = "a") -> Path:
    return tmp_path / "vault" / "objects" / f"{name}.sealed"


def plain(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


def put(vault: Vault, data: bytes, name: str = "a", key: bytes = KEY) -> None:
    with vault.writer(name, key) as out:
        out.write(data)


def got(vault: Vault, name: str = "a", key: bytes = KEY, start: int = 0, end: int | None = None) -> bytes:
    with vault.reader(name, key, start, end) as reading:
        return b"".join(reading)


@pytest.mark.parametrize("size", SIZES)
def test_reader_returns_what_was_written(vault: Vault, size: int) -> None:
    put(vault, plain(size))

    assert got(vault) == plain(size)


@pytest.mark.parametrize("step", [1, 7, 1000, CHUNK, 5000])
def test_writer_takes_pieces_of_any_length(vault: Vault, step: int) -> None:
    data = plain(5 * CHUNK + 3)

    with vault.writer("a", KEY) as out:
        for start in range(0, len(data), step):
            out.write(data[start : start + step])

    assert got(vault) == data


def test_writer_tells_size_and_digest_of_the_plain_bytes(vault: Vault) -> None:
    with vault.writer("a", KEY) as out:
        out.write(b"ab")
        out.write(b"c")

    assert (out.size, out.seekable()) == (3, False)
    assert out.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_store_holds_no_plain_text_and_two_writings_differ(vault: Vault, tmp_path: Path) -> None:
    put(vault, b"Ada lives in Dublin" * 50, "a")
    put(vault, b"Ada lives in Dublin" * 50, "b")

    one, other = stored(tmp_path, "a").read_bytes(), stored(tmp_path, "b").read_bytes()

    assert b"Dublin" not in one
    assert one[HEADER:] != other[HEADER:]


def test_store_is_closed_to_other_users(vault: Vault, tmp_path: Path) -> None:
    put(vault, b"secret", "parcels/a")

    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "vault").rglob("*")}

    assert modes == {0}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(size=st.sampled_from(SIZES), start=st.integers(0, 4 * CHUNK), length=st.integers(0, 4 * CHUNK))
def test_reader_returns_exactly_the_range(vault: Vault, size: int, start: int, length: int) -> None:
    put(vault, plain(size))

    assert got(vault, start=start, end=start + length) == plain(size)[start : start + length]


def test_reader_knows_the_whole_size_whatever_the_range(vault: Vault) -> None:
    put(vault, plain(2500))

    with vault.reader("a", KEY, 10, 20) as reading:
        assert (reading.size, reading.start, reading.end) == (2500, 10, 20)


def damaged(tmp_path: Path) -> Iterator[tuple[str, bytes]]:
    """Every way in which a stored object can be spoilt, one of each class."""
    whole = stored(tmp_path).read_bytes()
    spots = {"magic": 0, "version": 4, "chunk size": 5, "reserved": 6, "id": 8, "first chunk": HEADER, "tag": SEALED}
    for what, spot in spots.items():
        yield what, whole[:spot] + bytes([whole[spot] ^ 1]) + whole[spot + 1 :]
    yield "last byte", whole[:-1] + bytes([whole[-1] ^ 0x80])
    chunks = [whole[HEADER + at : HEADER + at + SEALED] for at in range(0, len(whole) - HEADER, SEALED)]
    head = whole[:HEADER]
    yield "swapped chunks", head + b"".join([chunks[1], chunks[0], *chunks[2:]])
    yield "repeated chunk", head + b"".join([chunks[0], chunks[0], *chunks[2:]])
    yield "dropped chunk", head + b"".join([chunks[0], *chunks[2:]])
    yield "appended chunk", whole + chunks[-1]
    yield "appended byte", whole + b"\0"


def refuses(vault: Vault) -> bool:
    try:
        got(vault)
    except Broken:
        return True
    return False


@pytest.mark.parametrize("full", [False, True], ids=["short last chunk", "full last chunk"])
def test_reader_refuses_whatever_was_damaged(vault: Vault, tmp_path: Path, full: bool) -> None:
    put(vault, plain(3 * CHUNK if full else 2 * CHUNK + 100))

    for what, spoilt in list(damaged(tmp_path)):
        stored(tmp_path).write_bytes(spoilt)
        assert refuses(vault), what


def test_reader_refuses_a_truncated_object_before_the_first_byte(vault: Vault, tmp_path: Path) -> None:
    put(vault, plain(3 * CHUNK))
    whole = stored(tmp_path).read_bytes()

    for length in [0, 1, HEADER - 1, HEADER, HEADER + 1, HEADER + SEALED, HEADER + 2 * SEALED, len(whole) - 1]:
        stored(tmp_path).write_bytes(whole[:length])
        with pytest.raises(Broken):
            vault.reader("a", KEY, 0, 1)


def test_reader_refuses_another_key_and_another_name(vault: Vault, tmp_path: Path) -> None:
    put(vault, b"Ada's")
    stored(tmp_path, "max").write_bytes(stored(tmp_path).read_bytes())

    with pytest.raises(Broken):
        vault.reader("a", bytes(32))
    with pytest.raises(Broken):
        vault.reader("max", KEY)


def test_object_is_invisible_until_the_writer_is_done(vault: Vault) -> None:
    with vault.writer("a", KEY) as out:
        out.write(plain(5000))
        with pytest.raises(Missing):
            vault.reader("a", KEY)

    assert got(vault) == plain(5000)


def fail_while_writing(vault: Vault, data: bytes) -> None:
    with vault.writer("a", KEY) as out:
        out.write(data)
        out.size /= 0  # type: ignore[assignment]


def test_nothing_is_kept_when_the_writer_fails(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_while_writing(vault, plain(5000))

    assert not [path for path in (tmp_path / "vault").rglob("*") if path.is_file()]


def test_old_object_stays_when_its_replacement_fails(vault: Vault) -> None:
    put(vault, b"old")

    with pytest.raises(ZeroDivisionError):
        fail_while_writing(vault, b"new")

    assert got(vault) == b"old"


def test_reader_keeps_what_it_opened_while_the_object_is_replaced(vault: Vault) -> None:
    put(vault, plain(5000))

    with vault.reader("a", KEY) as reading:
        beginning = next(reading)
        put(vault, b"new")

        assert beginning + b"".join(reading) == plain(5000)
    assert got(vault) == b"new"


def test_delete_says_whether_there_was_something(vault: Vault, tmp_path: Path) -> None:
    put(vault, b"x", "packages/one")

    assert vault.delete("packages/one") is True
    assert vault.delete("packages/one") is False
    assert not (tmp_path / "vault" / "objects" / "packages").exists()


def test_list_prefix_names_one_level_and_what_is_below(vault: Vault) -> None:
    for name in ("parcels/2/b", "parcels/1", "parcels/2/a", "packages/1", "parcels-old/1"):
        put(vault, b"x", name)

    assert list(vault.list_prefix("parcels/")) == ["parcels/1", "parcels/2/a", "parcels/2/b"]
    assert list(vault.list_prefix("nothing/")) == []


def test_sweep_removes_what_crashed_writers_left_by_age(vault: Vault, tmp_path: Path) -> None:
    at = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    put(vault, b"published")
    incoming = tmp_path / "vault" / "incoming"
    for name, age in (("old", timedelta(days=2)), ("young", timedelta(minutes=1))):
        (incoming / name).write_bytes(b"half")
        stamp = (at - age).timestamp()
        os.utime(incoming / name, (stamp, stamp))

    removed = vault.sweep(at - timedelta(days=1))

    assert removed == 1
    assert [path.name for path in incoming.iterdir()] == ["young"]
    assert got(vault) == b"published"


@pytest.mark.parametrize(
    "name",
    ["", "/", "a/", "/a", "a//b", "..", "a/../b", "A", "a.b", "a b", "é", "a\n", "a\0", "x" * 81, "/".join("a" * 9)],
)
def test_vault_refuses_names_that_are_not_opaque(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="vault name"), vault.writer(name, KEY):
        pass
    with pytest.raises(ValueError, match="vault name"):
        vault.delete(name)


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(33)])
def test_writer_refuses_a_key_of_another_length(vault: Vault, key: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"), vault.writer("a", key):
        pass

    assert not [path for path in (tmp_path / "vault").rglob("*") if path.is_file()]


def test_open_vault_takes_a_folder_with_spaces(tmp_path: Path) -> None:
    vault = open_vault((tmp_path / "my vault").as_uri())

    put(vault, b"x")

    assert (tmp_path / "my vault" / "objects" / "a.sealed").exists()


def test_open_vault_names_the_extra_when_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "dsr.packaging.s3store", raising=False)

    with pytest.raises(ImproperlyConfigured, match="extra `s3`"):
        open_vault("s3://never-seen-before")


@pytest.mark.parametrize(
    "url", ["s3:///prefix", "s3://bucket?key=secret", "file://host/x", "file:relative", "/var/lib", "", "ftp://x/y"]
)
def test_open_vault_names_the_setting_and_the_fix(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"STORAGE_URL: .*Fix: "):
        open_vault(url)
