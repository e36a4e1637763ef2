"""One signed call to a service of the `http` connector, and its answer: judged, limited, timed and proven.

Opens a connection for each call, so that each is judged and timed as a whole. Retrying is left to the caller: a failure
says whether it may pass, and after how long.
"""

import hashlib
import json
import secrets
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpcore

from dsr.connectors.base import Code, PermanentFailure, TemporaryFailure
from dsr.connectors.deadline import Deadline
from dsr.connectors.http_config import HttpConfig
from dsr.connectors.http_transport import failures, guarded_pool, header, limited, trusted
from dsr.connectors.http_wire import DAY_SECONDS, Item, Stream, lines
from dsr.connectors.signing import SIGNATURE, Call, digest, response_signature, same

_WHOLE_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that is not streamed."""


class Caller:
    """Speaks to one service."""

    def __init__(self, config: HttpConfig) -> None:
        self._config = config
        self._limits = config.limits.limits()
        self._path = urlsplit(config.url).path

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        return trusted(self._config.ca_file) if self._config.url.startswith("https:") else None

    def whole(self, verb: str, body: Mapping[str, Any], *, key: str, seconds: float | None = None) -> bytes:
        """Return a proven answer."""
        with self._open(verb, body, key=key, media_type="application/json", seconds=seconds) as (call, response):
            answer = b"".join(limited(response.iter_stream(), _WHOLE_ANSWER))
            self._prove(call, response.status, digest(answer), header(response, SIGNATURE))
        return answer

    def stream(self, verb: str, body: Mapping[str, Any], reader: Stream[Item], *, key: str) -> Iterator[Item]:
        """Yield what the reader makes of each line. Only the end of the iterator proves that all came, unchanged."""
        with self._open(verb, body, key=key, media_type="application/x-ndjson") as (call, response):
            so_far = hashlib.sha256()
            for line in lines(limited(response.iter_stream(), self._limits.max_bytes)):
                item = reader.read(line)
                if item is not None:
                    so_far.update(line)
                    yield item
            if reader.end is None:
                raise TemporaryFailure(Code.INTERRUPTED)
            self._prove(call, response.status, so_far.hexdigest(), str(reader.end.get("signature")))
            if not reader.complete():
                raise PermanentFailure(Code.BAD_ANSWER)

    def _prove(self, call: Call, status: int, body_digest: str, given: str) -> None:
        secret = self._config.secret.get_secret_value()
        if not same(given, response_signature(secret, call.key_id, status, call.nonce, body_digest)):
            raise PermanentFailure(Code.BAD_SIGNATURE)

    @contextmanager
    def _open(
        self, verb: str, body: Mapping[str, Any], *, key: str, media_type: str, seconds: float | None = None
    ) -> Iterator[tuple[Call, httpcore.Response]]:
        """Yield a call and its answer, whose head has been judged and whose body is still to come."""
        content = json.dumps(body, separators=(",", ":")).encode()
        call = Call(
            method="POST",
            path=f"{self._path}/{verb}",
            key_id=self._config.key_id,
            timestamp=str(int(time.time())),
            nonce=secrets.token_urlsafe(18),
            idempotency_key=key,
            body_digest=digest(content),
        )
        deadline = Deadline(self._limits.timeout_seconds if seconds is None else seconds)
        with (
            failures(),
            guarded_pool(self._tls, self._config.networks, deadline) as pool,
            pool.stream(
                call.method,
                f"{self._config.url}/{verb}",
                headers=self._headers(call, media_type),
                content=content,
                extensions={"timeout": {"connect": self._config.connect_timeout_seconds}},
            ) as response,
        ):
            _judge(response, media_type)
            yield call, response

    def _headers(self, call: Call, media_type: str) -> Sequence[tuple[bytes | str, bytes | str]]:
        return [
            ("Host", urlsplit(self._config.url).netloc),
            ("Content-Type", "application/json"),
            ("Accept", media_type),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "recourse-connector/1"),
            *call.headers(self._config.secret.get_secret_value()).items(),
        ]


_PERMANENT = {
    400: Code.NOT_UNDERSTOOD,
    401: Code.BAD_CREDENTIALS,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    405: Code.NOT_FOUND,
    409: Code.KEY_REUSED,
    410: Code.NOT_FOUND,
    413: Code.TOO_LARGE,
    501: Code.NOT_FOUND,
    505: Code.NOT_FOUND,
}
_TEMPORARY = {408: Code.TIMED_OUT, 425: Code.BUSY, 429: Code.BUSY, 503: Code.BUSY, 504: Code.TIMED_OUT}


def _judge(response: httpcore.Response, media_type: str) -> None:
    """Raise what the head of an answer means. Not signed where it says no, and not needed: nothing is taken from it."""
    status = response.status
    if status == 200:
        kind = header(response, "Content-Type").partition(";")[0].strip().lower()
        if kind != media_type or header(response, "Content-Encoding").lower() not in ("", "identity"):
            raise PermanentFailure(Code.BAD_ANSWER)
        return
    if 300 <= status < 400:
        raise PermanentFailure(Code.REDIRECT_REFUSED)
    if status in _PERMANENT:
        raise PermanentFailure(_PERMANENT[status])
    if status in _TEMPORARY or status >= 500:
        after = header(response, "Retry-After")
        seconds = min(float(after), DAY_SECONDS) if after.isascii() and after.isdigit() else None
        raise TemporaryFailure(_TEMPORARY.get(status, Code.SYSTEM_ERROR), retry_after=seconds)
    raise PermanentFailure(Code.NOT_UNDERSTOOD if 400 <= status < 500 else Code.BAD_ANSWER)
