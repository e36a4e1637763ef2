"""Sealed bytes in an S3 bucket, or in anything that speaks its protocol. Needs the optional extra `s3`.

The bucket never sees a key or a plain byte: sealing happens before. What an upload is made of becomes visible when
its last part is acknowledged, all at once, as S3 guarantees; what a crashed writer left is an unfinished upload.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from dsr.packaging.stores import SUFFIX, Missing

_PART = 8 * 1024 * 1024
"""S3 wants parts of at least 5 MiB and at most 10,000 of them; these reach 78 GiB."""
_AHEAD = 8 * 1024 * 1024
_CONFIG = Config(
    connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 5}, s3={"addressing_style": "auto"}
)


class BucketStore:
    """A bucket, or the part of it below a prefix. Credentials are found as boto3 finds them."""

    def __init__(
        self, bucket: str, prefix: str = "", *, region: str | None = None, endpoint: str | None = None
    ) -> None:
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._client = boto3.client("s3", region_name=region, endpoint_url=endpoint, config=_CONFIG)

    def upload(self, name: str) -> "_BucketUpload":
        """Starts a new object; nothing is sent before the first part is full."""
        return _BucketUpload(self._client, self._place(name))

    def open(self, name: str) -> "_BucketBlob":
        """The object of that name. Raises `Missing`."""
        place = self._place(name)
        try:
            head = self._client.head_object(**place)
        except ClientError as error:
            if _is_missing(error):
                raise Missing(name) from None
            raise
        return _BucketBlob(self._client, place, head["ContentLength"], head["ETag"], name)

    def delete(self, name: str) -> bool:
        """Removes it; false when it was already gone."""
        place = self._place(name)
        try:
            self._client.head_object(**place)
        except ClientError as error:
            if _is_missing(error):
                return False
            raise
        self._client.delete_object(**place)
        return True

    def names(self, prefix: str) -> Iterator[str]:
        """Every stored name that starts with `prefix`, in order."""
        pages = self._client.get_paginator("list_objects_v2")
        found = [
            entry["Key"].removeprefix(self._prefix).removesuffix(SUFFIX)
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix)
            for entry in page.get("Contents", ())
            if entry["Key"].endswith(SUFFIX)
        ]
        yield from sorted(found)

    def sweep(self, before: datetime) -> int:
        """Removes what crashed writers left before that instant; returns how many."""
        removed = 0
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
            for entry in page.get("Uploads", ()):
                if entry["Initiated"] < before:
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=entry["Key"], UploadId=entry["UploadId"]
                    )
                    removed += 1
        return removed

    def _place(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{name}{SUFFIX}"}


class _BucketUpload:
    """Bytes on their way into a bucket, a part at a time; small objects go at once."""

    def __init__(self, client: Any, place: dict[str, str]) -> None:
        self._client, self._place = client, place
        self._pending = bytearray()
        self._id: str | None = None
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) >= _PART:
            self._send()

    def publish(self) -> None:
        if self._id is None:
            self._client.put_object(**self._place, Body=bytes(self._pending))
            return
        if self._pending:
            self._send()
        self._client.complete_multipart_upload(**self._place, UploadId=self._id, MultipartUpload={"Parts": self._parts})
        self._id = None

    def abandon(self) -> None:
        if self._id is None:
            return
        with suppress(ClientError):
            self._client.abort_multipart_upload(**self._place, UploadId=self._id)
        self._id = None

    def _send(self) -> None:
        if self._id is None:
            self._id = self._client.create_multipart_upload(**self._place)["UploadId"]
        number = len(self._parts) + 1
        sent = self._client.upload_part(**self._place, UploadId=self._id, PartNumber=number, Body=bytes(self._pending))
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._pending.clear()


class _BucketBlob:
    """A stored object. Every read names the version that was opened, so two versions are never mixed."""

    def __init__(self, client: Any, place: dict[str, str], size: int, tag: str, name: str) -> None:
        self._client, self._place, self._tag, self._name = client, place, tag, name
        self._start, self._window = 0, b""
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        end = self._start + len(self._window)
        if not self._start <= offset <= offset + length <= end:
            # Who reads on from where the last read ended will want more.
            self._fetch(offset, max(length, _AHEAD if self._start < offset <= end else 0))
        begin = offset - self._start
        return self._window[begin : begin + length]

    def close(self) -> None:
        self._start, self._window = 0, b""

    def _fetch(self, offset: int, length: int) -> None:
        last = min(offset + length, self.size) - 1
        try:
            answer = self._client.get_object(**self._place, Range=f"bytes={offset}-{last}", IfMatch=self._tag)
        except ClientError as error:
            if _is_missing(error):
                raise Missing(self._name) from None
            raise
        self._start, self._window = offset, answer["Body"].read()


def _is_missing(error: ClientError) -> bool:
    """Whether the object is gone, or is another one by now."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (404, 412)
