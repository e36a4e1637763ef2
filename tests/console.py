"""The demonstration's console as a process of its own, and a person with a browser who signs in there."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener, urlopen

from dsr.demo import console
from dsr.demo.console.people import SignIn, by_name
from dsr.demo.places import Places
from tests.interfaces.public.visitor import Page

ROOT = Path(__file__).resolve().parents[1]
ADA, CODES, FRESH = "ada", "codes", "fresh"
"""Names of those who can sign in: plainly, with a second factor, with an address that is not verified."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where it runs, and the settings of a service whose people sign in there."""

    port: int
    settings: dict[str, str]

    def install(self, settings: Any) -> "Console":
        """Make it the console of the service under test."""
        for name, value in self.settings.items():
            setattr(settings, name, value)
        return self


@contextmanager
def running(folder: Path) -> Iterator[Console]:
    """Run one until the block ends."""
    with socket.socket() as probe:
        probe.bind((console.HOST, 0))
        port = int(probe.getsockname()[1])
    secret = Places(folder).console_secret()
    command = ["-m", "dsr.demo.console", "--port", str(port), "--data-dir", str(folder)]
    process = subprocess.Popen(
        [sys.executable, *command, "--base-url", "http://localhost:8000"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        _wait(port, process)
        yield Console(port, {"OIDC_MFA_ACR": "", **console.environment(port, secret)})
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urlopen(f"{console.issuer(port)}/.well-known/openid-configuration", timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the console did not start: {process.poll()}")


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


class Person:
    """Somebody at the console, with a browser that keeps its cookies."""

    def __init__(self, name: str = ADA) -> None:
        self.who: SignIn = by_name()[name]
        self._open = build_opener(HTTPCookieProcessor(CookieJar()), _Stay())

    def visit(self, address: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Open an address or send a form; status, where it leads, and the page."""
        data = urlencode(form).encode() if form is not None else None
        headers = {"Referer": address} if form is not None else {}
        try:
            with self._open.open(Request(address, data, headers), timeout=20) as response:
                return response.status, "", response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, urljoin(address, error.headers.get("Location", "")), error.read().decode()

    def go(self, address: str) -> str:
        """Follow an address as far as it leads on this console; where one is sent back to, or "" for a page of it."""
        home = urlsplit(address).netloc
        while urlsplit(address).netloc == home:
            status, leads, page = self.visit(address)
            if status == 200 and 'name="password"' in page:
                leads = self._prove(address, page)
            if not leads:
                return ""
            address = leads
        return address

    def _prove(self, address: str, page: str) -> str:
        """Type name and password, and the code where it is asked for."""
        for typed in ({"name": self.who.name, "password": self.who.password}, {}):
            hidden = {one.name: one.value for form in Page(page).forms for one in form.controls if one.kind == "hidden"}
            answer = typed or {"code": self.who.code(int(time.time()))}
            _status, leads, page = self.visit(urljoin(address, "/sign-in/"), {**hidden, **answer})
            if leads and leads != address:
                return leads
            if not re.search(r'name="code"', page):
                break
        return ""


def parameters(address: str) -> dict[str, str]:
    """What an address carries."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
