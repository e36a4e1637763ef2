"""Providers of text messages behind HTTP: a gateway that takes JSON, and the Messages resource in form encoding.

An answer about one message (a number that is none, a recipient who said stop) is permanent. One about us (credentials,
address, sender, allowance) is temporary, as an operator mends it while the message waits. What a service says in words
is never kept: it tends to repeat the number.
"""

import base64
import json
import re
from ipaddress import ip_network
from typing import Any, Final, NoReturn, Self
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from django.conf import settings

from notifications import wire
from notifications.addresses import Network
from notifications.failures import PermanentFailure, TemporaryFailure

_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_ABOUT_US: Final = frozenset({401, 402, 403, 404, 405, 407, 410, 415, 421, 426, 429, 501, 502, 503, 504, 505, 511})
"""Statuses that the next message would meet as well."""
_FOR_NOW: Final = frozenset({408, 409, 423, 425})


class _Service:
    """What both kinds have in common: where they are, who we are there, and what a status means."""

    def __init__(self, url: str, sender: str, account: str, token: str) -> None:
        parts = urlsplit(url)
        self._networks = _networks(parts)
        self._url = parts._replace(scheme=parts.scheme.removeprefix("messages+"), query="", fragment="").geturl()
        self._sender = sender
        self._account = account
        self._token = token

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @classmethod
    def set_up(cls) -> Self:
        """Return the provider as `SMS_URL`, `SMS_FROM`, `SMS_ACCOUNT` and `SMS_TOKEN` describe it."""
        return cls(settings.SMS_URL, settings.SMS_FROM, settings.SMS_ACCOUNT, settings.SMS_TOKEN)

    def _post(self, url: str, authorization: str, media_type: str, content: str, *more: tuple[str, str]) -> wire.Answer:
        headers = [
            ("Authorization", authorization),
            ("Content-Type", media_type),
            ("Content-Length", str(len(content.encode()))),
            ("Accept", "application/json"),
            *more,
        ]
        return wire.post(url, headers, content.encode(), allowed=self._networks)


def _networks(parts: SplitResult) -> list[Network]:
    """Return the networks that are not public and may be connected to: those named, and loopback without TLS."""
    named = [word for name, value in parse_qsl(parts.query) if name == "allow" for word in value.split(",")]
    return [ip_network(word) for word in (*named, *(_LOOPBACK if parts.scheme.endswith("http") else ()))]


def _said(answer: wire.Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _id(answer: wire.Answer, name: str) -> str:
    given = _said(answer).get(name)
    if isinstance(given, str) and given:
        return given
    # Somebody else may have answered, such as the sign-in page of a network. The key keeps a second try from counting.
    raise TemporaryFailure("bad-answer", unreachable=True)


def _refused(status: int) -> NoReturn:
    """Raise what a status means that is no success."""
    if status in _ABOUT_US or not 400 <= status < 600:
        raise TemporaryFailure(f"service-{status}", unreachable=True)
    if status in _FOR_NOW or status >= 500:
        raise TemporaryFailure(f"service-{status}")
    raise PermanentFailure(f"refused-{status}")


class Gateway(_Service):
    """Posts ``{"to", "from", "text", "key"}`` as JSON with a bearer token, and reads ``{"id"}``.

    The key is also the header ``Idempotency-Key``. A message that cannot go is answered with 422 and ``{"code"}``, one
    of the words below; another word is not kept.
    """

    _CODES: Final = frozenset({"bad_number", "no_mobile", "opted_out", "region_off", "unreachable"})

    def send(self, to: str, text: str, key: str) -> str:
        """Hand one text over and return the gateway's id for it."""
        body = json.dumps({"to": to, "from": self._sender, "text": text, "key": key})
        answer = self._post(self._url, f"Bearer {self._token}", "application/json", body, ("Idempotency-Key", key))
        if answer.status in (200, 201, 202):
            return _id(answer, "id")
        if answer.status == 422:
            code = str(_said(answer).get("code"))
            raise PermanentFailure(f"refused-{code if code in self._CODES else 422}")
        _refused(answer.status)


class MessagesResource(_Service):
    """Posts ``To``, ``From`` and ``Body`` to ``<url>/Accounts/<account>/Messages.json`` with basic authentication.

    It is answered with 201 and ``sid``, or with 400 and a ``code`` of five digits. The resource has no idempotency key:
    a crash between sending and recording sends a text twice.
    """

    _ABOUT_THE_NUMBER: Final = frozenset({21211, 21214, 21217, 21408, 21610, 21612, 21614, 21635})
    """No number, no mobile number, a region that is switched off, a recipient who said stop."""
    _POOL: Final = re.compile(r"MG[0-9a-f]{32}")

    def send(self, to: str, text: str, key: str) -> str:
        """Hand one text over and return the service's id for it."""
        sender = "MessagingServiceSid" if self._POOL.fullmatch(self._sender) else "From"
        answer = self._post(
            f"{self._url.rstrip('/')}/Accounts/{quote(self._account, safe='')}/Messages.json",
            "Basic " + base64.b64encode(f"{self._account}:{self._token}".encode()).decode(),
            "application/x-www-form-urlencoded",
            urlencode({"To": to, sender: self._sender, "Body": text}),
        )
        if answer.status in (200, 201, 202):
            return _id(answer, "sid")
        code = _said(answer).get("code")
        if answer.status == 400 and isinstance(code, int):
            if code in self._ABOUT_THE_NUMBER:
                raise PermanentFailure(f"refused-{code}")
            # Whatever else it finds wrong is ours: the sender, the account, the form of the request.
            raise TemporaryFailure(f"service-{code}")
        _refused(answer.status)
