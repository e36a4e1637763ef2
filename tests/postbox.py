"""Mail in tests: a kind of letter of the tests' own, and a mail server on loopback that can be told to misbehave."""

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from time import sleep
from typing import Any, ClassVar

import pytest

from notifications import letters
from notifications.letters import Letter, Paragraphs, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Letter):
    """What the tests send."""

    kind: ClassVar[str] = "test_note"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {"reasons": ("words",)}

    reference: str
    link: Secret = ""
    words: Paragraphs = ""
    rights: tuple[str, ...] = ()
    day: date = date(2026, 3, 12)


# Known only where the fixture says so: the checks of the project must not meet a kind without templates.
letters.REGISTRY.pop(Note.kind)

TEMPLATES = {
    "subject.txt": "{% load i18n %}{% translate 'Request' %} {{ reference }}",
    "body.txt": "{% extends 'messages/base.txt' %}{% block body %}{{ reference }} {{ words }}\n"
    "{% for right in rights %}- {{ right }}\n{% endfor %}{{ day|date:'j F Y' }}\n{{ link }}{% endblock %}",
    "body.html": "{% extends 'messages/base.html' %}{% block body %}<p>{{ reference }} {{ words|linebreaksbr }}</p>"
    "<ul>{% for right in rights %}<li>{{ right }}</li>{% endfor %}</ul>"
    "<p>{{ day|date:'j F Y' }} <a href='{{ link }}'>open</a></p>{% endblock %}",
}


def write_templates(folder: Path, kind: str, parts: dict[str, str]) -> None:
    """Write the templates of a kind where Django finds them when `folder` is a template folder."""
    place = folder / "messages" / kind
    place.mkdir(parents=True, exist_ok=True)
    for name, text in parts.items():
        (place / name).write_text(text, encoding="utf-8")


def template_folder(settings: Any, folder: Path) -> None:
    """Add a folder to those in which templates are looked for."""
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], folder]} for engine in settings.TEMPLATES]


@pytest.fixture
def note(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Note]:
    """The kind of letter above, registered and with its templates."""
    write_templates(tmp_path, Note.kind, TEMPLATES)
    template_folder(settings, tmp_path)
    monkeypatch.setitem(letters.REGISTRY, Note.kind, Note)
    return Note


# --- A mail server ---------------------------------------------------------------------------------------------------

Answer = Callable[[str, str], str | None]
"""Given a command's word and its line, the reply to give instead of the usual one; "" hangs up; None is the usual."""


@dataclass
class Postbox:
    """What a test mail server took in, and how it answers."""

    port: int = 0
    answer: Answer = lambda word, line: None
    taken: list[bytes] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    delay: float = 0.0

    def mails(self) -> list[EmailMessage]:
        """Return what was taken in, parsed."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.taken]

    def subjects(self) -> list[str]:
        """Return the subjects of what was taken in."""
        return [str(mail["Subject"]) for mail in self.mails()]


class _Handler(socketserver.StreamRequestHandler):
    """Just enough SMTP (RFC 5321) for one client at a time per connection."""

    _said = ""

    def handle(self) -> None:
        box: Postbox = self.server.box  # type: ignore[attr-defined]
        box.connections += 1
        if not self._reply(box, "CONNECT", "", "220 test"):
            return
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            word = line.split(" ", 1)[0].upper()
            box.commands.append(word)
            usual = {"EHLO": "250 test", "DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 ok")
            if not self._reply(box, word, line, usual) or word == "QUIT":
                return
            if word == "DATA" and self._said.startswith("354"):
                raw = self._body()
                if not self._reply(box, "BODY", "", "250 taken"):
                    return
                if self._said.startswith("250"):
                    box.taken.append(raw)

    def _reply(self, box: Postbox, word: str, line: str, usual: str) -> bool:
        given = box.answer(word, line)
        self._said = usual if given is None else given
        if not self._said:
            return False
        sleep(box.delay)
        self.wfile.write(f"{self._said}\r\n".encode())
        return True

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Postbox

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the test."""


@contextmanager
def running(port: int = 0) -> Iterator[Postbox]:
    """Run a mail server on loopback."""
    with _Server(("127.0.0.1", port), _Handler) as server:
        server.box = Postbox(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.box
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """A mail server on loopback that the service is told to use."""
    with running() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", box.port, 2
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield box
