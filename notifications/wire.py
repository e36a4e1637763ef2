"""One HTTP call to an address that the operator chose: judged, limited in time and in size, without redirects."""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from notifications.addresses import Network, judge
from notifications.failures import TemporaryFailure

CONNECT_WITHIN: Final = 5.0
"""Seconds."""
CALL_WITHIN: Final = 20.0
"""Seconds for a whole call, however slowly its bytes come."""
LONGEST_ANSWER: Final = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and, of the body, at most LONGEST_ANSWER bytes."""

    status: int
    body: bytes = field(repr=False)


def post(url: str, headers: Sequence[tuple[str, str]], content: bytes, *, allowed: Sequence[Network] = ()) -> Answer:
    """Send a POST and return the answer, whatever its status. Redirects are answers, not followed.

    Raises TemporaryFailure: `address-refused`, `connect-...`, `lost-...` or `answer-too-large`, all of them about the
    service and not about one message.
    """
    ends = time.monotonic() + CALL_WITHIN
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=_tls() if url.startswith("https:") else None,
                max_connections=1,
                retries=0,
                network_backend=_Guarded(allowed, ends),
            ) as pool,
            pool.stream(
                "POST",
                url,
                headers=[("Host", urlsplit(url).netloc), ("User-Agent", "recourse/1"), *headers],
                content=content,
                extensions={"timeout": {"connect": CONNECT_WITHIN}},
            ) as response,
        ):
            return Answer(response.status, b"".join(_limited(response.iter_stream())))
    except httpcore.ConnectTimeout:
        code = "connect-timeout"
    except httpcore.ConnectError as error:
        # The pool takes the cause off and leaves what the socket said as the argument.
        code = "connect-tls" if any(isinstance(each, ssl.SSLError) for each in error.args) else "connect-error"
    except httpcore.TimeoutException:
        code = "lost-timeout"
    except (httpcore.NetworkError, httpcore.ProtocolError):
        code = "lost-error"
    # Outside the handler, so that no chained error brings the body or the address into a log.
    raise TemporaryFailure(code, unreachable=True)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _limited(chunks: Iterable[bytes]) -> Iterator[bytes]:
    left = LONGEST_ANSWER
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise TemporaryFailure("answer-too-large", unreachable=True)
        yield chunk


def _resolve(host: str, port: int, allowed: Sequence[Network]) -> list[str]:
    """Return the addresses of a name, each of them judged: no second look-up could answer differently."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise TemporaryFailure("connect-name", unreachable=True)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(judge(ip_address(address.partition("%")[0]), allowed) for address in addresses):
        raise TemporaryFailure("address-refused", unreachable=True)
    return addresses


class _Guarded(httpcore.NetworkBackend):
    """Opens connections for one call: only to addresses that were judged, and only until its time is up."""

    def __init__(self, allowed: Sequence[Network], ends: float) -> None:
        self._allowed = allowed
        self._ends = ends
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers."""
        failure: Exception = httpcore.ConnectError()
        for address in _resolve(host, port, self._allowed):
            try:
                stream = self._backend.connect_tcp(
                    address,
                    port,
                    timeout=_left(self._ends, timeout),
                    local_address=local_address,
                    socket_options=socket_options,
                )
                return _Timed(stream, self._ends)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Timed(httpcore.NetworkStream):
    """A connection on which every wait is cut to what is left of the call."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream = stream
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come."""
        return self._stream.read(max_bytes, _left(self._ends, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        self._stream.write(buffer, _left(self._ends, timeout))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Begin TLS, with the name that was configured and not the address it led to."""
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._ends, timeout)), self._ends)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows about itself."""
        return self._stream.get_extra_info(info)


def _left(ends: float, timeout: float | None) -> float:
    """Return the seconds that may still be waited. Raises httpcore.ReadTimeout when there are none."""
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(timeout, left)
