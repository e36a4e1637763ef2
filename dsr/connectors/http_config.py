"""The configuration of the `http` connector, and the part of it that every connector over HTTP has."""

from ipaddress import ip_network
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field as Key
from pydantic import SecretStr, field_validator, model_validator

from dsr.connectors.changes import Ability
from dsr.connectors.config import LimitsConfig, Slug, Strict
from dsr.connectors.facts import why_refused
from dsr.connectors.http_guard import Network
from dsr.connectors.http_wire import WireDataset


class AddressConfig(Strict):
    """Where a service is found, and how far it is trusted."""

    url: str
    allow_networks: tuple[str, ...] = ()
    """Networks that are not public and may be connected to all the same, as `10.1.0.0/16`."""
    allow_http: bool = False
    """Whether the address may begin with `http://`, for a service on the same machine."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    connect_timeout_seconds: float = Key(default=5.0, gt=0, le=60)
    limits: LimitsConfig = LimitsConfig()

    @field_validator("url")
    @classmethod
    def _whole_address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise ValueError("is not an address") from None
        if parts.scheme not in ("https", "http") or not parts.hostname or not url.isascii():
            raise ValueError("must be an address that begins with https:// and is written in ASCII")
        if parts.username or parts.password or parts.query or parts.fragment or any(c.isspace() for c in url):
            raise ValueError("must hold no user, password, query, fragment or space")
        return url.rstrip("/")

    @field_validator("allow_networks")
    @classmethod
    def _narrow(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for text in networks:
            try:
                network = ip_network(text)
            except ValueError:
                raise ValueError("must be networks such as 10.1.0.0/16, without host bits") from None
            if network.prefixlen < (8 if network.version == 4 else 16):
                raise ValueError("must not be wider than /8 (IPv4) or /16 (IPv6)")
        return networks

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if urlsplit(self.url).scheme == "http" and not self.allow_http:
            raise ValueError("url: must begin with https://, or set allow_http for a service on the same machine")
        return self

    @property
    def networks(self) -> tuple[Network, ...]:
        """The allowed networks as such."""
        return tuple(ip_network(text) for text in self.allow_networks)


class HttpConfig(AddressConfig):
    """Everything the `http` connector needs to know about one service."""

    url: str
    """Where the protocol's calls are found: `<url>/describe` and so on."""
    key_id: Annotated[str, Key(pattern=r"^[\x21-\x7e]{1,200}$")]
    secret: Annotated[SecretStr, Key(min_length=32)]
    identifiers: Annotated[tuple[Slug, ...], Key(min_length=1)]
    """Kinds of identifier the service knows people by; others are never sent to it."""
    resolves: tuple[Slug, ...] = ()
    """Kinds of identifier that it can tell for a person, for use in other systems."""
    datasets: tuple[WireDataset, ...] = ()
    """The service's data dictionary, so that it need not be asked for it; `check` says where the two differ."""
    facts: tuple[Slug, ...] | None = None
    """The facts that the service compares answers with, so that it need not be asked which; `[]` for none."""
    abilities: tuple[Ability, ...] = ()
    """What the service is told to do by us; for all else somebody has to do it there."""

    @field_validator("facts")
    @classmethod
    def _may_be_asked(cls, facts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in facts or ():
            if refused := why_refused(name):
                raise ValueError(f"{name} {refused}")
        return facts
