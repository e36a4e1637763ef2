"""One suite for every kind of store; the bucket is one of a separate server that speaks S3, over loopback."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from dsr.packaging import s3store
from dsr.packaging.s3store import BucketStore
from dsr.packaging.stores import FolderStore, Missing, Store
from dsr.packaging.vault import Vault, open_vault
from tests.unit.packaging.samples import CUSTOMER, KEY, ORDERS, account_pieces, spooled

EARLY, LATE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "invented")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # Real parts are 5 MiB and more, which the server insists on; reading ahead can be made short.
    monkeypatch.setattr(s3store, "_PART", 5 * 1024 * 1024)
    monkeypatch.setattr(s3store, "_AHEAD", 1024 * 1024)
    name = f"bucket-{os.urandom(6).hex()}"
    client(server).create_bucket(Bucket=name)
    return name


def client(server: str) -> Any:
    return boto3.client("s3", region_name="us-east-1", endpoint_url=server)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    server: str = request.getfixturevalue("server")
    return BucketStore(request.getfixturevalue("bucket"), "some/prefix", region="us-east-1", endpoint=server)


def put(store: Store, name: str, *parts: bytes) -> None:
    upload = store.upload(name)
    for part in parts:
        upload.write(part)
    upload.publish()


def got(store: Store, name: str) -> bytes:
    blob = store.open(name)
    try:
        return blob.read(0, blob.size)
    finally:
        blob.close()


MEGABYTE = os.urandom(1024 * 1024)


@pytest.mark.parametrize("megabytes", [0, 1, 5, 12])
def test_object_comes_back_as_it_was_put(store: Store, megabytes: int) -> None:
    put(store, "a", *[MEGABYTE] * megabytes, b"end")

    assert got(store, "a") == MEGABYTE * megabytes + b"end"


def test_any_part_can_be_read(store: Store) -> None:
    put(store, "a", MEGABYTE, MEGABYTE)
    blob, whole = store.open("a"), MEGABYTE * 2

    for offset, length in ((0, 40), (40, 1000), (1040, 700_000), (len(whole) - 5, 100), (5, 5), (len(whole), 5)):
        assert blob.read(offset, length) == whole[offset : offset + length]

    blob.close()


def test_nothing_is_there_before_it_is_published(store: Store) -> None:
    upload = store.upload("a")
    for _ in range(6):
        upload.write(MEGABYTE)

    with pytest.raises(Missing):
        store.open("a")
    upload.abandon()
    upload.abandon()


def test_abandoned_object_leaves_nothing_to_sweep(store: Store) -> None:
    upload = store.upload("a")
    for _ in range(6):
        upload.write(MEGABYTE)

    upload.abandon()

    assert store.sweep(LATE) == 0
    assert list(store.names("")) == []


def test_sweep_removes_only_what_is_old_and_unfinished(store: Store) -> None:
    put(store, "whole", b"x")
    crashed = store.upload("half")
    for _ in range(6):
        crashed.write(MEGABYTE)

    assert store.sweep(EARLY) == 0
    assert store.sweep(LATE) == 1
    assert got(store, "whole") == b"x"
    crashed.abandon()


def test_later_object_replaces_the_earlier(store: Store) -> None:
    put(store, "a", b"old")

    put(store, "a", b"new")

    assert got(store, "a") == b"new"


def test_delete_says_whether_there_was_something(store: Store) -> None:
    put(store, "a/b", b"x")

    assert [store.delete("a/b"), store.delete("a/b")] == [True, False]
    with pytest.raises(Missing):
        store.open("a/b")


def test_names_come_in_order_below_their_prefix(store: Store) -> None:
    for name in ("p/2/b", "p/1", "p/2/a", "q/1", "p-old/1"):
        put(store, name, b"x")

    assert list(store.names("p/")) == ["p/1", "p/2/a", "p/2/b"]
    assert list(store.names("r/")) == []


def test_bucket_never_mixes_two_versions_of_an_object(server: str, bucket: str) -> None:
    store = BucketStore(bucket, region="us-east-1", endpoint=server)
    put(store, "a", MEGABYTE, MEGABYTE)
    blob = store.open("a")
    blob.read(0, 100)

    put(store, "a", bytes(2 * 1024 * 1024))

    with pytest.raises(Missing):
        blob.read(1_500_000, 100)


def test_bucket_holds_only_sealed_bytes_under_its_prefix(
    server: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = open_vault(f"s3://{bucket}/live?region=us-east-1&endpoint={server}")

    with spooled(vault, account_pieces(), (CUSTOMER, ORDERS)) as parcel:
        rows = [row for held in parcel.rows for row in parcel.records(held)]

    stored = client(server).list_objects_v2(Bucket=bucket)["Contents"]
    body = client(server).get_object(Bucket=bucket, Key=stored[0]["Key"])["Body"].read()
    assert len(rows) == 6
    assert [entry["Key"] for entry in stored] == ["live/parcels/one.sealed"]
    assert b"Ada" not in body


def test_ranges_of_a_large_object_are_read_from_a_bucket(server: str, bucket: str) -> None:
    vault = Vault(BucketStore(bucket, region="us-east-1", endpoint=server))
    whole = MEGABYTE * 12
    with vault.writer("packages/big", KEY) as out:
        out.write(whole)

    for start, end in ((0, 10), (3_000_000, 9_000_000), (len(whole) - 7, len(whole))):
        with vault.reader("packages/big", KEY, start, end) as reading:
            assert b"".join(reading) == whole[start:end]
    assert vault.sweep(LATE + timedelta(days=1)) == 0
