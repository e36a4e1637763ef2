"""Services that speak our own small protocol: signed JSON calls over HTTP, answers streamed as NDJSON.

docs/reference/http-connector.md is the protocol, schema/http-connector-1.json its messages. Retrying is left to the
caller: a failure says whether it may pass, and after how long.
"""

import hashlib
import json
import secrets
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from ipaddress import ip_network
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import httpcore
from django.utils.translation import gettext as _
from pydantic import Field as Key
from pydantic import SecretStr, field_validator, model_validator

from dsr.connectors.base import (
    BadConfig,
    Code,
    ConnectorError,
    Dataset,
    Identifiers,
    Level,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    TemporaryFailure,
    alone,
    usable,
)
from dsr.connectors.config import LimitsConfig, Slug, Strict, read
from dsr.connectors.deadline import Deadline
from dsr.connectors.http_guard import GuardedBackend, Network
from dsr.connectors.http_wire import (
    DAY_SECONDS,
    Checked,
    Described,
    LocatedAnswer,
    Reader,
    Resolved,
    WireDataset,
    lines,
    parse,
    refuse,
)
from dsr.connectors.reasons import reason
from dsr.connectors.signing import SIGNATURE, Call, digest, response_signature, same

_WHOLE_ANSWER = 4 * 1024 * 1024
_DESCRIPTION_LASTS = 300.0


class HttpConfig(Strict):
    """Everything the `http` connector needs to know about one service."""

    url: str
    """Where the protocol's four calls are found: `<url>/describe` and so on."""
    key_id: Annotated[str, Key(pattern=r"^[\x21-\x7e]{1,200}$")]
    secret: Annotated[SecretStr, Key(min_length=32)]
    identifiers: Annotated[tuple[Slug, ...], Key(min_length=1)]
    """Kinds of identifier the service knows people by; others are never sent to it."""
    resolves: tuple[Slug, ...] = ()
    """Kinds of identifier that it can tell for a person, for use in other systems."""
    datasets: tuple[WireDataset, ...] = ()
    """The service's data dictionary, so that it need not be asked for it; `check` says where the two differ."""
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
    def _encrypted(self) -> "HttpConfig":
        if urlsplit(self.url).scheme == "http" and not self.allow_http:
            raise ValueError("url: must begin with https://, or set allow_http for a service on the same machine")
        return self

    @property
    def networks(self) -> tuple[Network, ...]:
        """The allowed networks as such."""
        return tuple(ip_network(text) for text in self.allow_networks)


class HttpConnector:
    """One service. Opens a connection for each call, so that each is judged and timed as a whole."""

    kind: ClassVar[str] = "http"
    automatic: ClassVar[bool] = True

    def __init__(self, config: HttpConfig) -> None:
        self._config = config
        self._limits = config.limits.limits()
        self._path = urlsplit(config.url).path
        self._described: tuple[float, tuple[Dataset, ...]] | None = None

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "HttpConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(HttpConfig, config))

    def identifiers(self) -> frozenset[str]:
        """Return the kinds of identifier by which the service knows people."""
        return frozenset(self._config.identifiers)

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary: as configured, else as the service gives it, asked again after five minutes."""
        if self._config.datasets:
            return tuple(part.dataset() for part in self._config.datasets)
        known = self._described
        if known is None or time.monotonic() > known[0]:
            known = time.monotonic() + _DESCRIPTION_LASTS, self._asked()
            self._described = known
        return known[1]

    def resolve(self, who: Identifiers, *, key: str) -> dict[str, list[str]]:
        """Ask for other identifiers of the same person, where the configuration says that the service knows some."""
        known = {kind: list(values) for kind, values in who.items() if kind in self.identifiers() and values}
        if not known or not self._config.resolves:
            return {}
        answer = parse(Resolved, self._whole("resolve", {"identifiers": known}, key=key))
        return {kind: list(values) for kind, values in answer.identifiers.items() if kind in self._config.resolves}

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Ask how much is held."""
        known = usable(who, self.identifiers())
        described = self.describe()
        answer = parse(LocatedAnswer, self._whole("locate", {"identifiers": known}, key=key))
        if answer.outcome == "refused":
            refuse(answer.code)
        located = Located.of(answer.datasets, described)
        if answer.datasets.keys() - {dataset.name for dataset in described} or located.outcome != answer.outcome:
            raise PermanentFailure(Code.BAD_ANSWER)
        return located

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Yield what the service sends. Only the end of the iterator proves that all of it came, unchanged."""
        known = usable(who, self.identifiers())
        reader = Reader(self.describe())
        body = {
            "identifiers": known,
            "limits": {"rows": self._limits.max_rows, "bytes": self._limits.max_bytes},
        }
        with self._call("collect", body, key=key, media_type="application/x-ndjson") as (call, response):
            so_far = hashlib.sha256()
            for line in lines(_limited(response.iter_stream(), self._limits.max_bytes)):
                piece = reader.piece(line)
                if piece is not None:
                    so_far.update(line)
                    yield piece
                if reader.rows > self._limits.max_rows:
                    raise PermanentFailure(Code.TOO_MANY_ROWS)
            if reader.end is None:
                raise TemporaryFailure(Code.INTERRUPTED)
            self._prove(call, response.status, so_far.hexdigest(), str(reader.end.get("signature")))
            if not reader.complete():
                raise PermanentFailure(Code.BAD_ANSWER)

    def check(self) -> list[Problem]:
        """Ask the service what stands in its way; says why where it cannot be asked at all."""
        self._described = None
        try:
            differing = _differing(self.describe(), self._asked())
            return differing + parse(Checked, self._whole("check", {}, key="check")).all()
        except ConnectorError as failure:
            code, where = failure.code, failure.where
        return [Problem(str(code), where, reason(code))]

    def close(self) -> None:
        """Do nothing: no connection outlives its call."""

    def forget(self) -> None:
        """Do nothing: no connection outlives its call."""

    def _asked(self) -> tuple[Dataset, ...]:
        answer = parse(Described, self._whole("describe", {}, key="describe"))
        return tuple(part.dataset() for part in answer.datasets)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._config.ca_file)
        except OSError:
            alone(BadConfig([("ca_file", "cannot be read as certificates")]))

    def _whole(self, verb: str, body: Mapping[str, Any], *, key: str) -> bytes:
        with self._call(verb, body, key=key, media_type="application/json") as (call, response):
            answer = b"".join(_limited(response.iter_stream(), _WHOLE_ANSWER))
            self._prove(call, response.status, digest(answer), _header(response, SIGNATURE))
        return answer

    def _prove(self, call: Call, status: int, body_digest: str, given: str) -> None:
        secret = self._config.secret.get_secret_value()
        if not same(given, response_signature(secret, call.key_id, status, call.nonce, body_digest)):
            raise PermanentFailure(Code.BAD_SIGNATURE)

    @contextmanager
    def _call(
        self, verb: str, body: Mapping[str, Any], *, key: str, media_type: str
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
        deadline = Deadline(self._limits.timeout_seconds)
        try:
            with (
                self._pool(deadline) as pool,
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
        except httpcore.TimeoutException:
            alone(TemporaryFailure(Code.TIMED_OUT))
        except (httpcore.ConnectError, httpcore.ProxyError):
            alone(TemporaryFailure(Code.UNREACHABLE))
        except (httpcore.NetworkError, httpcore.ProtocolError):
            alone(TemporaryFailure(Code.INTERRUPTED))

    def _pool(self, deadline: Deadline) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self._tls if self._config.url.startswith("https:") else None,
            max_connections=1,
            http1=True,
            http2=False,
            retries=0,
            network_backend=GuardedBackend(self._config.networks, deadline),
        )

    def _headers(self, call: Call, media_type: str) -> Sequence[tuple[bytes | str, bytes | str]]:
        return [
            ("Host", urlsplit(self._config.url).netloc),
            ("Content-Type", "application/json"),
            ("Accept", media_type),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "recourse-connector/1"),
            *call.headers(self._config.secret.get_secret_value()).items(),
        ]


def _differing(ours: Sequence[Dataset], theirs: Sequence[Dataset]) -> list[Problem]:
    """Return where the configured data dictionary is not the service's."""
    known, found = {part.name: part for part in ours}, {part.name: part for part in theirs}
    problems = [
        Problem("missing_dataset", name, _("The service no longer has this data set.")) for name in known.keys() - found
    ]
    problems += [
        Problem("unmapped_dataset", name, _("The service has this data set, and the configuration does not."))
        for name in found.keys() - known
    ]
    problems += [
        Problem("dictionary_differs", name, _("The service describes this data set differently."), Level.WARNING)
        for name in known.keys() & found
        if known[name] != found[name]
    ]
    return sorted(problems, key=lambda problem: (problem.level, problem.where))


def _header(response: httpcore.Response, name: str) -> str:
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == wanted), "")


def _limited(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    for chunk in chunks:
        most -= len(chunk)
        if most < 0:
            raise PermanentFailure(Code.TOO_LARGE)
        yield chunk


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
        kind = _header(response, "Content-Type").partition(";")[0].strip().lower()
        if kind != media_type or _header(response, "Content-Encoding").lower() not in ("", "identity"):
            raise PermanentFailure(Code.BAD_ANSWER)
        return
    if 300 <= status < 400:
        raise PermanentFailure(Code.REDIRECT_REFUSED)
    if status in _PERMANENT:
        raise PermanentFailure(_PERMANENT[status])
    if status in _TEMPORARY or status >= 500:
        after = _header(response, "Retry-After")
        seconds = min(float(after), DAY_SECONDS) if after.isascii() and after.isdigit() else None
        raise TemporaryFailure(_TEMPORARY.get(status, Code.SYSTEM_ERROR), retry_after=seconds)
    raise PermanentFailure(Code.NOT_UNDERSTOOD if 400 <= status < 500 else Code.BAD_ANSWER)
