"""Reads delivery status notifications (RFC 3464): which message of ours came back, and why."""

from dataclasses import dataclass
from email.message import Message as Mail
from email.parser import BytesParser
from email.policy import compat32
from typing import Final, cast

MOST_BYTES: Final = 1_000_000
"""A report is small. What is larger is somebody's joke, and is cut before it is parsed."""


@dataclass(frozen=True)
class Bounce:
    """One recipient's final status of a message that we sent."""

    message_id: str
    code: str


def read(raw: bytes) -> list[Bounce]:
    """Return the failures that a report tells of; empty when it is no report, or tells of delays only.

    The Message-ID is taken from the returned message or its headers, which the report must contain. Never raises.
    """
    report = BytesParser(policy=compat32).parsebytes(raw[:MOST_BYTES])
    if report.get_content_type() != "multipart/report":
        return []
    message_id, codes = "", []
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            codes += _failures(part)
        elif kind in ("message/rfc822", "text/rfc822-headers") and not message_id:
            message_id = _returned_id(part)
    return [Bounce(message_id, code) for code in codes] if message_id else []


def _failures(part: Mail) -> list[str]:
    # The parser makes one message of each block of fields; the first is about the report as a whole.
    blocks = part.get_payload()
    fields = [cast(Mail, block) for block in blocks] if isinstance(blocks, list) else []
    failed = [block for block in fields if str(block.get("Action", "")).strip().lower() == "failed"]
    return [str(block.get("Status", "")).partition("(")[0].strip() or "5.0.0" for block in failed]


def _returned_id(part: Mail) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return str(cast(Mail, payload[0]).get("Message-ID", "")) if payload else ""
    text = cast(bytes, part.get_payload(decode=True) or b"")
    return str(BytesParser(policy=compat32).parsebytes(text, headersonly=True).get("Message-ID", ""))
