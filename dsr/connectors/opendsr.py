"""Processors that speak OpenDSR 2.0 (OpenGDPR before): one request for a person, whose status is asked for.

After the OpenDSR specification (github.com/opengdpr/OpenDSR, specification.md) and the Data Subject Request API of
mParticle, its best known server, which says what differs in 2.0: the path `/requests`, the field `regulation`, the
headers `X-OpenDSR-*`. What is built on:

- `POST /requests` is answered with 201 and a signature, `GET /requests/{id}` with a status and a signature. Statuses
  are `pending`, `in_progress`, `completed`, `cancelled`; some processors have `received` and `denied`, too.
- The id is ours. It is made from the key of the call, so that the same call always means the same request, and it is
  looked for before it is made: a repeated call finds the request that the first one opened, also where the answer to
  that was lost. Of two at once one is told 400 or 409 that there is such a request, and looks again.
- A processor cannot say what it holds and erases a person whole: nothing is located, collected or previewed here.
"""

import hashlib
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from pydantic import ValidationError

from dsr.connectors.base import (
    Code,
    Dataset,
    Identifiers,
    Level,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    RefusalCode,
    Refused,
    TemporaryFailure,
    alone,
    usable,
)
from dsr.connectors.changes import Ability, Erased, Handles, Preview, Remark, Still, Term
from dsr.connectors.config import read
from dsr.connectors.http_config import AddressConfig
from dsr.connectors.opendsr_config import Discovery, OpenDsrConfig, Receipt, Status
from dsr.connectors.opendsr_signature import DOMAIN, certificate_in, verify, why_unfit
from dsr.connectors.opening import open_connector
from dsr.connectors.rest import Reply, Rest, Session
from dsr.connectors.thirdparty import ThirdParty, going, insist, lines_of

CALLBACK = "public:opendsr-callback"
"""The name of the address to which processors report."""
_UNDER_WAY = frozenset({"received", "pending", "in_progress"})
_FETCHED_AGAIN_AFTER = 300.0
_EXPIRES_SOON = 30 * 86_400.0
_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What `request_id` makes."""


class OpenDsrConnector(ThirdParty):
    """One processor."""

    kind: ClassVar[str] = "opendsr"
    automatic: ClassVar[bool] = True

    def __init__(self, config: OpenDsrConfig) -> None:
        self._config = config
        self._rest = Rest(config, config.authorization)
        self._fetched: tuple[float, x509.Certificate] | None = None
        """When, and what."""

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "OpenDsrConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(OpenDsrConfig, config))

    def identifiers(self) -> frozenset[str]:
        """Return the kinds of identifier that the configuration translates."""
        return frozenset(self._config.identities)

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary, as configured."""
        return tuple(part.dataset() for part in self._config.datasets)

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Raise `PermanentFailure(unable)`: a processor does not say what it holds."""
        usable(who, self.identifiers())
        raise PermanentFailure(Code.UNABLE, "locate")

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Raise `PermanentFailure(unable)`: what form the results of an access request have is not specified."""
        usable(who, self.identifiers())
        raise PermanentFailure(Code.UNABLE, "collect")

    def abilities(self) -> frozenset[Ability]:
        """Return that it erases."""
        return frozenset({Ability.ERASE})

    def preview(self, who: Identifiers, terms: Sequence[Term], *, key: str, handles: Handles | None = None) -> Preview:
        """Raise `PermanentFailure(unable)`: there is nothing to count by."""
        raise PermanentFailure(Code.UNABLE, "preview")

    def erase(
        self,
        who: Identifiers,
        terms: Sequence[Term],
        *,
        key: str,
        handles: Handles | None = None,
        cursor: str = "",
        still: Still | None = None,
    ) -> Erased:
        """Request that the person is erased, and look how far that is.

        Numbers are those that the processor names at the end, else of identifiers. The cursor is the id of the
        request. Raises `PermanentFailure(no_strategy)` where something would have to stay, `Refused` where the
        processor says no, and `PermanentFailure(nothing_changed)` where somebody has cancelled the request.
        """
        if handles:
            raise PermanentFailure(Code.UNABLE, "handles")
        known = usable(who, self.identifiers())
        goes = going(self.describe(), terms)
        names = [part.name for part in self._config.datasets]
        count = sum(len(values) for values in known.values())
        if not goes:
            return Erased(lines_of(terms, goes, dict.fromkeys(names, count)), notes=(Remark.COUNTED_BY_IDENTIFIER,))
        if stays := set(names) - goes:
            raise PermanentFailure(Code.NO_STRATEGY, min(stays))
        name = cursor or self.request_id(key)
        with self._rest.session() as session:
            status = self._status(session, name)
            if status is None:
                if cursor:
                    raise PermanentFailure(Code.NOT_FOUND, "request")
                insist(still)
                return self._under_way(self._requested(session, name, known))
        if status.word in _UNDER_WAY:
            return self._under_way(name)
        if status.word == "completed":
            told = count if status.results_count is None else status.results_count
            notes = (Remark.COUNTED_BY_IDENTIFIER,) if status.results_count is None else ()
            return Erased(lines_of(terms, goes, dict.fromkeys(names, told)), notes=notes)
        if status.word == "denied":
            raise Refused(RefusalCode.OTHER, "request")
        raise PermanentFailure(Code.NOTHING_CHANGED if status.word == "cancelled" else Code.BAD_ANSWER, "request")

    def request_id(self, key: str) -> str:
        """Return the id of the request that a call opens: always the same for the same call to the same processor.

        Made from a digest and not as UUID 5, as the specification wants version 4 and servers insist on it.
        """
        made = hashlib.sha256(f"{self._config.url}\n{key}".encode()).digest()
        return str(uuid.UUID(bytes=made[:16], version=4))

    def told(self, body: bytes, headers: Mapping[str, str]) -> Status:
        """Return what a callback says, whose signature is verified first; `headers` by lower-case name."""
        # Whoever does not even name the processor does not make us fetch its certificate.
        if headers.get(DOMAIN.lower(), "").strip().lower() != self._config.signs_for.lower():
            raise PermanentFailure(Code.BAD_SIGNATURE, "domain")
        with self._rest.session(self._config.limits.question_seconds) as session:
            self._prove(session, body, headers)
        try:
            return Status.model_validate_json(body)
        except ValidationError:
            alone(PermanentFailure(Code.BAD_ANSWER))

    def _under_way(self, name: str) -> Erased:
        return Erased(cursor=name, again_after=self._config.poll_seconds, known_as=name)

    def _status(self, session: Session, name: str) -> Status | None:
        """Return how far a request is; None where there is none."""
        reply = session.call("GET", f"/requests/{name}", seen=(404,))
        if reply.status == 404:
            return None
        self._prove(session, reply.body, reply.headers)
        return _about(name, reply.parse(Status))

    def _requested(self, session: Session, name: str, known: Mapping[str, Sequence[str]]) -> str:
        """Open a request and return its id."""
        body: dict[str, Any] = {
            "regulation": self._config.regulation,
            "subject_request_id": name,
            "subject_request_type": "erasure",
            "submitted_time": datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "subject_identities": [self._config.identities[kind].of(value) for kind in known for value in known[kind]],
            "api_version": "2.0",
        }
        if urls := [*_our_own(), *self._config.status_callback_urls]:
            body["status_callback_urls"] = urls
        reply = session.call("POST", "/requests", body=body, seen=(400, 409))
        if reply.status < 300:
            self._prove(session, reply.body, reply.headers)
            _about(name, reply.parse(Receipt))
        elif self._status(session, name) is None:
            self._turned_down(reply)
        return name

    def _turned_down(self, reply: Reply) -> None:
        if reply.status == 409:
            # Another request for the same person is under way; ours can be made when that is done.
            raise TemporaryFailure(Code.BUSY, "request", retry_after=self._config.poll_seconds)
        raise PermanentFailure(Code.NOT_UNDERSTOOD, "request")

    def _prove(self, session: Session, body: bytes, headers: Mapping[str, str]) -> None:
        """Raise `PermanentFailure(bad_signature)` unless the processor signed this."""
        now = time.time()
        known = self._config.pinned or (self._fetched and self._fetched[1])
        try:
            verify(known or self._renewed(session, now), self._config.signs_for, body, headers, now)
        except PermanentFailure:
            # Certificates are renewed. But who sends us rubbish does not make us fetch one each time.
            if self._config.pinned or self._fetched is None or now - self._fetched[0] < _FETCHED_AGAIN_AFTER:
                raise
            verify(self._renewed(session, now), self._config.signs_for, body, headers, now)

    def _renewed(self, session: Session, now: float) -> x509.Certificate:
        certificate = self._offered(session.call("GET", "/discovery").parse(Discovery))
        self._fetched = now, certificate
        return certificate

    def _offered(self, discovery: Discovery) -> x509.Certificate:
        """Fetch the certificate from the processor's host or one that is named, without our secret."""
        config = self._config
        try:
            parts = urlsplit(discovery.processor_certificate)
            where = AddressConfig(
                url=f"{parts.scheme}://{parts.netloc}",
                allow_networks=config.allow_networks,
                allow_http=config.allow_http,
                ca_file=config.ca_file,
                limits=config.limits,
            )
        except ValueError:
            alone(PermanentFailure(Code.BAD_ANSWER, "processor_certificate"))
        if parts.hostname not in {urlsplit(config.url).hostname, *config.certificate_hosts}:
            raise PermanentFailure(Code.ADDRESS_REFUSED, "processor_certificate")
        with Rest(where, {"Accept": "*/*"}).session(config.limits.question_seconds) as session:
            return certificate_in(session.call("GET", parts.path).body)

    def _problems(self) -> list[Problem]:
        with self._rest.session() as session:
            discovery = session.call("GET", "/discovery").parse(Discovery)
        found = []
        if discovery.api_version.partition(".")[0] != "2":
            found.append(Problem("other_version", "url", _("The processor speaks another version of the protocol.")))
        if "erasure" not in discovery.supported_subject_request_types:
            found.append(Problem("no_erasure", "url", _("The processor takes no requests for erasure.")))
        known = {(each.identity_type, each.identity_format) for each in discovery.supported_identities}
        found += [
            Problem("unknown_identity", f"identities.{kind}", _("The processor knows nobody by this kind and format."))
            for kind, identity in self._config.identities.items()
            if (identity.type, identity.format) not in known
        ]
        return found + self._certificate_problems(self._offered(discovery))

    def _certificate_problems(self, offered: x509.Certificate) -> list[Problem]:
        now, pinned = time.time(), self._config.pinned
        used = pinned or offered
        if unfit := why_unfit(used, self._config.signs_for, now):
            words = {
                "domain": _("The certificate is not for the domain that the processor signs for."),
                "expired": _("The certificate is not valid any more, or not yet."),
                "key": _("The certificate holds no RSA key of 2048 bits or more."),
            }
            return [Problem("certificate_unfit", "certificate", words[unfit])]
        found = []
        if why_unfit(used, self._config.signs_for, now + _EXPIRES_SOON):
            message = _("The certificate expires within thirty days.")
            found.append(Problem("certificate_expires", "certificate", message, Level.WARNING))
        if used != offered:
            message = _("The processor now offers another certificate than the configured one.")
            found.append(Problem("certificate_differs", "certificate", message, Level.WARNING))
        return found


Told = TypeVar("Told", Receipt, Status)


def _our_own() -> list[str]:
    """Return where processors reach us by themselves; nowhere where we have no encrypted address."""
    return [settings.BASE_URL + reverse(CALLBACK)] if settings.BASE_URL.startswith("https://") else []


def _about(name: str, told: Told) -> Told:
    """Return what was told if it is about this request: a signed answer about another must not pass for it."""
    if told.subject_request_id.lower() != name:
        raise PermanentFailure(Code.BAD_ANSWER, "subject_request_id")
    return told


def named_in(body: bytes) -> str:
    """Return the request that a callback is about, "" for none. Nobody has proved it yet: good for looking it up."""
    try:
        name = Status.model_validate_json(body).subject_request_id.lower()
    except ValidationError:
        return ""
    # Only what can be one of our names is looked up: a database may refuse any other text, such as one with a NUL.
    return name if _NAME.fullmatch(name) else ""


def read_callback(config: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the status and the request id (the cursor of `erase`) that a processor tells us, in a signed callback.

    Raises `ConnectorError`: `bad_signature` unless the processor of this configuration said it. Good for looking
    sooner and for nothing more: what has become of the request is asked for.
    """
    connector = open_connector(OpenDsrConnector.kind, config)
    assert isinstance(connector, OpenDsrConnector)
    said = connector.told(body, {name.lower(): value for name, value in headers.items()})
    return said.word, said.subject_request_id.lower()
