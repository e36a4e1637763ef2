"""Guarded HTTPS calls that carry JSON or a form, for the connectors of services that are not ours.

A connector opens one `Session` for one of its calls: a single connection, judged by `http_guard`, and one deadline for
all that the call asks. Nothing of what a service says in words is passed on, and nothing that names a person may be
part of a path or a query: both are written down on the way by proxies and logs.
"""

import json
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import httpcore
from pydantic import BaseModel, ConfigDict, ValidationError

from dsr.connectors.base import Code, Json, PermanentFailure, TemporaryFailure, alone
from dsr.connectors.deadline import Deadline
from dsr.connectors.http_config import AddressConfig
from dsr.connectors.http_transport import failures, guarded_pool, limited, trusted
from dsr.connectors.http_wire import DAY_SECONDS

LONGEST_REPLY = 8 * 1024 * 1024
_EPOCH_FROM = 1_000_000_000
"""A count of seconds to wait is never as large, and a time since 1970 always is."""


class Loose(BaseModel):
    """Base of what a service answers: what we need of it is typed, what it says besides is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)


Answer = TypeVar("Answer", bound=Loose)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was judged: a success, or one of the statuses that the caller asked to see."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """By lower-case name."""

    def parse(self, model: type[Answer]) -> Answer:
        """Return the body as its type; raises `PermanentFailure(bad_answer)`."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError:
            alone(PermanentFailure(Code.BAD_ANSWER))


class Rest:
    """One service: its address and the headers that each call to it carries."""

    def __init__(self, config: AddressConfig, headers: Mapping[str, str]) -> None:
        self._config = config
        self._headers = headers

    @contextmanager
    def session(self, seconds: float | None = None) -> Iterator["Session"]:
        """Yield what calls the service, for as long as one call of a connector may take."""
        deadline = Deadline(self._config.limits.timeout_seconds if seconds is None else seconds)
        with guarded_pool(self._tls, self._config.networks, deadline) as pool:
            yield Session(self._config, self._headers, pool, deadline)

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        return trusted(self._config.ca_file) if self._config.url.startswith("https:") else None


class Session:
    """Calls that share a connection and a deadline."""

    def __init__(
        self, config: AddressConfig, headers: Mapping[str, str], pool: httpcore.ConnectionPool, deadline: Deadline
    ) -> None:
        self._config = config
        self._headers = headers
        self._pool = pool
        self._deadline = deadline

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Json] | None = None,
        form: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        seen: Sequence[int] = (),
    ) -> Reply:
        """Make one call. `seen` names statuses besides 2xx that are returned; any other raises what it means."""
        content, kind = _content(body, form)
        target = f"{path}?{urlencode(query)}" if query else path
        with self._asked(method, target, content, {**kind, **(headers or {})}, seen) as (response, found):
            return Reply(response.status, b"".join(limited(response.iter_stream(), LONGEST_REPLY)), found)

    @contextmanager
    def file(self, path: str, media_type: str) -> Iterator[Iterator[bytes] | None]:
        """Yield the contents of a file as they come, however many; None where there is no such file."""
        with self._asked("GET", path, b"", {"Accept": media_type}, (404,)) as (response, _found):
            yield None if response.status == 404 else response.iter_stream()

    @contextmanager
    def _asked(
        self, method: str, target: str, content: bytes, headers: Mapping[str, str], seen: Sequence[int]
    ) -> Iterator[tuple[httpcore.Response, dict[str, str]]]:
        """Yield an answer whose status has been judged and whose body is still to come, and its headers."""
        self._deadline.check()
        with (
            failures(),
            self._pool.stream(
                method,
                f"{self._config.url}{target}",
                headers=list({**self._always(), **self._headers, **headers}.items()),
                content=content,
                extensions={"timeout": {"connect": self._config.connect_timeout_seconds}},
            ) as response,
        ):
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status not in seen:
                judge_status(response.status, found)
            yield response, found

    def _always(self) -> dict[str, str]:
        return {
            "Host": urlsplit(self._config.url).netloc,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "recourse-connector/1",
        }


def _content(body: Mapping[str, Json] | None, form: Sequence[tuple[str, str]] | None) -> tuple[bytes, dict[str, str]]:
    if body is not None:
        return json.dumps(body, separators=(",", ":")).encode(), {"Content-Type": "application/json"}
    if form is not None:
        return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return b"", {}


_PERMANENT = {
    401: Code.BAD_CREDENTIALS,
    402: Code.PERMISSION_DENIED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    405: Code.NOT_FOUND,
    410: Code.NOT_FOUND,
    413: Code.TOO_LARGE,
}
_TEMPORARY = {408: Code.TIMED_OUT, 425: Code.BUSY, 429: Code.BUSY, 503: Code.BUSY, 504: Code.TIMED_OUT}


def judge_status(status: int, headers: Mapping[str, str]) -> None:
    """Raise what a status means; nothing of 2xx. The words of an answer that says no might name somebody."""
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise PermanentFailure(Code.REDIRECT_REFUSED)
    if status in _TEMPORARY or status >= 500:
        raise TemporaryFailure(_TEMPORARY.get(status, Code.SYSTEM_ERROR), retry_after=wait_named(headers))
    raise PermanentFailure(_PERMANENT.get(status, Code.NOT_UNDERSTOOD if status >= 400 else Code.BAD_ANSWER))


def wait_named(headers: Mapping[str, str]) -> float | None:
    """Return after how many seconds a service wants to be asked again, at most a day; None where it does not say.

    `Retry-After` (RFC 9110) is a number or a date. `X-RateLimit-Reset` is no standard: some send the seconds that are
    left, some the time at which the window ends, and SendGrid's own pages say both.
    """
    seconds = _seconds(headers.get("retry-after", ""))
    if seconds is None:
        seconds = _seconds(headers.get("x-ratelimit-reset", ""))
    return None if seconds is None else min(max(seconds, 0.0), DAY_SECONDS)


def _seconds(text: str) -> float | None:
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) <= 15:
        number = float(plain)
        return number - time.time() if number >= _EPOCH_FROM else number
    try:
        at = parsedate_to_datetime(plain)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - time.time()
