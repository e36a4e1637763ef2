"""A hundred awkward messages, packed as mail the way their entries say, and what a careful reader would tick."""

import base64
import quopri
import tomllib
from dataclasses import dataclass, field
from email.header import Header
from pathlib import Path
from typing import Any

PRIVACY = "privacy@example.com"
ADA = "Ada Lovelace <ada.lovelace@example.org>"
_PIECE = b"%PDF-1.4 not really a document"
_BOUNDARY = "=_part"


@dataclass(frozen=True)
class Sample:
    """One message, and what would be ticked."""

    name: str
    raw: bytes = field(repr=False)
    kind: str
    rights: frozenset[str]
    flags: frozenset[str]


def load(file: str) -> list[Sample]:
    """The messages of one data file."""
    text = (Path(__file__).parent / f"{file}.toml").read_text(encoding="utf-8")
    return [_sample(each) for each in tomllib.loads(text)["mail"]]


def _sample(each: dict[str, Any]) -> Sample:
    rights = frozenset(each.get("rights", ()))
    kind = each.get("kind", "request")
    return Sample(each["name"], packed(each), kind, rights, frozenset(each.get("flags", ())))


def packed(each: dict[str, Any]) -> bytes:
    """A message as a mail server would hand it over."""
    if "raw" in each:
        return str(each["raw"]).lstrip().replace("\n", "\r\n").encode()
    name, charset = each.get("name", "made"), each.get("charset", "utf-8")
    subject = each.get("subject", "")
    header = subject if subject.isascii() else Header(subject, charset, maxlinelen=998).encode()
    head = {
        "Received": "from mx.example.net by mail.example.com; Thu, 5 Mar 2026 09:00:01 +0000",
        "From": each.get("sender", ADA),
        "To": each.get("to", PRIVACY),
        "Subject": header,
        "Date": "Thu, 5 Mar 2026 09:00:00 +0000",
        "Message-ID": f"<{name}@sender.example>",
        "MIME-Version": "1.0",
        **each.get("headers", {}),
    }
    if "bounce" in each:
        parts = _report(each["bounce"], each.get("about", "<0191c2b0a7d07e6f8f4e0c7a53f7f6d1.recourse@localhost>"))
        head |= {"From": "MAILER-DAEMON@mail.example.com", "Auto-Submitted": "auto-replied"}
        kind = f'multipart/report; report-type=delivery-status; boundary="{_BOUNDARY}"'
        return _written({**head, "Content-Type": kind}, _multipart(parts))
    text = _text(each, charset)
    if not each.get("attach"):
        return _written(head | text[0], text[1])
    parts = [text, *(_attached(file, each.get("content", _PIECE)) for file in each["attach"])]
    return _written({**head, "Content-Type": f'multipart/mixed; boundary="{_BOUNDARY}"'}, _multipart(parts))


Part = tuple[dict[str, str], bytes]


def _text(each: dict[str, Any], charset: str) -> Part:
    body = each.get("text", "").lstrip("\n").encode(charset)
    cte = each.get("cte", "8bit")
    if cte == "base64":
        body = base64.encodebytes(body)
    if cte == "quoted-printable":
        body = quopri.encodestring(body)
    kind = "text/html" if each.get("html") else "text/plain"
    said = each.get("raw_charset", charset)
    return {"Content-Type": f"{kind}; charset={said}", "Content-Transfer-Encoding": cte}, body


def _attached(file: str, content: bytes) -> Part:
    head = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{file}"',
        "Content-Transfer-Encoding": "base64",
    }
    return head, base64.encodebytes(content)


def _report(status: str, about: str) -> list[Part]:
    reply, _, code = status.partition(" ")
    action = "failed" if code.startswith("5") else "delayed"
    fields = (
        "Reporting-MTA: dns; mail.example.com\n\n"
        f"Final-Recipient: rfc822; ada.lovelace@example.org\nAction: {action}\nStatus: {code}\n"
        f"Diagnostic-Code: smtp; {reply} no such user\n"
    )
    return [
        ({"Content-Type": "text/plain"}, b"Your message could not be delivered.\n"),
        ({"Content-Type": "message/delivery-status"}, fields.encode()),
        ({"Content-Type": "text/rfc822-headers"}, f"Message-ID: {about}\nSubject: Your request\n".encode()),
    ]


def _multipart(parts: list[Part]) -> bytes:
    pieces = [f"--{_BOUNDARY}\n".encode() + _written(head, body) + b"\n" for head, body in parts]
    return b"".join(pieces) + f"--{_BOUNDARY}--\n".encode()


def _written(head: dict[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\n" for name, value in head.items())
    return (lines.encode() + b"\n" + body).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
