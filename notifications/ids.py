"""Time-ordered row ids for the lower apps."""

import secrets
import uuid
from datetime import datetime


def uuid7(at: datetime) -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562, section 5.7) for an aware instant.

    Neighbours in time are neighbours in the index, which keeps inserts local at a million rows.
    """
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
