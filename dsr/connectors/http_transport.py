"""What every call over HTTP shares: the guarded connection, how failures are named, how much is read."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore

from dsr.connectors.base import BadConfig, Code, PermanentFailure, TemporaryFailure, alone
from dsr.connectors.deadline import Deadline
from dsr.connectors.http_guard import GuardedBackend, Network


def trusted(ca_file: str | None) -> ssl.SSLContext:
    """Return the certificates to trust: those of a file instead of the system's where one is named."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        alone(BadConfig([("ca_file", "cannot be read as certificates")]))


def guarded_pool(
    tls: ssl.SSLContext | None, networks: tuple[Network, ...], deadline: Deadline, *, public: bool = True
) -> httpcore.ConnectionPool:
    """Return a pool of one connection, to nowhere that the guard does not allow and no longer than the deadline."""
    return httpcore.ConnectionPool(
        ssl_context=tls,
        max_connections=1,
        http1=True,
        http2=False,
        retries=0,
        network_backend=GuardedBackend(networks, deadline, public=public),
    )


@contextmanager
def failures() -> Iterator[None]:
    """Raise as ours what goes wrong on the way."""
    try:
        yield
    except httpcore.TimeoutException:
        alone(TemporaryFailure(Code.TIMED_OUT))
    except (httpcore.ConnectError, httpcore.ProxyError):
        alone(TemporaryFailure(Code.UNREACHABLE))
    except (httpcore.NetworkError, httpcore.ProtocolError):
        alone(TemporaryFailure(Code.INTERRUPTED))


def limited(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Yield what comes; raises `PermanentFailure(too_large)` where it is more bytes than that."""
    for chunk in chunks:
        most -= len(chunk)
        if most < 0:
            raise PermanentFailure(Code.TOO_LARGE)
        yield chunk


def header(response: httpcore.Response, name: str) -> str:
    """Return a header of an answer; "" where there is none."""
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == wanted), "")
