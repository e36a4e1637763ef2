"""Time-ordered row ids for the lower apps."""

import secrets
import uuid
from datetime import datetime
from threading import Lock

_COUNTER_BITS = 12
_lock = Lock()
_last = (-1, 0)
"""The millisecond of the id that this process made last, and its counter."""


def uuid7(at: datetime) -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562, section 5.7) for an aware instant.

    Neighbours in time are neighbours in the index, which keeps inserts local at a million rows. Rows that one process
    makes one after the other for the same instant, such as the requests of one filing, keep that order (section 6.2).
    """
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    value = milliseconds << 80 | 0x7 << 76 | _count(milliseconds) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


def _count(milliseconds: int) -> int:
    """Return the next number within a millisecond. It begins anywhere in the lower half, so that there is room."""
    global _last
    with _lock:
        millisecond, counter = _last
        counter = counter + 1 if milliseconds == millisecond else secrets.randbits(_COUNTER_BITS - 1)
        _last = (milliseconds, counter % (1 << _COUNTER_BITS))
        return _last[1]
