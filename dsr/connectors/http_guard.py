"""Where an `http` connector may connect to: public addresses, and the networks that its configuration names.

The name is resolved here, every address it has is judged, and the connection goes to an address that was judged.
There is no second look-up that could answer differently; Host header and certificate still carry the name.
"""

import socket
import ssl
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any

import httpcore

from dsr.connectors.base import Code, PermanentFailure, TemporaryFailure, alone
from dsr.connectors.deadline import Deadline
from notifications.addresses import METADATA, Address, Network, judge

__all__ = ["METADATA", "Address", "GuardedBackend", "Network", "inside", "judge", "resolve"]


def resolve(host: str, port: int, allowed: Sequence[Network], *, public: bool = True) -> list[str]:
    """Return the addresses of a name; raises if there are none, or if any single one may not be connected to.

    Without ``public`` only the allowed networks may be.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise TemporaryFailure(Code.UNREACHABLE, "url")
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    found_at = [ip_address(address.partition("%")[0]) for address in addresses]
    if not all(judge(address, allowed) and (public or inside(address, allowed)) for address in found_at):
        raise PermanentFailure(Code.ADDRESS_REFUSED, "url")
    return addresses


def inside(address: Address, allowed: Sequence[Network]) -> bool:
    """Tell whether an address is in one of some networks."""
    return any(address.version == network.version and address in network for network in allowed)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections for one call: only to addresses that were judged, and only until the call's time is up."""

    def __init__(self, allowed: Sequence[Network], deadline: Deadline, *, public: bool = True) -> None:
        self._allowed = allowed
        self._public = public
        self._deadline = deadline
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
        for address in resolve(host, port, self._allowed, public=self._public):
            self._deadline.check("url")
            try:
                stream = self._backend.connect_tcp(
                    address,
                    port,
                    timeout=_shorter(timeout, self._deadline),
                    local_address=local_address,
                    socket_options=socket_options,
                )
                return _Timed(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Timed(httpcore.NetworkStream):
    """A connection on which every wait is cut to what is left of the call: a byte a minute gains nobody time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come."""
        self._deadline.check("url")
        return self._stream.read(max_bytes, _shorter(timeout, self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        self._deadline.check("url")
        self._stream.write(buffer, _shorter(timeout, self._deadline))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Begin TLS, with the name that was configured and not the address it led to."""
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, _shorter(timeout, self._deadline))
        except httpcore.ConnectError as error:
            if not isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise
            alone(PermanentFailure(Code.TLS_FAILED, "url"))
        return _Timed(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows about itself."""
        return self._stream.get_extra_info(info)


def _shorter(timeout: float | None, deadline: Deadline) -> float:
    left = max(0.001, deadline.left)
    return left if timeout is None else min(timeout, left)
