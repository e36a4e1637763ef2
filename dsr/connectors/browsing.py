"""Visits pages of our own as a browser without scripts does: real calls, forms filled in as they stand on the page.

It goes where the operator's own setting says and to nowhere else, so no guard judges the address. Nothing of a page
is passed on but what is looked for.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from typing import NoReturn
from urllib.parse import urlencode, urljoin, urlsplit

import httpcore

from dsr.connectors.base import Code, ConnectorError, PermanentFailure
from dsr.connectors.deadline import Deadline
from dsr.connectors.http_transport import failures, header, limited, trusted

LONGEST_PAGE = 4 * 1024 * 1024
SECONDS = 10.0
"""For one call. A page that takes longer has not answered as it should."""


class Unanswered(Exception):
    """A page did not answer as it should. ``code`` says how, and names nobody."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it stands on a page: where it goes, and what is in its fields already."""

    action: str
    method: str
    fields: Mapping[str, str]
    names: frozenset[str]
    """Of every field, filled in or not."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that was visited."""

    path: str
    status: int
    location: str
    body: bytes = field(repr=False)

    def form(self, *names: str) -> Form:
        """Return the form that has fields of these names. Raises Unanswered where there is none."""
        reader = _Reader()
        reader.feed(self.body.decode("utf-8", "replace"))
        for form in reader.forms:
            if form.names.issuperset(names):
                return form
        raise Unanswered("no_form")


class Visitor:
    """Somebody who visits pages; keeps no cookie, as the public pages need none."""

    def __init__(self, url: str, host: str, *, encrypted: bool) -> None:
        self._base = url.rstrip("/")
        self._host = host
        self._encrypted = encrypted

    def get(self, path: str, *, expect: int = 200) -> Seen:
        """Open a page. Raises Unanswered where it cannot be had, or answers otherwise than expected."""
        return self._visit("GET", path, b"", {}, expect)

    def post(self, path: str, fields: Mapping[str, str], *, expect: int = 303) -> Seen:
        """Send a form. Raises Unanswered where it cannot be had, or answers otherwise than expected."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._visit("POST", path, urlencode(fields).encode(), kind, expect)

    def send(self, page: Seen, form: Form, given: Mapping[str, str]) -> Seen:
        """Fill in a form of a page and send it, then open the page that it leads to."""
        answer = self.post(_inside(urljoin(page.path, form.action or page.path)), {**form.fields, **given})
        return self.get(_inside(urljoin(answer.path, answer.location)))

    def _visit(self, method: str, path: str, content: bytes, more: Mapping[str, str], expect: int) -> Seen:
        try:
            with self._asked(method, path, content, more) as (response, body):
                seen = Seen(path, response.status, header(response, "Location"), body)
        except ConnectorError as failure:
            _unanswered(str(failure.code))
        if seen.status != expect:
            _unanswered(f"status_{seen.status}")
        return seen

    @contextmanager
    def _asked(
        self, method: str, path: str, content: bytes, more: Mapping[str, str]
    ) -> Iterator[tuple[httpcore.Response, bytes]]:
        deadline = Deadline(SECONDS)
        tls = _tls() if self._base.startswith("https:") else None
        waits = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        with (
            failures(),
            httpcore.ConnectionPool(ssl_context=tls, max_connections=1, http1=True, retries=0) as pool,
            pool.stream(
                method,
                f"{self._base}{path}",
                headers=[*self._always().items(), *more.items(), ("Content-Length", str(len(content)))],
                content=content,
                extensions={"timeout": waits},
            ) as response,
        ):
            yield response, b"".join(_in_time(limited(response.iter_stream(), LONGEST_PAGE), deadline))

    def _always(self) -> dict[str, str]:
        forwarded = {"X-Forwarded-Proto": "https"} if self._encrypted else {}
        return {
            "Host": self._host,
            "Accept": "text/html",
            "Accept-Encoding": "identity",
            "User-Agent": "recourse-heartbeat/1",
            **forwarded,
        }


def _in_time(chunks: Iterator[bytes], deadline: Deadline) -> Iterator[bytes]:
    for chunk in chunks:
        deadline.check()
        yield chunk


def _unanswered(code: str) -> NoReturn:
    """Raise without the exception that is being handled: what a driver says might quote an address."""
    failure = Unanswered(code)
    try:
        raise failure
    finally:
        failure.__context__ = None


def _inside(address: str) -> str:
    """Return the path and query of an address; raises `PermanentFailure` where it leads to another place."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        raise Unanswered(str(PermanentFailure(Code.REDIRECT_REFUSED).code))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return trusted(None)


class _Reader(HTMLParser):
    """Collects the forms of a page with what a browser would send of each if nothing were typed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._open: tuple[str, str, dict[str, str], set[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, or a field of the open one."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = said.get("action", ""), said.get("method", "get").lower(), {}, set()
        elif self._open is not None and tag in ("input", "textarea", "select", "button") and said.get("name"):
            self._field(tag, said, ticked="checked" in said)

    def _field(self, tag: str, said: Mapping[str, str], *, ticked: bool) -> None:
        assert self._open is not None
        _action, _method, fields, names = self._open
        names.add(said["name"])
        kind = said.get("type", "text").lower()
        if tag == "input" and kind in ("checkbox", "radio"):
            if ticked:
                fields[said["name"]] = said.get("value", "on")
        elif tag == "input" and kind not in ("submit", "button", "image", "file"):
            fields[said["name"]] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Close the form."""
        if tag == "form" and self._open is not None:
            action, method, fields, names = self._open
            self.forms.append(Form(action, method, fields, frozenset(names)))
            self._open = None
