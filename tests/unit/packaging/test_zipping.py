import io
import os
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dsr.packaging import zipping
from dsr.packaging.zipping import Record, ZipStream
from tests.unit.packaging.samples import AT


class OneWay:
    """Takes bytes and nothing else, as a socket would."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(data)
        return len(data)


def archive(*members: tuple[str, bytes], at: datetime = AT, at_most: int = 0) -> bytes:
    out = OneWay()
    stream = ZipStream(out, at)
    for path, data in members:
        with stream.member(path, at_most=at_most) as member:
            for start in range(0, len(data), 50_000):
                member.write(data[start : start + 50_000])
    stream.finish()
    return b"".join(out.parts)


NOISE = os.urandom(300_000)
MEMBERS = (("a.txt", b""), ("data/b.json", b"[1]"), ("data/ünï.txt", b"words " * 100_000), ("noise.bin", NOISE))


@pytest.mark.parametrize("at_most", [0, 1 << 32], ids=["plain", "zip64"])
def test_archive_is_read_by_others(at_most: int, tmp_path: Path) -> None:
    data = archive(*MEMBERS, at_most=at_most)

    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        assert [(name, read.read(name)) for name in read.namelist()] == list(MEMBERS)
    (tmp_path / "a.zip").write_bytes(data)
    if unzip := shutil.which("unzip"):
        assert subprocess.run([unzip, "-tq", tmp_path / "a.zip"], capture_output=True, check=False).returncode == 0


def test_equal_input_gives_equal_bytes() -> None:
    assert archive(*MEMBERS) == archive(*MEMBERS)


def test_entries_tell_size_and_digest() -> None:
    stream = ZipStream(OneWay(), AT)

    stream.add("abc", b"abc")

    entry = stream.entries[0]
    assert (entry.path, entry.size) == ("abc", 3)
    assert entry.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_members_carry_the_given_instant_in_utc_and_ordinary_permissions() -> None:
    at = datetime(2026, 3, 5, 23, 30, 21, tzinfo=timezone(timedelta(hours=-5)))

    with zipfile.ZipFile(io.BytesIO(archive(("a", b"x"), at=at))) as read:
        info = read.getinfo("a")

    assert info.date_time == (2026, 3, 6, 4, 30, 20)
    assert info.external_attr >> 16 == 0o100644


@pytest.mark.parametrize("year", [1979, 2108])
def test_stream_refuses_years_that_zip_cannot_carry(year: int) -> None:
    with pytest.raises(ValueError, match="1980"):
        ZipStream(OneWay(), datetime(year, 1, 1, tzinfo=UTC))


def test_noise_is_passed_through_and_words_shrink() -> None:
    with zipfile.ZipFile(io.BytesIO(archive(*MEMBERS))) as read:
        packed = {info.filename: info.compress_size for info in read.infolist()}

    assert packed["noise.bin"] <= len(NOISE) * 1.001
    assert packed["data/ünï.txt"] < 10_000


def test_directory_of_a_huge_archive_is_zip64() -> None:
    records = [Record(f"{number}", 0, 5, 5, number, False) for number in range(70_000)]
    records.append(Record("far", 1, 6 << 30, 7 << 30, 5 << 30, True))
    start = 12 << 30

    listed = zipping.directory(records, start, zipping.stamp(AT))

    read = zipfile.ZipFile(_Far(listed, start))
    info = read.getinfo("far")
    assert len(read.infolist()) == 70_001
    assert (info.file_size, info.compress_size, info.header_offset) == (7 << 30, 6 << 30, 5 << 30)


class _Far(io.RawIOBase):
    """A file whose first bytes, up to `start`, exist only in name."""

    def __init__(self, tail: bytes, start: int) -> None:
        self.tail, self.start, self.position = tail, start, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = offset + (0, self.position, self.start + len(self.tail))[whence]
        return self.position

    def read(self, size: int = -1) -> bytes:
        at = self.position - self.start
        part = self.tail[at:] if size < 0 else self.tail[at : at + size]
        self.position += len(part)
        return part


def test_member_past_4_gib_must_be_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipping, "_LIMIT", 1000)
    stream = ZipStream(OneWay(), AT)

    with pytest.raises(ValueError, match="announced"):
        stream.add("a", bytes(1001))
